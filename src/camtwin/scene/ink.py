"""Drawing in linear reflectance, antialiased by area.

Marks lie on a grid of cells, two by two a sensor pixel. A mark is a rectangle of cells, a coverage
(the share of each cell that it covers, worked out from its geometry, not from samples), and a
reflectance; later marks lie on top. `develop` paints the marks band by band, so that the finely drawn
picture never exists as a whole, and lens and pixels (optics.py) make sensor pixels of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from camtwin.scene.lens import CELLS, SHARP, Lens
from camtwin.scene.optics import gather

BAND_px = 64
"""Rows of pixels painted at a time: a band of cells of a 4096 px sensor is 4.6 MB."""

FINER = 4
"""Resolution of letters relative to cells, before they are reduced."""

Coverage = NDArray[np.uint8] | NDArray[np.float32]


class Mark(NamedTuple):
    """A reflectance laid on a rectangle of cells (x, y, width, height).

    coverage: share of each cell, (height, width), float32 0..1 or uint8 0..255; None covers all of it.
    reflectance: 0..1, one number or one for each column of cells.
    """

    x: int
    y: int
    width: int
    height: int
    coverage: Coverage | None
    reflectance: float | NDArray[np.float32]

    def paint(self, band: NDArray[np.float32], top: int) -> None:
        """Lay the mark on `band`, whose first row is the row `top` of cells; parts outside are cut off."""
        rows, columns = band.shape
        y0, y1 = max(self.y, top), min(self.y + self.height, top + rows)
        x0, x1 = max(self.x, 0), min(self.x + self.width, columns)
        if y0 >= y1 or x0 >= x1:
            return
        under = band[y0 - top : y1 - top, x0:x1]
        ink = self.reflectance
        if isinstance(ink, np.ndarray):
            ink = ink[x0 - self.x : x1 - self.x]
        if self.coverage is None:
            under[:] = ink
            return
        share = self.coverage[y0 - self.y : y1 - self.y, x0 - self.x : x1 - self.x]
        if share.dtype == np.uint8:
            share = np.multiply(share, np.float32(1 / 255), dtype=np.float32)
        under += share * (ink - under)


def develop(
    marks: Sequence[Mark], width: int, height: int, paper: float, lens: Lens = SHARP
) -> NDArray[np.uint16]:
    """Return the reflectance of each sensor pixel, (height, width), 65535 is 1.

    A sixteenth of a 12-bit step.
    """
    picture = np.empty((height, width), np.uint16)
    for row in range(0, height, BAND_px):
        end = min(row + BAND_px, height)
        top = max(0, row * CELLS - lens.reach_cells)
        bottom = min(height * CELLS, end * CELLS + lens.reach_cells)
        band = np.full((bottom - top, width * CELLS), paper, np.float32)
        for mark in marks:
            mark.paint(band, top)
        pixels = gather(band, above=row * CELLS - top, below=bottom - end * CELLS, lens=lens)
        pixels *= 65535
        picture[row:end] = np.rint(pixels, out=pixels)
    return picture


# Coverage of cells: all lengths in cells, coordinates of cells at their centres.


def half_plane(distance: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """Return the share of a cell on the positive side of a line at a signed distance.

    angle: of the line's normal, in radians. Exact: a unit square seen along the normal is a trapezoid, and
    this is its integral. Not for lines along the grid, whose trapezoid is a rectangle.
    """
    a, b = abs(np.cos(angle)), abs(np.sin(angle))

    def ramp(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.square(np.maximum(t, 0)) / 2

    wide, slim = (a + b) / 2, (a - b) / 2
    gained = ramp(distance + wide) - ramp(distance + slim)
    return (gained - ramp(distance - slim) + ramp(distance - wide)) / (a * b)


def slanted_square(side: float, tilt_deg: float) -> NDArray[np.float32]:
    """Return a square of `side`, turned by `tilt_deg`, in the middle of the smallest array that holds it."""
    tilt = np.radians(tilt_deg)
    size = int(np.ceil(side * (abs(np.cos(tilt)) + abs(np.sin(tilt))))) + 2
    x = np.arange(size) - (size - 1) / 2
    u = x * np.cos(tilt) + x[:, None] * np.sin(tilt)
    v = x[:, None] * np.cos(tilt) - x * np.sin(tilt)
    share = np.ones((size, size))
    for across, angle in ((u, tilt), (v, tilt + np.pi / 2)):
        for sign in (-1, 1):
            share *= half_plane(side / 2 + sign * across, angle)
    return share.astype(np.float32)


def bars(length: int, period: float) -> NDArray[np.float32]:
    """Return bars of half a period each, (length,), beginning with a covered one; exact for any period."""
    edge = np.arange(length + 1, dtype=np.float64)
    whole, part = np.divmod(edge, period)
    covered_before = whole * period / 2 + np.minimum(part, period / 2)
    return np.diff(covered_before).astype(np.float32)


def _stripes(cycles: NDArray[np.float32], period: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the share covered by the first half of each cycle where the period (in cells) varies slowly.

    The distance to the nearest edge is a triangle wave; clipped to half a cell it is the coverage of a
    cell that one edge crosses, and it fades to a half by itself where cells hold more than an edge.
    """
    phase = cycles - np.floor(cycles)
    to_edge = np.float32(0.25) - np.abs(phase - np.float32(0.25))
    to_edge = np.where(phase > 0.75, phase - 1, to_edge)
    return np.clip(to_edge * period + np.float32(0.5), 0, 1)


