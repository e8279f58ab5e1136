"""A turntable: another scene, turning about the sensor's middle, as a pure function of virtual time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camtwin.scene.level import Moved
from camtwin.scene.light import View
from camtwin.scene.still import whole
from camtwin.units import SEC, Ns

RPM = 60.0
MOST_RPM = 1e6
ROWS = 64
"""Rows turned at a time, to keep what is needed in between small."""


@dataclass(frozen=True, slots=True)
class Spin(Moved):
    """Another scene, turning clockwise at `rpm` turns a minute (below 0 the other way round).

    Between pixels it is interpolated (bilinear); what lies beyond the sensor's edge is dark. ValueError where
    the scene moves by itself.
    """

    rpm: float = RPM

    def __post_init__(self) -> None:
        if not -MOST_RPM <= self.rpm <= MOST_RPM:
            raise ValueError(f"rpm {self.rpm:g} is outside {-MOST_RPM:g}..{MOST_RPM:g}")
        if self.scene.moving:
            raise ValueError("a spin of what moves; allowed: a spin of what stands still")

    @property
    def moving(self) -> bool:
        return self.rpm != 0

    def speed_px_per_s(self, view: View, t_ns: Ns) -> float:
        """In the corners of the sensor."""
        return 2 * math.pi * abs(self.rpm) / 60 * math.hypot(view.sensor_width, view.sensor_height) / 2

    def photon_rate(self, view: View, t_ns: Ns) -> NDArray[np.float32]:
        """Photons per pixel and second at t_ns, (height, width) or (spectra, height, width), read-only."""
        import cv2

        still = whole(self.scene, view.sensor_width, view.sensor_height, view.pixel_um)
        angle = 2 * math.pi * math.fmod(self.rpm / 60 * t_ns / SEC, 1)
        cos, sin = np.float32(math.cos(angle)), np.float32(math.sin(angle))
        middle_x, middle_y = (np.float32((n - 1) / 2) for n in (view.sensor_width, view.sensor_height))
        rate = np.empty((*still.shape[:-2], view.height, view.width), np.float32)
        x = np.arange(view.x, view.x + view.width, dtype=np.float32) - middle_x
        for row in range(0, view.height, ROWS):
            rows = min(ROWS, view.height - row)
            y = (np.arange(view.y + row, view.y + row + rows, dtype=np.float32) - middle_y)[:, None]
            # What has turned clockwise by the angle came from where one gets by turning back.
            from_x, from_y = cos * x + sin * y + middle_x, cos * y - sin * x + middle_y
            for layer, out in zip(np.atleast_3d(still.T).T, np.atleast_3d(rate.T).T, strict=True):
                out[row : row + rows] = cv2.remap(layer, from_x, from_y, cv2.INTER_LINEAR)
        rate.flags.writeable = False
        return rate
