"""Sensitivity, linearity and temporal noise of a linear camera, from the moments of images (stacks.py).

The model (section 2): photons free electrons, mu_e = eta mu_p; the camera adds dark noise sigma_d, multiplies
by the overall system gain K and rounds to whole DN, which adds a variance of 1/12:

    mu_y  = mu_y.dark + K eta mu_p
    var_y = K^2 sigma_d^2 + 1/12 + K (mu_y - mu_y.dark)

Nothing but images and the number of photons is known here. Black level and pedestal fall out as mu_y.dark.
Arithmetic is on plain numbers; `signal` is mu_y - mu_y.dark throughout.

Source of the procedure and of the equation numbers: EMVA Standard 1288, release 4.0 Linear.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import hypot, log2, log10, sqrt
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from camtwin.emva1288.errors import Value, propagated
from camtwin.emva1288.stacks import Point, Series, points

QUANTIZATION_DN2 = 1 / 12
"""Variance of rounding to whole DN, sigma_q^2: an even distribution over 1 DN."""
MIN_DARK_VARIANCE_DN2 = 0.24
"""Variance below which rounding dominates the dark noise, and sigma_d is only an upper bound (54)."""
GAIN_RANGE = (0.0, 0.7)
"""Range for the lines of R and K, relative to saturation (section 6.6)."""
LINEARITY_RANGE = (0.05, 0.95)
"""Range for the linearity error, relative to saturation (section 6.9)."""
CLIPPED_SHARE = 0.0015
"""Share of pixels at the highest code: the middle of the 0.1 to 0.2 % that mark saturation (section 6.6)."""
MIN_POINTS = 3
"""Number of points for a meaningful line."""
FEW_VALUES = 1000
"""Number of pixels assumed for made-up points."""


@dataclass(frozen=True, slots=True)
class Linearity:
    """Deviation of the response from a line, from 5 to 95 % of saturation.

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


FIGURES: Mapping[str, Callable[[Sensitivity], float]] = {
    "R": lambda s: s.responsivity_DN_per_photon,
    "K": lambda s: s.K_DN_per_e,
    "eta": lambda s: s.quantum_efficiency,
    "mu_y_dark": lambda s: s.mu_y_dark_DN,
    "sigma_d": lambda s: s.sigma_d_e,
    "mu_p_min": lambda s: s.mu_p_min,
    "mu_e_min": lambda s: s.mu_e_min,
    "mu_p_sat": lambda s: s.mu_p_sat,
    "mu_e_sat": lambda s: s.mu_e_sat,
    "SNR_max": lambda s: s.SNR_max_dB,
    "DR": lambda s: s.DR_dB,
    "LE": lambda s: s.linearity.error,
}
"""Published figures of a camera, by the standard's symbols, in the units of Sensitivity."""

Rule: TypeAlias = Callable[[Sequence[Point]], Value]


# -- saturation: the rule has changed with release 4, and each has its place -----------------------
def saturation_by_variance(light: Sequence[Point]) -> Value:
    """Return mu_p.sat in photons: the step of the highest temporal variance, the rule up to release 3.1.

    It needs no knowledge of the converter, and holds if a pixel is full before the converter is. The peak
    lies somewhere between the neighbours of the steps that are indistinguishable from the highest: that is
    its error. ValueError unless two steps of lower variance follow: else the light may not have sufficed.
    """
    peak = max(range(len(light)), key=lambda i: light[i].var_y_DN2, default=0)
    if peak + 2 >= len(light):
        beyond = max(0, len(light) - 1 - peak)
        raise ValueError(
            f"the light does not saturate the camera: {beyond} of {len(light)} steps lie beyond the peak of "
            "the variance, needed are 2 or more; add brighter steps"
        )
    least = light[peak].var_y_DN2 - 2 * sqrt(2) * light[peak].var_error_DN2
    alike = [i for i, point in enumerate(light) if point.var_y_DN2 >= least]
    last = min(alike[-1] + 1, len(light) - 1)
    between = light[last].mu_p - light[max(alike[0] - 1, 0)].mu_p
    return Value(light[peak].mu_p, between / sqrt(12))  # anywhere between them


