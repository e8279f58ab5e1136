"""The inspector's logic, in process and in virtual time."""

import numpy as np
import pytest
from inspector import BRIGHT, choose_exposure, hot, read_codes

FULL_SCALE = 4095
camera = pytest.mark.camtwin(
    "baumer-vcxg-124m", scene="flat", set=["PixelFormat=Mono12", "Width=64", "Height=64"]
)


@camera
def test_a_camera_that_is_too_hot_is_switched_off(twin):
    assert not hot(twin.cam)
    twin.inject("heat", internal_C=90)
    assert hot(twin.cam)


def test_two_cameras_expose_in_step(camtwin):
    one = camtwin.open(render=False)
    other = camtwin.open(render=False, clock=one.cam.clock)
    for twin in (one, other):
        twin.cam.TriggerMode, twin.cam.TriggerSource = "On", "Line0"
        twin.cam.AcquisitionStart()
    one.cam.advance(10**8)
    for _ in range(5):
        for twin in (one, other):
            twin.cam.lines["Line0"].pulse(50_000)
        one.cam.advance(2 * 10**8)
    assert len(one.seen.exposures) == 5
    assert np.abs(np.subtract(one.seen.exposures, other.seen.exposures)).max() < 1000


@camera
def test_the_exposure_uses_the_scale_and_does_not_clip(twin):
    choose_exposure(twin.cam, FULL_SCALE)
    (frame,) = twin.cam.grab()
    assert (frame.image < FULL_SCALE).all()
    assert abs(np.percentile(frame.image, 99) / FULL_SCALE - BRIGHT) < 0.05


@pytest.mark.camtwin("baumer-vcxg-124m", scene="pan:codes", set=["PixelFormat=Mono12"])
def test_codes_are_read_though_they_move(twin):
    twin.cam.ExposureTime, twin.cam.Gain = 1000.0, 12.0
    (frame,) = twin.cam.grab()
    assert {f"camtwin {n} px" for n in (4, 5, 6, 8, 12)} <= read_codes(frame.image)
