"""The twin on the EMVA 1288 bench: its data sheet's numbers come out of its images.

The laboratory sees images, the photons that were sent, and what a host reads from the camera. A lamp is set
from step to step while the exposure time stays at the sheet's 4 ms. Tolerances are those of the claims;
beside each stands what statistics takes of it, one standard error for 512 x 512 pixels.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import log10, sqrt
from typing import Any

import numpy as np
import pytest

import camtwin
from camtwin.emva1288 import (
    Nonuniformity,
    Sensitivity,
    dark_current,
    nonuniformity,
    saturation_by_clipping,
    saturation_by_variance,
    sensitivity,
)
from camtwin.emva1288.stacks import Average, Point, Step, average, points
from camtwin.models import load
from camtwin.scene import Flat
from camtwin.session.session import Session
from camtwin.twins import build
from camtwin.units import SEC

MODEL = "baumer-vcxg-124m"
DATA = load(MODEL).sensor.parameters
SIDE = 512
EXPOSURE_s = 0.004
TOP_DN = 4095
FULL_photons = 9500 / 0.673  # by the sheet; the steps only have to reach beyond it
STEPS = np.linspace(0.02, 1.08, 54) * FULL_photons
STACK = 32


class Lamp:
    """An integrating sphere that can be set while the camera looks at it."""

    wavelength_nm = 536.0  # where the sheet states the quantum efficiency
    moving = True  # that is: ask again for every frame

    def __init__(self) -> None:
        self.light = Flat(0.0, self.wavelength_nm)

    def photon_rate(self, view: Any, t_ns: int) -> Any:
        return self.light.photon_rate(view, t_ns)


class Bench:
    """The camera, Mono12, a square in the middle of its sensor, before the lamp."""

    def __init__(self, seed: int = 1288, **wrong: Any) -> None:
        """wrong: parameters of the sensor that are not those of its data file."""
        self.lamp = Lamp()
        sheet = load(MODEL)
        sensor = sheet.sensor.model_copy(update={"parameters": replace(DATA, **wrong)})
        sheet = sheet.model_copy(update={"sensor": sensor})
        self.cam = Session(build(sheet, self.lamp, seed=seed, link_bits_per_s=None))
        left, top = (DATA.width - SIDE) // 2, (DATA.height - SIDE) // 2
        for setting in (f"Width={SIDE}", f"Height={SIDE}", f"OffsetX={left}", f"OffsetY={top}"):
            self.cam.set(setting)
        self.cam.set("PixelFormat=Mono12")

    def shoot(self, mu_p: float, images: int = 2, exposure_s: float = EXPOSURE_s) -> Iterator[np.ndarray]:
        self.lamp.light = Flat(mu_p / exposure_s, Lamp.wavelength_nm)
        self.cam.ExposureTime = round(exposure_s * 1e6)
        for frame in self.cam.frames(images):
            assert frame.settings.ExposureTime_ns == round(exposure_s * SEC)
            yield frame.picture

    def points(self, *steps: tuple[float, float], images: int = 2) -> list[Point]:
        """Moments of steps of (mu_p, exposure_s)."""
        return points((Step(p, t, self.shoot(p, images, t)) for p, t in steps), TOP_DN)


@dataclass(frozen=True, eq=False)
class Report:
    """Results of the laboratory, evaluated by either rule of saturation."""

    dark: Point
    light: tuple[Point, ...]
    dark_stack: Average
    half_stack: Average

    @cached_property
    def by_variance(self) -> Sensitivity:
        return sensitivity([self.dark], self.light, saturation_by_variance)

    @cached_property
    def by_clipping(self) -> Sensitivity:
        return sensitivity([self.dark], self.light, saturation_by_clipping)

    @cached_property
    def spatial(self) -> Nonuniformity:
        return nonuniformity(self.dark_stack, self.half_stack, self.by_variance.K_DN_per_e)

    @property
    def snr_dB(self) -> float:
        """Signal over temporal noise of the last step below saturation, as it was seen."""
        last = [p for p in self.light if p.mu_p < self.by_variance.mu_p_sat][-1]
        return 20 * log10((last.mu_y_DN - self.dark.mu_y_DN) / sqrt(last.var_y_DN2))


@lru_cache
def report(**wrong: Any) -> Report:
    bench = Bench(**wrong)
    (dark,) = bench.points((0.0, EXPOSURE_s), images=16)
    light = bench.points(*((p, EXPOSURE_s) for p in STEPS))
    half = saturation_by_variance(light).value / 2
    return Report(dark, tuple(light), average(bench.shoot(0.0, STACK)), average(bench.shoot(half, STACK)))


@dataclass(frozen=True)
class Claim:
    """A claimed figure, its tolerance, and its place in the report."""

    value: float
    tolerance: float
    measured: Callable[[Report], float]

    def holds(self, r: Report) -> bool:
        return abs(self.measured(r) - self.value) <= self.tolerance


CLAIMS = {
    # Baumer VCXG-124M, Data Quality, at gain 1 and 4 ms. One standard error: 0.003 e-.
    "dark noise e-": Claim(2.0, 0.15, lambda r: r.by_variance.sigma_d_e),
    # 6 e- from the gain, and the peak is one of steps of 190 e-.
    "saturation e-": Claim(9500, 250, lambda r: r.by_variance.mu_e_sat),
    "saturation e-, by clipped pixels": Claim(9500, 250, lambda r: r.by_clipping.mu_e_sat),
    # 0.01 dB, and 0.17 dB for a step more or less.
    "dynamic range dB": Claim(71.0, 0.6, lambda r: r.by_variance.DR_dB),
    "dynamic range dB, by clipped pixels": Claim(71.0, 0.6, lambda r: r.by_clipping.DR_dB),
    "SNR dB": Claim(40.0, 0.5, lambda r: r.by_variance.SNR_max_dB),
    "SNR dB, as seen": Claim(40.0, 0.5, lambda r: r.snr_dB),
    # 0.04 %, that of the gain.
    "quantum efficiency": Claim(0.673, 0.01, lambda r: r.by_variance.quantum_efficiency),
    # Mean of |signal / line - 1| over the steps in 5 to 95 % of saturation. 6e-5 at the lowest.
    "linearity error": Claim(0.0, 0.001, lambda r: r.by_variance.linearity.error),
    # The data file's own assumptions. 0.2 % of each.
    "DSNU e-": Claim(DATA.dsnu_e, 0.05 * DATA.dsnu_e, lambda r: r.spatial.DSNU_e.total),
    "PRNU": Claim(DATA.prnu, 0.05 * DATA.prnu, lambda r: r.spatial.PRNU.total),
    "gain DN/e-": Claim(DATA.gain_DN_per_e, 0.005, lambda r: r.by_variance.K_DN_per_e),
    # A black of its own under the user's offset, without which dark noise cannot be measured. 0.001 DN.
    "pedestal DN": Claim(DATA.pedestal_DN, 0.1, lambda r: r.by_variance.mu_y_dark_DN),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_the_sheet_says(name):
    claim, found = CLAIMS[name], report()
    assert claim.holds(found), f"{name}: {claim.measured(found):.5g}, the sheet says {claim.value:.5g}"


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"read_noise_e": 2.2}, "dark noise e-"),
        ({"pedestal_DN": 0.0}, "dark noise e-"),
        ({"full_well_e": 9000.0}, "saturation e-"),
        ({"gain_DN_per_e": 0.43}, "saturation e-, by clipped pixels"),
        ({"read_noise_e": 2.4}, "dynamic range dB"),
        ({"full_well_e": 8700.0}, "SNR dB"),
        ({"full_well_e": 8700.0}, "SNR dB, as seen"),
        ({"qe": ((500.0, 0.66), (536.0, 0.69), (550.0, 0.66))}, "quantum efficiency"),
        ({"dsnu_e": 0.75}, "DSNU e-"),
        ({"prnu": 0.0065}, "PRNU"),
        ({"gain_DN_per_e": 0.405}, "gain DN/e-"),
        ({"pedestal_DN": 31.5}, "pedestal DN"),
    ],
)
def test_a_twin_that_is_wrong_does_not_pass(wrong, name):
    assert not CLAIMS[name].holds(report(**wrong))


def test_nothing_stands_out_in_rows_and_columns():
    """The model has no row or column noise: what is found there is below a twentieth of the pixels'."""
    found = report().spatial
    for parts in (found.DSNU_e, found.PRNU):
        assert parts.pixel == pytest.approx(parts.total, rel=0.01)
        for stripes in (parts.column, parts.row):
            assert not stripes > parts.pixel / 20  # nan: too little to be told


