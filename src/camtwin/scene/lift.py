"""From red, green and blue to spectra: reflectances of a paint that has these colours on a screen.

Three reflectances, one for each primary of sRGB, that are never below 0, 1 together at every wavelength (so
grey stays grey under any lamp), show the primary's colour under D65, and are as smooth as that allows. The
reflectance of a linear (r, g, b) is their sum, weighted.

Source of the method: I. Mallett, C. Yuksel, Spectral Primary Decomposition for Rendering with sRGB
Reflectance, EGSR 2019. Solved anew every 10 nm on the tables of cie.py, as a quadratic programme with the
squared slopes as its cost.
"""

from __future__ import annotations

import numpy as np

from camtwin.scene import cie
from camtwin.scene.spectra import Spectrum

# fmt: off
RED = np.array([
    0.02062, 0.02061, 0.02058, 0.02045, 0.02002, 0.01884, 0.01759, 0.02032, 0.03423, 0.01392, *[0] * 9,
    0.03309, 0.21839, 0.47522, 0.72524, 0.91047, *[1] * 17])
GREEN = np.array([
    *[0] * 8, 0.00279, 0.12361, 0.30726, 0.51086, 0.7088, 0.87418, 0.97891, 1, 1, 1, 1, 0.92431, 0.73245,
    0.48995, 0.25966, 0.08826, *[0] * 17])
# fmt: on
BASIS = np.array([RED, GREEN, 1 - RED - GREEN])
"""Reflectances of red, green and blue at cie.OBSERVER_nm."""


def reflectance(primary: int, nm: float) -> float:
    """Return the reflectance of red (0), green (1) or blue (2) paint, 0..1.

    Constant beyond the table's ends.
    """
    return float(np.interp(nm, cie.OBSERVER_nm, BASIS[primary]))


def lifted(light: Spectrum) -> tuple[tuple[Spectrum, float], ...]:
    """Return the light that red, green and blue paint each reflect: spectrum, and share of the photons."""
    return tuple(
        light.filtered(f"{light.name} on {name}", lambda nm, primary=primary: reflectance(primary, nm))
        for primary, name in enumerate(("red", "green", "blue"))
    )
