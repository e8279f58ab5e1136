"""MIPI CSI-2: golden bytes, typed from public sources and not from our code.

Sources: the examples of the specification's chapters on ECC and checksum, as public receivers and
transmitters carry them in their tests: header 37 F0 01 has ECC 3F; two payloads of 24 bytes with checksums
F0 00 and 69 E5. The headers of 4056 pixels are worked out by hand from the ECC's parity equations. Pixels:
chapter on RAW10 and RAW12 (V4L2's SRGGB10P and SRGGB12P describe the same bytes).
"""

from __future__ import annotations

import numpy as np
import pytest

from camtwin.pixels import CSI2_FORMATS, pack, unpack
from camtwin.wire.csi2 import kernels
from camtwin.wire.csi2.packets import DataType, Header, crc, ecc, long_packet, read_header, short_packet

CHECKSUMS = [
    ("FF 00 00 02 B9 DC F3 72 BB D4 B8 5A C8 75 C2 7C 81 F8 05 DF FF 00 00 01", 0x00F0),
    ("FF 00 00 00 1E F0 1E C7 4F 82 78 C5 82 E0 8C 70 D2 3C 78 E9 FF 00 00 01", 0xE569),
]


def test_ecc():
    assert ecc(0x01F037) == 0x3F
    assert Header(0, 0x37, 0x01F0).encode() == bytes.fromhex("37F0013F")
    assert read_header(bytes.fromhex("37F0013F")) == (Header(0, 0x37, 0x01F0), None)


def test_ecc_of_each_bit():
    """The parity equations: which header bits each of the six parity bits sums up."""
    equations = [
        (0, 1, 2, 4, 5, 7, 10, 11, 13, 16, 20, 21, 22, 23),
        (0, 1, 3, 4, 6, 8, 10, 12, 14, 17, 20, 21, 22, 23),
        (0, 2, 3, 5, 6, 9, 11, 12, 15, 18, 20, 21, 22),
        (1, 2, 3, 7, 8, 9, 13, 14, 15, 19, 20, 21, 23),
        (4, 5, 6, 7, 8, 9, 16, 17, 18, 19, 20, 22, 23),
        (10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23),
    ]
    for bit in range(24):
        assert ecc(1 << bit) == sum((bit in equation) << parity for parity, equation in enumerate(equations))


@pytest.mark.parametrize(("payload", "checksum"), CHECKSUMS)
def test_crc(payload, checksum):
    data = bytes.fromhex(payload)
    assert crc(data) == checksum
    assert kernels.crc(np.frombuffer(data, np.uint8)) == checksum
    assert long_packet(0, DataType.RAW10, data)[-2:] == checksum.to_bytes(2, "little")


@pytest.mark.parametrize(
    ("channel", "data_type", "pixels", "header"),
    [
        (0, DataType.RAW10, 4056, "2b ce 13 17"),
        (0, DataType.RAW12, 4056, "2c c4 17 1b"),
    ],
)
def test_headers_of_a_full_line(channel, data_type, pixels, header):
    bits = {DataType.RAW10: 10, DataType.RAW12: 12}[data_type]
    assert Header(channel, data_type, pixels * bits // 8).encode() == bytes.fromhex(header)


def test_short_packets():
    """Data identifier, number with the low byte first, ECC; the virtual channel in bits 7 and 6."""
    assert short_packet(0, DataType.FRAME_START, 1) == bytes.fromhex("00 01 00 1a")
    assert short_packet(0, DataType.FRAME_END, 1) == bytes.fromhex("01 01 00 1d")
    assert short_packet(1, DataType.LINE_START, 0x0102)[:3] == bytes.fromhex("42 02 01")
    assert short_packet(3, DataType.LINE_END, 0xFFFF)[:3] == bytes.fromhex("c3 ff ff")


def test_data_types():
    assert {t.name: t.value for t in DataType} == {
        "FRAME_START": 0x00,
        "FRAME_END": 0x01,
        "LINE_START": 0x02,
        "LINE_END": 0x03,
        "NULL": 0x10,
        "BLANKING": 0x11,
        "EMBEDDED": 0x12,
        "RAW10": 0x2B,
        "RAW12": 0x2C,
    }


def test_pixels():
    """High bytes of four (RAW10) or two (RAW12) pixels, then their low bits, the first pixel's lowest."""
    ten = np.array([[0x001, 0x3FE, 0x2AB, 0x154]], np.uint16)  # low bits 01, 10, 11, 00
    assert pack(ten, CSI2_FORMATS[10]).tobytes() == bytes.fromhex("00 ff aa 55 39")
    twelve = np.array([[0x123, 0xABC]], np.uint16)
    assert pack(twelve, CSI2_FORMATS[12]).tobytes() == bytes.fromhex("12 ab c3")
    assert unpack(bytes.fromhex("12 ab c3"), CSI2_FORMATS[12], 2, 1).tolist() == twelve.tolist()
