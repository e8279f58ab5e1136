"""Memory of frames that is shared with a consumer: slots of a memory file, which only the server writes.

The file is sealed, so that neither side can shrink it under the other one. A slot is free again once nobody
has it any more, however its frame has ended: delivered, cut off, cancelled or forgotten.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Callable
from itertools import count
from typing import Final

import numpy as np
from numpy.typing import NDArray

SLOTS: Final = 32
"""Slots of a ring. Frames that are rendered ahead, and those on their way, need a dozen; the rest can be
kept by buffers of the consumer. A slot that was never used takes no memory, and the one freed last is used
next."""
SEALS: Final = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW

_rings = count(1)


class Ring:
    """Slots of one size.

    number  unique in this process
    freed   called when a slot becomes free, on any thread
    """

    def __init__(self, slot_bytes: int, freed: Callable[[], object]) -> None:
        self.number = next(_rings)
        self.slot_bytes = -(-slot_bytes // mmap.PAGESIZE) * mmap.PAGESIZE
        self.freed = freed
        self.fd = os.memfd_create("camtwin-frames", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        size = SLOTS * self.slot_bytes
        os.ftruncate(self.fd, size)
        fcntl.fcntl(self.fd, fcntl.F_ADD_SEALS, SEALS)
        self.data = np.frombuffer(mmap.mmap(self.fd, size), np.uint8)
        self.free = list(range(SLOTS))[::-1]

    def __del__(self) -> None:
        os.close(self.fd)

    def take(self) -> Slot | None:
        """Return a free slot, or None if there is none. May be called on any thread."""
        try:
            return Slot(self, self.free.pop())
        except IndexError:
            return None


class Slot:
    """Memory for one frame; free again when this object is gone."""

    def __init__(self, ring: Ring, number: int) -> None:
        self.ring, self.number = ring, number

    def __del__(self) -> None:
        self.ring.free.append(self.number)
        self.ring.freed()

    @property
    def place(self) -> tuple[int, int]:
        """The numbers of its ring and of itself, as messages have them."""
        return self.ring.number, self.number

    def memory(self, size: int) -> NDArray[np.uint8]:
        """Return the first `size` bytes, to be written."""
        begin = self.number * self.ring.slot_bytes
        return self.ring.data[begin : begin + size]
