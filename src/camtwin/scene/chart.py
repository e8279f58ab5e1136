"""The test chart: its elements and their places.

The drawing is scaled to the sensor (sheet.py), but line pairs, wedges and the small print keep their
size in pixels on every sensor, because they test pixels. The ruler along the edges counts the sensor's own
pixels, so an image shows which part of the sensor it is, and whether it is mirrored.
"""

from __future__ import annotations

from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from camtwin.scene.ink import bars, develop, disc, siemens_star, slanted_square, text_width, wedge
from camtwin.scene.lens import CELLS
from camtwin.scene.sheet import Anchor, Patch, Sheet

GREY_STEPS = (0.90, 0.64, 0.45, 0.32, 0.225, 0.16, 0.113, 0.08, 0.056, 0.04, 0.028, 0.02)
"""Reflectances half a stop apart, from good white paper to good black ink."""
WHITE, PAPER, BLACK = GREY_STEPS[0], GREY_STEPS[2], GREY_STEPS[-1]
EDGE_LIGHT, EDGE_DARK = 0.60, 0.15
"""Slanted edges have a contrast of 4:1, as ISO 12233:2014 has them: far from black and from clipping."""
EDGE_TILT_deg = 5.0
EDGE_SIDE = 210
STAR_CYCLES = 72
LINE_PAIRS_px = (2, 2.5, 3, 4, 5, 6, 8, 12)
WEDGE_COARSE, WEDGE_FINE = 0.08, 0.55
"""Cycles a pixel at the two ends: past 0.5 the pixels cannot follow."""
TEXT_SIZES_px = (64, 44, 32, 24, 18, 14, 12, 10, 9, 8, 7, 6, 5, 4)
TEXT = """
Light comes in grains. A pixel gathers photons while the shutter is open, and most of them free an
electron; how many arrive is a matter of chance, so no two pictures of one wall are the same. Then the
count is read out, with a little noise of its own, made larger by the gain, and rounded to a number. What
is left of the world is a grid of numbers, and the art of a camera is that the numbers are honest: twice
the light is twice the count, black is almost nothing, and a line as thin as a pixel is still a line. Read
on as far as the letters hold.
"""


def draw_chart(width: int, height: int, pixel_um: float) -> NDArray[np.uint16]:
    """Draw the chart: reflectance on each pixel of the sensor, (height, width), 65535 is 1."""
    sheet = Sheet(width, height)
    _ruler(sheet)
    _stars(sheet)
    _title(sheet, pixel_um)
    _wedges(sheet)
    _slanted_edges(sheet)
    _line_pairs(sheet, pixel_um)
    _small_print(sheet)
    _greys(sheet)
    return develop(sheet.marks, width, height, PAPER)


def grey_patches(width: int, height: int) -> list[tuple[float, Patch]]:
    """Return reflectance and place of the grey steps on a sensor of this size, bright to dark."""
    sheet = Sheet(width, height)
    return [(step, sheet.patch(848 + 200 * i, 2400, 200, 200)) for i, step in enumerate(GREY_STEPS)]


def slanted_edges(width: int, height: int) -> list[Patch]:
    """Return the places of the light squares that hold a dark one, turned by EDGE_TILT_deg."""
    sheet = Sheet(width, height)
    return [sheet.patch(x, y, 340, 340) for y in (640, 2000) for x in (1106, 2650)]


def _keyline(sheet: Sheet, patch: Patch) -> None:
    """Draw a thin black line around a patch that is printed next."""
    n = sheet.px(3)
    sheet.fill_px(Patch(patch.x - n, patch.y - n, patch.width + 2 * n, patch.height + 2 * n), BLACK)


