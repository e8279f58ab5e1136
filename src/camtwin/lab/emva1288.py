"""EMVA 1288, linear cameras: from the moments of images (stacks.py) to the numbers of a data sheet.

    light = (Step(mu_p, 0.004, shoot(mu_p)) for mu_p in photons)
    camera = characterize(Series([Step(0, 0.004, pair)], light))
    camera.sigma_d_e, camera.mu_e_sat, camera.DR_dB

The model (section 2): photons free electrons, mu_e = eta mu_p; the camera adds dark noise sigma_d, multiplies
by the overall system gain K and rounds to whole DN, which adds a variance of 1/12:

    mu_y  = mu_y.dark + K eta mu_p
    var_y = K^2 sigma_d^2 + 1/12 + K (mu_y - mu_y.dark)

Nothing but images and the number of photons is known here. Black level and pedestal fall out as mu_y.dark.
Arithmetic is on plain numbers; `signal` is mu_y - mu_y.dark throughout.

Light must be even over the image: the high-pass filter by which section 8 takes shading out is not built.

Source of the procedure and of the equation numbers: EMVA Standard 1288, release 4.0 Linear.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log2, log10, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from camtwin.lab.stacks import Average, Point, Series, points

QUANTIZATION_DN2 = 1 / 12
"""Variance of rounding to whole DN, sigma_q^2: an even distribution over 1 DN."""
LEAST_DARK_VARIANCE_DN2 = 0.24
"""Below it rounding rules the dark noise, and sigma_d is known as an upper bound only (54)."""
GAIN_RANGE = (0.0, 0.7)
"""Of the saturation: where the lines for R and K are drawn (section 6.6)."""
LINEARITY_RANGE = (0.05, 0.95)
"""Of the saturation: where linearity is asked for (section 6.9)."""
CLIPPED_SHARE = 0.0015
"""Of the pixels at the highest code: the middle of the 0.1 to 0.2 % that mark saturation (section 6.6)."""
LEAST_POINTS = 3
"""For a line that says something."""
LEAST_DARK_TIMES = 6
"""Exposure times for the dark current (section 7.1)."""


@dataclass(frozen=True, slots=True)
class Linearity:
    """How straight the response is, from 5 to 95 % of saturation.

    error      linearity error LE: mean of |signal / line - 1| over the points (63), a fraction
    worst      the largest of them, with its sign
    offset_DN  the line's signal without light (59)
    slope_DN_per_photon  of the line (60)
    """

    error: float
    worst: float
    offset_DN: float
    slope_DN_per_photon: float


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Sensitivity and temporal noise of a camera at one gain (section 6).

    K_DN_per_e                  overall system gain K
    responsivity_DN_per_photon  R
    quantum_efficiency          eta, electrons per photon
    sigma_d_e                   temporal dark noise; an upper bound where quantization_limited
    mu_y_dark_DN                black
    mu_p_sat, mu_e_sat          saturation capacity, photons and electrons
    mu_p_min, mu_e_min          absolute sensitivity threshold: where the signal equals the noise
    """

    K_DN_per_e: float
    responsivity_DN_per_photon: float
    quantum_efficiency: float
    sigma_d_e: float
    quantization_limited: bool
    mu_y_dark_DN: float
    mu_p_sat: float
    mu_e_sat: float
    mu_p_min: float
    mu_e_min: float
    linearity: Linearity

    @property
    def SNR_max(self) -> float:
        """Highest signal-to-noise ratio, that of the light alone at saturation (55)."""
        return sqrt(self.mu_e_sat)

    @property
    def SNR_max_dB(self) -> float:
        return 20 * log10(self.SNR_max)

    @property
    def DR(self) -> float:
        """Dynamic range: saturation over threshold (28)."""
        return self.mu_p_sat / self.mu_p_min

    @property
    def DR_dB(self) -> float:
        return 20 * log10(self.DR)

    @property
    def DR_bit(self) -> float:
        return log2(self.DR)


@dataclass(frozen=True, slots=True)
class DarkCurrent:
    """Electrons per pixel and second without light: from the mean (29), and from the variance (30)."""

    mean_e_per_s: float
    variance_e_per_s: float


@dataclass(frozen=True, slots=True)
class Spatial:
    """A spatial quantity and its parts: whole image, columns, rows, and what is left in the pixels.

    Where temporal noise left an estimated variance below 0 its root is nan: too small for this stack.
    """

    total: float
    column: float
    row: float
    pixel: float


@dataclass(frozen=True, slots=True)
class Nonuniformity:
    """Spatial nonuniformity (section 8): DSNU1288 in electrons (66), PRNU1288 as a fraction (67)."""

    DSNU_e: Spatial
    PRNU: Spatial


# -- saturation: the rule has changed with release 4, and each has its place -----------------------
def saturation_by_variance(light: Sequence[Point]) -> float:
    """mu_p.sat in photons: the step of the highest temporal variance, the rule up to release 3.1.

    It needs no knowledge of the converter, and holds where a pixel is full before the converter is.
    ValueError unless two steps of lower variance follow: else the light may not have sufficed.
    """
    peak = max(range(len(light)), key=lambda i: light[i].var_y_DN2, default=0)
    if peak + 2 >= len(light):
        beyond = max(0, len(light) - 1 - peak)
        raise ValueError(
            f"{beyond} of {len(light)} steps lie beyond the highest variance, 2 are needed to know it"
        )
    return light[peak].mu_p


