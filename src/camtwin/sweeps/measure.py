"""Statistics of images as they come, in numbers that the table has."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def frame_statistics(image: NDArray[np.uint16], top: int) -> dict[str, float | int]:
    """Return mean, standard deviation over the pixels, ends, and the share of pixels at the highest code."""
    mean, deviation = cv2.meanStdDev(image)
    low, high, _, _ = cv2.minMaxLoc(image)
    full = int(np.count_nonzero(image >= top)) if high >= top else 0
    return {
        "mean_DN": float(mean[0, 0]),
        "std_DN": float(deviation[0, 0]),
        "min_DN": int(low),
        "max_DN": int(high),
        "saturated": full / image.size,
    }


@dataclass
class Temporal:
    """Mean and temporal noise of a cell's images, which have one scene and one setting.

    The variance is that of EMVA 1288, from pairs: half the mean square of the difference, less half the
    square of the difference of the means. Images 1 and 2 are a pair, 3 and 4 the next: no two share an image.
    """

    frames: int = 0
    _sum: float = 0.0
    _pairs: int = 0
    _variance: float = 0.0
    _before: tuple[NDArray[np.uint16], float] | None = None

    def add(self, image: NDArray[np.uint16], mean: float) -> None:
        """Take the next image; only one is held."""
        self.frames += 1
        self._sum += mean
        if self._before is None:
            self._before = image, mean
            return
        other, its_mean = self._before
        self._before = None
        if other.shape == image.shape:
            square = cv2.norm(image, other, cv2.NORM_L2SQR) / image.size
            self._variance += (square - (mean - its_mean) ** 2) / 2
            self._pairs += 1

    def row(self) -> dict[str, Any]:
        """Return the numbers; None without a pair."""
        noise = sqrt(max(self._variance / self._pairs, 0.0)) if self._pairs else None
        return {"mean_DN": self._sum / self.frames if self.frames else None, "temporal_DN": noise}
