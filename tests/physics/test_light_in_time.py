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


PARASITIC, BASE_ns, ROW_ns = 1e-5, 1_201_355, 21_522  # the model's; 1598 clocks of 74.25 MHz a row


def test_light_gets_into_rows_that_wait_to_be_read():
    """Bright and short: 15 us of exposure, and then 1.2 to 65.7 ms in which a hundred-thousandth gets in."""
    rows = signal(Flat(5e8), Height=3000, Width=16, ExposureTime=15).reshape(30, 100).mean(axis=1)
    wait_ns = (BASE_ns + ROW_ns * np.arange(3000)).reshape(30, 100).mean(axis=1)
    expected = 1 + PARASITIC * wait_ns / 15_000
    noise = np.sqrt(0.42 / rows[0] / 1600)  # of a mean, as a share of it
    assert rows / rows[0] == pytest.approx(expected / expected[0], abs=6 * noise)
    assert expected[-1] / expected[0] > 1 + 20 * noise


def test_a_flash_after_the_exposure_leaves_its_trace_in_rows_not_yet_read():
    exposure_us, flash_ns = 100, (30_000_000, 31_000_000)
    rows = signal(Lit(Flat(2e10), Pulses((flash_ns,))), Height=3000, Width=16, ExposureTime=exposure_us)
    read_ns = exposure_us * 1000 + BASE_ns + ROW_ns * np.arange(3000)
    seen_e = 0.673 * 2e10 * PARASITIC * np.clip(read_ns - flash_ns[0], 0, 1_000_000) / 1e9
    tens, expected_DN = (a.reshape(300, 10).mean(axis=1) for a in (rows[0], 0.4152 * seen_e))
    assert tens == pytest.approx(expected_DN, abs=6 * 0.42 * np.sqrt((140 + 5) / 160) + 0.2)
    assert expected_DN.max() > 50
