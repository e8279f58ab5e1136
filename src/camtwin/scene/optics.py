"""The lens and the pixel's window: from a finely drawn picture to what each pixel gathers.

    cells (2 x 2 a pixel) --lens blur--> cells --mean over the pixel--> pixels

The lens blurs before the pixels sample. In the other order, detail finer than the pixels would come
back as moire at nearly full contrast, which no camera with a lens shows.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

CELLS = 2
"""Cells a pixel, in x and in y: detail up to one cycle a pixel is drawn truly."""
LENS_SIGMA_px = 0.6
"""Radius (1 sigma) of a Gaussian lens blur. An assumption: no data sheet of a camera names a lens.

With pixels of 3.45 um it is a blur of 4.9 um full width at half maximum, a good lens at f/4, and leaves
17 % of the contrast at half a cycle a pixel; the pixel's own window leaves 64 % of that.
"""
REACH_cells = 6
"""Cells beyond which the blur is nothing: 5 sigma."""


def gather(cells: NDArray[np.float32], above: int, below: int) -> NDArray[np.float32]:
    """Mean over each pixel of the blurred picture; same quantity as `cells` ((2h, 2w) -> (h, w)).

    `above` and `below` rows of cells at the top and bottom lend their light to the blur and are dropped.
    Beyond the outermost cells the picture is taken to go on as it ends.
    """
    size = 2 * REACH_cells + 1
    blurred = cv2.GaussianBlur(cells, (size, size), CELLS * LENS_SIGMA_px, borderType=cv2.BORDER_REPLICATE)
    inner = blurred[above : blurred.shape[0] - below]
    pixels = cv2.resize(inner, None, fx=1 / CELLS, fy=1 / CELLS, interpolation=cv2.INTER_AREA)
    return np.asarray(pixels, np.float32)


def contrast(cycles_per_px: float) -> float:
    """What lens and pixel together leave of a sine's contrast (MTF), 0..1."""
    lens = np.exp(-2 * (np.pi * LENS_SIGMA_px * cycles_per_px) ** 2)
    return float(lens * np.abs(np.sinc(cycles_per_px)))