def saturation_by_clipping(light: Sequence[Point]) -> Value:
    """Return mu_p.sat in photons: where 0.15 % of the pixels show the highest code, the rule of release 4.0.

    Noise is normal, so between two steps the normal quantile of the share is taken as linear in mu_p. If a
    step has none or all of its pixels there, only the steps' distance gives the error. ValueError if the
    highest code is unknown, or no step has so many: the pixel is full before the converter.
    """
    for before, after in pairwise(light):
        low, high = before.clipped_share, after.clipped_share
        if low is None or high is None:
            raise ValueError(
                "the converter's highest code is not known, so saturated pixels were not counted"
            )
        if low < CLIPPED_SHARE <= high:
            step = after.mu_p - before.mu_p
            z, z_low, z_high = (_quantile(share, before) for share in (CLIPPED_SHARE, low, high))
            way = (z - z_low) / (z_high - z_low)
            error = hypot((1 - way) * _quantile_error(low, before), way * _quantile_error(high, after))
            spread = 0.0 if low and high < 1 else step / sqrt(12)
            return Value(before.mu_p + way * step, hypot(step * error / (z_high - z_low), spread))
    raise ValueError(
        f"the share of saturated pixels passes {CLIPPED_SHARE:.2%} between no two steps; add brighter steps"
    )


def _quantile(share: float, point: Point) -> float:
    """Return minus the number of standard deviations above which a normal number has this share."""
    least = 0.5 / max(point.images * point.pixels, FEW_VALUES)
    return NormalDist().inv_cdf(min(max(share, least), 1 - least))


def _quantile_error(share: float, point: Point) -> float:
    """Return the standard error of the quantile of a share that was counted."""
    if not (0 < share < 1 and point.pixels):
        return 0.0
    density = NormalDist().pdf(_quantile(share, point))
    return sqrt(share * (1 - share) / (point.images * point.pixels)) / density


# -- sensitivity and temporal noise ----------------------------------------------------------------
def characterize(series: Series, rule: Rule = saturation_by_variance) -> Sensitivity:
    """Return sensitivity and temporal noise of a camera from its images. ValueError: see `sensitivity`."""
    dark = points(series.dark, series.highest_DN)
    return sensitivity(dark, points(series.light, series.highest_DN), rule)


def sensitivity(
    dark: Sequence[Point], light: Sequence[Point], rule: Rule = saturation_by_variance
) -> Sensitivity:
    """Return sensitivity and temporal noise from the moments of the steps (section 6.6).

    ValueError if the points do not suffice or are not those of a camera that responds to light.
    """
    light = sorted(light, key=lambda point: point.mu_p)
    return _evaluated(dark, light, rule(light).value)


def figures(dark: Sequence[Point], light: Sequence[Point], rule: Rule) -> dict[str, Value]:
    """Return the numbers of FIGURES, with the standard errors that the images leave. ValueError.

    `sensitivity`.
    """
    light = sorted(light, key=lambda point: point.mu_p)
    steps, full = [*dark, *light], rule(light)

    def evaluate(moments: NDArray[np.float64]) -> list[float]:
        mean_DN, variance_DN2 = moments[:-1].reshape(2, -1).tolist()
        moved = [
            replace(p, mu_y_DN=y, var_y_DN2=v) for p, y, v in zip(steps, mean_DN, variance_DN2, strict=True)
        ]
        result = _evaluated(moved[: len(dark)], moved[len(dark) :], float(moments[-1]))
        return [figure(result) for figure in FIGURES.values()]

    at = [*(p.mu_y_DN for p in steps), *(p.var_y_DN2 for p in steps), full.value]
    errors = [*(p.mu_error_DN for p in steps), *(p.var_error_DN2 for p in steps), full.error]
    return dict(zip(FIGURES, propagated(evaluate, at, errors), strict=True))


