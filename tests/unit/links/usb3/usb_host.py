"""A USB/IP host without a kernel, typed from the protocol's facts: URBs, and USB3 Vision on top."""

from __future__ import annotations

import socket
import struct
from typing import Self

import numpy as np

CONTROL_OUT, CONTROL_IN, EVENT_IN, STREAM_IN = 0x01, 0x81, 0x82, 0x83
EBUSY, EPIPE, ECONNRESET = -16, -32, -104
IMPORT, OPEN = 0x8003, 0x80CA


class Host:
    """One attached device, or one that is only open."""

    def __init__(self, port: int, bus_id: str = "1-1", operation: int = IMPORT) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), 5)
        self.sequence = self.request_id = 0
        self.answers: dict[int, tuple[int, bytes]] = {}
        self._incoming: set[int] = set()
        self.sock.sendall(struct.pack(">HHI", 0x0111, operation, 0) + bus_id.encode().ljust(32, b"\0"))
        self.status = struct.unpack(">HHI", self._receive(8))[2]
        if self.status == 0:
            self._receive(312)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def _receive(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.sock.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    # -- URBs
    def submit(self, endpoint: int, length: int, data: bytes = b"", setup: bytes = bytes(8)) -> int:
        self.sequence += 1
        incoming = bool(endpoint & 0x80)
        head = struct.pack(">5I", 1, self.sequence, 0x1_0002, incoming, endpoint & 15)
        self.sock.sendall(head + struct.pack(">5I", 0, length, 0, 0, 0) + setup + data)
        if incoming:
            self._incoming.add(self.sequence)
        return self.sequence

    def unlink(self, target: int) -> int:
        self.sequence += 1
        head = struct.pack(">5I", 2, self.sequence, 0x1_0002, 0, 0)
        self.sock.sendall(head + struct.pack(">I", target) + bytes(24))
        return self.sequence

    def answer(self, sequence: int) -> tuple[int, bytes]:
        """(status, data) of the answer to this URB; others are kept."""
        while sequence not in self.answers:
            head = self._receive(48)
            answered = struct.unpack_from(">I", head, 4)[0]
            status, actual = struct.unpack_from(">ii", head, 20)
            data = self._receive(actual) if answered in self._incoming and actual > 0 else b""
            self.answers[answered] = status, data
        return self.answers.pop(sequence)

    def control(self, kind: int, request: int, value: int = 0, index: int = 0, length: int = 0):
        setup = struct.pack("<BBHHH", kind, request, value, index, length)
        return self.answer(self.submit(kind & 0x80, length, setup=setup))

    # -- GenCP
    def command(self, code: int, body: bytes) -> bytes:
        """Return the acknowledge, however long it is pending."""
        *_, ack = self.acknowledges(code, body)
        return ack

    def acknowledges(self, code: int, body: bytes) -> list[bytes]:
        """All that comes, PENDING_ACKs first."""
        self.request_id += 1
        data = struct.pack("<IHHHH", 0x4356_3355, 0x4000, code, len(body), self.request_id) + body
        assert self.answer(self.submit(CONTROL_OUT, len(data), data))[0] == 0
        acks = [self.answer(self.submit(CONTROL_IN, 1024))[1]]
        while acks[-1][6:8] == b"\x05\x08":
            acks.append(self.answer(self.submit(CONTROL_IN, 1024))[1])
        return acks

    def read(self, address: int, count: int) -> bytes:
        ack = self.command(0x0800, struct.pack("<QHH", address, 0, count))
        assert ack[4:8] == b"\0\0\1\x08"
        return ack[12:]

    def word(self, address: int, count: int = 4) -> int:
        return int.from_bytes(self.read(address, count), "little")

    def write(self, address: int, value: int, size: int = 4) -> int:
        """Write a register; return the status."""
        ack = self.command(0x0802, struct.pack("<Q", address) + value.to_bytes(size, "little"))
        return struct.unpack_from("<H", ack, 4)[0]

    @property
    def sirm(self) -> int:
        return self.word(self.word(0x1D8, 8) + 0x20, 8)

    @property
    def eirm(self) -> int:
        return self.word(self.word(0x1D8, 8) + 0x2C, 8)

    # -- the stream
    def enable(self, size: int = 4096) -> list[int]:
        """Enable the stream with payload transfers of `size`; how long each transfer of a frame may be."""
        sirm = self.sirm
        count, rest = divmod(self.word(sirm + 8, 8), size)
        final, trailer = -(-rest // 4) * 4, self.word(sirm + 0x14)
        sizes = ((0x18, 52), (0x1C, size), (0x20, count), (0x24, final), (0x28, 0), (0x2C, trailer))
        for offset, value in sizes:
            assert self.write(sirm + offset, value) == 0
        assert self.write(sirm + 4, 1) == 0
        return [52, *[size] * count, *([final] if final else []), trailer]

    def frame(self, lengths: list[int]) -> tuple[int, bytes]:
        """(block id, payload) of the next frame."""
        parts = [self.answer(s) for s in [self.submit(STREAM_IN, n) for n in lengths]]
        assert [status for status, _ in parts] == [0] * len(parts)
        leader, *payload, trailer = (data for _, data in parts)
        assert (leader[:4], trailer[:4]) == (b"U3VL", b"U3VT")
        assert leader[8:16] == trailer[8:16]
        data = b"".join(payload)
        assert struct.unpack_from("<HHQ", trailer, 16) == (0, 0, len(data))
        return struct.unpack_from("<Q", leader, 8)[0], data


def picture(frame_id: int, count: int) -> np.ndarray:
    """Return the payload of a stub's frame."""
    return np.resize(np.roll(np.arange(251, dtype=np.uint8), -(frame_id % 251)), count)
