"""Mirrors, table and defect list on the twin's pictures, exact to the code."""

import numpy as np
import pytest

import camtwin
from camtwin.problem import Refused
from camtwin.sensor.flaws import Flaws

MODEL = "baumer-vcxg-124m"
LIGHT = camtwin.scene.Flat(photons_per_s=1.2e6, wavelength_nm=536)
FLASH = camtwin.scene.Lit(LIGHT, camtwin.scene.Pulses(((0, 5_000_000),)))
"""Over before rows wait to be read: which is read first makes no difference."""


def first(*settings: str, scene: camtwin.scene.Scene = LIGHT, flaws=None) -> camtwin.Frame:
    with camtwin.open(MODEL, scene=scene, seed=5) as cam:
        for text in ("Height=32", "Width=4096", *settings):
            cam.set(text)
        if flaws:
            cam.world.flaws = flaws
        return cam.grab()[0]


@pytest.mark.parametrize("name", ["Mono8", "Mono10", "Mono12", "Mono12p"])
@pytest.mark.parametrize("pattern", ["Off", "GreyDiagonalRamp"])
@pytest.mark.parametrize("binning", [1, 2])
def test_a_mirrored_picture_is_the_sensors_reversed_noise_included(name, pattern, binning):
    fmt, test = f"PixelFormat={name}", f"TestPattern={pattern}"
    bins = (f"BinningHorizontal={binning}", f"BinningVertical={binning}")
    width, rows = 4096 // binning, 3000 // binning
    plain = first(*bins, fmt, test, f"Width={width}", "OffsetY=100", scene=FLASH).picture
    x = first(*bins, fmt, test, f"Width={width}", "OffsetY=100", "ReverseX=true", scene=FLASH).picture
    y = first(
        *bins, fmt, test, f"Width={width}", f"OffsetY={rows - 100 - 32}", "ReverseY=true", scene=FLASH
    ).picture
    assert plain.std() > 0
    assert np.array_equal(x, plain[:, ::-1])
    assert np.array_equal(y, plain[::-1])


def test_the_region_is_counted_in_the_mirrored_picture():
    whole = first("ReverseX=true").picture
    cut = first("Width=160", "OffsetX=320", "ReverseX=true").picture
    assert np.array_equal(cut, whole[:, 320:480])


@pytest.mark.parametrize(("name", "bits"), [("Mono8", 8), ("Mono10", 10), ("Mono12", 12)])
def test_the_table_maps_codes_of_12_bits_before_they_are_reduced(name, bits):
    codes = first("PixelFormat=Mono12").picture
    table = (np.arange(4096) ** 2 // 4095).astype(">u2")
    with camtwin.open(MODEL, scene=LIGHT, seed=5) as cam:
        cam.Height, cam.PixelFormat, cam.LUTValueAll, cam.LUTEnable = 32, name, table.tobytes(), True
        assert np.array_equal(cam.grab()[0].picture, table[codes].astype(np.uint16) >> (12 - bits))


def test_an_inverted_table_written_entry_by_entry():
    with camtwin.open(MODEL) as cam:
        cam.Height, cam.PixelFormat, cam.TestPattern = 4, "Mono12", "GreyHorizontalRamp"
        for code in range(4096):
            cam.LUTIndex, cam.LUTValue = code, 4095 - code
        assert np.array_equal(cam.grab()[0].picture[0], np.arange(4096)), "not enabled yet"
        cam.LUTEnable = True
        assert np.array_equal(cam.grab()[0].picture[0], 4095 - np.arange(4096))
        assert cam.limits("LUTIndex") == (0, 4095)
        with pytest.raises(Refused, match="LUTValue 4096 is above the maximum 4095"):
            cam.LUTValue = 4096
        with pytest.raises(Refused, match="entry 65535 is above the maximum 4095"):
            cam.LUTValueAll = b"\xff" * 8192
        with pytest.raises(Refused, match="must have 8192 bytes, not 3"):
            cam.LUTValueAll = bytes(3)


def test_a_listed_pixel_becomes_its_neighbours_and_others_stay():
    flaws = Flaws(hot={(50, 3): 1e6, (52, 9): 1e6}, dead=frozenset({(4095, 31)}))
    with camtwin.open(MODEL, scene=LIGHT, seed=5) as cam:
        cam.Height, cam.PixelFormat, cam.world.flaws = 32, "Mono12", flaws
        clean = first("PixelFormat=Mono12").picture
        hot = cam.grab()[0].picture
        assert {(int(c), int(r)) for r, c in np.argwhere(hot != clean)} == {*flaws.hot, *flaws.dead}
        assert hot[3, 50] > clean[3, 50] + 1000
        for i, (x, y) in enumerate([(50, 3), (4095, 31)]):
            cam.DefectPixelListIndex, cam.DefectPixelListEntryActive = 511 - i, True
            cam.DefectPixelListEntryPosX, cam.DefectPixelListEntryPosY = x, y
        cam.twin.camera.preset_frame_count(0)
        good = cam.grab()[0].picture
        assert good[3, 50] == (int(hot[3, 49]) + int(hot[3, 51]) + 1) // 2
        assert good[31, 4095] == hot[31, 4094]
        assert good[9, 52] == hot[9, 52] > clean[9, 52] + 1000, "not listed"
        cam.DefectPixelCorrection = False
        cam.twin.camera.preset_frame_count(0)
        assert np.array_equal(cam.grab()[0].picture, hot)
        with pytest.raises(Refused, match="DefectPixelListIndex 512 is above the maximum 511"):
            cam.DefectPixelListIndex = 512


def test_a_column_pattern_stays_as_nothing_corrects_it():
    striped = first("PixelFormat=Mono12", flaws=Flaws(columns={100: 200.0})).picture.astype(float)
    assert striped[:, 100].mean() - striped[:, 101].mean() == pytest.approx(200 * 0.4152, abs=25)


def test_frames_keep_the_world_they_were_exposed_in():
    with camtwin.open(MODEL, scene=LIGHT) as cam:
        cam.Height = 16
        cam.AcquisitionStart()
        cam.advance(30_000_000)
        cam.world.scene = camtwin.scene.Dark()
        bright, *_, dark = cam.grab(30)
        assert bright.picture.mean() > 50 > 10 > dark.picture.mean()
