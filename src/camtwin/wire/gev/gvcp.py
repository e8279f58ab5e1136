"""GVCP, GigE Vision's control protocol: bytes <-> messages.

A command is key 0x42, flags, command, length, request id (8 bytes, big-endian as everything here), then its
body; an acknowledge is status, command + 1, length, request id, then its body. This file knows which messages
are well formed, and nothing of registers or privileges (device.py does). Hostile bytes end in one of two
ways: bytes that are no GVCP command (`header_of` returns None) get no answer; a malformed command raises
StatusError with the status for its sender.

Sources: GigE Vision 2.0, chapters GVCP and "Status codes"; the layouts agree with Wireshark's dissector.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from camtwin.wire.request import Request
from camtwin.wire.status import StatusError

PORT = 3956
KEY = 0x42
HEADER_BYTES = 8
MAX_BYTES = 536
"""Data of one READMEM or WRITEMEM: 576 (which any host must accept) less IP 20, UDP 8, GVCP 8, address 4."""
MAX_REGISTERS_READ = 135  # (536 + 4) / 4: READREG's body has no address of its own
MAX_REGISTERS_WRITTEN = 67

ACK_REQUIRED = 0x01
EXTENDED_ID = 0x10  # of PACKETRESEND and EVENT; DISCOVERY and FORCEIP: the ack may be broadcast
SCHEDULED = 0x80  # of ACTION: a time follows
NO_CHANNEL = 0xFFFF  # of EVENT: it concerns no stream channel


class Command(IntEnum):
    """Command codes; the acknowledge of each is one higher."""

    DISCOVERY = 0x02
    FORCEIP = 0x04
    PACKETRESEND = 0x40
    READREG = 0x80
    WRITEREG = 0x82
    READMEM = 0x84
    WRITEMEM = 0x86
    EVENT = 0xC0
    EVENTDATA = 0xC2
    ACTION = 0x100


PENDING_ACK = 0x89
"""An acknowledge without a command of its own: the time in ms that a slow command will take."""
WRITING = (Command.WRITEREG, Command.WRITEMEM)
"""Commands that must not be carried out twice when a host repeats them."""


class Status(IntEnum):
    """Status codes of acknowledges and of stream packets."""

    SUCCESS = 0x0000
    PACKET_RESEND = 0x0100
    NOT_IMPLEMENTED = 0x8001
    INVALID_PARAMETER = 0x8002
    INVALID_ADDRESS = 0x8003
    WRITE_PROTECT = 0x8004
    BAD_ALIGNMENT = 0x8005
    ACCESS_DENIED = 0x8006
    BUSY = 0x8007
    PACKET_UNAVAILABLE = 0x800C
    PACKET_NOT_YET_AVAILABLE = 0x8010
    PACKET_AND_PREV_REMOVED = 0x8011
    PACKET_REMOVED = 0x8012
    NO_REF_TIME = 0x8013
    PACKET_TEMPORARILY_UNAVAILABLE = 0x8014
    OVERFLOW = 0x8015
    ACTION_LATE = 0x8016
    LEADER_TRAILER_OVERFLOW = 0x8017
    ERROR = 0x8FFF


@dataclass(frozen=True, slots=True)
class Header:
    """The first 8 bytes of a command; `command` may be an unknown code."""

    flags: int
    command: int
    length: int
    request_id: int

    @property
    def ack_required(self) -> bool:
        return bool(self.flags & ACK_REQUIRED)


@dataclass(frozen=True, slots=True)
class Discovery:
    """Ask every device to identify itself."""


@dataclass(frozen=True, slots=True)
class ForceIp:
    """Assign an internet address to the device with this MAC address."""

    mac: bytes
    address: int
    netmask: int
    gateway: int


@dataclass(frozen=True, slots=True)
class PacketResend:
    """Ask for packets first..last (both included) of a block again; it is never acknowledged."""

    channel: int
    block_id: int
    first: int
    last: int
    extended: bool


@dataclass(frozen=True, slots=True)
class ReadReg:
    """Read registers in order; each alignment is checked as it is read."""

    addresses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WriteReg:
    """Write (address, value) pairs in order; those before a refused one have been written."""

    writes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ReadMem:
    address: int
    count: int


@dataclass(frozen=True, slots=True)
class WriteMem:
    address: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Action:
    """Trigger an action on devices with these keys and one of these groups.

    time  in ticks of the device; None: at once
    """

    device_key: int
    group_key: int
    group_mask: int
    time: int | None = None


Body: TypeAlias = Discovery | ForceIp | PacketResend | ReadReg | WriteReg | ReadMem | WriteMem | Action


@dataclass(frozen=True, slots=True)
class Ack:
    """An acknowledge; its `command` code is the command's plus one."""

    status: int
    command: int
    request_id: int
    payload: bytes = b""

    def pack(self) -> bytes:
        return (
            struct.pack(">HHHH", self.status, self.command, len(self.payload), self.request_id) + self.payload
        )


