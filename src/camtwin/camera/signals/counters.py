"""Counters, which count moments, and timers, which make pulses after them."""

from __future__ import annotations

from typing import Protocol

from camtwin.camera.settings import Settings
from camtwin.simtime import Entry, Scheduler
from camtwin.units import Ns


class CounterPort(Protocol):
    clock: Scheduler

    @property
    def settings(self) -> Settings: ...
    def emit(self, name: str, frame_id: int | None = None) -> None: ...


class Counter:
    """Counts up to CounterDuration, reports that once (Counter1End), and stays there until it is reset.

    With its own end as CounterResetSource it restarts at once: so every tenth edge of an encoder triggers.
    Its own end never counts for it, by whatever route it returns (a skipped trigger, the other counter): that
    loop would never end within one nanosecond.
    """

    def __init__(self, name: str, host: CounterPort) -> None:
        self.name, self._host, self.value = name, host, 0
        self._reporting = False

    def count(self) -> None:
        duration = self._host.settings.CounterDuration[self.name]
        if self._reporting or self.value >= duration:
            return
        self.value += 1
        if self.value == duration:
            self._reporting = True
            self._host.emit(f"{self.name}End")
            self._reporting = False

    def reset(self) -> None:
        self.value = 0


class Timer:
    """One pulse per trigger, TimerDelay late and TimerDuration long; triggers while it runs are ignored."""

    def __init__(self, name: str, host: CounterPort) -> None:
        self.name, self._host = name, host
        self._busy = False
        self._planned: Entry | None = None

    def start(self) -> None:
        if self._busy:
            return
        self._busy = True
        clock, s = self._host.clock, self._host.settings
        delay_ns, duration_ns = s.TimerDelay_ns[self.name], s.TimerDuration_ns[self.name]
        if delay_ns:
            self._planned = clock.at(clock.now + delay_ns, self._begin, duration_ns)
        else:
            self._begin(duration_ns)

    def _begin(self, duration_ns: Ns) -> None:
        clock = self._host.clock
        self._planned = clock.at(clock.now + duration_ns, self._end)
        self._host.emit(f"{self.name}Start")

    def _end(self) -> None:
        self._busy = False
        self._host.emit(f"{self.name}End")

    def cut(self) -> None:
        """Stop, because the power has gone."""
        self._host.clock.cancel(self._planned)