def test_linear_in_exposure_time_too():
    """The same light for 0.2 to 4.3 ms, each time with a dark of its own."""
    bench = Bench(seed=2)
    times = [t / 1000 for t in np.linspace(0.2, 4.3, 30).round(2)]
    rate = FULL_photons / EXPOSURE_s
    found = sensitivity(
        bench.points(*((0.0, t) for t in times)), bench.points(*((rate * t, t) for t in times))
    )
    assert found.linearity.error < 0.001
    assert found.quantum_efficiency == pytest.approx(0.673, abs=0.01)


def test_dark_current_at_the_cameras_temperature():
    """From mean and variance, after two hours, when the housing has its temperature and keeps it."""
    bench = Bench(seed=3)
    bench.cam.advance(2 * 3600 * SEC)
    before = bench.cam.DeviceTemperature
    dark = bench.points(*((0.0, t) for t in (0.1, 0.4, 0.7, 1.0, 1.3, 1.6, 1.9)), images=4)
    after = bench.cam.DeviceTemperature
    assert before > 40  # far from where the data file states it: the doubling counts
    assert abs(after - before) < 0.01
    found = dark_current(dark, DATA.gain_DN_per_e)
    expected = DATA.dark_rate_e_per_s(after)
    assert found.mean_e_per_s == pytest.approx(expected, rel=0.05)
    assert found.variance_e_per_s == pytest.approx(expected, rel=0.05)
    assert found.mean_e_per_s != pytest.approx(DATA.dark_rate_e_per_s(after + 1), rel=0.05)


