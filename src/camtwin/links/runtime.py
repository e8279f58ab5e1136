"""Virtual time paced by the wall: the only place where camera time meets a clock.

Events run when the wall has reached them, in the order and with the virtual times they would have had without
a wall; how late they came is counted and changes nothing. Commands from outside are stamped with virtual now:
first every event that is due runs, then the command. Everything happens on the event loop's thread.

Two times: virtual time (`now`, `--pace` scales it) is the camera's. Host time (`host_now`, the monotonic
clock) is the protocols': a heartbeat means the same to a client whatever the pace.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from camtwin.simtime import Scheduler
from camtwin.units import SEC, Ns

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class Lateness:
    """How far behind the wall events ran, in host nanoseconds."""

    events: int = 0
    worst_ns: Ns = 0
    sum_ns: Ns = 0

    @property
    def mean_ns(self) -> float:
        return self.sum_ns / self.events if self.events else 0.0

    def add(self, late_ns: Ns) -> None:
        self.events += 1
        self.sum_ns += late_ns
        self.worst_ns = max(self.worst_ns, late_ns)


class WallRuntime:
    """Paces a scheduler.

    clock      the virtual time that is paced
    pace       virtual seconds per second of the wall
    monotonic  the wall, in ns; another one only in tests
    """

    def __init__(
        self, clock: Scheduler, pace: float = 1.0, monotonic: Callable[[], Ns] = time.monotonic_ns
    ) -> None:
        if not pace > 0:
            raise ValueError(f"pace {pace} is not above 0")
        self.clock, self.pace, self.host_now = clock, pace, monotonic
        self.lateness = Lateness()
        self._wall_zero, self._virtual_zero = monotonic(), clock.now
        self._wake = asyncio.Event()
        self._failure: BaseException | None = None

    def now(self) -> Ns:
        """Virtual time by the wall; never behind what has already been run."""
        passed = self.host_now() - self._wall_zero
        return max(self.clock.now, self._virtual_zero + int(passed * self.pace))

    def host_ns(self, virtual_ns: Ns) -> Ns:
        """When, in host time, this virtual time is due."""
        return self._wall_zero + int((virtual_ns - self._virtual_zero) / self.pace)

    def advance(self, limit_ns: Ns | None = None) -> Ns:
        """Run all events that are due, but none after `limit_ns`; returns virtual now."""
        now = self.now() if limit_ns is None else max(self.clock.now, min(self.now(), limit_ns))
        while (due := self.clock.next_time()) is not None and due <= now:
            self.lateness.add(int((now - due) / self.pace))
            self.clock.advance_to(due)
        self.clock.advance_to(now)
        return now

    def command(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Carry out a command from outside, at virtual now; returns or raises what `call` does."""
        self.advance()
        try:
            return call(*args, **kwargs)
        finally:
            self._wake.set()  # it may have planned events

    def post(self, call: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """As `command`, for callbacks that nobody awaits: an exception ends `run`, which raises it."""
        try:
            self.command(call, *args, **kwargs)
        except Exception as problem:
            self.fail(problem)

    def fail(self, problem: BaseException) -> None:
        """End `run` with this exception (the first one counts). From the loop's thread."""
        self._failure = self._failure or problem
        self._wake.set()

    async def run(self, until_ns: Ns | None = None) -> None:
        """Keep in step with the wall, until then or cancelled; raises what went wrong in an event."""
        while True:
            self._wake.clear()
            if self._failure:
                raise self._failure
            now = self.advance(until_ns)
            if until_ns is not None and now >= until_ns:
                return
            due = self.clock.next_time()
            times = [t for t in (due, until_ns) if t is not None]
            timeout = max(0.0, (self.host_ns(min(times)) - self.host_now()) / SEC) if times else None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), timeout)
