"""Motion about the sensor's middle, a pure function of virtual time: rotation and magnification."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camtwin.scene.level import Moved
from camtwin.scene.light import View
from camtwin.scene.still import whole
from camtwin.units import SEC, Ns

RPM = 60.0
MAX_RPM = 1e6
MAX_GROWTH = 100.0
MAX_PERIOD_s = 1e6
ROWS = 64
"""Rows turned at a time, to keep intermediate results small."""


@dataclass(frozen=True, slots=True)
class AboutMiddle(Moved, ABC):
    """Another scene, turned or magnified about the sensor's middle.

    Between pixels it is interpolated (bilinear); beyond the sensor's edge it is dark. ValueError if the scene
    moves by itself.
    """

    def __post_init__(self) -> None:
        if self.scene.moving:
            raise ValueError(
                f"a {type(self).__name__.lower()} of a moving scene; allowed: of one that stands still"
            )

    @property
    @abstractmethod
    def moving(self) -> bool:
        """See Scene."""

    @abstractmethod
    def _back(self, t_ns: Ns) -> tuple[float, float]:
        """Return the source of a pixel at t_ns: (c, s) for (c x + s y, c y - s x) from the middle."""

    def forward(self, places: NDArray[np.float64], view: View, t_ns: Ns) -> NDArray[np.float64]:
        """Return where places of the scene are at t_ns, (..., 2): x and y on the sensor."""
        cos, sin = self._back(t_ns)
        middle = (np.array([view.sensor_width, view.sensor_height]) - 1) / 2
        back = np.array([[cos, sin], [-sin, cos]])
        return (places - middle) @ np.linalg.inv(back).T + middle

    def photon_rate(self, view: View, t_ns: Ns) -> NDArray[np.float32]:
        """Return photons per pixel and second at t_ns.

        Shape: (height, width) or (spectra, height, width), read-only.
        """
        import cv2

        still = whole(self.scene, view.sensor_width, view.sensor_height, view.pixel_um)
        cos, sin = (np.float32(share) for share in self._back(t_ns))
        middle_x, middle_y = (np.float32((n - 1) / 2) for n in (view.sensor_width, view.sensor_height))
        rate = np.empty((*still.shape[:-2], view.height, view.width), np.float32)
        x = np.arange(view.x, view.x + view.width, dtype=np.float32) - middle_x
        for row in range(0, view.height, ROWS):
            rows = min(ROWS, view.height - row)
            y = (np.arange(view.y + row, view.y + row + rows, dtype=np.float32) - middle_y)[:, None]
            from_x, from_y = cos * x + sin * y + middle_x, cos * y - sin * x + middle_y
            for layer, out in zip(np.atleast_3d(still.T).T, np.atleast_3d(rate.T).T, strict=True):
                out[row : row + rows] = cv2.remap(layer, from_x, from_y, cv2.INTER_LINEAR)
        rate.flags.writeable = False
        return rate


@dataclass(frozen=True, slots=True)
class Spin(AboutMiddle):
    """A turntable: another scene, turning clockwise at `rpm` turns a minute (below 0 the other way round)."""

    rpm: float = RPM

    def __post_init__(self) -> None:
        AboutMiddle.__post_init__(self)
        if not -MAX_RPM <= self.rpm <= MAX_RPM:
            raise ValueError(f"rpm {self.rpm:g} is outside {-MAX_RPM:g}..{MAX_RPM:g}")

    @property
    def moving(self) -> bool:
        return self.rpm != 0

    def speed_px_per_s(self, view: View, t_ns: Ns) -> float:
        """Return the speed in the corners of the sensor."""
        return 2 * math.pi * abs(self.rpm) / 60 * _corner_px(view)

    def _back(self, t_ns: Ns) -> tuple[float, float]:
        # A point turned clockwise by the angle came from the place found by turning it back.
        angle = 2 * math.pi * math.fmod(self.rpm / 60 * t_ns / SEC, 1)
        return math.cos(angle), math.sin(angle)


@dataclass(frozen=True, slots=True)
class Zoom(AboutMiddle):
    """Something that comes near and goes again: another scene, magnified 1 .. 1 + growth .. 1 in period_s."""

    growth: float = 0.5
    period_s: float = 2.0

    def __post_init__(self) -> None:
        AboutMiddle.__post_init__(self)
        if not 0 < self.growth <= MAX_GROWTH:
            raise ValueError(f"growth {self.growth:g} is outside 0..{MAX_GROWTH:g}")
        if not 1e-6 <= self.period_s <= MAX_PERIOD_s:
            raise ValueError(f"period_s {self.period_s:g} is outside 1e-06..{MAX_PERIOD_s:g} s")

    @property
    def moving(self) -> bool:
        return True

    def magnification(self, t_ns: Ns) -> float:
        """Return the magnification of the scene at t_ns."""
        return 1 + self.growth * (1 - math.cos(self._phase(t_ns))) / 2

    def speed_px_per_s(self, view: View, t_ns: Ns) -> float:
        """Return the speed in the corners of the sensor."""
        growing = self.growth * math.pi / self.period_s * abs(math.sin(self._phase(t_ns)))
        return growing / self.magnification(t_ns) * _corner_px(view)

    def _phase(self, t_ns: Ns) -> float:
        return 2 * math.pi * math.fmod(t_ns / SEC / self.period_s, 1)

    def _back(self, t_ns: Ns) -> tuple[float, float]:
        return 1 / self.magnification(t_ns), 0.0


def _corner_px(view: View) -> float:
    """Return the distance from the sensor's middle to its corners."""
    return math.hypot(view.sensor_width, view.sensor_height) / 2
