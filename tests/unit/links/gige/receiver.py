"""A stream's receiver for tests, typed from the protocol's facts and not from the twin's own wire code."""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass

LEADER, TRAILER, PAYLOAD = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Packet:
    status: int
    block_id: int
    form: int
    packet_id: int
    data: bytes
    at: float  # time.monotonic()


class Receiver:
    """A UDP socket on loopback that takes GVSP packets with 16-bit block ids."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.sock.bind((address, 0))
        self.port: int = self.sock.getsockname()[1]

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def packet(self, timeout_s: float = 3.0) -> Packet:
        """Return the next packet; TimeoutError if none comes."""
        self.sock.settimeout(timeout_s)
        data = self.sock.recv(0x1_0000)
        status, block_id, form_and_id = struct.unpack_from(">HHI", data)
        return Packet(
            status, block_id, form_and_id >> 24, form_and_id & 0xFF_FFFF, data[8:], time.monotonic()
        )

    def packets(self, until: int = TRAILER) -> list[Packet]:
        """All up to the next one of this format, included."""
        got = [self.packet()]
        while got[-1].form != until:
            got.append(self.packet())
        return got

    def silence(self, seconds: float) -> list[Packet]:
        """Return the packets until nothing has come for this long."""
        got: list[Packet] = []
        while True:
            try:
                got.append(self.packet(seconds))
            except TimeoutError:
                return got


def payload(packets: list[Packet]) -> bytes:
    """Return the payload, in order; the first packet must be a leader and the last a trailer."""
    assert (packets[0].form, packets[-1].form) == (LEADER, TRAILER)
    assert [p.packet_id for p in packets] == list(range(len(packets)))
    return b"".join(p.data for p in packets[1:-1])
