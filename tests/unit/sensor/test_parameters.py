"""Impossible values of sensors and frames are refused, in one line with the thing, value and limit."""

import math
from dataclasses import replace

import pytest

from camtwin.sensor import expose_reference, fixed_pattern_reference
from physics.small_sensor import PARAMETERS, light, readout


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 0}, "width 0 is below the minimum 1"),
        ({"height": -3}, "height -3 is below the minimum 1"),
        ({"pixel_um": 0.0}, "pixel_um 0 is not above 0"),
        ({"adc_bits": 17}, "adc_bits 17 is above the maximum 16"),
        ({"adc_bits": 7}, "adc_bits 7 is below the minimum 8"),
        ({"gain_DN_per_e": -0.4}, "gain_DN_per_e -0.4 is not above 0"),
        ({"full_well_e": 0}, "full_well_e 0 is not above 0"),
        ({"pedestal_DN": 5000.0}, "pedestal_DN 5000 is above the maximum 4095"),
        ({"read_noise_e": -1.0}, "read_noise_e -1 is below the minimum 0"),
        ({"read_noise_e": math.nan}, "read_noise_e nan is not a finite number"),
        ({"dark_current_e_per_s": math.inf}, "dark_current_e_per_s inf is not a finite number"),
        ({"dark_reference_C": -300}, "dark_reference_C -300 is below the minimum -273.15"),
        ({"dark_doubling_K": 0.0}, "dark_doubling_K 0 is not above 0"),
        ({"dsnu_e": -0.1}, "dsnu_e -0.1 is below the minimum 0"),
        ({"prnu": 0.2}, "prnu 0.2 is above the maximum 0.1"),
        ({"qe": ()}, "qe has 0 points, at least 1 is needed"),
        ({"qe": ((500.0, 1.2),)}, "qe at 500 nm 1.2 is above the maximum 1"),
        ({"qe": ((500.0, 0.5), (500.0, 0.6))}, "qe wavelength_nm 500 is not above the 500 before it"),
    ],
)
def test_parameters_that_cannot_be(changes, message):
    with pytest.raises(ValueError) as refusal:
        replace(PARAMETERS, **changes)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": -1}, "x -1 is below the minimum 0"),
        ({"width": 0}, "width 0 is below the minimum 1"),
        ({"exposure_s": -1e-6}, "exposure_s -1e-06 is below the minimum 0"),
        ({"gain_dB": math.nan}, "gain_dB nan is not a finite number"),
        ({"black_level_DN": -1.0}, "black_level_DN -1 is below the minimum 0"),
        ({"bits": 0}, "bits 0 is below the minimum 1"),
        ({"bits": 17}, "bits 17 is above the maximum 16"),
        ({"temperature_C": -400.0}, "temperature_C -400 is below the minimum -273.15"),
        ({"seed": -1}, "seed -1 is below the minimum 0"),
        ({"seed": 1 << 64}, "seed 18446744073709551616 is above the maximum 18446744073709551615"),
        ({"height": 7.5}, "height 7.5 is not a whole number"),
        ({"exposure_s": "long"}, "exposure_s 'long' is not a number"),
        ({"frame": -1}, "frame -1 is below the minimum 0"),
    ],
)
def test_readouts_that_cannot_be(changes, message):
    with pytest.raises(ValueError) as refusal:
        readout(**changes)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("parameters", "changes", "message"),
    [
        ({}, {"x": 10, "width": 247}, "last column 256 is above the sensor's last 255"),
        ({}, {"y": 128, "height": 1}, "last row 128 is above the sensor's last 127"),
        ({"adc_bits": 10}, {}, "bits 12 is above the sensor's adc_bits 10"),
    ],
)
def test_frames_that_this_sensor_cannot_give(parameters, changes, message):
    sensor, r = replace(PARAMETERS, **parameters), readout(**changes)
    with pytest.raises(ValueError) as refusal:
        expose_reference(light(0, r), fixed_pattern_reference(sensor, 1), sensor, r)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("wavelength_nm", "expected"),
    [(400, 0.42), (450, 0.54), (536, 0.673), (543, 0.6665), (550, 0.66), (399.9, 0), (550.1, 0), (1200, 0)],
)
def test_quantum_efficiency_is_linear_between_its_points_and_0_outside(wavelength_nm, expected):
    assert PARAMETERS.quantum_efficiency(wavelength_nm) == pytest.approx(expected)


@pytest.mark.parametrize(("temperature_C", "expected"), [(20, 2), (26.5, 4), (33, 8), (13.5, 1)])
def test_dark_rate_doubles_every_6_5_kelvin(temperature_C, expected):
    assert PARAMETERS.dark_rate_e_per_s(temperature_C) == pytest.approx(expected)
