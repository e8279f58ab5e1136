"""A pan shows the still scene, moved by speed times time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from camtwin.scene import Chart, Fall, Flat, Pan, Picture, Scene, View
from camtwin.scene.motion import wrapped
from camtwin.units import SEC

W, H = 96, 64
WHOLE = View(0, 0, W, H, W, H, 3.45)


def noise() -> Picture:
    return Picture(np.random.default_rng(5).integers(0, 256, (H, W), np.uint8))


def soft() -> Picture:
    """Return a few low waves that wrap around at the sensor's edges: a shift of them is known exactly."""
    x, y = np.arange(W) / W * 2 * np.pi, np.arange(H)[:, None] / H * 2 * np.pi
    waves = 128 + 40 * np.sin(x + 0.4) + 30 * np.cos(2 * x - y) + 25 * np.sin(2 * y + 1)
    return Picture(waves.round().astype(np.uint8))


def shift_px(still: NDArray[np.float32], moved: NDArray[np.float32]) -> tuple[float, float]:
    """Return an image's shift to the right and down, from the phases of its lowest waves."""
    a, b = np.fft.fft2(still), np.fft.fft2(moved)
    right = -np.angle(b[0, 1] / a[0, 1]) * W / (2 * np.pi)
    down = -np.angle(b[2, 0] / a[2, 0]) * H / (4 * np.pi)
    return right, down


@pytest.mark.parametrize(
    ("direction", "right", "down"),
    [
        (0, 1, 0),
        (90, 0, 1),
        (180, -1, 0),
        (270, 0, -1),
        (-90, 0, -1),
        (30, 0.8660, 0.5),
        (225, -0.7071, -0.7071),
    ],
)
@pytest.mark.parametrize("t_ns", [0, 12_345_678, 40 * 10**6, 123_456_789])
def test_it_moves_by_speed_times_time(direction: float, right: float, down: float, t_ns: int):
    moved = Pan(soft(), 80.0, direction).photon_rate(WHOLE, t_ns)
    way = 80.0 * t_ns / SEC
    measured = shift_px(soft().photon_rate(WHOLE, 0), moved)
    assert measured == pytest.approx((right * way, down * way), abs=0.003)


