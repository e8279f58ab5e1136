"""Automatic white balance: from the statistics of a raw frame to the gains of red, green and blue.

Statistics are taken before white balance, so each frame says the same whatever the gains are, and nothing can
swing. Zones whose pixels are clipped or nearly dark say nothing of the light and are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.exposure import zone_weights
from camtwin.isp.mosaic import IspProblem
from camtwin.isp.presets import UNCALIBRATED, Calibration
from camtwin.isp.stage import check
from camtwin.isp.statistics import Statistics

METHODS = ("auto", "shades", "grey", "locus")
Gains = tuple[float, float, float]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BalanceController:
    """Settings of automatic white balance.

    method       shades of grey: the mean of sixth powers, so bright zones count more; grey: the plain mean;
                 locus: the light, of those of the calibration, in which most zones are near grey; auto: locus
                 with a calibration of two lights or more, else shades
    region       (left, top, right, bottom) in fractions: of a grey card, or the whole frame
    speed        how far one frame moves the gains, 0..1; 1 at once
    tolerance    gains that would change less are left alone
    calibration  for locus: gains over colour temperature
    """

    method: str = "auto"
    region: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    speed: float = 0.3
    tolerance: float = 0.005
    calibration: Calibration = field(default=UNCALIBRATED, repr=False)
    dark: float = 0.01

    def __post_init__(self) -> None:
        check("speed", self.speed, 0.01, 1)
        if self.method not in METHODS:
            raise IspProblem(f"white balance method {self.method!r} is none of {', '.join(METHODS)}")
        if self.method == "locus" and len(self.calibration.points) < 2:
            raise IspProblem(
                f"white balance method locus with {len(self.calibration.points)} calibrated lights;"
                " it needs 2 or more"
            )

    def estimate(self, statistics: Statistics) -> Gains | None:
        """Return the gains that a frame by itself asks for, the smallest is 1; None where it says nothing."""
        if not statistics.letters:
            raise IspProblem("white balance needs a colour frame; this one is mono")
        zones = statistics.colours().reshape(3, -1)
        weight = (statistics.unclipped * zone_weights(statistics.unclipped.shape, self.region)).ravel()
        with np.errstate(invalid="ignore"):
            usable = (weight > 0) & (zones.min(axis=0) > 0) & (zones.max(axis=0) > self.dark)
        if not usable.any():
            return None
        light, weight = zones[:, usable], weight[usable]
        if self.method == "locus" or (self.method == "auto" and len(self.calibration.points) > 1):
            return self._on_locus(light, weight)
        power = 1 if self.method == "grey" else 6
        return normalised(1 / np.average(light**power, axis=1, weights=weight) ** (1 / power))

    def step(self, statistics: Statistics, now: Gains) -> Gains:
        """Return the gains from now on."""
        estimate = self.estimate(statistics)
        if estimate is None:
            return now
        old, new = np.log(np.array(normalised(np.array(now)))), np.log(np.array(estimate))
        if np.max(np.abs(new - old)) <= self.tolerance:
            return now
        return normalised(np.exp(old + self.speed * (new - old)))

    def _on_locus(self, light: Floats, weight: Floats) -> Gains:
        """Return the mean of the calibrated lights' gains, each weighted by how many zones it makes grey."""
        points = self.calibration.points
        low, high = min(p.kelvin for p in points), max(p.kelvin for p in points)
        mired = np.linspace(1e6 / high, 1e6 / low, 41)
        gains = np.log([self.calibration.at(1e6 / each).gains for each in mired])
        zones = np.log(light) - np.log(light[1])
        # (lights, zones): how far a zone is from grey in that light
        away = sum((zones[i] + (gains[:, i] - gains[:, 1])[:, None]) ** 2 for i in (0, 2))
        bright = weight * light.max(axis=0) ** 0.5
        votes = (np.exp(-away / (2 * 0.12**2)) + 1e-3) @ (bright / bright.sum())
        share = votes**6 / np.sum(votes**6)
        return normalised(np.exp(share @ gains))


def normalised(gains: Floats) -> Gains:
    """Return gains with the smallest at 1."""
    red, green, blue = (float(gain) for gain in gains / gains.min())
    return red, green, blue


def angle_deg(first: Gains, second: Gains) -> float:
    """Return the angle between the whites that two sets of gains stand for: white balance's usual error."""
    a, b = 1 / np.array(first), 1 / np.array(second)
    return float(np.degrees(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1))))
