"""A sheet to print on: places and sizes of a drawing, turned into marks on a sensor of any size.

The drawing measures 4096 x 3000 units. It is scaled to fit the sensor and centred. Methods take places
and sizes in units of the drawing; those that end in _px take sensor pixels.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from camtwin.scene.ink import Coverage, Mark, disc, lettering
from camtwin.scene.lens import CELLS

DRAWING_WIDTH, DRAWING_HEIGHT = 4096, 3000
SMALLEST_TEXT_px = 3
"""Size in pixels below which no camera can read a letter."""

Anchor = Literal["left", "middle", "right"]


class Patch(NamedTuple):
    """A rectangle of whole sensor pixels."""

    x: int
    y: int
    width: int
    height: int


class Sheet:
    """Marks in the order in which they are printed."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.scale = min(width / DRAWING_WIDTH, height / DRAWING_HEIGHT)
        self.left_px = (width - DRAWING_WIDTH * self.scale) / 2
        self.top_px = (height - DRAWING_HEIGHT * self.scale) / 2
        self.marks: list[Mark] = []

    def px(self, length: float) -> int:
        """Return a length of the drawing in whole pixels, at least one."""
        return max(1, round(length * self.scale))

    def x_px(self, x: float) -> int:
        return round(self.left_px + x * self.scale)

    def y_px(self, y: float) -> int:
        return round(self.top_px + y * self.scale)

    def patch(self, x: float, y: float, width: float, height: float) -> Patch:
        """Return the pixels of a rectangle of the drawing; neighbours in the drawing touch."""
        x0, y0 = self.x_px(x), self.y_px(y)
        return Patch(x0, y0, self.x_px(x + width) - x0, self.y_px(y + height) - y0)

    def fill_px(
        self, patch: Patch, reflectance: float | NDArray[np.float32], coverage: Coverage | None = None
    ) -> None:
        """Fill a rectangle; coverage and, a column each, a list of reflectances count in its cells."""
        x, y, width, height = (CELLS * v for v in patch)
        self.marks.append(Mark(x, y, width, height, coverage, reflectance))

    def shape_px(self, coverage: Coverage, x: int, y: int, reflectance: float) -> None:
        """Print a coverage (cells) with its middle at a pixel's top left corner."""
        rows, columns = coverage.shape
        at = CELLS * x - columns // 2, CELLS * y - rows // 2
        self.marks.append(Mark(*at, columns, rows, coverage, reflectance))

    def shape(self, coverage: Coverage, x: float, y: float, reflectance: float) -> None:
        """Print a coverage (cells) with its middle at (x, y)."""
        self.shape_px(coverage, self.x_px(x), self.y_px(y), reflectance)

    def disc(self, x: float, y: float, radius: float, reflectance: float) -> None:
        self.shape(disc(CELLS * radius * self.scale), x, y, reflectance)

    def write_px(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        reflectance: float,
        anchor: Anchor = "left",
        bold: float = 0,
    ) -> None:
        """Print a line of text on the baseline y. `bold` is the added stroke, relative to the size."""
        if size < SMALLEST_TEXT_px:
            return
        left, top, coverage = lettering(text, round(CELLS * size), round(CELLS * size * bold))
        rows, columns = coverage.shape
        shift = {"left": left, "middle": -columns // 2, "right": -columns}[anchor]
        at = round(CELLS * x) + shift, round(CELLS * y) + top
        self.marks.append(Mark(*at, columns, rows, coverage, reflectance))

    def write(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        reflectance: float,
        anchor: Anchor = "left",
        bold: float = 0,
    ) -> None:
        """Print a line of text on the baseline y."""
        x_px, y_px = self.left_px + x * self.scale, self.top_px + y * self.scale
        self.write_px(text, x_px, y_px, size * self.scale, reflectance, anchor, bold)
