"""Images on their way through the pipeline: raw frames as they arrive, and what each step hands to the next.

The depth is normalised once, by the black level: from there on 1.0 is the sensor's white, so 10 and 12 bit
frames take the same way. Colours are interpolated, filtered and sharpened as square roots of light, 14 bits
an integer, for three reasons: shot noise is then the same everywhere, ratios of colours become differences,
and the steps look about equal to the eye.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.mosaic import IspProblem, check_mosaic, mirrored, moved
from camtwin.pixels import PixelFormat, payload_bytes, unpack

TOP = 16383
"""The 14 bit code of white, of roots and of linear light."""


class Kind(Enum):
    """Kinds of numbers in an Image."""

    RAW = "raw DN, (H, W) uint16"
    LIGHT = "light above black, white is 1, (H, W) float32"
    ROOT = "square root of light, white is TOP, (planes, H, W) int16"
    LINEAR = "light, white is TOP, (planes, H, W) int32"
    CODES = "codes to look at, (H, W) or (H, W, 3) red, green, blue, uint8 or uint16"


@dataclass(frozen=True, eq=False)
class Raw:
    """A frame of a camera.

    data      (H, W) uint8 or uint16 DN
    bits      significant bits, 8..16
    mosaic    colours of the first two rows of two pixels, "RGGB"; "" for a mono camera
    black_DN  what the camera adds to a pixel without light
    """

    data: NDArray[Any]
    bits: int
    mosaic: str = ""
    black_DN: float = 0.0

    def __post_init__(self) -> None:
        if self.data.ndim != 2 or self.data.dtype not in (np.uint8, np.uint16):
            size = " x ".join(map(str, self.data.shape))
            raise IspProblem(
                f"raw frame of {size} {self.data.dtype} is not rows and columns of uint8 or uint16"
            )
        check_size(self.width, self.height)
        check_depth(self.bits, self.black_DN)
        check_mosaic(self.mosaic)

    @property
    def width(self) -> int:
        """Columns."""
        return self.data.shape[1]

    @property
    def height(self) -> int:
        """Rows."""
        return self.data.shape[0]

    @property
    def highest_DN(self) -> int:
        """The largest value a pixel can have."""
        return (1 << self.bits) - 1

    def crop(self, x: int, y: int, width: int, height: int) -> Raw:
        """Cut out a region; an odd offset changes where the mosaic begins."""
        if x < 0 or y < 0 or width < 1 or height < 1 or x + width > self.width or y + height > self.height:
            raise IspProblem(
                f"region {width} x {height} at ({x}, {y}) is not inside the frame's"
                f" {self.width} x {self.height}"
            )
        return replace(self, data=self.data[y : y + height, x : x + width], mosaic=moved(self.mosaic, x, y))

    def mirror(self, columns: bool, rows: bool) -> Raw:
        """Reverse columns and rows as asked; the mosaic follows."""
        return replace(
            self,
            data=np.ascontiguousarray(self.data[:: -1 if rows else 1, :: -1 if columns else 1]),
            mosaic=mirrored(self.mosaic, self.width, self.height, columns, rows),
        )


@dataclass(frozen=True, eq=False)
class Payload:
    """A frame's bytes as they travel, (payload_bytes,) uint8; fused kernels unpack them on the way."""

    data: NDArray[np.uint8]
    format: PixelFormat
    width: int
    height: int
    black_DN: float = 0.0

    def __post_init__(self) -> None:
        expected = payload_bytes(self.format, self.width, self.height)
        if self.data.size != expected:
            raise IspProblem(
                f"{self.format.name} payload of {self.data.size} bytes is not the {expected} of"
                f" {self.width} x {self.height}"
            )
        check_size(self.width, self.height)
        check_depth(self.format.bits, self.black_DN)

    @property
    def bits(self) -> int:
        """Significant bits of a pixel."""
        return self.format.bits

    @property
    def mosaic(self) -> str:
        """Colours of the first two rows of two pixels; "" for a mono format."""
        return self.format.mosaic

    def unpacked(self) -> Raw:
        """Return the frame as rows and columns."""
        dn = unpack(self.data, self.format, self.width, self.height)
        return Raw(dn, self.bits, self.mosaic, self.black_DN)


Frame = Raw | Payload


def raw_of(picture: NDArray[Any], fmt: PixelFormat, black_DN: float = 0.0) -> Raw:
    """Return the frame of a picture in this pixel format, as a session's frame has it."""
    return Raw(picture, fmt.bits, fmt.mosaic, black_DN)


@dataclass(frozen=True, eq=False)
class Image:
    """A picture between two stages: its numbers, what they are, and what they came from.

    gains  what red, green and blue were multiplied by for white balance
    toe    of a ROOT or LINEAR image: the light that was added to all pixels before the root, white is 1
    """

    data: NDArray[Any]
    kind: Kind
    bits: int
    mosaic: str = ""
    black_DN: float = 0.0
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    toe: float = 0.0

    @property
    def white_DN(self) -> float:
        """Codes between black and the highest."""
        return (1 << self.bits) - 1 - self.black_DN

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.data.shape[:2] if self.kind is Kind.CODES else self.data.shape[-2:]

    def become(self, data: NDArray[Any], kind: Kind | None = None, **changes: Any) -> Image:
        """Return the image with other numbers."""
        return replace(self, data=data, kind=kind or self.kind, **changes)


def begin(frame: Frame) -> Image:
    """Return the image that the first stage gets."""
    raw = frame.unpacked() if isinstance(frame, Payload) else frame
    return Image(raw.data.astype(np.uint16, copy=False), Kind.RAW, raw.bits, raw.mosaic, raw.black_DN)


MIN_SIDE, MAX_SIDE = 8, 1 << 16


def check_size(width: int, height: int) -> None:
    """Raise IspProblem for a frame that is too small to interpolate, or larger than any sensor."""
    if not (MIN_SIDE <= width <= MAX_SIDE and MIN_SIDE <= height <= MAX_SIDE):
        raise IspProblem(f"frame of {width} x {height} is outside {MIN_SIDE}..{MAX_SIDE} pixels a side")


def check_depth(bits: int, black_DN: float) -> None:
    """Raise IspProblem unless bits are 8..16 and the black level leaves room for light."""
    if not 8 <= bits <= 16:
        raise IspProblem(f"bit depth {bits} is outside 8..16")
    if not 0 <= black_DN < ((1 << bits) - 1) / 2:
        raise IspProblem(
            f"black level {black_DN:g} DN is outside 0..{((1 << bits) - 1) / 2:g} of {bits} bits"
        )
