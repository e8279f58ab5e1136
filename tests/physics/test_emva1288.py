"""EMVA 1288 on a simulated camera: measured figures equal the parameters put in.

Tolerances are five standard errors. A variance from n normal numbers has a relative standard error of
sqrt(2/n), a mean sigma/sqrt(n).
"""

from dataclasses import replace
from math import erf, exp, pi, sqrt

import numpy as np
import pytest

from camtwin.sensor import expose, fixed_pattern
from physics.small_sensor import PARAMETERS, UNIFORM, frames, light, readout

K = UNIFORM.gain_DN_per_e
READ_NOISE_E = UNIFORM.read_noise_e
QUANTIZATION_DN2 = 1 / 12


@pytest.mark.parametrize("mean_e", [0, 1, 5, 30, 200, 1500, 4000, 8000])
def test_mean_and_variance_follow_the_linear_model(mean_e):
    dn = frames(UNIFORM, mean_e, 40)
    variance_DN2 = K**2 * (READ_NOISE_E**2 + mean_e) + QUANTIZATION_DN2
    mean_DN = K * mean_e + UNIFORM.pedestal_DN
    assert abs(dn.mean() - mean_DN) < 5 * np.sqrt(variance_DN2 / dn.size)
    assert abs(dn.var() / variance_DN2 - 1) < 5 * np.sqrt(2 / dn.size)


def test_slope_of_the_photon_transfer_is_k():
    means_e = np.linspace(0, 6500, 8)
    stacks = [frames(UNIFORM, mean_e, 20) for mean_e in means_e]
    mean_DN = np.array([dn.mean() for dn in stacks])
    variance_DN2 = np.array([dn.var() for dn in stacks])
    error_DN2 = variance_DN2 * np.sqrt(2 / stacks[0].size)
    (slope, dark_DN2), covariance = np.polyfit(
        mean_DN - mean_DN[0], variance_DN2, 1, w=1 / error_DN2, cov="unscaled"
    )
    assert abs(slope - K) < 5 * np.sqrt(covariance[0, 0])
    assert abs(np.sqrt(dark_DN2 - QUANTIZATION_DN2) / K - READ_NOISE_E) < 0.01


def test_linearity_error_from_5_to_95_percent():
    means_e = np.linspace(0.05, 0.95, 10) * 9500
    mean_DN = np.array([frames(UNIFORM, mean_e, 8).mean() for mean_e in means_e]) - UNIFORM.pedestal_DN
    error = mean_DN / (K * means_e) - 1
    assert np.abs(error).max() < 5 / np.sqrt(means_e[0] * 8 * 256 * 128)


@pytest.mark.parametrize("gain_dB", [-6.0, 6.0, 12.5, 20.0])
def test_gain_in_decibels_multiplies_signal_and_noise(gain_dB):
    mean_e = 300
    factor = 10 ** (gain_dB / 20)
    dn = frames(UNIFORM, mean_e, 20, gain_dB=gain_dB)
    variance_DN2 = (K * factor) ** 2 * (READ_NOISE_E**2 + mean_e) + QUANTIZATION_DN2
    assert abs(dn.mean() - UNIFORM.pedestal_DN - K * factor * mean_e) < 5 * np.sqrt(variance_DN2 / dn.size)
    assert abs(dn.var() / variance_DN2 - 1) < 5 * np.sqrt(2 / dn.size)


@pytest.mark.parametrize("gain_dB", [0.0, 24.0])
def test_pedestal_and_black_level_are_not_amplified(gain_dB):
    dn = frames(UNIFORM, 0, 10, gain_dB=gain_dB, black_level_DN=240.0)
    assert abs(dn.mean() - 260) < 5 * np.sqrt(dn.var() / dn.size)


def test_light_counts_by_the_exposure_time():
    short, long = (readout(UNIFORM, exposure_s=t, seed=4) for t in (0.01, 0.04))
    rate_e = light(500, short)
    pattern = fixed_pattern(UNIFORM, 4)
    means = [expose(rate_e, pattern, UNIFORM, r).mean() - UNIFORM.pedestal_DN for r in (short, long)]
    assert abs(means[0] - K * 500) < 5 * K * np.sqrt(500 / rate_e.size)
    assert abs(means[1] - K * 2000) < 5 * K * np.sqrt(2000 / rate_e.size)


def test_saturated_pixels_are_all_alike_and_free_of_noise():
    for mean_e in (2 * 9785, 1e7, 1e30):
        assert np.unique(frames(UNIFORM, mean_e, 4)).tolist() == [round(9785 * K + 20)]


def test_the_converter_clips_what_the_well_does_not():
    assert frames(UNIFORM, 9000, 2, gain_dB=6.0).min() == 4095
    assert frames(replace(UNIFORM, pedestal_DN=0.0), 0, 2).min() == 0


