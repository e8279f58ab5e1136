"""Light that the checks need, and that no photograph shows: lamps that can be set, ramps, flashes.

Sensor pixels are told apart, so that a picture says which of them it shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camtwin.scene import Flat, Lit, Pulses, Scene, View
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
