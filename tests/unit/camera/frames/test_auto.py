"""Automatic exposure and gain on the camera's own latency; a naive controller fails the same test."""

from dataclasses import replace

import numpy as np
import pytest

import camtwin
from camtwin.problem import Refused

MODEL = "baumer-vcxg-124m"
LIGHT = 4e4  # photons a second and pixel


def flat(factor=1.0):
    return camtwin.scene.Flat(photons_per_s=LIGHT * factor, wavelength_nm=536)


def small(scene=None, **options):
    cam = camtwin.open(MODEL, scene=scene or flat(), **options)
    cam.Width, cam.Height, cam.PixelFormat = 64, 64, "Mono12"
    return cam


def brightness(frame):
    """Share of the highest code above black (32 DN of pedestal)."""
    return (frame.picture.mean() - 32) / (4095 - 32)


def after_a_step(factor):
    """Brightness of the frames that were exposed after the light has changed by `factor`."""
    cam = small()
    cam.ExposureAuto, cam.ExposureAutoMaxValue = "Continuous", 6e7
    cam.AcquisitionStart()
    settled = [brightness(f) for f in cam.frames(30)][-1]
    assert settled == pytest.approx(0.5, rel=0.03)
    begun = []
    cam.twin.camera.on_exposure.subscribe(begun.append)
    cam.world.scene = flat(factor)
    shown = {f.frame_id: brightness(f) for f in cam.frames(24)}
    return [shown[e.frame_id] for e in begun if e.frame_id in shown]


def settles(series, aim=0.5):
    """Frames until it stays within 5 %, and how far it then swings beyond the aim from the side it came."""
    late = max((i for i, b in enumerate(series) if abs(b / aim - 1) > 0.05), default=-1) + 1
    bright = series[0] > aim
    beyond = max((aim - b if bright else b - aim) for b in series) / aim
    return late, beyond


@pytest.mark.parametrize("factor", [16, 1 / 256])
def test_it_settles_within_12_frames_without_overshoot(factor):
    frames, overshoot = settles(after_a_step(factor))
    assert frames <= 12
    assert overshoot <= 0.10


@pytest.mark.parametrize("factor", [16, 1 / 256])
def test_a_controller_that_forgets_the_latency_fails_that(factor, monkeypatch):
    from camtwin.camera.frames import auto

    right = auto.controlled
    # it corrects the present settings, though the frame was taken with older ones
    monkeypatch.setattr(auto, "controlled", lambda now, seen, bright: right(now, now, bright))
    frames, overshoot = settles(after_a_step(factor))
    assert frames > 12 or overshoot > 0.10


def test_gain_alone_reaches_the_aim_and_the_exposure_stays():
    cam = small(flat(10))
    cam.ExposureTime, cam.GainAuto, cam.BrightnessAutoNominalValue = 10_000.0, "Continuous", 30.0
    frame = cam.grab(12)[-1]
    assert brightness(frame) == pytest.approx(0.30, rel=0.05)
    assert frame.settings.ExposureTime_ns == 10_000_000
    assert 0 < frame.settings.Gain_dB["All"] <= 18


@pytest.mark.parametrize(
    ("priority", "light", "moved"),
    [
        ("ExposureAuto", 5, "exposure"),
        ("GainAuto", 5, "gain"),
        ("ExposureAuto", 2, "both"),
        ("GainAuto", 0.5, "both"),
    ],
)
def test_the_priority_says_which_moves_first(priority, light, moved):
    cam = small(flat(light))
    cam.ExposureTime, cam.ExposureAutoMaxValue = 10_000.0, 20_000.0
    cam.BrightnessAutoPriority, cam.BrightnessAutoNominalValue = priority, 20.0
    cam.ExposureAuto = cam.GainAuto = "Continuous"
    s = cam.grab(16)[-1].settings
    exposure, gain = s.ExposureTime_ns != 10_000_000, s.Gain_dB["All"] != 0
    assert (exposure, gain) == {"exposure": (True, False), "gain": (False, True), "both": (True, True)}[moved]
    if moved == "both":
        at_limit = s.ExposureTime_ns > 19_500_000 if priority == "ExposureAuto" else s.Gain_dB["All"] > 17.5
        assert at_limit, "the first went to its limit"


def test_once_ends_by_itself_and_frees_the_setting():
    cam = small(flat(20))
    cam.ExposureAuto = "Once"
    with pytest.raises(Refused, match="ExposureTime is locked now"):
        cam.ExposureTime = 100.0
    cam.grab(12)
    assert cam.ExposureAuto == "Off"
    found = cam.ExposureTime
    cam.world.scene = flat(2)
    assert cam.grab(6)[-1].settings.ExposureTime_ns == found * 1000
    cam.ExposureTime = 100.0


def test_limits_of_the_automatic_exposure_bound_it_and_each_other():
    cam = small(camtwin.scene.Dark())
    cam.ExposureAutoMaxValue, cam.ExposureAuto = 30_000.0, "Continuous"
    assert cam.grab(8)[-1].settings.ExposureTime_ns == 30_000_000
    with pytest.raises(Refused, match="ExposureAutoMinValue 40000 us is above the maximum 30000 us"):
        cam.ExposureAutoMinValue = 40_000.0


def test_only_the_region_counts():
    half = np.zeros((3000, 4096), np.uint8)
    half[:, 2048:] = 255

    def exposure(offset_x, reverse=False):
        scene = camtwin.scene.Picture(half, photons_per_s=1e6)
        cam = camtwin.open(MODEL, scene=scene)
        cam.OffsetX, cam.Height, cam.ReverseX = 0, 64, reverse
        cam.AutoFeatureRegionMode, cam.AutoFeatureOffsetX = "On", offset_x
        cam.AutoFeatureWidth, cam.ExposureAuto = 512, "Continuous"
        return cam.grab(14)[-1].settings.ExposureTime_ns

    dark, bright = exposure(256), exposure(3000)
    assert dark == 1_000_000_000, "as long as it may"
    assert bright < 20_000_000
    assert exposure(3000, reverse=True) == dark


def test_it_is_the_same_again_and_without_pictures():
    def run(**options):
        cam = small(flat(3), seed=11, **options)
        cam.ExposureAuto = cam.GainAuto = "Continuous"
        return [(f.frame_id, f.timestamp_ns, replace(f.settings)) for f in cam.grab(12)]

    assert run() == run() == run(render=False)
