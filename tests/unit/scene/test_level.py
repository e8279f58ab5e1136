"""Light over time: integrals beside sums over fine steps, and the moment at which half of it has come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camtwin.scene import Chart, Flat, Flicker, Level, Lit, Pan, Pulses, Pwm, View, level_of, moments_ns
from camtwin.scene.level import STEADY
from camtwin.units import MS, SEC, US

FLASHES = Pulses(((2 * MS, 3 * MS), (3 * MS, 3 * MS + 500 * US), (9 * MS, 9 * MS + 10 * US)))


def level_at(level: Level, t_ns: np.ndarray) -> np.ndarray:
    """Return the documented level at these times."""
    match level:
        case Flicker(hz=hz, depth=depth):
            return 1 + depth * np.sin(2 * np.pi * hz * t_ns / SEC)
        case Pwm(hz=hz, duty=duty):
            return ((t_ns * hz / SEC) % 1 < duty).astype(float)
        case Pulses(pulses_ns=pulses, between=between):
            on = np.any([(t_ns >= begin) & (t_ns < end) for begin, end in pulses], axis=0)
            return np.where(on, 1, between)
    return np.ones(t_ns.shape)


LEVELS = [
    STEADY,
    Flicker(100, 0.8),
    Flicker(120, 1),
    Pwm(1000, 0.3),
    FLASHES,
    Pulses(FLASHES.pulses_ns, 0.25),
]


@pytest.mark.parametrize("level", LEVELS)
@given(start=st.integers(0, 12 * MS), duration=st.integers(1, 20 * MS))
def test_the_integral_is_the_sum_over_the_window(level: Level, start: int, duration: int):
    steps = start + (np.arange(20_000) + 0.5) * duration / 20_000
    expected = level_at(level, steps).mean() * duration / SEC
    (measured,) = level.lit_s(np.array([start]), np.array([start + duration]))
    edges = 12 * duration / 20_000 / SEC  # a step of the sum may straddle each edge of a pulse
    assert measured == pytest.approx(
        expected, rel=1e-6, abs=edges if isinstance(level, Pwm | Pulses) else 1e-12
    )


@pytest.mark.parametrize("level", LEVELS)
@given(cuts=st.lists(st.integers(0, 100 * SEC), min_size=3, max_size=3).map(sorted))
def test_windows_that_touch_add_up(level: Level, cuts: list[int]):
    a, b, c = (np.array([cut]) for cut in cuts)
    assert level.lit_s(a, b) + level.lit_s(b, c) == pytest.approx(level.lit_s(a, c), rel=1e-9, abs=1e-11)


def test_a_window_of_whole_periods_does_not_see_flicker():
    starts = np.arange(0, 20 * MS, 777_777)
    assert Flicker(100, 1).lit_s(starts, starts + 20 * MS) == pytest.approx(0.02, rel=1e-12)
    assert Flicker(100, 1).lit_s(starts, starts + 5 * MS).std() > 0.001


def test_a_flash_counts_inside_the_window_only():
    pulse = Pulses(((5 * MS, 5 * MS + 100 * US),))
    starts, ends = np.array([0, 5 * MS + 40 * US, 5 * MS + 100 * US, 0]), np.array([10, 10, 10, 5]) * MS
    assert pulse.lit_s(starts, ends) == pytest.approx([100e-6, 60e-6, 0, 0], abs=1e-15)


def test_the_moment_is_the_middle_of_the_light():
    start, end = np.array([0, 1_000]), np.array([10 * MS, 10 * MS + 1_001])
    assert moments_ns(STEADY, start, end)[:, 0].tolist() == [5 * MS, 5 * MS + 1_000]
    assert moments_ns(Pulses(((MS, MS + 100 * US),)), start, end)[:, 0] == pytest.approx(
        [MS + 50 * US] * 2, abs=1
    )
    dark = Pulses(((20 * MS, 21 * MS),))
    assert moments_ns(dark, start, end)[:, 0].tolist() == [5 * MS, 5 * MS + 1_000]


@pytest.mark.parametrize("level", LEVELS)
@given(start=st.integers(0, 10 * MS), duration=st.integers(0, 10 * MS))
def test_half_of_the_light_has_come_by_then(level: Level, start: int, duration: int):
    a, b = np.array([start]), np.array([start + duration])
    at = moments_ns(level, a, b)[:, 0]
    assert a <= at <= b
    assert level.lit_s(a, at) == pytest.approx(level.lit_s(a, b) / 2, abs=2e-9)


def test_a_lit_scene_is_the_scene_in_that_light():
    view = View(3, 2, 20, 10, 64, 48, 3.45)
    lit = Lit(Chart(1e6, 550), Pwm(50, 0.2))
    assert level_of(lit) == Pwm(50, 0.2)
    assert level_of(Pan(lit)) == Pwm(50, 0.2)
    assert level_of(Chart()) is STEADY
    assert (lit.wavelength_nm, lit.moving, Lit(Pan(Chart()), Pwm()).moving) == (550, False, True)
    assert np.array_equal(lit.photon_rate(view, 5), Chart(1e6, 550).photon_rate(view, 5))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Flicker(0, 0.5), "hz 0 is outside 0..1e+09 Hz"),
        (lambda: Flicker(float("nan")), "hz nan is outside 0..1e+09 Hz"),
        (lambda: Flicker(100, 1.1), "depth 1.1 is outside 0..1"),
        (lambda: Pwm(100, -0.1), "duty -0.1 is outside 0..1"),
        (lambda: Pulses((), 2), "between 2 is outside 0..1"),
        (lambda: Pulses(((5, 5),)), "pulse 5..5 ns does not end after its begin"),
        (lambda: Pulses(((5, 9), (8, 12))), "pulse 8..12 ns begins before the one before it ends, 9 ns"),
        (lambda: Lit(Lit(Flat(), Pwm()), Pwm()), "a light within a light; allowed: one light"),
        (lambda: Lit(Pan(Lit(Flat(), Pwm())), Pwm()), "a light within a light; allowed: one light"),
    ],
)
def test_what_no_light_can_be_is_refused(make, message: str):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value) == message
