"""Flaws of one sensor: pixels that glow or that no light reaches, columns with an offset.

A sheet gives no rate of them and makers ship cameras with theirs corrected, so a twin's sensor has none
until somebody puts them there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from camtwin.sensor.chain import FixedPattern


@dataclass(frozen=True)
class Flaws:
    """Flaws by absolute position on the sensor.

    hot      (column, row) -> electrons per second that the pixel frees by itself
    dead     (column, row) of pixels that no light reaches
    columns  column -> offset of all its pixels in electrons
    """

    hot: Mapping[tuple[int, int], float] = field(default_factory=dict)
    dead: frozenset[tuple[int, int]] = frozenset()
    columns: Mapping[int, float] = field(default_factory=dict)


def shaded_rate(rate_e: NDArray[np.float32], flaws: Flaws, x: int, y: int) -> NDArray[np.float32]:
    """Return electrons per second in the region at (x, y), none in dead pixels. Before the exposure."""
    inside = [(c - x, r - y) for c, r in flaws.dead if _holds(rate_e, c - x, r - y)]
    if inside:
        rate_e = rate_e.copy()
    for column, row in inside:
        rate_e[row, column] = 0
    return rate_e


def hot_charge(
    rate_e: NDArray[np.float32],
    light_s: NDArray[np.float32],
    flaws: Flaws,
    x: int,
    y: int,
    exposure_s: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return rates and seconds of the region at (x, y) whose product holds hot pixels' own electrons, too.

    A hot pixel goes on while the light is off, so where there are any, the light is gathered here.
    """
    at = {(c - x, r - y): own for (c, r), own in flaws.hot.items()}
    inside = {pixel: own for pixel, own in at.items() if _holds(rate_e, *pixel)}
    if not inside:
        return rate_e, light_s
    charge_e = rate_e * light_s[:, None]
    for (column, row), own_e_per_s in inside.items():
        charge_e[row, column] += np.float32(own_e_per_s * exposure_s)
    return charge_e, np.ones_like(light_s)


def _holds(region: NDArray[np.float32], column: int, row: int) -> bool:
    return 0 <= row < region.shape[0] and 0 <= column < region.shape[1]


def flawed_pattern(pattern: FixedPattern, flaws: Flaws) -> FixedPattern:
    """Return the sensor's fixed pattern with the columns' offsets."""
    if not flaws.columns:
        return pattern
    offset_e = pattern.offset_e.copy()
    for column, extra_e in flaws.columns.items():
        offset_e[:, column] += np.float32(extra_e)
    return replace(pattern, offset_e=offset_e)
