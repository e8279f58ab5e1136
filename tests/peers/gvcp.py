"""A small GVCP client for the tests, typed from the protocol's facts and not from the twin's own wire code.

It is what the reference GenApi's port and the privilege checks speak through. Everything is big-endian; a
command is key 0x42, flags, command, length, request id; an answer is status, command, length, request id.
"""

from __future__ import annotations

import io
import socket
import struct
import zipfile

PORT = 3956
CCP, EXCLUSIVE, CONTROL = 0x0A00, 1, 2  # control channel privilege: the register and two of its bits
XML_URL = 0x0200
READREG, WRITEREG, READMEM, WRITEMEM, PENDING_ACK = 0x80, 0x82, 0x84, 0x86, 0x89
ACK_REQUIRED = 0x01
WRITE_PROTECT, ACCESS_DENIED = 0x8004, 0x8006
MAX_BYTES = 512  # of one READMEM: every device answers that many


class GvcpError(AssertionError):
    """A status other than success; `status` is the code."""

    def __init__(self, what: str, status: int) -> None:
        super().__init__(f"{what}: status {status:#06x}")
        self.status = status


class Gvcp:
    """One client: a UDP socket (made in the twin's network namespace) and the request ids it has used."""

    def __init__(self, sock: socket.socket, address: str) -> None:
        self.sock, self.peer, self.request_id = sock, (address, PORT), 0

    def request(self, command: int, body: bytes, what: str) -> bytes:
        """Return the body of the answer.

        GvcpError for a refusal, TimeoutError after three unanswered sends.
        """
        self.request_id = self.request_id % 0xFFFF + 1  # 0 is not a valid id
        packet = struct.pack(">BBHHH", 0x42, ACK_REQUIRED, command, len(body), self.request_id) + body
        for _ in range(3):
            self.sock.settimeout(1.0)
            self.sock.sendto(packet, self.peer)
            try:
                while True:
                    answer = self.sock.recv(2048)
                    status, kind, length, answered = struct.unpack_from(">HHHH", answer)
                    if answered != self.request_id:
                        continue  # late, of an earlier send
                    if kind == PENDING_ACK:
                        self.sock.settimeout(struct.unpack_from(">H", answer, 10)[0] / 1000 + 1)
                        continue
                    if status:
                        raise GvcpError(what, status)
                    assert kind == command + 1, f"{what}: answered by {kind:#x}"
                    assert len(answer) == 8 + length, f"{what}: length {length} in a packet of {len(answer)}"
                    return answer[8:]
            except TimeoutError:
                continue
        raise TimeoutError(f"{what}: no answer")

    def read(self, address: int, length: int) -> bytes:
        """READMEM in pieces; address and length in steps of 4."""
        parts = []
        for at in range(address, address + length, MAX_BYTES):
            size = min(MAX_BYTES, address + length - at)
            answer = self.request(READMEM, struct.pack(">IHH", at, 0, size), f"READMEM {at:#x}+{size}")
            assert struct.unpack_from(">I", answer)[0] == at
            assert len(answer) == 4 + size
            parts.append(answer[4:])
        return b"".join(parts)

    def write(self, address: int, data: bytes) -> None:
        self.request(WRITEMEM, struct.pack(">I", address) + data, f"WRITEMEM {address:#x}+{len(data)}")

    def read_register(self, address: int) -> int:
        return struct.unpack(
            ">I", self.request(READREG, struct.pack(">I", address), f"READREG {address:#x}")
        )[0]

    def write_register(self, address: int, word: int) -> None:
        self.request(WRITEREG, struct.pack(">II", address, word), f"WRITEREG {address:#x}")

    def xml(self) -> str:
        """Return the camera's description, unzipped; ValueError if it is not on the device."""
        url = self.read(XML_URL, 512).split(b"\0")[0].decode("ascii")
        scheme, _, rest = url.partition(":")
        name, address, length = rest.split(";")
        if scheme.lower() != "local":
            raise ValueError(f"the description is elsewhere: {url}")
        size = int(length, 16)
        data = self.read(int(address, 16), -(-size // 4) * 4)[:size]
        if name.lower().endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                (inner,) = archive.namelist()
                data = archive.read(inner)
        return data.decode("utf-8")
