"""What the device side of GigE Vision (gev.py) stands between: a camera, a stream, a network, hosts.

Internet addresses are text where sockets take them, and 32-bit numbers where registers hold them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol, TypeAlias

from camtwin.units import Ns
from camtwin.wire import gvcp

Peer: TypeAlias = tuple[str, int]
"""Internet address as text, UDP port."""


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


class NetworkPort(Protocol):
    """Where the device lives, and what carries its messages."""

    def move(self, address: int, /) -> tuple[int, int]:
        """Live at this address from now on; source ports of the stream and of messages. StatusError, and it
        stays where it was, where that cannot be had."""
        ...

    def configure(self) -> None:
        """Look for an address anew, as at power-up; `GevDevice.lives_at` is told once there is one."""

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
    """What one device, on one interface, says of itself. Addresses are 32-bit numbers."""

    mac: bytes
    address: int
    netmask: int
    xml_url: str
    gateway: int = 0
    link_Mbps: int = 1000
    stream_port: int = 0  # where stream packets come from
    message_port: int = 0  # where messages come from


@dataclass(frozen=True, slots=True)
class Reply:
    """A datagram to send; `note` says for people why something was refused."""

    data: bytes
    peer: Peer
    note: str = ""


def dotted(address: int) -> str:
    """0x7F000001 -> 127.0.0.1"""
    return ".".join(str(byte) for byte in address.to_bytes(4, "big"))


def number(address: str) -> int:
    """127.0.0.1 -> 0x7F000001"""
    return int.from_bytes(bytes(int(part) for part in address.split(".")), "big")


def is_host(address: int, netmask: int) -> bool:
    """Can a device have this address: in classes A to C, not the net's own one nor its broadcast?"""
    hosts = ~netmask & 0xFFFF_FFFF
    unicast = 0 < address >> 24 < 0xE0
    contiguous = hosts & hosts + 1 == 0 and hosts != 0xFFFF_FFFF
    return unicast and contiguous and (hosts < 2 or 0 < address & hosts < hosts)
