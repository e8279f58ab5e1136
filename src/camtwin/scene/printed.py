"""Test targets, one to a sheet, drawn for the whole sensor through a lens of choice.

slanted  a dark square turned by 5 degrees on light paper: edges of ISO 12233 in four directions
star     a Siemens star that fills the sensor
dots     a grid of dots, for distortion
steps    twelve greys side by side, half a stop apart, bright to dark
codes    QR codes (ISO/IEC 18004), their modules 12 to 3 pixels wide; each says how wide
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from camtwin.scene import chart
from camtwin.scene.ink import develop, disc, siemens_star, slanted_square
from camtwin.scene.lens import CELLS, Lens
from camtwin.scene.optics import through
from camtwin.scene.sheet import Patch, Sheet

DOT_PITCH_px, DOT_RADIUS_px = 64, 12
CODE_MODULES_px = (12, 8, 6, 5, 4, 3)
LARGEST_SQUARE_px = 800
"""A square is drawn as one array; its edges need no more rows than this."""


def draw(kind: str, width: int, height: int, lens: Lens) -> NDArray[np.uint16]:
    """Return the reflectance of the target on each pixel of the sensor, (height, width), 65535 is 1."""
    sheet = Sheet(width, height)
    paper = DRAWINGS[kind](sheet)
    return through(lens, develop(sheet.marks, width, height, paper, lens))


def _slanted(sheet: Sheet) -> float:
    side = min(sheet.width, sheet.height, 2 * LARGEST_SQUARE_px) / 2
    square = slanted_square(CELLS * side, chart.EDGE_TILT_deg)
    sheet.shape_px(square, sheet.width // 2, sheet.height // 2, chart.EDGE_DARK)
    return chart.EDGE_LIGHT


def _star(sheet: Sheet) -> float:
    star = siemens_star(CELLS * 0.47 * min(sheet.width, sheet.height), chart.STAR_CYCLES)
    sheet.shape_px(star, sheet.width // 2, sheet.height // 2, chart.BLACK)
    return chart.WHITE


def dot_places(width: int, height: int) -> list[tuple[int, int]]:
    """Return the centres of the dots, (x, y) from the sensor's top left corner in pixels, row by row."""
    xs, ys = (_whole_dots(length) for length in (width, height))
    return [(x, y) for y in ys for x in xs]


def _whole_dots(length: int) -> range:
    """Return the dots along one side, one in the middle; none is cut off."""
    each_way = (length // 2 - DOT_RADIUS_px - 2) // DOT_PITCH_px
    return range(
        length // 2 - each_way * DOT_PITCH_px, length // 2 + each_way * DOT_PITCH_px + 1, DOT_PITCH_px
    )


def _dots(sheet: Sheet) -> float:
    dot = disc(CELLS * DOT_RADIUS_px)
    for x, y in dot_places(sheet.width, sheet.height):
        sheet.shape_px(dot, x, y, chart.BLACK)
    return chart.WHITE


def step_patches(width: int, height: int) -> list[tuple[float, Patch]]:
    """Return reflectance and place of the greys."""
    edges = [round(i * width / len(chart.GREY_STEPS)) for i in range(len(chart.GREY_STEPS) + 1)]
    steps = zip(chart.GREY_STEPS, edges, edges[1:], strict=False)
    return [(grey, Patch(x, 0, end - x, height)) for grey, x, end in steps]


def _steps(sheet: Sheet) -> float:
    for grey, patch in step_patches(sheet.width, sheet.height):
        sheet.fill_px(patch, grey)
    return chart.WHITE


def code_places(width: int, height: int) -> list[tuple[str, int, int, int, NDArray[np.bool_]]]:
    """Return text, left and upper edge, module in pixels and dark modules of each code that fits."""
    import cv2

    places, x = [], 0
    for module in CODE_MODULES_px:
        text = f"camtwin {module} px"
        modules = cv2.QRCodeEncoder.create().encode(text) < 128
        side = modules.shape[0] * module
        if x + side <= width and side <= height:
            places.append((text, x, (height - side) // 2, module, modules))
            x += side
    return places


def _codes(sheet: Sheet) -> float:
    for _, left, top, module, modules in code_places(sheet.width, sheet.height):
        for row, column in np.argwhere(modules).tolist():
            sheet.fill_px(Patch(left + column * module, top + row * module, module, module), chart.BLACK)
    return chart.WHITE


DRAWINGS: Mapping[str, Callable[[Sheet], float]] = {
    "slanted": _slanted,
    "star": _star,
    "dots": _dots,
    "steps": _steps,
    "codes": _codes,
}
"""By name: prints its marks on the sheet and says how bright the paper is."""
