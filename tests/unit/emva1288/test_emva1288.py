"""The laboratory finds the parameters of a camera that it does not know.

Every tolerance is five standard errors, which synthetic.py derives from the number of pixels.
"""

import doctest
from dataclasses import replace
from functools import lru_cache
from math import inf, isnan, sqrt

import numpy as np
import pytest

from camtwin.emva1288 import (
    characterize,
    dark,
    dark_current,
    nonuniformity,
    saturation_by_clipping,
    saturation_by_variance,
    sensitivity,
    shots,
    spatial_variances_DN2,
    stacks,
    temporal,
)
from camtwin.emva1288 import errors as gum
from camtwin.emva1288.results import results
from camtwin.emva1288.shots import Moments, Subject
from camtwin.emva1288.stacks import Average, Point, Series, Step, average, points
from unit.emva1288.synthetic import (
    DARK_IMAGES,
    HEIGHT,
    PIXELS,
    WIDTH,
    Camera,
    EXPOSURE_s,
    Truth,
    clipped_share,
    expected,
    variance_DN2,
)

CAMERAS = {
    "like the IMX304": Truth(),
    "dim DN, much noise": Truth(K=0.1, sigma_d=20, eta=0.4, offset=60, dsnu=8, prnu=0.01),
    "few electrons, little noise": Truth(K=4, sigma_d=0.5, eta=0.8, offset=100, dsnu=0.3, prnu=0.003),
    "8 bits": Truth(K=0.02, sigma_d=60, eta=0.3, offset=10, bits=8, dsnu=30),
    "the well ends before the converter": Truth(K=1, sigma_d=5, offset=200, well=2500, prnu=0.008),
    "14 bits, no pattern": Truth(K=1.6, sigma_d=3, eta=0.5, offset=500, bits=14, dsnu=0, prnu=0),
}


def series(camera):
    return Series(
        [Step(0, EXPOSURE_s, camera.shoot(0, DARK_IMAGES))],
        (Step(mu_p, EXPOSURE_s, camera.shoot(mu_p)) for mu_p in camera.photons()),
        camera.truth.top_DN,
    )


@lru_cache
def measured(name):
    """Return the camera of this name and the moments of its series, dark and in light."""
    camera = Camera(CAMERAS[name], seed=list(CAMERAS).index(name))
    s = series(camera)
    return camera, points(s.dark, s.highest_DN), points(s.light, s.highest_DN)


def errors(camera, found):
    """Deviations from the truth in standard errors."""
    truth = expected(camera)
    pairs = {
        "K": (found.K_DN_per_e, truth.K),
        "eta": (found.quantum_efficiency, truth.eta),
        "sigma_d": (found.sigma_d_e, truth.sigma_d),
        "black": (found.mu_y_dark_DN, truth.black),
    }
    return {name: abs(value - true) / error for name, (value, (true, error)) in pairs.items()}


@pytest.mark.parametrize("name", CAMERAS)
def test_gain_efficiency_and_dark_noise_are_found(name):
    camera, dark, light = measured(name)
    found = sensitivity(dark, light)
    assert max(errors(camera, found).values()) < 5, errors(camera, found)
    assert not found.quantization_limited
    assert found.responsivity_DN_per_photon == pytest.approx(found.K_DN_per_e * found.quantum_efficiency)


@pytest.mark.parametrize("name", CAMERAS)
def test_saturation_is_the_peak_of_the_temporal_variance(name):
    camera, dark, light = measured(name)
    found = sensitivity(dark, light)
    mean_e = expected(camera).eta[0] * camera.photons()
    variances = np.array([variance_DN2(camera.truth, m) for m in mean_e])
    # Steps whose variance is not told from the highest by the noise of the two.
    peaks = mean_e[variances > variances.max() * (1 - 5 * sqrt(4 / PIXELS))]
    assert len(peaks) <= 6
    assert peaks.min() * 0.999 < found.mu_p_sat * expected(camera).eta[0] < peaks.max() * 1.001
    assert found.mu_e_sat == pytest.approx(found.mu_p_sat * found.quantum_efficiency)


