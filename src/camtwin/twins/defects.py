"""Correction of single defect pixels on a bare sensor, by comparison with the pixels around (assumed)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

AROUND: Final = np.zeros((5, 5), np.uint8)
"""The eight nearest pixels of one colour."""
AROUND[::2, ::2] = 1
AROUND[2, 2] = 0
SHARE: Final = 0.25
FLOOR_DN: Final = 8
"""How far a pixel has to lie beyond all around it: a share of their signal, and DN at 10 bits and gain 1."""


STRIP: Final = 64
"""Rows that are looked at together, so that they stay in the processor's cache."""


def without_singles(code_DN: NDArray[np.uint16], bits: int, black_DN: int, gain: float) -> NDArray[np.uint16]:
    """Return the codes of a mosaic with single hot and dead pixels replaced by the mean of those around.

    A pixel counts as defect where it is above all eight nearest pixels of its colour by a quarter of their
    signal and more, or below all; noise, which grows as the root of the gain, does not reach that far. Before
    binning, (height, width) DN at `bits`, with this black level.
    """
    floor = FLOOR_DN * 2.0 ** (bits - 10) * gain**0.5
    padded = np.pad(code_DN, 2, mode="reflect")  # a reflected mosaic goes on as one
    rows, columns = _suspects(padded, black_DN, int(floor))
    around = np.stack([padded[rows + r, columns + c] for r, c in np.argwhere(AROUND)])
    high, low = (most.astype(np.float32) - black_DN for most in (around.max(0), around.min(0)))
    light = code_DN[rows, columns].astype(np.float32) - black_DN
    odd = (light > high + SHARE * abs(high) + floor) | (light < low - SHARE * abs(low) - floor)
    if not odd.any():
        return code_DN
    out = code_DN.copy()
    out[rows[odd], columns[odd]] = around[:, odd].mean(axis=0).round()
    return out


def _suspects(
    padded: NDArray[np.uint16], black_DN: int, floor_DN: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of all pixels that may be defect, and a few more, found in whole numbers."""
    height, black = padded.shape[0] - 4, np.uint16(black_DN)
    found: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
    for top in range(0, height, STRIP):
        strip = padded[top : min(top + STRIP, height) + 4]
        pixels, odd = strip[2:-2, 2:-2], []
        for most in (np.maximum, np.minimum):
            across = most(most(strip[:, :-4], strip[:, 2:-2]), strip[:, 4:])
            around = most(most(across[:-4], across[4:]), most(strip[2:-2, :-4], strip[2:-2, 4:]))
            quarter = np.maximum(around, black) - black >> 2  # of the signal; none below 0
            furthest = most(pixels, around)
            odd.append(
                (furthest - around if most is np.maximum else around - furthest)
                > quarter + np.uint16(floor_DN)
            )
        rows, columns = np.nonzero(odd[0] | odd[1])
        found.append((rows + top, columns))
    rows, columns = (np.concatenate(each) for each in zip(*found, strict=True))
    return rows, columns
