"""Automatic exposure and white balance on twins, with the latency that these really have."""

import numpy as np
import pytest

import camtwin
from camtwin import isp
from camtwin.hosts.calibration import of_model
from camtwin.isp.balance import BalanceController, angle_deg
from camtwin.isp.exposure import Exposure, ExposureController, Limits
from camtwin.isp.statistics import measured
from camtwin.scene import Flat, Flicker, Lit, spectra

MONO = "baumer-vcxg-124m"
LIMITS = Limits(15, 60_000, 0, 20, step_us=1, step_dB=0.1)
CHANGED, FRAMES = 8, 40


class Naive(ExposureController):
    """Corrects the last command by whatever frame comes in: what one writes first."""

    def step(self, statistics, used, now):
        return super().step(statistics, now, now)


def run(controller, before, after, start=None, frames=FRAMES):
    """Brightness of each frame while a controller drives a twin; the light changes after frame CHANGED."""
    cam = camtwin.open(MONO, scene=before, seed=3)
    cam.Width, cam.Height = 128, 96
    now = start or Exposure(4000.0)
    cam.ExposureTime, cam.Gain = now.exposure_us, now.gain_dB
    seen = []
    for number, frame in enumerate(cam.frames(frames)):
        bits, s = frame.pixel_format.bits, frame.settings
        black_DN = cam.twin.renderer.parameters.pedestal_DN / 2 ** (12 - bits)
        statistics = measured(frame.picture, bits, "", black_DN, (8, 6))
        used = Exposure(s.ExposureTime_ns / 1000, s.Gain_dB["All"])
        seen.append(controller.brightness(statistics))
        new = controller.step(statistics, used, now)
        if new != now:
            cam.ExposureTime, cam.Gain, now = new.exposure_us, new.gain_dB, new
        if number == CHANGED:
            cam.world.scene = after
    return np.array(seen) / controller.target


def settled(ratio, within=0.06):
    """Return the first frame from which on all have the right brightness; their number if there is none."""
    good = np.abs(ratio - 1) <= within
    return len(good) if not good[-1] else len(good) - int(np.argmin(good[::-1])) if not good.all() else 0


CASES = {
    "16 times the light": (Flat(1e6), Flat(16e6)),
    "a 256th of the light": (Flat(16e6), Flat(16e6 / 256)),
}


@pytest.mark.parametrize("case", CASES)
def test_it_settles_within_12_frames_and_does_not_overshoot(case):
    before, after = CASES[case]
    ratio = run(ExposureController(LIMITS), before, after)
    jump = CHANGED + 2  # the first frame in the new light
    assert np.abs(ratio[CHANGED - 1] - 1) < 0.06
    assert settled(ratio[jump:]) <= 12
    brighter = after.photons_per_s > before.photons_per_s
    past = ratio[jump:] if not brighter else 2 - ratio[jump:]
    assert past.max() <= 1.10


@pytest.mark.parametrize("case", CASES)
def test_the_naive_controller_never_settles(case):
    before, after = CASES[case]
    assert settled(run(Naive(LIMITS), before, after)[CHANGED + 2 :]) > 12


@pytest.mark.parametrize(
    ("start", "light"), [(Exposure(60_000, 20), 3e6), (Exposure(15, 0), 3e4)], ids=["saturated", "dark"]
)
def test_it_starts_from_anywhere(start, light):
    ratio = run(ExposureController(LIMITS), Flat(light), Flat(light), start, 20)
    assert settled(ratio) <= 12
    assert settled(run(Naive(LIMITS), Flat(light), Flat(light), start, 20)) > 12


def test_flicker_makes_no_limit_cycle():
    light = Lit(Flat(2.2e5), Flicker(100, 0.5))
    ratio = run(ExposureController(LIMITS, flicker_Hz=100), light, light, frames=60)
    assert settled(ratio) <= 12
    assert np.abs(ratio[-30:] - 1).max() < 0.06
    assert run(Naive(LIMITS), light, light, frames=60)[-30:].std() > 0.1


def test_white_balance_by_a_grey_card_on_the_twin():
    """A card in the middle of a coloured scene: its region says what light there is."""
    known = of_model("ids-imx412")
    for light in (spectra.d65(), spectra.illuminant_a()):
        cam = camtwin.open("ids-imx412", scene=Flat(3e6, light), seed=4)
        cam.Width, cam.Height, cam.ExposureTime = 240, 160, 8000.0
        frame = cam.grab()[0]
        raw = isp.raw_of(frame.picture, frame.pixel_format, 256.0 / 2 ** (12 - frame.pixel_format.bits))
        statistics = measured(raw.data, raw.bits, raw.mosaic, raw.black_DN, (8, 6))
        found = BalanceController("grey", region=(0.25, 0.25, 0.75, 0.75), speed=1).estimate(statistics)
        assert found is not None
        kelvin = known.kelvin_of(found)
        assert angle_deg(found, known.at(kelvin).gains) < 1.5
        image, _ = isp.preset("balanced", raw.mosaic, known, bits=raw.bits, gains=found).process(raw)
        means = image.reshape(-1, 3).mean(axis=0)
        assert np.ptp(means) / means.mean() < 0.03
