"""CSI-2 packets: a header that corrects itself, and for long packets a payload with a CRC.

    header          data identifier, 16-bit field (low byte first), ECC
    short packet    header alone; the field is the number of a frame or a line, 0 where they are not counted
    long packet     header, payload, CRC (low byte first); the field is the payload's length: the word count

The data identifier is the virtual channel (bits 7..6) and the data type (5..0). The ECC, 6 bits and two
zeros, is a Hamming code over the 24 bits before it: it corrects one wrong bit of a header and detects two.
The CRC covers the payload: x^16 + x^12 + x^5 + 1, bits in the order of the wire (lowest first), beginning
with ones. It is known as CRC-16/MCRF4XX.

These are the readable references; kernels.py has the CRC and whole frames at speed.

Source: MIPI CSI-2 1.3, chapter 9, as public receivers (Linux, FPGA cores) implement it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

HEADER: Final = struct.Struct("<BHB")
CRC: Final = struct.Struct("<H")
HEADER_BYTES: Final = HEADER.size
CRC_BYTES: Final = CRC.size
OVERHEAD_BYTES: Final = HEADER_BYTES + CRC_BYTES
"""Bytes of a long packet beside its payload."""
MAX_FIELD: Final = 0xFFFF
MAX_CHANNEL: Final = 3
CRC_START: Final = 0xFFFF
CRC_POLYNOMIAL: Final = 0x8408  # bits reversed: the lowest bit is x^15
HEADER_BITS: Final = 24
"""Bits of a header that its ECC protects."""


class DataType(IntEnum):
    """Data types; below 0x10 those of short packets."""

    FRAME_START = 0x00
    FRAME_END = 0x01
    LINE_START = 0x02
    LINE_END = 0x03
    NULL = 0x10
    BLANKING = 0x11
    EMBEDDED = 0x12
    RAW10 = 0x2B
    RAW12 = 0x2C


FIRST_LONG: Final = 0x10
RAW: Final = {10: DataType.RAW10, 12: DataType.RAW12}
"""Data type of pixels, by their bits."""

COLUMNS: Final = tuple(n for ones in (3, 5) for n in range(64) if n.bit_count() == ones)[:HEADER_BITS]
"""ECC of a header with one bit set, by the bit.

The numbers of six bits with three ones, then those with five: no two add up to a third, so that two wrong
bits never look like one.
"""
_WRONG_BIT: Final = {column: bit for bit, column in enumerate((*COLUMNS, *(1 << bit for bit in range(6))))}


class Uncorrectable(ValueError):
    """A header with more than one wrong bit."""


@dataclass(frozen=True, slots=True)
class Header:
    """A header's content.

    data_type  6 bits, whether DataType knows it or not
    field      word count, frame number or line number
    """

    channel: int
    data_type: int
    field: int

    @property
    def long(self) -> bool:
        """Whether a payload and a CRC follow."""
        return self.data_type >= FIRST_LONG

    @property
    def packet_bytes(self) -> int:
        """Length of the packet that the header announces."""
        return OVERHEAD_BYTES + self.field if self.long else HEADER_BYTES

    def encode(self) -> bytes:
        """Return the 4 bytes; ValueError for a number that does not fit."""
        for name, value, most in (
            ("virtual channel", self.channel, MAX_CHANNEL),
            ("data type", self.data_type, 0x3F),
            ("packet field", self.field, MAX_FIELD),
        ):
            if not 0 <= value <= most:
                raise ValueError(f"{name} {value} is not in 0..{most}")
        identifier = self.channel << 6 | self.data_type
        return HEADER.pack(identifier, self.field, ecc(identifier | self.field << 8))


def ecc(bits: int) -> int:
    """Return the ECC of a header's 24 bits, the data identifier lowest.

    >>> hex(ecc(0x01F037))
    '0x3f'
    """
    parity = 0
    for bit, column in enumerate(COLUMNS):
        if bits >> bit & 1:
            parity ^= column
    return parity


def read_header(data: bytes | memoryview) -> tuple[Header, int | None]:
    """Return the header in the first 4 bytes, and which bit of the 32 was wrong and is corrected, if one was.

    Raises Uncorrectable if more than one is wrong.

    >>> read_header(bytes.fromhex("37f0013f")), read_header(bytes.fromhex("37f0033f"))[1]
    ((Header(channel=0, data_type=55, field=496), None), 17)
    """
    word = int.from_bytes(data[:HEADER_BYTES], "little")
    protected = word & ((1 << HEADER_BITS) - 1)
    received = word >> HEADER_BITS
    wrong = []
    if syndrome := ecc(protected) ^ received & 0x3F:
        if syndrome not in _WRONG_BIT:
            raise Uncorrectable(f"header {bytes(data[:HEADER_BYTES]).hex(' ')} has more than one wrong bit")
        wrong.append(_WRONG_BIT[syndrome])
    wrong += [HEADER_BITS + bit for bit in (6, 7) if received >> bit & 1]  # always 0
    if len(wrong) > 1:
        raise Uncorrectable(f"header {bytes(data[:HEADER_BYTES]).hex(' ')} has more than one wrong bit")
    for bit in wrong:
        protected ^= 1 << bit & (1 << HEADER_BITS) - 1
    return Header(protected >> 6 & 3, protected & 0x3F, protected >> 8), wrong[0] if wrong else None


def crc(payload: bytes | memoryview, state: int = CRC_START) -> int:
    """Return the CRC of a payload, bit by bit; `state`: that of the bytes before it.

    >>> hex(crc(b"123456789"))
    '0x6f91'
    """
    for byte in payload:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (CRC_POLYNOMIAL if state & 1 else 0)
    return state


def short_packet(channel: int, data_type: DataType, number: int) -> bytes:
    """Build a short packet: FS, FE, LS or LE."""
    return Header(channel, data_type, number).encode()


def long_packet(
    channel: int, data_type: DataType, payload: bytes, checksum: Callable[[bytes], int] = crc
) -> bytes:
    """Build a long packet; ValueError if the payload is longer than a word count can say.

    checksum: `crc`, or the kernel in its place.
    """
    return Header(channel, data_type, len(payload)).encode() + payload + CRC.pack(checksum(payload))
