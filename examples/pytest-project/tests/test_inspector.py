"""The inspector's logic, in process and in virtual time."""

import numpy as np
import pytest
from inspector import BRIGHT, arm, choose_exposure, freeze, hot, read_codes

FULL_SCALE = 4095
SPEED_px_per_s = 1000
WINDOW = ("Width=1024", "Height=320", "OffsetY=1340")


@pytest.mark.camtwin(scene="flat", set=["Width=64", "Height=64"])
def test_a_camera_that_is_too_hot_is_switched_off(twin):
    assert not hot(twin.cam)
    twin.inject("heat", internal_C=90)
    assert hot(twin.cam)


def test_two_cameras_expose_in_step(camtwin):
    one = camtwin.open(render=False)
    other = camtwin.open(render=False, clock=one.cam.clock)
    arm(one.cam)
    one.cam.advance(3 * 10**6)  # the other one is armed a little later
    arm(other.cam)
    one.cam.advance(10**8)
    for _ in range(5):
        for twin in (one, other):
            twin.cam.lines["Line0"].pulse(50_000)
        one.cam.advance(2 * 10**8)
    assert len(one.seen.exposures) == len(other.seen.exposures) == 5
    assert np.abs(np.subtract(one.seen.exposures, other.seen.exposures)).max() < 1000


@pytest.mark.camtwin(scene="steps", set=["PixelFormat=Mono12", "Height=8"])
def test_the_exposure_uses_the_scale_and_does_not_clip(twin):
    choose_exposure(twin.cam, FULL_SCALE)
    (frame,) = twin.cam.grab()
    assert (frame.image < FULL_SCALE).all()
    assert abs(np.percentile(frame.image, 99) / FULL_SCALE - BRIGHT) < 0.05


@pytest.mark.camtwin(scene=f"pan:{SPEED_px_per_s}@0:codes", set=[*WINDOW, "PixelFormat=Mono12", "Gain=6"])
def test_codes_are_read_though_they_move(twin):
    freeze(twin.cam, SPEED_px_per_s)
    (frame,) = twin.cam.grab()
    assert {f"camtwin {n} px" for n in (5, 6, 8, 12)} <= read_codes(frame.image)
