"""Two exposures of one scene, long and short, merged to one raw frame of more range (DOL-HDR).

The long exposure has the better signal and is taken wherever it is not clipped; above, the short one times
the
ratio of exposures. Between them both are mixed, unless they differ by more than their noise: there something
moved between the exposures, a mixture would show it twice, and the short exposure alone is taken.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.image import Raw
from camtwin.isp.mosaic import IspProblem
from camtwin.isp.noise import NoiseModel

MIXED = (0.75, 0.92)
"""Of white: from here to there the short exposure takes over."""
SIGMAS = 5.0
"""A difference of so many standard deviations is motion."""


def merged(long: Raw, short: Raw, ratio: float, noise: NoiseModel) -> Raw:
    """Return a frame of 16 bits without black level; its white is `ratio` times the long exposure's.

    ratio  long over short exposure, times their gains' ratio; noise: of both, at their depth.
    """
    if (long.data.shape, long.bits, long.mosaic) != (short.data.shape, short.bits, short.mosaic):
        raise IspProblem(
            f"long frame {long.width} x {long.height} {long.bits} bit {long.mosaic or 'mono'} and short frame"
            f" {short.width} x {short.height} {short.bits} bit {short.mosaic or 'mono'} differ"
        )
    if not 1 <= ratio <= 256:
        raise IspProblem(f"exposure ratio {ratio:g} is outside 1..256")
    white_DN = long.highest_DN - long.black_DN
    near = long.data.astype(np.float64) - long.black_DN
    far = (short.data.astype(np.float64) - short.black_DN) * ratio
    step = 2 if long.mosaic else 1
    share = np.clip((_most(near, step) / white_DN - MIXED[0]) / (MIXED[1] - MIXED[0]), 0, 1)
    sigma = np.sqrt(noise.variance_DN2(near) + ratio**2 * noise.variance_DN2(far / ratio))
    moved = _most(np.abs(near - far) / sigma, step) > SIGMAS
    share = np.where(moved & (share > 0), 1.0, share)
    light = np.maximum(near + share * (far - near), 0) / (white_DN * ratio)
    return Raw(np.minimum(np.rint(light * 65535), 65535).astype(np.uint16), 16, long.mosaic, 0.0)


def _most(values: NDArray[np.float64], step: int) -> NDArray[np.float64]:
    """Return the greatest value around each cell of step x step pixels, so that one cell decides as one."""
    height, width = values.shape
    cells = np.pad(values, ((0, height % step), (0, width % step)), mode="edge")
    cells = cells.reshape(-(-height // step), step, -(-width // step), step).max(axis=(1, 3))
    around = np.pad(cells, 1, mode="edge")
    rows, columns = cells.shape
    most = np.maximum.reduce([around[y : y + rows, x : x + columns] for y in range(3) for x in range(3)])
    return np.repeat(np.repeat(most, step, axis=0), step, axis=1)[:height, :width]
