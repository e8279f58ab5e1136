"""From a mosaic to three colours: square root, interpolation. The readable references.

All methods work on square roots of light. A ratio of colours is then nearly a difference, which is what
linear interpolation keeps; and shot noise is the same everywhere.

Sources: H. S. Malvar, L. He, R. Cutler, High-quality linear interpolation for demosaicing of Bayer-patterned
color images, ICASSP 2004 (weights in sixteenths below); for the offline method directional.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.image import TOP
from camtwin.isp.mosaic import colour_at, padded

Ints = NDArray[np.integer]

F = np.float32
TOE = 1 / 512
"""Light that is added before the root: noise below black stays representable, and the root's slope finite."""


def root_scale(toe: float) -> np.float32:
    """Return the code of a root of 1, so that white becomes TOP."""
    return F(TOP / np.sqrt(1 + toe))


def rooted(light: NDArray[np.float32], toe: float) -> NDArray[np.int16]:
    """Return the codes of the square root of light, 0..TOP; what is darker than -toe becomes 0."""
    v = np.maximum(np.minimum(light, F(1)) + F(toe), F(0))
    return (np.sqrt(v) * root_scale(toe) + F(0.5)).astype(np.int16)


def squared(roots: NDArray[np.int16]) -> NDArray[np.int32]:
    """Return light of roots, 14 bits; the toe is still in it."""
    wide = roots.astype(np.int32)
    return (wide * wide + 8192) >> 14


def _shifted(roots: NDArray[np.int16], by: int) -> Any:
    """Return a function that gives the image seen (dx, dy) away, as int32."""
    height, width = roots.shape
    around = padded(roots, by).astype(np.int32)

    def at(dx: int, dy: int) -> NDArray[np.int32]:
        return around[by + dy : by + dy + height, by + dx : by + dx + width]

    return at


def _placed(
    mosaic: str, green: Ints, cross: Ints, along: Ints, across: Ints, here: NDArray[np.int16]
) -> NDArray[np.int16]:
    """Put estimates where they belong, (3, H, W).

    green: green at red and blue. cross: red at blue, and blue at red. along: at green, the colour of its row.
    across: at green, the colour of its column.
    """
    out = np.empty((3, *here.shape), np.int16)
    for i in range(4):
        part = slice(i // 2, None, 2), slice(i % 2, None, 2)
        colour = colour_at(mosaic, i % 2, i // 2)
        if colour == "G":
            out[1][part] = here[part]
            beside = "RGB".index(colour_at(mosaic, i % 2 + 1, i // 2))
            out[beside][part], out[2 - beside][part] = along[part], across[part]
        else:
            own = "RGB".index(colour)
            out[own][part], out[1][part], out[2 - own][part] = here[part], green[part], cross[part]
    return out


def malvar(roots: NDArray[np.int16], mosaic: str) -> NDArray[np.int16]:
    """Return red, green and blue roots, (3, H, W)."""
    at = _shifted(roots, 2)
    here = at(0, 0)
    sides, ends = at(-1, 0) + at(1, 0), at(-2, 0) + at(2, 0)
    over, far = at(0, -1) + at(0, 1), at(0, -2) + at(0, 2)
    corners = at(-1, -1) + at(1, -1) + at(-1, 1) + at(1, 1)
    green = (8 * here + 4 * (sides + over) - 2 * (ends + far) + 8) >> 4
    cross = (12 * here + 4 * corners - 3 * (ends + far) + 8) >> 4
    along = (10 * here + 8 * sides - 2 * corners - 2 * ends + far + 8) >> 4
    across = (10 * here + 8 * over - 2 * corners - 2 * far + ends + 8) >> 4
    green, cross, along, across = (np.clip(v, 0, TOP).astype(np.int16) for v in (green, cross, along, across))
    return _placed(mosaic, green, cross, along, across, roots)


def bilinear(roots: NDArray[np.int16], mosaic: str) -> NDArray[np.int16]:
    """Return red, green and blue roots, (3, H, W), each the mean of its nearest neighbours."""
    at = _shifted(roots, 1)
    sides, over = at(-1, 0) + at(1, 0), at(0, -1) + at(0, 1)
    corners = at(-1, -1) + at(1, -1) + at(-1, 1) + at(1, 1)
    green, cross = (sides + over + 2) >> 2, (corners + 2) >> 2
    along, across = (sides + 1) >> 1, (over + 1) >> 1
    return _placed(mosaic, green, cross, along, across, roots)
