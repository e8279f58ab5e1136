"""Tables of the CIE, every 10 nm, and what follows from them: illuminants, luminous efficacy.

Sources: CIE 15:2004, Colorimetry (1931 standard observer; components of daylight); CIE S 014-2:2006 (A).
Values between the points are interpolated linearly, as CIE 15 recommends for the components of daylight.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LUMENS_PER_W = 683.0
"""Luminous efficacy of light of 555 nm: the definition of the candela."""

OBSERVER_nm = np.arange(380, 781, 10.0)
# fmt: off
X_BAR = np.array([
    0.001368, 0.004243, 0.014310, 0.043510, 0.134380, 0.283900, 0.348280, 0.336200, 0.290800, 0.195360,
    0.095640, 0.032010, 0.004900, 0.009300, 0.063270, 0.165500, 0.290400, 0.433450, 0.594500, 0.762100,
    0.916300, 1.026300, 1.062200, 1.002600, 0.854450, 0.642400, 0.447900, 0.283500, 0.164900, 0.087400,
    0.046770, 0.022700, 0.011359, 0.005790, 0.002899, 0.001440, 0.000690, 0.000332, 0.000166, 0.000083,
    0.000042])
Y_BAR = np.array([
    0.000039, 0.000120, 0.000396, 0.001210, 0.004000, 0.011600, 0.023000, 0.038000, 0.060000, 0.090980,
    0.139020, 0.208020, 0.323000, 0.503000, 0.710000, 0.862000, 0.954000, 0.994950, 0.995000, 0.952000,
    0.870000, 0.757000, 0.631000, 0.503000, 0.381000, 0.265000, 0.175000, 0.107000, 0.061000, 0.032000,
    0.017000, 0.008210, 0.004102, 0.002091, 0.001047, 0.000520, 0.000249, 0.000120, 0.000060, 0.000030,
    0.000015])
Z_BAR = np.array([
    0.006450, 0.020050, 0.067850, 0.207400, 0.645600, 1.385600, 1.747060, 1.772110, 1.669200, 1.287640,
    0.812950, 0.465180, 0.272000, 0.158200, 0.078250, 0.042160, 0.020300, 0.008750, 0.003900, 0.002100,
    0.001650, 0.001100, 0.000800, 0.000340, 0.000190, 0.000050, 0.000020, *[0] * 14])

DAYLIGHT_nm = np.arange(300, 831, 10.0)
DAYLIGHT = np.array([
    (0.04, 0.02, 0.0), (6.0, 4.5, 2.0), (29.6, 22.4, 4.0), (55.3, 42.0, 8.5), (57.3, 40.6, 7.8),
    (61.8, 41.6, 6.7), (61.5, 38.0, 5.3), (68.8, 42.4, 6.1), (63.4, 38.5, 3.0), (65.8, 35.0, 1.2),
    (94.8, 43.4, -1.1), (104.8, 46.3, -0.5), (105.9, 43.9, -0.7), (96.8, 37.1, -1.2), (113.9, 36.7, -2.6),
    (125.6, 35.9, -2.9), (125.5, 32.6, -2.8), (121.3, 27.9, -2.6), (121.3, 24.3, -2.6), (113.5, 20.1, -1.8),
    (113.1, 16.2, -1.5), (110.8, 13.2, -1.3), (106.5, 8.6, -1.2), (108.8, 6.1, -1.0), (105.3, 4.2, -0.5),
    (104.4, 1.9, -0.3), (100.0, 0.0, 0.0), (96.0, -1.6, 0.2), (95.1, -3.5, 0.5), (89.1, -3.5, 2.1),
    (90.5, -5.8, 3.2), (90.3, -7.2, 4.1), (88.4, -8.6, 4.7), (84.0, -9.5, 5.1), (85.1, -10.9, 6.7),
    (81.9, -10.7, 7.3), (82.6, -12.0, 8.6), (84.9, -14.0, 9.8), (81.3, -13.6, 10.2), (71.9, -12.0, 8.3),
    (74.3, -13.3, 9.6), (76.4, -12.9, 8.5), (63.3, -10.6, 7.0), (71.7, -11.6, 7.6), (77.0, -12.2, 8.0),
    (65.2, -10.2, 6.7), (47.7, -7.8, 5.2), (68.6, -11.2, 7.4), (65.0, -10.4, 6.8), (66.0, -10.6, 7.0),
    (61.0, -9.7, 6.4), (53.3, -8.3, 5.5), (58.9, -9.3, 6.1), (61.9, -9.8, 6.5)])
# fmt: on


def photopic(nm: Floats) -> Floats:
    """Return V(lambda), the relative luminous efficiency, 1 at its peak; 0 outside of 380..780 nm."""
    return np.interp(nm, OBSERVER_nm, Y_BAR, left=0, right=0)


def tristimulus(nm: Floats, power: Floats) -> Floats:
    """Return X, Y, Z (not scaled) of light with this power at evenly spaced wavelengths."""
    bars = (np.interp(nm, OBSERVER_nm, bar, left=0, right=0) for bar in (X_BAR, Y_BAR, Z_BAR))
    return np.array([float(np.sum(bar * power)) for bar in bars])


def daylight(nm: Floats, kelvin: float) -> Floats:
    """Return the relative power of daylight of a colour temperature of 4000..25000 K, 100 at 560 nm.

    On today's scale of temperature D65 is 6504 K: 6500 K times 1.4388 / 1.4380.
    """
    t = 1000 / kelvin
    if kelvin <= 7000:
        x = ((-4.6070 * t + 2.9678) * t + 0.09911) * t + 0.244063
    else:
        x = ((-2.0064 * t + 1.9018) * t + 0.24748) * t + 0.237040
    y = (-3.000 * x + 2.870) * x - 0.275
    m = 0.0241 + 0.2562 * x - 0.7341 * y
    m1 = round((-1.3515 - 1.7703 * x + 5.9114 * y) / m, 3)  # CIE 15 rounds them
    m2 = round((0.0300 - 31.4424 * x + 30.0717 * y) / m, 3)
    return np.interp(nm, DAYLIGHT_nm, DAYLIGHT @ (1, m1, m2), left=0, right=0)


def illuminant_a(nm: Floats) -> Floats:
    """Return the relative power of illuminant A, a tungsten lamp, 100 at 560 nm."""
    bright, dark = 1.435e7 / (2848 * 560), 1.435e7 / (2848 * nm)
    return 100 * (560 / nm) ** 5 * np.expm1(bright) / np.expm1(dark)