@pytest.mark.parametrize("name", [name for name, truth in CAMERAS.items() if truth.well == inf])
def test_saturation_is_where_15_pixels_in_10000_show_the_highest_code(name):
    camera, dark, light = measured(name)
    found = sensitivity(dark, light, saturation_by_clipping)
    t, mean_e = camera.truth, found.mu_p_sat * expected(camera).eta[0]
    sigma_e = sqrt(mean_e + t.sigma_d**2 + t.dsnu**2 + (t.prnu * mean_e) ** 2)
    # The share at a step counts some 180 pixels, to 1/13: 0.02 sigma. The straight line through logarithms
    # of a normal tail is off by at most (step/sigma)^2 / 8 in ln, and ln changes by 3 in a sigma.
    step_e = (camera.photons()[1] - camera.photons()[0]) * t.eta
    tolerance_e = sigma_e * (5 * 0.02 + (step_e / sigma_e) ** 2 / 8 / 3)
    grid = np.linspace(0.8, 1.0, 4001) * t.clip_e
    true_e = grid[np.argmin([abs(clipped_share(t, m) - 0.0015) for m in grid])]
    assert abs(mean_e - true_e) < tolerance_e


def test_a_well_that_ends_first_has_no_clipped_pixels():
    _, dark, light = measured("the well ends before the converter")
    with pytest.raises(ValueError, match=r"the share of saturated pixels passes 0\.15% between no two steps"):
        sensitivity(dark, light, saturation_by_clipping)


@pytest.mark.parametrize("name", CAMERAS)
def test_a_linear_camera_is_linear(name):
    camera, dark, light = measured(name)
    found = sensitivity(dark, light).linearity
    t = camera.truth
    # At 5 % the relative error of a mean is largest: that of the light and that of black.
    min_e = 0.05 * 0.95 * t.clip_e
    variance_e2 = t.dark_DN2 / t.K**2 * (1 + 2 / DARK_IMAGES) + min_e
    error = sqrt(variance_e2 / (2 * PIXELS)) / min_e
    assert found.error < error
    assert abs(found.worst) < 5 * error


# -- what must not go unnoticed -----------------------------------------------------------------------
def sabotage(module, name, value):
    return pytest.param(module, name, value, id=name)


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        sabotage(temporal, "QUANTIZATION_DN2", lambda right: 0.0),
        sabotage(temporal, "QUANTIZATION_DN2", lambda right: 1 / 6),
        sabotage(temporal, "GAIN_RANGE", lambda right: (0.0, 1.3)),
        sabotage(temporal, "sqrt", lambda right: lambda x: x),
        sabotage(temporal, "above_dark", lambda right: lambda dark, light: right(BLACK, light)),
        sabotage(temporal, "slope_through_zero", lambda right: lambda x, y: right(y, x)),
        sabotage(stacks, "pair_variance_DN2", lambda right: lambda a, b: 2 * right(a, b)),
        sabotage(stacks, "pair_variance_DN2", lambda right: lambda a, b: float(b.var())),
        sabotage(stacks, "pair_variance_DN2", lambda right: lambda a, b: right(a, b) ** 0.5),
    ],
)
def test_wrong_formulas_are_noticed(monkeypatch, module, name, wrong):
    camera = Camera(CAMERAS["like the IMX304"], seed=0)
    assert max(errors(camera, characterize(series(camera))).values()) < 5
    monkeypatch.setattr(module, name, wrong(getattr(module, name)))
    assert max(errors(camera, characterize(series(camera))).values()) > 10


BLACK = [Point(0, EXPOSURE_s, 0.0, 0.0)]


