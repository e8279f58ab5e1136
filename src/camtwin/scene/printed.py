"""Test targets, one to a sheet, drawn for the whole sensor through a lens of choice.

slanted  a dark square turned by 5 degrees on light paper: edges of ISO 12233 in four directions
star     a Siemens star that fills the sensor
dots     a grid of dots, for distortion
steps    twelve greys side by side, half a stop apart, bright to dark
codes    QR codes (ISO/IEC 18004), their modules 12 to 3 pixels wide; each says how wide
board    a checkerboard of 11 x 8 squares, for camera matrix and distortion
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
BOARD_COLUMNS, BOARD_ROWS = 11, 8
"""Squares of the board: one side is odd, so that OpenCV knows which way up it is."""
ROUND = 64
"""Number of corners of the outline of something round."""
LARGEST_SQUARE_px = 800
"""A square is drawn as one array; its edges need no more rows than this."""


def draw(kind: str, width: int, height: int, lens: Lens) -> NDArray[np.uint16]:
    """Return the reflectance of the target on each pixel of the sensor, (height, width), 65535 is 1."""
    sheet = Sheet(width, height)
    paper = DRAWINGS[kind](sheet)
    return through(lens, develop(sheet.marks, width, height, paper, lens))


def square_side(width: int, height: int) -> float:
    """Return the side of the slanted square in pixels."""
    return min(width, height, 2 * LARGEST_SQUARE_px) / 2


def _slanted(sheet: Sheet) -> float:
    square = slanted_square(CELLS * square_side(sheet.width, sheet.height), chart.EDGE_TILT_deg)
    sheet.shape_px(square, sheet.width // 2, sheet.height // 2, chart.EDGE_DARK)
    return chart.EDGE_LIGHT


def star_radius(width: int, height: int) -> float:
    """Return the radius of the Siemens star in pixels."""
    return 0.47 * min(width, height)


def _star(sheet: Sheet) -> float:
    star = siemens_star(CELLS * star_radius(sheet.width, sheet.height), chart.STAR_CYCLES)
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


def board_place(width: int, height: int) -> tuple[int, int, int]:
    """Return left and upper edge of the board and the side of its squares, in pixels; one is white around."""
    side = min(width // (BOARD_COLUMNS + 2), height // (BOARD_ROWS + 2))
    return (width - BOARD_COLUMNS * side) // 2, (height - BOARD_ROWS * side) // 2, side


def board_corners(width: int, height: int) -> NDArray[np.float64]:
    """Return the corners that its squares share, (rows, columns, 2): x and y, 0 in the middle of a pixel."""
    left, top, side = board_place(width, height)
    x, y = np.meshgrid(np.arange(1, BOARD_COLUMNS), np.arange(1, BOARD_ROWS))
    return np.stack((left + side * x, top + side * y), axis=-1, dtype=np.float64) - 0.5


def _board(sheet: Sheet) -> float:
    left, top, side = board_place(sheet.width, sheet.height)
    for row, column in np.ndindex(BOARD_ROWS, BOARD_COLUMNS):
        if (row + column) % 2 == 0 and side:
            sheet.fill_px(Patch(left + column * side, top + row * side, side, side), chart.BLACK)
    return chart.WHITE


def outlines(kind: str, width: int, height: int) -> list[tuple[str, NDArray[np.float64]]]:
    """Return name and outline of each thing on a target, before any lens: corners in their order, (n, 2).

    x and y in pixels of the sensor, 0 in the middle of the first one; all are convex.
    """
    middle = np.array([width // 2, height // 2]) - 0.5
    turn = np.linspace(0, 2 * np.pi, ROUND, endpoint=False)
    circle = np.stack((np.cos(turn), np.sin(turn)), axis=1)
    match kind:
        case "slanted":
            tilt, half = np.radians(chart.EDGE_TILT_deg), square_side(width, height) / 2
            turned = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
            return [("square", SQUARE * half @ turned + middle)]
        case "star":
            return [("star", circle * star_radius(width, height) + middle)]
        case "dots":
            places = np.array(dot_places(width, height)) - 0.5
            return [("dot", circle * DOT_RADIUS_px + place) for place in places]
        case "steps":
            return [(f"{grey:.3g}", _rectangle(*patch)) for grey, patch in step_patches(width, height)]
        case "board":
            left, top, side = board_place(width, height)
            return [("board", _rectangle(left, top, BOARD_COLUMNS * side, BOARD_ROWS * side))]
        case _:
            return [
                (text, code_corners(x, y, px, dark)) for text, x, y, px, dark in code_places(width, height)
            ]


SQUARE = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])


def _rectangle(x: float, y: float, width: float, height: float) -> NDArray[np.float64]:
    return (SQUARE + 1) / 2 * (width, height) + (x, y) - 0.5


def code_corners(left: int, top: int, module: int, modules: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the corners of a code, without the quiet zone around it, from the upper left one on."""
    dark = np.argwhere(modules)
    (upper, first), (lower, last) = dark.min(axis=0), dark.max(axis=0) + 1
    return _rectangle(
        left + first * module, top + upper * module, (last - first) * module, (lower - upper) * module
    )


DRAWINGS: Mapping[str, Callable[[Sheet], float]] = {
    "slanted": _slanted,
    "star": _star,
    "dots": _dots,
    "steps": _steps,
    "codes": _codes,
    "board": _board,
}
"""By name: prints its marks on the sheet and says how bright the paper is."""
