"""Data quality: what an EMVA 1288 laboratory finds under the conditions that the sheet names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log10, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from camtwin.emva1288 import Sensitivity, sensitivity
from camtwin.emva1288.stacks import Point, Step, points
from camtwin.verify.case import Case, check
from camtwin.verify.claims import load
from camtwin.verify.scenes import Lamp

CONDITION: Final = {name: load("baumer-vcxg-124m")[f"baumer.noise.condition.{name}"].number for name in (
    "temperature", "exposure", "gain",
)}  # fmt: skip
EXPOSURE_s: Final = CONDITION["exposure"] / 1000
SIDE: Final = 256
TOP_DN: Final = 4095
FULL_photons: Final = 9500 / 0.673
"""Where the steps of light end, and a little beyond; what the sheet has, but nothing depends on it."""
STEPS: Final = 54
FEW_PHOTONS: Final = 4000


@dataclass(frozen=True)
class Report:
    """What the laboratory found, and under which conditions it was found."""

    found: Sensitivity
    dark: Point
    light: tuple[Point, ...]
    temperature_C: float
    exposure_us: float
    gain_dB: float

    @property
    def snr_dB(self) -> float:
        """Signal over temporal noise of the last step below saturation."""
        last = [p for p in self.light if p.mu_p < self.found.mu_p_sat][-1]
        return 20 * log10((last.mu_y_DN - self.dark.mu_y_DN) / sqrt(last.var_y_DN2))

    @property
    def conditions(self) -> str:
        return f"at {self.temperature_C:.1f} degC, {self.exposure_us / 1000:g} ms, Gain {self.gain_dB:g} dB"


def laboratory(case: Case) -> Report:
    """Dark and light steps of a square in the middle, 12 bit."""
    lamp = Lamp()
    cam = case.open(render=True, scene=lamp, link_speed=None, Width=SIDE, Height=SIDE, PixelFormat="Mono12")
    case.write(cam, OffsetX=1920, OffsetY=1372, ExposureTime=EXPOSURE_s * 1e6)
    case.write(cam, Gain=20 * log10(CONDITION["gain"]))
    cam.world.hold_internal_C(CONDITION["temperature"])

    def shoot(photons: float, images: int) -> Iterator[NDArray[Any]]:
        lamp.photons_per_s = photons / EXPOSURE_s
        return (frame.picture for frame in cam.frames(images))

    (dark,) = points([Step(0.0, EXPOSURE_s, shoot(0.0, 16))], TOP_DN)
    steps = np.linspace(0.02, 1.08, STEPS) * FULL_photons
    light = points((Step(float(p), EXPOSURE_s, shoot(float(p), 2)) for p in steps), TOP_DN)
    found = sensitivity([dark], light)
    return Report(found, dark, tuple(light), cam.DeviceTemperature, cam.ExposureTime, cam.Gain)


ROWS: Final = {
    "baumer.noise.dark": lambda r: (r.found.sigma_d_e, 0.15 * 2.0),
    "baumer.noise.saturation": lambda r: (r.found.mu_e_sat, 0.05 * 9500),
    "baumer.noise.dynamic_range": lambda r: (r.found.DR_dB, 1.0),
    "baumer.noise.snr": lambda r: (r.snr_dB, 0.5),
    "baumer.noise.qe": lambda r: (100 * r.found.quantum_efficiency, 2.0),
    "baumer.noise.condition.temperature": lambda r: (r.temperature_C, 1.0),  # the sensor's own accuracy
    "baumer.noise.condition.gain": lambda r: (10 ** (r.gain_dB / 20), 0.01),
    "baumer.noise.condition.exposure": lambda r: (r.exposure_us / 1000, 0.001),
}


@check(*ROWS, heavy="noise")
def emva1288(case: Case) -> None:
    report = case.once("report", lambda: laboratory(case))
    measured, tolerance = ROWS[case.claim.id](report)
    case.near(case.claim.claim.partition(",")[0], measured, case.claim.number, tolerance, case.claim.unit)
    case.saw(report.conditions)


@check("baumer.noise.qe_wavelength", heavy="noise")
def efficiency_peaks(case: Case) -> None:
    """Electrons by photon transfer: pairs of pictures in the dark and in light give the gain, too."""
    peak_nm, images, efficiency = case.claim.number, 16, {}
    for nm in (peak_nm - 86, peak_nm, peak_nm + 114):
        cam = case.open(
            render=True, scene=(lamp := Lamp(wavelength_nm=nm)), link_speed=None, PixelFormat="Mono12"
        )
        case.write(cam, Width=512, Height=256, ExposureTime=EXPOSURE_s * 1e6)
        moments = []
        for photons in (0, FEW_PHOTONS):
            lamp.photons_per_s = photons / EXPOSURE_s
            pictures = (frame.picture for frame in cam.frames(images))
            moments += points([Step(photons, EXPOSURE_s, pictures)])
        dark, lit = moments
        signal_DN, noise_DN2 = lit.mu_y_DN - dark.mu_y_DN, lit.var_y_DN2 - dark.var_y_DN2
        efficiency[nm] = 100 * signal_DN**2 / noise_DN2 / FEW_PHOTONS
        case.saw(f"{efficiency[nm]:.1f} % at {nm:g} nm")
    low, peak, high = efficiency.values()
    case.near(f"at {peak_nm:g} nm", peak, 67.3, 1.5, "%")  # statistics: 0.1 %
    case.that("less at shorter and longer waves", low < peak - 2 and high < peak - 2)
