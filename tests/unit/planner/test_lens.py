"""The planner's results against numbers computed on paper."""

import json
from math import inf

import pytest

from camtwin import models
from camtwin.models import load_rig
from camtwin.numbers import NumberInvalid
from camtwin.planner import lens
from camtwin.planner.lens import Lens, LensInvalid
from unit.test_cli import camtwin as cli

MODEL = "baumer-vcxg-124m"
SENSOR = models.load(MODEL).sensor.parameters  # 4096 x 3000, 3.45 um: 14.13 x 10.35 mm


def test_a_25_mm_lens_at_half_a_metre():
    """m = 25 / 475 = 0.05263; 14.131 mm / m = 268.5 mm; 10.35 / m = 196.65 mm; 3.45 um / m = 65.55 um.

    With c = 3.45 um and N = 4: H = 625 / 0.0138 + 25 = 45 315 mm; near 500 x 45 290 / 45 765 = 494.81 mm,
    far 500 x 45 290 / 44 815 = 505.30 mm. Airy disc 2.44 x 0.55 x 4 x 1.0526 = 5.65 um.
    """
    seen = lens.view(SENSOR, Lens(25), 500)
    assert seen.magnification == pytest.approx(0.052632, abs=1e-6)
    assert (seen.width_mm, seen.height_mm) == (
        pytest.approx(268.49, abs=0.01),
        pytest.approx(196.65, abs=0.01),
    )
    assert seen.pixel_mm == pytest.approx(0.06555, abs=1e-5)
    assert (seen.near_mm, seen.far_mm) == (pytest.approx(494.81, abs=0.01), pytest.approx(505.30, abs=0.01))
    assert seen.airy_um == pytest.approx(5.65, abs=0.01)
    assert lens.view(SENSOR, Lens(8, 16), 3000, 10).far_mm == inf  # hyperfocal at 408 mm


def test_the_lens_for_a_field_of_view():
    """100 mm of 14.131 mm is m = 0.14131; f = 500 x 0.14131 / 1.14131 = 61.91 mm, and it shows 100 mm."""
    focal = lens.focal_for(SENSOR, 100, 500)
    assert focal == pytest.approx(61.91, abs=0.01)
    assert lens.view(SENSOR, Lens(focal), 500).width_mm == pytest.approx(100)
    said = json.loads(cli("lens", MODEL, "--field", "100", "--distance", "500", "--json").stdout)
    assert said["focal_mm"] == pytest.approx(61.91, abs=0.01)
    assert said["width_mm"] == pytest.approx(100, abs=0.01)


def test_a_telecentric_lens():
    """m = 0.5, N = 8: 28.26 mm wide; depth 2 x 8 x 3.45 um / 0.25 = 220.8 um; Airy disc 10.74 um.

    The working f-number holds the magnification: 1000 x 0.9 x 0.9 / (4 x 64) = 3.164 lx on the sensor, and
    5.54e5 photons/s are of 11.42 lx.
    """
    args = ["lens", MODEL, "--magnification", "0.5", "--f-number", "8"]
    said = json.loads(cli(*args, "--json").stdout)
    assert said["width_mm"] == pytest.approx(28.26, abs=0.01)
    assert said["depth_mm"] == pytest.approx(0.2208, abs=1e-4)
    assert said["airy_um"] == pytest.approx(10.74, abs=0.01)
    seen = lens.telecentric_view(SENSOR, lens.Telecentric(0.5, 8), 100)
    assert (seen.near_mm, seen.far_mm) == (pytest.approx(99.8896), pytest.approx(100.1104))
    photons = lens.photons_per_s(SENSOR, lens.Telecentric(0.5, 8), 0.0, 1000)
    assert photons == pytest.approx(5.54e5 * 3.164 / 11.42, rel=0.01)
    assert said["half_saturation_us"] == pytest.approx(lens.exposure_us(SENSOR, photons), rel=1e-4)
    assert "0.2208 mm around the working distance" in cli(*args).stdout


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "give one of --focal, --field and --magnification"),
        (["--focal", "25", "--field", "100", "--distance", "500"], "give one of --focal, --field and"),
        (["--focal", "25"], "--distance is missing"),
        (["--field", "0", "--distance", "500"], "a field of view of 0 mm is below the minimum 1e-06 mm"),
        (
            ["--magnification", "1e-300", "--distance", "9"],
            "a magnification of 1e-300 is below the minimum 1e-06",
        ),
        (["--magnification", "-1"], "a magnification of -1 is below the minimum 1e-06"),
    ],
)
def test_which_lens_is_meant_must_be_said(args, message):
    assert cli("lens", MODEL, *args, ok=False).stderr.startswith(f"camtwin: {message}")


