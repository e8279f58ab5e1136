"""Controllers by themselves: what a frame says, limits, steps, flicker, priority; HDR merging."""

from itertools import pairwise

import numpy as np
import pytest

from camtwin.isp import IspProblem, NoiseModel, Raw
from camtwin.isp.balance import BalanceController, angle_deg, normalised
from camtwin.isp.exposure import Exposure, ExposureController, Limits, within
from camtwin.isp.hdr import merged
from camtwin.isp.presets import Calibration, ColourPoint
from camtwin.isp.statistics import measured

LIMITS = Limits(20, 40_000, 0, 24)
IDENTITY = ((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0))


def mono(light, size=(96, 128)):
    dn = np.clip(np.rint(np.broadcast_to(light, size) * 3839 + 256), 0, 4095).astype(np.uint16)
    return measured(dn, 12, "", 256.0, (8, 6))


def test_the_light_alone_decides():
    c = ExposureController(LIMITS, target=0.2)
    used = Exposure(1000)
    for now in (used, Exposure(8000), Exposure(20, 3)):
        assert c.step(mono(0.1), used, now).product == pytest.approx(2000, rel=0.01)
    assert c.step(mono(0.2), used, used) == used
    assert c.step(mono(0.203), used, used) == used
    assert c.step(mono(1.0), used, used).product == pytest.approx(1000 * 0.2 / 1.5)
    assert c.step(mono(0.0), used, used).product == pytest.approx(16_000)
    assert c.settled(mono(0.205))
    assert not c.settled(mono(0.25))


def test_priority_limits_and_steps():
    c = ExposureController(LIMITS)
    assert c.split(10_000) == Exposure(10_000, 0)
    assert c.split(80_000).exposure_us == 40_000
    assert c.split(80_000).gain_dB == pytest.approx(6.02, abs=0.01)
    assert c.split(1e9) == Exposure(40_000, 24)
    assert c.split(1) == Exposure(20, 0)
    gain_first = ExposureController(LIMITS, priority="gain")
    assert gain_first.split(1000).gain_dB == pytest.approx(24, abs=0.01)
    assert gain_first.split(100).exposure_us == 20
    stepped = ExposureController(Limits(20, 40_000, 0, 24, 10, 0.5))
    assert stepped.split(1239).exposure_us == 1230
    assert stepped.split(90_000).gain_dB % 0.5 == 0
    assert within(c, 5000).split(10_000).exposure_us == 5000
    with pytest.raises(IspProblem, match="metering 'spot' is none of mean, centre, percentile"):
        ExposureController(LIMITS, metering="spot")


def test_exposures_are_whole_periods_of_flicker():
    c = ExposureController(LIMITS, flicker_Hz=100)
    for product in np.geomspace(20, 600_000, 60):
        found = c.split(float(product))
        if found.exposure_us >= 10_000:
            assert found.exposure_us % 10_000 == pytest.approx(0, abs=1e-6)
        assert found.product == pytest.approx(product, rel=1e-6) or found == Exposure(40_000, 24)
    products = [c.split(float(p)).product for p in np.geomspace(20, 600_000, 200)]
    assert all(a <= b * (1 + 1e-9) for a, b in pairwise(products))


def test_metering():
    light = np.full((96, 128), 0.1)
    light[:48, :64] = 0.4
    s = mono(light)
    assert ExposureController(LIMITS).brightness(s) == pytest.approx(0.175, abs=0.002)
    region = ExposureController(LIMITS, region=(0, 0, 0.5, 0.5))
    assert region.brightness(s) == pytest.approx(0.4, abs=0.002)
    assert ExposureController(LIMITS, metering="percentile", share=0.9).brightness(s) == pytest.approx(
        0.4, abs=0.01
    )
    middle = np.full((96, 128), 0.1)
    middle[40:56, 54:74] = 0.5
    centre = ExposureController(LIMITS, metering="centre")
    assert centre.brightness(mono(middle)) > ExposureController(LIMITS).brightness(mono(middle))


