"""Break recordings as they are written and played."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mutations.registry import sabotage


def _played(patch: pytest.MonkeyPatch, wrong: Any) -> None:
    """Let the player send `wrong(player, frame)` in place of a frame."""
    from camtwin.camera.frames.player import Player

    send = Player._send
    patch.setattr(Player, "_send", lambda self, frame: send(self, wrong(self, frame)))


@sabotage()
def gaps_closed(patch: pytest.MonkeyPatch) -> None:
    """Count the frames that are played, as if none were missing."""
    _played(patch, lambda player, frame: replace(frame, number=player._at - 1))


@sabotage()
def played_late(patch: pytest.MonkeyPatch) -> None:
    """Give frames a time that is a tick late."""
    _played(patch, lambda player, frame: replace(frame, timestamp_ns=frame.timestamp_ns + 8))


@sabotage()
def frame_before(patch: pytest.MonkeyPatch) -> None:
    """Send the bytes of the first frame with each."""
    _played(patch, lambda player, frame: replace(frame, payload=player.moments[0].payload))


@sabotage()
def chunks_of_the_twin(patch: pytest.MonkeyPatch) -> None:
    """Send the chunks of the playing camera instead of those that were recorded."""
    from camtwin.twins.assembly import Twin
    from camtwin.twins.played import PlayedTwin

    render = PlayedTwin.render

    def own(self: Any, exposure: Any, out: Any = None) -> Any:
        import numpy as np

        whole = render(self, exposure).copy()
        tail = np.frombuffer(Twin.tail(self, exposure), np.uint8)
        whole[len(whole) - len(tail) :] = tail
        return whole if out is None else out.__setitem__(slice(None), whole) or out

    patch.setattr(PlayedTwin, "render", own)
