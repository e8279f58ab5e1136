"""Programs' requests to an I2C bus, as they travel on a socket: those of /dev/i2c-N, sans-IO.

    request  size u32 | SET_ADDRESS u8 | address u16
             size u32 | TRANSFER u8 | messages: address u16, flags u16, length u16, and the data of a write
    answer   size u32 | result i32 | the data of all reads

Numbers are big-endian; a size counts the bytes after it. A connection is an open file: it has an address,
which SET_ADDRESS changes and which messages to the address OWN have. Each request is answered, by 0 or the
number of messages, or by an error of Linux as a negative number; only then comes the next one.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from camtwin.wire.csi2.cci import Done, Message, Read, Write

SET_ADDRESS, TRANSFER = 1, 2
"""Kinds of requests."""
OWN: Final = 0xFFFF
READ: Final = 0x0001
"""The flag of a read; no other one is carried out."""
MAX_MESSAGES, MAX_DATA = 42, 8192
"""Limits of a transfer and of a message, as Linux has them (I2C_RDWR)."""
HEAD: Final = struct.Struct(">HHH")
SIZE: Final = struct.Struct(">I")
MAX_REQUEST: Final = 1 + MAX_MESSAGES * (HEAD.size + MAX_DATA)


class ProtocolError(ValueError):
    """Bytes that are no request; the connection is to be closed."""


@dataclass(frozen=True, slots=True)
class SetAddress:
    """The open file has a new address."""

    address: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """Messages to carry out, with a repeated start between them."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A transfer with flags that no adapter of this kind has: ten-bit addresses, and liberties with I2C."""


Request: TypeAlias = SetAddress | Transfer | Unsupported


def size(head: bytes) -> int:
    """Return the size of the request that follows. ProtocolError if it is too large."""
    (number,) = SIZE.unpack(head)
    if not 0 < number <= MAX_REQUEST:
        raise ProtocolError(f"a request of {number} bytes is not within 1 .. {MAX_REQUEST}")
    return number


def parse(body: bytes, own: int) -> Request:
    """Parse a request without its size; `own` is the connection's address. ProtocolError if it is none."""
    kind, rest = body[:1], body[1:]
    if kind == bytes([SET_ADDRESS]) and len(rest) == 2:
        return SetAddress(int.from_bytes(rest, "big"))
    if kind != bytes([TRANSFER]):
        raise ProtocolError(f"{body[:8].hex()} begins no request")
    messages: list[Message] = []
    supported, at = True, 0
    while at < len(rest):
        if at + HEAD.size > len(rest) or len(messages) == MAX_MESSAGES:
            raise ProtocolError("a transfer ends within a message, or has too many")
        address, flags, length = HEAD.unpack_from(rest, at)
        at += HEAD.size
        address = own if address == OWN else address
        if length > MAX_DATA:
            raise ProtocolError(f"a message of {length} bytes is above the maximum of {MAX_DATA}")
        supported &= flags in (0, READ)
        if flags & READ:
            messages.append(Read(address, length))
            continue
        if at + length > len(rest):
            raise ProtocolError("a transfer ends within its data")
        messages.append(Write(address, rest[at : at + length]))
        at += length
    if not messages:
        raise ProtocolError("a transfer without a message")
    return Transfer(tuple(messages)) if supported else Unsupported()


def request(messages: Sequence[Message]) -> bytes:
    """Return the request for a transfer, as a client sends it."""
    body = bytes([TRANSFER])
    for one in messages:
        if isinstance(one, Read):
            body += HEAD.pack(one.address, READ, one.length)
        else:
            body += HEAD.pack(one.address, 0, len(one.data)) + one.data
    return SIZE.pack(len(body)) + body


def answer(result: int, reads: Sequence[bytes] = ()) -> bytes:
    """Return the answer to a request."""
    body = result.to_bytes(4, "big", signed=True) + b"".join(reads)
    return SIZE.pack(len(body)) + body


def result(done: Done, messages: int) -> int:
    """Return how a transfer of so many messages went, as Linux' adapters say it.

    ENXIO: nobody is at an address; EREMOTEIO: a byte of data is not acknowledged.
    """
    if done.refusal is None:
        return messages
    return -errno.EREMOTEIO if done.refusal.byte else -errno.ENXIO
