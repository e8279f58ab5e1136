"""The buffers of a video node: who has each, in the order that Linux' videobuf2 keeps.

    dequeued (the program's) -> queued -> active (a frame is put into it) -> done -> dequeued

A buffer's memory is a file in memory (memfd) that program and server share, or that of another device
(DMABUF). A frame is written into it with one call, so that nothing of a program can fault the server. Of a
buffer in the program's own memory (USERPTR) the program's side copies the frame.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from errno import EINVAL, ENOBUFS, ENOMEM
from typing import Final, Literal, TypeAlias

from camtwin.links.v4l2.open_file import IoctlError
from camtwin.units import Ns
from camtwin.wire.v4l2 import video as v

MIN_BUFFERS, MAX_BUFFERS = 2, 32
MAX_BYTES: Final = 1 << 31
"""Memory of all buffers of a node."""
SEALS: Final = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL

State: TypeAlias = Literal["dequeued", "queued", "active", "done"]
FLAGS: Final[dict[State, int]] = {
    "dequeued": 0,
    "queued": v.BUF_QUEUED,
    "active": v.BUF_QUEUED,
    "done": v.BUF_DONE,
}


@dataclass
class Slot:
    """A buffer.

    descriptor  that frames are written to; -1: none yet
    place       the program's: an offset, a pointer or a descriptor, as the memory is
    """

    index: int
    memory: int
    length: int
    place: int
    descriptor: int = -1
    state: State = "dequeued"
    prepared: bool = False
    mapped: bool = False
    field: int = v.FIELD_ANY
    sequence: int = 0
    timestamp_ns: Ns = 0
    bytesused: int = 0
    failed: bool = False

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
        self.descriptor = -1

    def told(self) -> v.Buffer:
        """Return the buffer as programs see it."""
        flags = v.BUF_TIMESTAMP_MONOTONIC | FLAGS[self.state]
        flags |= (v.BUF_MAPPED if self.mapped else 0) | (v.BUF_ERROR if self.failed else 0)
        flags |= v.BUF_PREPARED if self.prepared and self.state == "dequeued" else 0
        seconds, ns = divmod(self.timestamp_ns, 10**9)
        return v.Buffer(
            index=self.index,
            type=v.CAPTURE,
            bytesused=self.bytesused,
            flags=flags,
            field=self.field,
            timestamp=v.Time(seconds, ns // 1000),
            timecode=v.Timecode(),
            sequence=self.sequence,
            memory=self.memory,
            place=self.place,
            length=self.length,
        )


class BufferQueue:
    """The buffers of a node and their order.

    streaming  whether frames are wanted
    fed        whether a buffer has been queued since the last stream ended
    """

    def __init__(self) -> None:
        self.slots: list[Slot] = []
        self.queued: list[Slot] = []
        self.done: list[Slot] = []
        self.streaming = self.fed = False

    # -- memory -----------------------------------------------------------------------------------------
    def allocate(self, count: int, memory: int, bytes_each: int) -> int:
        """Add buffers; return their number, which may be less.

        Raises:
            IoctlError: there is no room for one
        """
        room = MAX_BUFFERS - len(self.slots)
        if room <= 0:
            raise IoctlError(ENOBUFS)
        made = 0
        for _ in range(min(count, room)):
            offset = self._end()
            if offset + bytes_each > MAX_BYTES:
                break
            slot = Slot(len(self.slots), memory, bytes_each, offset if memory == v.MMAP else 0)
            if memory != v.DMABUF:
                slot.descriptor = _memory(bytes_each)
            self.slots.append(slot)
            made += 1
        if not made:
            raise IoctlError(ENOMEM)
        return made

    def _end(self) -> int:
        return sum(_pages(slot.length) for slot in self.slots)

    def free(self) -> None:
        """Give all memory back; what programs have mapped stays theirs."""
        for slot in self.slots:
            slot.close()
        self.slots.clear()
        self.queued.clear()
        self.done.clear()
        self.fed = False

    @property
    def memory(self) -> int:
        """The kind of memory of all buffers; 0 if there are none."""
        return self.slots[0].memory if self.slots else 0

    def mapped(self, offset: int, length: int) -> Slot:
        """Return the buffer whose memory begins at an offset.

        Raises:
            IoctlError: there is none, or it is shorter
        """
        for slot in self.slots:
            if slot.memory == v.MMAP and slot.place == offset and 0 < length <= _pages(slot.length):
                slot.mapped = True
                return slot
        raise IoctlError(EINVAL)

    def at(self, index: int) -> Slot:
        """Return a buffer. IoctlError if there is none of this index."""
        if index >= len(self.slots):
            raise IoctlError(EINVAL)
        return self.slots[index]

    # -- the program's side -----------------------------------------------------------------------------
    def prepare(self, asked: v.Buffer, descriptor: int | None) -> Slot:
        """Check a buffer that is to be queued, and take the memory that the program gives with it.

        Raises:
            IoctlError: it cannot be queued
        """
        slot = self.at(asked.index)
        if asked.memory != slot.memory or slot.state != "dequeued":
            raise IoctlError(EINVAL)
        if slot.memory == v.USERPTR:
            if not asked.place or asked.length < slot.length:
                raise IoctlError(EINVAL)
            slot.place = asked.place
        elif slot.memory == v.DMABUF:
            if descriptor is None or not _is_memory(descriptor, asked.length, slot.length):
                raise IoctlError(EINVAL)
            slot.close()
            slot.descriptor, slot.place = os.dup(descriptor), asked.place & 0xFFFF_FFFF
        return slot

    def put(self, slot: Slot) -> None:
        """Queue a buffer."""
        slot.state, slot.prepared, slot.failed = "queued", False, False
        slot.sequence = slot.timestamp_ns = slot.bytesused = 0
        slot.field = v.FIELD_ANY
        self.queued.append(slot)
        self.fed = True

    def take_done(self) -> Slot | None:
        """Dequeue the buffer of the oldest frame."""
        if not self.done:
            return None
        slot = self.done.pop(0)
        slot.state = "dequeued"
        return slot

    def put_back(self, slot: Slot) -> None:
        """Undo take_done: the program has not received it."""
        slot.state = "done"
        self.done.insert(0, slot)

    def stop(self) -> int:
        """Give all buffers back to the program; return the number of frames that it has not fetched."""
        lost = len(self.done)
        for slot in self.slots:
            slot.state, slot.prepared = "dequeued", False
        self.queued.clear()
        self.done.clear()
        self.streaming = self.fed = False
        return lost

    @property
    def has_room(self) -> bool:
        """Whether a frame may come in a time that waits for the program.

        One buffer more stays for the frame that comes while a command takes its time on the bus, unless the
        program has nothing else to wait for.
        """
        waits = self.done or any(self.active())
        return len(self.queued) > 1 or bool(self.queued and not waits)

    # -- the camera's side ------------------------------------------------------------------------------
    def begin_frame(self) -> Slot | None:
        """Take the next buffer for a frame; None if the program has left none."""
        if not self.queued:
            return None
        slot = self.queued.pop(0)
        slot.state = "active"
        return slot

    def end_frame(self, slot: Slot, sequence: int, timestamp_ns: Ns, bytesused: int) -> None:
        """Hand a frame to the program; without bytes it has failed."""
        slot.sequence, slot.timestamp_ns, slot.bytesused = sequence & 0xFFFF_FFFF, timestamp_ns, bytesused
        slot.field, slot.failed, slot.state = v.FIELD_NONE, not bytesused, "done"
        self.done.append(slot)

    def active(self) -> Iterator[Slot]:
        """Yield the buffers that frames are being put into."""
        return (slot for slot in self.slots if slot.state == "active")


def _pages(length: int) -> int:
    return -(-length // mmap.PAGESIZE) * mmap.PAGESIZE


def _memory(length: int) -> int:
    """Return a file in memory whose size nobody can change."""
    made = os.memfd_create("camtwin-frame", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(made, _pages(length))
    fcntl.fcntl(made, fcntl.F_ADD_SEALS, SEALS)
    return made


def _is_memory(descriptor: int, length: int, wanted: int) -> bool:
    """Tell whether it is a file in memory (no other takes seals) with room for a frame."""
    try:
        fcntl.fcntl(descriptor, fcntl.F_GET_SEALS)
        size = os.fstat(descriptor).st_size
    except OSError:
        return False
    return size >= wanted and (not length or length >= wanted)


def write(slot: Slot, data: memoryview) -> bool:
    """Write a frame into a buffer's memory; False if it has no room, or cannot be written."""
    done = 0
    try:
        while done < len(data):
            done += os.pwrite(slot.descriptor, data[done:], done)
    except OSError:
        return False
    return True