def pending_ack(request_id: int, left_ms: int) -> Ack:
    """Build a PENDING_ACK: 16 reserved bits, then the time to completion in ms."""
    return Ack(Status.SUCCESS, PENDING_ACK, request_id, struct.pack(">HH", 0, left_ms))


@dataclass(frozen=True, slots=True)
class Message:
    """An event message to the host: EVENT, or EVENTDATA if it carries data.

    timestamp  in ticks
    block_id   of the stream channel; 0 if the event concerns no block
    """

    event_id: int
    timestamp: int
    channel: int = NO_CHANNEL
    block_id: int = 0
    data: bytes = b""

    @property
    def command(self) -> Command:
        return Command.EVENTDATA if self.data else Command.EVENT

    def pack(self, request_id: int, *, extended: bool, ack_required: bool) -> bytes:
        """Build the command; `extended` uses a 64-bit block id, which moves the fields behind it."""
        block = (
            struct.pack(">HQ", 0, self.block_id) if extended else struct.pack(">H", self.block_id & 0xFFFF)
        )
        ids = struct.pack(">HHH", 0, self.event_id, self.channel)
        body = ids + block + struct.pack(">Q", self.timestamp) + self.data
        flags = ACK_REQUIRED * ack_required | EXTENDED_ID * extended
        return struct.pack(">BBHHH", KEY, flags, self.command, len(body), request_id) + body


def messages_from(header: Header, data: bytes) -> list[Message]:
    """Parse the events of a message that a camera sent; none if the bytes are no event message.

    An EVENT has one event or more, an EVENTDATA one and its data.
    """
    head = struct.Struct(">HHHHQQ" if header.flags & EXTENDED_ID else ">HHHHQ")
    body = data[HEADER_BYTES:]
    if header.command not in (Command.EVENT, Command.EVENTDATA) or len(body) != header.length:
        return []
    many = header.command == Command.EVENT and not len(body) % head.size
    ends = range(head.size, len(body) + 1, head.size) if many else [len(body)]
    found: list[Message] = []
    for end in ends if len(body) >= head.size else ():
        at = end - head.size if many else 0
        _, event_id, channel, *block, timestamp = head.unpack_from(body, at)
        rest = b"" if many else body[head.size :]
        found.append(Message(event_id, timestamp, channel, block[-1], rest))
    return found


def write_reg(address: int, value: int, request_id: int = 1) -> bytes:
    """Build a host's command to write one register."""
    return struct.pack(">BBHHHII", KEY, ACK_REQUIRED, Command.WRITEREG, 8, request_id, address, value)


def ack_of(data: bytes) -> Ack | None:
    """Parse an acknowledge; None if the bytes are not one."""
    if len(data) < HEADER_BYTES:
        return None
    status, command, length, request_id = struct.unpack_from(">HHHH", data)
    return (
        Ack(status, command, request_id, data[HEADER_BYTES:]) if length == len(data) - HEADER_BYTES else None
    )


def header_of(data: bytes) -> Header | None:
    """Parse the header of a command; None if the bytes are not a command, which then gets no answer."""
    if len(data) < HEADER_BYTES or data[0] != KEY:
        return None
    return Header(*struct.unpack_from(">xBHHH", data))


def body_of(header: Header, data: bytes) -> Body:
    """Parse the body of datagram `data`, which begins with `header`.

    Raises:
        StatusError: the command is unknown or not well formed.
    """
    body = data[HEADER_BYTES:]
    parser = _PARSERS.get(header.command)
    if parser is None:
        raise StatusError(Status.NOT_IMPLEMENTED, f"command {header.command:#06x} is not implemented")
    if header.request_id == 0 and header.command != Command.PACKETRESEND:  # which is never acknowledged
        raise StatusError(Status.INVALID_PARAMETER, "request id 0 is reserved")
    if header.length != len(body):
        raise StatusError(
            Status.INVALID_PARAMETER, f"length {header.length} in a command with {len(body)} bytes of body"
        )
    return parser(header, body)


