"""A sensor that is driven by features, and the same one by registers: what each says of the other."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NoReturn

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import camtwin
from camtwin import BareSensor, Session
from camtwin.camera.registers.driver import Driver
from camtwin.problem import Refused

MODEL = "sony-imx412-aack"
LINE_CLOCKS = {"Full10": 4512, "Full12": 6224, "Uhd": 4512, "FullHd": 2976, "Dol": 4512}
BITS = {"Full12": 12}
SMALL = {"Width": 64, "Height": 32, "OffsetX": 1000, "OffsetY": 800}
PATTERNS = {"Black": 1, "White": 1, "ColorBar": 2, "FadeToGreyColorBar": 3, "PN9": 4}


def driver_of(cam: Session) -> Driver:
    driver = cam.twin.camera.modes.driver
    assert driver is not None
    return driver


def driven(features: dict[str, Any], **named: Any) -> Session:
    cam = camtwin.open(MODEL, seed=5, **named)
    for name, value in features.items():
        setattr(cam, name, value)
    return cam


def programmed(values: dict[str, int], scene: Any = None) -> BareSensor:
    """Return a bare sensor on whose bus everything that differs from power-up has been written."""
    sensor = camtwin.open_sensor(MODEL, seed=5, scene=scene)
    for name, register in sensor.file.sheet.registers.items():
        if register.access == "rw" and values[name] != register.reset:
            assert sensor.write(name, values[name]).refusal is None
    return sensor


# -- what the registers say of any features ------------------------------------------------------------
@st.composite
def features(draw: st.DrawFn) -> dict[str, Any]:
    mode = draw(st.sampled_from(sorted(LINE_CLOCKS)))
    wide, high = (2028, 1112) if mode == "FullHd" else (4056, 2288 if mode == "Uhd" else 3040)
    width, height = (2 * draw(st.integers(4, size // 2)) for size in (wide, high))
    return {
        "SensorMode": mode,
        "Width": width,
        "Height": height,
        "OffsetX": 2 * draw(st.integers(0, ((2028 if mode == "FullHd" else 4056) - width) // 2)),
        "OffsetY": 2 * draw(st.integers(0, ((1520 if mode == "FullHd" else 3040) - height) // 2)),
        "ReverseX": draw(st.booleans()),
        "ReverseY": draw(st.booleans()),
        "FrameLength": draw(st.one_of(st.just(6204), st.integers(6204, 65535))),
        "ExposureTime": draw(st.one_of(st.integers(50, 20_000), st.integers(50, 660_000))),
        "ExposureTimeShort": draw(st.integers(50, 16_000)),
        "Gain": draw(st.floats(0, 26.95)),
        "BlackLevel": draw(st.integers(-256, 767)),
        "TestPattern": draw(st.sampled_from(("Off", *PATTERNS))),
    }


@settings(max_examples=120, deadline=None)
@given(features())
def test_registers_are_as_any_features_say(asked: dict[str, Any]):
    cam = driven(asked, render=False)
    held = cam.twin.camera.settings
    driver = driver_of(cam)
    one, values = driver.configuration(held), driver.values(held)
    mode, bits = asked["SensorMode"], BITS.get(asked["SensorMode"], 10)
    line_us = LINE_CLOCKS[mode] / 840
    assert one.remarks == ()
    assert one.streams
    assert driver.settled(held) is held
    # times: as asked, as close as the registers can say it; and as the features read back
    exposure_us = [float(one.exposure_ns(each)) / 1000 for each in one.integrations]
    two = mode == "Dol"
    wanted_us = [asked["ExposureTime"], asked["ExposureTimeShort"]] if two else [asked["ExposureTime"]]
    for got, wanted in zip(exposure_us, wanted_us, strict=True):
        step_us = 2 * line_us if two else 4 * line_us if wanted > 65_535 * line_us else 1e-9
        if not (two and wanted > 65_534 * line_us):
            assert abs(got - wanted) <= step_us
    read_back = [cam.ExposureTime, cam.ExposureTimeShort] if two else [cam.ExposureTime]
    assert exposure_us == pytest.approx(read_back, abs=0.0006)
    # the frame: as long as asked, or longer for the exposure
    asked_lines = asked["FrameLength"] + (asked["FrameLength"] % 2 if two else 0)
    assert one.frame_lines >= asked_lines
    if exposure_us[0] < (asked_lines - 50) * line_us:
        assert one.frame_lines == asked_lines
    assert cam.twin.camera.shutter(held).readout_ns(asked["Height"]) == round(one.frame_ns)
    assert float(one.frame_ns) == pytest.approx(one.frame_lines * line_us * 1000, rel=1e-12)
    # the image
    size = one.geometry.width, one.geometry.height
    assert size == (asked["Width"], asked["Height"])
    assert (one.bits, one.adc_bits) == (bits, bits)
    turned = np.array([*"RGGB"]).reshape(2, 2)
    turned = turned[:: -1 if asked["ReverseY"] else 1, :: -1 if asked["ReverseX"] else 1]
    assert one.geometry.cfa == "".join(turned.ravel())
    # levels
    code = values["dol_long_analog_gain" if two else "analog_gain_code_global"]
    assert 1024 / (1024 - code) == pytest.approx(10 ** (cam.Gain / 20), rel=1e-4)
    assert abs(1024 - 1024 / 10 ** (asked["Gain"] / 20) - code) <= 0.5001
    assert one.black_level == 256 + asked["BlackLevel"] >> 12 - bits
    assert one.test_pattern == PATTERNS.get(asked["TestPattern"], 0)
    if two:
        long, short = one.integrations
        assert (long.channel, short.channel, short.read_lines) == (0, 1, short.lines + 22)
        assert [each.lines % 2 for each in one.integrations] == [0, 0]


def test_the_default_exposures_of_two_are_even_lines():
    cam = driven({"SensorMode": "Dol"}, render=False)
    long, short = driver_of(cam).configuration(cam.twin.camera.settings).integrations
    assert (long.lines, short.lines) == (1552, 186)
    assert cam.ExposureTime == pytest.approx(1552 * 4512 / 840, abs=0.001)


def test_a_feature_is_set_again_and_again():
    with camtwin.open(MODEL, render=False) as cam:
        gains = []
        for gain in (3, 6.0206, 0):
            cam.Gain = gain
            gains.append(cam.Gain)
        assert gains == [pytest.approx(one, abs=0.005) for one in (3, 6.0206, 0)]


def test_settings_that_hold_are_held_again():
    cam = driven({"SensorMode": "FullHd", "ExposureTime": 421_337.7, "Gain": 17.3}, render=False)
    held = cam.twin.camera.settings
    assert driver_of(cam).settled(held) is held


def test_other_cameras_have_no_driver():
    with camtwin.open("ids-imx412", render=False) as cam:
        assert cam.twin.camera.modes.driver is None


def test_black_levels_and_patterns_that_there_are_not():
    with camtwin.open(MODEL, render=False) as cam:
        for name, value in (("BlackLevel", 768), ("BlackLevel", -257), ("TestPattern", "FrameCounter")):
            with pytest.raises(Refused):
                setattr(cam, name, value)


# -- pixels ----------------------------------------------------------------------------------------------
def no_file(path: str) -> NoReturn:
    pytest.fail(f"{path} is no scene")


def both(asked: dict[str, Any], scene: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the images of features and those of registers, by pairs, taken at the same virtual time."""
    light = camtwin.scene.parse(scene, no_file)
    with driven(asked, scene=light) as cam:
        driver, held = driver_of(cam), cam.twin.camera.settings
        sensor = programmed({**driver.values(held), "mode_select": 0}, light)
        sensor.write("mode_select", 1)
        (frame,) = sensor.grab(1)
        cam.advance(frame.windows(frame.configuration.integrations[0]).start_ns - cam.twin.clock.now)
        images = cam.grab(len(frame.configuration.integrations))
        assert frame.configuration == driver.configuration(held)
        assert abs(images[0].timestamp_ns - frame.windows(frame.configuration.integrations[0]).start_ns) <= 1
        return [(a.picture, b) for a, b in zip(images, sensor.images(frame), strict=True)]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"ExposureTime": 1234.5},
        {"ExposureTime": 30_000},
        {"Gain": 12},
        {"Gain": 26.95},
        {"OffsetX": 1002, "OffsetY": 398, "Width": 128},
        {"ReverseX": True},
        {"ReverseY": True},
        {"ReverseX": True, "ReverseY": True},
        {"BlackLevel": 144},
        {"BlackLevel": -256},
        {"FrameLength": 9000},
        {"SensorMode": "Full12"},
        {"SensorMode": "Full12", "ReverseX": True, "BlackLevel": 33, "Gain": 6},
        {"SensorMode": "Uhd"},
        {"SensorMode": "FullHd"},
        {"SensorMode": "FullHd", "ReverseY": True},
        {"SensorMode": "Dol", "ExposureTimeShort": 500},
        *({"TestPattern": name} for name in PATTERNS),
    ],
    ids=lambda asked: ",".join(f"{name}={value}" for name, value in asked.items()) or "plain",
)
def test_pixels_of_features_are_pixels_of_registers(asked: dict[str, Any]):
    mode = {"SensorMode": asked.get("SensorMode", "Full10")}
    pairs = both({**mode, **SMALL, **asked}, "chart")
    assert len(pairs) == (2 if mode["SensorMode"] == "Dol" else 1)
    for features, registers in pairs:
        assert features.shape == (32, asked.get("Width", 64))
        assert np.array_equal(features, registers)
        assert features.std() > 0.5 or asked.get("TestPattern") in ("Black", "White")