def saturation_by_clipping(light: Sequence[Point]) -> float:
    """mu_p.sat in photons: where 0.15 % of the pixels show the highest code, the rule of release 4.0.

    Between two steps the logarithm of the share is taken as straight in mu_p. ValueError where no highest
    code was told, or where no step has so many: there the pixel is full before the converter.
    """
    for before, after in pairwise(light):
        low, high = before.clipped_share, after.clipped_share
        if low is None or high is None:
            raise ValueError(
                "the converter's highest code was not told, so pixels that show it were not counted"
            )
        if low < CLIPPED_SHARE <= high:
            way = log10(CLIPPED_SHARE / low) / log10(high / low) if low else 1.0
            return before.mu_p + way * (after.mu_p - before.mu_p)
    raise ValueError(
        f"between no two steps does the share of pixels at the highest code pass {CLIPPED_SHARE:.2%}"
    )


# -- sensitivity and temporal noise ----------------------------------------------------------------
def characterize(
    series: Series, rule: Callable[[Sequence[Point]], float] = saturation_by_variance
) -> Sensitivity:
    """Sensitivity and temporal noise of a camera from its images. ValueError: see `sensitivity`."""
    dark = points(series.dark, series.highest_DN)
    return sensitivity(dark, points(series.light, series.highest_DN), rule)


def sensitivity(
    dark: Sequence[Point],
    light: Sequence[Point],
    rule: Callable[[Sequence[Point]], float] = saturation_by_variance,
) -> Sensitivity:
    """Sensitivity and temporal noise from the moments of the steps (section 6.6).

    ValueError where the points do not suffice or are not those of a camera that answers to light.
    """
    light = sorted(light, key=lambda point: point.mu_p)
    mu_p_sat = float(rule(light))
    mu_p, signal_DN, noise_DN2 = above_dark(dark, light)
    full_DN = float(np.interp(mu_p_sat, mu_p, signal_DN))
    used = within(GAIN_RANGE, signal_DN, full_DN)
    R = slope_through_zero(mu_p[used], signal_DN[used])
    K = slope_through_zero(signal_DN[used], noise_DN2[used])
    if not (R > 0 and K > 0):
        raise ValueError(f"responsivity {R:g} DN/photon and gain {K:g} DN/e-: both must be above 0")
    eta = R / K
    black = min(dark, key=lambda point: point.exposure_s)  # the least dark current
    sigma_d_e = dark_noise_e(max(black.var_y_DN2, LEAST_DARK_VARIANCE_DN2), K)
    mu_e_min = threshold_e(sigma_d_e, K)
    return Sensitivity(
        K_DN_per_e=K,
        responsivity_DN_per_photon=R,
        quantum_efficiency=eta,
        sigma_d_e=sigma_d_e,
        quantization_limited=black.var_y_DN2 < LEAST_DARK_VARIANCE_DN2,
        mu_y_dark_DN=black.mu_y_DN,
        mu_p_sat=mu_p_sat,
        mu_e_sat=eta * mu_p_sat,
        mu_p_min=mu_e_min / eta,
        mu_e_min=mu_e_min,
        linearity=linearity(mu_p, signal_DN, full_DN),
    )