@pytest.mark.parametrize("gain_dB", [0.0, 0.5, 6.0, 12.0, 20.5, 36.0, 48.0])
def test_gain_is_true_in_decibels(gain_dB):
    """Compare the increase per photon, at equal light times gain, with that at 0 dB.

    Between two lights and not above black: at 48 dB dark noise is 210 DN and black, at most 287 DN, is cut.
    """
    bench = Bench(seed=4)
    bench.cam.set("BlackLevel=255")
    response = {}
    for dB in (0.0, gain_dB):
        bench.cam.Gain = dB
        factor = 10 ** (dB / 20)
        low, high = bench.points(*((part * FULL_photons / factor, EXPOSURE_s) for part in (0.15, 0.5)))
        response[dB] = (high.mu_y_DN - low.mu_y_DN) / (high.mu_p - low.mu_p)
    # 0.07 % at 48 dB
    assert response[gain_dB] / response[0.0] == pytest.approx(10 ** (gain_dB / 20), rel=0.01)


def test_open_gives_the_camera_of_the_bench():
    """As its users open it: the same numbers with a scene of even light."""
    with camtwin.open(
        MODEL, scene=Flat(0.5 * FULL_photons / EXPOSURE_s, 536), link_speed=None, seed=5
    ) as cam:
        for setting in (f"Width={SIDE}", f"Height={SIDE}", "PixelFormat=Mono12", "ExposureTime=4000"):
            cam.set(setting)
        (point,) = points([Step(FULL_photons / 2, EXPOSURE_s, (f.picture for f in cam.frames(2)))])
    found = report().by_variance
    signal_DN = point.mu_y_DN - found.mu_y_dark_DN
    assert signal_DN == pytest.approx(found.responsivity_DN_per_photon * point.mu_p, rel=0.001)
    noise_DN2 = point.var_y_DN2 - report().dark.var_y_DN2
    assert noise_DN2 == pytest.approx(found.K_DN_per_e * signal_DN, rel=5 * sqrt(2) / SIDE)
