"""The bench with a twin: its region, its exposures, its pixels, and its results."""

from dataclasses import replace

import pytest

import camtwin
from camtwin.emva1288.bench import FULL, QUICK, Bench
from camtwin.emva1288.results import results
from camtwin.emva1288.shots import LabProblem, reduced
from camtwin.models import load
from camtwin.verify.comparison import device_under_test

SMALL = replace(QUICK, side=64, steps=50, stack=8, wavelengths_nm=(500.0,), temperatures_C=(30.0, 40.0))
BAUMER, SONY = "baumer-vcxg-124m", "sony-imx412-aack"


def bench(model=BAUMER, *settings, plan=SMALL, **more):
    cam = camtwin.open(model, seed=2, link_speed=None)
    return Bench(cam, device_under_test(load(model)), plan, list(settings), **more)


def measured(on):
    return results(on.subject, reduced(on.subject, on.shots())).channels


def test_as_many_images_as_were_promised():
    on, ticks = bench(), []
    reduced(on.subject, on.shots(), lambda: ticks.append(1))
    assert len(ticks) == on.images


def test_the_standard_asks_for_fifty_steps_and_six_times():
    for plan in (FULL, QUICK):
        assert plan.steps >= 50
        assert plan.dark_times >= 6
        assert plan.beyond > 1


def test_a_square_in_the_middle_or_what_the_user_has_set():
    on = bench()
    assert (on.cam.Width, on.cam.Height, on.cam.PixelFormat) == (64, 64, "Mono12")
    assert (on.cam.OffsetX, on.cam.OffsetY) == (2016, 1468)
    on = bench(BAUMER, "Width=128", "Height=32")
    assert (on.cam.Width, on.cam.Height, on.cam.OffsetX) == (128, 32, 0)
    assert bench(plan=replace(SMALL, side=None)).subject.conditions["pixels"] == "4096 x 3000 pixels"


def test_a_mode_is_a_setting_like_others():
    on = bench(SONY, "SensorMode=Full10")
    assert (on.subject.bits, on.cam.Width, on.subject.mosaic) == (10, 64, "RGGB")
    assert bench(SONY).subject.bits == 12
    assert bench(SONY, "ReverseX=1").subject.mosaic == "GRBG"


def test_of_two_exposures_the_long_one_is_measured():
    on = bench(SONY, "SensorMode=Dol")
    (long,) = on._frames(camtwin.scene.Flat(1e5), on.exposure_s, 1)
    (again,) = on._frames(camtwin.scene.Flat(1e5), on.exposure_s, 1)
    assert long.part == again.part == 0


def test_exposures_are_those_that_were_asked_for():
    """Two frames late, as the sensor has it: a host waits."""
    on = bench(SONY)
    for exposure_s, taken_ns in ((0.4, 400_000_000), (0.5, 499_994_667), (0.001, 1_000_000)):
        frames = list(on._frames(camtwin.scene.Dark(), exposure_s, 3))  # above 65535 lines: in pairs of lines
        assert [f.settings.ExposureTime_ns for f in frames] == [taken_ns] * 3


@pytest.mark.parametrize(("settings", "pixels"), [((), 1), (("BinningHorizontal=2",), 2)])
def test_pixels_that_are_binned_gather_the_light_of_each(settings, pixels):
    (channel,) = measured(bench(BAUMER, *settings))
    eta = channel.figures["eta"]
    assert abs(eta.value - 0.673) < 5 * eta.error < 0.02
    K = channel.figures["K"]
    assert abs(K.value - 0.4152 / pixels) < 5 * K.error  # codes are averaged


def test_black_that_is_too_low_is_told():
    (channel,) = measured(bench(BAUMER, "Gain=36"))
    assert len(channel.warnings) == 1
    assert "of the pixels show 0 in the dark, above the 0.5% allowed" in channel.warnings[0]
    (channel,) = measured(bench(BAUMER, "Gain=36", "BlackLevel=255"))
    assert channel.warnings == ()
    assert abs(channel.figures["sigma_d"].value - 2.0) < 5 * channel.figures["sigma_d"].error


def test_rounding_that_rules_is_told_and_so_are_too_few_steps():
    (channel,) = measured(bench(BAUMER, "PixelFormat=Mono8", plan=replace(SMALL, steps=20)))
    assert [line.partition(":")[0] for line in channel.warnings] == [
        "rounding rules the dark noise (54)",
        "20 steps of light are below the 50 that the standard asks for",
    ]
    assert "σ_d is an upper bound, and K, η, DSNU, dark current" in channel.warnings[0]


def test_a_camera_that_does_not_answer_to_light():
    with pytest.raises(LabProblem, match="light of 536 nm does not saturate the camera"):
        measured(bench(BAUMER, "TestPattern=GreyHorizontalRamp"))
    with pytest.raises(camtwin.NoFrame, match="nothing triggers"):
        bench(BAUMER, "TriggerMode=On")


def test_the_same_seed_gives_the_same_numbers():
    one, two = (measured(bench())[0].figures for _ in range(2))
    assert one == two
