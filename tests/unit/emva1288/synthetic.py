"""A camera that shares no line with ours: numpy's Poisson and normal numbers, patterns, one rounding.

What a laboratory must find on it is known; how well it can, follows from the number of pixels. `Expected`
holds both: the true values, and one standard error of each.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import erf, exp, inf, pi, sqrt

import numpy as np

HEIGHT, WIDTH = 240, 256
PIXELS = HEIGHT * WIDTH
DARK_IMAGES = 20
STEPS = 56
EXPOSURE_s = 0.01


@dataclass(frozen=True)
class Truth:
    """The true parameters of a synthetic camera.

    K DN/e-, sigma_d e-, eta, the offset in DN, bits of the converter, the well in electrons; patterns in e-
    and fractions; dark current in e-/s.
    """

    K: float = 0.4
    sigma_d: float = 2.0
    eta: float = 0.65
    offset: float = 40.0
    bits: int = 12
    well: float = inf
    dsnu: float = 1.0
    dsnu_column: float = 0.0
    dsnu_row: float = 0.0
    prnu: float = 0.005
    prnu_column: float = 0.0
    dark: float = 0.0

    @property
    def top_DN(self) -> int:
        return 2**self.bits - 1

    @property
    def clip_e(self) -> float:
        """Electrons at which the converter or the well ends."""
        return min((self.top_DN - self.offset) / self.K, self.well)

    @property
    def dark_DN2(self) -> float:
        return self.K**2 * self.sigma_d**2 + 1 / 12


class Camera:
    """One such camera, with its own patterns."""

    def __init__(self, truth: Truth, seed: int) -> None:
        self.truth = truth
        self.rng = rng = np.random.default_rng([seed, 1288])
        self.offset_e = rng.normal(0, truth.dsnu, (HEIGHT, WIDTH))
        self.offset_e += rng.normal(0, truth.dsnu_column, WIDTH)
        self.offset_e += rng.normal(0, truth.dsnu_row, (HEIGHT, 1))
        self.response = (
            1 + rng.normal(0, truth.prnu, (HEIGHT, WIDTH)) + rng.normal(0, truth.prnu_column, WIDTH)
        )

    def shoot(self, mu_p: float, images: int = 2, exposure_s: float = EXPOSURE_s) -> Iterator[np.ndarray]:
        t = self.truth
        for _ in range(images):
            charge = self.rng.poisson(t.eta * mu_p * self.response + t.dark * exposure_s)
            charge = np.minimum(charge, t.well) + self.rng.normal(0, t.sigma_d, self.response.shape)
            dn = np.rint(t.K * (charge + self.offset_e) + t.offset)
            yield np.clip(dn, 0, t.top_DN).astype(np.uint16)

    def photons(self) -> np.ndarray:
        """Light of the steps, from 2 to 110 % of what fills the camera."""
        return np.linspace(0.02, 1.1, STEPS) * self.truth.clip_e / self.truth.eta


def variance_DN2(t: Truth, mean_e: float) -> float:
    """Temporal variance, the mean over pixels that respond differently; normal numbers clipped from above."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(21)
    return float(
        sum(
            weight * _clipped_DN2(t, mean_e * (1 + node * t.prnu))
            for node, weight in zip(nodes, weights / weights.sum(), strict=True)
        )
    )


def _clipped_DN2(t: Truth, mean_e: float) -> float:
    by_well = t.well <= t.clip_e
    before = mean_e if by_well else mean_e + t.sigma_d**2
    after = t.sigma_d**2 if by_well else 0.0
    a = (t.clip_e - mean_e) / sqrt(before)
    below, density = _below(a), exp(-a * a / 2) / sqrt(2 * pi)
    first, second = a * (1 - below) - density, below - a * density + a * a * (1 - below)
    return t.K**2 * (before * (second - first**2) + after) + (1 if by_well else below) / 12


def clipped_share(t: Truth, mean_e: float) -> float:
    """Share of pixels that show the converter's highest code, which rounding begins half a DN earlier."""
    sigma_e = sqrt(mean_e + t.sigma_d**2 + t.dsnu**2 + (t.prnu * mean_e) ** 2)
    return 1 - _below((t.clip_e - 0.5 / t.K - mean_e) / sigma_e)


def _below(a: float) -> float:
    return 0.5 * (1 + erf(a / sqrt(2)))


@dataclass(frozen=True)
class Expected:
    """(true value, standard error) of what a series on this camera shows, one pair a step."""

    K: tuple[float, float]
    eta: tuple[float, float]
    sigma_d: tuple[float, float]
    black: tuple[float, float]


def expected(camera: Camera) -> Expected:
    t = camera.truth
    eta = t.eta * camera.response.mean()
    mean_e = eta * camera.photons()
    x = t.K * mean_e[mean_e < 0.7 * t.clip_e]
    noise = (t.dark_DN2 + t.K * x) * sqrt(2 / PIXELS)
    dark = t.dark_DN2 * sqrt(2 / (PIXELS * DARK_IMAGES / 2))
    slope = sqrt(x**2 @ noise**2 + (x.sum() * dark) ** 2) / (x @ x)
    relative = slope / t.K
    # R is known far better than K: its points have the error of a mean, not of a variance.
    mean = sqrt(x**2 @ (t.dark_DN2 + t.K * x) / (2 * PIXELS)) / (x @ x)
    sigma = sqrt((dark / (2 * t.K**2 * t.sigma_d**2)) ** 2 + relative**2)
    black = t.offset + t.K * camera.offset_e.mean()
    return Expected(
        K=(t.K, slope),
        eta=(eta, eta * sqrt(relative**2 + mean**2)),
        sigma_d=(t.sigma_d, t.sigma_d * sigma),
        black=(black, sqrt(t.dark_DN2 / (PIXELS * DARK_IMAGES))),
    )
