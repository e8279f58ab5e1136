"""Colours as the eye measures them: XYZ, Lab, sRGB, colour difference, colour temperature.

Sources: IEC 61966-2-1 (sRGB); CIE 15 (Lab); K. M. Lam's Bradford transform as in the ICC's profiles; G.
Sharma, W. Wu, E. N. Dalal, The CIEDE2000 color-difference formula, Color Res. Appl. 30 (2005); C. S. McCamy,
Correlated color temperature as an explicit function of chromaticity coordinates, Color Res. Appl. 17 (1992).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
D65 = np.array([0.95047, 1.0, 1.08883])
D50 = np.array([0.96422, 1.0, 0.82521])
XYZ_OF_SRGB = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
SRGB_OF_XYZ = np.linalg.inv(XYZ_OF_SRGB)
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def adapted(xyz: Floats, white: Floats, to: Floats = D65) -> Floats:
    """Return XYZ, (..., 3), as it looks where `to` is white instead of `white` (Bradford)."""
    gains = (BRADFORD @ to) / (BRADFORD @ white)
    return xyz @ (np.linalg.inv(BRADFORD) @ np.diag(gains) @ BRADFORD).T


def lab_of(xyz: Floats, white: Floats = D65) -> Floats:
    """Return CIE L*, a*, b*, (..., 3)."""
    t = xyz / white
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def xyz_of_lab(lab: Floats, white: Floats = D50) -> Floats:
    """Return XYZ, (..., 3), of CIE L*, a*, b*."""
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], -1)
    return white * np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))


def lab_of_srgb(linear: Floats) -> Floats:
    """Return CIE L*, a*, b* of linear sRGB, (..., 3)."""
    return lab_of(linear @ XYZ_OF_SRGB.T)


def difference(first: Floats, second: Floats) -> Floats:
    """Return the CIEDE2000 difference of pairs of L*, a*, b*, (...)."""
    c7 = np.mean([np.hypot(lab[..., 1], lab[..., 2]) for lab in (first, second)], axis=0) ** 7
    g = 0.5 * (1 - np.sqrt(c7 / (c7 + 25.0**7)))
    (l1, c1, h1), (l2, c2, h2) = (_polar(lab, g) for lab in (first, second))
    turn = np.where(c1 * c2 == 0, 0, (h2 - h1 + 180) % 360 - 180)
    d_l, d_c, d_h = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = np.where(c1 * c2 == 0, h1 + h2, (h1 + turn / 2) % 360)
    t = (
        *(1 - 0.17 * np.cos(np.radians(mean_h - 30)), 0.24 * np.cos(np.radians(2 * mean_h))),
        *(0.32 * np.cos(np.radians(3 * mean_h + 6)), -0.20 * np.cos(np.radians(4 * mean_h - 63))),
    )
    twist = np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2)))
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * sum(t)
    turned = -np.sin(twist) * 2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7))
    lightness, chroma, hue = d_l / s_l, d_c / s_c, d_h / s_h
    return np.sqrt(np.maximum(lightness**2 + chroma**2 + hue**2 + turned * chroma * hue, 0))


def _polar(lab: Floats, g: Floats) -> tuple[Floats, Floats, Floats]:
    """Return lightness, chroma and hue in degrees, 0..360, with a* stretched by 1 + g."""
    a, b = (1 + g) * lab[..., 1], lab[..., 2]
    return lab[..., 0], np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360


def temperature_K(xyz: Floats) -> float:
    """Return the correlated colour temperature of light, by McCamy's formula; for 2500 to 9000 K."""
    x, y = xyz[0] / xyz.sum(), xyz[1] / xyz.sum()
    n = (x - 0.3320) / (0.1858 - y)
    return float(449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33)
