"""What the camera does to codes after the converter, exactly, as pure verbs on arrays.

    codes at adc_bits -> corrected -> binned (binning.py) -> toned -> looked_up -> reduced -> mirrored

So a mirrored picture has every sensor pixel's own noise, and binned groups are the unmirrored sensor's.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray


def corrected(codes: NDArray[np.uint16], defects: Collection[tuple[int, int]]) -> NDArray[np.uint16]:
    """Codes (DN at adc_bits) with each listed pixel as its neighbours in the row. First after the converter.

    defects: (column, row) in `codes`. A pixel becomes the mean, halves upwards, of the nearest pixels left
    and right that are not listed themselves; at the border the one there is; a row without any stays.

    >>> corrected(np.uint16([[10, 4095, 13, 7, 0]]), {(1, 0), (4, 0)})
    array([[10, 12, 13,  7,  7]], dtype=uint16)
    """
    out, width = codes.copy(), codes.shape[1]
    listed = set(defects)
    for x, y in listed:
        left = next((i for i in range(x - 1, -1, -1) if (i, y) not in listed), None)
        right = next((i for i in range(x + 1, width) if (i, y) not in listed), None)
        near = [int(codes[y, i]) for i in (left, right) if i is not None]
        if near:
            out[y, x] = (sum(near) + len(near) // 2) // len(near)
    return out


def toned(codes: NDArray[np.uint16], bits: int, doublings: int, gamma: float) -> NDArray[np.uint16]:
    """Codes (DN at `bits`) doubled so often, clipped at the highest, then bent. Before `looked_up`.

    gamma: exponent of the share of the highest code; rounded to the nearest code.

    >>> toned(np.uint16([0, 1000, 2000, 3000]), 12, 1, 1.0)
    array([   0, 2000, 4000, 4095], dtype=uint16)
    >>> toned(np.uint16([0, 1024, 4095]), 12, 0, 0.5)
    array([   0, 2048, 4095], dtype=uint16)
    """
    highest = (1 << bits) - 1
    shares = np.minimum(np.arange(highest + 1) << doublings, highest) / highest
    return np.rint(highest * shares**gamma).astype(np.uint16)[codes]


def looked_up(codes: NDArray[np.uint16], table: bytes) -> NDArray[np.uint16]:
    """Codes (DN at adc_bits) as the table, big-endian 16-bit entries, has them. Before `reduced`."""
    return np.frombuffer(table, ">u2").astype(np.uint16)[codes]


def mirrored(dn: NDArray[Any], columns: bool, rows: bool) -> NDArray[Any]:
    """The picture, its columns and rows reversed as asked; last in the chain. C-contiguous."""
    return np.ascontiguousarray(dn[:: -1 if rows else 1, :: -1 if columns else 1])