def request_of(data: bytes, peer: tuple[str, int]) -> Request | None:
    """Return a datagram as a request; None if it is no command."""
    header = header_of(data)
    if header is None:
        return None
    host = f"{peer[0]}:{peer[1]}"
    try:
        body, word = body_of(header, data), Command(header.command).name
    except StatusError:
        return Request(host, "MALFORMED")
    match body:
        case ReadReg(addresses):
            return Request(host, word, reads=tuple((address, 4) for address in addresses))
        case WriteReg(writes):
            return Request(host, word, writes=tuple((at, value.to_bytes(4, "big")) for at, value in writes))
        case ReadMem(address, count):
            return Request(host, word, reads=((address, count),))
        case WriteMem(address, written):
            return Request(host, word, writes=((address, written),))
        case PacketResend(_, block_id, first, last):
            return Request(host, word, block=block_id, packets=(first, last))
        case _:
            return Request(host, word)


def _discovery(_: Header, body: bytes) -> Discovery:
    _need(not body, f"DISCOVERY has a body of {len(body)} bytes")
    return Discovery()


def _force_ip(_: Header, body: bytes) -> ForceIp:
    _need(len(body) == 56, f"FORCEIP has a body of {len(body)} bytes, not 56")
    address, netmask, gateway = struct.unpack_from(">20xI12xI12xI", body)
    return ForceIp(body[2:8], address, netmask, gateway)


def _packet_resend(header: Header, body: bytes) -> PacketResend:
    extended = bool(header.flags & EXTENDED_ID)
    size = 20 if extended else 12
    _need(len(body) == size, f"PACKETRESEND has a body of {len(body)} bytes, not {size}")
    channel, block_id, first, last = struct.unpack_from(">HHII", body)
    if extended:  # the 16-bit field is reserved then, and packet ids have all 32 bits
        return PacketResend(channel, int.from_bytes(body[12:20], "big"), first, last, True)
    return PacketResend(channel, block_id, first & 0xFF_FFFF, last & 0xFF_FFFF, False)


def _read_reg(_: Header, body: bytes) -> ReadReg:
    count, rest = divmod(len(body), 4)
    _need(not rest and 1 <= count <= MAX_REGISTERS_READ, f"READREG has a body of {len(body)} bytes")
    addresses = struct.unpack(f">{count}I", body)
    return ReadReg(addresses)


def _write_reg(_: Header, body: bytes) -> WriteReg:
    count, rest = divmod(len(body), 8)
    _need(not rest and 1 <= count <= MAX_REGISTERS_WRITTEN, f"WRITEREG has a body of {len(body)} bytes")
    writes = tuple(struct.iter_unpack(">II", body))
    return WriteReg(writes)


def _read_mem(_: Header, body: bytes) -> ReadMem:
    _need(len(body) == 8, f"READMEM has a body of {len(body)} bytes, not 8")
    address, count = struct.unpack(">I2xH", body)
    _need(1 <= count <= MAX_BYTES, f"READMEM of {count} bytes, beyond 1 to {MAX_BYTES}")
    aligned(address, count)
    return ReadMem(address, count)


def _write_mem(_: Header, body: bytes) -> WriteMem:
    size = len(body) - 4
    _need(1 <= size <= MAX_BYTES, f"WRITEMEM of {size} bytes, beyond 1 to {MAX_BYTES}")
    address = int.from_bytes(body[:4], "big")
    aligned(address, size)
    return WriteMem(address, body[4:])


def _action(header: Header, body: bytes) -> Action:
    size = 20 if header.flags & SCHEDULED else 12
    _need(len(body) == size, f"ACTION has a body of {len(body)} bytes, not {size}")
    keys = struct.unpack_from(">III", body)
    return Action(*keys, int.from_bytes(body[12:], "big") if header.flags & SCHEDULED else None)


_PARSERS: Mapping[int, Callable[[Header, bytes], Body]] = {
    Command.DISCOVERY: _discovery,
    Command.FORCEIP: _force_ip,
    Command.PACKETRESEND: _packet_resend,
    Command.READREG: _read_reg,
    Command.WRITEREG: _write_reg,
    Command.READMEM: _read_mem,
    Command.WRITEMEM: _write_mem,
    Command.ACTION: _action,
}


def _need(well: bool, message: str) -> None:
    if not well:
        raise StatusError(Status.INVALID_PARAMETER, message)


def aligned(*numbers: int) -> None:
    """Raise StatusError unless these addresses and sizes are multiples of 4."""
    for number in numbers:
        if number % 4:
            raise StatusError(Status.BAD_ALIGNMENT, f"{number:#x} is not a multiple of 4")
