"""Embedded data: the registers in force for a frame, in lines of tagged bytes before its pixels.

A line begins with 0x0A; then come pairs of a tag and a byte. 0xAA and 0xA5 set the high and the low byte of
the register address; 0x5A gives the value of the register there and goes on to the next address; 0x55 goes on
without a value. 0x07 0x07 ends the data of a line, and more of 0x07 fill it.

These bytes are the high 8 bits of pixels, and are packed as the image's pixels are: each has the low bits of
0x55, so that after every four bytes (RAW10) or two (RAW12) a byte of 0x55 follows.

Source: MIPI CCS 1.1 (and SMIA 1.0 before it), simplified tagged data format, as libcamera and Linux read it.
That a skipped register's byte is 0, and that pairs never cross lines, is chosen here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camtwin.pixels import CSI2_FORMATS, pack, unpack

LINES: Final = 2
LINE_START: Final = 0x0A
ADDRESS_HIGH, ADDRESS_LOW, VALUE, SKIP, END = 0xAA, 0xA5, 0x5A, 0x55, 0x07
FILLER: Final = 0x55
"""The byte between packed bytes; each code's low bits are a part of it."""
MAX_ADDRESS: Final = 0xFFFF


class EmbeddedError(ValueError):
    """A line of embedded data that cannot be read: the byte of its payload at which, and why."""

    def __init__(self, byte: int, message: str) -> None:
        super().__init__(f"payload byte {byte}: {message}")
        self.byte, self.reason = byte, message


def encode(
    registers: Mapping[int, int], width: int, bits: int, lines: int = LINES
) -> list[NDArray[np.uint8]]:
    """Return the payloads of embedded lines that code 8-bit registers, in the order of their addresses.

    Args:
        registers: value by address.
        width: pixels of an image line, whose length these lines have.
        bits: 10 or 12, of an image's pixels.
        lines: number of lines.

    Raises:
        ValueError: an address or value does not fit its bits, or the lines have no room for all.
    """
    tagged, count = _tagged(registers, width, lines)
    if count < len(registers):
        raise ValueError(f"{len(registers)} registers do not fit into {lines} lines of {width} pixels")
    return [_packed(line.ljust(width, bytes((END,))), bits) for line in tagged]


def fitting(registers: Mapping[int, int], width: int, lines: int = LINES) -> dict[int, int]:
    """Return the registers with the lowest addresses, as many as `encode` has room for."""
    _, count = _tagged(registers, width, lines)
    return dict(sorted(registers.items())[:count])


def _tagged(registers: Mapping[int, int], width: int, lines: int) -> tuple[list[bytes], int]:
    """Return the tagged bytes of each line, and how many of the registers they have room for."""
    tagged = [bytearray((LINE_START,))]
    there: int | None = None
    count = 0
    for address, value in sorted(registers.items()):
        if not (0 <= address <= MAX_ADDRESS and 0 <= value <= 0xFF):
            raise ValueError(f"register {address:#06x} = {value:#x} is not 16 bits of address, 8 of value")
        pairs = _step(there, address) + bytes((VALUE, value))
        if len(tagged[-1]) + len(pairs) + 2 > width:
            tagged.append(bytearray((LINE_START,)))
            pairs = _step(None, address) + bytes((VALUE, value))
        if len(tagged) > lines or len(tagged[-1]) + len(pairs) + 2 > width:
            break
        tagged[-1] += pairs
        there = address + 1
        count += 1
    tagged += [bytearray((LINE_START,)) for _ in range(lines - len(tagged))]
    return [bytes(line) for line in tagged[:lines]], count


def decode(payloads: Iterable[bytes | memoryview], bits: int) -> dict[int, int]:
    """Return the registers, value by address, that the payloads of a frame's embedded lines code.

    Raises EmbeddedError for bytes that are no such line.
    """
    registers: dict[int, int] = {}
    for payload in payloads:
        registers.update(_read_line(_unpacked(payload, bits), bits))
    return registers


def _step(there: int | None, address: int) -> bytes:
    """Return the pairs that lead from one address (None: a line's start) to another."""
    if there == address:
        return b""
    if there is not None and address == there + 1:
        return bytes((SKIP, 0))
    high = bytes((ADDRESS_HIGH, address >> 8))
    low = bytes((ADDRESS_LOW, address & 0xFF))
    return low if there is not None and there >> 8 == address >> 8 else high + low


@lru_cache(16)
def _packed(tagged: bytes, bits: int) -> NDArray[np.uint8]:
    """Return a line's payload, read-only: most frames have the registers of the one before."""
    low = bits - 8
    codes = np.frombuffer(tagged, np.uint8).astype(np.uint16) << np.uint16(low)
    payload = pack((codes | np.uint16(FILLER & (1 << low) - 1))[None], CSI2_FORMATS[bits])
    payload.flags.writeable = False
    return payload


def _byte(index: int, bits: int) -> int:
    """Return where in a payload the byte of that number, fillers not counted, lies."""
    pixels, size = CSI2_FORMATS[bits].group
    return index // pixels * size + index % pixels


def _unpacked(payload: bytes | memoryview, bits: int) -> bytes:
    pixels, size = CSI2_FORMATS[bits].group
    groups, rest = divmod(len(payload), size)
    if rest:
        raise EmbeddedError(len(payload), f"the line ends within a group of {size}")
    codes = unpack(payload, CSI2_FORMATS[bits], groups * pixels, 1)[0]
    low = (1 << bits - 8) - 1
    wrong = np.flatnonzero(codes & low != FILLER & low)
    if wrong.size:
        at = int(wrong[0]) // pixels * size + size - 1
        raise EmbeddedError(at, f"{payload[at]:#04x} is not the {FILLER:#04x} between bytes")
    return (codes >> bits - 8).astype(np.uint8).tobytes()


def _read_line(tagged: Sequence[int], bits: int) -> dict[int, int]:
    registers: dict[int, int] = {}
    if not tagged or tagged[0] != LINE_START:
        raise EmbeddedError(0, f"a line of embedded data begins with {LINE_START:#04x}")
    address = 0
    for at in range(1, len(tagged) - 1, 2):
        tag, byte = tagged[at], tagged[at + 1]
        if tag == ADDRESS_HIGH:
            address = byte << 8 | address & 0xFF
        elif tag == ADDRESS_LOW:
            address = address & 0xFF00 | byte
        elif tag in (VALUE, SKIP):
            if tag == VALUE:
                registers[address] = byte
            address = (address + 1) & MAX_ADDRESS
        elif tag == END:
            return registers
        else:
            raise EmbeddedError(_byte(at, bits), f"{tag:#04x} is no tag")
    raise EmbeddedError(_byte(len(tagged), bits), f"the line has no end, {END:#04x}")
