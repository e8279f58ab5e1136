"""Deliberate network faults: packets of the stream that are lost, doubled, swapped, late or damaged.

The choice of packets has no state: it is a hash of (seed, kind, block id, packet id, attempt). The same seed
strikes the same packets of the same blocks whatever the timing; a packet that is sent again is struck or
spared anew, as on a real network. Kinds are independent of each other, except that a lost packet suffers no
other fault.

    drop        it is never sent
    duplicate   it is sent twice in a row
    reorder     it is sent after the packet behind it (the last of a block, or of an answer, has none)
    delay       it is sent 5 ms later than the others, DELAY_NS
    corrupt     one bit behind its header is flipped, with a correct UDP checksum

Packets can also be named one by one, and a path may carry less than the packet size register permits.

Faults strike packets of images; they spare test packets and the answer that a packet is unavailable.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from camtwin.camera.faults import PARTS as PACKETS
from camtwin.camera.faults import TRAILER
from camtwin.sensor.noise import GOLDEN_64, MIX_A_64, MIX_B_64, mix64
from camtwin.units import MS, Ns
from camtwin.wire.ip.ethernet import IP_UDP_BYTES

KINDS: Final = ("drop", "duplicate", "reorder", "delay", "corrupt")
DROP, DUPLICATE, REORDER, DELAY, CORRUPT = (1 << i for i in range(len(KINDS)))
DELAY_NS: Final = 5 * MS
"""Longer than a host waits before it requests a resend (Aravis: 1 ms), shorter than any frame's period."""
MAX_HELD: Final = 10_000  # delayed packets at a time, which bounds memory; further ones are not delayed
MIN_MTU, MAX_MTU = 68, 65_535  # RFC 791
Place: TypeAlias = tuple[int, int | str]
"""A packet of a block."""
DAMAGED_BIT: Final = 99  # the hash of this kind chooses the bit to flip


