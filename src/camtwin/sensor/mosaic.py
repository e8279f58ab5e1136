"""From photons of several spectra to electrons behind a colour filter array.

Colour is where light stops being space times one number: each layer of a scene has a spectrum, and each
colour of the mosaic its own mean quantum efficiency for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def freed(
    photons: NDArray[np.float32], efficiency: NDArray[np.float32], x: int, y: int
) -> NDArray[np.float32]:
    """Electrons (e-/s) that light frees in each pixel of the region at (x, y), (height, width). First of all.

    photons: per pixel and second, (height, width) or (layers, height, width). efficiency: electrons a
    photon, (layers,), or (layers, 2, 2) by row and column of the mosaic from the sensor's pixel (0, 0).

    >>> mosaic = np.float32([[[0.125, 0.5], [0.5, 0.25]]])
    >>> freed(np.full((2, 3), 100, np.float32), mosaic, x=1, y=0)
    array([[50. , 12.5, 50. ],
           [25. , 50. , 25. ]], dtype=float32)
    """
    layers = photons if photons.ndim == 3 else photons[None]
    height, width = layers.shape[1:]
    if efficiency.ndim == 1:
        return _sum(layers, efficiency)
    out = np.empty((height, width), np.float32)
    for row in range(min(2, height)):
        for column in range(min(2, width)):
            here = efficiency[:, (y + row) % 2, (x + column) % 2]
            out[row::2, column::2] = _sum(layers[:, row::2, column::2], here)
    return out


def steps_to(wanted: str, mosaic: str, x: int, y: int) -> tuple[int, int]:
    """Columns and rows from the pixel (x, y) to one where the mosaic begins as wanted: 0 or 1 each.

    The way to the left or upwards is as long. 0 where the sensor, or what is wanted, has no colours.

    >>> steps_to("GRBG", "RGGB", 0, 0), steps_to("GRBG", "RGGB", 4055, 3040), steps_to("RGGB", "RGGB", 1, 3)
    ((1, 0), (0, 0), (1, 1))
    """
    if not (wanted and mosaic):
        return 0, 0
    column, row = divmod(mosaic.index(wanted[0]), 2)[::-1]
    if mosaic[2 * row + 1 - column] != wanted[1]:  # the other green
        column, row = 1 - column, 1 - row
    return (x + column) % 2, (y + row) % 2


def _sum(layers: NDArray[np.float32], efficiency: NDArray[np.float32]) -> NDArray[np.float32]:
    total = layers[0] * efficiency[0]
    for layer, share in zip(layers[1:], efficiency[1:], strict=True):
        total += layer * share
    return total
