"""The offline demosaic: along edges, not across them, as far as the picture says where edges run.

1. Green minus the other colour is estimated along the row and along the column, each with the second
   difference of the pixel's own colour as a correction.
2. Along its direction each estimate is a smooth signal in noise; both are measured, and each estimate is
   taken as far as it is signal (linear minimum mean square error). The two directions are joined by the
   inverse of the error that is left.
3. Red and blue follow from green and the interpolated differences.
4. Where no direction is better than the other, as in fine texture and noise, half of the result is the linear
   method's, which errs less there.

Sources: J. E. Adams, J. F. Hamilton, US patent 5,652,621 (expired), for step 1; L. Zhang, X. Wu, Color
demosaicking via directional linear minimum mean square-error estimation, IEEE Trans. Image Processing 14
(2005), for step 2. Implemented from the equations.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.demosaic import malvar
from camtwin.isp.image import TOP
from camtwin.isp.mosaic import mask

F = np.float32
Floats = NDArray[np.floating]
BAND, HALO = 256, 24
"""Rows that are computed at a time, to keep what is needed in between small, and rows around them."""
GREEN = np.array([-0.25, 0.5, 0.5, 0.5, -0.25], F)
SMOOTH = np.array([4, 9, 15, 23, 26, 23, 15, 9, 4], F) / F(128)
MEAN = np.full(9, 1 / 9, F)
_NEAR, _FAR, _NONE = [-1, 0, 10, 0, 10, 0, -1], [0, 0, -1, 0, -1, 0, 0], [0] * 7
DIAGONAL = np.array([_FAR, _NONE, _NEAR, _NONE, _NEAR, _NONE, _FAR], F) / F(32)
FLOOR = F(27.0)
"""A variance, in root codes squared, that counts as none."""


def directional(roots: NDArray[np.int16], mosaic: str) -> NDArray[np.int16]:
    """Return red, green and blue roots, (3, H, W)."""
    height = roots.shape[0]
    out = np.empty((3, *roots.shape), np.int16)
    for first in range(0, height, BAND):
        last = min(first + BAND, height)
        top = max(0, (first - HALO) // 2 * 2)
        rows = slice(top, min(height, last + HALO))
        out[:, first:last] = _band(roots[rows], mosaic)[:, first - top : last - top]
    return out


def _band(roots: NDArray[np.int16], mosaic: str) -> NDArray[np.int16]:
    m = roots.astype(F)
    red, green, blue = (mask(mosaic, letter, roots.shape) for letter in "RGB")
    along, along_error = _estimated(_difference(m, green, 1), 1)
    down, down_error = _estimated(_difference(m, green, 0), 0)
    total = along_error + down_error
    g = np.where(green, m, m + (along * down_error + down * along_error) / total)
    planes = _others(m, g, (red, green, blue), down_error / total)
    trust = F(0.5) + F(0.5) * np.abs(along_error - down_error) / total
    linear = malvar(roots, mosaic).astype(F)
    joined = trust * np.stack(planes) + (F(1) - trust) * linear
    return np.clip(np.rint(joined), 0, TOP).astype(np.int16)


def _difference(m: Floats, green: NDArray[np.bool_], axis: int) -> Floats:
    """Return green minus the other colour along an axis."""
    estimate = _along(m, GREEN, axis)
    return np.where(green, m - estimate, estimate - m)


def _estimated(difference: Floats, axis: int) -> tuple[Floats, Floats]:
    """Return the part of a difference that is signal, and the variance of the error that is left."""
    smooth = _along(difference, SMOOTH, axis)
    mean = _along(smooth, MEAN, axis)
    signal = np.maximum(_along(smooth * smooth, MEAN, axis) - mean * mean, 0) + FLOOR
    noise = _along((smooth - difference) ** 2, MEAN, axis) + FLOOR
    kept = mean + signal / (signal + noise) * (difference - mean)
    return kept, signal * noise / (signal + noise)


def _others(m: Floats, g: Floats, masks: tuple[NDArray[np.bool_], ...], along: Floats) -> tuple[Floats, ...]:
    """Return red, green and blue planes; along: how much of the row's neighbours is taken at green."""
    import cv2

    red, green, blue = masks
    difference = g - m
    crossed = cv2.filter2D(difference, -1, DIAGONAL, borderType=cv2.BORDER_REFLECT_101)
    beside = np.array([0.5, 0, 0.5], F)
    out = []
    for own, other in ((red, blue), (blue, red)):
        known = np.where(own, difference, np.where(other, crossed, F(0)))
        at_green = along * _along(known, beside, 1) + (F(1) - along) * _along(known, beside, 0)
        out.append(g - np.where(green, at_green, known))
    return out[0], g, out[1]


def _along(values: Floats, weights: Floats, axis: int) -> Floats:
    import cv2

    kernel = weights[None] if axis else weights[:, None]
    return np.asarray(cv2.filter2D(values, -1, kernel, borderType=cv2.BORDER_REFLECT_101), F)
