"""Numbers from outside that are none: refused in one line on the command line, in TOML and in Python."""

from math import inf, nan
from typing import Any

import numpy as np
import pytest

import camtwin
from camtwin import models, rig
from camtwin.numbers import NumberInvalid, finite, number, whole
from camtwin.rig.scenario import steps
from camtwin.simtime import Scheduler
from unit.test_cli import camtwin as cli

MODEL = "baumer-vcxg-124m"
LENS = ("lens", MODEL, "--focal", "25", "--distance", "500")


@pytest.mark.parametrize(
    ("value", "limits", "message"),
    [
        (inf, {}, "x inf is not a finite number"),
        (nan, {"low": 0}, "x nan is not a finite number"),
        ("3 m", {}, "x '3 m' is not a number"),
        (None, {}, "x None is not a number"),
        (-1, {"low": 0}, "x -1 mm is below the minimum 0 mm"),
        (2, {"high": 1}, "x 2 mm is above the maximum 1 mm"),
        (0, {"above": 0}, "x 0 mm is not above 0 mm"),
    ],
)
def test_a_number_that_is_none(value, limits, message):
    with pytest.raises(NumberInvalid) as told:
        number("x", value, "mm", **limits)
    assert str(told.value) == message


def test_a_whole_number():
    assert whole("x", np.int64(3)) == 3
    assert type(whole("x", np.int64(3))) is int
    with pytest.raises(NumberInvalid, match=r"^x 0\.5 is not a whole number of ns$"):
        whole("x", 0.5, "ns")  # type: ignore[arg-type]
    with pytest.raises(NumberInvalid, match=r"^x -1 ns is below the minimum 0 ns$"):
        whole("x", -1, "ns", low=0)


def test_plain_data_names_the_place():
    with pytest.raises(NumberInvalid, match=r"^a\.1\.b nan is not a finite number$"):
        finite({"a": [1.0, {"b": nan}]})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*LENS, "--lux", "inf"), "--lux inf is not a finite number"),
        ((*LENS, "--lux", "nan"), "--lux nan is not a finite number"),
        ((*LENS, "--lux", "-1"), "an illuminance of -1 lx is not above 0 lx"),
        ((*LENS, "--lux", "0"), "an illuminance of 0 lx is not above 0 lx"),
        ((*LENS, "--exposure", "-4"), "an exposure time of -4 us is not above 0 us"),
        ((*LENS, "--speed", "-1"), "a speed of -1 mm/s is below the minimum 0 mm/s"),
        ((*LENS, "--circle", "0"), "an image circle of 0 mm is not above 0 mm"),
        ((*LENS, "--f-number", "inf"), "--f-number inf is not a finite number"),
        (("lab", "emva", MODEL, "--temperature", "nan"), "--temperature nan is not a finite number"),
        (("lab", "emva", MODEL, "--temperature", "-300"), "-300 degC is below the minimum -273.15 degC"),
        (("run", MODEL, "--for", "inf"), "--for inf is not a finite number"),
        (("run", MODEL, "--pace", "nan"), "pace 'nan' is neither a number above 0 nor max"),
    ],
)
def test_the_command_line(arguments, message):
    done = cli(*arguments, ok=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert message in done.stderr


@pytest.mark.parametrize(
    ("key", "value"), [("volts", inf), ("volts", nan), ("amperes", inf), ("amperes", -1.0), ("volts", "many")]
)
def test_a_plan(key, value):
    with pytest.raises(rig.PlanInvalid, match=rf"devices\.psu\.supply\.{key} "):
        rig.read({"devices": {"psu": {"kind": "supply", "volts": 24, key: value}}})


def test_a_step_and_a_sheet():
    with pytest.raises(rig.PlanInvalid, match="finite"):
        steps.step_of("ms=nan, do='die', camera='cam'")
    text = (models.ROOM / "cameras" / f"{MODEL}.toml").read_text()
    changed = text.replace("base_ns = {", "base_ns = { value = inf, source = 'x' }\nbase_us = {", 1)
    with pytest.raises(models.SheetInvalid, match=r"readout\.base_ns\.value inf is not a finite number"):
        models.parse(MODEL, changed)


def test_time_is_whole_nanoseconds():
    cam: Any = camtwin.open(MODEL, render=False)
    clock: Any = Scheduler()
    for refused in (
        lambda: cam.advance(0.5),
        lambda: cam.advance(-1),
        lambda: cam.lines["Line0"].pulse(0.5),
        lambda: cam.world.preset_timestamp(0.5),
        lambda: cam.world.preset_frame_count(-1),
        lambda: clock.at(1.5, print),
        lambda: clock.advance_to(nan),
        lambda: cam.grab(1.5),
        lambda: camtwin.open(MODEL, seed=-1),
    ):
        with pytest.raises(NumberInvalid):
            refused()
    cam.advance(np.int64(5))
    assert (cam.now, type(cam.now)) == (5, int)


@pytest.mark.parametrize("degrees", [nan, inf, -274.0, 1e9, "hot"])
def test_the_world(degrees):
    cam = camtwin.open(MODEL, render=False)
    with pytest.raises(NumberInvalid):
        cam.world.temperature_C = degrees
    with pytest.raises(NumberInvalid):
        cam.world.hold_internal_C(degrees)


def test_a_bench_knows_its_parts():
    wires = [["psu.+", "cam.VCC"], ["psu.-", "cam.GND"]]
    devices = {"cam": {"kind": "camera", "model": MODEL}, "psu": {"kind": "supply", "volts": 24}}
    cam = camtwin.open(MODEL, render=False)
    bench = rig.Bench(rig.read({"devices": devices, "wires": wires}), {"cam": cam})
    assert bench.mA("cam", "external") == pytest.approx(2500 / 24, rel=1e-3)
    assert bench.mA("psu") == pytest.approx(-2500 / 24, rel=1e-3)
    with pytest.raises(rig.PlanInvalid, match="there is no device 'nope'; there are cam, psu"):
        bench.mA("nope", "Line0")
    with pytest.raises(
        ValueError, match="cam has no part 'Line9'; it has Line0, Line1, Line2, Line3, external"
    ):
        bench.mA("cam", "Line9")
    with pytest.raises(NumberInvalid, match="noise of nan is not a finite number"):
        bench.noise("cam.IN1", nan, for_ns=1000)
