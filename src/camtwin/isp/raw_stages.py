"""Stages on raw DN, before the black level: region, defect pixels, binning, decimation, statistics.

Each works on pixels of one colour at a time: the neighbour of a red pixel is the next red one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.image import Image, Kind
from camtwin.isp.mosaic import IspProblem, moved, padded
from camtwin.isp.stage import Stage, check
from camtwin.isp.statistics import measured


class RawStage(Stage):
    """A stage from raw DN to raw DN."""

    takes = (Kind.RAW,)
    gives = Kind.RAW


@dataclass(frozen=True)
class Crop(RawStage):
    """Cut out a region; at an odd offset the mosaic begins with another colour."""

    x: int
    y: int
    width: int
    height: int
    place = 10

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        rows, columns = image.shape
        x, y, width, height = self.x, self.y, self.width, self.height
        if min(x, y) < 0 or min(width, height) < 1 or x + width > columns or y + height > rows:
            raise IspProblem(
                f"region {width} x {height} at ({x}, {y}) is not inside the frame's {columns} x {rows}"
            )
        return image.become(image.data[y : y + height, x : x + width], mosaic=moved(image.mosaic, x, y))


@dataclass(frozen=True)
class DefectPixels(RawStage):
    """Replace listed pixels, and pull others into the range of their eight neighbours of the same colour.

    listed     (column, row) of known defects; each becomes the mean of its nearest neighbours of the same
               colour left and right, or above and below where those are listed, too
    threshold  how far beyond its neighbours a pixel may be, as a fraction of white; None leaves all others
    """

    listed: tuple[tuple[int, int], ...] = ()
    threshold: float | None = 0.02
    place = 20

    def __post_init__(self) -> None:
        if self.threshold is not None:
            check("threshold", self.threshold, 0, 1)

    def threshold_DN(self, bits: int) -> int:
        """Return the threshold in DN of this depth; -1 for none."""
        return -1 if self.threshold is None else round(self.threshold * ((1 << bits) - 1))

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        data = replaced(image.data, self.listed, 2 if image.mosaic else 1)
        if self.threshold is not None:
            data = clamped(data, self.threshold_DN(image.bits), 2 if image.mosaic else 1)
        return image.become(data)


def replaced(dn: NDArray[Any], listed: tuple[tuple[int, int], ...], step: int) -> NDArray[Any]:
    """Return DN with each listed (column, row) as the mean of neighbours `step` away that are not listed."""
    if not listed:
        return dn
    out = dn.copy()
    for (x, y), value in replacements(dn, listed, step).items():
        out[y, x] = value
    return out


def replacements(
    dn: NDArray[Any], listed: tuple[tuple[int, int], ...], step: int
) -> dict[tuple[int, int], int]:
    """Return what takes the place of each listed (column, row)."""
    (height, width), bad = dn.shape, set(listed)
    out: dict[tuple[int, int], int] = {}
    for x, y in listed:
        if not (0 <= x < width and 0 <= y < height):
            raise IspProblem(f"defect pixel ({x}, {y}) is outside the frame's {width} x {height}")
        out[x, y] = int(dn[y, x])
        for dx, dy in ((step, 0), (0, step)):
            near = [(x - dx, y - dy), (x + dx, y + dy)]
            good = [(u, v) for u, v in near if 0 <= u < width and 0 <= v < height and (u, v) not in bad]
            if good:
                out[x, y] = (sum(int(dn[v, u]) for u, v in good) + len(good) // 2) // len(good)
                break
    return out


def clamped(dn: NDArray[np.uint16], threshold_DN: int, step: int) -> NDArray[np.uint16]:
    """Return DN with each pixel within `threshold_DN` of the range of its 8 neighbours `step` away."""
    height, width = dn.shape
    around = padded(dn, step)
    near = [
        around[step + dy : step + dy + height, step + dx : step + dx + width]
        for dy in (-step, 0, step)
        for dx in (-step, 0, step)
        if dx or dy
    ]
    low = np.minimum.reduce(near).astype(np.int32) - threshold_DN
    high = np.maximum.reduce(near).astype(np.int32) + threshold_DN
    return np.clip(dn.astype(np.int32), low, high).astype(np.uint16)


@dataclass(frozen=True)
class Bin(RawStage):
    """Take the rounded mean of 2 x 2 pixels of the same colour: half the size, the same mosaic."""

    place = 30

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        return image.become(binned(image.data, bool(image.mosaic)))


def binned(dn: NDArray[np.uint16], coloured: bool) -> NDArray[np.uint16]:
    """Return the mean of 2 x 2 pixels of one colour, halves upwards; what is left over at the end goes."""
    step = 2 if coloured else 1
    height, width = (side // (2 * step) * 2 * step for side in dn.shape)
    if not (height and width):
        raise IspProblem(f"frame of {dn.shape[1]} x {dn.shape[0]} is too small to be binned")
    # (groups of rows, which of two, phase, ...) and the same of columns
    parts = dn[:height, :width].reshape(height // (2 * step), 2, step, width // (2 * step), 2, step)
    mean = (parts.astype(np.uint32).sum(axis=(1, 4)) + 2) // 4
    return mean.reshape(height // 2, width // 2).astype(np.uint16)


@dataclass(frozen=True)
class Decimate(RawStage):
    """Keep every `factor`-th group of 2 x 2 pixels, or pixel of a mono image, along each side."""

    factor: int = 2
    place = 31

    def __post_init__(self) -> None:
        check("factor", self.factor, 1, 16)

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        return image.become(decimated(image.data, self.factor, bool(image.mosaic)))


def decimated(dn: NDArray[np.uint16], factor: int, coloured: bool) -> NDArray[np.uint16]:
    """Return every `factor`-th group of pixels: 2 x 2 of a mosaic, whose phase stays."""
    step = 2 if coloured else 1
    height, width = (side // (step * factor) * step * factor for side in dn.shape)
    if not (height and width):
        raise IspProblem(f"frame of {dn.shape[1]} x {dn.shape[0]} is too small for decimation by {factor}")
    parts = dn[:height, :width].reshape(
        height // (step * factor), factor, step, width // (step * factor), factor, step
    )
    return np.ascontiguousarray(parts[:, 0, :, :, 0, :].reshape(height // factor, width // factor))


@dataclass(frozen=True)
class Measure(RawStage):
    """Measure the frame for the controllers; the picture is passed on as it is.

    zones  columns and rows of the grid in which means are taken
    """

    zones: tuple[int, int] = (16, 12)
    place = 40

    def __post_init__(self) -> None:
        for name, count in zip(("zone columns", "zone rows"), self.zones, strict=True):
            check(name, count, 1, 64)

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        notes["statistics"] = measured(image.data, image.bits, image.mosaic, image.black_DN, self.zones)
        return image
