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
    """Return electrons (e-/s) that light frees in each pixel of the region at (x, y), (height, width). First.

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


def _sum(layers: NDArray[np.float32], efficiency: NDArray[np.float32]) -> NDArray[np.float32]:
    total = layers[0] * efficiency[0]
    for layer, share in zip(layers[1:], efficiency[1:], strict=True):
        total += layer * share
    return total
