"""A GigE Vision twin on loopback, in a thread, and its plainest client, typed from the protocol's facts."""

from __future__ import annotations

import os
import socket
import struct
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.camera import Camera, Exposure
from camtwin.links.base.runtime import WallRuntime
from camtwin.links.gige.link import GigeLink
from camtwin.models import load
from camtwin.simtime import Scheduler
from camtwin.twins.assembly import timing
from unit.links.gige.background import Background
from unit.links.gige.receiver import Receiver

SHEET = load("baumer-vcxg-124m")
CCP, CONTROL, SCP, SCPS, SCDA = 0xA00, 2, 0xD00, 0xD04, 0xD18
LOCALHOST = 0x7F00_0001
READREG, WRITEREG, READMEM = 0x80, 0x82, 0x84


class StubTwin:
    """The model's camera, without a sensor: a picture is bytes that its frame number makes."""

    def __init__(self, serial: str = "700000000007", clock: Scheduler | None = None) -> None:
        self.clock = clock or Scheduler()
        self.camera = Camera(SHEET, self.clock, serial=serial, link=timing(SHEET), memory=SHEET.memory)
        self.rendered: list[Exposure] = []

    def prepare(self) -> None:
        pass

    def render(self, exposure: Exposure, /) -> NDArray[np.uint8]:
        self.rendered.append(exposure)
        return picture(exposure)

    def address(self, feature: str) -> int:
        return self.camera.tree.nodes[feature].address


def picture(exposure: Exposure) -> NDArray[np.uint8]:
    start = exposure.frame_id % 251
    return np.resize(np.roll(np.arange(251, dtype=np.uint8), -start), exposure.payload_bytes)


class Running(Background):
    """A link and its runtime; `options` are GigeLink's."""

    def __init__(
        self, twin: StubTwin, bind: str = "127.0.0.1", port: int | None = None, **options: Any
    ) -> None:
        super().__init__()
        self.options = options
        self.twin, self.bind, self.port = twin, bind, port or free_port(bind)

    async def main(self) -> None:
        runtime = WallRuntime(self.twin.clock)
        async with GigeLink(self.twin, runtime, bind=self.bind, port=self.port, **self.options) as self.link:
            await self.until_told(runtime.run())


def free_port(address: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, 0))
        return sock.getsockname()[1]


class Client:
    """A GVCP client on loopback, typed from the protocol's facts."""

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.settimeout(3)
        self.peer, self.request_id = (address, port), 0

    def ask(self, command: int, body: bytes) -> tuple[int, bytes]:
        self.request_id += 1
        self.sock.sendto(
            struct.pack(">BBHHH", 0x42, 1, command, len(body), self.request_id) + body, self.peer
        )
        answer = self.sock.recv(2048)
        status, ack, length, request_id = struct.unpack_from(">HHHH", answer)
        assert (ack, length, request_id) == (command + 1, len(answer) - 8, self.request_id)
        return status, answer[8:]

    def read(self, address: int) -> int:
        status, body = self.ask(READREG, struct.pack(">I", address))
        assert status == 0, hex(status)
        return int.from_bytes(body, "big")

    def write(self, address: int, value: int) -> int:
        return self.ask(WRITEREG, struct.pack(">II", address, value))[0]

    def discover(self, to: str, seconds: float = 0.5) -> dict[str, bytes]:
        """Return the answers to a broadcast: address -> the 0xF8 bytes."""
        self.sock.sendto(bytes.fromhex("42 11 0002 0000 ffff"), (to, self.peer[1]))
        found: dict[str, bytes] = {}
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.sock.settimeout(left)
            try:
                data, (address, port) = self.sock.recvfrom(2048)
            except TimeoutError:
                break
            assert (port, data[:8].hex()) == (self.peer[1], "0000000300f8ffff")
            found[address] = data[8:]
        self.sock.settimeout(3)
        return found


def start(client: Client, receiver: Receiver, twin: StubTwin, **features: int) -> None:
    """Take control, set a small picture, open the stream, start."""
    assert client.write(CCP, CONTROL) == 0
    for name, value in {"Width": 64, "Height": 48, **features}.items():
        assert client.write(twin.address(name), value) == 0, name
    assert client.write(SCDA, LOCALHOST) == 0
    assert client.write(SCP, receiver.port) == 0
    assert client.write(twin.address("AcquisitionStart"), 1) == 0


def force(mac: bytes, address: str) -> bytes:
    """Chapter "FORCEIP": MAC at 2, address at 20, mask at 36, gateway at 52."""
    return struct.pack(">2x6s12x4s12x4s12xI", mac, socket.inet_aton(address), b"\xff\xff\xff\0", 0)


def mac_of(client: Client) -> bytes:
    return client.ask(2, b"")[1][0x0A:0x10]


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))
