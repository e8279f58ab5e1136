"""Virtual time paced by the wall: never early, in order, and nothing that goes wrong vanishes."""

from __future__ import annotations

import asyncio
import math
import time

import pytest

from camtwin.links.base.runtime import TURN_NS, FreeRuntime, WallRuntime, pace_of, paced
from camtwin.simtime import Scheduler
from camtwin.units import MS, SEC


class Wall:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.ns = 5 * SEC

    def __call__(self) -> int:
        return self.ns


@pytest.mark.parametrize("pace", [0.5, 1.0, 20.0])
def test_virtual_now_follows_the_wall(pace: float) -> None:
    wall, clock = Wall(), Scheduler()
    clock.advance_to(7 * SEC)
    runtime = WallRuntime(clock, pace, wall)
    assert runtime.now() == 7 * SEC
    wall.ns += 100 * MS
    assert runtime.now() == 7 * SEC + int(100 * MS * pace)
    assert runtime.host_ns(runtime.now()) == wall.ns
    assert runtime.host_now() == wall.ns


def test_time_never_goes_back() -> None:
    wall, clock = Wall(), Scheduler()
    runtime = WallRuntime(clock, 1.0, wall)
    clock.advance_to(3 * SEC)  # somebody ran ahead
    wall.ns += 1 * SEC
    assert runtime.now() == 3 * SEC
    assert runtime.advance() == 3 * SEC


def test_a_pace_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="pace 0"):
        WallRuntime(Scheduler(), 0)


def test_lateness_is_counted_and_changes_nothing() -> None:
    wall, clock = Wall(), Scheduler()
    runtime = WallRuntime(clock, 2.0, wall)
    ran: list[int] = []
    for due in (10 * MS, 30 * MS, 90 * MS):
        clock.at(due, lambda: ran.append(clock.now))
    wall.ns += 20 * MS  # 40 ms of virtual time
    assert runtime.advance() == 40 * MS
    assert ran == [10 * MS, 30 * MS]
    late = runtime.lateness
    assert (late.events, late.worst_ns, late.mean_ns) == (2, 15 * MS, 10 * MS)


def test_a_command_comes_after_every_event_that_is_due() -> None:
    wall, clock = Wall(), Scheduler()
    runtime = WallRuntime(clock, 1.0, wall)
    order: list[str] = []
    clock.at(1 * MS, order.append, "event")
    wall.ns += 5 * MS
    assert runtime.command(lambda word: (order.append(word), clock.now)[1], "command") == 5 * MS
    assert order == ["event", "command"]


def test_events_that_take_longer_than_their_time_leave_the_loop_its_turns() -> None:
    """Signals and hosts are heard though the twin falls ever further behind: here five times slower."""
    wall, clock = Wall(), Scheduler()
    runtime = WallRuntime(clock, 1.0, wall)
    ran: list[int] = []

    def slow() -> None:
        ran.append(clock.now)
        assert len(ran) < 10_000, "the loop gets no turn"
        wall.ns += 5 * MS
        clock.at(clock.now + 1 * MS, slow)

    async def main() -> None:
        clock.at(0, slow)
        wall.ns += 100 * MS
        running = asyncio.create_task(runtime.run())
        for _ in range(50):
            before = wall.ns
            await asyncio.sleep(0)
            assert wall.ns - before <= TURN_NS + 5 * MS
        before = wall.ns
        assert runtime.command(lambda: clock.now) == ran[-1]
        assert wall.ns - before <= TURN_NS + 5 * MS
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(main())
    assert ran == [k * MS for k in range(len(ran))], "virtual time is as exact as ever"


def test_run_is_never_early_and_exact_in_virtual_time() -> None:
    clock = Scheduler()
    pace = 4.0
    ran: list[tuple[int, int]] = []

    async def main() -> WallRuntime:
        runtime = WallRuntime(clock, pace)

        def event() -> None:
            ran.append((clock.now, runtime.host_now() - runtime.host_ns(clock.now)))
            clock.at(clock.now + 20 * MS, event)

        clock.at(0, event)
        start = time.monotonic()
        await runtime.run(400 * MS)
        assert time.monotonic() - start >= 0.4 / pace
        return runtime

    runtime = asyncio.run(main())
    assert [t for t, _ in ran] == [20 * MS * k for k in range(21)]
    assert all(late >= 0 for _, late in ran)
    assert runtime.lateness.events == 21
    assert clock.now == 400 * MS


def test_a_command_wakes_the_sleeper() -> None:
    clock = Scheduler()
    ran: list[int] = []

    async def main() -> None:
        runtime = WallRuntime(clock)
        running = asyncio.create_task(runtime.run())  # nothing is planned: it would sleep for ever
        await asyncio.sleep(0.01)
        due = runtime.command(lambda: clock.at(clock.now + 5 * MS, lambda: ran.append(clock.now))[0])
        async with asyncio.timeout(2):
            while not ran:
                await asyncio.sleep(0.005)
        assert ran == [due]
        running.cancel()

    asyncio.run(main())


