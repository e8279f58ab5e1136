"""A spin shows the still scene, turned by rate times time about the sensor's middle."""

from __future__ import annotations

import numpy as np
import pytest

from camtwin.scene import (
    Checker,
    Flat,
    Lit,
    Pan,
    Picture,
    Pwm,
    Spin,
    Target,
    View,
    Zoom,
    level_of,
    spectra_of,
)
from camtwin.units import SEC

SIDE = 128
WHOLE = View(0, 0, SIDE, SIDE, SIDE, SIDE, 3.45)


def picture() -> Picture:
    return Picture(np.random.default_rng(3).integers(0, 256, (SIDE, SIDE), np.uint8))


@pytest.mark.parametrize("quarters", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("rpm", [60, -60])
def test_quarter_turns(quarters: int, rpm: float):
    turned = Spin(picture(), rpm).photon_rate(WHOLE, quarters * SEC // 4)
    still = picture().photon_rate(WHOLE, 0)
    expected = np.rot90(still, -quarters if rpm > 0 else quarters)  # clockwise, as it is seen
    assert turned == pytest.approx(expected, rel=1e-3, abs=1e-3 * float(still.max()))


def test_it_turns_by_rate_times_time():
    """A bar's direction, from its second moments."""
    bar = np.zeros((SIDE, SIDE), np.uint8)
    bar[SIDE // 2 - 4 : SIDE // 2 + 4, 20:-20] = 255
    along = np.arange(SIDE) - (SIDE - 1) / 2
    for ms in (10, 50, 100):
        rate = Spin(Picture(bar), 120).photon_rate(WHOLE, ms * 1_000_000).astype(float)
        xx, yy = (rate * along**2).sum(), (rate * along[:, None] ** 2).sum()
        xy = (rate * along * along[:, None]).sum()
        assert np.degrees(np.arctan2(2 * xy, xx - yy) / 2) == pytest.approx(720 * ms / 1000, abs=0.05)


def test_a_view_is_a_cut_of_the_whole_in_every_layer():
    scene = Spin(Checker(1e6), 33)
    whole = scene.photon_rate(WHOLE, 123_456_789)
    cut = scene.photon_rate(View(10, 30, 50, 70, SIDE, SIDE, 3.45), 123_456_789)
    assert whole.shape == (25, SIDE, SIDE)
    assert np.array_equal(cut, whole[:, 30:100, 10:60])


def test_light_goes_along_and_nothing_is_beyond_the_edge():
    scene = Spin(Lit(Flat(1e6, 550), Pwm()), 60)
    assert (scene.wavelength_nm, level_of(scene), len(spectra_of(scene))) == (550, Pwm(), 1)
    assert scene.moving
    assert not Spin(Flat(), 0).moving
    corner = scene.photon_rate(WHOLE, SEC // 8)
    assert (corner[0, 0], corner[SIDE // 2, SIDE // 2]) == (0, pytest.approx(1e6))


def test_what_cannot_spin_is_refused():
    with pytest.raises(ValueError, match=r"^a spin of a moving scene"):
        Spin(Pan(Target("star")))
    with pytest.raises(ValueError, match=r"^rpm nan is outside"):
        Spin(Flat(), float("nan"))


def test_a_zoom_magnifies_about_the_middle_and_comes_back():
    """The square's sides are 40 px, half as large again after half of a period."""
    square = np.zeros((SIDE, SIDE), np.uint8)
    square[44:84, 44:84] = 255
    zoom = Zoom(Picture(square, 1000.0), 0.5, 2.0)
    for quarter, side in ((0, 40), (1, 50), (2, 60), (3, 50), (4, 40)):
        rate = zoom.photon_rate(WHOLE, quarter * SEC // 2)
        assert rate.sum() / 1000 == pytest.approx(side**2, rel=0.01)
        assert (rate.sum(axis=0) * np.arange(SIDE)).sum() / rate.sum() == pytest.approx(63.5, abs=0.01)


def test_a_zoom_says_how_fast_its_corners_are():
    zoom, at = Zoom(picture(), 0.5, 2.0), SEC // 2
    a, b = (zoom.magnification(at + step) for step in (-1000, 1000))
    corner = np.hypot(SIDE, SIDE) / 2
    assert zoom.speed_px_per_s(WHOLE, at) == pytest.approx((b - a) / 2e-6 / 1.25 * corner, rel=1e-4)
