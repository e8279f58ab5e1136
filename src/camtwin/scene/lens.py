"""A lens in numbers: loss of contrast and light, and distortion. optics.py applies them."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log, pi, sqrt

import numpy as np

CELLS = 2
"""Cells a pixel, in x and in y, of a drawing: detail up to one cycle a pixel is drawn correctly."""
SIGMAS = 5
"""Radius, in sigma, beyond which a Gaussian is treated as 0."""
WIDEST_px = 32.0


@dataclass(frozen=True, slots=True)
class Lens:
    """Properties of a lens in its focal plane; lengths in pixels of the sensor.

    mtf50: cycles a pixel at which half of the contrast is left, by the lens alone, in focus; its blur is a
    Gaussian. defocus_px: diameter of the disc that a point becomes out of focus. transmission: of light.
    vignetting: loss of light in the corners, 0..1, growing with the square of the distance from the middle.
    distortion: at r from the middle (1 is a corner) the image shows what a perfect lens shows at
    r (1 + distortion r^2); above 0 straight lines bulge (barrel), below 0 they bend inwards (pincushion). Its
    pixels are interpolated (bilinear), which softens them a little. ValueError beyond usable values.

    The default blur is an assumption, as no camera's data sheet names a lens: 1 sigma is 0.6 px. With pixels
    of 3.45 um that is 4.9 um full width at half maximum, a good lens at f/4. It leaves 17 % of the contrast
    at half a cycle a pixel, and the pixel's own window leaves 64 % of that.
    """

    mtf50: float = sqrt(log(2) / 2) / (0.6 * pi)
    defocus_px: float = 0.0
    transmission: float = 1.0
    vignetting: float = 0.0
    distortion: float = 0.0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("mtf50", 0.01, 0.6),
            ("defocus_px", 0, WIDEST_px),
            ("transmission", 0, 1),
            ("vignetting", 0, 1),
            ("distortion", -0.2, 0.5),
        ):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} {getattr(self, name):g} is outside {low:g}..{high:g}")

    @property
    def sigma_px(self) -> float:
        """Radius (1 sigma) of the blur in focus."""
        return sqrt(log(2) / 2) / (pi * self.mtf50)

    @property
    def reach_cells(self) -> int:
        """Number of cells beyond which the blur vanishes."""
        return ceil(CELLS * (SIGMAS * self.sigma_px + self.defocus_px / 2))

    def contrast(self, cycles_per_px: float) -> float:
        """Return the contrast of a sine behind lens and pixel together (MTF), -1..1.

        Below 0 it is inverted.
        """
        blur = np.exp(-2 * (np.pi * self.sigma_px * cycles_per_px) ** 2)
        return float(blur * _disc_contrast(self.defocus_px * cycles_per_px) * np.sinc(cycles_per_px))


SHARP = Lens()


def _disc_contrast(diameter_cycles: float) -> float:
    """Return 2 J1(x) / x of x = pi * diameter * frequency: contrast behind a disc of equal light.

    J1 is computed as Bessel's integral over an angle, which is exact and fast enough for the few points
    needed.
    """
    x = pi * diameter_cycles
    if x < 1e-6:
        return 1.0
    angle = (np.arange(2000) + 0.5) * pi / 2000
    return float(2 * np.cos(angle - x * np.sin(angle)).mean() / x)
