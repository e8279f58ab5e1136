"""Flat and dark light, and the rectangle of the sensor that is asked for."""

from __future__ import annotations

import numpy as np
import pytest

from camtwin.scene import Chart, Dark, Flat, Pan, Picture, Scene, View

WHOLE = View(0, 0, 4096, 3000, 4096, 3000, 3.45)


def test_flat_is_one_number_everywhere_and_takes_no_memory():
    rate = Flat(1.25e6).photon_rate(WHOLE, 0)
    assert rate.shape == (3000, 4096)
    assert rate.dtype == np.float32
    assert rate.strides == (0, 0)
    assert rate.min() == rate.max() == 1.25e6


def test_dark_is_no_light():
    rate = Dark().photon_rate(View(8, 16, 32, 24, 4096, 3000, 3.45), 0)
    assert rate.shape == (24, 32)
    assert not rate.any()


def test_a_flat_field_is_half_of_a_charts_white_by_default():
    assert Flat().photons_per_s == 1.4e6
    assert Chart().photons_per_s == 2.8e6
    assert Flat().wavelength_nm == Chart().wavelength_nm == Dark().wavelength_nm == 536


@pytest.mark.parametrize(
    "scene",
    [Flat(), Dark(), Chart(), Picture(np.zeros((2, 3), np.uint8)), Pan(Flat()), Pan(Chart()), Pan(Dark(850))],
    ids=repr,
)
def test_every_scene_gives_read_only_float32_of_the_view(scene: Scene):
    assert isinstance(scene, Scene)
    rate = scene.photon_rate(View(3, 5, 20, 10, 64, 48, 3.45), 12_345)
    assert rate.shape == (10, 20)
    assert rate.dtype == np.float32
    assert not rate.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        rate[0, 0] = 1


def test_only_a_pan_moves():
    still = [Flat(), Dark(), Chart(), Picture(np.zeros((2, 3), np.uint8)), Pan(Chart(), px_per_s=0)]
    assert [scene.moving for scene in still] == [False] * 5
    assert Pan(Chart()).moving
    assert Pan(Pan(Chart()), px_per_s=0).moving


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 0}, "view width 0 px is below the minimum 1 px"),
        ({"height": -3}, "view height -3 px is below the minimum 1 px"),
        ({"x": -1}, "view width -1..9 px is outside the sensor's 0..64 px"),
        ({"x": 55}, "view width 55..65 px is outside the sensor's 0..64 px"),
        ({"y": 43}, "view height 43..49 px is outside the sensor's 0..48 px"),
        ({"pixel_um": 0.0}, "pixel size 0 um is not above 0 um"),
    ],
)
def test_a_view_lies_on_the_sensor(change: dict[str, float], message: str):
    good = {
        "x": 0,
        "y": 0,
        "width": 10,
        "height": 6,
        "sensor_width": 64,
        "sensor_height": 48,
        "pixel_um": 3.45,
    }
    View(**good)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError) as error:
        View(**{**good, **change})  # pyright: ignore[reportArgumentType]
    assert str(error.value) == message


@pytest.mark.parametrize("kind", [Flat, Chart, lambda *light: Picture(np.zeros((1, 1), np.uint8), *light)])
def test_light_has_limits(kind):
    for photons in (-1, 1.1e12, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"photons_per_s \S+ is outside 0\.\.1e\+12"):
            kind(photons)
    for wavelength in (0.536, 0, -536, 5.36e-7, float("nan")):
        with pytest.raises(ValueError, match=r"wavelength_nm \S+ is outside 100\.\.10000 nm"):
            kind(1e6, wavelength)