@dataclass(frozen=True, slots=True)
class Faults:
    """Packets that are struck: of each kind a share, 0 to 1, or a list of places.

    A place is (block, packet), the packet a number, or "leader" or "trailer". It strikes the packet as it is
    first sent; a place that is given twice also strikes the packet when it is sent again.

    mtu  bytes that the path carries in an IP packet, whatever the packet size register permits: longer ones
         are lost, test packets too; 0: any

    Raises:
        ValueError: names the value beyond these limits
    """

    drop: float | Sequence[Place] = 0.0
    duplicate: float | Sequence[Place] = 0.0
    reorder: float | Sequence[Place] = 0.0
    delay: float | Sequence[Place] = 0.0
    corrupt: float | Sequence[Place] = 0.0
    seed: int = 0
    mtu: int = 0
    _places: Mapping[tuple[int, int], Counter[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places: dict[tuple[int, int], Counter[int]] = {}
        for i, kind in enumerate(KINDS):
            value = getattr(self, kind)
            if isinstance(value, int | float):
                if not 0 <= value <= 1:
                    raise ValueError(f"fault {kind} {value:g} is not within 0 to 1")
                continue
            for block, packet in value:
                number = PACKETS.get(packet, packet)
                if not isinstance(number, int) or number < TRAILER or block < 1:
                    raise ValueError(f"fault {kind}: there is no packet {block}:{packet}; blocks begin at 1")
                places.setdefault((i, block), Counter())[number] += 1
        if self.mtu and not MIN_MTU <= self.mtu <= MAX_MTU:
            raise ValueError(f"fault mtu {self.mtu} is not within {MIN_MTU} to {MAX_MTU}")
        object.__setattr__(self, "_places", places)

    @property
    def shares(self) -> tuple[float, ...]:
        """Probabilities in the order of KINDS; 0 of a kind that has a list."""
        values = (getattr(self, kind) for kind in KINDS)
        return tuple(value if isinstance(value, int | float) else 0.0 for value in values)

    @property
    def none(self) -> bool:
        """Whether they strike nothing."""
        return not (any(self.shares) or self._places or self.mtu)

    @classmethod
    def parse(cls, texts: Iterable[str], seed: int = 0) -> Self | None:
        """Parse texts such as "drop=0.02", "drop=3:17,3:trailer" or "mtu=1500"; None if there are none.

        Raises:
            ValueError: names the kind, the value and the limit
        """
        values: dict[str, Any] = {}
        for text in texts:
            kind, _, value = text.partition("=")
            if kind not in (*KINDS, "mtu"):
                raise ValueError(f"no fault {kind!r}; there are {', '.join((*KINDS, 'mtu'))}")
            if kind in values:
                raise ValueError(f"fault {kind} is given twice")
            values[kind] = _value(kind, value)
        return cls(**values, seed=seed) if values else None

    def strikes(
        self,
        block_id: int,
        packets: NDArray[np.uint64],
        attempts: NDArray[np.uint64],
        trailer: int | None = None,
    ) -> NDArray[np.uint8]:
        """Return the faults of each packet of a block, at its nth attempt: uint8, bits as DROP, ...

        trailer  number of the block's trailer, if it is among the packets
        """
        struck = np.zeros(len(packets), np.uint8)
        for i, share in enumerate(self.shares):
            if share:
                chance = (self._hash(i, block_id, packets, attempts) >> np.uint64(11)) * 2.0**-53
                struck |= (chance < share).astype(np.uint8) << np.uint8(i)
            for packet, times in self._places.get((i, block_id), {}).items():
                number = trailer if packet == TRAILER else packet
                if number is not None:
                    hit = (packets == np.uint64(number)) & (attempts < np.uint64(times))
                    struck |= hit.astype(np.uint8) << np.uint8(i)
        return struck

    def lost_on_path(self, packet_bytes: int) -> bool:
        """Tell whether the path does not carry a datagram with so many bytes behind its UDP header."""
        return bool(self.mtu) and packet_bytes + IP_UDP_BYTES > self.mtu

    def damaged(self, packet: bytes, header_bytes: int, block_id: int, packet_id: int, attempt: int) -> bytes:
        """Return the packet with one bit flipped behind its header."""
        bits = (len(packet) - header_bytes) * 8
        if not bits:
            return packet
        place = np.array([packet_id], np.uint64), np.array([attempt], np.uint64)
        bit = header_bytes * 8 + int(self._hash(DAMAGED_BIT, block_id, *place)[0]) % bits
        out = bytearray(packet)
        out[bit >> 3] ^= 1 << (bit & 7)
        return bytes(out)

    def _hash(self, kind: int, block_id: int, packets: NDArray, attempts: NDArray) -> NDArray[np.uint64]:
        key = mix64(self.seed & 0xFFFF_FFFF_FFFF_FFFF)
        for part in (kind, block_id):
            key = mix64((key ^ part) + GOLDEN_64 & 0xFFFF_FFFF_FFFF_FFFF)
        return _mixed(_mixed(packets ^ np.uint64(key)) ^ attempts)


def _value(kind: str, text: str) -> float | int | list[Place]:
    """Parse the value of a fault on a command line."""
    try:
        if kind == "mtu":
            return int(text)
        if ":" not in text:
            return float(text)
        places = [part.split(":") for part in text.split(",")]
        return [(int(block), PACKETS[at] if at in PACKETS else int(at)) for block, at in places]
    except ValueError:
        wanted = (
            "number of bytes" if kind == "mtu" else "number within 0 to 1, and no list such as 3:17,4:leader"
        )
        raise ValueError(f"fault {kind} {text!r} is no {wanted}") from None


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return sensor.noise.mix64 of GOLDEN_64 + each word."""
    words = words + np.uint64(GOLDEN_64)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(MIX_A_64)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(MIX_B_64)
    return words ^ (words >> np.uint64(31))


class Attempts:
    """Count the transmissions of each packet of one block."""

    def __init__(self, packets: int) -> None:
        self._counts = np.zeros(packets, np.uint64)

    def next(self, first: int, count: int) -> NDArray[np.uint64]:
        """Return the attempt numbers, from 0, of packets that are sent now, and count them."""
        now = self._counts[first : first + count].copy()
        self._counts[first : first + count] += np.uint64(1)
        return now


class FaultInjector:
    """Applies faults to the packets of a sender; everything runs on the sender's thread.

    send    sends one packet
    """

    def __init__(self, faults: Faults, send: Callable[[bytes], object]) -> None:
        self.faults, self._send = faults, send
        self.counts: dict[str, int] = dict.fromkeys(KINDS, 0)
        self._held: list[tuple[Ns, int, bytes]] = []  # delayed: a heap of (due, order, packet)
        self._order = 0
        self._behind: list[bytes] = []  # packets to send behind the next one

    def pass_on(
        self,
        block_id: int,
        first: int,
        attempts: NDArray[np.uint64],
        *,
        header_bytes: int,
        packet: Callable[[int], bytes],
        forward: Callable[[int, int], object],
        last: bool,
        now: Ns,
        trailer: int | None = None,
    ) -> None:
        """Send packets first.. of a block, with faults applied.

        packet(i)           the bytes of the ith of them, from 0
        forward(i, j)       sends i to j - 1, unharmed
        last                whether none follows these that could overtake
        trailer             number of the block's trailer, if it is among them
        """
        count = len(attempts)
        packets = np.arange(first, first + count, dtype=np.uint64)
        struck = self.faults.strikes(block_id, packets, attempts, trailer)
        if self.faults.mtu:
            long = np.array([self.faults.lost_on_path(len(packet(i))) for i in range(count)], np.uint8)
            self.counts["mtu"] = self.counts.get("mtu", 0) + int((long & ~struck & DROP).sum())
            struck |= long * np.uint8(DROP)
        if last:
            struck[-1] &= ~REORDER & 0xFF
        for i, kind in enumerate(KINDS):  # a lost packet suffers no other fault
            which = struck if kind == "drop" else struck[(struck & DROP) == 0]
            self.counts[kind] += int(((which >> np.uint8(i)) & 1).sum())
        at = 0
        for i in (*np.flatnonzero(struck).tolist(), count):
            if at < i:
                if self._behind:
                    forward(at, at + 1)
                    self._overtaken()
                    at += 1
                if at < i:
                    forward(at, i)
            if i < count:
                attempt = int(attempts[i])
                self._strike(int(struck[i]), packet(i), header_bytes, block_id, first + i, attempt, now)
            at = i + 1
        if last:
            self._overtaken()

    def _strike(
        self, what: int, data: bytes, header_bytes: int, block_id: int, packet_id: int, attempt: int, now: Ns
    ) -> None:
        if what & DROP:
            return
        if what & CORRUPT:
            data = self.faults.damaged(data, header_bytes, block_id, packet_id, attempt)
        copies = 2 if what & DUPLICATE else 1
        if what & DELAY and len(self._held) < MAX_HELD:
            for _ in range(copies):
                self._order += 1
                heapq.heappush(self._held, (now + DELAY_NS, self._order, data))
        elif what & REORDER:
            self._behind += [data] * copies
        else:
            for _ in range(copies):
                self._send(data)
            self._overtaken()

    def _overtaken(self) -> None:
        behind, self._behind = self._behind, []
        for data in behind:
            self._send(data)

    def next_due(self) -> Ns | None:
        """Return the time at which a delayed packet is due."""
        return self._held[0][0] if self._held else None

    def release(self, now: Ns) -> None:
        """Send the delayed packets that are due."""
        while self._held and self._held[0][0] <= now:
            self._send(heapq.heappop(self._held)[2])

    def forget(self) -> None:
        """Drop held packets: the frame was cut, or the stream closed."""
        self._held.clear()
        self._behind.clear()