def clipped_variance_e2(mean_e, full_well_e):
    """Variance of a normal number of this mean, with shot and read noise, clipped from above."""
    sigma_e = sqrt(mean_e + READ_NOISE_E**2)
    a = (full_well_e - mean_e) / sigma_e
    below, density = 0.5 * (1 + erf(a / sqrt(2))), exp(-a * a / 2) / sqrt(2 * pi)
    first, second = a * (1 - below) - density, below - a * density + a * a * (1 - below)
    return sigma_e**2 * (second - first**2)


def test_variance_peaks_at_9500_electrons_where_the_well_is_9785():
    """So a data sheet's saturation capacity of 9500 e- is met with a full well of 9785 e-."""
    means_e = np.arange(9300.0, 9725.0, 25.0)
    expected_DN2 = np.array([K**2 * clipped_variance_e2(m, 9785) + QUANTIZATION_DN2 for m in means_e])
    measured_DN2 = np.array([frames(UNIFORM, m, 60).var() for m in means_e])
    assert means_e[expected_DN2.argmax()] == 9500
    assert abs(means_e[measured_DN2.argmax()] - 9500) <= 50
    # 1 % leaves room for the skewness, which the normal number here lacks; without a clip it would be 40 %.
    assert np.abs(measured_DN2 / expected_DN2 - 1).max() < 0.01


def test_prnu_and_dsnu_as_emva_measures_them():
    count = 100
    dark, half = frames(PARAMETERS, 0, count), frames(PARAMETERS, 4750, count)
    pixels = dark[0].size
    # The temporal noise left in the mean of the frames is taken off (EMVA 1288, spatial variances).
    dark_DN2 = dark.mean(0).var() - dark.var(0, ddof=1).mean() / count
    half_DN2 = half.mean(0).var() - half.var(0, ddof=1).mean() / count
    dsnu_e = np.sqrt(dark_DN2) / K
    prnu = np.sqrt(half_DN2 - dark_DN2) / (half.mean() - dark.mean())
    # The standard error grows by the share of the temporal noise in the mean: less than 1.2 times here.
    error = 1.2 * np.sqrt(1 / (2 * pixels))
    assert abs(dsnu_e / PARAMETERS.dsnu_e - 1) < 5 * error
    assert abs(prnu / PARAMETERS.prnu - 1) < 5 * error


def test_dsnu_is_multiplied_by_gain():
    parameters = replace(UNIFORM, dsnu_e=5.0)
    means = [
        frames(parameters, 0, 40, gain_dB=gain_dB, black_level_DN=200).mean(0) for gain_dB in (0.0, 12.0)
    ]
    ratio = np.sqrt(means[1].var() / means[0].var())
    assert abs(ratio / 10 ** (12 / 20) - 1) < 0.01


def test_dark_current_counts_by_the_time_and_doubles_with_temperature():
    parameters = replace(PARAMETERS, dsnu_e=0.0, prnu=0.0, dark_current_e_per_s=100.0)
    for temperature_C, exposure_s, expected_e in (
        (20.0, 1.0, 100.0),
        (20.0, 3.0, 300.0),
        (26.5, 1.0, 200.0),
        (33.0, 1.0, 400.0),
        (13.5, 1.0, 50.0),
    ):
        dn = frames(parameters, 0, 20, temperature_C=temperature_C, exposure_s=exposure_s)
        variance_DN2 = K**2 * (READ_NOISE_E**2 + expected_e) + QUANTIZATION_DN2
        dark_DN = dn.mean() - parameters.pedestal_DN
        assert abs(dark_DN - K * expected_e) < 5 * np.sqrt(variance_DN2 / dn.size)
        assert abs(dn.var() / variance_DN2 - 1) < 5 * np.sqrt(2 / dn.size)  # it brings its shot noise


def test_dark_current_knows_no_prnu():
    parameters = replace(UNIFORM, prnu=0.1, dark_current_e_per_s=5000.0)
    dark = frames(parameters, 0, 40, exposure_s=1.0).mean(0)
    temporal_DN2 = K**2 * (READ_NOISE_E**2 + 5000) / 40
    assert abs(dark.var() / temporal_DN2 - 1) < 0.05  # a response of 10 % would make it 30 times as much


def test_quantum_efficiency_at_536_nm():
    assert PARAMETERS.quantum_efficiency(536.0) == pytest.approx(0.673)


def test_output_bits_are_the_upper_bits():
    r = readout(black_level_DN=100.0)
    rate_e = np.random.default_rng(2).uniform(0, 1.1e6, (r.height, r.width)).astype(np.float32)
    pattern = fixed_pattern(PARAMETERS, 1)
    dn12, dn10, dn8 = (
        expose(rate_e, pattern, PARAMETERS, replace(r, bits=bits)).astype(int) for bits in (12, 10, 8)
    )
    assert dn12.max() > 4000
    assert np.array_equal(dn10, dn12 // 4)
    assert np.array_equal(dn8, dn12 // 16)