def test_an_exception_in_an_event_ends_the_run() -> None:
    clock = Scheduler()

    def broken() -> None:
        raise RuntimeError("the shutter is stuck")

    async def main() -> None:
        clock.at(5 * MS, broken)
        async with asyncio.timeout(2):
            await WallRuntime(clock).run()

    with pytest.raises(RuntimeError, match="the shutter is stuck"):
        asyncio.run(main())


def test_an_exception_in_a_posted_command_ends_the_run() -> None:
    async def main() -> None:
        runtime = WallRuntime(Scheduler())

        def broken() -> None:
            raise RuntimeError("the register is stuck")

        asyncio.get_running_loop().call_later(0.01, runtime.post, broken)
        async with asyncio.timeout(2):
            await runtime.run()

    with pytest.raises(RuntimeError, match="the register is stuck"):
        asyncio.run(main())


def test_an_exception_in_a_command_is_its_callers() -> None:
    runtime = WallRuntime(Scheduler())
    with pytest.raises(ZeroDivisionError):
        runtime.command(lambda: 1 // 0)


@pytest.mark.parametrize(("text", "pace"), [("1", 1.0), ("0.25", 0.25), ("4", 4.0), ("max", math.inf)])
def test_a_pace_is_a_number_or_max(text: str, pace: float) -> None:
    assert pace_of(text) == pace
    assert isinstance(paced(Scheduler(), pace), FreeRuntime if text == "max" else WallRuntime)


@pytest.mark.parametrize("text", ["0", "-1", "inf", "nan", "fast", ""])
def test_other_paces_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"pace '{text}' is neither a number above 0 nor max"):
        pace_of(text)


class Free:
    """A free runtime with an event every 10 ms of virtual time, and what a link would tell it."""

    def __init__(self) -> None:
        self.wall, self.clock = Wall(), Scheduler()
        self.runtime = FreeRuntime(self.clock, self.wall)
        self.streams, self.places = True, 0
        self.ran: list[int] = []
        self.leave = self.runtime.join(self)
        self.clock.at(10 * MS, self.event)

    def streaming(self) -> bool:
        return self.streams

    def room(self) -> bool:
        return self.places > 0

    def event(self) -> None:
        self.ran.append(self.clock.now)
        self.places -= 1
        self.clock.at(self.clock.now + 10 * MS, self.event)


def test_free_time_runs_while_there_is_room_and_then_stands() -> None:
    free = Free()
    free.places = 3
    assert free.runtime.advance() == 30 * MS
    free.wall.ns += 1 * SEC
    assert free.runtime.advance() == free.runtime.now() == 30 * MS
    free.places = 2
    assert free.runtime.advance() == 50 * MS
    assert free.ran == [10 * MS, 20 * MS, 30 * MS, 40 * MS, 50 * MS]


def test_free_time_goes_as_the_wall_while_nothing_streams() -> None:
    free = Free()
    free.streams = False
    free.wall.ns += 15 * MS
    assert free.runtime.advance() == 15 * MS
    free.streams, free.places = True, 2
    assert free.runtime.advance() == 30 * MS
    free.streams = False
    assert free.runtime.advance() == 30 * MS
    free.wall.ns += 12 * MS
    assert free.runtime.advance() == 42 * MS
    assert free.ran == [10 * MS, 20 * MS, 30 * MS, 40 * MS]


def test_a_command_in_free_time_comes_after_what_has_run() -> None:
    free = Free()
    free.places = 2
    free.runtime.advance()
    free.wall.ns += 1 * SEC
    assert free.runtime.command(lambda: free.clock.now) == 20 * MS


def test_free_time_lets_others_have_their_turn() -> None:
    """Events without end, and still a task beside them ends the run."""

    async def both() -> None:
        free = Free()
        free.places = 1 << 60
        running = asyncio.create_task(free.runtime.run())
        await asyncio.sleep(0.05)
        assert len(free.ran) > 100
        running.cancel()

    asyncio.run(asyncio.wait_for(both(), 5))


class Always:
    """Another stream in the same time."""

    def __init__(self, room: bool) -> None:
        self.has_room = room

    def streaming(self) -> bool:
        return True

    def room(self) -> bool:
        return self.has_room


def test_two_streams_in_one_free_time_both_need_room() -> None:
    free, other = Free(), Always(room=False)
    free.places = 3
    leave = free.runtime.join(other)
    free.runtime.advance()
    assert free.ran == []
    other.has_room = True
    free.runtime.advance()
    assert free.ran == [10 * MS, 20 * MS, 30 * MS]
    free.places, other.has_room = 1, False
    leave()
    free.runtime.advance()
    assert free.ran[3:] == [40 * MS]


@pytest.mark.parametrize("steps", range(5))
def test_a_run_ends_by_a_cancellation_just_after_it_is_woken(steps: int) -> None:
    async def cancelled_in_time() -> bool:
        runtime = WallRuntime(Scheduler())
        run = asyncio.create_task(runtime.run(3600 * SEC))  # so that it waits for a time, too
        await asyncio.sleep(0.01)
        runtime.wake()
        for _ in range(steps):
            await asyncio.sleep(0)
        run.cancel()
        done, _ = await asyncio.wait([run], timeout=0.5)
        run.cancel()
        return bool(done)

    assert asyncio.run(cancelled_in_time())
