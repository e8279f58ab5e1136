"""Twins on a USB/IP server in a thread of their own, their pictures cheap and known byte for byte."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from camtwin.camera import Exposure
from camtwin.links.runtime import paced
from camtwin.links.usb3 import Usb3Camera
from camtwin.links.usb_server import UsbipServer
from camtwin.models import load
from camtwin.twins import Twin, build
from unit.links.usb_host import Host, picture

SHEET = load("basler-aca4112-20um")


class StubRenderer:
    """A picture is bytes that its frame number makes."""

    def __init__(self) -> None:
        self.failing = False

    def prepare(self) -> None: ...

    def payload(self, exposure: Exposure) -> np.ndarray:
        if self.failing:
            raise RuntimeError("no light")
        return picture(exposure.frame_id, exposure.image_bytes)


def stub(seed: int = 0, link_bits_per_s: int = 0, **features: Any) -> Twin:
    real = build(SHEET, seed=seed, link_bits_per_s=link_bits_per_s)
    for name, value in {"Height": 64, "Width": 640, "ExposureTime": 100.0, **features}.items():
        real.camera.tree.set(real.camera, name, value)
    return Twin(real.sheet, real.clock, real.camera, StubRenderer())  # type: ignore[arg-type]


class Running:
    """Twins on one server, in a thread of their own, from entry to exit."""

    def __init__(self, *twins: Twin, pace: float = 1.0) -> None:
        self.twins, self.pace = twins, pace
        self.problem: BaseException | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as problem:
            self.problem = problem
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        runtimes = [paced(twin.clock, self.pace) for twin in self.twins]
        self.cameras = [
            Usb3Camera(twin, runtime, number)
            for number, (twin, runtime) in enumerate(zip(self.twins, runtimes, strict=True), 1)
        ]
        try:
            async with UsbipServer(self.cameras, port=0) as self.server:
                self.server.fail = runtimes[0].fail
                tasks = [asyncio.create_task(r.run()) for r in runtimes]
                tasks.append(asyncio.create_task(self._until_told()))
                self._ready.set()
                done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in pending:
                    task.cancel()
                for task in done:
                    task.result()
        finally:
            for camera in self.cameras:
                camera.close()

    async def _until_told(self) -> None:
        await self._stop.wait()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(5)
        if self.problem:
            raise self.problem
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)
        assert not self._thread.is_alive()

    @property
    def port(self) -> int:
        return self.server.port

    def address(self, feature: str) -> int:
        return self.twins[0].camera.tree.nodes[feature].address

    def eventually(self, true: Callable[[], object]) -> None:
        deadline = time.monotonic() + 5
        while not true():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def start(self, host: Host, size: int = 4096) -> list[int]:
        """Have the host stream, in transfers of `size`; how long each transfer of a frame may be."""
        lengths = host.enable(size)
        assert host.write(self.address("AcquisitionStart"), 1) == 0
        return lengths
