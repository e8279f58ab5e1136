"""Spectra beside what others publish of them: illuminants, luminous efficacy, colour of paint."""

from __future__ import annotations

import numpy as np
import pytest

from camtwin.scene import Chart, Flat, Lit, Pan, Picture, Pwm, View, cie, spectra, spectra_of
from camtwin.scene.lift import BASIS, lifted

NM = cie.OBSERVER_nm


def chromaticity(power: np.ndarray) -> np.ndarray:
    xyz = cie.tristimulus(NM, power)
    return xyz[:2] / xyz.sum()


def test_d65_is_the_table_of_iso_11664_2():
    nm = np.array([400, 450, 500, 550, 560, 600, 650, 700.0])
    table = [82.7549, 117.008, 109.354, 104.046, 100.0, 90.0062, 80.0268, 71.6091]
    assert cie.daylight(nm, 6500 * 1.4388 / 1.4380) == pytest.approx(table, abs=0.001)


def test_illuminant_a_is_the_table_of_iso_11664_2():
    nm = np.array([400, 500, 560, 600, 700.0])
    assert cie.illuminant_a(nm) == pytest.approx([14.7080, 59.8611, 100.0, 129.043, 198.261], rel=1e-4)


@pytest.mark.parametrize(
    ("power", "x", "y"),
    [
        (cie.illuminant_a(NM), 0.44757, 0.40745),
        (cie.daylight(NM, 6500 * 1.4388 / 1.4380), 0.31272, 0.32903),
        (cie.daylight(NM, 5000 * 1.4388 / 1.4380), 0.34567, 0.35850),
        (np.ones(NM.size), 0.33333, 0.33333),
    ],
)
def test_white_points(power, x, y):
    assert chromaticity(power) == pytest.approx([x, y], abs=0.0005)


def test_a_black_body_is_brightest_where_wien_says():
    light = spectra.black_body(5000)
    power = np.array(light.share) / spectra.NM
    assert spectra.NM[power.argmax()] == pytest.approx(2.897771955e6 / 5000, abs=spectra.STEP_nm)
    assert chromaticity(np.interp(NM, spectra.NM, power)) == pytest.approx([0.3451, 0.3516], abs=0.001)


def test_one_lux_of_green_light_is_4_1e15_photons_per_square_metre():
    """1 lx is 1 / 683 W/m2 at 555 nm, and 1 / (683 * 0.995) at 560 nm; a photon there has 3.5472e-19 J."""
    green = spectra.spectrum_of(560.0)
    photons = 1 / 683 / 3.5472e-19 / 1e12
    assert spectra.photons_from_lux(0.995, 1.0, green) == pytest.approx(photons, rel=1e-4)
    assert spectra.photons_from_irradiance(1 / 683, 1.0, green) == pytest.approx(photons, rel=1e-4)


def test_a_tungsten_lamp_has_11500_photons_per_lux_s_and_square_micron():
    """From 400 to 700 nm, at 3200 K."""
    light = spectra.black_body(3200)
    inside = [(nm > 400) + (nm >= 400) + (nm < 700) + (nm <= 700) for nm in light.nm]
    visible = sum(s * (n - 2) / 2 for n, s in zip(inside, light.share, strict=True) if n > 2)
    assert spectra.photons_from_lux(1, 1.0, light) * visible == pytest.approx(11_458, rel=0.005)


def test_an_led_has_its_peak_and_little_else():
    light = spectra.led(525)
    share = dict(zip(light.nm, light.share, strict=True))
    assert max(share, key=share.__getitem__) == 525
    assert sum(s for nm, s in share.items() if abs(nm - 525) <= 30) > 0.97


@pytest.mark.parametrize("make", [spectra.d65, spectra.illuminant_a, lambda: spectra.black_body(2848)])
def test_shares_are_all_the_photons(make):
    light = make()
    assert sum(light.share) == pytest.approx(1)
    assert light.mean(lambda nm: 1.0) == pytest.approx(1)
    left, share = light.filtered("half", lambda nm: 0.5)
    assert (share, left.share) == (pytest.approx(0.5), pytest.approx(light.share))


