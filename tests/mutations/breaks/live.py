"""Break the rig around twins that are on the network."""

from __future__ import annotations

from typing import Any

import pytest

from mutations.registry import sabotage


@sabotage()
def pulses_drift(patch: pytest.MonkeyPatch) -> None:
    """Count a period from the end of a pulse."""
    from camtwin.rig.bench.bench import Bench

    fall = Bench._fall

    def late(self: Any, device: str, width_ns: int, period_ns: int, left: int) -> None:
        fall(self, device, width_ns, period_ns + width_ns, left)

    patch.setattr(Bench, "_fall", late)


@sabotage()
def second_hears_late(patch: pytest.MonkeyPatch) -> None:
    """Let an edge reach the second camera 10 us after the first."""
    from camtwin.camera.signals.lines import Line

    drive = Line._drive

    def late(self: Any, level: bool) -> None:
        wait = 10_000 if self._host.serial.endswith("1") else 0
        self._host.clock.at(self._host.clock.now + wait, drive, self, level)

    patch.setattr(Line, "_drive", late)


@sabotage()
def answers_without_power(patch: pytest.MonkeyPatch) -> None:
    from camtwin.camera import Camera

    patch.setattr(Camera, "reachable", property(lambda self: True))


@sabotage()
def overloads_untold(patch: pytest.MonkeyPatch) -> None:
    from camtwin.rig.bench.notes import Notes

    tell = Notes.tell

    def silent(self: Any, t_ns: int, *findings: Any, keep: Any = ()) -> None:
        if told := [finding for finding in findings if finding.word not in ("overload", "damaged")]:
            tell(self, t_ns, *told, keep=keep)

    patch.setattr(Notes, "tell", silent)


@sabotage()
def frames_unaccounted(patch: pytest.MonkeyPatch) -> None:
    """Frames that arrive are forgotten."""
    from camtwin.rig.scenario.account import Account

    patch.setattr(Account, "_arrive", lambda self, transfer: None)


@sabotage()
def broadcasts_heard_alone(patch: pytest.MonkeyPatch) -> None:
    """Each twin hears a broadcast for itself, when its turn comes."""
    from camtwin.links.base.runtime import WallRuntime

    class Alone(dict[Any, Any]):
        def setdefault(self, key: Any, default: Any = None) -> Any:
            return default

    begin = WallRuntime.__init__

    def alone(self: Any, *args: Any, **named: Any) -> None:
        begin(self, *args, **named)
        self.together = Alone()

    patch.setattr(WallRuntime, "__init__", alone)
