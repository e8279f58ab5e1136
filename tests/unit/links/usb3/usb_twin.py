"""Twins on a USB/IP server in a thread of their own, their pictures cheap and known byte for byte."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from camtwin.camera import Exposure
from camtwin.links.base.runtime import paced
from camtwin.links.usb3.link import Usb3Camera
from camtwin.links.usb3.server import UsbipServer
from camtwin.models import load
from camtwin.twins import Twin, build
from unit.links.gige.background import Background
from unit.links.usb3.usb_host import Host, picture

SHEET = load("basler-aca4112-20um")


class StubRenderer:
    """A picture is bytes that its frame number makes."""

    def __init__(self) -> None:
        self.failing = False

    def prepare(self) -> None: ...

    def payload(self, exposure: Exposure, out: np.ndarray | None = None) -> np.ndarray:
        if self.failing:
            raise RuntimeError("no light")
        return picture(exposure.frame_id, exposure.image_bytes)


def stub(seed: int = 0, link_bits_per_s: int = 0, rate_Hz: float | None = 10.0, **features: Any) -> Twin:
    """Make a twin; None lets it run as fast as it can, at several hundred frames a second."""
    real = build(SHEET, seed=seed, link_bits_per_s=link_bits_per_s)
    rate = {"AcquisitionFrameRateEnable": True, "AcquisitionFrameRate": rate_Hz} if rate_Hz else {}
    for name, value in {"Height": 64, "Width": 640, "ExposureTime": 100.0, **rate, **features}.items():
        real.camera.tree.set(real.camera, name, value)
    return Twin(real.sheet, real.clock, real.camera, StubRenderer())  # type: ignore[arg-type]


class Running(Background):
    """Twins on one server."""

    def __init__(self, *twins: Twin, pace: float = 1.0) -> None:
        super().__init__()
        self.twins, self.pace = twins, pace

    async def main(self) -> None:
        runtimes = [paced(twin.clock, self.pace) for twin in self.twins]
        self.cameras = [
            Usb3Camera(twin, runtime, number)
            for number, (twin, runtime) in enumerate(zip(self.twins, runtimes, strict=True), 1)
        ]
        try:
            async with UsbipServer(port=0) as self.server:
                for camera in self.cameras:
                    self.server.plug(camera)
                await self.until_told(*(runtime.run() for runtime in runtimes))
        finally:
            for camera in self.cameras:
                camera.close()

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
