"""Sensors on a bus that is served by a thread, and the plainest of its clients."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from camtwin.links.base.folder import folder
from camtwin.links.base.runtime import WallRuntime
from camtwin.links.i2c.link import BusOptions, SensorBus, SensorLink
from camtwin.models import load
from camtwin.scene import Flat
from camtwin.simtime import Scheduler
from camtwin.twins import build
from camtwin.wire import i2c
from camtwin.wire.csi2.cci import Message
from unit.links.gige.background import Background

T = TypeVar("T")
MODEL = "sony-imx412-aack"
DARK = Flat(photons_per_s=1e4, wavelength_nm=536)


class RunningBus(Background):
    """A bus and its sensors; entering raises what keeps them from running."""

    def __init__(self, sensors: int = 1, *, pace: float = 1.0, **options: Any) -> None:
        super().__init__()
        self.count, self.pace, self.options = sensors, pace, BusOptions(**options)
        self.links: list[SensorLink] = []

    async def main(self) -> None:
        clock = Scheduler()
        self.runtime = WallRuntime(clock, self.pace)
        async with SensorBus(self.runtime, self.options, f"camtwin {MODEL}") as self.bus:
            for seed in range(self.count):
                twin = build(load(MODEL), DARK, seed=seed, clock=clock)
                self.links.append(await SensorLink(twin, self.runtime, self.bus).__aenter__())
            self.sensor = self.links[0].sensor
            await self.until_told(self.runtime.run())

    def do(self, call: Callable[[], T]) -> T:
        """Return the result of a call at the present camera time."""
        return cast(T, self.on_its_thread(lambda: self.runtime.command(call)))

    def eventually(self, true: Callable[[], object]) -> None:
        deadline = time.monotonic() + 10
        while not true():
            assert time.monotonic() < deadline
            time.sleep(0.001)

    @property
    def path(self) -> Path:
        return folder() / f"i2c-{self.bus.number}"

    def client(self) -> Client:
        return Client(self.path)


class Client:
    """A program with the bus open."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, request: bytes) -> tuple[int, bytes]:
        self.socket.sendall(request)
        return self.answer()

    def answer(self) -> tuple[int, bytes]:
        (size,) = struct.unpack(">I", self.take(4))
        body = self.take(size)
        return int.from_bytes(body[:4], "big", signed=True), body[4:]

    def take(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError("the bus has closed the connection")
            data += more
        return data

    def transfer(self, *messages: Message) -> tuple[int, bytes]:
        return self.ask(i2c.request(messages))

    def set_address(self, address: int) -> int:
        return self.ask(struct.pack(">IBH", 3, i2c.SET_ADDRESS, address))[0]
