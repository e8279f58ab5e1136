"""The IMX412 by itself: its drive modes, its latency, its colours and what its flyer promises of them."""

import numpy as np
import pytest

import camtwin
from camtwin.problem import Refused
from camtwin.scene import Chart, Flat, Spectrum, spectra

SONY = "sony-imx412-aack"
BLACK_DN = 64
CM500 = {400: 0.83, 450: 0.86, 500: 0.89, 525: 0.885, 550: 0.86, 575: 0.80, 600: 0.70, 625: 0.56, 650: 0.40,
         675: 0.25, 700: 0.14, 750: 0.04, 780: 0.02}  # fmt: skip
"""Transmission over nm of the filter in front of the public measurements, of a glass like it: an
assumption."""


def behind_glass(light: Spectrum) -> tuple[Spectrum, float]:
    """Return the light behind the filter, and the share of its photons that passes."""
    nm, passed = list(CM500), list(CM500.values())
    return light.filtered(f"{light.name} behind CM500", lambda at: float(np.interp(at, nm, passed)))


def small(scene, **features):
    cam = camtwin.open(SONY, scene=scene, seed=3)
    cam.SensorMode = features.pop("SensorMode", "Full10")  # it sets the window
    for name, value in {"Width": 256, "Height": 256, "ExposureTime": 5000.0, **features}.items():
        setattr(cam, name, value)
    return cam