def test_motion_blur():
    """100 mm/s for 1 ms are 0.1 mm, 1.526 pixels of 65.55 um."""
    assert lens.blur_px(SENSOR, 0.052632, 100, 1000) == pytest.approx(1.5256, abs=1e-3)


def test_exposure_against_light():
    """1000 lx on white paper, f/4: 1000 x 0.9 x 0.9 / (64 x 1.108) = 11.42 lx on the sensor.

    At 550 nm V is 0.9957: 11.42 / 680.1 = 16.80 mW/m2, on 11.90 um2 2.000e-13 W, over 3.612e-19 J a photon:
    5.54e5 photons/s.
    """
    photons = lens.photons_per_s(SENSOR, Lens(25), 0.052632, 1000)
    assert photons == pytest.approx(5.54e5, rel=0.01)
    half = (
        9785 / 2 / (photons * SENSOR.quantum_efficiency(550)) * 1e6
    )  # the converter ends below the full well
    assert lens.exposure_us(SENSOR, photons) == pytest.approx(half, rel=1e-4)
    assert lens.photons_per_s(SENSOR, Lens(25, 8), 0.052632, 1000) == pytest.approx(photons / 4)


@pytest.mark.parametrize(
    ("model", "mount", "word"),
    [
        (MODEL, "C-Mount", "fits"),
        (MODEL, "CS-Mount", "flange"),
        (MODEL, "M12", "does not mate"),
        ("ids-imx412", "CS-Mount", "fits"),
        ("ids-imx412", "C-Mount", "ring"),
        ("framos-fsm-imx412", "M12", "fits"),
        ("basler-aca4112-20um", "F-Mount", "does not mate"),
    ],
)
def test_mounts(model, mount, word):
    finding = lens.mount_finding(load_rig(model), mount)
    assert finding.word == word
    if word in ("flange", "ring"):
        assert finding.value == pytest.approx(5.0)


def test_an_image_circle_that_is_too_small():
    """The diagonal is 17.52 mm."""
    seen = lens.view(SENSOR, Lens(25), 500)
    small = lens.circle_finding(seen, Lens(25, image_circle_mm=11))
    assert small
    assert small.word == "vignettes"
    assert lens.circle_finding(seen, Lens(25, image_circle_mm=17.6)) is None


def test_what_cannot_be_is_told():
    with pytest.raises(LensInvalid, match="20 mm is not above the focal length, 25 mm"):
        lens.view(SENSOR, Lens(25), 20)
    with pytest.raises(NumberInvalid, match="a focal length of 0 mm is below the minimum 1e-06 mm"):
        Lens(0)
    with pytest.raises(LensInvalid, match="no light"):
        lens.exposure_us(SENSOR, 0)


def test_the_command():
    args = ["lens", MODEL, "--focal", "25", "--distance", "500", "--speed", "100", "--exposure", "1000"]
    said = json.loads(cli(*args, "--json").stdout)
    assert said["width_mm"] == pytest.approx(268.49, abs=0.01)
    assert said["blur_px"] == pytest.approx(1.5256, abs=1e-3)
    assert "268.5 x 196.7 mm" in cli(*args).stdout
    assert (
        "not above the focal length"
        in cli("lens", MODEL, "--focal", "25", "--distance", "9", ok=False).stderr
    )
    assert "M12 does not fit" in cli(*args, "--mount", "M12", ok=False).stdout


@pytest.mark.parametrize("model", [*filter(models.has_rig, models.names()), "basler-aca1920-40gc"])
def test_the_command_on_every_model(model):
    """A colour sensor has an efficiency for each colour; the exposure is that of the one that fills first."""
    seen = json.loads(cli("lens", model, "--focal", "25", "--distance", "500", "--json").stdout)
    assert 0 < seen["half_saturation_us"] < 1e6


def test_the_cameras_pixels_are_seen_not_the_sensors():
    """The Basler has 4112 x 3008 of the IMX304's pixels; its sheet says 17.6 mm of diagonal."""
    args = ("lens", "basler-aca4112-20um", "--focal", "25", "--distance", "500", "--json")
    seen = json.loads(cli(*args).stdout)
    assert seen["width_mm"] == pytest.approx(4112 * 3.45e-3 * 19, rel=1e-5)
    assert seen["height_mm"] == pytest.approx(3008 * 3.45e-3 * 19, rel=1e-5)
    assert round(seen["diagonal_mm"], 1) == 17.6
    assert seen["saturation_e"] == pytest.approx(9785, abs=1)
    assert all(value == float(f"{value:.6g}") for value in seen.values() if isinstance(value, float))
