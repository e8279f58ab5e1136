"""Colour filter arrays: which colour a pixel has, and how that follows a crop, a mirror or a decimation.

A mosaic is a text of four letters, the colours of the first two rows of two pixels, "RGGB", as
`pixels.PixelFormat.mosaic` has it; a mono image has the empty text.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from camtwin.problem import Problem

MOSAICS = ("RGGB", "GRBG", "GBRG", "BGGR")
COLOURS = "RGB"
Any_ = TypeVar("Any_", bound=np.generic)


class IspProblem(Problem):
    """A picture or a setting that the pipeline cannot work with; one line that names it and the limit."""


def check_mosaic(mosaic: str) -> None:
    """Raise IspProblem unless `mosaic` is a known colour filter array or the empty text of a mono image."""
    if mosaic and mosaic not in MOSAICS:
        raise IspProblem(f"mosaic {mosaic!r} is none of {', '.join(MOSAICS)}")


def moved(mosaic: str, columns: int, rows: int) -> str:
    """Return the mosaic as it begins `columns` to the right and `rows` further down.

    >>> moved("RGGB", 1, 0), moved("RGGB", 3, 5), moved("GRBG", 2, 1), moved("", 1, 1)
    ('GRBG', 'BGGR', 'BGGR', '')
    """
    if not mosaic:
        return mosaic
    row = mosaic[2:] + mosaic[:2] if rows % 2 else mosaic
    return row[1] + row[0] + row[3] + row[2] if columns % 2 else row


def mirrored(mosaic: str, width: int, height: int, columns: bool, rows: bool) -> str:
    """Return the mosaic of an image of this size after its columns and rows are reversed as asked.

    >>> mirrored("RGGB", 4, 4, True, False), mirrored("RGGB", 5, 4, True, True)
    ('GRBG', 'GBRG')
    """
    return moved(mosaic, (width - 1) * columns, (height - 1) * rows)


def colour_at(mosaic: str, x: int, y: int) -> str:
    """Return the letter of the pixel at column x and row y.

    >>> colour_at("GRBG", 1, 0), colour_at("GRBG", 0, 1), colour_at("GRBG", 7, 7)
    ('R', 'B', 'G')
    """
    return mosaic[2 * (y % 2) + x % 2]


def sites(mosaic: str, letter: str) -> tuple[tuple[int, int], ...]:
    """Return the (row, column) parities of a colour: one pair for red and blue, two for green.

    >>> sites("GRBG", "R"), sites("GRBG", "G")
    (((0, 1),), ((0, 0), (1, 1)))
    """
    return tuple(divmod(i, 2) for i, colour in enumerate(mosaic) if colour == letter)


def mask(mosaic: str, letter: str, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return where the pixels of a colour are, (H, W)."""
    mask = np.zeros(shape, bool)
    for row, column in sites(mosaic, letter):
        mask[row::2, column::2] = True
    return mask


def spread(mosaic: str, values: dict[str, float], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return one number for each pixel's colour, (H, W) float32; `values[""]` for a mono image."""
    if not mosaic:
        return np.full(shape, values[""], np.float32)
    out = np.empty(shape, np.float32)
    for i, letter in enumerate(mosaic):
        out[i // 2 :: 2, i % 2 :: 2] = values[letter]
    return out


def sampled(rgb: NDArray[Any_], mosaic: str) -> NDArray[Any_]:
    """Return the image, (H, W), that a sensor behind `mosaic` samples from (H, W, 3) red, green, blue."""
    out = np.empty(rgb.shape[:2], rgb.dtype)
    for i, letter in enumerate(mosaic):
        out[i // 2 :: 2, i % 2 :: 2] = rgb[i // 2 :: 2, i % 2 :: 2, COLOURS.index(letter)]
    return out


def padded(image: NDArray[Any_], by: int) -> NDArray[Any_]:
    """Return the last two axes lengthened by `by` on each side, mirrored about the outermost pixel.

    A mosaic keeps its phase that way: the pixel at -1 is the one at 1, of the same colour.
    """
    around = [(0, 0)] * (image.ndim - 2) + [(by, by)] * 2
    return np.pad(image, around, mode="reflect")
