"""Spectrograms, which show stripes, and histograms, which show defect pixels (section 8)."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from camtwin.emva1288.stacks import Average

Numbers = NDArray[np.float64]
BINS = 256
"""Number of bins of a histogram, as in the standard."""
BOX = 5
"""Side of the average that is subtracted before responses are compared: shading of light is no defect."""

CHANCE = 0.01
"""Defects that `defects` finds in an image that has none, on average, in the dark and in light each."""


@dataclass(frozen=True, slots=True, eq=False)
class Spectrogram:
    """Mean amplitude over the rows, or columns, at each frequency; white noise is a level line.

    cycles_per_pixel  0 to 0.5
    amplitude         root of the power, in the image's unit
    """

    cycles_per_pixel: Numbers
    amplitude: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Number of pixels by their deviation from the mean.

    deviation, pixels  middle of each bin, and its number of pixels
    normal             number in a normal distribution with the same standard deviation
    beyond, share      share of the pixels whose deviation, either way, is at least that: accumulated
    """

    deviation: Numbers
    pixels: NDArray[np.int64]
    normal: Numbers
    beyond: Numbers
    share: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """Spectrograms and histogram of one nonuniformity: DSNU in electrons or PRNU in percent of the signal."""

    horizontal: Spectrogram
    vertical: Spectrogram
    histogram: Histogram


def dsnu_looks(dark: Average, K_DN_per_e: float) -> Looks:
    """Look at the averaged dark image, in electrons."""
    image = (dark.mean_DN - dark.mean_DN.mean()) / K_DN_per_e
    return Looks(spectrogram(image), spectrogram(image.T), histogram(image, 1 / dark.images / K_DN_per_e))


def prnu_looks(dark: Average, half: Average) -> Looks:
    """Look at what light at half the saturation adds, in percent of its mean; histogram without shading."""
    light_DN = half.mean_DN - dark.mean_DN
    image = 100 * (light_DN / light_DN.mean() - 1)
    return Looks(spectrogram(image), spectrogram(image.T), histogram(without_shading(image)))


def defects(dark: Average, half: Average) -> NDArray[np.bool_]:
    """Return the pixels that are no part of a normal distribution, in the dark or in light, (H, W).

    The standard leaves the limit to the user. Here it is the deviation that a pixel of all has by chance in
    one image out of a hundred; sigma follows from the median of the deviations, which defects do not move. In
    light, where what the dark image shows is subtracted, a pixel is compared with those around it.
    """
    import cv2

    light_DN = np.ascontiguousarray(half.mean_DN - dark.mean_DN, np.float32)
    shaded = light_DN - cv2.medianBlur(light_DN, BOX)
    return _beyond(dark.mean_DN - np.median(dark.mean_DN)) | _beyond(np.asarray(shaded, np.float64))


def _beyond(deviation: Numbers) -> NDArray[np.bool_]:
    normal = NormalDist()
    sigma = np.median(np.abs(deviation)) / normal.inv_cdf(0.75)
    limit = -normal.inv_cdf(CHANCE / 2 / deviation.size)
    return np.abs(deviation) > limit * sigma


def spectrogram(image: Numbers) -> Spectrogram:
    """Return the spectrogram along the rows of an image (H, W); of its transpose, along the columns.

    Scaled so that the mean of the squares is the variance: noise of deviation s has amplitude s everywhere.
    """
    power = np.zeros(image.shape[1] // 2 + 1)
    mean = image.mean()
    for row in range(0, len(image), 256):  # rows at a time: a transform is complex, four times the memory
        lines = np.fft.rfft(image[row : row + 256] - mean, axis=1)
        power += (lines.real**2 + lines.imag**2).sum(axis=0)
    power /= image.size
    return Spectrogram(np.arange(power.size) / image.shape[1], np.sqrt(power))


def histogram(image: Numbers, step: float = 0.0) -> Histogram:
    """Look at the deviations from the mean.

    step: between the values that there are, an average of L images having no others than whole 1/L DN. Each
    bin takes as many of them as the next, or the picture would be one of the bins.
    """
    deviation = image - image.mean()
    low, high = float(deviation.min()), float(deviation.max())
    if step and (high - low) / step > 1:
        every = max(1, ceil((high - low) / step / BINS)) * step
        edges = np.arange(low - step / 2, high + every, every)
    else:
        edges = np.histogram_bin_edges(deviation, BINS)
    pixels, _ = np.histogram(deviation, edges)
    middle, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    sigma = float(deviation.std()) or 1.0
    normal = deviation.size * width / (np.sqrt(2 * np.pi) * sigma) * np.exp(-((middle / sigma) ** 2) / 2)
    counts, beyond = np.histogram(np.abs(deviation), BINS)
    share = np.cumsum(counts[::-1])[::-1] / deviation.size
    return Histogram(middle, pixels, normal, beyond[:-1], share)


def without_shading(image: Numbers) -> Numbers:
    """Subtract the mean of BOX x BOX pixels around each pixel; two pixels along each edge are dropped."""
    import cv2

    edge = BOX // 2
    if min(image.shape) <= 2 * edge:
        return image
    around = cv2.blur(np.ascontiguousarray(image), (BOX, BOX))
    inside = (slice(edge, -edge), slice(edge, -edge))
    return image[inside] - around[inside]