@pytest.mark.parametrize(("module", "examples"), [(temporal, 3), (dark, 1), (gum, 2), (shots, 1)])
def test_the_examples_in_the_texts(module, examples):
    results = doctest.testmod(module)
    assert results.attempted >= examples
    assert results.failed == 0


# -- numbers by hand ----------------------------------------------------------------------------------
def ideal(K=0.4, sigma_d=2.0, eta=0.5, black=32.0, sat_e=9500.0, bend=0.0):
    """Return noise-free (dark, light) points of the linear model; past sat_e the variance falls off."""
    dark_DN2 = K**2 * sigma_d**2 + 1 / 12
    light = []
    for mean_e in np.linspace(0.01, 1.1, 110) * sat_e:
        noise_e2 = mean_e if mean_e <= sat_e * 1.001 else 0.0
        signal_DN = K * mean_e * (1 - bend * mean_e / sat_e)
        light.append(Point(mean_e / eta, 0.004, black + signal_DN, dark_DN2 + K**2 * noise_e2))
    return [Point(0, 0.004, black, dark_DN2)], light


def test_the_data_sheet_of_a_camera_of_2_and_9500_electrons():
    found = sensitivity(*ideal(K=0.41, sigma_d=2.0, eta=0.673, sat_e=9500))
    assert found.K_DN_per_e == pytest.approx(0.41)
    assert found.quantum_efficiency == pytest.approx(0.673)
    assert found.sigma_d_e == pytest.approx(2.0)
    assert found.mu_e_sat == pytest.approx(9500)
    assert found.mu_p_sat == pytest.approx(14115.9, abs=0.1)
    # sqrt(4 + 1/12/0.41^2 + 1/4) + 1/2
    assert found.mu_e_min == pytest.approx(2.67847, abs=1e-5)
    assert found.mu_p_min == pytest.approx(3.97989, abs=1e-5)
    assert found.DR_dB == pytest.approx(70.997, abs=1e-3)  # and not 20 log 9500/2 = 73.5
    assert found.DR_bit == pytest.approx(11.792, abs=1e-3)
    assert found.SNR_max == pytest.approx(97.468, abs=1e-3)
    assert found.SNR_max_dB == pytest.approx(39.777, abs=1e-3)
    assert found.linearity.error < 1e-12


def test_the_threshold_is_where_signal_equals_noise():
    K, sigma_d = 0.3, 1.5
    mean_e = temporal.threshold_e(sigma_d, K)
    assert mean_e / sqrt(mean_e + sigma_d**2 + 1 / 12 / K**2) == pytest.approx(1)


def test_where_rounding_rules_the_dark_noise_is_an_upper_bound():
    found = sensitivity(*ideal(K=0.1, sigma_d=2.0))  # 0.123 DN^2 in the dark
    assert found.quantization_limited
    assert found.sigma_d_e == pytest.approx(0.40 / 0.1, rel=0.02)  # the standard rounds 0.396 (54)
    assert found.mu_e_min == pytest.approx(sqrt(0.24 / 0.1**2 + 1 / 4) + 1 / 2)


def test_linearity_error_of_a_bent_response():
    dark, light = ideal(bend=0.02)
    found = sensitivity(dark, light)
    full = light[99]  # 100 % of saturation
    used = [
        p for p in light if 0.05 < (p.mu_y_DN - dark[0].mu_y_DN) / (full.mu_y_DN - dark[0].mu_y_DN) <= 0.95
    ]
    x = np.array([p.mu_p for p in used])
    y = np.array([p.mu_y_DN - dark[0].mu_y_DN for p in used])
    # Least squares of (y - a0 - a1 x)^2 / y^2, its normal equations solved by Cramer's rule.
    s, sx, sxx, sy, sxy = (
        (1 / y**2).sum(),
        (x / y**2).sum(),
        (x * x / y**2).sum(),
        (1 / y).sum(),
        (x / y).sum(),
    )
    a0 = (sy * sxx - sxy * sx) / (s * sxx - sx * sx)
    a1 = (s * sxy - sx * sy) / (s * sxx - sx * sx)
    relative = y / (a0 + a1 * x) - 1
    assert found.linearity.offset_DN == pytest.approx(a0)
    assert found.linearity.slope_DN_per_photon == pytest.approx(a1)
    assert found.linearity.error == pytest.approx(np.abs(relative).mean())
    assert abs(found.linearity.worst) == pytest.approx(np.abs(relative).max())
    assert 0.001 < found.linearity.error < 0.01


