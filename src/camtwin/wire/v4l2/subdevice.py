"""Arguments of the ioctls of sub-devices, which have pads. Source: linux/v4l2-subdev.h, media-bus-format.h.

Fields that newer headers name within `reserved` (stream) are zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from camtwin.wire.v4l2.layout import U32, Layout, Numbers
from camtwin.wire.v4l2.video import BusFormat, Rectangle

TRY, ACTIVE = 0, 1
"""`which`: a state of the open file's own, or that of the hardware."""
BUS_CODES: Final = {
    ("rggb", 10): 0x300F,
    ("grbg", 10): 0x300A,
    ("gbrg", 10): 0x300E,
    ("bggr", 10): 0x3007,
    ("rggb", 12): 0x3012,
    ("grbg", 12): 0x3011,
    ("gbrg", 12): 0x3010,
    ("bggr", 12): 0x3008,
}
"""MEDIA_BUS_FMT_S<phase><bits>_1X<bits>."""


@dataclass(frozen=True)
class SubdeviceCapability(Layout):
    version: U32
    capabilities: U32
    reserved: Annotated[tuple[int, ...], Numbers("I", 14)] = (0,) * 14


@dataclass(frozen=True)
class PadFormat(Layout):
    which: U32
    pad: U32
    format: BusFormat
    reserved: Annotated[tuple[int, ...], Numbers("I", 8)] = (0,) * 8


@dataclass(frozen=True)
class PadCrop(Layout):
    which: U32
    pad: U32
    rect: Rectangle
    reserved: Annotated[tuple[int, ...], Numbers("I", 8)] = (0,) * 8


@dataclass(frozen=True)
class BusCode(Layout):
    pad: U32
    index: U32
    code: U32
    which: U32
    flags: U32 = 0
    reserved: Annotated[tuple[int, ...], Numbers("I", 7)] = (0,) * 7


@dataclass(frozen=True)
class PadFrameSize(Layout):
    index: U32
    pad: U32
    code: U32
    min_width: U32
    max_width: U32
    min_height: U32
    max_height: U32
    which: U32
    reserved: Annotated[tuple[int, ...], Numbers("I", 8)] = (0,) * 8


@dataclass(frozen=True)
class PadSelection(Layout):
    which: U32
    pad: U32
    target: U32
    flags: U32
    r: Rectangle
    reserved: Annotated[tuple[int, ...], Numbers("I", 8)] = (0,) * 8