# -- lines -----------------------------------------------------------------------------------------
def above_dark(
    dark: Sequence[Point], light: Sequence[Point]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """mu_p, mu_y - mu_y.dark (DN) and var_y - var_y.dark (DN^2) of each step in light."""
    rows = []
    for point in light:
        black = _same_exposure(dark, point)
        rows.append((point.mu_p, point.mu_y_DN - black.mu_y_DN, point.var_y_DN2 - black.var_y_DN2))
    mu_p, signal_DN, noise_DN2 = np.array(rows, float).T
    return mu_p, signal_DN, noise_DN2


def within(part: tuple[float, float], signal_DN: NDArray[np.float64], full_DN: float) -> NDArray[np.bool_]:
    """Which points lie in this part of the saturation. ValueError if they are too few for a line."""
    used = (signal_DN > part[0] * full_DN) & (signal_DN <= part[1] * full_DN)
    if np.count_nonzero(used) < LEAST_POINTS:
        raise ValueError(
            f"{np.count_nonzero(used)} steps lie in {part[0]:.0%} to {part[1]:.0%} of saturation, "
            f"below the minimum {LEAST_POINTS}"
        )
    return used


def slope_through_zero(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Slope of the line through 0 by least squares: R of signal on mu_p (49), K of variance on signal (50).

    Through 0, because what the camera shows in the dark has been taken off.

    >>> slope_through_zero(np.array([1.0, 2.0]), np.array([2.0, 4.0]))
    2.0
    """
    return float(x @ y / (x @ x))


def linearity(mu_p: NDArray[np.float64], signal_DN: NDArray[np.float64], full_DN: float) -> Linearity:
    """Linearity error from 5 to 95 % of saturation (58 to 63).

    The line makes the sum of squares of *relative* deviations least (weight 1 / signal), so that a camera
    for dim light is not judged by its bright end.
    """
    used = within(LINEARITY_RANGE, signal_DN, full_DN)
    x, y = mu_p[used], signal_DN[used]
    slope, offset_DN = np.polyfit(x, y, 1, w=1 / y)
    line = offset_DN + slope * x
    deviation = (y - line) / line
    worst = deviation[np.abs(deviation).argmax()]
    return Linearity(float(np.abs(deviation).mean()), float(worst), float(offset_DN), float(slope))


# -- noise in the dark -----------------------------------------------------------------------------
def dark_noise_e(var_y_dark_DN2: float, K_DN_per_e: float) -> float:
    """Temporal dark noise sigma_d in electrons, without what rounding added (53).

    >>> round(dark_noise_e(0.4**2 * 2**2 + 1 / 12, 0.4), 6)
    2.0
    """
    return sqrt(var_y_dark_DN2 - QUANTIZATION_DN2) / K_DN_per_e


def threshold_e(sigma_d_e: float, K_DN_per_e: float) -> float:
    """Absolute sensitivity threshold mu_e.min in electrons: where the signal-to-noise ratio is 1 (27).

    >>> round(threshold_e(2.0, 0.41), 2)
    2.68
    """
    return sqrt(sigma_d_e**2 + QUANTIZATION_DN2 / K_DN_per_e**2 + 1 / 4) + 1 / 2


def dark_current(dark: Sequence[Point], K_DN_per_e: float) -> DarkCurrent:
    """Dark current from images of six or more exposure times at one temperature (section 7.1).

    Dark electrons come one by one, so their variance is their mean, and the slope of the variance in DN^2
    is K times that of the mean: the second number is all there is where a camera holds its black level.
    ValueError if the exposure times are fewer.
    """
    if (times := len({point.exposure_s for point in dark})) < LEAST_DARK_TIMES:
        raise ValueError(f"{times} exposure times are below the minimum {LEAST_DARK_TIMES}")
    exposure_s = [point.exposure_s for point in dark]
    mean_DN_per_s, _ = np.polyfit(exposure_s, [point.mu_y_DN for point in dark], 1)
    variance_DN2_per_s, _ = np.polyfit(exposure_s, [point.var_y_DN2 for point in dark], 1)
    return DarkCurrent(float(mean_DN_per_s) / K_DN_per_e, float(variance_DN2_per_s) / K_DN_per_e**2)


# -- space -----------------------------------------------------------------------------------------
def spatial_variances_DN2(stack: Average) -> Spatial:
    """Spatial variances s^2 of an averaged image in DN^2, and their split; below 0 where noise has it so.

    Temporal noise that averaging has left is taken off (36); columns and rows, which average over fewer
    pixels, keep as much more of it. The average of a column also keeps 1/H of the variance of its
    pixels, that of a row 1/W: three equations (41) for three unknowns (42).
    """
    image, left_DN2 = stack.mean_DN, stack.var_y_DN2 / stack.images
    height, width = image.shape
    seen_DN2 = [
        image.var() - left_DN2,
        image.mean(axis=0).var() - left_DN2 / height,
        image.mean(axis=1).var() - left_DN2 / width,
    ]
    mixture = [[1, 1, 1], [1, 0, 1 / height], [0, 1, 1 / width]]
    column, row, pixel = np.linalg.solve(mixture, seen_DN2).tolist()
    return Spatial(float(seen_DN2[0]), column, row, pixel)


def nonuniformity(dark: Average, half: Average, K_DN_per_e: float) -> Nonuniformity:
    """DSNU1288 and PRNU1288 from stacks taken alike, dark and at half the saturation (66, 67).

    DSNU = s_dark / K, PRNU = sqrt(s_50^2 - s_dark^2) / (mu_50 - mu_dark), and so for their parts.
    ValueError unless the second is the brighter.
    """
    signal_DN = float(half.mean_DN.mean() - dark.mean_DN.mean())
    if not signal_DN > 0:
        raise ValueError(f"the stack in light is {signal_DN:g} DN above the dark one, it must be above 0")
    black, lit = spatial_variances_DN2(dark), spatial_variances_DN2(half)
    names = ("total", "column", "row", "pixel")
    return Nonuniformity(
        Spatial(**{name: _root(getattr(black, name)) / K_DN_per_e for name in names}),
        Spatial(**{name: _root(getattr(lit, name) - getattr(black, name)) / signal_DN for name in names}),
    )


def _root(variance: float) -> float:
    return sqrt(variance) if variance >= 0 else nan


def _same_exposure(dark: Sequence[Point], point: Point) -> Point:
    """The dark step that belongs to a step in light."""
    if len(dark) == 1:
        return dark[0]
    for black in dark:
        if black.exposure_s == point.exposure_s:
            return black
    raise ValueError(f"no dark step has the exposure time {point.exposure_s:g} s of a step in light")
