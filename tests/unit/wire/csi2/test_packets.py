"""Packets: every wrong bit of a header, and the kernels beside the references."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camtwin.pixels import CSI2_FORMATS, pack
from camtwin.wire.csi2 import kernels
from camtwin.wire.csi2.packets import (
    CRC,
    DataType,
    Header,
    Uncorrectable,
    crc,
    long_packet,
    read_header,
    short_packet,
)

headers = st.builds(Header, st.integers(0, 3), st.integers(0, 63), st.integers(0, 0xFFFF))


def flipped(data: bytes, *bits: int) -> bytes:
    return (int.from_bytes(data, "little") ^ sum(1 << bit for bit in bits)).to_bytes(len(data), "little")


@given(headers)
def test_each_single_wrong_bit_is_corrected_and_named(header):
    data = header.encode()
    assert read_header(data) == (header, None)
    for bit in range(32):
        assert read_header(flipped(data, bit)) == (header, bit)


@settings(deadline=None)
@given(headers)
def test_each_two_wrong_bits_are_detected(header):
    data = header.encode()
    for pair in combinations(range(32), 2):
        with pytest.raises(Uncorrectable, match=r"^header [0-9a-f ]{11} has more than one wrong bit$"):
            read_header(flipped(data, *pair))


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (Header(4, 0, 0), "virtual channel 4 is not in 0..3"),
        (Header(0, 64, 0), "data type 64 is not in 0..63"),
        (Header(0, 0, 65536), "packet field 65536 is not in 0..65535"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(header, problem):
    with pytest.raises(ValueError, match=f"^{problem}$"):
        header.encode()


def test_a_header_announces_its_packet():
    assert Header(0, DataType.FRAME_END, 7).packet_bytes == len(short_packet(0, DataType.FRAME_END, 7)) == 4
    assert Header(0, DataType.EMBEDDED, 7).packet_bytes == len(long_packet(0, DataType.EMBEDDED, bytes(7)))


@settings(deadline=None)  # the first call compiles
@given(st.binary(max_size=700))
def test_crcs_agree(payload):
    assert kernels.crc(np.frombuffer(payload, np.uint8)) == crc(payload)


@pytest.mark.parametrize("size", [*range(1020, 1030), 2047, 2048, 2049, 5070, 6084, 65535])
def test_the_crc_of_a_long_payload(size):
    data = np.random.default_rng(size).integers(0, 256, size, np.uint8)
    assert kernels.crc(data) == crc(data.tobytes())


def test_a_crc_continues():
    assert crc(b"6789", crc(b"12345")) == crc(b"123456789") == 0x6F91


def lines(codes: np.ndarray, bits: int, before: np.ndarray, after: np.ndarray) -> bytes:
    """Return what `put_lines` writes, by way of the references."""
    out = b""
    for row, first, last in zip(codes, before, after, strict=True):
        payload = pack(row[None], CSI2_FORMATS[bits]).tobytes()
        out += first.tobytes() + payload + CRC.pack(crc(payload)) + last.tobytes()
    return out


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize(
    ("height", "width"), [(3, 4), (2, 36), (2, 508), (2, 512), (3, 640), (9, 4056), (2, 4060)]
)
def test_the_kernel_packs_lines_as_the_references_do(bits, height, width):
    rng = np.random.default_rng(width)
    codes = rng.integers(0, 1 << bits, (height, width), np.uint16)
    before = rng.integers(0, 256, (height, 36), np.uint8)
    after = rng.integers(0, 256, (height, 16), np.uint8)
    size = 36 + width * bits // 8 + 2 + 16
    out = np.zeros(height * size, np.uint8)
    around = (before, np.array([3, 20]), after, np.array([8]))
    seen = kernels.put_lines(codes, bits, *around, 10**15 + 7, out, np.arange(height) * size)
    for data, at in ((before, 3), (before, 20), (after, 8)):
        times = [int.from_bytes(row[at : at + 8], "little") + 10**15 + 7 for row in data]
        data[:, at : at + 8] = [list((time % 2**64).to_bytes(8, "little")) for time in times]
    assert out.tobytes() == lines(codes, bits, before, after)
    assert seen == np.bitwise_or.reduce(codes, axis=None)


def test_the_kernel_writes_where_it_is_told():
    codes = np.array([[1, 2, 3, 4], [5, 6, 7, 8]], np.uint16)
    nothing = np.zeros((2, 0), np.uint8)
    out = np.full(24, 0xEE, np.uint8)
    never = np.zeros(0, np.int64)
    kernels.put_lines(codes, 10, nothing, never, nothing, never, 5, out, np.array([14, 2]))
    one, two = (lines(codes[i : i + 1], 10, nothing[:1], nothing[:1]) for i in (0, 1))
    assert out.tobytes() == b"\xee" * 2 + two + b"\xee" * 5 + one + b"\xee" * 3
