"""Triggers on their way: through TriggerDelay, and held where the camera is not ready for them yet."""

from __future__ import annotations

from typing import Protocol

from camtwin.camera.settings import Settings
from camtwin.models.schema import Trigger
from camtwin.simtime import Entry, Scheduler
from camtwin.units import Ns


class Host(Protocol):
    """The camera."""

    clock: Scheduler
    trigger_timing: Trigger

    @property
    def settings(self) -> Settings: ...
    def emit(self, name: str, frame_id: int | None = None) -> None: ...


class Machine(Protocol):
    """What takes the triggers (acquisition.py)."""

    @property
    def host(self) -> Host: ...
    @property
    def listening(self) -> bool: ...
    def triggered(self) -> None: ...


class TriggerPath:
    """From an edge of the trigger source to the state machine: the delay, the edges under way in it, and
    those that came too early."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.age_ns: Ns = 0
        self._under_way: dict[int, Entry] = {}
        self._count = self._held = 0

    def edge(self, age_ns: Ns) -> None:
        """The source triggers; age_ns ago, if it took so long to be sure of it (the filter of a line)."""
        host = self.machine.host
        if not self.machine.listening:
            return
        if not (delay := host.settings.TriggerDelay_ns["FrameStart"]):
            self._trigger(age_ns)
        elif len(self._under_way) >= host.trigger_timing.queue:
            host.emit("TriggerSkipped")
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
        self.machine.triggered()
