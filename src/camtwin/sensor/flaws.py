"""What can be wrong with one sensor: pixels that see light of their own or none, columns with an offset.

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


def flawed_rate(rate_e: NDArray[np.float32], flaws: Flaws, x: int, y: int) -> NDArray[np.float32]:
    """Electrons per second in each pixel of the region at (x, y), flaws included. Before the exposure."""
    if not flaws.hot and not flaws.dead:
        return rate_e
    out = rate_e.copy()
    height, width = out.shape
    for column, row in flaws.dead:
        if 0 <= column - x < width and 0 <= row - y < height:
            out[row - y, column - x] = 0
    for (column, row), own_e_per_s in flaws.hot.items():
        if 0 <= column - x < width and 0 <= row - y < height:
            out[row - y, column - x] += np.float32(own_e_per_s)
    return out


def flawed_pattern(pattern: FixedPattern, flaws: Flaws) -> FixedPattern:
    """The sensor's fixed pattern with the columns' offsets."""
    if not flaws.columns:
        return pattern
    offset_e = pattern.offset_e.copy()
    for column, extra_e in flaws.columns.items():
        offset_e[:, column] += np.float32(extra_e)
    return replace(pattern, offset_e=offset_e)
