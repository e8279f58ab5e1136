"""Addressed randomness: its hashes against published numbers, its normal numbers against statistics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camtwin.sensor import noise

# The first outputs of SplitMix64 from seed 0, as Vigna's reference prints them.
SPLITMIX64 = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
ALL_BITS = np.random.default_rng(5).integers(0, 1 << 32, 1 << 18, np.uint32)


def test_mix64_is_splitmix64():
    assert [noise.mix64(n * noise.GOLDEN_64 % 2**64) for n in (1, 2, 3)] == SPLITMIX64


def test_row_keys_are_splitmix64_in_two_halves():
    first, second = noise.row_keys(0, np.arange(1, 4))
    assert [int(b) << 32 | int(a) for a, b in zip(first, second, strict=True)] == SPLITMIX64


def test_every_part_of_the_address_changes_the_key():
    words = [0, 1, 2, 1 << 31, 1 << 32, (1 << 64) - 1]
    keys = {noise.stream_key(seed, stage, frame) for seed in words for stage in (1, 2, 3) for frame in words}
    assert len(keys) == 6 * 3 * 6


def test_hash32_spreads_every_input_bit():
    words = ALL_BITS[: 1 << 14]
    for bit in range(32):
        changed = noise.hash32(words) ^ noise.hash32(words ^ np.uint32(1 << bit))
        share = np.array([(changed >> np.uint32(k) & 1).mean() for k in range(32)])
        # lowbias32's own bias is 0.2 %; six standard errors for the 1024 comparisons.
        assert np.abs(share - 0.5).max() < 0.002 + 6 * 0.5 / np.sqrt(words.size)


def test_hash32_is_a_bijection_on_a_run_of_numbers():
    assert np.unique(noise.hash32(np.arange(1 << 20, dtype=np.uint32))).size == 1 << 20


def test_radius_is_the_logarithm():
    u = (np.float64(ALL_BITS >> 1) + 0.5) * 2.0**-31
    expected = np.sqrt(-2 * np.log(u))
    near_one = u > 0.99  # there a float32 has few steps left below 1
    error = np.abs(noise.radius(ALL_BITS) - expected)
    assert (error / expected)[~near_one].max() < 2e-6
    assert error[near_one].max() < 1e-3


def test_radius_at_its_ends():
    lowest, highest = noise.radius(np.array([0, 0xFFFFFFFF], np.uint32))
    assert lowest == pytest.approx(np.sqrt(-2 * np.log(2.0**-32)), rel=1e-6)
    assert highest == 0


def test_sine_and_cosine_lie_on_the_circle_and_reach_every_eighth_of_it():
    sine, cosine = (a.astype(float) for a in noise.sine_and_cosine(ALL_BITS))
    assert np.abs(np.hypot(sine, cosine) - 1).max() < 2e-7
    eighths = np.histogram(np.arctan2(sine, cosine), 8, (-np.pi, np.pi))[0]
    assert np.abs(eighths - ALL_BITS.size / 8).max() < 5 * np.sqrt(ALL_BITS.size / 8)


def test_sine_and_cosine_of_known_angles():
    # The upper two bits turn by quarters: (sine, cosine), (cosine, -sine), (-sine, -cosine), (-cosine, sine).
    step = 1 << 28  # a quarter of the 30 bits, pi/8
    s, c = np.sin(np.pi / 8), np.cos(np.pi / 8)
    bits = np.array([step, step | 1 << 30, step | 1 << 31, step | 3 << 30], np.uint32)
    sine, cosine = noise.sine_and_cosine(bits)
    assert sine == pytest.approx([s, c, -s, -c], rel=1e-6)
    assert cosine == pytest.approx([c, -s, -c, s], rel=1e-6)


def test_normals_are_normal():
    z = np.concatenate([noise.normals(noise.stream_key(k, 1, 0), 0, 0, 512, 256) for k in range(8)])
    z = z.astype(float).ravel()
    n = z.size
    # Standard errors of the first moments of n standard normal numbers.
    assert abs(z.mean()) < 5 * np.sqrt(1 / n)
    assert abs((z**2).mean() - 1) < 5 * np.sqrt(2 / n)
    assert abs((z**3).mean()) < 5 * np.sqrt(15 / n)
    assert abs((z**4).mean() - 3) < 5 * np.sqrt(96 / n)
    for limit, share in ((1, 0.3173105), (2, 0.0455003), (3, 0.0026998), (4, 6.334e-5)):
        assert abs((np.abs(z) > limit).mean() - share) < 5 * np.sqrt(share / n)


@given(
    sensor_width=st.integers(1, 40),
    data=st.data(),
    seed=st.integers(0, 2**64 - 1),
    frame=st.integers(0, 2**64 - 1),
)
def test_a_region_is_a_part_of_the_whole(sensor_width, data, seed, frame):
    height = 6
    x = data.draw(st.integers(0, sensor_width - 1))
    width = data.draw(st.integers(1, sensor_width - x))
    y = data.draw(st.integers(0, height - 1))
    key = noise.stream_key(seed, noise.TEMPORAL, frame)
    whole = noise.normals(key, 0, 0, sensor_width, height)
    part = noise.normals(key, x, y, width, height - y)
    assert part.dtype == np.float32
    assert np.array_equal(part, whole[y:, x : x + width])
    assert np.unique(whole).size == whole.size
