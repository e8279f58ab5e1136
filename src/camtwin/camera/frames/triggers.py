"""Triggers on their way to the acquisition, and the permitted overlap of exposure and readout."""

from __future__ import annotations

from typing import Protocol

from camtwin.camera.frames.states import E, S
from camtwin.camera.settings import Settings
from camtwin.models.schema import Trigger
from camtwin.simtime import Entry, Scheduler
from camtwin.units import Ns


def gated(s: Settings) -> bool:
    """Whether the trigger's width is the exposure: only the trigger of a line has a width."""
    triggered = s.TriggerMode["FrameStart"] == "On" and s.TriggerSource["FrameStart"].startswith("Line")
    return triggered and s.ExposureMode == "TriggerWidth"


def overlap_ns(s: Settings) -> Ns:
    """Return how much of the next exposure may overlap the readout before it.

    Only the host knows the length of an exposure that follows the trigger's width: it sets
    ExposureOverlapTimeMax, or there is no overlap.
    """
    if s.ReadoutMode != "Overlapped":
        return 0
    exposure_ns = 0 if gated(s) else s.ExposureTime_ns
    if s.ExposureOverlapTimeMode == "Automatic":
        return exposure_ns
    return s.ExposureOverlapTimeMax_ns if gated(s) else min(exposure_ns, s.ExposureOverlapTimeMax_ns)


class TriggerPort(Protocol):
    clock: Scheduler
    trigger_timing: Trigger

    @property
    def settings(self) -> Settings: ...
    def emit(self, name: str, frame_id: int | None = None) -> None: ...


class Machine(Protocol):
    """The state machine that takes the triggers."""

    @property
    def host(self) -> TriggerPort: ...

    state: S

    def fire(self, event: E | None) -> None: ...


class TriggerPath:
    """The path of a trigger from its source to the state machine, with its delay.

    It holds the triggers under way in the delay, and the number of those that came too early and are held.

    selector  the trigger's name (TriggerSelector)
    event     its event in the state machine
    arrived   the event emitted when it arrives there
    missed    the event emitted when it cannot even be delayed
    software  the event of its TriggerSoftware
    """

    def __init__(
        self, machine: Machine, selector: str, event: E, *, arrived: str, missed: str, software: str
    ) -> None:
        self.machine, self.selector, self.event = machine, selector, event
        self.arrived, self.missed, self.software = arrived, missed, software
        self.age_ns: Ns = 0
        self._under_way: dict[int, Entry] = {}
        self._count = self._held = 0

    def edge(self, age_ns: Ns) -> None:
        """Take an edge of the source; it happened age_ns ago, as the filter of a line needed that time."""
        host = self.machine.host
        if self.machine.state in (S.IDLE, S.DRAIN):
            return
        if not (delay := host.settings.TriggerDelay_ns[self.selector]):
            self._trigger(age_ns)
        elif len(self._under_way) >= host.trigger_timing.queue:
            host.emit(self.missed)
        else:
            self._count += 1
            due = host.clock.now + delay
            self._under_way[self._count] = host.clock.at(due, self._arrive, self._count, age_ns)

    @property
    def under_way(self) -> int:
        """Number of triggers that wait for TriggerDelay to pass."""
        return len(self._under_way)

    def hold(self) -> bool:
        """Hold a trigger that came too early; False if the limit is reached."""
        kept = self._held < self.machine.host.trigger_timing.held
        self._held += kept
        return kept

    def take_held(self) -> bool:
        """Take a held trigger, if there is one; its age no longer matters."""
        self._held, was_held, self.age_ns = max(0, self._held - 1), self._held > 0, 0
        return was_held

    def clear(self) -> None:
        self._held = 0
        for entry in self._under_way.values():
            self.machine.host.clock.cancel(entry)
        self._under_way.clear()

    def _arrive(self, number: int, age_ns: Ns) -> None:
        del self._under_way[number]
        self._trigger(age_ns)

    def _trigger(self, age_ns: Ns) -> None:
        self.age_ns = age_ns
        self.machine.host.emit(self.arrived)
        self.machine.fire(self.event)
