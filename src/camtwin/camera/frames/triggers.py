"""Triggers on their way to the acquisition, and how long an exposure may overlap the readout before it."""

from __future__ import annotations

from typing import Protocol

from camtwin.camera.frames.states import E, S
from camtwin.camera.settings import Settings
from camtwin.models.schema import Trigger
from camtwin.simtime import Entry, Scheduler
from camtwin.units import Ns


def gated(s: Settings) -> bool:
    """Whether the width of the trigger is the exposure: only a line's trigger has a width."""
    triggered = s.TriggerMode["FrameStart"] == "On" and s.TriggerSource["FrameStart"].startswith("Line")
    return triggered and s.ExposureMode == "TriggerWidth"


def overlap_ns(s: Settings) -> Ns:
    """How much of the next exposure may lie in the readout before it. How long one will be whose width is
    the trigger's only the host knows: it says so with ExposureOverlapTimeMax, or there is no overlap."""
    if s.ReadoutMode != "Overlapped":
        return 0
    known_ns = 0 if gated(s) else s.ExposureTime_ns
    if s.ExposureOverlapTimeMode == "Automatic":
        return known_ns
    return s.ExposureOverlapTimeMax_ns if gated(s) else min(known_ns, s.ExposureOverlapTimeMax_ns)


class Host(Protocol):
    clock: Scheduler
    trigger_timing: Trigger

    @property
    def settings(self) -> Settings: ...
    def emit(self, name: str, frame_id: int | None = None) -> None: ...


class Machine(Protocol):
    """What takes the triggers."""

    @property
    def host(self) -> Host: ...

    state: S

    def fire(self, event: E | None) -> None: ...


class TriggerPath:
    """From an edge of the trigger source to the state machine: the delay, the edges under way in it, and
    those that came too early and are held.

    selector  the trigger's name (TriggerSelector)
    event     what it is to the machine
    told      the moment at which it has arrived there
    missed    the moment of one that cannot even be delayed
    software  the moment of its TriggerSoftware
    """

    def __init__(
        self, machine: Machine, selector: str, event: E, *, told: str, missed: str, software: str
    ) -> None:
        self.machine, self.selector, self.event = machine, selector, event
        self.told, self.missed, self.software = told, missed, software
        self.age_ns: Ns = 0
        self._under_way: dict[int, Entry] = {}
        self._count = self._held = 0

    def edge(self, age_ns: Ns) -> None:
        """The source triggers; age_ns ago, if it took so long to be sure of it (the filter of a line)."""
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
        """Triggers that wait for TriggerDelay to pass."""
        return len(self._under_way)

    def hold(self) -> bool:
        """Keep a trigger that came too early; False if as many are held already."""
        kept = self._held < self.machine.host.trigger_timing.held
        self._held += kept
        return kept

    def owed(self) -> bool:
        """Take a trigger that was held, if there is one: its age counts no more."""
        self._held, owed, self.age_ns = max(0, self._held - 1), self._held > 0, 0
        return owed

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
        self.machine.host.emit(self.told)
        self.machine.fire(self.event)
