"""Chunks: each is its data, then its id and its length, 32 bits each; a payload is read from its end.

Source: GigE Vision 2.0, Chunk Data; USB3 Vision has the same in little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, Literal

HEADER_BYTES: Final = 8


def tag(number: int, length: int, order: Literal["big", "little"] = "big") -> bytes:
    """Return the tag (id and length) that follows the `length` bytes of a chunk's data."""
    return struct.pack(">II" if order == "big" else "<II", number, length)


def split(payload: bytes, order: Literal["big", "little"] = "big") -> Iterator[tuple[int, bytes]]:
    """Yield the (id, data) of each chunk of a payload, the last chunk first.

    Raises:
        ValueError: the lengths do not fit the payload.
    """
    end = len(payload)
    while end:
        if end < HEADER_BYTES:
            raise ValueError(f"the first {end} bytes belong to no chunk")
        number, length = struct.unpack_from(">II" if order == "big" else "<II", payload, end - HEADER_BYTES)
        begin = end - HEADER_BYTES - length
        if begin < 0:
            raise ValueError(
                f"chunk {number:#x} of {length} bytes is longer than the {end} bytes up to its end"
            )
        yield number, payload[begin : begin + length]
        end = begin
