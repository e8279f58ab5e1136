"""Truth: what a frame shows, before chance, place by place.

Arrays are those of the sensor's pixels, mirrored as the image is: (Height, Width), and as many times larger
as pixels are binned. Numbers of a pixel are means over endless frames; the frame's own noise is around them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.scene import Scene, Target, View
from camtwin.scene.printed import code_places
from camtwin.sensor.flaws import Flaws
from camtwin.sensor.parameters import SensorParameters
from camtwin.sensor.processing import mirrored
from camtwin.sensor.timing import RowWindows
from camtwin.twins.render.geometry import Window


@dataclass(frozen=True, eq=False)
class Code:
    """A printed code, where it is in the middle of its own exposure.

    corners  (4, 2): x and y of its upper left, upper right, lower right and lower left corner, in pixels of
             the image; the middle of the first pixel is (0, 0)
    """

    text: str
    corners: NDArray[np.float64]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, upper, right and lower end."""
        (left, top), (right, bottom) = self.corners.min(axis=0).tolist(), self.corners.max(axis=0).tolist()
        return left, top, right, bottom

    def mask(self, height: int, width: int) -> NDArray[np.bool_]:
        """Return the pixels, of an image of this size, whose middles lie in the code."""
        y, x = np.mgrid[0:height, 0:width]
        inside = np.ones((height, width), np.bool_)
        for (x0, y0), (x1, y1) in zip(self.corners, np.roll(self.corners, -1, axis=0), strict=True):
            inside &= (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) >= 0
        return inside


@dataclass(frozen=True, eq=False)
class Truth:
    """Truth of one frame.

    electrons  mean electrons of each pixel, dark signal included, never above the full well; float32
    photons    mean photons, of all colours, that fall on each pixel while it gathers light; float32
    gain       fixed pattern: response of each pixel, 1 + PRNU, which `electrons` has in it
    offset_e   fixed pattern: offset of each pixel in electrons, DSNU, which is added behind the full well
    defects    hot, dead and offset pixels; bool
    rows_ns    (rows, 2): when each row begins and ends to gather light, in virtual time
    codes      printed codes that lie in the image, in part at least
    """

    electrons: NDArray[np.float32]
    photons: NDArray[np.float32]
    gain: NDArray[np.float32]
    offset_e: NDArray[np.float32]
    defects: NDArray[np.bool_]
    rows_ns: NDArray[np.int64]
    codes: tuple[Code, ...] = ()

    def mirrored(self, x: bool, y: bool) -> Truth:
        """Return the truth of the image mirrored left to right, and top to bottom."""
        if not (x or y):
            return self
        height, width = self.electrons.shape
        turned = {name: mirrored(array, x, y) for name, array in self._pixels()}
        flip, size = np.array([x, y]), np.array([width - 1, height - 1])
        codes = tuple(replace(c, corners=np.where(flip, size - c.corners, c.corners)) for c in self.codes)
        return replace(self, **turned, rows_ns=self.rows_ns[::-1] if y else self.rows_ns, codes=codes)

    def _pixels(self) -> Iterator[tuple[str, NDArray[Any]]]:
        for name in ("electrons", "photons", "gain", "offset_e", "defects"):
            yield name, getattr(self, name)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as arrays by name, for a file; codes as their texts and corners."""
        corners = np.array([code.corners for code in self.codes]).reshape(-1, 4, 2)
        texts = np.array(json.dumps([code.text for code in self.codes]))
        return {**dict(self._pixels()), "rows_ns": self.rows_ns, "code_texts": texts, "code_corners": corners}


def mask_of(flaws: Flaws, window: Window) -> NDArray[np.bool_]:
    """Return the flawed pixels of a window."""
    mask = np.zeros((window.height, window.width), np.bool_)
    for column, row in (*flaws.hot, *flaws.dead):
        x, y = column - window.x, row - window.y
        if 0 <= x < window.width and 0 <= y < window.height:
            mask[y, x] = True
    for column in flaws.columns:
        if 0 <= column - window.x < window.width:
            mask[:, column - window.x] = True
    return mask


def codes_in(scene: Scene, p: SensorParameters, window: Window, windows: RowWindows) -> tuple[Code, ...]:
    """Return the printed codes of a scene that lie in the window, in part at least, at its pixels."""
    if (printed := _printed(scene)) is None or printed.kind != "codes":
        return ()
    view = View(0, 0, p.width, p.height, p.width, p.height, p.pixel_um)
    middles_ns = windows.starts_ns(window.exposed) + windows.duration_ns // 2
    codes: list[Code] = []
    for text, left, top, module, modules in code_places(p.width, p.height):
        dark = np.argwhere(modules)  # around it is a quiet zone, which is not the code's
        (upper, first), (lower, last) = dark.min(axis=0), dark.max(axis=0) + 1
        edges = np.array([[first, upper], [last, upper], [last, lower], [first, lower]], np.float64)
        corners = edges * module + (left, top) - 0.5
        row = min(max(round(float(corners[:, 1].mean())) - window.y, 0), window.height - 1)
        moved = _moved(scene, corners, view, int(middles_ns[row])) - (window.x, window.y)
        (low_x, low_y), (high_x, high_y) = moved.min(axis=0), moved.max(axis=0)
        if high_x > 0 and high_y > 0 and low_x < window.width and low_y < window.height:
            codes.append(Code(text, moved))
    return tuple(codes)


def _printed(scene: object) -> Target | None:
    """Return the target behind motion and light."""
    while not isinstance(scene, Target):
        scene = getattr(scene, "scene", None)
        if scene is None:
            return None
    return scene


def _moved(scene: object, places: NDArray[np.float64], view: View, t_ns: int) -> NDArray[np.float64]:
    """Return where places of the still target are on the sensor at a time, through all motion before it."""
    inner = getattr(scene, "scene", None)
    if inner is not None:
        places = _moved(inner, places, view, t_ns)
    forward = getattr(scene, "forward", None)
    return places if forward is None else forward(places, view, t_ns)
