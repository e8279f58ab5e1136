"""Break faults on purpose: they happen beside the place they were asked for, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from mutations.registry import sabotage
from mutations.tools import wrapped


@sabotage()
def register_faults_beside(patch: pytest.MonkeyPatch) -> None:
    """Be late with, and refuse, the register behind the one that was named."""
    from camtwin.camera.faults import DeviceFaults

    for name in ("late", "refuse"):
        wrapped(
            patch,
            DeviceFaults,
            name,
            lambda true, self, address, *a, **named: true(self, address + 8, *a, **named),
        )


@sabotage()
def misnumbers_beside(patch: pytest.MonkeyPatch) -> None:
    """Give a wrong number to the block behind the one that was named."""
    from camtwin.camera import Camera

    wrapped(patch, Camera, "misnumber", lambda true, self, number, wrong: true(self, number + 1, wrong))


@sabotage()
def clock_does_not_jump(patch: pytest.MonkeyPatch) -> None:
    from camtwin.camera import Camera

    patch.setattr(Camera, "jump_timestamp", lambda self, by_ns: None)


@sabotage()
def revokes_unheard(patch: pytest.MonkeyPatch) -> None:
    """Leave its privilege to the client that is to lose it."""
    from camtwin.rig.scenario.steps import Revoke

    patch.setattr(Revoke, "act", lambda self, on: None)


@sabotage()
def transfers_beside(patch: pytest.MonkeyPatch) -> None:
    """Let the transfers of the block behind the one that was named go wrong."""
    from camtwin.camera.faults import DeviceFaults

    def beside(true: Any, self: Any, block: int) -> Any:
        return true(self, block - 1)

    wrapped(patch, DeviceFaults, "of_block", beside)