def test_each_exposure_time_has_its_own_dark():
    """Light by exposure time, with a dark current of 1000 DN/s that the dark steps take off."""
    dark, light = ideal()
    times = [p.mu_p / 1e6 for p in light]
    blacks = [replace(dark[0], exposure_s=t, mu_y_DN=32 + 1000 * t) for t in times]
    lit = [replace(p, exposure_s=t, mu_y_DN=p.mu_y_DN + 1000 * t) for p, t in zip(light, times, strict=True)]
    found = sensitivity(blacks, lit)
    assert found.responsivity_DN_per_photon == pytest.approx(0.4 * 0.5)
    assert found.mu_y_dark_DN == pytest.approx(32)  # without an exposure
    with pytest.raises(ValueError, match=r"no dark step has the exposure time 0\.0[0-9]* s"):
        sensitivity(blacks[:5], lit)
    with pytest.raises(
        ValueError, match=r"of a step in light, and [0-9]+ others have none; take dark images"
    ):
        sensitivity(blacks[:1], lit)


@pytest.mark.parametrize("times", [7, 58])
def test_the_dark_steps_of_light_by_exposure_time_tell_the_dark_current(times):
    """A hidden camera of 2000 e-/s, 2 e- and 60 %: sigma_d is that of an exposure of 0."""
    truth = Truth(eta=0.6, dark=2000.0, dsnu=0.0, prnu=0.0)
    camera = Camera(truth, seed=5)
    full_s = truth.clip_e / truth.eta / 1e6 * 1.1
    light = [
        Step(1e6 * t, t, camera.shoot(1e6 * t, 2, t)) for t in np.linspace(full_s / times, full_s, times)
    ]
    of = Moments(
        dark=[*points(Step(0, step.exposure_s, camera.shoot(0, 2, step.exposure_s)) for step in light)],
        light={None: [*points(light, truth.top_DN)]},
    )
    (channel,) = results(Subject("hidden", 12), {"": of}).channels
    assert [line.partition(":")[0] for line in channel.missing] == [
        "nonuniformity",
        "doubling temperature",
        "efficiency over wavelength",
    ]
    for name, hidden in (("eta", 0.6), ("K", 0.4), ("sigma_d", 2.0), ("mu_I", 2000.0), ("mu_y_dark", 40.0)):
        found = channel.figures[name]
        assert abs(found.value - hidden) < 5 * found.error, name
        assert found.error < 0.05 * hidden, name


def test_dark_steps_of_too_few_times_are_told():
    dark, light = ideal()
    two = [replace(dark[0], exposure_s=t) for t in (light[0].exposure_s, 1.0)]
    (channel,) = results(Subject("few", 12), {"": Moments(dark=two, light={None: light})}).channels
    assert "dark current: 2 exposure times are below the minimum 6" in channel.missing


def test_the_order_of_the_steps_does_not_matter():
    dark, light = ideal()
    assert sensitivity(dark, light[::-1]) == sensitivity(dark, light)


# -- dark current -------------------------------------------------------------------------------------
TIMES_s = np.linspace(0.1, 2.0, 8)