def _turned(quarter: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Complete a shape that a quarter turn does not change from its quarter at the lower right.

    In bytes: these are the largest shapes, and on a rim a coverage of 1/255 is a shift of 0.002 px.
    """
    coarse = np.rint(quarter * np.float32(255)).astype(np.uint8)
    lower = np.hstack([np.rot90(coarse, -1), coarse])
    return np.vstack([np.rot90(lower, 2), lower])


def disc(radius: float) -> NDArray[np.uint8]:
    """Return a disc in the middle of the smallest even-sized array that holds it."""
    along = np.arange(np.ceil(radius) + 1, dtype=np.float32) + np.float32(0.5)
    r = np.hypot(along, along[:, None])
    return _turned(np.clip(np.float32(radius + 0.5) - r, 0, 1))


def siemens_star(radius: float, cycles: int) -> NDArray[np.uint8]:
    """Return a star of `cycles` covered sectors, a multiple of 4 so that quarter turns do not change it."""
    along = np.arange(np.ceil(radius) + 1, dtype=np.float32) + np.float32(0.5)
    r = np.hypot(along, along[:, None])
    turns = np.arctan2(along[:, None], along) * np.float32(cycles / (2 * np.pi))
    inside = np.clip(np.float32(radius + 0.5) - r, 0, 1)
    return _turned(_stripes(turns, r * np.float32(2 * np.pi / cycles)) * inside)


def wedge(length: int, lines: int, coarse: float, fine: float) -> NDArray[np.float32]:
    """Return lines along x, growing finer from `coarse` to `fine` cycles a cell; (height, length)."""
    frequency = np.linspace(coarse, fine, length, dtype=np.float32)
    period = np.float32(1) / frequency
    half_width = period * np.float32((lines - 0.5) / 2)
    half = int(np.ceil(half_width[0])) + 1
    y = (np.arange(-half, half, dtype=np.float32) + np.float32(0.5))[:, None]
    inside = np.clip(half_width - np.abs(y) + np.float32(0.5), 0, 1)
    return np.multiply(_stripes(y * frequency + np.float32(0.25), period), inside, dtype=np.float32)


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def text_width(text: str, size: int) -> float:
    """Return the width of a line of text in cells."""
    return _font(FINER * size).getlength(text) / FINER


@lru_cache(maxsize=2)  # the small print comes twice, in black and in white
def lettering(text: str, size: int, stroke: int = 0) -> tuple[int, int, NDArray[np.uint8]]:
    """Return the coverage of a line of text, and its left and top edge relative to the start of its baseline.

    The typeface is the one that Pillow carries (Aileron, basic Latin), so no font of the system is needed. It
    is drawn finer and reduced by area, because at its own size letters would be aligned to whole cells. A
    stroke makes it bolder.
    """
    font, stroke = _font(FINER * size), FINER * stroke
    sheet = ImageDraw.Draw(Image.new("L", (1, 1)))
    box = sheet.textbbox((0, 0), text, font, anchor="ls", stroke_width=stroke)
    left, top = (int(np.floor(v / FINER)) for v in box[:2])
    right, bottom = (int(np.ceil(v / FINER)) for v in box[2:])
    image = Image.new("L", (FINER * max(1, right - left), FINER * max(1, bottom - top)))
    place = -FINER * left, -FINER * top
    ImageDraw.Draw(image).text(place, text, 255, font, anchor="ls", stroke_width=stroke)
    return left, top, np.asarray(image.reduce(FINER))
