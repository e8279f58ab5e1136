"""Data quality: what an EMVA 1288 laboratory finds under the conditions that a row names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import log10, sqrt
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from camtwin.emva1288 import sensitivity
from camtwin.emva1288.stacks import Point, Step, points
from camtwin.session.session import Session
from camtwin.verify.case import Case
from camtwin.verify.measures import Value, measurement
from camtwin.verify.scenes import Lamp

STEPS: Final = 54
FEW_PHOTONS: Final = 4000
MORE_K: Final = 10.0
LONG_s: Final = 30.0
"""Exposure after which the noise of dark current is above that of reading."""


@dataclass(frozen=True)
class Conditions:
    """Conditions of the figures of a data sheet; the light ends at full_photons per pixel."""

    degC: float
    ms: float
    gain: float
    full_photons: float
    features: Mapping[str, Value]

    def bench(self, case: Case, lamp: Lamp) -> Session:
        """Open a camera under these conditions, in front of a lamp."""
        cam = case.open(self.features, scene=lamp, link_speed=None)
        case.write(cam, ExposureTime=self.ms * 1000, Gain=20 * log10(self.gain))
        cam.world.hold_internal_C(self.degC)
        return cam


def laboratory(case: Case, at: Conditions) -> dict[str, float]:
    """Take dark and light steps of a square: its figures, and the conditions that the camera had."""
    cam = at.bench(case, lamp := Lamp())
    seconds, top_DN = at.ms / 1000, 4095

    def shoot(photons: float, images: int) -> Iterator[NDArray[Any]]:
        lamp.photons_per_s = photons / seconds
        return (frame.picture for frame in cam.frames(images))

    (dark,) = points([Step(0.0, seconds, shoot(0.0, 16))], top_DN)
    steps = np.linspace(0.02, 1.08, STEPS) * at.full_photons
    light = list(points((Step(float(p), seconds, shoot(float(p), 2)) for p in steps), top_DN))
    found = sensitivity([dark], light)
    last = [p for p in light if p.mu_p < found.mu_p_sat][-1]
    return {
        "dark": found.sigma_d_e,
        "saturation": found.mu_e_sat,
        "dynamic_range": found.DR_dB,
        "snr": 20 * log10((last.mu_y_DN - dark.mu_y_DN) / sqrt(last.var_y_DN2)),  # below saturation
        "efficiency": 100 * found.quantum_efficiency,
        "temperature": cam.DeviceTemperature,
        "exposure": cam.ExposureTime / 1000,
        "gain": 10 ** (cam.Gain / 20),
    }


@measurement("emva1288", heavy="noise")
def emva1288(
    case: Case,
    figure: Literal[
        "dark", "saturation", "dynamic_range", "snr", "efficiency", "temperature", "exposure", "gain"
    ],
    tolerance: float,
    *,
    degC: float,
    ms: float,
    gain: float,
    full_photons: float,
    **features: Value,
) -> None:
    """Compare a figure of the laboratory, under these conditions, with the claim's within a tolerance.

    Where it is a condition, noise is another as physics has it when only this condition is.
    """
    at = Conditions(degC, ms, gain, full_photons, features)
    found = case.once(("laboratory", degC, ms, gain), lambda: laboratory(case, at))
    what = case.claim.claim.partition(",")[0]
    case.near(what, found[figure], case.claim.number, tolerance, case.claim.unit)
    case.saw(f"at {found['temperature']:.1f} degC, {found['exposure']:g} ms, gain {found['gain']:.3g}")
    if figure in CHANGES:
        depends(case, figure, at)


def variance_DN2(cam: Session) -> float:
    """Measure the temporal noise of two pictures."""
    (point,) = points([Step(0.0, 1.0, (frame.picture for frame in cam.frames(2)))])
    return point.var_y_DN2


def depends(case: Case, condition: str, at: Conditions) -> None:
    """Change one condition alone: the variance changes as physics has it.

    Twice the gain makes shot noise twice as many codes, twice the exposure twice as much light; in the dark
    the noise of dark current grows with warmth.
    """
    dark = condition == "temperature"
    cam = at.bench(case, Lamp(0.0 if dark else FEW_PHOTONS / at.ms * 1000))
    if dark:
        case.write(cam, ExposureTime=LONG_s * 1e6)
    before = variance_DN2(cam)
    if condition == "gain":
        case.write(cam, Gain=cam.Gain + 6.0)
    elif condition == "exposure":
        case.write(cam, ExposureTime=2 * at.ms * 1000)
    else:
        cam.world.hold_internal_C(at.degC + MORE_K)
    what, low, high = CHANGES[condition]
    case.within(f"variance {what}, over that before", variance_DN2(cam) / before, low, high)


CHANGES: Final[Mapping[str, tuple[str, float, float]]] = {
    "gain": ("at 6 dB more", 0.97 * 10**0.6, 1.03 * 10**0.6),
    "exposure": ("of twice the exposure", 1.94, 2.06),
    "temperature": (f"in the dark {MORE_K:g} K warmer", 1.5, 4),
}


@measurement("efficiency_peaks", heavy="noise")
def efficiency_peaks(
    case: Case, percent: float, tolerance: float, ms: float, *aside_nm: float, **features: Value
) -> None:
    """Measure the quantum efficiency at the claim's wavelength, so many percent, and less so far aside.

    Electrons by photon transfer: pairs of pictures in the dark and in light give the gain, too.
    """
    seconds, efficiency = ms / 1000, list[float]()
    for nm in (case.claim.number, *(case.claim.number + aside for aside in aside_nm)):
        cam = case.open(features, scene=(lamp := Lamp(wavelength_nm=nm)), link_speed=None)
        case.write(cam, ExposureTime=ms * 1000)
        moments = list[Point]()
        for photons in (0, FEW_PHOTONS):
            lamp.photons_per_s = photons / seconds
            moments += points([Step(photons, seconds, (frame.picture for frame in cam.frames(16)))])
        dark, lit = moments
        signal_DN, noise_DN2 = lit.mu_y_DN - dark.mu_y_DN, lit.var_y_DN2 - dark.var_y_DN2
        efficiency.append(100 * signal_DN**2 / noise_DN2 / FEW_PHOTONS)
        case.saw(f"{efficiency[-1]:.1f} % at {nm:g} nm")
    peak, *others = efficiency
    case.near(f"at {case.claim.number:g} nm", peak, percent, tolerance, "%")  # statistics: 0.1 %
    case.that("less at shorter and longer waves", all(other < peak - 2 for other in others))
