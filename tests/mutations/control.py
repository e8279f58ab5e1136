"""The link's control side, wrong one thing at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from camtwin.links.memory import Session
from camtwin.wire.gev import bootstrap
from mutations import mutate


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


# -- the camera's address ----------------------------------------------------------------------------
def no_persistent(cam: Session) -> None:
    ip: Any = cam.host().network.ip
    true = ip._kept
    ip._kept = lambda: replace(true(), use_persistent=False)


def unrenewed(cam: Session) -> None:
    client: Any = cam.host().network.ip._dhcp
    true = client.receive

    def receive(data: bytes, now: int) -> None:
        true(data, now)
        if client.lease:
            client.lease = replace(client.lease, renew_ns=None, rebind_ns=None, end_ns=None)

    client.receive = receive


def next_net(cam: Session) -> None:
    lla: Any = cam.host().network.ip._lla
    true = type(lla).candidate
    lla.__class__ = type("Lost", (type(lla),), {"candidate": property(lambda it: true.fget(it) + 0x1_0000)})


mutate("the persistent address is not used", "baumer.net.ip.persistent", patch=no_persistent)
mutate("a lease is never renewed, and never ends", "baumer.net.ip.dhcp", patch=unrenewed)
mutate("link-local addresses are those of the next net", "baumer.net.ip.lla", patch=next_net)
mutate(
    "the factory turns PersistentIP on",
    "baumer.factory.ip",
    sheet={"features.GevCurrentIPConfigurationPersistentIP.default": True},
)
