"""A global shutter in changing light: electrons are irradiance times the light's integral over the window."""

import numpy as np
import pytest

import camtwin
from camtwin.scene import Flat, Flicker, Lit, Pan, Picture, Pulses, Pwm
from camtwin.sensor.flaws import Flaws

MODEL = "baumer-vcxg-124m"
BRIGHT = Flat(5e7)
BLACK_DN = 32


def session(scene, **features):
    cam = camtwin.open(MODEL, scene=scene, seed=2, link_speed=None)
    for name, value in {"Width": 128, "Height": 200, "PixelFormat": "Mono12", **features}.items():
        setattr(cam, name, value)
    return cam


def signal(scene, frames=1, **features):
    """Mean DN above black of each row of each frame."""
    cam = session(scene, **features)
    return np.array([f.picture.mean(axis=1) - BLACK_DN for f in cam.grab(frames)])


STEADY_DN = signal(Flat(5e6), ExposureTime=1000).mean()  # as much light in all as BRIGHT gives in 100 us
PIXELS = 128 * 200
TOLERANCE_DN = 6 * np.sqrt(STEADY_DN * 0.42 / PIXELS)  # six sigma of the shot noise of a mean


@pytest.mark.parametrize("at_us", [0, 100, 4950, 9900])
def test_a_flash_anywhere_in_the_exposure_lights_all_rows_alike(at_us):
    rows = signal(Lit(BRIGHT, Pulses(((at_us * 1000, at_us * 1000 + 100_000),))), ExposureTime=10_000)
    assert rows.mean() == pytest.approx(STEADY_DN, abs=TOLERANCE_DN)
    assert rows.std() < 4 * np.sqrt(STEADY_DN * 0.42 / 128)


def test_a_flash_that_the_exposure_cuts_counts_as_far_as_it_goes():
    rows = signal(Lit(BRIGHT, Pulses(((9_960_000, 10_060_000),))), ExposureTime=10_000)
    assert rows.mean() == pytest.approx(0.4 * STEADY_DN, abs=TOLERANCE_DN)


@pytest.mark.parametrize("at_us", [10_000, 10_100, 60_000])
def test_a_flash_outside_lights_none(at_us):
    rows = signal(Lit(BRIGHT, Pulses(((at_us * 1000, at_us * 1000 + 100_000),))), ExposureTime=10_000)
    assert abs(rows.mean()) < 0.1


def test_a_dimmed_lamp_gives_its_share():
    steady = signal(Flat(5e6), ExposureTime=1000).mean()
    dimmed = signal(Lit(Flat(5e6), Pwm(100_000, 0.25)), ExposureTime=1000).mean()
    assert dimmed == pytest.approx(steady / 4, abs=TOLERANCE_DN)


def test_flicker_changes_frames_and_not_rows():
    """At 15 frames a second, short exposures meet the lamp at another phase each time."""
    frames = signal(Lit(Flat(5e6), Flicker(100, 0.6)), 12, ExposureTime=1000, Height=3000, Width=16)
    means = frames.mean(axis=1)
    assert means.max() / means.min() > 2.5
    assert all(row.std() < 5 * np.sqrt(row.mean() * 0.42 / 16) for row in frames)
    calm = signal(Lit(Flat(5e5), Flicker(100, 0.6)), 12, ExposureTime=10_000, Height=3000, Width=16)
    assert calm.mean(axis=1).std() < 5 * TOLERANCE_DN, "whole periods of the lamp"


def test_what_moves_is_seen_where_it_is_during_the_flash():
    stripe = np.zeros((3000, 4096), np.uint8)
    stripe[:, 100] = 255
    place = {}
    for at_us in (1000, 9000):
        scene = Lit(Pan(Picture(stripe, 5e7), 10_000), Pulses(((at_us * 1000, at_us * 1000 + 200_000),)))
        picture = session(scene, ExposureTime=10_000, Width=512, Height=32).grab()[0].picture
        place[at_us] = int(picture.mean(axis=0).argmax())
    assert place == {1000: 111, 9000: 191}  # 10 px a millisecond, at the flash's middle


def test_hot_pixels_need_no_light():
    cam = session(Lit(Flat(1e6), Pulses(((10**12, 10**12 + 1),))), ExposureTime=10_000)
    cam.world.flaws = Flaws(hot={(7, 5): 1e5}, dead=frozenset({(9, 5)}))
    picture = cam.grab()[0].picture.astype(float)
    assert picture[5, 7] == pytest.approx(BLACK_DN + 1000 * 0.4152, abs=6 * np.sqrt(1000) * 0.4152)
    assert picture[5, 9] == pytest.approx(BLACK_DN, abs=6)
    assert np.delete(picture[5], 7).max() < BLACK_DN + 12
