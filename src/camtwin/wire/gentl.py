"""Messages between a server of twins and GenTL's producer (links/native/gentl/protocol.h), sans-IO.

Each is one datagram of a Unix socket that keeps their bounds. A session has two sockets: on the first one the
producer asks and the server answers, question by question; its end is the session's. The second one names the
session: memory, frames and events come on it, and slots of memory go back.

    question  kind u32 | size u32 | number u64 | data
    answer    status i32 | size u32 | data, or the reason of a refusal as text
    news      kind u32 | size u32 | number u64 | data

Numbers are little-endian. Statuses are GenTL's error codes; texts that form lists end with a zero each.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final, TypeAlias

from camtwin.units import Ns
from camtwin.wire.image import CHUNKS, IMAGE, Image

SOCKET_PREFIX: Final = "gentl1-"
"""Beginning of a socket's name. The number is the protocol's: producers of another one do not see it."""
MAX_MESSAGE, MAX_PART = 65536, 32768
"""Limits of a datagram, and of the bytes that one question reads or writes."""

ASK: Final = struct.Struct("<IIQ")
ANSWER: Final = struct.Struct("<iI")
NEWS: Final = struct.Struct("<IIQ")
MEMORY: Final = struct.Struct("<QQ")
FRAME: Final = struct.Struct("<7Q6I")
COUNT: Final = struct.Struct("<I")
NUMBER: Final = struct.Struct("<Q")


class Ask(IntEnum):
    """Kinds of questions; the last two have no answer."""

    LIST = 1
    OPEN = 2
    NEWS = 3
    READ = 4
    WRITE = 5
    START = 6
    STOP = 7
    TAKEN = 8
    RELEASED = 9


class Tell(IntEnum):
    """Kinds of news."""

    MEMORY = 1
    FRAME = 2
    EVENT = 3
    CHANGED = 4
    GONE = 5


class Access(IntEnum):
    """Ways to open a device."""

    READONLY = 2
    CONTROL = 3
    EXCLUSIVE = 4


class AccessStatus(IntEnum):
    """Whether a device can be opened, as other consumers are told."""

    READWRITE = 1
    READONLY = 2
    BUSY = 4


class Error(IntEnum):
    """Codes of refusals, by the names of statuses that links share (wire/status.py), and GenTL's own."""

    ERROR = -1001
    NOT_IMPLEMENTED = -1003
    RESOURCE_IN_USE = -1004
    ACCESS_DENIED = -1005
    WRITE_PROTECT = -1005
    INVALID_ID = -1007
    INVALID_PARAMETER = -1019  # of a register's value: GenTL's INVALID_VALUE
    BAD_QUESTION = -1009  # GenTL's INVALID_PARAMETER
    IO = -1010
    INVALID_ADDRESS = -1015
    BUSY = -1022


class FrameFlag(IntFlag):
    """Properties of a frame. PATIENT: it waits for a buffer, and the camera's time with it."""

    PATIENT = 1
    IMAGE = 2
    CHUNKS = 4


class NotAQuestion(ValueError):
    """Bytes that are not a question; the connection is to be closed."""


@dataclass(frozen=True, slots=True)
class List:
    """Ask for the records of all twins."""


@dataclass(frozen=True, slots=True)
class Open:
    """Open a device; the answer is the session's number."""

    id: str
    access: Access


@dataclass(frozen=True, slots=True)
class HearNews:
    """Make this connection the second one of a session."""

    session: int


@dataclass(frozen=True, slots=True)
class Read:
    """Read registers."""

    address: int
    count: int


@dataclass(frozen=True, slots=True)
class Write:
    """Write registers."""

    address: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Start:
    """Open the stream; the answer is its generation."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Close the stream."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A frame has found a buffer, which keeps its slot; no answer."""

    ring: int
    slot: int


@dataclass(frozen=True, slots=True)
class Released:
    """A slot is free again; no answer."""

    ring: int
    slot: int


Question: TypeAlias = List | Open | HearNews | Read | Write | Start | Stop | Taken | Released


