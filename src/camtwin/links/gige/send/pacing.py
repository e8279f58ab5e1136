"""Pacing: when the next burst of packets may leave, by the modelled link or as fast as the client takes them.

A frame begins (`begin`), its packets leave in bursts when they are due (`due_ns`, `sent`), it ends (`end`);
meanwhile hosts may ask for packets again (`asked_again`). All times are host ns. A burst is what the link
carries in two milliseconds, at most 64 kB if a socket has to hold it: the fewer bursts, the less threads of
many twins wait for each other. If a host has set a delay between packets (GevSCPD), a burst is one
millisecond, which keeps the delay as well as a program can.

OnSchedule  each packet has its place in the transfer. A late sender (for the renderer, or the thread itself)
            may catch up, but only a quarter faster than the link, and with two bursts at a time: that is what
            the default socket buffer of a client holds (212,992 B, of which each packet of 1500 B takes
            2304). So lateness is counted, and never becomes loss. A late sender keeps the delay between
            packets, too: on average over a frame it is never shorter.
Eager       for `--pace max`: the rate rises from frame to frame until a host asks for packets again, and
            falls then, once per loss; afterwards it rises gently, so that losses stay rare.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from camtwin.units import MS, Ns

BURST_BYTES: Final = 64_000
"""Limit of a burst: a datagram has room for little more, and a client's socket for few of them."""
BURST_NS, BURST_DELAYED_NS = 2 * MS, 1 * MS
"""Length of a burst on the link; a packet that takes longer goes alone."""
CATCH_UP: Final = 1.25
START, RISE, FALL = 1.5, 1.03, 0.6
"""Factors of the rate: per frame without losses, before the first loss (START) and after it (RISE), and per
loss (FALL). So one frame in seventeen may suffer a loss: ln 0.6 / ln 1.03."""
MAX_OVER_MEASURED: Final = 1.5
"""Limit of the permitted rate over the one that this computer reached: a rate that was never reached says
nothing about the client, and would take many losses to fall from."""
HELD_UP_NS: Final = 12 * MS
"""A sender held up this long within a frame shares an overloaded processor, perhaps with the client, which
then loses more than it requests again (Aravis: a quarter of a frame) without a sign of it."""
MAX_HELD_NS: Final = 100 * MS
"""Longest delay granted to a local client, which competes with the twin for CPU time. A client that is slow
by itself loses packets as it would from a camera. Aravis gives up a frame that stalls for 200 ms."""
MIN_SPEED: Final = 1 / 16
"""Lowest speed, relative to the modelled link: a client slower than that loses the camera's frames, too."""


@dataclass(frozen=True, slots=True)
class FrameTiming:
    """Timing of a frame that begins.

    start_ns, end_ns  its times on the modelled link
    packets           of its payload
    delay_ns          set by the host (GevSCPD); the times include one after each packet of the frame
    max_bytes         the limit of a burst
    """

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
        """Time per packet of a late sender: the link runs a quarter faster, the host's delay is kept."""
        return self.delay_ns + (self.step_ns - self.delay_ns) / CATCH_UP

    @property
    def burst(self) -> int:
        """Number of packets that leave at once."""
        time_ns = BURST_DELAYED_NS if self.delay_ns else BURST_NS
        in_time = int(time_ns / max(self.step_ns, 1))
        return max(1, min(self.max_bytes // self.packet_bytes, in_time))


class Pacing(Protocol):
    """The pacing of a sending thread."""

    keep: int
    """Frames kept for resends."""
    nice: int
    """Niceness of the sending thread."""
    look_ns: Ns
    """Time between looks at a client's full queue; a client reads a packet in about 1.5 us."""
    direct: bool
    """Whether packets may bypass the socket (direct.py)."""

    def begin(self, plan: FrameTiming) -> None: ...
    def due_ns(self) -> Ns: ...
    def sent(self, packets: int, now: Ns) -> None:
        """Count packets of the payload that have left; 0 for the leader."""
        ...

    def may_hold(self, now: Ns) -> bool:
        """Tell whether there is time to wait for a client without room (receiver.py)."""
        ...

    def held(self, waited_ns: Ns) -> None:
        """Count time spent waiting for the client."""
        ...

    def end(self, now: Ns) -> Ns:
        """End the frame; return its lateness."""
        ...

    def asked_again(self, began_ns: Ns, now: Ns) -> None:
        """Note a resend request for the frame that began at `began_ns`."""
        ...


class OnSchedule:
    """Pacing by the modelled link; the camera's memory keeps one frame for resends."""

    keep, nice, look_ns, direct = 1, 0, MS // 2, False

    def __init__(self) -> None:
        self._earliest_ns: Ns = 0
        self._due_ns = 0.0
        self._plan, self._gone = FrameTiming(0, 0, 1, 1), 0

    def begin(self, plan: FrameTiming) -> None:
        self._plan, self._due_ns, self._gone = plan, float(plan.start_ns), 0

    def due_ns(self) -> Ns:
        return max(int(self._due_ns), self._earliest_ns)

    def sent(self, packets: int, now: Ns) -> None:
        plan, step_ns = self._plan, self._plan.step_ns
        if plan.delay_ns and not self._gone:  # a frame that begins late ends late: the host has set its gaps
            self._due_ns = max(self._due_ns, now)
        self._gone += packets
        self._due_ns += packets * step_ns if packets else plan.delay_ns
        # a late thread may catch up on one burst's time, or its lateness would add up
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
    """Pacing as fast as the client can take packets.

    Four frames are kept, so that losses from too high a rate can be healed.

    speed       how many times as fast as the modelled link packets may leave now
    min_speed   `speed` never falls below this
    """

    # nice: a local client goes first, as packets that it cannot take in time are lost
    keep, nice, look_ns, direct = 4, 2, MS // 20, True

    def __init__(self, min_speed: float = MIN_SPEED) -> None:
        self.speed, self.min_speed = 1.0, min_speed
        self._earliest_ns: Ns = 0
        self._plan = FrameTiming(0, 1, 1, 1)
        self._began_ns: Ns | None = None  # when the first packet of this frame left
        self._fell_ns: Ns = 0
        self._clean = True

    def begin(self, plan: FrameTiming) -> None:
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
        """Raise the rate after a frame without losses; return 0, as no time was due."""
        if self._clean:
            rise = RISE if self._fell_ns else START
            most = MAX_OVER_MEASURED * max(self._reached(now), 1.0)
            self.speed = max(self.speed, min(self.speed * rise, most))
        return 0

    def asked_again(self, began_ns: Ns, now: Ns) -> None:
        self._clean = False
        if began_ns > self._fell_ns:  # an older frame says nothing about the present rate
            self._fell_ns = now
            self.speed = max(self.min_speed, self.speed * FALL)

    def _reached(self, now: Ns) -> float:
        """How many times as fast as the link this frame went."""
        took_ns = now - self._began_ns if self._began_ns is not None else 0
        return (self._plan.end_ns - self._plan.start_ns) / max(took_ns, 1)
