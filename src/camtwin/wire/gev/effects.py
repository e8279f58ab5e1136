"""Effects of the device side of GigE Vision (wire/effects.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from camtwin.wire.effects import CloseStream, EndAcquisition
from camtwin.wire.gev.gvcp import PacketResend
from camtwin.wire.gev.ports import Target
from camtwin.wire.ip.address import Peer


@dataclass(frozen=True, slots=True)
class Reply:
    """Send an acknowledge; `note` says for people why something was refused."""

    data: bytes
    peer: Peer
    note: str = ""


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send this on the message channel."""

    data: bytes
    peer: Peer


@dataclass(frozen=True, slots=True)
class MessageDone:
    """The message that was to be acknowledged is, or was given up: the next may come."""


@dataclass(frozen=True, slots=True)
class OpenStream:
    """The stream channel has opened: the next block is number 1."""


@dataclass(frozen=True, slots=True)
class UseBlockIds:
    """Count blocks with 64 bits from now on, or with 16: headers of packets are longer or shorter."""

    extended: bool


@dataclass(frozen=True, slots=True)
class Resend:
    """Send packets again, or say that they are gone."""

    request: PacketResend
    extended_status: bool


@dataclass(frozen=True, slots=True)
class FireTestPacket:
    """Send one packet of this size to where the stream goes."""

    target: Target
    packet_bytes: int
    do_not_fragment: bool


Effect: TypeAlias = (
    Reply
    | SendMessage
    | MessageDone
    | OpenStream
    | CloseStream
    | EndAcquisition
    | UseBlockIds
    | Resend
    | FireTestPacket
)
