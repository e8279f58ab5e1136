"""Images in, moments out: what EMVA 1288 asks of the images of one operating point, an image at a time.

A step of 12 MP images does not fit into memory, and need not: temporal noise comes from pairs of images, of
which the first is held until the second comes, and spatial noise from one sum for each pixel.

Source of the procedure and of the equation numbers: EMVA Standard 1288, release 4.0 Linear.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.integer[Any]]
"""(H, W), raw DN: whole numbers of up to 16 bits, as the camera gives them."""

BLOCK_ROWS = 256
"""Rows that are widened to 64 bits at a time."""
MAX_IMAGES = 1 << 16
"""Number of 16-bit values that fill a sum of 32 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One operating point: images taken alike.

    mu_p        photons that fell on each pixel during the exposure, 0 in the dark
    exposure_s  exposure time
    images      two or more, (n, H, W) or anything that gives them one after the other
    """

    mu_p: float
    exposure_s: float
    images: Iterable[Image]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Steps in the dark and in light, by rising mu_p, from dark to beyond saturation; both may be generators.

    dark        one step, where only the light is varied; else one for each exposure time of the light
    light       the standard asks for at least 50 steps
    highest_DN  the converter's highest code, if known: pixels that show it are counted
    """

    dark: Iterable[Step]
    light: Iterable[Step]
    highest_DN: int | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """The moments of one step.

    mu_p           photons per pixel
    exposure_s     exposure time
    mu_y_DN        mean (16)
    var_y_DN2      temporal variance, the mean over the pixels (18)
    clipped_share  of the pixels show the converter's highest code; None if that code is unknown
    zero_share     of the pixels show 0: below it nothing can be seen
    images, pixels  that it was taken from, which give its error; made-up points have no pixels and no error
    """

    mu_p: float
    exposure_s: float
    mu_y_DN: float
    var_y_DN2: float
    clipped_share: float | None = None
    images: int = 2
    pixels: int = 0
    zero_share: float = 0.0

    @property
    def mu_error_DN(self) -> float:
        """Standard error of the mean: that of its temporal noise, as the fixed pattern stays."""
        return sqrt(self.var_y_DN2 / (self.images * self.pixels)) if self.pixels else 0.0

    @property
    def var_error_DN2(self) -> float:
        """Standard error of the variance, of one difference a pixel and pair: sqrt(2 / n) of it."""
        return self.var_y_DN2 * sqrt(2 / (self.images // 2 * self.pixels)) if self.pixels else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """The mean of a stack of images taken alike.

    images     their number, L
    mean_DN    (H, W) float64, the averaged image <y> (33)
    var_y_DN2  temporal variance of one image, the mean over the pixels: what is left of it in mean_DN is
               var_y_DN2 / images (35)
    """

    images: int
    mean_DN: NDArray[np.float64]
    var_y_DN2: float


class Pairs:
    """Takes images one by one and holds one: mean, temporal variance, shares of clipped pixels.

    The two-image method: fixed pattern and shading are the same in both images of a pair and fall out of
    their difference. The first and second image make a pair, the third and fourth the next; an odd last
    image counts for the mean alone.
    """

    def __init__(self, highest_DN: int | None = None) -> None:
        self.highest_DN = highest_DN
        self._shape: tuple[int, ...] | None = None
        self._first: Image | None = None
        self._images = self._values = self._sum_DN = self._clipped = self._zeros = 0
        self._variances_DN2: list[float] = []

    def add(self, image: Image) -> None:
        """Add an image.

        ValueError unless it is (H, W) integers of up to 16 bits, of the same shape as the others.
        """
        self._shape = _check_image(image, self._shape)
        self._images += 1
        self._values += image.size
        self._sum_DN += int(image.sum(dtype=np.int64))
        if self.highest_DN is not None:
            self._clipped += int(np.count_nonzero(image >= self.highest_DN))
        self._zeros += image.size - int(np.count_nonzero(image))
        if self._first is None:
            self._first = image.copy()  # whoever gives the images may use the same memory again
        else:
            self._variances_DN2.append(pair_variance_DN2(self._first, image))
            self._first = None

    def point(self, mu_p: float, exposure_s: float) -> Point:
        """Sum up the images. ValueError if there was no pair."""
        if not self._variances_DN2:
            raise ValueError(f"a step of {self._images} images is below the minimum 2")
        return Point(
            mu_p,
            exposure_s,
            self._sum_DN / self._values,
            sum(self._variances_DN2) / len(self._variances_DN2),
            None if self.highest_DN is None else self._clipped / self._values,
            self._images,
            self._values // self._images,
            self._zeros / self._values,
        )


class Stack:
    """Takes images one by one and holds a sum for each pixel: averaged image and temporal variance."""

    def __init__(self) -> None:
        self._shape: tuple[int, ...] | None = None
        self._images = self._squares_DN2 = 0
        self._sum_DN: NDArray[np.uint32] = np.zeros((0, 0), np.uint32)

    def add(self, image: Image) -> None:
        """Add an image. ValueError as Pairs.add, or if there are too many."""
        if self._images == MAX_IMAGES:
            raise ValueError(f"a stack of {MAX_IMAGES + 1} images is above the maximum {MAX_IMAGES}")
        if self._shape is None:
            self._sum_DN = np.zeros(image.shape, np.uint32)
        self._shape = _check_image(image, self._shape)
        self._images += 1
        np.add(self._sum_DN, image, out=self._sum_DN, casting="unsafe")
        self._squares_DN2 += sum(_square(block) for block in _blocks(image))

    def average(self) -> Average:
        """Average the images. ValueError if there were fewer than two.

        The variance of each pixel over the images, its mean over the pixels, needs no sum of squares for each
        pixel: sum_l sum_mn (y_l - <y>)^2 = sum_l sum_mn y_l^2 - L sum_mn <y>^2.
        """
        count = self._images
        if count < 2:
            raise ValueError(f"a stack of {count} images is below the minimum 2")
        sums_DN2 = _square_of_sums(self._sum_DN)
        deviations_DN2 = (self._squares_DN2 * count - sums_DN2) / count
        return Average(count, self._sum_DN / count, deviations_DN2 / (count - 1) / self._sum_DN.size)


def points(steps: Iterable[Step], highest_DN: int | None = None) -> list[Point]:
    """Return the moments of each step, in the order of the steps; images are read one by one."""
    points = []
    for step in steps:
        pairs = Pairs(highest_DN)
        for image in step.images:
            pairs.add(image)
        points.append(pairs.point(step.mu_p, step.exposure_s))
    return points


def average(images: Iterable[Image]) -> Average:
    """Return the mean of images taken alike, which are read one by one."""
    stack = Stack()
    for image in images:
        stack.add(image)
    return stack.average()


def pair_variance_DN2(first: Image, second: Image) -> float:
    """Return the temporal variance (DN^2) of one image, from two taken alike (18).

        var_y = sum (y[0] - y[1])^2 / 2NM - (mu[0] - mu[1])^2 / 2

    The second term removes changes of light or offset between the images.
    """
    difference_DN = squares_DN2 = 0
    for a, b in zip(_blocks(first), _blocks(second), strict=True):
        difference = a - b
        difference_DN += int(difference.sum())
        squares_DN2 += _square(difference)
    return (squares_DN2 / first.size - (difference_DN / first.size) ** 2) / 2


def _blocks(image: Image) -> Iterator[NDArray[np.int64]]:
    for row in range(0, len(image), BLOCK_ROWS):
        yield image[row : row + BLOCK_ROWS].astype(np.int64)


def _square(values: NDArray[np.int64]) -> int:
    return int(np.vdot(values, values))


def _square_of_sums(sums: NDArray[np.uint32]) -> int:
    """Return the sum of squares of numbers that nearly fill 32 bits, precise enough for small differences.

    Their squares do not fit into 64 bits, so they are taken as s = c + d around their whole mean c.
    """
    c, total = int(sums.sum(dtype=np.uint64)) // sums.size, 0
    for block in _blocks(sums):
        d = block - c
        square = np.vdot(d.astype(np.float64), d.astype(np.float64))
        total += block.size * c * c + 2 * c * int(d.sum()) + int(square)
    return total


def _check_image(image: Image, shape: tuple[int, ...] | None) -> tuple[int, ...]:
    if not np.issubdtype(image.dtype, np.integer) or image.dtype.itemsize > 2:
        raise ValueError(f"an image holds {image.dtype}; allowed are whole numbers of up to 16 bits")
    if image.ndim != 2 or not image.size:
        raise ValueError(f"an image has the shape {image.shape}, allowed is (H, W)")
    if shape is not None and image.shape != shape:
        raise ValueError(f"an image has the shape {image.shape}, those before it {shape}")
    return image.shape
