"""Automatic exposure and gain: from a frame's statistics to the settings of a later one. Pure functions.

A frame is metered when it has arrived; by then others are on their way that were taken with older settings.
So the controller never corrects its last command, but looks at what the frame was *really* taken with: its
brightness over exposure times gain is the light, and the light alone decides. Then the camera's delay, of
whatever length, makes no swing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log10

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.mosaic import IspProblem
from camtwin.isp.stage import check
from camtwin.isp.statistics import Statistics

METERING = ("mean", "centre", "percentile")
PRIORITIES = ("exposure", "gain")
SATURATED, BEYOND = 0.9, 1.5
"""A brightness above SATURATED only says that there is more light; BEYOND is what is assumed."""
DARKEST = 1 / 4096


@dataclass(frozen=True)
class Exposure:
    """Exposure time and gain of a frame."""

    exposure_us: float
    gain_dB: float = 0.0

    @property
    def product(self) -> float:
        """Exposure time times gain, us."""
        return self.exposure_us * 10 ** (self.gain_dB / 20)


@dataclass(frozen=True)
class Limits:
    """Limits and increments of the camera's exposure time and gain."""

    min_us: float
    max_us: float
    min_dB: float = 0.0
    max_dB: float = 0.0
    step_us: float = 0.0
    step_dB: float = 0.0

    def __post_init__(self) -> None:
        check("lowest exposure", self.min_us, 1e-3, self.max_us, " us")
        check("lowest gain", self.min_dB, -100, self.max_dB, " dB")


@dataclass(frozen=True)
class ExposureController:
    """Settings of automatic exposure and gain.

    limits      of the camera; max_us also holds the frame rate
    target      brightness of green, or mono, that is aimed at; 1 is white
    metering    mean of all zones; centre, which counts zones the more the nearer they lie; percentile, of
                which `share` of the pixels is darker than the target
    share       for percentile
    region      (left, top, right, bottom) of the frame in fractions; zones outside count nothing
    flicker_Hz  of the light, 100 or 120 (twice the mains'); exposure times are whole periods as soon as
                they are that long. 0 for none
    priority    exposure or gain: which one rises first, and falls last
    tolerance   within which the settings are left alone
    max_step    brighter or darker in one step
    """

    limits: Limits
    target: float = 0.18
    metering: str = "mean"
    share: float = 0.98
    region: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    flicker_Hz: float = 0.0
    priority: str = "exposure"
    tolerance: float = 0.04
    max_step: float = 16.0

    def __post_init__(self) -> None:
        check("target", self.target, 0.001, 0.95)
        check("share", self.share, 0.01, 1)
        check("flicker_Hz", self.flicker_Hz, 0, 1000)
        if self.metering not in METERING:
            raise IspProblem(f"metering {self.metering!r} is none of {', '.join(METERING)}")
        if self.priority not in PRIORITIES:
            raise IspProblem(f"priority {self.priority!r} is none of {', '.join(PRIORITIES)}")
        left, top, right, bottom = self.region
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise IspProblem(f"region {self.region} is not (left, top, right, bottom) within 0..1")

    def brightness(self, statistics: Statistics) -> float:
        """Return the metered brightness of a frame; 1 is white."""
        if self.metering == "percentile":
            return statistics.percentile(self.share)
        zones = statistics.brightness()
        weight = zone_weights(zones.shape, self.region) * statistics.cells
        if self.metering == "centre":
            weight = weight * _near_centre(zones.shape)
        return float(np.sum(zones * weight) / np.sum(weight))

    def step(self, statistics: Statistics, used: Exposure, now: Exposure) -> Exposure:
        """Return the next settings; used: the metered frame's, now: the last ones requested."""
        seen = self.brightness(statistics)
        light = BEYOND if seen > SATURATED else max(seen, DARKEST)
        ratio = min(max(self.target / light, 1 / self.max_step), self.max_step)
        wanted = used.product * ratio
        if abs(wanted / now.product - 1) <= self.tolerance:
            return now
        return self.split(wanted)

    def settled(self, statistics: Statistics) -> bool:
        """Return whether a frame is as bright as it should be, within the tolerance."""
        return abs(self.brightness(statistics) / self.target - 1) <= self.tolerance

    def split(self, product_us: float) -> Exposure:
        """Return exposure time and gain of a product, within limits, steps and periods of flicker."""
        limits = self.limits
        if self.priority == "exposure":
            wanted_us = product_us / 10 ** (limits.min_dB / 20)
        else:
            wanted_us = product_us / 10 ** (limits.max_dB / 20)
        exposure_us = self._exposure(min(max(wanted_us, limits.min_us), limits.max_us))
        gain_dB = 20 * log10(max(product_us, 1e-9) / exposure_us)
        if gain_dB < limits.min_dB and self.flicker_Hz:  # whole periods are too long by then
            exposure_us = self._exposure(
                min(max(product_us / 10 ** (limits.min_dB / 20), limits.min_us), limits.max_us)
            )
            gain_dB = 20 * log10(max(product_us, 1e-9) / exposure_us)
        gain_dB = min(max(gain_dB, limits.min_dB), limits.max_dB)
        return Exposure(exposure_us, _stepped(gain_dB, limits.step_dB, limits.min_dB))

    def _exposure(self, wanted_us: float) -> float:
        """Return an exposure time that the camera has, not longer than wanted."""
        if self.flicker_Hz:
            period_us = 1e6 / self.flicker_Hz
            periods = int(wanted_us / period_us * (1 + 1e-9))
            if periods:
                return periods * period_us
        limits = self.limits
        return _stepped(wanted_us, limits.step_us, limits.min_us)


def _stepped(value: float, step: float, least: float) -> float:
    return least + int((value - least) / step * (1 + 1e-9)) * step if step else value


def zone_weights(shape: tuple[int, int], region: tuple[float, float, float, float]) -> NDArray[np.float64]:
    """Return how much of each zone, (rows, columns), lies in a region of the frame, 0..1."""
    left, top, right, bottom = region

    def along(count: int, first: float, last: float) -> NDArray[np.float64]:
        edges = np.arange(count + 1) / count
        return np.clip(np.minimum(edges[1:], last) - np.maximum(edges[:-1], first), 0, None) * count

    return along(shape[0], top, bottom)[:, None] * along(shape[1], left, right)


def _near_centre(shape: tuple[int, int]) -> NDArray[np.float64]:
    y, x = (np.linspace(-1, 1, count) for count in shape)
    return np.exp(-2 * (y[:, None] ** 2 + x[None] ** 2))


def within(controller: ExposureController, max_us: float) -> ExposureController:
    """Return the controller with another longest exposure, as a change of the frame rate makes it."""
    return replace(controller, limits=replace(controller.limits, max_us=max_us))
