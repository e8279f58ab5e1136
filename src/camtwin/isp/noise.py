"""Noise of a sensor, known from its photon transfer, and its propagation through the stages.

Photon transfer (EMVA 1288) gives two numbers: the gain K in DN per electron, which is the slope of the
variance over the mean, and the read noise. They predict the noise of every pixel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.demosaic import TOE, malvar, root_scale
from camtwin.isp.mosaic import COLOURS, IspProblem
from camtwin.isp.stage import check


@dataclass(frozen=True)
class NoiseModel:
    """The noise of raw frames at one gain.

    gain_DN_per_e  system gain K at the frame's depth
    read_noise_e   temporal dark noise
    """

    gain_DN_per_e: float
    read_noise_e: float

    def __post_init__(self) -> None:
        check("gain_DN_per_e", self.gain_DN_per_e, 1e-6, 1e6)
        check("read_noise_e", self.read_noise_e, 0, 1e6)

    @classmethod
    def from_json(cls, settings: Mapping[str, Any]) -> NoiseModel:
        """Make the model of its two numbers."""
        try:
            return cls(float(settings["gain_DN_per_e"]), float(settings["read_noise_e"]))
        except (KeyError, TypeError, ValueError):
            raise IspProblem(f"noise {settings!r} has no gain_DN_per_e and read_noise_e") from None

    def to_json(self) -> dict[str, float]:
        """Return the two numbers by name."""
        return {"gain_DN_per_e": self.gain_DN_per_e, "read_noise_e": self.read_noise_e}

    def variance_DN2(self, signal_DN: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the temporal variance of pixels with this signal above black, quantisation included."""
        shot = self.gain_DN_per_e * np.maximum(signal_DN, 0)
        return shot + (self.gain_DN_per_e * self.read_noise_e) ** 2 + 1 / 12

    def toe(self, white_DN: float, gains: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> float:
        """Return the toe with which the root has the same noise everywhere, or the default if that is larger.

        Anscombe's transformation, generalised to read noise: the root of signal + read variance / K. Noise of
        four standard deviations below black is to stay representable, too.
        """
        read_DN = self.gain_DN_per_e * self.read_noise_e
        even = read_DN**2 / self.gain_DN_per_e
        return min(0.25, max(TOE, max(gains) * max(even, 4 * read_DN) / white_DN))

    def root_variance(self, white_DN: float, gain: float, toe: float) -> float:
        """Return the variance of a pixel's root after white balance, in codes squared, in good light."""
        return float(root_scale(toe)) ** 2 * gain * self.gain_DN_per_e / (4 * white_DN)


def photon_transfer(pairs: list[tuple[NDArray[Any], NDArray[Any]]], black_DN: float) -> NoiseModel:
    """Return the noise model of pairs of equal frames, from dark to half of saturation.

    The variance is half of that of the differences, so fixed pattern drops out; a line through (mean,
    variance) has the slope K, and its end at the black level is the read noise's.
    """
    if len(pairs) < 2:
        raise IspProblem(f"photon transfer from {len(pairs)} pairs of frames; it needs 2 or more")
    mean, variance = [], []
    for first, second in pairs:
        a, b = first.astype(np.float64), second.astype(np.float64)
        mean.append((a.mean() + b.mean()) / 2 - black_DN)
        variance.append(((a - b) - (a - b).mean()).var() / 2)
    weight = 1 / np.maximum(variance, 1e-3)
    slope, dark = np.polyfit(mean, variance, 1, w=weight)
    if not slope > 0:
        raise IspProblem(
            f"photon transfer has the slope {slope:.3g} DN/e-; light has to differ between pairs"
        )
    return NoiseModel(float(slope), float(np.sqrt(max(dark - 1 / 12, 0.0)) / slope))


LOW_PASS = {
    True: np.array([9, 1, -22, 66, 148, 66, -22, 1, 9], np.int64),
    False: np.array([0, 4, -24, 60, 176, 60, -24, 4, 0], np.int64),
}
"""Low passes in 256ths, of brightness behind a mosaic (True) and of mono; the rest is detail, or noise.

Behind a mosaic: with nine weights, what leaves least of the noise of interpolated frames while an edge behind
a lens keeps nine tenths of its MTF50. Mono frames are sharper, and their
noise is white: there it is flat to a quarter of a cycle a pixel.
"""
DIAGONAL = 3
"""In 32nds: how much of what alternates along rows and columns at once the low pass takes off besides.

One pass along rows and one along columns keep diagonals that are finer than what they keep along rows; this
makes a circle of the square, without a loss along rows and columns.
"""
BRIGHT_MARGIN, CHROMA_MARGIN = 1.5, 1.25
"""Energy up to so many times the noise's counts as noise: in a window it scatters about its mean."""
LOST, LINE = 1 << 14, 1 << 13
"""Fractions as whole numbers: of the share of detail that is lost, and of shares and slopes of chroma."""
CELL, WINDOW = 4, 3
"""Side of the cells whose chroma is compared, in pixels, and of the window of cells."""


@lru_cache(maxsize=8)
def weights(colour: bool) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return the weights of the variances of red, green and blue roots in brightness detail and chromas.

    Measured on the steps themselves, FalseColour among them: all are linear, so the response to one pixel
    gives the variance.
    """
    if not colour:
        return (0.0, detail_share(), 0.0), (0.0, 0.0, 0.0)
    bright, chroma = np.zeros(3), np.zeros(3)
    size, middle, height = 48, 24, 4000
    flat = np.full((size, size), 8000, np.int16)
    base = malvar(flat, "RGGB").astype(np.float64)
    window = np.ones(WINDOW) / WINDOW
    for place in np.ndindex(CELL, CELL):
        one = flat.copy()
        one[middle + place[0], middle + place[1]] += height
        response = (malvar(one, "RGGB") - base) / height
        red, blue = (hue(response[i] - response[1]) for i in (0, 2))
        green = (hue_free(response) - red - blue) / 4
        letter = COLOURS.index("RGGB"[2 * (place[0] % 2) + place[1] % 2])
        bright[letter] += np.sum(detail_of(green + (red + blue) / 8, True) ** 2) / CELL**2
        for each in (red, blue):
            cells = each.reshape(size // CELL, CELL, size // CELL, CELL).mean(axis=(1, 3))
            chroma[letter] += np.sum(cells**2) - np.sum(along_both(cells, window) ** 2)
    (a, b, c), (d, e, f) = bright.tolist(), chroma.tolist()
    return (a, b, c), (d, e, f)


def hue_free(response: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return four times the brightness that FalseColour keeps, of planes (3, H, W)."""
    return response[0] + 2 * response[1] + response[2]


def hue(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return chroma as FalseColour leaves it."""
    return along_both(values, np.array([0.25, 0.5, 0.25]))


def along_both(values: NDArray[np.float64], kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values convolved along rows and columns."""
    rows = np.stack([np.convolve(row, kernel, "same") for row in values])
    return np.stack([np.convolve(column, kernel, "same") for column in rows.T]).T


def detail_of(values: NDArray[np.float64], colour: bool) -> NDArray[np.float64]:
    """Return what the low pass of brightness takes off."""
    low = along_both(values, LOW_PASS[colour] / 256)
    return values - low + DIAGONAL / 32 * along_both(low, np.array([-1.0, 2.0, -1.0]))


def detail_share() -> float:
    """Return how much of white noise's variance the detail of a mono image has."""
    one = np.zeros((19, 19))
    one[9, 9] = 1
    return float(np.sum(detail_of(one, False) ** 2))
