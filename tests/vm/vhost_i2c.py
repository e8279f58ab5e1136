"""The bus of running sensors for a QEMU guest: a back end of QEMU's device vhost-user-i2c-pci.

    qemu-system-x86_64 -object memory-backend-memfd,id=ram,size=1G,share=on -machine pc,memory-backend=ram
                       -chardev socket,id=cci,path=SOCKET -device vhost-user-i2c-pci,chardev=cci,event_idx=off

It speaks vhost-user to QEMU, reads the guest's requests from its memory, and is a client of the bus as any
program under `camtwin exec` is. Messages that the guest has chained are one transfer.

Sources: QEMU, docs/interop/vhost-user; virtio 1.2, chapters 2.7 (split queues) and 5.16 (I2C adapter).
"""

from __future__ import annotations

import ctypes
import mmap
import os
import select
import socket
import struct
import threading
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, Self

from camtwin.wire import i2c
from camtwin.wire.csi2.cci import Message, Read, Write
from unit.links.i2c.running import Client


class Ask(IntEnum):
    """Messages from QEMU that do something here."""

    GET_FEATURES = 1
    SET_MEM_TABLE = 5
    SET_VRING_NUM = 8
    SET_VRING_ADDR = 9
    SET_VRING_BASE = 10
    GET_VRING_BASE = 11
    SET_VRING_KICK = 12
    SET_VRING_CALL = 13
    GET_PROTOCOL_FEATURES = 15


HEADER: Final = struct.Struct("<III")
REPLY: Final = 1 | 1 << 2
MAX_FDS: Final = 8
ZERO_LENGTH: Final = 1 << 0
"""Messages without data; Linux refuses an adapter that has none."""
INDIRECT: Final = 1 << 28
"""Descriptors in a table of their own: the device's queue has only four."""
PROTOCOL_FEATURES: Final = 1 << 30
"""Offered, without one of them, or QEMU 7.2 believes that no memory can be mapped."""
VERSION_1: Final = 1 << 32

DESCRIPTOR: Final = struct.Struct("<QIHH")
HAS_NEXT, IS_TABLE = 1, 4
REQUEST: Final = struct.Struct("<HHI")
CHAINED, IS_READ = 1, 2
OK, FAILED = 0, 1


@dataclass
class Region:
    """A part of the guest's memory: where the guest and QEMU have it, and its bytes here."""

    guest: int
    size: int
    qemu: int
    memory: mmap.mmap
    offset: int


@dataclass
class Asked:
    """A request of the guest: its place in the queue, the message, and buffers for data and status."""

    head: int
    message: Message
    chained: bool
    data: list[memoryview]
    status: memoryview