def test_dark_current_from_mean_and_from_variance():
    truth = Truth(dark=150.0)
    camera = Camera(truth, seed=9)
    steps = (Step(0, t, camera.shoot(0, 4, t)) for t in TIMES_s)
    found = dark_current(points(steps), truth.K)
    variance_DN2 = truth.dark_DN2 + truth.K**2 * truth.dark * TIMES_s
    t = TIMES_s - TIMES_s.mean()
    mean = sqrt(t**2 @ variance_DN2 / (4 * PIXELS)) / (t @ t) / truth.K
    variance = sqrt(t**2 @ variance_DN2**2 * 2 / (2 * PIXELS)) / (t @ t) / truth.K**2
    assert mean < variance < 1.0  # what the test can tell
    assert abs(found.mean_e_per_s - 150) < 5 * mean
    assert abs(found.variance_e_per_s - 150) < 5 * variance


def test_dark_current_wants_six_exposure_times():
    dark = [Point(0, t, 32 + t, 1 + t) for t in (1, 2, 3, 4, 5, 5)]
    with pytest.raises(ValueError, match="5 exposure times are below the minimum 6"):
        dark_current(dark, 0.4)


# -- space --------------------------------------------------------------------------------------------
COUNT = 40


def stack(camera, mu_p):
    return average(camera.shoot(mu_p, COUNT))


def test_nonuniformity_and_its_columns_rows_and_pixels():
    truth = Truth(dsnu=2.0, dsnu_column=1.0, dsnu_row=0.7, prnu=0.01, prnu_column=0.004)
    camera = Camera(truth, seed=3)
    half_e = truth.clip_e / 2
    found = nonuniformity(stack(camera, 0), stack(camera, half_e / truth.eta), truth.K)
    # A deviation of n numbers has the error 1/sqrt(2n); temporal noise and, in columns and rows, what the
    # pixels leave in their averages add to it in the share of the variances.
    pixel = 1 / sqrt(2 * PIXELS)
    left_e2 = truth.dark_DN2 / truth.K**2 / COUNT
    extra_e2 = truth.dsnu**2 + left_e2
    dsnu = found.DSNU_e
    assert abs(dsnu.pixel / 2.0 - 1) < 5 * pixel * (1 + left_e2 / truth.dsnu**2)
    assert abs(dsnu.column / 1.0 - 1) < 5 / sqrt(2 * WIDTH) * (1 + extra_e2 / HEIGHT)
    assert abs(dsnu.row / 0.7 - 1) < 5 / sqrt(2 * HEIGHT) * (1 + extra_e2 / WIDTH / 0.7**2)
    assert dsnu.total == pytest.approx(sqrt(dsnu.pixel**2 + dsnu.column**2 + dsnu.row**2))
    assert abs(dsnu.total / camera.offset_e.std() - 1) < 5 * pixel * (1 + left_e2 / truth.dsnu**2)
    prnu, signal_e2 = found.PRNU, half_e**2
    spread = (half_e / COUNT + 2 * truth.dsnu**2) / signal_e2
    assert abs(prnu.pixel / 0.01 - 1) < 5 * pixel * (1 + spread / 0.01**2)
    assert abs(prnu.column / 0.004 - 1) < 5 / sqrt(2 * WIDTH) * (
        1 + (spread + 0.01**2) / HEIGHT / 0.004**2 + 2 / signal_e2 / 0.004**2
    )
    assert isnan(prnu.row) or prnu.row < 0.0005
    assert abs(prnu.total / camera.response.std() - 1) < 5 * pixel * (1 + spread / 0.01**2)


def test_temporal_noise_left_in_the_average_is_taken_off():
    camera = Camera(Truth(dsnu=0.5, prnu=0), seed=4)
    dark = average(camera.shoot(0, 4))
    K, n = camera.truth.K, camera.truth.dark_DN2 / 4
    error_DN2 = (K**2 * 0.25 + n) * sqrt(2 / PIXELS) * 1.2
    assert abs(spatial_variances_DN2(dark).total - K**2 * 0.25) < 5 * error_DN2
    assert spatial_variances_DN2(replace(dark, var_y_DN2=0.0)).total > K**2 * 0.25 + 20 * error_DN2


