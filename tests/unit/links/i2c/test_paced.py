"""A bus in the camera's time: how long transfers take, in which order, and how far ahead of the wall."""

from __future__ import annotations

import asyncio

import pytest

from camtwin.links.base.runtime import WallRuntime
from camtwin.links.i2c.paced import LEAD_ns, PacedBus
from camtwin.simtime import Scheduler
from camtwin.units import MS
from camtwin.wire.csi2.cci import Bus, Done, Hearing, Read, Write
from unit.wire.csi2.buses import Chip

SENSOR = 0x1A
READ_ID = [Write(SENSOR, b"\0\x16"), Read(SENSOR, 2)]
CLOCKS = 1 + 9 * 3 + 1 + 9 * 3 + 1


class Wall:
    """A bus whose wall clock stands until the test moves it."""

    def __init__(self, hz: int = 400_000, pace: float = 1.0) -> None:
        self.ns = 0
        self.clock = Scheduler()
        self.runtime = WallRuntime(self.clock, pace, lambda: self.ns)
        self.chip = Chip({SENSOR: Hearing.ACKNOWLEDGES})
        self.bus = PacedBus(Bus([self.chip], hz), self.runtime)
        self.done: list[Done] = []

    def ask(self, *messages: Write | Read) -> None:
        self.bus.transfer(messages, self.done.append)

    def at(self, ns: int) -> None:
        self.ns = ns
        self.runtime.advance()


@pytest.mark.parametrize(("hz", "pace"), [(400_000, 1.0), (1_000_000, 1.0), (400_000, 0.25)])
def test_a_transfer_takes_its_time_on_the_wire(hz, pace):
    async def main():
        wall = Wall(hz, pace)
        wall.at(5 * MS)
        wall.ask(*READ_ID)
        if not wall.done:
            wall.at(8 * MS)
        (done,) = wall.done
        assert done.start_ns == 5 * MS * pace
        assert done.end_ns - done.start_ns == -(-CLOCKS * 1_000_000_000 // hz)

    asyncio.run(main())


def test_short_transfers_follow_each_other_at_the_rate_of_the_bus():
    async def main():
        wall = Wall()
        for _ in range(30):
            wall.ask(*READ_ID)
        early = len(wall.done)
        assert early == LEAD_ns // (CLOCKS * 2500)
        assert wall.clock.now <= LEAD_ns
        wall.at(3 * MS)
        assert len(wall.done) == 3 * MS // (CLOCKS * 2500)
        wall.at(10 * MS)
        assert [b.start_ns for b in wall.done[1:]] == [a.end_ns for a in wall.done[:-1]]
        assert len(wall.done) == 30

    asyncio.run(main())


def test_a_long_transfer_lets_no_frame_come_early():
    async def main():
        wall = Wall()
        frames: list[int] = []
        wall.clock.at(3 * MS, lambda: frames.append(wall.ns))
        wall.ask(Write(SENSOR, bytes(1000)))
        assert wall.clock.now <= LEAD_ns
        assert not frames
        wall.at(4 * MS)
        assert frames == [4 * MS]
        assert not wall.done
        wall.at(30 * MS)
        assert wall.done[0].end_ns == (2 + 9 * 1001) * 2500

    asyncio.run(main())


def test_bytes_arrive_at_their_own_times():
    async def main():
        wall = Wall()
        seen: list[int] = []
        write = wall.chip.write

        def taken(register: int, value: int) -> bool:
            seen.append(wall.clock.now)
            return write(register, value)

        wall.chip.write = taken  # type: ignore[method-assign]
        wall.ask(Write(SENSOR, b"\1\0abc"))
        assert seen == [(1 + 9 * n) * 2500 for n in (4, 5, 6)]

    asyncio.run(main())


def test_a_refused_transfer_frees_the_bus():
    async def main():
        wall = Wall()
        wall.ask(Write(0x36, b"\0"))
        wall.ask(*READ_ID)
        wall.at(MS)
        assert [done.refusal is None for done in wall.done] == [False, True]
        assert wall.done[1].start_ns == wall.done[0].end_ns == 11 * 2500

    asyncio.run(main())
