"""What the device side of GigE Vision (gev.py) stands between: a camera, a stream, a network, hosts.

Internet addresses are text where sockets take them, and 32-bit numbers where registers hold them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

from camtwin.units import Ns
from camtwin.wire.gev import gvcp
from camtwin.wire.ip.address import Peer


class Report(Enum):
    """What a device may tell of its link."""

    ERROR = auto()  # a command that is none
    HEARTBEAT_TIMEOUT = auto()  # who was in control is silent
    SWITCHOVER = auto()  # control was handed over


class DevicePort(Protocol):
    """The camera's register space, clock and actions; refusals are StatusError."""

    def read(self, address: int, length: int, /) -> bytes: ...
    def write(self, address: int, data: bytes, /) -> None: ...
    @property
    def busy_ns(self) -> Ns:
        """How long what was written just now takes yet, in host time; 0: it is done."""
        ...

    def latch_timestamp(self) -> None: ...
    def reset_timestamp(self) -> None: ...
    @property
    def timestamp_latched(self) -> int: ...
    def action(self, device_key: int, group_key: int, group_mask: int, /) -> bool:
        """An action command came; does it concern this camera?"""
        ...

    def report(self, what: Report, /) -> None: ...


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


class NetworkPort(Protocol):
    """Where the device lives, and what carries its messages."""

    def move(self, address: int, netmask: int, gateway: int, /) -> Home:
        """FORCEIP: live there from now on; for address 0 begin again to look for one. Where it lives now.
        StatusError, and it stays where it was, where that cannot be had."""
        ...

    def answer(self, reply: Reply, /) -> None:
        """An acknowledge that was not due at once is due now."""

    def send_message(self, data: bytes, peer: Peer, /) -> None: ...

    def message_done(self) -> None:
        """The message that was to be acknowledged is, or was given up: the next may come."""


class StreamPort(Protocol):
    """What sends the pictures."""

    def open(self) -> None:
        """The stream channel opened: the next block is number 1."""

    def close(self) -> None:
        """The stream channel closed: nothing goes out any more."""

    def end_acquisition(self) -> None:
        """Nobody is in control any more."""

    def resend(self, request: gvcp.PacketResend, extended_status: bool, /) -> None: ...

    def fire_test_packet(self, target: Target, packet_bytes: int, do_not_fragment: bool, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Identity:
    """What one device, on one interface, says of itself, and where it lives as it is switched on."""

    mac: bytes
    home: Home
    xml_url: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A datagram to send; `note` says for people why something was refused."""

    data: bytes
    peer: Peer
    note: str = ""
