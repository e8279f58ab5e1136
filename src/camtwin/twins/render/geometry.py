"""Geometry: from Settings to the pixels and rows of the sensor that a frame is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camtwin.camera.settings import Settings
from camtwin.sensor.binning import binned_row
from camtwin.sensor.parameters import SensorParameters


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A rectangle of the sensor, in its own pixels: binned or not, mirrored or not.

    exposed, read: for each row, its place in the order in which rows are exposed and read, (height,) each.
    """

    x: int
    y: int
    width: int
    height: int
    exposed: NDArray[np.int64]
    read: NDArray[np.int64]


def window_of(s: Settings, mosaic: str, p: SensorParameters) -> Window:
    """Return the window of frames with these settings, whose pixel format names this mosaic.

    Offsets count in the mirrored image: SFNC applies the region after ReverseX and ReverseY. Where the
    mosaic would begin otherwise than the pixel format says, the window moves by a pixel. A sensor that is
    read upside down begins at the bottom; rows that are binned into one are exposed together.
    """
    width, height = s.Width * s.BinningHorizontal, s.Height * s.BinningVertical
    x, y = s.OffsetX * s.BinningHorizontal, s.OffsetY * s.BinningVertical
    corner = (p.width - 1 - x if s.ReverseX else x, p.height - 1 - y if s.ReverseY else y)
    inwards, down = steps_to(mosaic, p.cfa, *corner)
    x, y = x + inwards, y + down
    read = np.arange(height)
    if s.ReverseY:
        read = height - 1 - read
    exposed = binned_row(read, s.BinningVertical, bool(p.cfa)) if s.BinningVertical > 1 else read
    return Window(
        x=p.width - x - width if s.ReverseX else x,
        y=p.height - y - height if s.ReverseY else y,
        width=width,
        height=height,
        exposed=exposed,
        read=read,
    )


def whole(p: SensorParameters) -> Window:
    """Return the window that is the whole sensor."""
    rows = np.arange(p.height)
    return Window(0, 0, p.width, p.height, rows, rows)


def cut(window: Window, x: int, y: int, width: int, height: int) -> Window:
    """Return the part of a window at column x and row y of it."""
    rows = slice(y, y + height)
    return Window(window.x + x, window.y + y, width, height, window.exposed[rows], window.read[rows])


def brightness_regions(s: Settings, window: Window) -> list[Window]:
    """Return the parts of a frame's window that the automatic functions measure: the whole, if none is on."""
    modes, uses = s.AutoFeatureRegionMode, s.AutoFunctionROIUseBrightness
    used = [key for key in uses if uses[key] or modes.get(key, "Off") == "On"]
    return [_region(s, key, window) for key in used] or [window]


def _region(s: Settings, key: str, window: Window) -> Window:
    x, y = min(s.AutoFeatureOffsetX[key], s.Width - 1), min(s.AutoFeatureOffsetY[key], s.Height - 1)
    width = min(s.AutoFeatureWidth[key], s.Width - x)
    height = min(s.AutoFeatureHeight[key], s.Height - y)
    left = s.Width - x - width if s.ReverseX else x
    top = s.Height - y - height if s.ReverseY else y
    columns, rows = s.BinningHorizontal, s.BinningVertical
    return cut(window, left * columns, top * rows, width * columns, height * rows)


def steps_to(wanted: str, mosaic: str, x: int, y: int) -> tuple[int, int]:
    """Return the columns and rows from pixel (x, y) to one where the mosaic begins as wanted: 0 or 1 each.

    The way to the left or upwards is as long. 0 where the sensor or the wanted format has no colours.

    >>> steps_to("GRBG", "RGGB", 0, 0), steps_to("GRBG", "RGGB", 4055, 3040), steps_to("RGGB", "RGGB", 1, 3)
    ((1, 0), (0, 0), (1, 1))
    """
    if not (wanted and mosaic):
        return 0, 0
    column, row = divmod(mosaic.index(wanted[0]), 2)[::-1]
    if mosaic[2 * row + 1 - column] != wanted[1]:  # the other green
        column, row = 1 - column, 1 - row
    return (x + column) % 2, (y + row) % 2
