"""Virtual time paced by the wall clock: the only place where camera time meets a clock.

Events run when the wall has reached their time, in the same order and with the same virtual times as without
a wall; lateness is counted and changes nothing. Commands from outside are stamped with the present virtual
time: first every event that is due runs, then the command. Everything happens on the event loop's thread.

FreeRuntime, for `--pace max`, waits for no clock while frames stream: the next event is due at once, as long
as the link has room for the frames that follow from it.

There are two times. Virtual time (`now`, scaled by `--pace`) is the camera's. Host time (`host_now`, the
monotonic clock) is the protocols': a heartbeat means the same to a client whatever the pace.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from camtwin.simtime import Scheduler
from camtwin.subscribers import Leave
from camtwin.units import MS, SEC, Ns

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class Lateness:
    """Delay of events behind the wall clock, in host nanoseconds."""

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


MAX_EVENTS: Final = 64
"""Events that run in a row without a clock before the event loop gets its turn."""
TURN_NS: Final = 20 * MS
"""Time that events may take in a row, on a computer that is too slow, before the event loop gets its turn."""


def pace_of(text: str) -> float:
    """Parse a pace: a positive number, or "max" for infinity.

    Raises:
        ValueError: it is neither
    """
    with contextlib.suppress(ValueError):
        pace = math.inf if text == "max" else float(text)
        if pace > 0 and (text == "max" or math.isfinite(pace)):
            return pace
    raise ValueError(f"pace {text!r} is neither a number above 0 nor max")


def paced(clock: Scheduler, pace: float) -> WallRuntime:
    """Make the runtime for a pace; infinity is as fast as possible."""
    return FreeRuntime(clock) if math.isinf(pace) else WallRuntime(clock, pace)


class WallRuntime:
    """Paces a scheduler by the wall clock.

    clock      the virtual time that is paced
    pace       virtual seconds per second of the wall
    monotonic  the wall clock, in ns; replaced only in tests
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
        self.together: dict[object, list[Any]] = {}  # links in this virtual time, by the resource they share

    def now(self) -> Ns:
        """Return the virtual time by the wall clock; never before events that have already run."""
        passed = self.host_now() - self._wall_zero
        return max(self.clock.now, self._virtual_zero + int(passed * self.pace))

    def host_ns(self, virtual_ns: Ns) -> Ns:
        """Return the host time at which a virtual time is due."""
        return self._wall_zero + int((virtual_ns - self._virtual_zero) / self.pace)

    def advance(self, limit_ns: Ns | None = None) -> Ns:
        """Run the events that are due, but none after `limit_ns`; return the virtual time reached.

        Where events take longer than their time, it is that of the last one for which there was a turn: they
        would never be done, and neither hosts nor signals be heard.
        """
        now = self.now() if limit_ns is None else max(self.clock.now, min(self.now(), limit_ns))
        turn_ends_ns = self.host_now() + TURN_NS
        while (due := self.clock.next_time()) is not None and due <= now:
            self.lateness.add(int((now - due) / self.pace))
            self.clock.advance_to(due)
            if self.host_now() > turn_ends_ns:
                return due
        self.clock.advance_to(now)
        return now

    def command(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Carry out a command from outside at the present virtual time, late where the twin is late.

        Return its result or pass on its exception.
        """
        self.advance()
        try:
            return call(*args, **kwargs)
        finally:
            self.wake()  # the call may have planned events

    def post(self, call: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Carry out a command that nobody awaits: its exception ends `run`, which raises it."""
        try:
            self.command(call, *args, **kwargs)
        except Exception as problem:
            self.fail(problem)

    def fail(self, problem: BaseException) -> None:
        """End `run` with this exception (the first one counts). Call it on the loop's thread."""
        self._failure = self._failure or problem
        self.wake()

    def wake(self) -> None:
        """Make `run` check again which events are due. Call it on the loop's thread."""
        self._wake.set()

    async def run(self, until_ns: Ns | None = None) -> None:
        """Keep in step with the wall clock until `until_ns` or cancelled; raise exceptions of events."""
        while True:
            self._wake.clear()
            if self._failure:
                raise self._failure
            now = self.advance(until_ns)
            if until_ns is not None and now >= until_ns:
                return
            with contextlib.suppress(TimeoutError):  # wait_for of Python 3.11 may swallow a cancellation
                async with asyncio.timeout(self._pause_s(until_ns)):
                    await self._wake.wait()

    def _pause_s(self, until_ns: Ns | None) -> float | None:
        """Return the seconds until something is due; None: until `wake`."""
        times = [t for t in (self.clock.next_time(), until_ns) if t is not None]
        return max(0.0, (self.host_ns(min(times)) - self.host_now()) / SEC) if times else None


class Stream(Protocol):
    """Frames on their way to a client, as a free runtime sees them."""

    def streaming(self) -> bool:
        """Tell whether frames are on their way to a client."""
        ...

    def room(self) -> bool:
        """Tell whether it can take another frame; `wake` must be called when that becomes true."""
        ...


class FreeRuntime(WallRuntime):
    """Runs events as fast as the link takes the frames that follow; by the wall clock while nothing streams.

    The frames' virtual times are those of any pace; only the host time at which an event runs differs.
    """

    def __init__(self, clock: Scheduler, monotonic: Callable[[], Ns] = time.monotonic_ns) -> None:
        super().__init__(clock, 1.0, monotonic)
        self._streams: list[Stream] = []
        self._free = False

    def join(self, stream: Stream) -> Leave:
        """Wait for this stream's room while it sends frames; call the returned token to leave."""
        self._streams.append(stream)
        return lambda: self._streams.remove(stream) if stream in self._streams else None

    @property
    def _streaming(self) -> bool:
        return any(stream.streaming() for stream in self._streams)

    @property
    def _room(self) -> bool:
        return all(stream.room() for stream in self._streams)

    def now(self) -> Ns:
        return self.clock.now if self._free else super().now()

    def host_ns(self, virtual_ns: Ns) -> Ns:
        """Return the host time at which it would be due at pace 1 from now on."""
        return self.host_now() + virtual_ns - self.now()

    def advance(self, limit_ns: Ns | None = None) -> Ns:
        if not self._free:
            super().advance(limit_ns)
        for _ in range(MAX_EVENTS):
            due = self.clock.next_time()
            late = due is not None and limit_ns is not None and due > limit_ns
            free = due is not None and not late and self._streaming
            if self._free and not free:
                self._wall_zero, self._virtual_zero = self.host_now(), self.clock.now
            self._free = free
            if due is None or not free or not self._room:
                break
            self.clock.advance_to(due)
        return self.now()

    def _pause_s(self, until_ns: Ns | None) -> float | None:
        if not self._free:
            return super()._pause_s(until_ns)
        return 0.0 if self._room else None