def _ruler(sheet: Sheet) -> None:
    """Draw blocks of 100 px along the edges, counted from the sensor's pixel (0, 0)."""
    w, h = sheet.width, sheet.height
    block = 100 if sheet.scale > 0.3 else 20
    band, line, tick = sheet.px(20), sheet.px(4), sheet.px(26)
    inside = band + line
    for edge, ink in ((inside, BLACK), (band, WHITE)):
        for x, y in ((0, 0), (w - edge, 0)):
            sheet.fill_px(Patch(x, y, edge, h), ink)
        for x, y in ((0, 0), (0, h - edge)):
            sheet.fill_px(Patch(x, y, w, edge), ink)
    for x in range(0, w, 2 * block):
        for y in (0, h - band):
            sheet.fill_px(Patch(x, y, min(block, w - x), band), BLACK)
    for y in range(0, h, 2 * block):
        for x in (0, w - band):
            sheet.fill_px(Patch(x, y, band, min(block, h - y)), BLACK)
    size, gap = 34 * sheet.scale, sheet.px(12)
    for x in range(5 * block, w - 2 * block, 5 * block):
        for y, baseline in ((inside, inside + gap + 0.72 * size), (h - inside - tick, h - inside - gap)):
            sheet.fill_px(Patch(x, y, line, tick), BLACK)
            sheet.write_px(str(x), x + line + gap, baseline, size, BLACK)
    for y in range(5 * block, h - 2 * block, 5 * block):
        baseline = y + line + gap + 0.72 * size
        sheet.fill_px(Patch(inside, y, tick, line), BLACK)
        sheet.write_px(str(y), inside + gap, baseline, size, BLACK)
        sheet.fill_px(Patch(w - inside - tick, y, tick, line), BLACK)
        sheet.write_px(str(y), w - inside - gap, baseline, size, BLACK, "right")


def _star(sheet: Sheet, x: float, y: float, radius: float) -> None:
    """Draw a Siemens star: lines that grow finer towards the middle, in every direction."""
    sheet.disc(x, y, radius + 12, BLACK)
    sheet.disc(x, y, radius + 8, WHITE)
    cycles = STAR_CYCLES if radius * sheet.scale > 100 else STAR_CYCLES // 2
    sheet.shape(siemens_star(CELLS * radius * sheet.scale, cycles), x, y, BLACK)
    # Where a line pair is finer than a pixel, a mark stands instead.
    _target(sheet, x, y, 0.2 * cycles)


def _target(sheet: Sheet, x: float, y: float, radius_px: float) -> None:
    """Draw a disc in black and white quarters, whose middle can be located to a fraction of a pixel."""
    sheet.shape(disc(CELLS * (radius_px + 2)), x, y, WHITE)
    quarters = disc(CELLS * radius_px)
    half = quarters.shape[0] // 2
    quarters[:half, half:] = 0
    quarters[half:, :half] = 0
    sheet.shape(quarters, x, y, BLACK)


def _stars(sheet: Sheet) -> None:
    _star(sheet, 2048, 1490, 560)
    for x in (490, 3606):
        for y in (490, 2510):
            _star(sheet, x, y, 260)
    for x in (160, 3936):
        for y in (160, 2840):
            _target(sheet, x, y, 44 * sheet.scale)


def _title(sheet: Sheet, pixel_um: float) -> None:
    w, h = sheet.width, sheet.height
    size = f"{w} x {h} pixels of {pixel_um:g} micron"
    size_mm = f"{w * pixel_um / 1000:.2f} x {h * pixel_um / 1000:.2f} mm"
    sheet.write("camtwin", 2048, 370, 220, BLACK, "middle", bold=0.016)
    sheet.write(f"Test chart  ·  {size}  ·  {size_mm}", 2048, 490, 58, BLACK, "middle")


def _wedges(sheet: Sheet) -> None:
    """Draw lines that grow finer towards one end: above the star to the right, and so on clockwise."""
    lines = max(3, round(13 * sheet.scale) | 1)
    places = ((2048, 810, 1100), (2820, 1490, 940), (2048, 2170, 1100), (1276, 1490, 940))
    for side, (x, y, length) in enumerate(places):
        coverage = wedge(CELLS * sheet.px(length), lines, WEDGE_COARSE / CELLS, WEDGE_FINE / CELLS)
        sheet.shape(np.rot90(coverage, -side), x, y, BLACK)
        for frequency in (0.1, 0.2, 0.3, 0.4, 0.5):
            along = length * ((frequency - WEDGE_COARSE) / (WEDGE_FINE - WEDGE_COARSE) - 0.5)
            labels: tuple[tuple[float, float, Anchor], ...] = (
                (x + along, y - 100, "middle"),
                (x + 90, y + along + 11, "left"),
                (x - along, y + 121, "middle"),
                (x - 90, y - along + 11, "right"),
            )
            label_x, baseline, anchor = labels[side]
            sheet.write(f"{frequency:g}", label_x, baseline, 30, BLACK, anchor)
    sheet.write("cycles per pixel", 2598, 872, 30, BLACK, "right")
    sheet.write("cycles per pixel", 1498, 2129, 30, BLACK)