def _evaluated(dark: Sequence[Point], light: Sequence[Point], mu_p_sat: float) -> Sensitivity:
    mu_p, signal_DN, noise_DN2 = above_dark(dark, light)
    full_DN = float(np.interp(mu_p_sat, mu_p, signal_DN))
    used = within(GAIN_RANGE, signal_DN, full_DN)
    R = slope_through_zero(mu_p[used], signal_DN[used])
    K = slope_through_zero(signal_DN[used], noise_DN2[used])
    if not (R > 0 and K > 0):
        raise ValueError(f"responsivity {R:g} DN/photon and gain {K:g} DN/e-: both must be above 0")
    eta = R / K
    black_DN, black_DN2 = unexposed(dark)
    sigma_d_e = dark_noise_e(max(black_DN2, MIN_DARK_VARIANCE_DN2), K)
    mu_e_min = threshold_e(sigma_d_e, K)
    return Sensitivity(
        K_DN_per_e=K,
        responsivity_DN_per_photon=R,
        quantum_efficiency=eta,
        sigma_d_e=sigma_d_e,
        quantization_limited=black_DN2 < MIN_DARK_VARIANCE_DN2,
        mu_y_dark_DN=black_DN,
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
    """Return mu_p, mu_y - mu_y.dark (DN) and var_y - var_y.dark (DN^2) of each step in light.

    ValueError if a step in light has no dark step of its exposure time: dark current belongs to a time.
    """
    blacks = {black.exposure_s: black for black in dark}
    if alone := sorted({point.exposure_s for point in light} - blacks.keys()):
        more = f", and {len(alone) - 1} others have none" if len(alone) > 1 else ""
        raise ValueError(
            f"no dark step has the exposure time {alone[0]:g} s of a step in light{more}; "
            "take dark images of each exposure time"
        )
    rows = []
    for point in light:
        black = blacks[point.exposure_s]
        rows.append((point.mu_p, point.mu_y_DN - black.mu_y_DN, point.var_y_DN2 - black.var_y_DN2))
    mu_p, signal_DN, noise_DN2 = np.array(rows, float).T
    return mu_p, signal_DN, noise_DN2


def within(part: tuple[float, float], signal_DN: NDArray[np.float64], full_DN: float) -> NDArray[np.bool_]:
    """Return a mask of the points in this part of the saturation. ValueError if too few for a line."""
    used = (signal_DN > part[0] * full_DN) & (signal_DN <= part[1] * full_DN)
    if np.count_nonzero(used) < MIN_POINTS:
        raise ValueError(
            f"{np.count_nonzero(used)} steps lie in {part[0]:.0%} to {part[1]:.0%} of saturation, "
            f"below the minimum {MIN_POINTS}"
        )
    return used


def slope_through_zero(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return the slope of a least-squares line through 0.

    R of signal on mu_p (49), K of variance on signal (50).

    Through 0, because the camera's dark signal has been subtracted.

    >>> slope_through_zero(np.array([1.0, 2.0]), np.array([2.0, 4.0]))
    2.0
    """
    return float(x @ y / (x @ x))


def linearity(mu_p: NDArray[np.float64], signal_DN: NDArray[np.float64], full_DN: float) -> Linearity:
    """Return the linearity error from 5 to 95 % of saturation (58 to 63).

    The line minimises the sum of squares of *relative* deviations (weight 1 / signal), so that a camera for
    dim light is not judged by its bright end.
    """
    used = within(LINEARITY_RANGE, signal_DN, full_DN)
    x, y = mu_p[used], signal_DN[used]
    slope, offset_DN = np.polyfit(x, y, 1, w=1 / y)
    line = offset_DN + slope * x
    deviation = (y - line) / line
    worst = deviation[np.abs(deviation).argmax()]
    return Linearity(float(np.abs(deviation).mean()), float(worst), float(offset_DN), float(slope))


# -- noise in the dark -----------------------------------------------------------------------------
def unexposed(dark: Sequence[Point]) -> tuple[float, float]:
    """Return the mean (DN) and the variance (DN^2) in the dark without an exposure, free of dark current.

    With MIN_POINTS exposure times or more they are where lines over the time begin (section 6.6), weighted
    by the errors that noise leaves; else those of the shortest exposure.
    """
    exposure_s = np.array([point.exposure_s for point in dark])
    if len(set(exposure_s.tolist())) < MIN_POINTS:
        black = min(dark, key=lambda point: point.exposure_s)
        return black.mu_y_DN, black.var_y_DN2
    variance_DN2 = np.array([max(point.var_y_DN2, MIN_DARK_VARIANCE_DN2) for point in dark])
    means_DN = np.array([point.mu_y_DN for point in dark])
    _, mean_DN = np.polyfit(exposure_s, means_DN, 1, w=1 / np.sqrt(variance_DN2))
    _, black_DN2 = np.polyfit(exposure_s, [point.var_y_DN2 for point in dark], 1, w=1 / variance_DN2)
    return float(mean_DN), float(black_DN2)


def dark_noise_e(var_y_dark_DN2: float, K_DN_per_e: float) -> float:
    """Return the temporal dark noise sigma_d in electrons, without the rounding noise (53).

    >>> round(dark_noise_e(0.4**2 * 2**2 + 1 / 12, 0.4), 6)
    2.0
    """
    return sqrt(var_y_dark_DN2 - QUANTIZATION_DN2) / K_DN_per_e


def threshold_e(sigma_d_e: float, K_DN_per_e: float) -> float:
    """Return the absolute sensitivity threshold mu_e.min in electrons, at a signal-to-noise ratio of 1 (27).

    >>> round(threshold_e(2.0, 0.41), 2)
    2.68
    """
    return sqrt(sigma_d_e**2 + QUANTIZATION_DN2 / K_DN_per_e**2 + 1 / 4) + 1 / 2
