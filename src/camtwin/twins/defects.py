"""Correction of single defect pixels on a bare sensor, by comparison with the pixels around (assumed)."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

AROUND: Final = np.zeros((5, 5), np.uint8)
"""The eight nearest pixels of one colour."""
AROUND[::2, ::2] = 1
AROUND[2, 2] = 0
SHARE: Final = 0.25
FLOOR_DN: Final = 8
"""How far a pixel has to lie beyond all around it: a share of their signal, and DN at 10 bits and gain 1."""


def without_singles(code_DN: NDArray[np.uint16], bits: int, black_DN: int, gain: float) -> NDArray[np.uint16]:
    """Return the codes of a mosaic with single hot and dead pixels replaced by the mean of those around.

    A pixel counts as defect where it is above all eight nearest pixels of its colour by a quarter of their
    signal and more, or below all; noise, which grows as the root of the gain, does not reach that far. Before
    binning, (height, width) DN at `bits`, with this black level.
    """
    floor = FLOOR_DN * 2.0 ** (bits - 10) * gain**0.5
    padded = np.pad(code_DN, 2, mode="reflect")  # a reflected mosaic goes on as one
    inside = np.s_[2:-2, 2:-2]
    high, low = (
        most(padded, AROUND)[inside].astype(np.float32) - black_DN for most in (cv2.dilate, cv2.erode)
    )
    light = code_DN.astype(np.float32) - black_DN
    odd = (light > high + SHARE * abs(high) + floor) | (light < low - SHARE * abs(low) - floor)
    if not odd.any():
        return code_DN
    out = code_DN.copy()
    rows, columns = np.nonzero(odd)
    around = np.argwhere(AROUND)
    out[odd] = np.mean([padded[rows + r, columns + c] for r, c in around], axis=0).round()
    return out
