"""GenCP as USB3 Vision uses it for control: bytes <-> messages.

A message is a header of 12 bytes (prefix, flags or status, command, length of the body, request id; all
little-endian) and its body. Hostile bytes end in one of two ways: bytes that do not begin as a message
(`header_of` returns None) get no answer; a malformed command raises StatusError with the status for its
sender. This file knows which messages are well formed, and nothing of registers (device.py does).

    READMEM   {address u64, 0 u16, count u16}         -> its bytes
    WRITEMEM  {address u64, bytes}                    -> {0 u16, bytes written u16}
    stacked   {address u64, 0 u16, count u16} ...     -> all their bytes, in order
              {address u64, 0 u16, count u16, bytes}  -> {0 u16, bytes written u16} ...

Sources: GenCP 1.2 and USB3 Vision 1.1, as Aravis, cameleon and Wireshark's dissector implement them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

from camtwin.wire.request import Request
from camtwin.wire.status import StatusError

PREFIX: Final = 0x4356_3355  # "U3VC"
HEADER: Final = struct.Struct("<IHHHH")
ACK_REQUESTED, RESEND = 1 << 14, 1 << 15  # flags
SPAN: Final = struct.Struct("<QHH")


class Command(IntEnum):
    """Command codes; the acknowledge of each is one higher."""

    READMEM = 0x0800
    WRITEMEM = 0x0802
    PENDING = 0x0804  # only its acknowledge exists
    READMEM_STACKED = 0x0806
    WRITEMEM_STACKED = 0x0808
    EVENT = 0x0C00


class Status(IntEnum):
    """Status codes of acknowledges (0x8...: GenCP, 0xA0..: USB3 Vision) and of trailers (0xA1..)."""

    SUCCESS = 0x0000
    NOT_IMPLEMENTED = 0x8001
    INVALID_PARAMETER = 0x8002
    INVALID_ADDRESS = 0x8003
    WRITE_PROTECT = 0x8004
    BAD_ALIGNMENT = 0x8005
    ACCESS_DENIED = 0x8006
    BUSY = 0x8007
    TIMEOUT = 0x800B
    INVALID_HEADER = 0x800E
    WRONG_CONFIGURATION = 0x800F
    ERROR = 0x8FFF
    RESEND_NOT_SUPPORTED = 0xA001
    STREAM_ENDPOINT_HALTED = 0xA002
    PAYLOAD_SIZE_NOT_ALIGNED = 0xA003
    STREAM_REGISTERS_INCONSISTENT = 0xA004
    EVENT_ENDPOINT_HALTED = 0xA005
    DATA_DISCARDED = 0xA100
    DATA_OVERRUN = 0xA101


@dataclass(frozen=True, slots=True)
class Header:
    """The first 12 bytes of a command; `command` may be an unknown code."""

    flags: int
    command: int
    length: int
    request_id: int

    @property
    def ack_requested(self) -> bool:
        return bool(self.flags & ACK_REQUESTED)

    @property
    def resend(self) -> bool:
        return bool(self.flags & RESEND)

    def ack(self, body: bytes = b"", status: int = Status.SUCCESS) -> bytes:
        """Build the acknowledge of this command."""
        return HEADER.pack(PREFIX, status, self.command + 1 & 0xFFFF, len(body), self.request_id) + body

    def pending_ack(self, timeout_ms: int) -> bytes:
        """Build a PENDING_ACK: the acknowledge will come later, within timeout_ms from now."""
        body = struct.pack("<HH", 0, timeout_ms)
        return HEADER.pack(PREFIX, 0, Command.PENDING + 1, len(body), self.request_id) + body


@dataclass(frozen=True, slots=True)
class ReadMem:
    """Read (address, bytes) spans; a stacked command has several."""

    spans: tuple[tuple[int, int], ...]

    @property
    def count(self) -> int:
        """Bytes of all spans together."""
        return sum(count for _, count in self.spans)


@dataclass(frozen=True, slots=True)
class WriteMem:
    """Write (address, bytes) spans; a stacked command has several."""

    writes: tuple[tuple[int, bytes], ...]


Body: TypeAlias = ReadMem | WriteMem


def written(*counts: int) -> bytes:
    """Build the body of a WRITEMEM acknowledge: bytes written by each write."""
    return b"".join(struct.pack("<HH", 0, count) for count in counts)


def header_of(data: bytes) -> Header | None:
    """Parse the header of a command; None if the bytes are not a command, which then gets no answer."""
    if len(data) < HEADER.size:
        return None
    prefix, *rest = HEADER.unpack_from(data)
    return Header(*rest) if prefix == PREFIX else None


def body_of(header: Header, data: bytes) -> Body:
    """Parse the body of message `data`, which begins with `header`.

    Raises:
        StatusError: the command is unknown or not well formed.
    """
    body = data[HEADER.size :]
    if header.length != len(body):
        message = f"length {header.length} in a command with {len(body)} bytes of body"
        raise StatusError(Status.INVALID_HEADER, message)
    parser = _PARSERS.get(header.command)
    if parser is None:
        raise StatusError(Status.NOT_IMPLEMENTED, f"command {header.command:#06x} is not implemented")
    return parser(body)


def request_of(data: bytes, peer: str) -> Request | None:
    """Return a message as a request; None if it is no command."""
    header = header_of(data)
    if header is None:
        return None
    try:
        body, word = body_of(header, data), Command(header.command).name
    except StatusError:
        return Request(peer, "MALFORMED")
    if isinstance(body, ReadMem):
        return Request(peer, word, reads=body.spans)
    return Request(peer, word, writes=body.writes)


def _read(body: bytes) -> ReadMem:
    _need(len(body) == SPAN.size, f"READMEM has a body of {len(body)} bytes, not {SPAN.size}")
    return _read_stacked(body)


def _read_stacked(body: bytes) -> ReadMem:
    _need(bool(body) and len(body) % SPAN.size == 0, f"READMEM_STACKED has a body of {len(body)} bytes")
    spans = tuple((address, count) for address, _, count in SPAN.iter_unpack(body))
    for address, count in spans:
        _need(count > 0, f"READMEM of 0 bytes at {address:#x}")
        _inside(address, count)
    return ReadMem(spans)


def _write(body: bytes) -> WriteMem:
    _need(len(body) > 8, f"WRITEMEM has a body of {len(body)} bytes: nothing to write")
    address = int.from_bytes(body[:8], "little")
    _inside(address, len(body) - 8)
    return WriteMem(((address, body[8:]),))


def _write_stacked(body: bytes) -> WriteMem:
    return WriteMem(tuple(_writes(body)))


def _writes(body: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    _need(bool(body), "WRITEMEM_STACKED has an empty body")
    while at < len(body):
        _need(at + SPAN.size <= len(body), f"WRITEMEM_STACKED ends within a header, at byte {at}")
        address, _, count = SPAN.unpack_from(body, at)
        at += SPAN.size
        _need(0 < count <= len(body) - at, f"WRITEMEM_STACKED of {count} bytes where {len(body) - at} follow")
        _inside(address, count)
        yield address, body[at : at + count]
        at += count


_PARSERS: Final[Mapping[int, Callable[[bytes], Body]]] = {
    Command.READMEM: _read,
    Command.READMEM_STACKED: _read_stacked,
    Command.WRITEMEM: _write,
    Command.WRITEMEM_STACKED: _write_stacked,
}


def _need(well: bool, message: str) -> None:
    if not well:
        raise StatusError(Status.INVALID_PARAMETER, message)


def _inside(address: int, count: int) -> None:
    if address + count > 1 << 64:
        raise StatusError(Status.INVALID_ADDRESS, f"{count} bytes at {address:#x} lie beyond 64 bits")
