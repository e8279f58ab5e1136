"""Facts that the device side of GigE Vision (device.py) takes from its surroundings, and events it reports.

Internet addresses are text where sockets take them, and 32-bit numbers where registers hold them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol


class Report(StrEnum):
    """Events that the link itself reports, by their entries of EventSelector."""

    ERROR = "GigEVisionError"  # a malformed command
    HEARTBEAT_TIMEOUT = "GigEVisionHeartbeatTimeOut"  # the controller is silent
    SWITCHOVER = "PrimaryApplicationSwitch"  # control was handed over


@dataclass(frozen=True, slots=True)
class Target:
    """The destination of the stream, and the width of its block ids."""

    address: str
    port: int
    block_id_64: bool


@dataclass(frozen=True, slots=True)
class NetworkLocation:
    """The network location of a device: 32-bit addresses (0 while it has none), ports, link speed."""

    address: int
    netmask: int
    gateway: int = 0
    stream_port: int = 0
    message_port: int = 0
    link_Mbps: int = 1000


NO_LOCATION: Final = NetworkLocation(0, 0)


class Move(Protocol):
    """Callback that carries out FORCEIP."""

    def __call__(self, address: int, netmask: int, gateway: int, /) -> NetworkLocation:
        """Move to this address, or restart the address cycle for address 0; return the new location.

        Raises:
            StatusError: the address cannot be used; the device stays at its present one.
        """
        ...


@dataclass(frozen=True, slots=True)
class GevIdentity:
    """Identity of one device on one interface, and its network location at power-on."""

    mac: bytes
    location: NetworkLocation
    xml_url: str
