"""Printed targets in an image: the places of things, moving ones too, and of a checkerboard's corners.

Places are x and y in pixels of the image, 0 in the middle of the first one. Each thing is where it is in the
middle of its own exposure: that of the row in its middle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from math import ceil, floor
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from camtwin.scene import Scene, Target, View
from camtwin.scene.motion import Drift
from camtwin.scene.optics import coefficients, shown
from camtwin.scene.printed import board_corners, outlines
from camtwin.sensor.parameters import SensorParameters
from camtwin.sensor.timing import RowWindows
from camtwin.twins.render.geometry import Window

Places = NDArray[np.float64]
Flip = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Outline:
    """A printed thing.

    name     its kind, of a code its text
    corners  (n, 2): of its outline, which is convex
    """

    name: str
    corners: Places

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, upper, right and lower end."""
        (left, top), (right, bottom) = self.corners.min(axis=0).tolist(), self.corners.max(axis=0).tolist()
        return left, top, right, bottom

    @property
    def middle(self) -> tuple[float, float]:
        """Centre of its corners."""
        x, y = self.corners.mean(axis=0).tolist()
        return x, y

    def mask(self, height: int, width: int) -> NDArray[np.bool_]:
        """Return the pixels, of an image of this size, whose middles lie in it."""
        mask = np.zeros((height, width), np.bool_)
        region, inside = self.inside(height, width)
        mask[region] = inside
        return mask

    def inside(self, height: int, width: int) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
        """Return rows and columns of its box, in an image of this size, and the mask there."""
        left, top, right, bottom = self.box
        x = np.arange(max(ceil(left), 0), max(min(floor(right) + 1, width), 0))
        y = np.arange(max(ceil(top), 0), max(min(floor(bottom) + 1, height), 0))[:, None]
        if not (x.size and y.size):
            return (slice(0), slice(0)), np.zeros((0, 0), np.bool_)
        ends = np.roll(self.corners, -1, axis=0)
        turned = np.sign((self.corners[:, 0] * ends[:, 1] - ends[:, 0] * self.corners[:, 1]).sum())
        inside = np.ones((y.size, x.size), np.bool_)
        for (x0, y0), (x1, y1) in zip(self.corners, ends, strict=True):
            inside &= turned * ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) >= 0
        return (slice(y[0, 0], y[-1, 0] + 1), slice(x[0], x[-1] + 1)), inside

    def mirrored(self, flip: Flip, size: NDArray[np.int64]) -> Self:
        """Return it in an image whose x, or y, is mirrored; size: the last pixel's place."""
        return replace(self, corners=np.where(flip, size - self.corners, self.corners))


@dataclass(frozen=True, eq=False)
class Code(Outline):
    """A printed code: upper left, upper right, lower right and lower left corner, without the quiet zone."""

    @property
    def text(self) -> str:
        """The text in it."""
        return self.name


