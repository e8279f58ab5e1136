"""What a noise-free grey ramp is on the wire, typed from PFNC's definitions and not from the twin's packing.

The ramp's value is the column, modulo the format's range. Mono8: a byte a pixel. Mono10, Mono12: 16 bits
little endian, upper bits zero. Mono10p, Mono12p: pixels follow each other bit by bit, lowest bit first, into
bytes filled from their lowest bit.
"""

from __future__ import annotations

MONO8, MONO10, MONO12, MONO10P, MONO12P = 0x01080001, 0x01100003, 0x01100005, 0x010A0046, 0x010C0047


def _byte(columns: range) -> bytes:
    return bytes(c % 256 for c in columns)


def _words(bits: int):
    return lambda columns: b"".join(bytes((c % 2**bits & 0xFF, c % 2**bits >> 8)) for c in columns)


def _packed(bits: int):
    def row(columns: range) -> bytes:
        stream = sum(c % 2**bits << bits * i for i, c in enumerate(columns))
        return stream.to_bytes(len(columns) * bits // 8, "little")

    return row


ROW = {
    "Mono8": (MONO8, _byte),
    "Mono10": (MONO10, _words(10)),
    "Mono12": (MONO12, _words(12)),
    "Mono10p": (MONO10P, _packed(10)),
    "Mono12p": (MONO12P, _packed(12)),
}


def ramp(pixel_format: str, width: int, height: int) -> bytes:
    """The payload of a GreyHorizontalRamp; width such that a row ends on a byte."""
    return ROW[pixel_format][1](range(width)) * height


def diagonal(pixel_format: str, width: int, height: int) -> bytes:
    """The payload of a GreyDiagonalRamp: the value is column plus row, modulo the format's range."""
    _, row = ROW[pixel_format]
    return b"".join(row(range(y, y + width)) for y in range(height))
