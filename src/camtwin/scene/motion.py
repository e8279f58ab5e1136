"""Motion in front of the sensor, as a pure function of virtual time."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.scene.level import Moved
from camtwin.scene.light import View
from camtwin.scene.seen import Times, seen_in_bands, speed_of
from camtwin.scene.still import remembered
from camtwin.units import SEC, Ns

SPEED_px_per_s = 200.0
FALL_px_per_s2 = 98_100.0
"""Gravity, 9.81 m/s2, for a pixel that sees 0.1 mm."""
MAX_SPEED_px_per_s = 1e9
ROWS = 32
"""Rows made at a time, so that intermediate results stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Drift(Moved, ABC):
    """Another scene, its image drifting over the sensor as on an endless band.

    What leaves the sensor on one side enters on the other: a mirrored return would show all writing backwards
    for half of the time. Between two pixels the image is interpolated (bilinear), which softens it a little
    at half a pixel.
    """

    @property
    @abstractmethod
    def moving(self) -> bool:
        """See Scene."""

    @abstractmethod
    def drift_px(self, t_ns: Ns | Times) -> tuple[Any, Any]:
        """Return the shift of the image to the right and down at t_ns (one time or an array), in pixels."""

    def _from_px(self, t_ns: Times) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the source of pixels at each time: whole pixels to the right and down, shares of the next.

        Both (..., 2). Pixel x shows the scene at x - drift.
        """
        drift = np.stack(self.drift_px(t_ns), axis=-1)
        whole = np.floor(-drift)
        return whole.astype(np.int64), (-drift - whole).astype(np.float32)

    def seen(self, view: View, moments_ns: Times) -> NDArray[np.float32]:
        """See seen.py; samples a still scene for each row at its own moments, by a compiled kernel."""
        still = remembered(self.scene, view)
        if still is None:
            return seen_in_bands(self, view, moments_ns)
        from camtwin.scene.kernels import seen_rows

        out = np.empty((len(still), view.height, view.width), np.float32)
        seen_rows(still, view.x, view.y, *self._from_px(moments_ns), out)
        return out if self._layers else out[0]

    def forward(self, places: NDArray[np.float64], view: View, t_ns: Ns) -> NDArray[np.float64]:
        """Return where places of the scene are at t_ns, (..., 2): x and y on the sensor, around its edges.

        They stay together: the first one is on the sensor.
        """
        size = np.array([view.sensor_width, view.sensor_height])
        there = places + np.array([float(px) for px in self.drift_px(t_ns)])
        return there - np.floor((there[..., :1, :] + 0.5) / size) * size

    def photon_rate(self, view: View, t_ns: Ns) -> NDArray[np.float32]:
        """Return photons per pixel and second at t_ns.

        Shape: (height, width) or (spectra, height, width), read-only.
        """
        (dx, dy), (share_x, share_y) = self._from_px(np.array(t_ns))
        dx, dy = int(dx), int(dy)
        rate = np.empty((*self._layers, view.height, view.width), np.float32)
        for row in range(0, view.height, ROWS):
            band = rate[..., row : row + ROWS, :]
            still = self._around(view, view.x + dx, view.y + dy + row, band.shape[-2] + 1, t_ns)
            lines = _between(still[..., :-1, :], still[..., 1:, :], share_y)
            band[:] = _between(lines[..., :-1], lines[..., 1:], share_x)
        rate.flags.writeable = False
        return rate

    @property
    def _layers(self) -> tuple[int, ...]:
        """Leading dimensions of photon_rate's shape."""
        count = len(self.spectra)
        return (count,) if count > 1 else ()

    def _around(self, view: View, x: int, y: int, rows: int, t_ns: Ns) -> NDArray[np.float32]:
        """Return the still scene from (x, y) on, a column wider than the view, wrapped around the sensor."""
        width, height = view.sensor_width, view.sensor_height
        still = np.empty((*self._layers, rows, view.width + 1), np.float32)
        for to_y, from_y, high in wrapped(y, rows, height):
            for to_x, from_x, wide in wrapped(x, view.width + 1, width):
                piece = View(from_x, from_y, wide, high, width, height, view.pixel_um)
                still[..., to_y : to_y + high, to_x : to_x + wide] = self.scene.photon_rate(piece, t_ns)
        return still


@dataclass(frozen=True, slots=True)
class Pan(Drift):
    """A conveyor: another scene that drifts at one speed.

    px_per_s: sensor pixels a second. direction_deg: 0 drifts to the right, 90 down, 180 to the left.
    """

    px_per_s: float = SPEED_px_per_s
    direction_deg: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.px_per_s <= MAX_SPEED_px_per_s:
            raise ValueError(f"px_per_s {self.px_per_s:g} is outside 0..{MAX_SPEED_px_per_s:g} px/s")
        if not -360 <= self.direction_deg <= 360:
            raise ValueError(f"direction_deg {self.direction_deg:g} is outside -360..360 degrees")

    @property
    def moving(self) -> bool:
        return self.px_per_s > 0 or self.scene.moving

    def drift_px(self, t_ns: Ns | Times) -> tuple[Any, Any]:
        """See Drift."""
        angle = math.radians(self.direction_deg)
        # Rounded, so that 90 degrees is straight down and costs no interpolation to the side.
        right, down = round(math.cos(angle), 12), round(math.sin(angle), 12)
        return right * self.px_per_s * t_ns / SEC, down * self.px_per_s * t_ns / SEC

    def speed_px_per_s(self, view: View, t_ns: Ns) -> float:
        """Return its own speed plus its scene's."""
        return self.px_per_s + speed_of(self.scene, view, t_ns)


@dataclass(frozen=True, slots=True)
class Fall(Drift):
    """Another scene that falls from rest at time 0; px_per_s2: sensor pixels a second, faster each second."""

    px_per_s2: float = FALL_px_per_s2

    def __post_init__(self) -> None:
        if not 0 < self.px_per_s2 <= MAX_SPEED_px_per_s:
            raise ValueError(f"px_per_s2 {self.px_per_s2:g} is outside 0..{MAX_SPEED_px_per_s:g} px/s2")

    @property
    def moving(self) -> bool:
        return True

    def drift_px(self, t_ns: Ns | Times) -> tuple[Any, Any]:
        """See Drift."""
        t_s = t_ns / SEC
        return 0 * t_s, self.px_per_s2 * t_s * t_s / 2

    def speed_px_per_s(self, view: View, t_ns: Ns) -> float:
        """Return its own speed plus its scene's."""
        return self.px_per_s2 * abs(t_ns) / SEC + speed_of(self.scene, view, t_ns)


def _between(a: NDArray[np.float32], b: NDArray[np.float32], share: np.float32) -> NDArray[np.float32]:
    """Interpolate from a to b by a share of 0..1."""
    if share == 0:
        return a
    way = np.subtract(b, a)
    way *= share
    way += a
    return way


def wrapped(start: int, length: int, size: int) -> list[tuple[int, int, int]]:
    """Return the pieces (place in the answer, place in the source, length) of a range on a ring of `size`.

    >>> wrapped(start=8, length=4, size=10)
    [(0, 8, 2), (2, 0, 2)]
    """
    pieces = []
    done = 0
    while done < length:
        at = (start + done) % size
        n = min(length - done, size - at)
        pieces.append((done, at, n))
        done += n
    return pieces
