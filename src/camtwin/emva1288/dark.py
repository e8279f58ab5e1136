"""Dark current: electrons that gather without light, over exposure time and over temperature (section 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from camtwin.emva1288.errors import Value, propagated
from camtwin.emva1288.stacks import Point

MIN_DARK_TIMES = 6
"""Number of exposure times for the dark current (section 7.1)."""
MIN_TEMPERATURES = 3
"""Number of temperatures for a doubling temperature: one more than a line needs."""
CLEAR = 5
"""Significance, in standard errors, of a dark current that counts for the doubling temperature."""


@dataclass(frozen=True, slots=True)
class DarkCurrent:
    """Electrons per pixel and second without light: from the mean (29), and from the variance (30)."""

    mean_e_per_s: float
    variance_e_per_s: float


def dark_current(dark: Sequence[Point], K_DN_per_e: float) -> DarkCurrent:
    """Return the dark current from images of six or more exposure times at one temperature (section 7.1).

    Dark electrons come one by one, so their variance is their mean, and the slope of the variance in DN^2 is
    K times that of the mean: only the second number works if a camera keeps its black level constant.
    ValueError if there are fewer exposure times.
    """
    if (times := len({point.exposure_s for point in dark})) < MIN_DARK_TIMES:
        raise ValueError(f"{times} exposure times are below the minimum {MIN_DARK_TIMES}")
    exposure_s = np.array([point.exposure_s for point in dark])
    mean_DN_per_s = slope(exposure_s, np.array([point.mu_y_DN for point in dark]))
    variance_DN2_per_s = slope(exposure_s, np.array([point.var_y_DN2 for point in dark]))
    return DarkCurrent(mean_DN_per_s / K_DN_per_e, variance_DN2_per_s / K_DN_per_e**2)


def slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return the slope of the line of least squares.

    >>> slope(np.array([1.0, 2.0, 3.0]), np.array([5.0, 7.0, 9.0]))
    2.0
    """
    x = x - x.mean()
    return float(x @ y / (x @ x))


def dark_currents(dark: Sequence[Point], K_DN_per_e: Value) -> tuple[Value, Value]:
    """Return `dark_current` with standard errors: from the mean, and from the variance.

    ValueError as there.
    """
    count = len(dark)

    def evaluate(m: NDArray[np.float64]) -> tuple[float, float]:
        moved = (
            Point(0, p.exposure_s, y, v)
            for p, y, v in zip(dark, m[:count].tolist(), m[count:-1].tolist(), strict=True)
        )
        currents = dark_current(tuple(moved), float(m[-1]))
        return currents.mean_e_per_s, currents.variance_e_per_s

    at = [*(p.mu_y_DN for p in dark), *(p.var_y_DN2 for p in dark), K_DN_per_e.value]
    errors = [*(p.mu_error_DN for p in dark), *(p.var_error_DN2 for p in dark), K_DN_per_e.error]
    mean, variance = propagated(evaluate, at, errors)
    return mean, variance


def doubling_K(temperature_C: Sequence[float], current: Sequence[Value]) -> Value:
    """Return the kelvins that double the dark current (section 7.2): mu_I = mu_I.ref 2^((T - T.ref) / T.d).

    A line through the logarithms, weighted by their errors. ValueError if fewer than three currents are
    clearly above 0.
    """
    significant = [(t, i) for t, i in zip(temperature_C, current, strict=True) if i.value > CLEAR * i.error]
    if len({t for t, _ in significant}) < MIN_TEMPERATURES:
        raise ValueError(
            f"{len(significant)} of {len(current)} dark currents are clearly above 0: their number is "
            f"below the minimum {MIN_TEMPERATURES}"
        )
    T = np.array([t for t, _ in significant])
    doublings = np.array([log(i.value) / log(2) for _, i in significant])
    weight = np.array([(log(2) / max(i.relative, 1e-9)) ** 2 for _, i in significant])
    T = T - weight @ T / weight.sum()
    per_K = float(weight @ (T * doublings) / (weight @ T**2))
    if per_K <= 0:
        raise ValueError("the dark current does not rise with the temperature")
    return Value(1 / per_K, 1 / per_K**2 / sqrt(float(weight @ T**2)))
