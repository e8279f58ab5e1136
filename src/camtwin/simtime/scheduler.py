"""Virtual time: a heap of events in (t_ns, seq) order.

Two events at one nanosecond run in the order in which they were planned, so a run repeats exactly.
A command from outside at time t comes after every event at or before t: `advance_to(t)`, then act.
That one rule makes live, paced and replayed runs agree.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any, TypeAlias

from camtwin.numbers import whole
from camtwin.units import Ns

Entry: TypeAlias = list[Any]
"""[t_ns, seq, call or None, args]; a list, so that it can be cancelled in place."""


class Scheduler:
    """Integer-nanosecond event queue; `now` only moves in `advance_to`."""

    __slots__ = ("_heap", "_seq", "_struck", "fired", "now")

    def __init__(self) -> None:
        self.now: Ns = 0
        self.fired = 0
        self._heap: list[Entry] = []
        self._seq = 0
        self._struck = 0

    def at(self, t_ns: Ns, call: Callable[..., object], *args: object) -> Entry:
        """Plan `call(*args)` at t_ns; the returned entry can be cancelled. ValueError if t_ns has passed."""
        if t_ns.__class__ is not int:
            t_ns = whole("a time", t_ns, "ns")
        if t_ns < self.now:
            raise ValueError(f"event at {t_ns} ns lies before now, {self.now} ns")
        entry: Entry = [t_ns, self._seq, call, args]
        self._seq += 1
        heappush(self._heap, entry)
        return entry

    def cancel(self, entry: Entry | None) -> None:
        """Cancel an entry; harmless if it ran already or is None.

        A host that writes settings in a loop may cancel a far event thousands of times: once most of the heap
        is cancelled, it is cleaned up.
        """
        if entry is None or entry[2] is None:
            return
        entry[2] = None
        self._struck += 1
        if self._struck > 64 and 2 * self._struck > len(self._heap):
            self._heap = [e for e in self._heap if e[2] is not None]
            heapify(self._heap)
            self._struck = 0

    def next_time(self) -> Ns | None:
        """Return the time of the next event that is not cancelled, or None."""
        heap = self._heap
        while heap and heap[0][2] is None:
            heappop(heap)
            self._struck -= 1
        return heap[0][0] if heap else None

    def advance_to(self, t_ns: Ns) -> None:
        """Run every event at or before t_ns; afterwards now == t_ns."""
        if t_ns.__class__ is not int:
            t_ns = whole("a time", t_ns, "ns")
        if t_ns < self.now:
            raise ValueError(f"cannot go back to {t_ns} ns from {self.now} ns")
        while (heap := self._heap) and heap[0][0] <= t_ns:
            entry = heappop(heap)
            due, _, call, args = entry
            if call is None:
                self._struck -= 1
                continue
            self.now = due
            self.fired += 1
            entry[2] = None  # it ran: cancelling it later must not count
            call(*args)
        self.now = t_ns
