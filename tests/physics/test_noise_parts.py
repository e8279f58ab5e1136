"""Noise that pixels share, and noise that gain makes small: each part measured alone, against its number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from camtwin.sensor import expose, fixed_pattern
from physics.small_sensor import UNIFORM, frames, light, readout

LATE = replace(UNIFORM, read_noise_e=3.0, late_read_noise_e=2.6, pedestal_DN=256.0)
SIGMAS = 4.0


def dark_noise_e(parameters, gain_dB, count=40):
    """Temporal dark noise in electrons, quantization taken off, and its standard error."""
    dn = frames(parameters, 0.0, count, gain_dB=gain_dB)
    gain = parameters.gain_DN_per_e * 10 ** (gain_dB / 20)
    sigma_e = np.sqrt((dn.var(axis=0, ddof=1).mean() - 1 / 12) / gain**2)
    return sigma_e, sigma_e / np.sqrt(2 * (count - 1) * dn[0].size)


@pytest.mark.parametrize("gain_dB", [0.0, 6.0, 12.0, 24.0])
def test_gain_leaves_less_of_what_comes_in_behind_the_amplifier(gain_dB):
    late_e = 2.6 / 10 ** (gain_dB / 20)
    expected_e = np.sqrt(3.0**2 - 2.6**2 + late_e**2)
    sigma_e, error_e = dark_noise_e(LATE, gain_dB)
    assert sigma_e == pytest.approx(expected_e, abs=SIGMAS * error_e)


def test_digital_gain_makes_neither_less_noise_nor_new_codes():
    """Three times after the conversion: every third code, counted from black, and no other."""
    parameters = replace(LATE, analogue_dB=0.0)
    gain_dB = 20 * np.log10(3)
    dn = frames(parameters, 200.0, 4, gain_dB=gain_dB)
    assert set(np.unique((dn - 256) % 3)) == {0}
    assert len(np.unique(dn)) > 50
    without = frames(parameters, 200.0, 4)
    assert np.array_equal(dn, 256 + 3 * (without - 256))


def test_digital_gain_lets_codes_end_at_the_highest():
    parameters = replace(UNIFORM, analogue_dB=0.0)
    dn = frames(parameters, 9000.0, 1, gain_dB=12.0)
    assert dn.min() == dn.max() == 4095


def test_rows_share_their_noise_and_no_two_frames_have_the_same():
    parameters = replace(UNIFORM, read_noise_e=4.0, row_noise_e=3.0, pedestal_DN=256.0)
    count = 60
    dn = frames(parameters, 0.0, count) / parameters.gain_DN_per_e
    rows = dn.mean(axis=2)
    n = count * rows.shape[1]
    # the mean of a row still has some of its pixels' own noise
    own = (4.0**2 - 3.0**2 + 1 / 12 / parameters.gain_DN_per_e**2) / dn.shape[2]
    expected = 3.0**2 + own
    assert rows.var(ddof=1) == pytest.approx(expected, abs=SIGMAS * expected * np.sqrt(2 / (n - 1)))
    total = 4.0**2 + 1 / 12 / parameters.gain_DN_per_e**2
    assert dn.var() == pytest.approx(total, abs=SIGMAS * expected * np.sqrt(2 / n))
    for step in (1, 2):
        correlation = np.corrcoef(rows[:-step].ravel(), rows[step:].ravel())[0, 1]
        assert abs(correlation) < SIGMAS / np.sqrt(n)


def test_a_row_has_its_noise_whatever_the_region():
    parameters = replace(UNIFORM, read_noise_e=4.0, row_noise_e=3.0, pedestal_DN=256.0)
    pattern, whole = fixed_pattern(parameters, 1), readout(parameters)
    part = replace(whole, x=30, y=40, width=50, height=20)
    frame = expose(light(10, whole), pattern, parameters, whole)
    assert np.array_equal(expose(light(10, part), pattern, parameters, part), frame[40:60, 30:80])


@pytest.mark.parametrize(
    ("name", "whole", "axis"),
    [
        ("column_dsnu_e", "dsnu_e", 0),
        ("row_dsnu_e", "dsnu_e", 1),
        ("column_prnu", "prnu", 0),
        ("row_prnu", "prnu", 1),
    ],
)
def test_columns_and_rows_share_a_part_of_the_pattern(name, whole, axis):
    """Measured as EMVA 1288 R4 splits non-uniformity: variance of the means along an axis, less pixels'."""
    total, part = (0.05, 0.04) if whole == "prnu" else (5.0, 4.0)
    parameters = replace(UNIFORM, **{whole: total, name: part})
    pattern = fixed_pattern(parameters, 7)
    array = (pattern.gain if whole == "prnu" else pattern.offset_e).astype(np.float64)
    means = array.mean(axis=axis)
    expected = part**2 + (total**2 - part**2) / array.shape[axis]
    assert means.var(ddof=1) == pytest.approx(expected, abs=SIGMAS * expected * np.sqrt(2 / (means.size - 1)))
    across = array.mean(axis=1 - axis)
    assert across.var() < 2.5 * (total**2 - part**2) / array.shape[1 - axis]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"late_read_noise_e": 3.1}, "late_read_noise_e 3.1 is above the maximum 3"),
        (
            {"late_read_noise_e": 2.9, "row_noise_e": 1.0},
            "row_noise_e 1 is above the maximum 0.768114574787",
        ),
        (
            {"column_dsnu_e": 3.0, "row_dsnu_e": 4.0, "dsnu_e": 4.5},
            "column_dsnu_e and row_dsnu_e together 5 is above the maximum 4.5",
        ),
        ({"parasitic": 1.5}, "parasitic 1.5 is above the maximum 1"),
    ],
)
def test_parts_above_their_whole_are_refused(changes, message):
    with pytest.raises(ValueError) as refusal:
        replace(UNIFORM, read_noise_e=3.0, **changes)
    assert str(refusal.value) == message