def test_a_sharp_scene_correlates_best_where_it_should_be():
    """Cross-correlation of the chart's pixels, to whole pixels and between them."""
    view = View(0, 0, 640, 480, 640, 480, 3.45)
    still = Chart().photon_rate(view, 0)
    for t_ns, right in ((1 * SEC, 37.0), (2 * SEC, 74.0), (SEC // 2, 18.5)):
        moved = Pan(Chart(), 37.0).photon_rate(view, t_ns)
        spectrum = np.fft.fft2(moved - moved.mean()) * np.conj(np.fft.fft2(still - still.mean()))
        peak = np.fft.ifft2(spectrum).real[0]
        best = int(peak.argmax())
        before, at, after = peak[best - 1], peak[best], peak[best + 1]
        between = (before - after) / (before + after - 2 * at) / 2
        assert best + between == pytest.approx(right, abs=0.02)


def test_what_falls_moves_with_the_square_of_time():
    still = noise().photon_rate(WHOLE, 0)
    fall = Fall(noise(), 8.0)
    for seconds in (1, 2, 3, 100):
        moved = fall.photon_rate(WHOLE, seconds * SEC)
        np.testing.assert_array_equal(moved, np.roll(still, 4 * seconds**2 % H, axis=0))
    assert fall.speed_px_per_s(WHOLE, 5 * SEC) == 40


def test_whole_pixels_are_moved_untouched_and_wrap_around():
    still = noise().photon_rate(WHOLE, 0)
    for seconds in (1, 2, 20, 10**6):
        moved = Pan(noise(), 7.0).photon_rate(WHOLE, seconds * SEC)
        np.testing.assert_array_equal(moved, np.roll(still, 7 * seconds % W, axis=1))
        moved = Pan(noise(), 7.0, 270).photon_rate(WHOLE, seconds * SEC)
        np.testing.assert_array_equal(moved, np.roll(still, -7 * seconds % H, axis=0))


def test_between_pixels_it_is_their_weighted_mean():
    still = noise().photon_rate(WHOLE, 0).astype(np.float64)
    moved = Pan(noise(), 1.0).photon_rate(WHOLE, SEC // 4)
    np.testing.assert_allclose(moved, 0.75 * still + 0.25 * np.roll(still, 1, axis=1), rtol=1e-5)
    moved = Pan(noise(), 2**0.5, 45).photon_rate(WHOLE, SEC // 2)
    corners = [np.roll(still, (v, u), axis=(0, 1)) for u in (0, 1) for v in (0, 1)]
    np.testing.assert_allclose(moved, np.mean(corners, axis=0), rtol=1e-5)


def test_after_a_long_time_it_still_moves_evenly():
    day = 86_400 * SEC
    shifts = [
        shift_px(soft().photon_rate(WHOLE, 0), Pan(soft(), 10.0).photon_rate(WHOLE, day + step * SEC // 100))
        for step in range(5)
    ]
    np.testing.assert_allclose(np.diff([right for right, _ in shifts]), 0.1, atol=0.003)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_crop_is_a_crop_of_the_whole(data: st.DataObject):
    pan = Pan(
        noise(),
        data.draw(st.floats(0, 1e6)),
        data.draw(st.floats(-360, 360)),
    )
    t_ns = data.draw(st.integers(0, 10**13))
    x, y = data.draw(st.integers(0, W - 1)), data.draw(st.integers(0, H - 1))
    width, height = data.draw(st.integers(1, W - x)), data.draw(st.integers(1, H - y))
    crop = pan.photon_rate(View(x, y, width, height, W, H, 3.45), t_ns)
    np.testing.assert_array_equal(crop, pan.photon_rate(WHOLE, t_ns)[y : y + height, x : x + width])


def test_it_is_a_function_of_time_in_any_order():
    pan = Pan(noise(), 33.3, 20)
    first = [pan.photon_rate(WHOLE, t) for t in (0, 5 * 10**8, 10**9)]
    again = [pan.photon_rate(WHOLE, t) for t in (10**9, 0, 5 * 10**8)]
    np.testing.assert_array_equal(first, [again[1], again[2], again[0]])


def test_a_flat_field_stays_flat_and_a_lens_cap_dark():
    rate = Pan(Flat(1e6), 123.4, 30).photon_rate(WHOLE, 987_654_321)
    assert rate.min() == rate.max() == 1e6


def test_a_pan_of_a_moving_scene_adds_the_two():
    twice: Scene = Pan(Pan(noise(), 10.0), 20.0)
    still = noise().photon_rate(WHOLE, 0)
    np.testing.assert_array_equal(twice.photon_rate(WHOLE, SEC), np.roll(still, 30, axis=1))


def test_it_has_the_light_of_its_scene():
    assert Pan(Flat(1e6, 850)).wavelength_nm == 850


@pytest.mark.parametrize(
    ("speed", "direction", "message"),
    [
        (-1, 0, "px_per_s -1 is outside 0..1e+09 px/s"),
        (float("inf"), 0, "px_per_s inf is outside 0..1e+09 px/s"),
        (float("nan"), 0, "px_per_s nan is outside 0..1e+09 px/s"),
        (1, 361, "direction_deg 361 is outside -360..360 degrees"),
        (1, float("nan"), "direction_deg nan is outside -360..360 degrees"),
    ],
)
def test_limits(speed: float, direction: float, message: str):
    with pytest.raises(ValueError) as error:
        Pan(Flat(), speed, direction)
    assert str(error.value) == message


@given(st.integers(-1000, 1000), st.integers(0, 60), st.integers(1, 20))
def test_wrapped_pieces_are_the_range_modulo_the_ring(start: int, length: int, size: int):
    seen = [-1] * length
    for to, source, n in wrapped(start, length, size):
        assert 0 <= source < source + n <= size
        seen[to : to + n] = range(source, source + n)
    assert seen == [i % size for i in range(start, start + length)]
