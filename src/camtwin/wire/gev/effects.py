"""Effects of the device side of GigE Vision (wire/effects.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from camtwin.units import Ns
from camtwin.wire.effects import CloseStream, EndSession
from camtwin.wire.gev.gvcp import PacketResend
from camtwin.wire.gev.ports import Target
from camtwin.wire.ip.address import Peer


@dataclass(frozen=True, slots=True)
class Reply:
    """Send an acknowledge after `after_ns` of host time; `note` tells people why a command was refused."""

    data: bytes
    peer: Peer
    note: str = ""
    after_ns: Ns = 0


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send this datagram on the message channel."""

    data: bytes
    peer: Peer


@dataclass(frozen=True, slots=True)
class MessageDone:
    """Send the next message: the last one is acknowledged, or was given up."""


@dataclass(frozen=True, slots=True)
class OpenStream:
    """Open the stream channel; its next block is number 1."""


@dataclass(frozen=True, slots=True)
class UseBlockIds:
    """Count blocks with 64 bits from now on, or with 16, which changes the length of packet headers."""

    extended: bool


@dataclass(frozen=True, slots=True)
class Resend:
    """Send packets again, or report that they are no longer available."""

    request: PacketResend
    extended_status: bool


@dataclass(frozen=True, slots=True)
class FireTestPacket:
    """Send one test packet of this size to the stream's destination."""

    target: Target
    packet_bytes: int
    do_not_fragment: bool


Effect: TypeAlias = (
    Reply
    | SendMessage
    | MessageDone
    | OpenStream
    | CloseStream
    | EndSession
    | UseBlockIds
    | Resend
    | FireTestPacket
)
