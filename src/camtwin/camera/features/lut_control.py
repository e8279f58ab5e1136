"""LUTControl: a look-up table for pixel values, before they are reduced to the bits of the pixel format."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camtwin.genicam.nodes import Boolean, Chapter, Expert, Integer, Register, Selector

WIDTH = 2  # bytes of an entry
SELECTED = ("LUTSelector", "LUTIndex")


def identity(count: int) -> bytes:
    return b"".join(code.to_bytes(WIDTH, "big") for code in range(count))


def entry(LUTValueAll: bytes, LUTIndex: int) -> int:
    return int.from_bytes(LUTValueAll[WIDTH * LUTIndex : WIDTH * LUTIndex + WIDTH], "big")


def put(shown: int, settings: LUTControl) -> Mapping[str, Any]:
    table = bytearray(settings.LUTValueAll)
    at = WIDTH * settings.LUTIndex
    table[at : at + WIDTH] = shown.to_bytes(WIDTH, "big")
    return {"LUTValueAll": bytes(table)}


# fmt: off
class LUTControl(Chapter):
    LUTSelector = Selector("Selects the look-up table to configure.", "Luminance")
    LUTEnable = Boolean(
        "Enables the selected look-up table, which replaces each pixel value by the table's entry for it.",
        default=False).per("LUTSelector")
    LUTIndex = Integer(
        "Sets the index of the look-up table entry that LUTValue accesses. The index is the pixel value that the "
        "entry replaces.",
        max=0xFFFF, saved=False, visibility=Expert)
    LUTValue = Integer(
        "Sets the pixel value that the look-up table returns for LUTIndex.",
        max=0xFFFF, value=entry, put=put, follows=SELECTED, visibility=Expert)
    LUTValueAll = Register(
        "Sets all entries of the selected look-up table at once, from index 0 on, as big-endian 16-bit numbers.",
        default=b"", length=0, width=WIDTH, fill=identity, highest=0xFFFF, follows=("LUTSelector",), visibility=Expert)
