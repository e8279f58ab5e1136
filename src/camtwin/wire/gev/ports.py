"""Facts that the device side of GigE Vision (device.py) is told of its place, and events that it reports.

Internet addresses are text where sockets take them, and 32-bit numbers where registers hold them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol


class Report(StrEnum):
    """Events that the link itself reports, by their entries of EventSelector."""

    ERROR = "GigEVisionError"  # a command that is none
    HEARTBEAT_TIMEOUT = "GigEVisionHeartbeatTimeOut"  # who was in control is silent
    SWITCHOVER = "PrimaryApplicationSwitch"  # control was handed over


@dataclass(frozen=True, slots=True)
class Target:
    """Where the stream goes, and how."""

    address: str
    port: int
    block_id_64: bool


@dataclass(frozen=True, slots=True)
class Home:
    """Where a device lives: 32-bit numbers, 0 while it has no address; where its packets come from, and how
    fast its link is."""

    address: int
    netmask: int
    gateway: int = 0
    stream_port: int = 0
    message_port: int = 0
    link_Mbps: int = 1000


NOWHERE: Final = Home(0, 0)


class Move(Protocol):
    """FORCEIP: live at another address from now on."""

    def __call__(self, address: int, netmask: int, gateway: int, /) -> Home:
        """Move there; for address 0 begin again to look for one. Return where it lives now.

        StatusError, and it stays where it was, where that cannot be had."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """What one device, on one interface, says of itself, and where it lives as it is switched on."""

    mac: bytes
    home: Home
    xml_url: str