# -- paint -------------------------------------------------------------------------------------------


def test_paints_are_reflectances_and_grey_together():
    assert BASIS.min() >= 0
    assert BASIS.max() <= 1
    assert BASIS.sum(axis=0) == pytest.approx(np.ones(NM.size))
    assert abs(np.diff(BASIS)).max() < 0.3


def test_paints_show_the_primaries_of_srgb_under_d65():
    light = cie.daylight(NM, 6500 * 1.4388 / 1.4380)
    for reflectance, xy in zip(BASIS, [(0.64, 0.33), (0.30, 0.60), (0.15, 0.06)], strict=True):
        assert chromaticity(light * reflectance) == pytest.approx(xy, abs=1e-4)
    luminance = [cie.tristimulus(NM, light * r)[1] / cie.tristimulus(NM, light)[1] for r in BASIS]
    assert luminance == pytest.approx([0.2126, 0.7152, 0.0722], abs=0.0003)


def test_what_three_paints_leave_of_a_light_adds_up_to_it():
    parts = lifted(spectra.illuminant_a())
    assert sum(share for _, share in parts) == pytest.approx(1, abs=1e-5)
    total = sum(np.array(spectrum.share) * share for spectrum, share in parts)
    assert total == pytest.approx(np.array(spectra.illuminant_a().share), abs=1e-6)


VIEW = View(4, 2, 8, 6, 16, 12, 1.55)


def coloured(light) -> Picture:
    image = np.zeros((12, 16, 3), np.uint8)
    image[:, :8, 0], image[:, 8:, 2] = 255, 255
    image[:6] = 188
    return Picture(image, 1e6, light)


def test_a_coloured_picture_in_white_light_has_three_layers():
    picture = coloured(spectra.d65())
    rate = picture.photon_rate(VIEW, 0)
    assert rate.shape == (3, 6, 8)
    assert len(spectra_of(picture)) == 3
    shares = [share for _, share in picture.layers]
    assert rate[:, 5, 0] == pytest.approx([1e6 * shares[0], 0, 0], rel=1e-4)
    assert rate[:, 5, 7] == pytest.approx([0, 0, 1e6 * shares[2]], rel=1e-4)
    assert rate[:, 0, 0].sum() == pytest.approx(0.503e6, rel=0.001)  # grey


def test_in_one_wavelength_it_is_its_luminance():
    rate = coloured(536.0).photon_rate(VIEW, 0)
    assert rate.shape == (6, 8)
    assert rate[5, 0] == pytest.approx(0.2126e6, rel=1e-3)


@pytest.mark.parametrize(
    "wrap", [lambda s: Pan(s, 1e3), lambda s: Lit(s, Pwm()), lambda s: Pan(Lit(s, Pwm()))]
)
def test_colours_go_along_with_what_moves_and_flickers(wrap):
    picture = coloured(spectra.d65())
    scene = wrap(picture)
    assert spectra_of(scene) == spectra_of(picture)
    assert np.array_equal(scene.photon_rate(VIEW, 0), picture.photon_rate(VIEW, 0))


def test_a_pan_moves_every_layer():
    still = coloured(spectra.d65()).photon_rate(View(2, 2, 8, 6, 16, 12, 1.55), 0)
    moved = Pan(coloured(spectra.d65()), 1000.0).photon_rate(VIEW, 2_000_000)
    assert moved == pytest.approx(still)


def test_grey_things_take_the_light_of_their_lamp():
    light = spectra.illuminant_a()
    assert spectra_of(Flat(1e6, light)) == spectra_of(Chart(1e6, light)) == (light,)
    assert spectra_of(Flat(1e6, 536)) == (spectra.Spectrum("536", (536.0,), (1.0,)),)
