"""GVSP, GigE Vision's stream protocol: a frame as packets.

A block (frame) is a leader (packet 0), payload packets (1, 2, ...) and a trailer. Every packet begins with a
header: status, block id, format and packet id in 8 bytes ("standard"), or in 20 bytes with 64-bit block ids
and 32-bit packet ids ("extended"). The headers of a frame's payload packets are one numpy array, made in one
go, so that whoever sends them spends no Python on single packets.

    standard   status16, block16, format8, packet24
    extended   status16, flags16, 0x80|format 8, reserved24, block64, packet32

Source: GigE Vision 2.0, chapter GVSP; the layouts agree with Wireshark's dissector.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camtwin.wire.gev.gvcp import Status
from camtwin.wire.image import CHUNKS, IMAGE, Image
from camtwin.wire.ip.ethernet import IP_UDP_BYTES, MIN_IP_BYTES

STANDARD_BYTES: Final = 8
EXTENDED_BYTES: Final = 20
LEADER_BYTES: Final = 36  # after the header, with chunks or without
TRAILER_BYTES: Final = 8
CHUNK_TRAILER_BYTES: Final = 16
FLAG_RESEND: Final = 1  # in extended headers; standard ones use a status code
FLAG_PREVIOUS_DROPPED: Final = 2  # likewise; with standard headers only the block ids show it


class Format(IntEnum):
    """Packet formats."""

    LEADER = 1
    TRAILER = 2
    PAYLOAD = 3


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The packets of a frame, without the payload itself.

    headers      (n, 8 or 20) uint8, of the payload packets 1..n
    data_bytes   payload in each of them, but the last
    leader, trailer   complete packets, 0 and n + 1
    """

    block_id: int
    extended: bool
    payload_bytes: int
    data_bytes: int
    headers: NDArray[np.uint8]
    leader: bytes
    trailer: bytes

    @property
    def last_packet(self) -> int:
        """Id of the trailer."""
        return len(self.headers) + 1


def header_bytes(extended: bool) -> int:
    """Return the length of a packet's header."""
    return EXTENDED_BYTES if extended else STANDARD_BYTES


def data_bytes(packet_bytes: int, *, extended: bool) -> int:
    """Return the payload of a packet whose size, as in GevSCPSPacketSize, includes the IP and UDP headers."""
    return packet_bytes - IP_UDP_BYTES - header_bytes(extended)


def packets_of(payload_bytes: int, packet_bytes: int, *, extended: bool) -> int:
    """Count the packets of a frame, leader and trailer included."""
    return -(-payload_bytes // data_bytes(packet_bytes, extended=extended)) + 2


def wire_bytes(payload_bytes: int, packet_bytes: int, *, extended: bool, chunks: bool, around: int) -> int:
    """Count the bytes of a frame on an Ethernet wire, with `around` bytes of overhead per packet."""
    full, rest = divmod(payload_bytes, data_bytes(packet_bytes, extended=extended))
    before = IP_UDP_BYTES + header_bytes(extended)
    ends = LEADER_BYTES, CHUNK_TRAILER_BYTES if chunks else TRAILER_BYTES
    short = (*ends, rest) if rest else ends
    inside = full * packet_bytes + sum(max(MIN_IP_BYTES, before + size) for size in short)
    return inside + packets_of(payload_bytes, packet_bytes, extended=extended) * around


def packet_header(
    form: Format, block_id: int, packet_id: int, extended: bool, status: int = Status.SUCCESS, flags: int = 0
) -> bytes:
    """Build one packet header; `flags` exist in extended headers only."""
    if extended:
        return struct.pack(">HHIQI", status, flags, (0x80 | form) << 24, block_id, packet_id)
    return struct.pack(">HHI", status, block_id & 0xFFFF, form << 24 | packet_id & 0xFF_FFFF)


def frame_packets(
    image: Image, payload_bytes: int, block_id: int, packet_bytes: int, extended: bool = False, flags: int = 0
) -> Block:
    """Build the packets of an image, each of at most `packet_bytes` bytes with IP and UDP headers."""

    def header(form: Format, packet_id: int) -> bytes:
        return packet_header(form, block_id, packet_id, extended, flags=flags)

    data_bytes = packet_bytes - IP_UDP_BYTES - header_bytes(extended)
    if data_bytes < 1:
        raise ValueError(f"packet size {packet_bytes} B leaves no room for data")
    count = -(-payload_bytes // data_bytes)
    headers = np.empty((count, header_bytes(extended)), np.uint8)
    headers[:] = np.frombuffer(header(Format.PAYLOAD, 0), np.uint8)
    ids = np.arange(1, count + 1, dtype=">u4").view(np.uint8).reshape(count, 4)
    if extended:
        headers[:, 16:20] = ids
    else:
        headers[:, 5:8] = ids[:, 1:]
    return Block(
        block_id,
        extended,
        payload_bytes,
        data_bytes,
        headers,
        header(Format.LEADER, 0) + image_leader(image),
        header(Format.TRAILER, count + 1) + image_trailer(image, payload_bytes),
    )


def image_trailer(image: Image, payload_bytes: int) -> bytes:
    """Build the body of a trailer; with chunks it includes the payload's length and the layout's id."""
    kind = image.payload_type
    rows = b"" if kind == CHUNKS else struct.pack(">I", image.height)
    chunks = b"" if kind == IMAGE else struct.pack(">II", payload_bytes, image.chunk_layout_id)
    return struct.pack(">HH", 0, kind) + rows + chunks


def image_leader(image: Image) -> bytes:
    """Build the body of a leader: 36 bytes, or 12 for a payload of chunks alone."""
    if image.payload_type == CHUNKS:
        return struct.pack(">HHQ", 0, CHUNKS, image.timestamp_ns)
    return struct.pack(
        ">HHQIIIIIHH",
        0,  # field id and count: not interlaced
        image.payload_type,
        image.timestamp_ns,
        image.pixel_format,
        image.width,
        image.height,
        image.offset_x,
        image.offset_y,
        image.padding_x,
        image.padding_y,
    )


def resent(headers: NDArray[np.uint8], extended: bool) -> NDArray[np.uint8]:
    """Return a copy of headers (n, 8 or 20) that marks their packets as resent."""
    marked = headers.copy()
    if extended:
        marked[:, 3] |= FLAG_RESEND
    else:
        marked[:, 0:2] = np.frombuffer(Status.PACKET_RESEND.to_bytes(2, "big"), np.uint8)
    return marked


def unavailable(block_id: int, packet_id: int, extended: bool, status: Status) -> bytes:
    """Build the answer to a resend request for a packet that is gone: a payload packet without payload."""
    return packet_header(Format.PAYLOAD, block_id, packet_id, extended, status, FLAG_RESEND)


def probe_packet(packet_bytes: int) -> bytes:
    """Build a test packet of `packet_bytes` on the wire, by which hosts find the largest packet size."""
    return packet_header(Format.PAYLOAD, 0, 0, extended=False).ljust(packet_bytes - IP_UDP_BYTES, b"\0")


def block_id(number: int, extended: bool) -> int:
    """Return the block id of a stream's frame; `number` counts from 0.

    Block ids start at 1 and skip 0, which is reserved for test packets.
    """
    return number % (0xFFFF_FFFF_FFFF_FFFF if extended else 0xFFFF) + 1
