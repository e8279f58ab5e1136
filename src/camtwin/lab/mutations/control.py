"""The link's control side, wrong one thing at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from camtwin.lab.mutations import mutate
from camtwin.links.memory import Session
from camtwin.wire import bootstrap


def unreported(event: str) -> Callable[[Session], None]:
    """The link does not tell the camera."""

    def patch(cam: Session) -> None:
        camera: Any = cam.twin.camera
        report = camera.report
        camera.__dict__["report"] = lambda name: None if name == event else report(name)

    return patch


for name, row in {
    "GigEVisionError": "gige_vision_error",
    "GigEVisionHeartbeatTimeOut": "gige_vision_heartbeat_timeout",
    "PrimaryApplicationSwitch": "primary_application_switch",
}.items():
    mutate(f"{name} is not told", f"baumer.event.{row}", patch=unreported(name))


def register(address: int, value: int) -> Callable[[Session], None]:
    """A register of the link holds another value from the start."""

    def patch(cam: Session) -> None:
        cam.host().network.gev._words[address] = value

    return patch


mutate("the version register reads 1.2", "baumer.gev.version", patch=register(0, 0x0001_0002))
mutate(
    "block ids have 64 bits unasked",
    "baumer.gev.compat",
    patch=register(bootstrap.GVSP_CONFIGURATION, bootstrap.BLOCK_ID_64),
)
