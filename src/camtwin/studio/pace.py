"""The thread of twins that share a clock: virtual time at a pace, and calls from other threads in between.

The thread alone touches the twins. Time follows the computer's clock times the pace; where events cost more
time than there is, virtual time is late, and the pace that is reached is what it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from math import inf, isfinite
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Final, ParamSpec, TypeVar

from camtwin.numbers import number
from camtwin.problem import Problem
from camtwin.simtime import Scheduler
from camtwin.subscribers import Subscribers
from camtwin.units import MS, SEC, Ns

P = ParamSpec("P")
T = TypeVar("T")
SLICE_s: Final = 0.03
"""Time for events before calls have their turn again."""
LOOK_s: Final = 0.02
"""Longest sleep while time passes."""
IDLE_s: Final = 0.05
"""Longest sleep while time stands still: what is new then must go out, too."""
QUIET_NS: Final = 10 * MS
"""Virtual time that passes at once at the greatest pace when no event is due."""
MAX_STEP_NS: Final = 10 * SEC
MIN_PACE, MAX_PACE = 0.001, 1e6


class Paced:
    """The thread of one twin, or of several in one virtual time.

    at_end    called on the thread when it ends
    pace      virtual seconds a second; inf: as fast as possible
    running   whether time passes
    on_slice  called on the thread after calls and events
    """

    def __init__(self, clock: Scheduler, at_end: Callable[[], object]) -> None:
        self.clock, self._at_end = clock, at_end
        self.pace = 1.0
        self.running = False
        self.on_slice = Subscribers[()]()
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._over = False
        self._from_s, self._from_ns = 0.0, 0
        self._thread = threading.Thread(target=self._run, name="studio-twin", daemon=True)

    def begin(self) -> None:
        """Start the thread."""
        self._thread.start()

    def end(self) -> None:
        """End the thread; calls that wait are cancelled."""
        self._over = True
        self._calls.put(lambda: None)
        if self._thread is not threading.current_thread():
            self._thread.join()

    def call(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Carry out a call on the twin's thread, at the present virtual time."""
        result: Future[T] = Future()

        def carry_out() -> None:
            if not result.set_running_or_notify_cancel():
                return
            try:
                result.set_result(call(*args, **kwargs))
            except BaseException as problem:
                result.set_exception(problem)

        if self._over:
            result.cancel()
        self._calls.put(carry_out)
        return result

    # -- on the thread ---------------------------------------------------------------------------
    def run(self, pace: float | None = None) -> None:
        """Let time pass, from now on at this pace."""
        if pace is not None:
            self.pace = pace if pace == inf else number("pace", pace, low=MIN_PACE, high=MAX_PACE)
        self.running = True
        self._rebase()

    def pause(self) -> None:
        """Stop time."""
        self.running = False

    def step(self, until: Callable[[], Any]) -> None:
        """Stop time, and let it pass until what `until` returns has changed.

        Raises:
            Problem: nothing happens within MAX_STEP_NS
        """
        self.running = False
        clock, before = self.clock, until()
        end = clock.now + MAX_STEP_NS
        while (due := clock.next_time()) is not None and due <= end:
            clock.advance_to(due)
            if until() != before:
                return
        raise Problem("nothing is about to happen: no acquisition runs, or it waits for a trigger")

    def pass_until(self, done: Callable[[], object], within_ns: Ns) -> None:
        """Let time pass event by event until `done` returns something true, or so long has passed."""
        end = self.clock.now + within_ns
        while not done() and (due := self.clock.next_time()) is not None and due <= end:
            self.clock.advance_to(due)
        self._rebase()

    def _rebase(self) -> None:
        self._from_s, self._from_ns = monotonic(), self.clock.now

    def _advance(self) -> None:
        clock, ends_s = self.clock, monotonic() + SLICE_s
        if not isfinite(self.pace):
            while self.running and monotonic() < ends_s:
                due = clock.next_time()
                clock.advance_to(clock.now + QUIET_NS if due is None else min(due, clock.now + QUIET_NS))
            return
        target: Ns = self._from_ns + round((monotonic() - self._from_s) * self.pace * SEC)
        while (due := clock.next_time()) is not None and due <= target:
            clock.advance_to(due)
            if not self.running:  # an event has paused it
                return
            if monotonic() > ends_s:
                return self._rebase()
        if target > clock.now:
            clock.advance_to(target)

    def _wait_s(self) -> float:
        """Return how long the thread may sleep, unless a call comes."""
        if not self.running:
            return IDLE_s
        if not isfinite(self.pace):
            return 0.0
        due = self.clock.next_time()
        left = LOOK_s if due is None else (due - self.clock.now) / SEC / self.pace
        return min(max(left, 0.001), LOOK_s)

    def _run(self) -> None:
        while not self._over:
            try:
                wait = self._wait_s()
                self._calls.get(timeout=wait)() if wait > 0 else self._calls.get_nowait()()
                while True:
                    self._calls.get_nowait()()
            except Empty:
                pass
            if self.running:
                self._advance()
            self.on_slice()
        self._at_end()
        while not self._calls.empty():
            self._calls.get_nowait()