def colours(frame) -> dict[str, float]:
    """Mean above black of each phase of the mosaic: R, G of the red rows, g of the blue rows, B."""
    mosaic = frame.pixel_format.mosaic
    names = [
        c if c != "G" else ("G" if "R" in mosaic[i // 2 * 2 : i // 2 * 2 + 2] else "g")
        for i, c in enumerate(mosaic)
    ]
    dn = frame.picture.astype(float) - BLACK_DN * (4 if frame.pixel_format.bits == 12 else 1)
    return {name: dn[i // 2 :: 2, i % 2 :: 2].mean() for i, name in enumerate(names)}


@pytest.mark.parametrize(
    ("mode", "shape", "fps", "bits"),
    [
        ("Full10", (3040, 4056), 60, 10),
        ("Full12", (3040, 4056), 40, 12),
        ("Uhd", (2288, 4056), 79, 10),
        ("FullHd", (1112, 2028), 240, 10),
    ],
)
def test_drive_modes(mode, shape, fps, bits):
    cam = camtwin.open(SONY, render=False)
    cam.SensorMode, cam.ExposureTime = mode, 1000.0
    times = [f.timestamp_ns for f in cam.grab(101)]
    assert 1e9 * 100 / (times[-1] - times[0]) == pytest.approx(fps, rel=0.01)
    assert (cam.Height, cam.Width) == shape
    with pytest.raises(Refused, match=r"FrameLength .* is below the minimum"):
        cam.FrameLength = cam.FrameLength - 1
    cam = small(Flat(1e7), SensorMode=mode)
    cam.Width, cam.Height = 64, 64
    (frame,) = cam.grab()
    assert (frame.pixel_format.bits, frame.pixel_format.mosaic) == (bits, "RGGB")


def test_dol_delivers_30_pairs_a_second():
    cam = camtwin.open(SONY, render=False)
    cam.SensorMode, cam.ExposureTime = "Dol", 1000.0
    frames = cam.grab(202)
    times = [f.timestamp_ns for f in frames if f.part == 0]
    assert len(times) == 101
    assert 1e9 * 100 / (times[-1] - times[0]) == pytest.approx(30, rel=0.01)


def test_a_longer_frame_is_a_slower_one():
    cam = camtwin.open(SONY, render=False)
    cam.SensorMode, cam.FrameLength, cam.ExposureTime = (
        "Uhd",
        3102,
        1000.0,
    )  # 4K2K at 60, as the flyer's headline has it
    times = [f.timestamp_ns for f in cam.grab(11)]
    assert 1e10 / (times[-1] - times[0]) == pytest.approx(60.0, rel=0.01)


def test_settings_and_modes_come_two_frames_later_while_it_streams():
    cam = camtwin.open(SONY, scene=Flat(1e6))
    cam.ExposureTime = 1000.0
    cam.AcquisitionStart()
    frames = cam.grab(2)
    cam.ExposureTime, cam.SensorMode = 2000.0, "FullHd"
    frames += cam.grab(6)
    assert [f.frame_id for f in frames] == list(range(1, 9))
    begun = next(f.frame_id for f in frames if f.settings.ExposureTime_ns == 2_000_000)
    assert begun == 4 + 2  # frame 3 was exposed when frame 2 had arrived; 4 is the next to begin
    shapes = [f.picture.shape for f in frames]
    assert shapes == [(3040, 4056)] * 5 + [(1112, 2028)] * 3


def test_both_depths_are_conversions_of_their_own():
    """In 12 bits all residues modulo 4 occur; black and slope are four times those of 10 bits."""
    means = {}
    for mode in ("Full10", "Full12"):
        (frame,) = small(Flat(2e6), SensorMode=mode, Width=512, Height=512).grab()
        means[mode] = colours(frame)["G"]
        assert set(np.unique(frame.picture % 4)) == {0, 1, 2, 3}
    assert means["Full12"] == pytest.approx(4 * means["Full10"], rel=0.005)


@pytest.mark.parametrize("reverse_x", [False, True])
@pytest.mark.parametrize("reverse_y", [False, True])
@pytest.mark.parametrize("mode", ["Full10", "FullHd"])
@pytest.mark.parametrize(("nm", "own"), [(620.0, "R"), (530.0, "G"), (455.0, "B")])
def test_narrow_light_is_brightest_in_its_own_phase_through_regions_and_mirrors(
    nm, own, mode, reverse_x, reverse_y
):
    cam = small(
        Flat(5e6, nm),
        SensorMode=mode,
        Width=64,
        Height=64,
        OffsetX=130,
        OffsetY=66,
        ReverseX=reverse_x,
        ReverseY=reverse_y,
    )
    (frame,) = cam.grab()
    means = colours(frame)
    assert max(means, key=means.__getitem__).upper() == own
    assert means["G"] == pytest.approx(means["g"], rel=0.02)
    assert means[own] > 2 * min(means.values())
    expected = {(False, False): "RGGB", (True, False): "GRBG", (False, True): "GBRG", (True, True): "BGGR"}
    assert frame.pixel_format.mosaic == expected[reverse_x, reverse_y]


def test_a_region_is_a_cut_of_the_whole_noise_included():
    whole = small(Chart(2e7, spectra.d65()), Width=4056, Height=3040, OffsetX=0, OffsetY=0).grab()[0].picture
    cut = small(Chart(2e7, spectra.d65()), Width=128, Height=64, OffsetX=1002, OffsetY=702).grab()[0].picture
    # In time, the cut's rows come earlier; in steady light that does not matter.
    assert np.array_equal(cut, whole[702 : 702 + 64, 1002 : 1002 + 128])


def test_binning_halves_the_noise_and_keeps_the_field_of_view():
    plain = small(Flat(1e6), Width=512, Height=512).grab()[0].picture[1::2, 0::2].astype(float)
    binned = (
        small(Flat(1e6), SensorMode="FullHd", Width=512, Height=512)
        .grab()[0]
        .picture[1::2, 0::2]
        .astype(float)
    )
    assert binned.mean() == pytest.approx(plain.mean(), rel=0.01)
    assert plain.std() / binned.std() == pytest.approx(2, rel=0.15)


@pytest.mark.parametrize(
    ("kelvin", "r_over_g", "b_over_g"), [(2848, 0.507, 0.400), (5579, 0.323, 0.700), (7763, 0.295, 0.740)]
)
def test_white_balance_of_a_grey_patch(kelvin, r_over_g, b_over_g):
    """Compare with ratios of public tuning data of the IMX477 behind a CM500.

    The lamps are assumed: glowing ones below 6000 K, daylight above.
    """
    lamp = spectra.black_body(kelvin) if kelvin < 6000 else spectra.daylight(kelvin)
    light, share = behind_glass(lamp)
    means = colours(small(Flat(8e6 * share, light)).grab()[0])
    green = (means["G"] + means["g"]) / 2
    assert means["R"] / green == pytest.approx(r_over_g, rel=0.05)
    assert means["B"] / green == pytest.approx(b_over_g, rel=0.05)


def test_sonys_sensitivity_and_saturation():
    """At least 250 LSB at F2.8 in 1/120 s, and 1023 LSB in saturation; Tj = 60 degC.

    The flyer does not say which light: 706 cd/m2 at 3200 K behind an infrared cut filter is what the maker's
    other sheets have, and green is the channel; both are assumptions, as is a lens that loses nothing.
    """
    lamp = spectra.black_body(3200)
    lux = spectra.illuminance_behind(706, 2.8)
    assert lux == pytest.approx(70.7, abs=0.1)
    light, share = behind_glass(lamp)
    photons = spectra.photons_from_lux(lux, 1.55, lamp) * share
    cam = small(Flat(photons, light), ExposureTime=1e6 / 120)
    cam.world.hold_internal_C(60)
    (frame,) = cam.grab()
    signal = colours(frame)["G"]
    assert 250 <= signal <= 350
    cam = small(Flat(photons, light), ExposureTime=1e6 / 60)
    cam.world.hold_internal_C(60)
    assert colours(cam.grab()[0])["G"] == pytest.approx(2 * signal, rel=0.02)
    cam = small(Flat(50 * photons, light), ExposureTime=1e6 / 120)
    cam.world.hold_internal_C(60)
    assert cam.grab()[0].picture.min() == 1023