@dataclass(frozen=True, eq=False)
class Board:
    """A checkerboard.

    corners        (rows, columns, 2): places that four squares share, row by row; some may lie outside
    camera_matrix  (3, 3), OpenCV's. A printed board has no distance: as focal length stands half the
                   sensor's diagonal, and a square's side is what it is in pixels
    distortion     (5,), OpenCV's k1, k2, p1, p2, k3
    """

    corners: Places
    camera_matrix: Places
    distortion: Places

    def mirrored(self, flip: Flip, size: NDArray[np.int64]) -> Board:
        """Return it in an image whose x, or y, is mirrored; size: the last pixel's place."""
        matrix = self.camera_matrix.copy()
        matrix[:2, 2] = np.where(flip, size - matrix[:2, 2], matrix[:2, 2])
        corners = np.where(flip, size - self.corners, self.corners)
        return replace(self, corners=corners, camera_matrix=matrix)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return it as arrays by name, for a file."""
        names = {
            "board_corners": self.corners,
            "camera_matrix": self.camera_matrix,
            "distortion": self.distortion,
        }
        return {name: np.array(array) for name, array in names.items()}


def labels(targets: tuple[Outline, ...], height: int, width: int) -> NDArray[np.uint16]:
    """Return an image with the number of the target at each pixel, from 1 on; 0: there is none."""
    numbers = np.zeros((height, width), np.uint16)
    for number, each in enumerate(targets, 1):
        region, inside = each.inside(height, width)
        numbers[region][inside] = number
    return numbers


def targets_in(scene: Scene, p: SensorParameters, window: Window, windows: RowWindows) -> tuple[Outline, ...]:
    """Return the printed things of a scene that lie in the window, in part at least, at its pixels."""
    if (printed := _printed(scene)) is None:
        return ()
    make, at = (Code if printed.kind == "codes" else Outline), _Moment(scene, p, window, windows)
    found, copies = list[Outline](), _copies(scene, p)
    for name, corners in outlines(printed.kind, p.width, p.height):
        still = shown(printed.lens, corners, p.width, p.height)
        moved = at.moved(still) - (window.x, window.y)
        low, high = moved.min(axis=0), moved.max(axis=0)
        for shift in copies:
            if (high + shift > 0).all() and (low + shift < (window.width, window.height)).all():
                found.append(make(name, moved + shift))
    return tuple(found)


def board_in(scene: Scene, p: SensorParameters, window: Window, windows: RowWindows) -> Board | None:
    """Return the checkerboard of a scene; None if it shows none."""
    if (printed := _printed(scene)) is None or printed.kind != "board":
        return None
    corners = shown(printed.lens, board_corners(p.width, p.height), p.width, p.height)
    middle, corner = (np.array([p.width, p.height]) - 1) / 2, np.hypot(p.width, p.height) / 2
    places = np.vstack((corners.reshape(-1, 2), middle, middle + np.array([corner, 0])))
    moved = _Moment(scene, p, window, windows).moved(places) - (window.x, window.y)
    centre, edge = moved[-2:]
    matrix = np.diag([np.hypot(*(edge - centre))] * 2 + [1.0])
    matrix[:2, 2] = centre
    return Board(moved[:-2].reshape(corners.shape), matrix, coefficients(printed.lens))


def _printed(scene: object) -> Target | None:
    """Return the target behind motion and light."""
    while not isinstance(scene, Target):
        scene = getattr(scene, "scene", None)
        if scene is None:
            return None
    return scene


class _Moment:
    """The middle of the exposure, row by row."""

    def __init__(self, scene: Scene, p: SensorParameters, window: Window, windows: RowWindows) -> None:
        self._scene, self._window = scene, window
        self._view = View(0, 0, p.width, p.height, p.width, p.height, p.pixel_um)
        self._middles_ns = windows.starts_ns(window.exposed) + windows.duration_ns // 2

    def moved(self, places: Places) -> Places:
        """Return where places of the still target are while the row in their middle gathers light."""
        row = round(float(places[:, 1].mean())) - self._window.y
        row = min(max(row, 0), self._window.height - 1)
        return _moved(self._scene, places, self._view, int(self._middles_ns[row]))


def _moved(scene: object, places: Places, view: View, t_ns: int) -> Places:
    """Return where places of the still target are on the sensor at a time, through all motion before it."""
    inner = getattr(scene, "scene", None)
    if inner is not None:
        places = _moved(inner, places, view, t_ns)
    forward = getattr(scene, "forward", None)
    return places if forward is None else forward(places, view, t_ns)


def _copies(scene: object, p: SensorParameters) -> Places:
    """Return the shifts at which a scene shows its target, (n, 2): what drifts out of the sensor comes in."""
    while scene is not None and not isinstance(scene, Drift):
        scene = getattr(scene, "scene", None)
    shifts = [(0, 0), *([] if scene is None else product((0, -1, 1), repeat=2))]
    return np.array(list(dict.fromkeys(shifts))) * (p.width, p.height)