class Backend:
    """The back end, in a thread until the context is left; `problem` is what ended it early."""

    def __init__(self, path: Path, bus: Path) -> None:
        self.client = Client(bus)
        self.transfers = 0
        self.problem: BaseException | None = None
        self._regions: list[Region] = []
        self._size = self._last = 0
        self._table = self._used = self._available = 0
        self._kick = self._call = -1
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._told, self._stop = os.pipe()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.write(self._stop, b".")
        self._thread.join()
        self._listener.close()
        self.client.socket.close()
        for fd in {self._told, self._stop, self._kick, self._call} - {-1}:
            os.close(fd)
        if self.problem:
            raise self.problem

    def _run(self) -> None:
        try:
            self._serve()
        except BaseException as problem:
            self.problem = problem

    def _serve(self) -> None:
        qemu: socket.socket | None = None
        try:
            while True:
                waiting: list[Any] = [self._told, qemu or self._listener]
                ready, _, _ = select.select([*waiting, *([self._kick] if self._kick >= 0 else [])], [], [])
                if self._told in ready:
                    return
                if self._kick in ready:
                    os.read(self._kick, 8)
                    self._queue()
                if self._listener in ready:
                    qemu, _ = self._listener.accept()
                elif qemu and qemu in ready and not self._hear(qemu):
                    return
        finally:
            if qemu:
                qemu.close()

    # -- QEMU ------------------------------------------------------------------------------------------------
    def _hear(self, qemu: socket.socket) -> bool:
        """Do what one message asks for; False: QEMU has gone."""
        head, fds, _, _ = socket.recv_fds(qemu, HEADER.size, MAX_FDS)
        if len(head) < HEADER.size:
            return False
        kind, _, size = HEADER.unpack(head)
        body = qemu.recv(size, socket.MSG_WAITALL) if size else b""
        answer = self._do(kind, body, fds)
        if answer is not None:
            qemu.sendall(HEADER.pack(kind, REPLY, len(answer)) + answer)
        return True

    def _do(self, kind: int, body: bytes, fds: list[int]) -> bytes | None:
        match kind:
            case Ask.GET_FEATURES:
                return struct.pack("<Q", ZERO_LENGTH | INDIRECT | PROTOCOL_FEATURES | VERSION_1)
            case Ask.GET_PROTOCOL_FEATURES:
                return struct.pack("<Q", 0)
            case Ask.GET_VRING_BASE:
                self._kick = self._replaced(self._kick, [])
                return struct.pack("<II", 0, self._last)
            case Ask.SET_MEM_TABLE:
                self._map(body, fds)
                fds = []
            case Ask.SET_VRING_NUM:
                self._size = struct.unpack("<II", body)[1]
            case Ask.SET_VRING_BASE:
                self._last = struct.unpack("<II", body)[1]
            case Ask.SET_VRING_ADDR:
                _, _, self._table, self._used, self._available, _ = struct.unpack("<IIQQQQ", body)
            case Ask.SET_VRING_KICK:
                self._kick, fds = self._replaced(self._kick, fds), []
                self._queue()  # requests that came before
            case Ask.SET_VRING_CALL:
                self._call, fds = self._replaced(self._call, fds), []
            case _:
                pass
        for fd in fds:
            os.close(fd)
        return None

    @staticmethod
    def _replaced(old: int, fds: list[int]) -> int:
        """Close an event's descriptor, and return the one that takes its place."""
        if old >= 0:
            os.close(old)
        return fds[0] if fds else -1

    def _map(self, body: bytes, fds: list[int]) -> None:
        """Map the guest's memory; older mappings go when nothing points into them."""
        self._regions = []
        for number, fd in enumerate(fds):
            guest, size, qemu, offset = struct.unpack_from("<QQQQ", body, 8 + 32 * number)
            self._regions.append(Region(guest, size, qemu, mmap.mmap(fd, size + offset), offset))
            os.close(fd)

    # -- the guest's memory ----------------------------------------------------------------------------------
    def _guest(self, address: int, length: int) -> memoryview:
        """Return bytes at an address of the guest's."""
        for one in self._regions:
            if one.guest <= address and address + length <= one.guest + one.size:
                start = address - one.guest + one.offset
                return memoryview(one.memory)[start : start + length]
        raise ValueError(f"the guest has no memory at {address:#x}")

    def _ring(self, address: int) -> tuple[mmap.mmap, int]:
        """Return where a part of the queue is, by its address in QEMU."""
        for one in self._regions:
            if one.qemu <= address < one.qemu + one.size:
                return one.memory, address - one.qemu + one.offset
        raise ValueError(f"there is no queue at {address:#x}")

    def _index(self, address: int) -> ctypes.c_uint16:
        """Return a number that the guest and we share, which is read and written at one stroke."""
        return ctypes.c_uint16.from_buffer(*self._ring(address))

    # -- requests --------------------------------------------------------------------------------------------
    def _queue(self) -> None:
        """Carry out what waits in the queue, and tell the guest."""
        if not self._regions or self._kick < 0:
            return
        asked: list[Asked] = []
        done = False
        while self._last != self._index(self._available + 2).value:
            head = self._index(self._available + 4 + 2 * (self._last % self._size)).value
            self._last = self._last + 1 & 0xFFFF
            asked.append(self._asked(head))
            if not asked[-1].chained:
                self._transfer(asked)
                asked, done = [], True
        if asked:  # a transfer that is longer than the queue
            self._transfer(asked)
            done = True
        if done and self._call >= 0:
            os.write(self._call, struct.pack("<Q", 1))

    def _asked(self, head: int) -> Asked:
        """Read a request: its header, data, and the place for its status."""
        memory, at = self._ring(self._table)
        table, number = memoryview(memory)[at : at + DESCRIPTOR.size * self._size], head
        buffers: list[memoryview] = []
        while True:
            address, length, flags, following = DESCRIPTOR.unpack_from(table, DESCRIPTOR.size * number)
            if flags & IS_TABLE:
                table, number = self._guest(address, length), 0
                continue
            buffers.append(self._guest(address, length))
            if not flags & HAS_NEXT:
                break
            number = following
        address, _, flags = REQUEST.unpack(buffers[0])
        data = buffers[1:-1]
        if flags & IS_READ:
            message: Message = Read(address >> 1, sum(map(len, data)))
        else:
            message = Write(address >> 1, b"".join(data))
        return Asked(head, message, bool(flags & CHAINED), data, buffers[-1])

    def _transfer(self, asked: list[Asked]) -> None:
        """Carry out a transfer on the bus, and fill in its answers."""
        self.transfers += 1
        result, got = self.client.ask(i2c.request([one.message for one in asked]))
        for one in asked:
            written = 1
            if result >= 0 and isinstance(one.message, Read):
                for buffer in one.data:
                    buffer[:] = got[: len(buffer)]
                    got = got[len(buffer) :]
                    written += len(buffer)
            one.status[0] = OK if result >= 0 else FAILED
            self._return(one.head, written)

    def _return(self, head: int, written: int) -> None:
        """Give a request back to the guest."""
        number = self._index(self._used + 2)
        memory, at = self._ring(self._used)
        struct.pack_into("<II", memory, at + 4 + 8 * (number.value % self._size), head, written)
        number.value = number.value + 1 & 0xFFFF
