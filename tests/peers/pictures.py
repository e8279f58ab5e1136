"""Bytes of a noise-free grey ramp, typed from PFNC's definitions and not from the twin's packing.

The ramp's value is the column, modulo the format's range. Mono8: a byte a pixel. Mono10, Mono12: 16 bits
little endian, upper bits zero. Mono10p, Mono12p: pixels follow each other bit by bit, lowest bit first, into
bytes filled from their lowest bit. IDS's grouped formats: the highest 8 bits of 4 pixels (2 at 12 bits), a
byte each, then a byte of the remaining bits, the first pixel's lowest.
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


def _grouped(bits: int):
    def row(columns: range) -> bytes:
        low = bits - 8
        stream = bytearray()
        values = [c % 2**bits for c in columns]
        for at in range(0, len(values), 8 // low):
            group = values[at : at + 8 // low]
            stream += bytes(value >> low for value in group)
            stream.append(sum(value % 2**low << low * i for i, value in enumerate(group)))
        return bytes(stream)

    return row


ROW = {
    "Mono8": (MONO8, _byte),
    "Mono10": (MONO10, _words(10)),
    "Mono12": (MONO12, _words(12)),
    "Mono10p": (MONO10P, _packed(10)),
    "Mono12p": (MONO12P, _packed(12)),
    "BayerGR10g40IDS": (0x40000003, _grouped(10)),
    "BayerGR12g24IDS": (0x40000013, _grouped(12)),
}


def ramp(pixel_format: str, width: int, height: int) -> bytes:
    """Return the payload of a GreyHorizontalRamp; width such that a row ends on a byte."""
    return ROW[pixel_format][1](range(width)) * height


def diagonal(pixel_format: str, width: int, height: int) -> bytes:
    """Return the payload of a GreyDiagonalRamp: column plus row, modulo the format's range.

    Four pixels end on a byte in every format, so a row is a part of a sequence that begins with 0, 1, 2 or 3.
    """
    assert width % 4 == 0
    _, row = ROW[pixel_format]
    four = len(row(range(4)))
    long = [row(range(first, first + width + height + 4 - height % 4)) for first in range(4)]
    starts = (y // 4 * four for y in range(height))
    return b"".join(long[y % 4][at : at + width // 4 * four] for y, at in enumerate(starts))
