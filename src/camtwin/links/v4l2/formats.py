"""Pixel formats and sizes of a video node: exactly those of the driver's modes, and conversions on request.

A conversion is a format that no sensor sends; the server makes it, and marks it as emulated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camtwin.links.v4l2.contract import Pixels
from camtwin.models.mode_file import ImageMode
from camtwin.pixels.formats import CSI2_FORMATS
from camtwin.pixels.packing import pack
from camtwin.wire.v4l2 import video as v

PHASES: Final = {
    "rggb": "RGRG/GBGB",
    "grbg": "GRGR/BGBG",
    "gbrg": "GBGB/RGRG",
    "bggr": "BGBG/GRGR",
}
"""Colours of two rows as Linux writes them."""
EIGHT_BITS: Final = {"rggb": "RGGB", "grbg": "GRBG", "gbrg": "GBRG", "bggr": "BA81"}
GREY: Final = "GREY"
PACKED: Final = {"rggb": "R", "grbg": "g", "gbrg": "G", "bggr": "B"}
PACKED_BITS: Final = {10: "AA", 12: "CC"}
"""Four characters of formats: pRAA is V4L2_PIX_FMT_SRGGB10P, packed as on CSI-2."""


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """A pixel format of one mode: 16 bits a pixel as the sensor sends them, or converted.

    bits  a pixel has in memory: 16; 8; or, packed, as many as are sent
    """

    fourcc: str
    mode: int
    width: int
    height: int
    sent_bits: int
    phase: str
    bits: int = 16

    @property
    def emulated(self) -> bool:
        """Whether the server makes it."""
        return self.bits != 16

    @property
    def description(self) -> str:
        """The name that Linux gives it."""
        if self.fourcc == GREY:
            return "8-bit Greyscale"
        shown = 8 if self.bits == 8 else self.sent_bits
        return f"{shown}-bit Bayer {PHASES[self.phase]}{' Packed' if self.bits == self.sent_bits else ''}"

    @property
    def line_bytes(self) -> int:
        return self.width * self.bits // 8

    @property
    def bytes(self) -> int:
        return self.line_bytes * self.height

    def pixels(self) -> v.PixFormat:
        """Return it as a program sees it."""
        return v.PixFormat(
            width=self.width,
            height=self.height,
            pixelformat=v.fourcc(self.fourcc),
            field=v.FIELD_NONE,
            bytesperline=self.line_bytes,
            sizeimage=self.bytes,
            colorspace=v.COLORSPACE_RAW,
            priv=v.PIX_FMT_PRIV_MAGIC,
            flags=0,
            ycbcr_enc=v.YCBCR_ENC_601,
            quantization=v.QUANTIZATION_FULL_RANGE,
            xfer_func=v.XFER_FUNC_NONE,
        )

    def data(self, image: Pixels) -> NDArray[np.uint8]:
        """Return the bytes of an image, (height, width) DN."""
        if self.bits == self.sent_bits:
            return pack(image, CSI2_FORMATS[self.sent_bits])
        if self.fourcc == GREY:
            image = _grey(image)
        if self.bits == 8:
            return (image >> self.sent_bits - 8).astype(np.uint8).reshape(-1)
        return np.ascontiguousarray(image, "<u2").reshape(-1).view(np.uint8)


def _grey(mosaic: Pixels) -> Pixels:
    """Return the mean of each pixel and its three neighbours to the right and below: all colours are in it.

    The last row and column have those on their other side.
    """
    wide = np.pad(mosaic, ((0, 1), (0, 1)), "reflect")
    rows = wide[:-1] + wide[1:]
    return ((rows[:, :-1] + rows[:, 1:]) >> 2).astype(np.uint16)


class Formats:
    """All formats of a driver's modes."""

    def __init__(self, modes: Sequence[ImageMode], *, convert: bool) -> None:
        self.modes, self.convert = modes, convert

    @cached_property
    def all(self) -> tuple[VideoFormat, ...]:
        """All formats and sizes, each from the first mode that has it; those of sensors first."""
        found: dict[tuple[str, int, int], VideoFormat] = {}
        for make in (self._native, *((self._converted,) if self.convert else ())):
            for number, mode in enumerate(self.modes):
                for each in make(number, mode):
                    found.setdefault((each.fourcc, each.width, each.height), each)
        return tuple(found.values())

    @staticmethod
    def _native(number: int, mode: ImageMode) -> Iterator[VideoFormat]:
        yield VideoFormat(
            mode.fourcc, number, mode.active_w, mode.active_h, mode.csi_pixel_bit_depth, mode.pixel_phase
        )

    def _converted(self, number: int, mode: ImageMode) -> Iterator[VideoFormat]:
        (native,) = self._native(number, mode)
        bits, phase = native.sent_bits, native.phase
        size = number, native.width, native.height, bits, phase
        yield VideoFormat(EIGHT_BITS[phase], *size, 8)
        yield VideoFormat(GREY, *size, 8)
        if bits in PACKED_BITS and native.width % CSI2_FORMATS[bits].group[0] == 0:
            yield VideoFormat(f"p{PACKED[phase]}{PACKED_BITS[bits]}", *size, bits)

    def names(self) -> list[VideoFormat]:
        """Return one of each pixel format, in order."""
        found: dict[str, VideoFormat] = {}
        for each in self.all:
            found.setdefault(each.fourcc, each)
        return list(found.values())

    def sizes(self, pixelformat: int) -> list[VideoFormat]:
        """Return the sizes of a pixel format."""
        return [each for each in self.all if v.fourcc(each.fourcc) == pixelformat]

    def nearest(self, pixelformat: int, width: int, height: int) -> VideoFormat:
        """Return the format that comes nearest: of this name, or else the first; then by size."""
        some = self.sizes(pixelformat) or self.sizes(v.fourcc(self.all[0].fourcc))
        return min(some, key=lambda each: abs(each.width - width) + abs(each.height - height))

    def of_mode(self, mode: int) -> VideoFormat:
        """Return the format that the sensor sends in a mode."""
        return next(self._native(mode, self.modes[mode]))