def test_features_do_what_they_say_to_the_pixels():
    """Not only are both the same: black level, patterns and gain are seen."""
    dark = {**SMALL, "SensorMode": "Full12", "ExposureTime": 50.0}
    levels = [both({**dark, "BlackLevel": offset}, "dark")[0][0].mean() for offset in (0, 100)]
    assert levels == [pytest.approx(256, abs=1), pytest.approx(356, abs=1)]
    for name, value in (("Black", 0), ("White", 4095)):
        assert np.unique(both({**dark, "TestPattern": name}, "dark")[0][0]).tolist() == [value]
    assert both(SMALL, "dark")[0][0].mean() == pytest.approx(64, abs=0.5)
    plain, louder = (both({**SMALL, "Gain": gain}, "flat:400000@540")[0][0] for gain in (0, 6.0206))
    green = np.s_[::2, 1::2]
    assert (louder[green].mean() - 64) / (plain[green].mean() - 64) == pytest.approx(2, rel=0.02)


def test_rates_of_features_are_rates_of_registers():
    for mode, clocks in LINE_CLOCKS.items():
        cam = driven({"SensorMode": mode, "ExposureTime": 1000.0}, render=False)
        starts = [frame.timestamp_ns for frame in cam.grab(22) if not frame.part]
        one = driver_of(cam).configuration(cam.twin.camera.settings)
        frame_ns = Fraction(one.frame_lines * clocks * 1000, 840)
        assert abs(starts[-1] - starts[0] - (len(starts) - 1) * frame_ns) <= len(starts)
