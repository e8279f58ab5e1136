"""Moving scenes as rows see them: at their own moments, and blurred over them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camtwin.scene import (
    Flat,
    Flicker,
    Lit,
    Pan,
    Picture,
    Pulses,
    Spin,
    View,
    moments_needed,
    moments_ns,
    seen,
)
from camtwin.scene.level import STEADY
from camtwin.scene.seen import MAX_MOMENTS, TOGETHER, seen_in_bands
from camtwin.units import MS, SEC, US

W, H = 90, 70
WHOLE = View(0, 0, W, H, W, H, 3.45)
NOISE = Picture(np.random.default_rng(5).integers(0, 256, (H, W), np.uint8))
COLOURS = Picture(np.random.default_rng(6).integers(0, 256, (H, W, 3), np.uint8))


@settings(max_examples=200, deadline=None)  # the first call compiles
@given(data=st.data(), picture=st.sampled_from([NOISE, COLOURS]), moments=st.integers(1, 3))
def test_the_kernel_sees_what_photon_rate_says_of_each_moment_bit_for_bit(data, picture, moments):
    pan = Pan(picture, data.draw(st.floats(0.1, 1e6)), data.draw(st.sampled_from([0.0, 90.0, 180.0, 33.0])))
    x, y = data.draw(st.integers(0, W - 1)), data.draw(st.integers(0, H - 1))
    width, height = data.draw(st.integers(1, W - x)), data.draw(st.integers(1, min(H - y, 4)))
    view = View(x, y, width, height, W, H, 3.45)
    times = st.lists(st.integers(0, 10**12), min_size=moments, max_size=moments)
    at = np.array([data.draw(times) for _ in range(height)], np.int64)
    expected = []
    for row in range(height):
        line = View(x, y + row, width, 1, W, H, 3.45)
        total = pan.photon_rate(line, int(at[row, 0]))
        for t_ns in at[row, 1:].tolist():
            total = total + pan.photon_rate(line, t_ns)
        expected.append(total * np.float32(np.float32(1) / np.float32(moments)) if moments > 1 else total)
    np.testing.assert_array_equal(seen(pan, view, at), np.concatenate(expected, axis=-2))


def test_scenes_that_know_single_moments_are_asked_once_a_band():
    asked = []

    class Moving:
        wavelength_nm, moving = 536.0, True

        def photon_rate(self, view, t_ns):
            asked.append((view.y, view.height, t_ns))
            return np.full((view.height, view.width), t_ns, np.float32)

    at = np.arange(H)[:, None] * 10 + np.array([0, 1000])
    rate = seen(Moving(), WHOLE, at)
    assert len(asked) == 2 * -(-H // TOGETHER)
    assert np.abs(rate[:, 0] - at.mean(axis=1)).max() <= 10 * (TOGETHER - 1) / 2
    asked.clear()
    assert (seen(Moving(), WHOLE, np.full((H, 1), 77)) == 77).all()
    assert asked == [(0, H, 77)]


def test_a_pan_in_bands_is_the_pan_by_rows_where_rows_are_alike():
    at = np.broadcast_to(np.array([3 * MS, 4 * MS]), (H, 2))
    pan = Pan(NOISE, 500.0, 20.0)
    np.testing.assert_array_equal(seen_in_bands(pan, WHOLE, at), seen(pan, WHOLE, at))


@pytest.mark.parametrize("scene", [Pan(NOISE, 800.0), Lit(Pan(NOISE, 800.0), Flicker(100, 0.5))])
@pytest.mark.parametrize(("exposure_ms", "moments"), [(1, 1), (1.25, 1), (1.26, 2), (10, 8), (1000, 64)])
def test_one_moment_a_pixel(scene, exposure_ms, moments):
    assert moments_needed(scene, WHOLE, 0, exposure_ms / 1000) == moments
    assert MAX_MOMENTS == 64


def test_what_stands_still_or_does_not_say_needs_one():
    assert moments_needed(NOISE, WHOLE, 0, 10.0) == 1
    assert moments_needed(Spin(Flat(), 0.0), WHOLE, 0, 10.0) == 1


def test_a_spin_is_as_fast_as_its_corners():
    """One turn a second: the corners are at half the diagonal."""
    corner = 2 * np.pi * np.hypot(W, H) / 2
    assert moments_needed(Spin(NOISE, 60.0), WHOLE, 0, 0.02) == int(np.ceil(0.02 * corner))


def test_moments_part_the_light_evenly():
    start, end = np.array([0, 10 * MS]), np.array([4 * MS, 14 * MS])
    even = moments_ns(STEADY, start, end, 4)
    assert even[1].tolist() == [10_500 * US, 11_500 * US, 12_500 * US, 13_500 * US]
    flash = moments_ns(Pulses(((MS, MS + 100 * US), (11 * MS, 11 * MS + 200 * US))), start, end, 2)
    assert flash[0] == pytest.approx([MS + 25 * US, MS + 75 * US], abs=1)
    assert flash[1] == pytest.approx([11 * MS + 50 * US, 11 * MS + 150 * US], abs=1)


def test_an_edge_is_blurred_over_its_way():
    """Light from 0 to 1 within as many pixels as it moves: a box, 8 px wide at 2000 px/s for 4 ms."""
    picture = np.zeros((H, W), np.uint8)
    picture[:, 40:] = 255
    pan, view = Pan(Picture(picture, 1000.0), 2000.0, 180.0), WHOLE
    at = moments_ns(STEADY, np.full(H, SEC), np.full(H, SEC + 4 * MS), 8)
    row = seen(pan, view, at)[10]
    steps = np.diff(row)[10 : W - 10]
    ramp = [62.5, *[125.0] * 7, 62.5]  # from half of a pixel to half of another
    assert steps[np.abs(steps) > 1].tolist() == [*ramp, *(-step for step in ramp)]
