"""When the next burst of packets may leave: as the modelled link has it, or as fast as the client takes it.

A frame begins (`begin`), its packets leave in bursts when they are due (`due_ns`, `sent`), it ends (`end`);
meanwhile hosts may ask for packets again (`asked_again`). All times are host ns. A burst is what the link
carries in two milliseconds, 64 kB at the most where a socket has to hold it: the fewer there are, the less do
threads of many twins wait for each other. Where a host has set a delay between packets (GevSCPD) it is one
millisecond: so the delay is kept on the way to it as well as a program can.

OnSchedule  each packet has its place in the transfer. Who is late (the renderer, or the thread that sends)
            may catch up, but only a quarter faster than the link would go, and with two bursts at a time:
            that is what the default socket buffer of a client holds (212,992 B, of which each packet of
            1500 B takes 2304). So lateness is counted, and never becomes loss. A delay between packets is
            kept by who is late, too: on the mean over a frame there is no less.
Eager       for `--pace max`: the rate rises from frame to frame until a host asks for packets again, and
            falls then, once per loss; afterwards it rises gently, so that losses stay rare.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from camtwin.units import MS, Ns

BURST_BYTES: Final = 64_000
"""At most: a datagram has room for little more, and a client's socket for few of them."""
BURST_NS, BURST_DELAYED_NS = 2 * MS, 1 * MS
"""Of the link's time, in one burst; where a packet takes longer, it goes alone."""
CATCH_UP: Final = 1.25
START, RISE, FALL = 1.5, 1.03, 0.6
"""What a frame that nobody misses packets of multiplies the rate by, before the first loss and after it; and
what a loss does. So one frame in seventeen may be hit: ln 0.6 / ln 1.03."""
MAX_OVER_REACHED: Final = 1.5
"""The rate that is allowed stays this close to what this computer really reached: a limit that nothing ever
tried has no meaning, and would have to fall a long way."""
HELD_UP_NS: Final = 12 * MS
"""Who is kept from sending that long in the middle of a frame shares a processor that is overloaded, and so
may the client: it then loses more than it asks for again (Aravis: a quarter of a frame), and cannot tell."""
MAX_HELD_NS: Final = 100 * MS
"""So late, and no later, may a packet be for the sake of a client on this computer: a twin that renders and
sends on the client's processors may keep it from reading, as no camera would. Who is slow by himself loses
what he would lose of one. Aravis gives up a frame that stands still for 200 ms."""
MIN_SPEED: Final = 1 / 16
"""Of the modelled link's speed: a client slower than that loses frames of the camera, too."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A frame that begins: its times by the modelled link, its payload's packets, how large they are, and the
    delay that the host has set (GevSCPD): the times hold one after each, leader and trailer, too. max_bytes:
    what may leave at once."""

    start_ns: Ns
    end_ns: Ns
    packets: int
    packet_bytes: int
    delay_ns: Ns = 0
    max_bytes: int = BURST_BYTES

    @property
    def step_ns(self) -> float:
        moving_ns = self.end_ns - self.start_ns - (self.packets + 2) * self.delay_ns
        return self.delay_ns + moving_ns / self.packets

    @property
    def min_step_ns(self) -> float:
        """Of who catches up: the link goes a quarter faster, the host's delay is kept."""
        return self.delay_ns + (self.step_ns - self.delay_ns) / CATCH_UP

    @property
    def burst(self) -> int:
        """How many packets leave at once."""
        time_ns = BURST_DELAYED_NS if self.delay_ns else BURST_NS
        in_time = int(time_ns / max(self.step_ns, 1))
        return max(1, min(self.max_bytes // self.packet_bytes, in_time))


class Pacing(Protocol):
    """What the thread that sends asks."""

    keep: int
    """Images kept for resends."""
    nice: int
    """Of the thread: the more, the sooner others get the processor."""
    look_ns: Ns
    """How long a client is given to make room before one looks again: it reads a packet in some 1.5 us."""
    direct: bool
    """Whether packets may go past the socket (direct.py)."""

    def begin(self, plan: Plan) -> None: ...
    def due_ns(self) -> Ns: ...
    def sent(self, packets: int, now: Ns) -> None:
        """So many of the payload have left; none: the leader has."""
        ...

    def may_hold(self, now: Ns) -> bool:
        """Is there time to wait for a client that has no room (receiver.py)?"""
        ...

    def held(self, waited_ns: Ns) -> None:
        """So long it had none."""
        ...

    def end(self, now: Ns) -> Ns:
        """How late it ended."""
        ...

    def asked_again(self, began_ns: Ns, now: Ns) -> None:
        """A host misses packets of the frame that began to leave then."""
        ...


class OnSchedule:
    """As the modelled link goes; the camera's memory holds one image for resends."""

    keep, nice, look_ns, direct = 1, 0, MS // 2, False

    def __init__(self) -> None:
        self._earliest_ns: Ns = 0
        self._due_ns = 0.0
        self._plan, self._gone = Plan(0, 0, 1, 1), 0

    def begin(self, plan: Plan) -> None:
        self._plan, self._due_ns, self._gone = plan, float(plan.start_ns), 0

    def due_ns(self) -> Ns:
        return max(int(self._due_ns), self._earliest_ns)

    def sent(self, packets: int, now: Ns) -> None:
        plan, step_ns = self._plan, self._plan.step_ns
        if plan.delay_ns and not self._gone:  # a frame that begins late ends late: its gaps are the host's
            self._due_ns = max(self._due_ns, now)
        self._gone += packets
        self._due_ns += packets * step_ns if packets else plan.delay_ns
        # who wakes late may make up for one burst's time, or its lateness would add up
        earliest = max(self._earliest_ns, now - int(plan.burst * step_ns))
        self._earliest_ns = earliest + int(packets * plan.min_step_ns)

    def may_hold(self, now: Ns) -> bool:
        return now - self._due_ns < MAX_HELD_NS

    def held(self, waited_ns: Ns) -> None:
        pass

    def end(self, now: Ns) -> Ns:
        return now - self._plan.end_ns

    def asked_again(self, began_ns: Ns, now: Ns) -> None:
        pass


class Eager:
    """As fast as the client can take it. Four images are kept: what it misses while the rate is too high has
    time to heal.

    speed       how many times as fast as the modelled link packets may leave now
    min_speed   `speed` never falls below this
    """

    # nice: a client on this computer goes first, and what it cannot take in time is lost
    keep, nice, look_ns, direct = 4, 2, MS // 20, True

    def __init__(self, min_speed: float = MIN_SPEED) -> None:
        self.speed, self.min_speed = 1.0, min_speed
        self._earliest_ns: Ns = 0
        self._plan = Plan(0, 1, 1, 1)
        self._began_ns: Ns | None = None  # when the first packet of this frame left
        self._fell_ns: Ns = 0
        self._clean = True

    def begin(self, plan: Plan) -> None:
        self._plan, self._began_ns, self._clean = plan, None, True

    def due_ns(self) -> Ns:
        return self._earliest_ns

    def sent(self, packets: int, now: Ns) -> None:
        if self._began_ns is None:
            self._began_ns = now
        elif now - self._earliest_ns > HELD_UP_NS:
            self._clean, self.speed = False, min(self.speed, max(1.0, self.speed * FALL))
            self._fell_ns = now
        step_ns = self._plan.step_ns / self.speed
        earliest = max(self._earliest_ns, now - int(self._plan.burst * step_ns))
        self._earliest_ns = earliest + int(packets * step_ns)

    def may_hold(self, now: Ns) -> bool:
        return True

    def held(self, waited_ns: Ns) -> None:
        self._earliest_ns += waited_ns

    def end(self, now: Ns) -> Ns:
        """Never late: there is no time at which it is due."""
        if self._clean:
            rise = RISE if self._fell_ns else START
            most = MAX_OVER_REACHED * max(self._reached(now), 1.0)
            self.speed = max(self.speed, min(self.speed * rise, most))
        return 0

    def asked_again(self, began_ns: Ns, now: Ns) -> None:
        self._clean = False
        if began_ns > self._fell_ns:  # else it says nothing of the rate as it is now
            self._fell_ns = now
            self.speed = max(self.min_speed, self.speed * FALL)

    def _reached(self, now: Ns) -> float:
        """How many times as fast as the link this frame went."""
        took_ns = now - self._began_ns if self._began_ns is not None else 0
        return (self._plan.end_ns - self._plan.start_ns) / max(took_ns, 1)
