"""USB3 Vision's stream and events: a frame as transfers, an event as a message.

A frame (block) is a leader, its payload and a trailer, each in bulk transfers of its own. The host chooses
how the payload is cut into transfers: it writes the stream interface registers before it enables the stream
(a number of transfers of one size, then a first and a second final one), and the device follows them exactly.
A transfer that the payload does not fill ends early, and one that it does not reach is empty, so that a host
that queued a request for each finds the trailer in its place; payload that does not fit is left out, and the
trailer says so.

Sources: USB3 Vision 1.1, chapters "Stream interface" and "Event interface"; the layouts agree with Aravis and
with Wireshark's dissector.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from camtwin.units import Ns
from camtwin.wire.image import CHUNKS, IMAGE, IMAGE_CHUNKS, Image
from camtwin.wire.u3v.gencp import HEADER, Command, Status

LEADER_PREFIX: Final = 0x4C56_3355  # "U3VL"
TRAILER_PREFIX: Final = 0x5456_3355  # "U3VT"
EVENT_PREFIX: Final = 0x4556_3355  # "U3VE"
LEADER: Final = struct.Struct("<IHHQ HHQIIIIIHH")
TRAILER: Final = struct.Struct("<IHHQ HHQI")
PAYLOAD: Final = {IMAGE: 0x0001, IMAGE_CHUNKS: 0x4001, CHUNKS: 0x4000}
"""Payload type on this link, by `Image.payload_type`."""
CHUNK_LEADER_BYTES: Final = 28
"""Leader without an image: it ends with the timestamp."""
LAYOUT: Final = struct.Struct("<I")
CHUNK_TRAILER_BYTES: Final = TRAILER.size + LAYOUT.size
TEST_EVENT: Final = 0x4FFF
EVENT: Final = struct.Struct("<HHQ")
MAX_EVENT_BYTES: Final = 1024


def leader(image: Image, block_id: int) -> bytes:
    """Build a leader: 52 bytes before an image, 28 before chunks alone."""
    size = CHUNK_LEADER_BYTES if image.payload_type == CHUNKS else LEADER.size
    return LEADER.pack(
        LEADER_PREFIX,
        0,
        size,
        block_id,
        0,
        PAYLOAD[image.payload_type],
        image.timestamp_ns,
        image.pixel_format,
        image.width,
        image.height,
        image.offset_x,
        image.offset_y,
        image.padding_x,
        0,
    )[:size]


def trailer(
    block_id: int,
    valid_bytes: int,
    height: int,
    status: Status = Status.SUCCESS,
    layout_id: int | None = None,
) -> bytes:
    """Build a trailer: 32 bytes with the number of payload bytes and rows that were sent.

    layout_id  with chunks, in 4 more bytes: it changes with the set of chunks and their positions
    """
    layout = b"" if layout_id is None else LAYOUT.pack(layout_id)
    size = TRAILER.size + len(layout)
    return TRAILER.pack(TRAILER_PREFIX, 0, size, block_id, status, 0, valid_bytes, height) + layout


def event(event_id: int, timestamp_ns: Ns, request_id: int, data: bytes = b"") -> bytes:
    """Build a message of the event interface."""
    body = EVENT.pack(EVENT.size + len(data), event_id, timestamp_ns) + data
    return HEADER.pack(EVENT_PREFIX, 0, Command.EVENT, len(body), request_id) + body


@dataclass(frozen=True, slots=True)
class Transfers:
    """Transfer sizes in bytes, from the stream interface registers when the host enabled the stream."""

    size: int
    count: int
    final1: int
    final2: int

    @property
    def room(self) -> int:
        """Bytes of payload that fit."""
        return self.size * self.count + self.final1 + self.final2

    def spans(self, payload_bytes: int) -> Iterator[tuple[int, int]]:
        """Yield the (start, end) of each transfer in the payload; start == end for an empty one."""
        at, finals = 0, [final for final in (self.final1, self.final2) if final]
        for number in range(self.count + len(finals)):
            size = self.size if number < self.count else finals[number - self.count]
            end = min(at + size, payload_bytes)
            yield at, end
            at = end

    def valid(self, payload_bytes: int) -> tuple[int, Status]:
        """Return the bytes of a payload that are sent, and the trailer's status."""
        fits = payload_bytes <= self.room
        return min(payload_bytes, self.room), Status.SUCCESS if fits else Status.DATA_OVERRUN


def block(
    image: Image, block_id: int, payload: memoryview, payload_bytes: int, transfers: Transfers
) -> Iterator[tuple[int, memoryview]]:
    """Yield the transfers of a frame, each with the payload bytes that have travelled once it arrives."""
    valid, status = transfers.valid(payload_bytes)
    yield 0, memoryview(leader(image, block_id))
    for start, end in transfers.spans(payload_bytes):
        yield end, payload[start:end]
    layout_id = None if image.payload_type == IMAGE else image.chunk_layout_id
    yield payload_bytes, memoryview(trailer(block_id, valid, image.height, status, layout_id))