def coloured(white, size=(96, 128), seed=2):
    """Many colours, and their statistics behind RGGB, in a light of this white."""
    rng = np.random.default_rng(seed)
    rgb = np.repeat(np.repeat(rng.random((12, 16, 3)) * 0.5 + 0.1, 8, axis=0), 8, axis=1) * np.array(white)
    dn = np.empty(size, np.uint16)
    for i, plane in enumerate((0, 1, 1, 2)):
        dn[i // 2 :: 2, i % 2 :: 2] = np.rint(rgb[i // 2 :: 2, i % 2 :: 2, plane] * 3839 + 256)
    return measured(dn, 12, "RGGB", 256.0, (16, 12))


@pytest.mark.parametrize("method", ["auto", "grey", "shades"])
def test_white_balance_finds_the_light_of_many_colours(method):
    white = (0.5, 1.0, 0.6)
    found = BalanceController(method).estimate(coloured(white))
    assert found is not None
    assert angle_deg(found, (2.0, 1.0, 1 / 0.6)) < 4
    assert min(found) == 1


def test_white_balance_moves_smoothly_and_stops():
    c, s, now = BalanceController("grey", speed=0.5), coloured((0.5, 1.0, 0.6)), (1.0, 1.0, 1.0)
    wanted = c.estimate(s)
    steps = [now := c.step(s, now) for _ in range(12)]
    assert wanted is not None
    assert steps[-1] == pytest.approx(wanted, rel=0.01)
    assert steps[-1] == steps[-2]
    dark = measured(np.full((96, 128), 256, np.uint16), 12, "RGGB", 256.0, (16, 12))
    assert c.step(dark, (2.0, 1.0, 1.5)) == (2.0, 1.0, 1.5)
    with pytest.raises(IspProblem, match="needs a colour frame"):
        c.estimate(mono(0.3))


def test_the_locus_keeps_to_lights_that_there_are():
    points = (ColourPoint(2800, (1.0, 1.0, 2.5), IDENTITY), ColourPoint(6500, (2.2, 1.0, 1.4), IDENTITY))
    c = BalanceController(calibration=Calibration("two", points), speed=1)
    green_room = coloured((0.45, 1.6, 0.5))
    found = c.estimate(green_room)
    assert found is not None
    assert found[1] == min(found)
    with pytest.raises(IspProblem, match="locus with 0 calibrated lights; it needs 2 or more"):
        BalanceController("locus")
    assert normalised(np.array([4.0, 2.0, 3.0])) == (2.0, 1.0, 1.5)


def exposures(scene, ratio, rng, moved=None):
    """Long and short 10 bit frames of light, (H, W), of which 1 fills the long one."""

    def one(light):
        e = rng.poisson(np.clip(light, 0, 1) * 7500)
        dn = np.clip(np.rint(e * 0.1175 + 64 + rng.normal(0, 0.4, light.shape)), 0, 1023)
        return Raw(dn.astype(np.uint16), 10, "RGGB", 64.0)

    return one(scene), one((scene if moved is None else moved) / ratio)


def test_two_exposures_become_one_of_more_range():
    rng, ratio = np.random.default_rng(4), 16
    scene = np.tile(np.geomspace(0.01, 14, 256), (64, 1))
    long, short = exposures(scene, ratio, rng)
    out = merged(long, short, ratio, NoiseModel(0.1175, 3.0))
    assert (out.bits, out.mosaic, out.black_DN) == (16, "RGGB", 0.0)
    light = out.data.mean(axis=0) / 65535 * ratio * 959 / 0.1175 / 7500
    good = scene[0] < 13
    assert light[good] == pytest.approx(scene[0][good], rel=0.06)
    dark = scene[0] < 0.05
    own = out.data[:, dark] / 65535 * ratio * 959
    assert own.std(axis=0).mean() < 1.2 * (long.data[:, dark] - 64.0).std(axis=0).mean() + 0.3


def test_what_moved_is_there_once():
    rng, ratio = np.random.default_rng(5), 8
    scene, moved = np.full((64, 96), 0.85), np.full((64, 96), 0.85)
    scene[:, 20:40], moved[:, 40:60] = 0.2, 0.2
    long, short = exposures(scene, ratio, rng, moved)
    light = (
        merged(long, short, ratio, NoiseModel(0.1175, 3.0)).data.mean(axis=0)
        / 65535
        * ratio
        * 959
        / 0.1175
        / 7500
    )
    ghost = light[44:56]  # the long exposure saw 0.85 here, the short one 0.2
    assert np.all((np.abs(ghost - 0.2) < 0.05) | (np.abs(ghost - 0.85) < 0.05))
    assert light[70:90] == pytest.approx(np.full(20, 0.85), rel=0.05)
    with pytest.raises(IspProblem, match=r"exposure ratio 0.5 is outside 1\.\.256"):
        merged(long, short, 0.5, NoiseModel(0.1, 3))
    with pytest.raises(IspProblem, match="differ"):
        merged(long, Raw(short.data[:32], 10, "RGGB", 64.0), 8, NoiseModel(0.1, 3))
