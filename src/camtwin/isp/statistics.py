"""Statistics of a frame for controllers: sums in zones, clipped pixels, a histogram. Integers throughout.

Everything counts in cells: 2 x 2 pixels of a mosaic, one pixel of a mono image. A cell with a clipped or
nearly clipped pixel gives no colours and is left out of the colour sums, but not of the brightness.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.mosaic import COLOURS

BINS = 256
HISTOGRAM_ROWS = 4
"""The histogram takes every fourth row of cells."""
CLIPPED = 0.98
"""Of the highest code: from here on a pixel counts as clipped."""


@dataclass(frozen=True, eq=False)
class Statistics:
    """A frame's numbers, raw: the black level is in the sums.

    bits, black_DN   of the frame
    letters          colours of the sums, in their order: "RGB", or "" for a mono image
    cells            cells in each zone, (rows, columns) int64
    bright           sum over all cells of each colour, (colours, rows, columns) int64; green: both pixels
    unclipped        cells without a clipped pixel, (rows, columns) int64
    sums             sum over unclipped cells of each colour, (colours, rows, columns) int64
    histogram        of the first green pixel of a cell, or of mono pixels, (BINS,) int64, linear in DN
    """

    bits: int
    black_DN: float
    letters: str
    cells: NDArray[np.int64]
    bright: NDArray[np.int64]
    unclipped: NDArray[np.int64]
    sums: NDArray[np.int64]
    histogram: NDArray[np.int64]

    @property
    def white_DN(self) -> float:
        """Codes between black and the highest."""
        return (1 << self.bits) - 1 - self.black_DN

    def _pixels(self) -> NDArray[np.float64]:
        """Pixels of each colour in a cell."""
        return np.array([1.0, 2.0, 1.0] if self.letters else [1.0])[:, None, None]

    def brightness(self) -> NDArray[np.float64]:
        """Return the mean light of green, or of mono pixels, in each zone; 1 is white."""
        green = 1 if self.letters else 0
        mean_DN = self.bright[green] / np.maximum(self.cells, 1) / self._pixels()[green]
        return (mean_DN - self.black_DN) / self.white_DN

    def colours(self) -> NDArray[np.float64]:
        """Return each colour's mean light over unclipped cells, (colours, rows, columns); NaN without any."""
        with np.errstate(invalid="ignore", divide="ignore"):
            mean_DN = self.sums / self.unclipped / self._pixels()
        return (mean_DN - self.black_DN) / self.white_DN

    def percentile(self, share: float) -> float:
        """Return the light below which this share of the histogram lies, 0..1; 1 is white."""
        total = np.cumsum(self.histogram)
        place = float(np.interp(share * total[-1], np.r_[0, total], np.arange(BINS + 1))) / BINS
        return (place * (1 << self.bits) - self.black_DN) / self.white_DN


def clipped_DN(bits: int) -> int:
    """Return the code from which on a pixel counts as clipped."""
    return round(CLIPPED * ((1 << bits) - 1))


def borders(cells: int, zones: int) -> NDArray[np.int64]:
    """Return where zones begin along a side of so many cells, and where the last ends, (zones + 1,)."""
    return np.arange(zones + 1, dtype=np.int64) * cells // zones


def measured(
    dn: NDArray[np.uint16], bits: int, mosaic: str, black_DN: float, zones: tuple[int, int]
) -> Statistics:
    """Measure a frame; zones: columns and rows. The readable reference of the fused kernels."""
    step = 2 if mosaic else 1
    height, width = dn.shape[0] // step, dn.shape[1] // step
    columns, rows = min(zones[0], width), min(zones[1], height)
    x, y = borders(width, columns), borders(height, rows)
    planes = planes_of(dn, mosaic)
    unclipped = np.logical_and.reduce([plane < clipped_DN(bits) for plane in planes])
    sums = [plane.astype(np.int64) for plane in planes]
    if mosaic:
        sums = [sums[0], sums[1] + sums[2], sums[3]]

    def by_zone(values: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.add.reduceat(np.add.reduceat(values, y[:-1], axis=0), x[:-1], axis=1)

    sample = planes[1 if mosaic else 0][::HISTOGRAM_ROWS] >> np.uint16(bits - 8)
    return Statistics(
        bits,
        black_DN,
        COLOURS if mosaic else "",
        by_zone(np.ones((height, width), np.int64)),
        np.stack([by_zone(values) for values in sums]),
        by_zone(unclipped.astype(np.int64)),
        np.stack([by_zone(values * unclipped) for values in sums]),
        np.bincount(sample.ravel(), minlength=BINS).astype(np.int64),
    )


def planes_of(dn: NDArray[np.uint16], mosaic: str) -> list[NDArray[np.uint16]]:
    """Return the planes of a mosaic, red, green beside red, green beside blue, blue; or the mono image."""
    if not mosaic:
        return [dn]
    height, width = dn.shape[0] // 2 * 2, dn.shape[1] // 2 * 2
    plane = {(i // 2, i % 2): dn[i // 2 : height : 2, i % 2 : width : 2] for i in range(4)}
    row, column = divmod(mosaic.index("R"), 2)
    return [plane[row, column], plane[row, 1 - column], plane[1 - row, column], plane[1 - row, 1 - column]]
