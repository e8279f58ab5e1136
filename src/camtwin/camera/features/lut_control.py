"""LUTControl: a table that codes go through, before they are reduced to the pixel format's bits."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camtwin.genicam.nodes import Boolean, Chapter, Expert, Integer, Register, Selector

BITS = 12
WIDTH = 2  # bytes of an entry
IDENTITY = b"".join(code.to_bytes(WIDTH, "big") for code in range(1 << BITS))
SELECTED = ("LUTSelector", "LUTIndex")


def entry(LUTValueAll: bytes, LUTIndex: int) -> int:
    return int.from_bytes(LUTValueAll[WIDTH * LUTIndex : WIDTH * LUTIndex + WIDTH], "big")


def put(shown: int, settings: LUTControl) -> Mapping[str, Any]:
    table = bytearray(settings.LUTValueAll)
    at = WIDTH * settings.LUTIndex
    table[at : at + WIDTH] = shown.to_bytes(WIDTH, "big")
    return {"LUTValueAll": bytes(table)}


# fmt: off
class LUTControl(Chapter):
    LUTSelector = Selector("The table that is set up.", "Luminance")
    LUTEnable = Boolean("Sends codes through the table.", default=False).per("LUTSelector")
    LUTIndex = Integer("The code whose entry LUTValue shows.", max=(1 << BITS) - 1, saved=False, visibility=Expert)
    LUTValue = Integer("What the code becomes.", max=(1 << BITS) - 1, value=entry, put=put, follows=SELECTED, visibility=Expert)
    LUTValueAll = Register("All entries, from code 0 on, each in two bytes.", default=IDENTITY, length=len(IDENTITY), width=WIDTH,
                           highest=(1 << BITS) - 1, follows=("LUTSelector",), visibility=Expert)
