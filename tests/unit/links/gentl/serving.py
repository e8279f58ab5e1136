"""Twins on a GenTL server in a thread of this process, and addresses of their features."""

from __future__ import annotations

from camtwin.links.base.runtime import paced
from camtwin.links.gentl.device import GentlDevice
from camtwin.links.gentl.server import GentlServer
from camtwin.models import load
from camtwin.scene import Flat
from camtwin.twins import Twin, build
from unit.links.gige.background import Background

MODELS = ("baumer-vcxg-124m", "basler-aca4112-20um")
LIGHT = Flat(photons_per_s=1e5, wavelength_nm=536)


class Serving(Background):
    """Twins that GenTL consumers of this user find."""

    def __init__(self, *models: str, pace: float = 1.0) -> None:
        super().__init__()
        self.pace = pace
        self.twins: list[Twin] = [
            build(load(model), LIGHT, seed=seed) for seed, model in enumerate(models or MODELS)
        ]
        for twin in self.twins:
            twin.prepare()

    async def main(self) -> None:
        runtimes = [paced(twin.clock, self.pace) for twin in self.twins]
        self.devices = [GentlDevice(t, r) for t, r in zip(self.twins, runtimes, strict=True)]
        try:
            async with GentlServer(self.devices) as self.server:
                await self.until_told(*(runtime.run() for runtime in runtimes))
        finally:
            for device in self.devices:
                device.close()

    def address(self, feature: str, twin: int = 0) -> int:
        return self.twins[twin].camera.tree.nodes[feature].address

    def write(self, opened: object, feature: str, value: int, twin: int = 0) -> int:
        """Write a feature of 4 bytes through an open library; return GenTL's code."""
        order = self.twins[twin].camera.tree.order
        return opened.lib.write(opened.port, self.address(feature, twin), value.to_bytes(4, order))  # type: ignore[attr-defined]
