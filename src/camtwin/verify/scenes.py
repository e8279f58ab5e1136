"""Light that the checks need, and that no photograph shows: lamps that can be set, ramps, flashes.

Sensor pixels are told apart, so that a picture says which of them it shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camtwin.scene import Flat, Lit, Picture, Pulses, Scene, View, spectra
from camtwin.units import MS, Ns

GREEN_nm = 536.0
"""Wavelength at which the sheets state the quantum efficiency."""


@dataclass
class Lamp:
    """Even light that can be set while the camera looks at it."""

    photons_per_s: float = 0.0
    wavelength_nm: float = GREEN_nm
    moving: bool = True  # that is: asked again for every frame

    def photon_rate(self, view: View, t_ns: Ns) -> NDArray[np.float32]:
        return np.full((view.height, view.width), self.photons_per_s, np.float32)


@dataclass
class Spot(Lamp):
    """A lamp, and a square that can be lit apart from it."""

    spot_photons_per_s: float = 2e5
    x: int = 0
    y: int = 0
    side: int = 64

    def photon_rate(self, view: View, t_ns: Ns) -> NDArray[np.float32]:
        rate = super().photon_rate(view, t_ns)
        top, left = max(0, self.y - view.y), max(0, self.x - view.x)
        rate[top : max(0, self.y + self.side - view.y), left : max(0, self.x + self.side - view.x)] = (
            self.spot_photons_per_s
        )
        return rate


@dataclass(frozen=True)
class Ramp:
    """Light that is different in every row and column: `row` and `column` photons per second a step."""

    row: float = 700.0
    column: float = 300.0
    base: float = 50_000.0
    wavelength_nm: float = GREEN_nm
    moving: bool = False

    def photon_rate(self, view: View, t_ns: Ns) -> NDArray[np.float32]:
        rows = np.arange(view.y, view.y + view.height, dtype=np.float32)[:, None]
        columns = np.arange(view.x, view.x + view.width, dtype=np.float32)[None, :]
        return (np.float32(self.base) + self.row * rows + self.column * columns).astype(np.float32)


def ramp(lit_ms: float = 0) -> Scene:
    """Light that is different in every row and column; it goes out after a while, if one is given.

    Rows that wait to be read behind a global shutter would gather more.
    """
    return Lit(Ramp(), Pulses(((0, round(lit_ms * MS)),))) if lit_ms else Ramp()


def flash(begin_ns: Ns, width_ns: Ns, photons_per_s: float = 5e7) -> Lit:
    """Make even light for a while, from begin_ns on; before and after it there is none."""
    return Lit(Flat(photons_per_s, GREEN_nm), Pulses(((begin_ns, begin_ns + width_ns),)))


LINES_nm: Final = {460.0: 0.5, 540.0: 0.3, 650.0: 0.2}
"""A lamp of three lines, as shares of its photons."""
LENS: Final = {460.0: 0.4, 540.0: 0.9, 650.0: 0.7}
"""Transmission of a coloured lens at these wavelengths."""
GLASS: Final = {400: 0.83, 450: 0.86, 500: 0.89, 550: 0.86, 600: 0.70, 650: 0.40, 700: 0.14, 780: 0.02}
"""An infrared cut filter, over nm. Flyers name neither light nor filter: 706 cd/m2 at 3200 K behind such a
one is what sensors' full sheets have."""


def behind_glass(f_number: float, times: float = 1) -> Flat:
    """Make even light of that lamp, in so many times 706 cd/m2, behind the filter and a lens."""
    lamp, nm, passed = spectra.black_body(3200), list(GLASS), list(GLASS.values())
    light, share = lamp.filtered("behind glass", lambda at: float(np.interp(at, nm, passed)))
    photons = spectra.photons_from_lux(spectra.illuminance_behind(706, f_number), 1.55, lamp)
    return Flat(times * photons * share, light)


def disc(width: int, height: int, diameter: int) -> Picture:
    """Make a bright disc in the middle of a dark picture."""
    y, x = np.mgrid[:height, :width]
    inside = (x - (width - 1) / 2) ** 2 + (y - (height - 1) / 2) ** 2 < (diameter / 2) ** 2
    return Picture((255 * inside).astype(np.uint8), 4e7)
