"""Still scenes on the whole sensor, cached: moving scenes take their pixels from there."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from camtwin.scene.light import Scene, View, spectra_of

MAX_LAYERS = 4
"""Limit of layers of a cached scene: each is as large as the sensor, 50 MB with 12 megapixels."""


def remembered(scene: Scene, view: View) -> NDArray[np.float32] | None:
    """Return the scene on the whole sensor, (layers, height, width) read-only.

    None if it is too large to cache.
    """
    if scene.moving or len(spectra_of(scene)) > MAX_LAYERS or not isinstance(scene, Hashable):
        return None
    rate = whole(scene, view.sensor_width, view.sensor_height, view.pixel_um)
    return rate.reshape(-1, *rate.shape[-2:])


@lru_cache(maxsize=1)
def whole(scene: Scene, width: int, height: int, pixel_um: float) -> NDArray[np.float32]:
    """Return a still scene on the whole sensor, as from photon_rate, contiguous and read-only."""
    rate = np.ascontiguousarray(scene.photon_rate(View(0, 0, width, height, width, height, pixel_um), 0))
    rate.flags.writeable = False
    return rate
