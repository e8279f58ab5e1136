"""Frames, seeds, pixels and fixed patterns know nothing of each other.

Each correlation of n pairs of independent numbers has a standard error of 1/sqrt(n); all are within five.
"""

from dataclasses import replace
from itertools import combinations

import numpy as np

from camtwin.sensor import expose, fixed_pattern
from physics.small_sensor import PARAMETERS, UNIFORM, frames, light, readout


def z_score(a, b):
    a, b = a.ravel() - a.mean(), b.ravel() - b.mean()
    return (a * b).mean() / np.sqrt((a * a).mean() * (b * b).mean()) * np.sqrt(a.size)


def test_frames_and_seeds_are_independent():
    # The same numbers in exchanged roles, neighbours, and what differs above 32 bits only.
    addresses = [
        *[(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 1), (0, 1 << 31), (0, (1 << 32) - 1), (0, 1 << 32)],
        *[(1 << 32, 0), (1 << 63, 0), ((1 << 64) - 1, 0), (0x9E3779B97F4A7C15, 0)],
    ]
    r = readout(UNIFORM)
    rate_e, pattern = light(500, r), fixed_pattern(UNIFORM, 0)
    noise = [
        expose(rate_e, pattern, UNIFORM, replace(r, seed=seed, frame=frame)).astype(float)
        for seed, frame in addresses
    ]
    for (i, a), (j, b) in combinations(enumerate(noise), 2):
        assert abs(z_score(a, b)) < 5, (addresses[i], addresses[j])
        assert abs(z_score((a - a.mean()) ** 2, (b - b.mean()) ** 2)) < 5, (addresses[i], addresses[j])


def test_a_frame_repeats():
    assert np.array_equal(frames(PARAMETERS, 500, 3, frame=7)[2], frames(PARAMETERS, 500, 1, frame=9)[0])


def test_neighbours_and_partners_are_independent():
    noise = frames(UNIFORM, 500, 30)
    noise -= noise.mean()
    half = UNIFORM.width // 2
    for a, b in (
        (noise[:, :, 1:], noise[:, :, :-1]),
        (noise[:, :, 2:], noise[:, :, :-2]),
        (noise[:, 1:], noise[:, :-1]),
        (noise[:, 1:, 1:], noise[:, :-1, :-1]),
        (noise[1:], noise[:-1]),
        (noise[:, :, half:], noise[:, :, :half]),  # the two pixels that share one Box-Muller transform
    ):
        assert abs(z_score(a, b)) < 5
        assert abs(z_score(a * a, b * b)) < 5


def test_no_row_or_column_stands_out():
    noise = frames(UNIFORM, 500, 60)
    for axis in (1, 2):
        means = noise.mean(axis=(0, axis))
        expected = noise.var() / (noise.size / means.size)
        assert abs(means.var() / expected - 1) < 5 * np.sqrt(2 / means.size)


def test_the_fixed_pattern_belongs_to_the_seed_and_stays():
    one, two = fixed_pattern(PARAMETERS, 1), fixed_pattern(PARAMETERS, 2)
    assert np.array_equal(one.gain, fixed_pattern(PARAMETERS, 1).gain)
    maps = [one.gain, two.gain, one.offset_e, two.offset_e]
    maps.append(frames(UNIFORM, 500, 1)[0])  # temporal noise of seed 1
    for a, b in combinations(maps, 2):
        assert abs(z_score(a, b)) < 5


def test_the_maps_have_their_mean_and_deviation():
    pattern = fixed_pattern(PARAMETERS, 5)
    pixels = pattern.gain.size
    for values, mean, sigma in (
        (pattern.gain, 1.0, PARAMETERS.prnu),
        (pattern.offset_e, 0.0, PARAMETERS.dsnu_e),
    ):
        values = values.astype(float)
        assert abs(values.mean() - mean) < 5 * sigma / np.sqrt(pixels)
        assert abs(values.var() / sigma**2 - 1) < 5 * np.sqrt(2 / pixels)
