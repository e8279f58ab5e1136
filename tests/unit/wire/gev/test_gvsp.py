"""Frames as packets: what a receiver puts together is what was sent, in both kinds of ids."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camtwin.wire import image as kinds
from camtwin.wire.gev import gvsp
from camtwin.wire.gev.gvcp import Status
from camtwin.wire.image import Image

IMAGE = gvsp.Image(64, 48, 16, 2, 0x0108_0001, 123_456_789_000)


def header(packet: bytes, extended: bool) -> tuple[int, int, int, int, int]:
    """(status, flags, block id, format, packet id), as a receiver takes them apart."""
    if extended:
        status, flags, form, block_id, packet_id = struct.unpack_from(">HHB3xQI", packet)
        assert form & 0x80
        return status, flags, block_id, form & 0x7F, packet_id
    status, block_id, form_and_id = struct.unpack_from(">HHI", packet)
    return status, 0, block_id, form_and_id >> 24, form_and_id & 0xFF_FFFF


@given(
    payload_bytes=st.integers(1, 40_000),
    packet_bytes=st.integers(144, 2250).map(lambda n: 4 * n),
    block_id=st.integers(1, 0xFFFF),
    extended=st.booleans(),
)
def test_a_frame_in_packets(payload_bytes: int, packet_bytes: int, block_id: int, extended: bool) -> None:
    block = gvsp.frame_packets(IMAGE, payload_bytes, block_id, packet_bytes, extended)
    overhead = 28 + (20 if extended else 8)
    count = len(block.headers)
    assert block.data_bytes == packet_bytes - overhead
    assert (count - 1) * block.data_bytes < payload_bytes <= count * block.data_bytes
    for i, row in enumerate(block.headers):
        assert header(row.tobytes(), extended) == (0, 0, block_id, 3, i + 1)
    assert header(block.leader, extended) == (0, 0, block_id, 1, 0)
    assert header(block.trailer, extended) == (0, 0, block_id, 2, count + 1)
    assert block.last_packet == count + 1
    assert block.headers.flags.c_contiguous


def test_more_than_65536_packets() -> None:
    block = gvsp.frame_packets(IMAGE, 70_000 * 540, 9, 576)
    assert header(block.headers[-1].tobytes(), False) == (0, 0, 9, 3, 70_000)
    assert header(block.trailer, False) == (0, 0, 9, 2, 70_001)


def test_64_bit_block_ids() -> None:
    block_id = 0x0123_4567_89AB_CDEF
    block = gvsp.frame_packets(IMAGE, 5000, block_id, 1500, extended=True)
    assert {header(row.tobytes(), True)[2] for row in block.headers} == {block_id}


def test_a_packet_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="36 B"):
        gvsp.frame_packets(IMAGE, 100, 1, 36)


@pytest.mark.parametrize("extended", [False, True])
def test_resent_headers_are_marked_copies(extended: bool) -> None:
    block = gvsp.frame_packets(IMAGE, 5000, 7, 1500, extended)
    before = block.headers.copy()
    marked = gvsp.resent(block.headers[1:3], extended)
    expected = (0, 1) if extended else (0x0100, 0)
    for packet_id, row in zip((2, 3), marked, strict=True):
        assert header(row.tobytes(), extended) == (*expected, 7, 3, packet_id)
    np.testing.assert_array_equal(block.headers, before)


def test_what_is_not_there_is_said_packet_by_packet() -> None:
    packet = gvsp.unavailable(7, 300, False, Status.PACKET_UNAVAILABLE)
    assert (len(packet), header(packet, False)) == (8, (0x800C, 0, 7, 3, 300))
    packet = gvsp.unavailable(1 << 40, 300, True, Status.PACKET_REMOVED)
    assert (len(packet), header(packet, True)) == (20, (0x8012, 1, 1 << 40, 3, 300))


@pytest.mark.parametrize("size", [576, 1500, 9000])
def test_a_probe_fills_the_packet_size(size: int) -> None:
    packet = gvsp.probe_packet(size)
    assert len(packet) == size - 20 - 8
    assert header(packet, False)[2] == 0


def test_block_ids_start_at_1_and_skip_0() -> None:
    assert gvsp.block_id(0, False) == 1
    assert gvsp.block_id(0xFFFE, False) == 0xFFFF
    assert gvsp.block_id(0xFFFF, False) == 1
    assert gvsp.block_id(0xFFFF, True) == 0x1_0000
    assert gvsp.block_id((1 << 64) - 1, True) == 1


def test_flags_are_in_extended_headers_alone() -> None:
    """Every packet of the block has them; 0x0002: the previous block was dropped."""
    extended, standard = (
        gvsp.frame_packets(IMAGE, 5000, 7, 1500, kind, gvsp.FLAG_PREVIOUS_DROPPED) for kind in (True, False)
    )
    for packet in (extended.leader, *map(bytes, extended.headers), extended.trailer):
        assert packet[:4].hex() == "00000002"
    assert {bytes(row)[:4].hex() for row in gvsp.resent(extended.headers, True)} == {"00000003"}
    for packet in (standard.leader, *map(bytes, standard.headers), standard.trailer):
        assert packet[:4].hex() == "00000007"


@given(
    payload_bytes=st.integers(0, 60_000),
    packet_bytes=st.integers(400, 9000),
    extended=st.booleans(),
    chunks=st.booleans(),
    around=st.integers(0, 60),
)
def test_the_modelled_wire_carries_the_packets_that_are_sent(
    payload_bytes: int, packet_bytes: int, extended: bool, chunks: bool, around: int
) -> None:
    """Each packet with IP's and UDP's headers, padded to Ethernet's least, and what is about it."""
    image = Image(64, 64, 0, 0, 0x0108_0001, 5, payload_type=kinds.IMAGE_CHUNKS if chunks else kinds.IMAGE)
    block = gvsp.frame_packets(image, payload_bytes, 1, packet_bytes, extended)
    ends = range(0, payload_bytes, block.data_bytes)
    payload = [min(block.data_bytes, payload_bytes - at) + block.headers.shape[1] for at in ends]
    sizes = [len(block.leader), *payload, len(block.trailer)]
    assert gvsp.packets_of(payload_bytes, packet_bytes, extended=extended) == len(sizes)
    wire = sum(max(46, size + 28) + around for size in sizes)
    modelled = gvsp.wire_bytes(payload_bytes, packet_bytes, extended=extended, chunks=chunks, around=around)
    assert modelled == wire
