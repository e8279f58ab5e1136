"""The lens and the pixel's window: from a finely drawn image to the light that each pixel gathers.

    cells (2 x 2 a pixel) --lens blur--> cells --mean over the pixel--> pixels --distortion, vignetting-->

The lens blurs before the pixels sample. In the other order, detail finer than the pixels would come
back as moire at nearly full contrast, which no camera with a lens shows.
"""

from __future__ import annotations

from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from camtwin.scene.lens import CELLS, SHARP, SIGMAS, Lens

NEWTON_STEPS = 20
FITTED = 200
"""Number of places, from the middle of the sensor to a corner, that OpenCV's model is fitted to."""


def gather(cells: NDArray[np.float32], above: int, below: int, lens: Lens = SHARP) -> NDArray[np.float32]:
    """Return the mean over each pixel of the blurred image; same quantity as `cells` ((2h, 2w) -> (h, w)).

    `above` and `below` rows of cells at the top and bottom contribute to the blur and are dropped. Beyond the
    outermost cells the image is assumed to continue as it ends.
    """
    size = 2 * ceil(CELLS * SIGMAS * lens.sigma_px) + 1
    blurred = cv2.GaussianBlur(cells, (size, size), CELLS * lens.sigma_px, borderType=cv2.BORDER_REPLICATE)
    if lens.defocus_px:
        disc = blur_disc(CELLS * lens.defocus_px / 2)
        blurred = cv2.filter2D(blurred, -1, disc, borderType=cv2.BORDER_REPLICATE)
    inner = blurred[above : blurred.shape[0] - below]
    pixels = cv2.resize(inner, None, fx=1 / CELLS, fy=1 / CELLS, interpolation=cv2.INTER_AREA)
    return np.asarray(pixels, np.float32)


def blur_disc(radius_cells: float) -> NDArray[np.float32]:
    """Return a disc of equal light as a kernel with sum 1.

    Cells at its rim take their share (to 1/16 of a cell).
    """
    fine, half = 16, ceil(radius_cells + 0.5)
    along = (np.arange((2 * half + 1) * fine) + 0.5) / fine - half - 0.5
    inside = (along**2 + (along**2)[:, None] <= radius_cells**2).astype(np.float32)
    disc = inside.reshape(2 * half + 1, fine, 2 * half + 1, fine).mean(axis=(1, 3))
    return (disc / disc.sum()).astype(np.float32)


def shown(lens: Lens, places: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
    """Return where the lens shows what a perfect one shows at `places`, (..., 2): x and y in pixels.

    It solves r (1 + distortion r^2) = r_perfect, by Newton. What a lens with pincushion shows nowhere is put
    where its r_perfect is largest, beyond the corners.
    """
    if not lens.distortion:
        return places
    middle, corner = (np.array([width, height]) - 1) / 2, np.hypot(width, height) / 2
    away = (places - middle) / corner
    perfect = np.maximum(np.hypot(away[..., 0], away[..., 1]), 1e-12)
    r, end = perfect.copy(), np.inf
    if lens.distortion < 0:
        end = (1 - 1e-9) / np.sqrt(-3 * lens.distortion)
    for _ in range(NEWTON_STEPS):
        slope = 1 + 3 * lens.distortion * r**2
        r = np.clip(r - (r + lens.distortion * r**3 - perfect) / slope, 0, end)
    return middle + away * (corner * r / perfect)[..., None]


def coefficients(lens: Lens) -> NDArray[np.float64]:
    """Return k1, k2, 0, 0, k3 of OpenCV's model, in which half the sensor's diagonal is 1.

    OpenCV's polynomial leads from the perfect place to the one that is shown, a lens's own from there to
    the perfect one: they are fitted to each other by least squares, from the middle to the corners.
    """
    r = np.linspace(0, 1, FITTED + 1)[1:]
    perfect = r * (1 + lens.distortion * r**2)
    powers = perfect[:, None] ** (2, 4, 6)
    k1, k2, k3 = np.linalg.lstsq(powers * perfect[:, None], r - perfect, rcond=None)[0]
    return np.array([k1, k2, 0, 0, k3])


def through(lens: Lens, picture: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return the whole sensor's image, distorted and vignetted; same quantity, (height, width)."""
    if not lens.distortion and not lens.vignetting and lens.transmission == 1:
        return picture
    height, width = picture.shape
    x = np.arange(width, dtype=np.float32) - np.float32((width - 1) / 2)
    corner2 = np.float32((width**2 + height**2) / 4)
    out = np.empty_like(picture)
    for row in range(height):
        y = np.float32(row - (height - 1) / 2)
        r2 = (x * x + y * y) / corner2
        seen = picture[row]
        if lens.distortion:
            pull = 1 + np.float32(lens.distortion) * r2
            columns = x * pull + np.float32((width - 1) / 2)
            rows = y * pull + np.float32((height - 1) / 2)
            seen = cv2.remap(
                picture, columns[None], rows[None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )[0]
        light = np.float32(lens.transmission) * (1 - np.float32(lens.vignetting) * r2)
        out[row] = np.rint(seen * light)
    return out
