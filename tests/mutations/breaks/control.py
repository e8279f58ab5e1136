"""The link's control side, wrong one thing at a time."""

from __future__ import annotations

from typing import Any

from camtwin.session.session import Session
from camtwin.wire.gev import bootstrap
from mutations.registry import mutate
from mutations.tools import Wrong, other, sessions


def unreported(event: str) -> Wrong:
    """Keep the link's events from the camera."""
    return other("", "report", lambda true, name: None if name == event else true(name))


for name, row in {
    "GigEVisionError": "gige_vision_error",
    "GigEVisionHeartbeatTimeOut": "gige_vision_heartbeat_timeout",
    "PrimaryApplicationSwitch": "primary_application_switch",
}.items():
    mutate(f"{name} is not told", f"baumer.event.{row}", patch=unreported(name))


def register(address: int, value: int) -> Wrong:
    """Give a register of the link another value from the start."""

    def alter(cam: Session) -> None:
        cam.host().network.gev._words[address] = value

    return sessions(alter)


mutate("the version register reads 1.2", "baumer.gev.version", patch=register(0, 0x0001_0002))
mutate(
    "block ids have 64 bits unasked",
    "baumer.gev.compat",
    patch=register(bootstrap.GVSP_CONFIGURATION, bootstrap.BLOCK_ID_64),
)


# -- the camera's address ----------------------------------------------------------------------------
def next_net(cam: Session) -> None:
    lla: Any = cam.host().network.ip._lla
    true = type(lla).candidate
    lla.__class__ = type("Lost", (type(lla),), {"candidate": property(lambda it: true.fget(it) + 0x1_0000)})


mutate("link-local addresses are those of the next net", "baumer.net.ip.lla", patch=sessions(next_net))
mutate(
    "the factory turns PersistentIP on",
    "baumer.factory.ip",
    sheet={"features.GevCurrentIPConfigurationPersistentIP.default": True},
)
