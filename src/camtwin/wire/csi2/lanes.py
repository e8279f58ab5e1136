"""Lanes of a D-PHY link: how the bytes of a burst are shared out, and how long a burst takes.

Byte 0 of a burst goes to lane 0, byte 1 to lane 1, and so on round robin; where the bytes do not come out
even, the last lanes end a byte earlier. Each packet is a burst of its own: the lanes leave the low-power stop
state (LP-11), synchronise, carry the packet at high speed, and return to the stop state.

Sources: MIPI CSI-2 1.3, chapter on multi-lane distribution; MIPI D-PHY 1.2, global operation timing (as in
Linux' phy-core-mipi-dphy). That a transmitter takes the shortest times that D-PHY allows is assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camtwin.units import MS, SEC, Ns

MAX_LANES: Final = 4
MIN_BITS_PER_S: Final = 80_000_000
MAX_BITS_PER_S: Final = 2_500_000_000
LPX_NS: Final = 50  # a low-power state
PREPARE_AND_ZERO_NS: Final = 145  # and ZERO_UI
ZERO_UI: Final = 10
SYNC_UI: Final = 8  # the sync sequence, 0xB8, is no part of the packet
TRAIL_NS: Final = 60  # and TRAIL_UI
TRAIL_UI: Final = 4
EXIT_NS: Ns = 100  # in the stop state before the next burst
WAKE_UP_NS: Ns = MS
"""Least time from the end of the ultra-low-power state to the stop state."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """The data lanes of a link.

    count       1 to 4
    bits_per_s  of each lane: 80 to 2500 Mbit/s, the range of D-PHY 1.2
    """

    count: int
    bits_per_s: int

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MAX_LANES:
            raise ValueError(f"{self.count} lanes are not in 1..{MAX_LANES}")
        if not MIN_BITS_PER_S <= self.bits_per_s <= MAX_BITS_PER_S:
            raise ValueError(
                f"a lane rate of {self.bits_per_s} bit/s is not in {MIN_BITS_PER_S}..{MAX_BITS_PER_S}"
            )

    def _ui_ns(self, intervals: int) -> Ns:
        """Return the time of that many bits on a lane, rounded up."""
        return -(-intervals * SEC // self.bits_per_s)

    @property
    def entry_ns(self) -> Ns:
        """Time from leaving the stop state to the first byte."""
        return LPX_NS + PREPARE_AND_ZERO_NS + self._ui_ns(ZERO_UI + SYNC_UI)

    def data_ns(self, size: int) -> Ns:
        """Return the time from the first byte of a burst of `size` bytes to the end of its last."""
        return self._ui_ns(8 * -(-size // self.count))

    def leave_ns(self, size: int) -> Ns:
        """Return the time from the first byte of a burst to the stop state."""
        return self.data_ns(size) + TRAIL_NS + self._ui_ns(TRAIL_UI)

    def burst_ns(self, size: int) -> Ns:
        """Return the time from leaving the stop state to the earliest next such moment."""
        return self.entry_ns + self.leave_ns(size) + EXIT_NS


def distribute(data: bytes, count: int) -> list[bytes]:
    """Return the bytes of each lane.

    >>> distribute(b"abcdef", 4)
    [b'ae', b'bf', b'c', b'd']
    """
    return [data[lane::count] for lane in range(count)]


def merge(lanes: Sequence[bytes]) -> bytes:
    """Return the bytes of a burst from those of its lanes, each of which may end before the others.

    >>> merge([b"ae", b"bf", b"c", b"d"])
    b'abcdef'
    """
    merged = bytearray()
    for at in range(max(map(len, lanes), default=0)):
        merged += bytes(lane[at] for lane in lanes if at < len(lane))
    return bytes(merged)


def swapped(data: bytes, order: Sequence[int]) -> bytes:
    """Return what a receiver merges whose lane k is connected to the transmitter's lane order[k].

    >>> swapped(b"abcdef", (1, 0, 2, 3))
    b'bacdfe'
    """
    return np.frombuffer(data, np.uint8)[_positions(len(data), tuple(order))].tobytes()


def unswapped(data: bytes, order: Sequence[int]) -> bytes:
    """Return the bytes that `swapped` made `data` from.

    >>> unswapped(b"bacdfe", (1, 0, 2, 3))
    b'abcdef'
    """
    there = _positions(len(data), tuple(order))
    back = np.empty(len(data), np.uint8)
    back[there] = np.frombuffer(data, np.uint8)
    return back.tobytes()


@lru_cache(64)
def _positions(size: int, order: tuple[int, ...]) -> NDArray[np.int64]:
    """Return which byte of the transmitter is each of those that a receiver merges, as for `swapped`."""
    count = len(order)
    whole = np.arange(size // count * count).reshape(-1, count)[:, list(order)].reshape(-1)
    rest = [lane for lane in order if lane < size % count]  # lanes that end a byte later
    return np.concatenate((whole, size // count * count + np.array(rest, np.int64)))