def parse(data: bytes) -> Question:
    """Parse a datagram of the producer. NotAQuestion if it is not a question."""
    if len(data) < ASK.size:
        raise NotAQuestion(f"{len(data)} bytes are less than a question's {ASK.size}")
    kind, size, number = ASK.unpack_from(data)
    rest = data[ASK.size :]
    if size != len(rest):
        raise NotAQuestion(f"a question with {len(rest)} bytes of data says that it has {size}")
    match kind:
        case Ask.LIST:
            return List()
        case Ask.OPEN if number in tuple(Access):
            return Open(rest.partition(b"\0")[0].decode(errors="replace"), Access(number))
        case Ask.NEWS:
            return HearNews(number)
        case Ask.READ if size == COUNT.size:
            (count,) = COUNT.unpack(rest)
            if not 0 < count <= MAX_PART:
                raise NotAQuestion(f"a read of {count} bytes is not within 1 .. {MAX_PART}")
            return Read(number, count)
        case Ask.WRITE if 0 < size <= MAX_PART:
            return Write(number, rest)
        case Ask.START:
            return Start()
        case Ask.STOP:
            return Stop()
        case Ask.TAKEN:
            return Taken(number >> 32, number & 0xFFFF_FFFF)
        case Ask.RELEASED:
            return Released(number >> 32, number & 0xFFFF_FFFF)
        case _:
            raise NotAQuestion(f"{data[: ASK.size].hex()} begins no question")


def question(kind: Ask, number: int = 0, data: bytes = b"") -> bytes:
    """Build a question, as the producer sends it."""
    return ASK.pack(kind, len(data), number) + data


def answer(data: bytes = b"") -> bytes:
    """Build the answer to a question that was carried out."""
    return ANSWER.pack(0, len(data)) + data


def refusal(error: Error, reason: str) -> bytes:
    """Build the answer to a question that was not carried out."""
    text = reason.encode()
    return ANSWER.pack(error, len(text)) + text


def texts(items: Sequence[str]) -> bytes:
    """Return a list of texts, each of which ends with a zero."""
    return b"".join(item.encode() + b"\0" for item in items)


@dataclass(frozen=True, slots=True)
class Record:
    """A device as the list has it; order is the byte order of its chunks and registers."""

    id: str
    vendor: str
    model: str
    tltype: str
    display_name: str
    status: AccessStatus
    user_name: str
    serial: str
    version: str
    ticks_per_s: int
    xml_url: str
    order: str

    def pack(self) -> bytes:
        """Build the record."""
        names = (self.id, self.vendor, self.model, self.tltype, self.display_name)
        rest = (self.user_name, self.serial, self.version, str(self.ticks_per_s), self.xml_url, self.order)
        return texts((*names, str(int(self.status)), *rest))


def news(kind: Tell, number: int = 0, data: bytes = b"") -> bytes:
    """Build a message of the second connection."""
    return NEWS.pack(kind, len(data), number) + data


def memory(ring: int, slots: int, slot_bytes: int) -> bytes:
    """Build the message that a descriptor of memory comes with."""
    return news(Tell.MEMORY, ring, MEMORY.pack(slots, slot_bytes))


def frame(
    ring: int,
    slot: int,
    image: Image,
    *,
    generation: int,
    payload_bytes: int,
    frame_id: int,
    patient: bool,
) -> bytes:
    """Build the message of a frame that lies in a slot. image: the contents of its leader."""
    flags = FrameFlag.PATIENT if patient else FrameFlag(0)
    if image.payload_type != CHUNKS:
        flags |= FrameFlag.IMAGE
    if image.payload_type != IMAGE:
        flags |= FrameFlag.CHUNKS
    timestamp_ns: Ns = image.timestamp_ns
    places = (generation, slot, payload_bytes, timestamp_ns, frame_id, image.pixel_format)
    shape = (image.width, image.height, image.offset_x, image.offset_y)
    return news(Tell.FRAME, ring, FRAME.pack(*places, image.chunk_layout_id, *shape, flags, 0))
