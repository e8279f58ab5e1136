"""The ColorChecker: its paints look as published, and the sensor counts what their spectra say."""

import numpy as np
import pytest

import camtwin
from camtwin.models import load
from camtwin.scene import Checker, View, cie, spectra, spectra_of
from camtwin.scene.checker import CARD, PAINTS, covered, inside, reflectance

SRGB = {
    "dark skin": (115, 82, 68),
    "light skin": (194, 150, 130),
    "blue sky": (98, 122, 157),
    "foliage": (87, 108, 67),
    "blue flower": (133, 128, 177),
    "bluish green": (103, 189, 170),
    "orange": (214, 126, 44),
    "purplish blue": (80, 91, 166),
    "moderate red": (193, 90, 99),
    "purple": (94, 60, 108),
    "yellow green": (157, 188, 64),
    "orange yellow": (224, 163, 46),
    "blue": (56, 61, 150),
    "green": (70, 148, 73),
    "red": (175, 54, 60),
    "yellow": (231, 199, 31),
    "magenta": (187, 86, 149),
    "white 9.5": (243, 243, 242),
    "neutral 8": (200, 200, 200),
    "neutral 6.5": (160, 160, 160),
    "neutral 5": (122, 122, 121),
    "neutral 3.5": (85, 85, 85),
    "black 2": (52, 52, 52),
}
"""The maker's sRGB values, without cyan, which is out of the gamut."""
TO_SRGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])


@pytest.mark.parametrize("paint", SRGB)
def test_paints_have_their_published_colours_under_d65(paint):
    """Two measured charts differ by some hundredths of linear light."""
    nm = cie.OBSERVER_nm
    light = cie.daylight(nm, 6500 * 1.4388 / 1.4380)
    paint_light = light * [reflectance(paint, at) for at in nm]
    xyz = cie.tristimulus(nm, paint_light) / cie.tristimulus(nm, light)[1]
    code = np.array(SRGB[paint]) / 255
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    assert TO_SRGB @ xyz == pytest.approx(linear, rel=0.07, abs=0.03)


def test_what_is_covered_adds_up():
    line = covered(0, 100, 20.25, 30.5)
    assert line.sum() == pytest.approx(30.5, rel=1e-5)
    assert line[30:40] == pytest.approx(np.ones(10))
    assert (line[:15].max(), line[60:].max()) == (0, 0)
    assert np.array_equal(covered(30, 40, 20.25, 30.5), line[30:70])


def test_a_view_is_a_cut_of_the_whole_and_layers_share_the_light():
    scene = Checker(1e6)
    whole = scene.photon_rate(View(0, 0, 330, 220, 330, 220, 3.45), 0)
    cut = scene.photon_rate(View(33, 50, 61, 40, 330, 220, 3.45), 0)
    assert np.array_equal(cut, whole[:, 50:90, 33:94])
    assert whole.shape[0] == len(spectra_of(scene)) == 25
    shares = np.array([share for _, share in scene.layers])[:, None, None]
    assert (whole / shares).sum(axis=0) == pytest.approx(np.full((220, 330), 1e6), rel=1e-5)


@pytest.mark.parametrize("light", [spectra.d65(), spectra.illuminant_a()])
def test_the_sensor_counts_what_spectra_and_efficiencies_say(light):
    """In each patch: photons times reflectance times quantum efficiency, summed over wavelengths."""
    p = load("sony-imx412-aack").sensor.parameters
    photons, exposure_s = 8e6, 5e-3
    cam = camtwin.open("sony-imx412-aack", scene=Checker(photons, light), seed=6)
    cam.SensorMode = "Full12"
    cam.ExposureTime = exposure_s * 1e6
    picture = cam.grab()[0].picture.astype(float) - 256
    for paint, place in inside(p.width, p.height).items():
        x, y = place.x // 2 * 2, place.y // 2 * 2
        for row, column, colour in ((0, 0, "R"), (0, 1, "G"), (1, 0, "G"), (1, 1, "B")):
            expected_e = photons * exposure_s * sum(
                share * reflectance(paint, nm) * p.quantum_efficiency(nm, colour)
                for nm, share in zip(light.nm, light.share, strict=True)
            )  # fmt: skip
            patch = picture[y + row : y + place.height : 2, x + column : x + place.width : 2]
            assert expected_e < 7500
            noise_DN = 6 * np.sqrt((expected_e + 10) / patch.size) * p.gain_DN_per_e
            assert patch.mean() == pytest.approx(expected_e * p.gain_DN_per_e, rel=0.002, abs=noise_DN + 0.1)


def test_the_card_between_the_patches_is_black():
    scene = Checker(1e6, 536.0)
    rate = scene.photon_rate(View(0, 0, 330, 220, 330, 220, 3.45), 0).sum(axis=0)
    assert rate[0, 0] == pytest.approx(CARD * 1e6)
    for paint, place in inside(330, 220).items():
        middle = rate[place.y + place.height // 2, place.x + place.width // 2]
        assert middle == pytest.approx(1e6 * reflectance(paint, 536))
    assert len(PAINTS) == 24