def _slanted_edges(sheet: Sheet) -> None:
    square = slanted_square(CELLS * EDGE_SIDE * sheet.scale, EDGE_TILT_deg)
    for patch in slanted_edges(sheet.width, sheet.height):
        sheet.fill_px(patch, EDGE_LIGHT)
        sheet.shape_px(square, patch.x + patch.width // 2, patch.y + patch.height // 2, EDGE_DARK)


def _line_pairs(sheet: Sheet, pixel_um: float) -> None:
    """Draw vertical and horizontal bars, a bar and a gap to each period."""
    for i, period in enumerate(LINE_PAIRS_px):
        y = 850 + 163 * i
        sheet.write(f"{period:g} px", 380, y + 58, 46, BLACK, "right")
        sheet.write(f"{1000 / (period * pixel_um):.1f} lp/mm", 380, y + 108, 32, BLACK, "right")
        for x, lying in ((410, False), (735, True)):
            patch = sheet.patch(x, y, 305, 138)
            _keyline(sheet, patch)
            sheet.fill_px(patch, WHITE)
            rows, columns = CELLS * patch.height, CELLS * patch.width
            line = bars(rows, CELLS * period)[:, None] if lying else bars(columns, CELLS * period)
            sheet.fill_px(patch, BLACK, np.broadcast_to(line, (rows, columns)))


def _small_print(sheet: Sheet) -> None:
    """Write one text in ever smaller letters, black on white and white on black."""
    above = sheet.patch(3056, 850, 840, 632)
    below = sheet.patch(3056, 1497, 840, 632)
    for panel, paper in ((above, WHITE), (below, BLACK)):
        _keyline(sheet, panel)
        sheet.fill_px(panel, paper)
    margin = sheet.px(22)
    y = above.y + margin
    words = cycle(TEXT.split())
    word = next(words)
    for size in TEXT_SIZES_px:
        if size > above.height / 9:
            continue
        for i in range(1 if size > 30 else 2 if size > 10 else 3):
            y += size
            if y + 0.3 * size + margin > above.y + above.height:
                return
            line, width = f"{size} " if i == 0 else "", 0.0
            room = CELLS * (above.width - 2 * margin) - text_width(line, CELLS * size)
            while (width := width + text_width(word + " ", CELLS * size)) < room:
                line += word + " "
                word = next(words)
            x = above.x + margin
            sheet.write_px(line, x, y, size, BLACK)
            sheet.write_px(line, x, y + below.y - above.y, size, WHITE)
            y += round(0.3 * size)
        y += round(0.15 * size)


def _greys(sheet: Sheet) -> None:
    """Draw steps of half a stop, and a ramp with as many reflectances as it has columns."""
    steps = grey_patches(sheet.width, sheet.height)
    first, last = steps[0][1], steps[-1][1]
    _keyline(sheet, Patch(first.x, first.y, last.x + last.width - first.x, first.height))
    for step, patch in steps:
        sheet.fill_px(patch, step)
        middle, baseline = patch.x + patch.width / 2, patch.y + patch.height + sheet.px(52)
        sheet.write_px(f"{100 * step:.3g} %", middle, baseline, 36 * sheet.scale, BLACK, "middle")
    ramp = sheet.patch(848, 2690, 2400, 90)
    _keyline(sheet, ramp)
    sheet.fill_px(ramp, np.linspace(BLACK, WHITE, CELLS * ramp.width, dtype=np.float32))
    sheet.write("Reflectance: half a stop a step, and a linear ramp", 2048, 2840, 34, BLACK, "middle")