def test_the_three_equations_of_the_split():
    """Patterns that are orthogonal by construction: checks of +-1 in columns, rows and pixels."""
    columns = np.tile([1.0, -1.0], 8)
    rows = np.repeat([1.0, -1.0], 8)[:, None]
    pixels = columns * rows
    found = spatial_variances_DN2(Average(10, 100 + 3 * columns + 2 * rows + 5 * pixels, 0.0))
    assert found.total == pytest.approx(9 + 4 + 25)
    # 38 = c + r + p, 9 = c + p/16, 4 = r + p/16
    assert found.pixel == pytest.approx(25 / (1 - 1 / 8))
    assert found.column == pytest.approx(9 - found.pixel / 16)
    assert found.row == pytest.approx(4 - found.pixel / 16)


def test_what_is_too_small_to_be_told_is_no_number():
    image = np.tile([[1.0, -1.0], [-1.0, 1.0]], (4, 4))
    found = nonuniformity(Average(4, image, 8.0), Average(4, image + 10, 8.0), 0.5)
    assert isnan(found.DSNU_e.total)  # 1 DN^2 seen, 2 DN^2 of them temporal
    assert found.PRNU.total == 0
    with pytest.raises(ValueError, match="the stack in light is 0 DN above the dark one"):
        nonuniformity(Average(4, image, 1.0), Average(4, image, 1.0), 0.5)


# -- what cannot be measured says so ------------------------------------------------------------------
def test_light_that_does_not_reach_saturation():
    dark, light = ideal()
    with pytest.raises(ValueError, match="light does not saturate the camera: 1 of 101 steps lie beyond"):
        sensitivity(dark, light[:101])
    with pytest.raises(ValueError, match="0 of 0 steps"):
        sensitivity(dark, [])
    with pytest.raises(ValueError, match="highest code is not known"):
        sensitivity(dark, light, saturation_by_clipping)


def test_too_few_steps_for_a_line():
    dark, light = ideal()
    with pytest.raises(ValueError, match="2 steps lie in 0% to 70% of saturation, below the minimum 3"):
        sensitivity(dark, light[10:50:20] + light[90:])


def test_a_camera_that_does_not_answer_to_light():
    dark = [Point(0, 0.004, 32, 1)]
    light = [Point(p, 0.004, 32 - p, 9 - abs(p - 5)) for p in range(1, 12)]
    with pytest.raises(ValueError, match="steps lie in 0% to 70% of saturation"):
        sensitivity(dark, light)


def test_clipping_is_interpolated_in_normal_quantiles():
    """Quantiles of 1e-4, 0.0015 and 1e-2, from a table of the normal distribution."""
    shares = [(10, 0.0), (20, 1e-4), (30, 1e-2), (40, 1.0)]
    found = saturation_by_clipping([Point(p, 0.004, 0, 0, share, 2, 100_000) for p, share in shares])
    assert found.value == pytest.approx(20 + 10 * (3.7190 - 2.9677) / (3.7190 - 2.3263), abs=0.001)
    # 20 of 200000 values: the share to 1 / sqrt(20), the quantile to that over 3.96 (density over share)
    low = (3.7190 - 2.9677) / (3.7190 - 2.3263)
    assert found.error == pytest.approx(10 / 1.3927 * (1 - low) / sqrt(20) / 3.957, rel=0.02)
    shares = [(10, 0.0), (20, 0.1)]
    found = saturation_by_clipping([Point(p, 0.004, 0, 0, share, 2, 100_000) for p, share in shares])
    assert 10 < found.value < 20
    assert found.error == pytest.approx(10 / sqrt(12), rel=0.01)  # anywhere between them


def test_the_peak_is_a_step():
    light = [Point(p, 0.004, 0, v) for p, v in [(10, 1), (20, 5), (30, 3), (40, 4), (50, 0)]]
    assert saturation_by_variance(light) == (20, pytest.approx(20 / sqrt(12)))
