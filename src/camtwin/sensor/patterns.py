"""Test patterns: noise-free DN that the camera sends instead of an image.

The names are Baumer's entries of SFNC's TestPattern. Each value follows from the pixel's absolute position on
the sensor (or from the frame's number), so a pixel has the same value in every region of interest.
`bits` is the output depth: a ramp climbs by one DN a pixel and wraps after 2^bits pixels.

That ramps count whole pixels of the sensor and wrap at the output depth, and that FrameCounter paints the
number over the whole frame, is an assumption: the vendor publishes the names only.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Region(Protocol):
    """A rectangle of the sensor in absolute pixels; a Readout is one."""

    @property
    def x(self) -> int: ...
    @property
    def y(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...


TEST_PATTERNS = (
    "Black",
    "White",
    "GreyHorizontalRamp",
    "GreyVerticalRamp",
    "GreyDiagonalRamp",
    "FrameCounter",
    "GreyDiagonalRampMoving",
)


def test_pattern(name: str, region: Region, bits: int, frame: int) -> NDArray[np.uint16]:
    """Return the pattern, (region.height, region.width) uint16 DN at `bits` (1 .. 16) of output.

    With column and row absolute, DN is
    Black: 0. White: 2^bits - 1. GreyHorizontalRamp: column mod 2^bits. GreyVerticalRamp: row mod 2^bits.
    GreyDiagonalRamp: (column + row) mod 2^bits. FrameCounter: frame mod 2^bits.
    GreyDiagonalRampMoving: (column + row + frame) mod 2^bits.
    ValueError for another name.
    """
    if not 1 <= bits <= 16:
        raise ValueError(f"bits {bits} is not in 1 .. 16")
    columns = np.arange(region.x, region.x + region.width)
    rows = np.arange(region.y, region.y + region.height)[:, None]
    levels = 1 << bits
    if name == "Black":
        dn = np.int64(0)
    elif name == "White":
        dn = np.int64(levels - 1)
    elif name == "GreyHorizontalRamp":
        dn = columns % levels
    elif name == "GreyVerticalRamp":
        dn = rows % levels
    elif name in ("GreyDiagonalRamp", "GreyDiagonalRampMoving"):
        # In 16 bits, so that a full frame needs no 64 bit temporary; 2^16 is a multiple of 2^bits.
        moved = np.uint16(frame & 0xFFFF if name == "GreyDiagonalRampMoving" else 0)
        dn = (columns.astype(np.uint16) + rows.astype(np.uint16) + moved) & np.uint16(levels - 1)
    elif name == "FrameCounter":
        dn = np.int64(frame % levels)
    else:
        raise ValueError(f"TestPattern {name} is not one of {', '.join(TEST_PATTERNS)}")
    pattern = np.empty((region.height, region.width), np.uint16)
    pattern[...] = dn
    return pattern
