"""Scenarios in virtual time: edges to the microsecond, every frame accounted for, the same each time."""

import json
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from camtwin.report.canvas import encode
from camtwin.report.colours import COLOURS
from camtwin.rig import PlanInvalid
from camtwin.rig.scenario.diagram import diagram
from camtwin.rig.scenario.play import ScenarioRun, play
from camtwin.rig.scenario.schema import parse
from camtwin.units import MS, US
from unit.rig.scenario.day import ONE, played, steps
from unit.test_cli import camtwin as cli

PLC = Path(__file__).parents[4] / "examples/scenarios/plc-two-cameras.toml"


def test_a_plc_triggers_two_cameras():
    """Two pins, one wire: the same nanosecond; 97.7 us to the exposure, 3 us more to the lamp."""
    done = played(PLC.read_text())
    one, two = (done.accounts[name] for name in ("cam1", "cam2"))
    pulses = [20 * MS, 140 * MS, 260 * MS]
    for account in (one, two):
        lines = account.cam.lines
        assert [t for t, level in lines["Line0"].edges if level][:3] == pulses
        starts = [t for t, name, _ in account.moments if name == "ExposureStart"]
        assert starts == [t + 97_700 for t in pulses]
        assert (account.triggers, account.skipped, account.delivered, account.missing) == (6, 3, 3, 0)
    flashes = one.cam.lines["Line3"].edges
    assert flashes[::2] == [(t + 100_700, True) for t in pulses]
    assert flashes[1::2] == [(t + 97_700 + 4 * MS + 40 * US, False) for t in pulses]
    encoder = [t for t, level in two.cam.lines["Line1"].edges if level]
    assert len(encoder) == 3000
    assert {b - a for a, b in pairwise(encoder)} == {200 * US}
    two.cam.CounterSelector = "Counter1"
    assert two.cam.CounterValue in range(1001)
    assert done.notes == []


FEEDS = '["psu.{}", "cam1.VCC"], ["psu.{}", "cam1.GND"]'
CAM2 = 'cam2 = { kind = "camera", model = "baumer-vcxg-124m"'
WIRED_WRONG = {
    # example: what differs from the right one, and what is told of it
    "lamp-beyond-50-mA": (
        {"current_mA = 40": "current_mA = 80"},
        "cam1.process.6 OUT1 (Line3)",
        "overload",
        3,
    ),
    "gpio-at-24-volts": (
        {'"cam2.GPIO1"': '"cam2.GPIO2"', CAM2: CAM2 + ', outputs = ["Line2"]'},
        "cam2.process.1 GPIO2 (Line2)",
        "damaged",
        1,
    ),
    "supply-reversed": (
        {FEEDS.format("+", "-"): FEEDS.format("-", "+")},
        "cam1.process.2 VCC",
        "reversed supply",
        1,
    ),
}


@pytest.mark.parametrize("name", WIRED_WRONG)
def test_the_same_wired_wrong(name):
    """Each example differs from the right one by its mistake, which is told by its word, at its pin."""
    changes, where, word, times = WIRED_WRONG[name]
    text = (PLC.parent / f"{name}.toml").read_text()
    right = PLC.read_text()
    for old, new in changes.items():
        assert old in right
        right = right.replace(old, new)
    assert text.splitlines()[1:] == right.splitlines()[1:]
    done = played(text)
    strained = [("encoder", "overload")] * (word == "damaged")  # which drives 24 V against the output
    assert [(note.where, note.word) for note in done.notes] == strained + [(where, word)] * times
    one, two = done.accounts.values()
    dead = name == "supply-reversed"
    assert (one.delivered, two.delivered) == (0 if dead else 3, 3)
    assert (one.missing, two.missing) == (0, 0)
    assert done.bench.cameras["cam2"].damaged == ({"Line2"} if word == "damaged" else set())
    assert [problem for problem in done.problems if "no power" not in problem] == []
    texts = {text.text for text in drawn(done).iter(f"{SVG}text")}
    assert ("without power" in texts) == dead
    assert any(said and word in said and where in said for said in texts)


SVG = "{http://www.w3.org/2000/svg}"


def drawn(done):
    return ElementTree.fromstring(encode(diagram(done), ".svg"))


def test_the_diagram_shows_what_was_played():
    picture = drawn(played(PLC.read_text()))
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert texts.count("exposure") == 2
    assert "Line3 out" in texts
    assert "2500 pulses" in texts  # of the encoder, in the 500 ms that are shown
    red = [p for p in picture.iter(f"{SVG}path") if p.get("fill") == COLOURS["red"].light]
    assert len(red) == 6 + 1  # each missed trigger has its arrow, and the legend
    exposures = [r for r in picture.iter(f"{SVG}rect") if r.get("fill") == COLOURS["amber"].light]
    assert [round(float(r.get("width", 0))) for r in exposures] == [8] * 3 + [40] * 3  # 4 and 20 of 500 ms


def test_a_diagram_closer_by_shows_microseconds():
    scene = parse(PLC.read_text()).model_copy(update={"show_ms": (19.9, 20.4)})
    picture = drawn(play(scene))
    (delay, _) = [r for r in picture.iter(f"{SVG}rect") if r.get("fill") == COLOURS["shade"].light]
    assert float(delay.get("x", 0)) == pytest.approx(150 + 200, abs=0.01)  # 100 us of 500 us, on 1000 pixels
    assert float(delay.get("width", 0)) == pytest.approx(2 * 97.7, abs=0.01)


def test_both_kinds_of_picture_show_the_same():
    """The PNG has the colours of the SVG where the SVG has them, at twice the size."""
    done = played(PLC.read_text())
    picture = diagram(done)
    png = np.asarray(Image.open(BytesIO(encode(picture, ".PNG"))).convert("RGB"))
    assert png.shape == (2 * picture.height, 2 * picture.width, 3)
    seen = 0
    for bar in drawn(done).iter(f"{SVG}rect"):
        x, y, wide, high = (bar.get(name, "") for name in ("x", "y", "width", "height"))
        if (
            wide != "100%" and float(wide) > 3 and bar.get("fill") != COLOURS["grey"].light
        ):  # which carries a text
            middle = png[round(2 * float(y) + float(high)), round(2 * float(x) + float(wide))]
            assert f"#{middle.tobytes().hex()}" == bar.get("fill")
            seen += 1
    assert seen == 18  # exposures, readouts and transfers of two cameras


def test_the_command(tmp_path):
    for picture, begins in ((tmp_path / "t.svg", b"<svg"), (tmp_path / "t.png", b"\x89PNG")):
        said = json.loads(cli("play", str(PLC), "--json", "--draw", str(picture)).stdout)
        assert said["cameras"]["cam1"]["delivered"] == 3
        assert picture.read_bytes().startswith(begins)
        assert picture.stat().st_size > 2000
    refused = cli("play", str(PLC), "--draw", str(tmp_path / "t.gif"), ok=False)
    assert "a drawing is written to .svg or .png" in refused.stderr


def test_a_step_more_on_the_command_line():
    step = "ms=10, do='break', wire=['plc.Q', 'cam1.IN1']"
    said = json.loads(cli("play", str(PLC), "--json", "--step", step).stdout)
    assert said["cameras"]["cam1"]["triggers"] == 0
    assert said["cameras"]["cam2"]["delivered"] == 3
    refused = cli("play", str(PLC), "--step", "ms=1, do='fly'", ok=False)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seconds = 0", "seconds 0: must be greater than 0"),
        ("seconds = 1\n[plan]\ndevices = {}", "plan.devices has no camera"),
        (ONE.format(seconds=1) + "[cameras.dog]", "cameras.dog: the plan has no such camera"),
        (
            ONE.format(seconds=1) + steps({"ms": 1, "do": "explode"}),
            "timeline.0.do 'explode': is none of pulse, set, ",
        ),
        (ONE.format(seconds=1) + steps({"ms": 1, "do": "die", "camera": "x"}), "there is no camera 'x'"),
    ],
)
def test_a_scenario_that_cannot_be_played_is_told(text, message):
    with pytest.raises(PlanInvalid, match=message):
        play(parse(text))


ENDS = {
    # step: the exit code, and what is told
    "ms=1, do='set', device='gen', level='high'": (0, ""),
    "ms=1, do='write', camera='cam', features=['ExposureTime=1e9']": (1, "is above the maximum"),
    "ms=1, do='tune', device='gen', to={ohm=1.0, low_V=0.0, high_V=8.0}": (0, ""),
    "ms=1, do='tune', device='gen', to={low_V=8.0}": (1, "undefined"),
    "ms=1, do='set', device='psu', level='off'": (1, "problem: cam is without power at the end"),
    "ms=1, do='die', camera='cam'": (1, "problem: cam is without power at the end"),
}


@pytest.mark.parametrize("step", ENDS)
def test_a_run_in_which_something_went_wrong_fails(step, tmp_path):
    code, text = ENDS[step]
    file = tmp_path / "one.toml"
    file.write_text(ONE.format(seconds=0.01))
    done = cli("play", str(file), "--step", step, ok=not code)
    assert (done.returncode, done.stderr) == (code, "")
    assert text in done.stdout


def test_a_power_cut_that_ends_is_no_failure():
    cut = [{"ms": ms, "do": "set", "device": "psu", "level": how} for ms, how in ((1, "off"), (5, "on"))]
    done = played(ONE.format(seconds=0.3) + steps(*cut))
    assert [note.word for note in done.notes] == ["no supply"]
    assert done.verdict == "ok"


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            {"do": "pulse", "device": "gne"},
            "pulse: there is no device 'gne'; there are cam, psu, gen, switch",
        ),
        ({"do": "pulse", "device": "psu"}, "pulse: psu has no level 'high'; it has on, off"),
        ({"do": "set", "device": "gen", "level": "hihg"}, "set: gen has no level 'hihg'; it has low, high"),
        ({"do": "set", "device": "switch", "level": "on"}, "set: switch has no level 'on'"),
        (
            {"do": "tune", "device": "psu", "to": {"volt": 3}},
            "tune: psu: volt 3: is no word of this file",
        ),
        ({"do": "noise", "pin": "cam.VCC", "volts": 1.0}, "noise: cam.VCC is no input of a camera"),
        ({"do": "break", "wire": ["gen.out", "cam.IN9"]}, "break: cam.IN9: no such pin"),
        ({"do": "mend", "wire": ["gen.out", "cam.VCC"]}, "mend: no wire joins gen.out and cam.VCC"),
        ({"do": "unplug", "socket": "cam.date"}, "unplug: no cable is in cam.date; cables are in cam.data"),
        ({"do": "plug", "socket": "cam.process"}, "plug: no cable is in cam.process; cables are in cam.data"),
        ({"do": "heat", "camera": "can", "internal_C": 80}, "there is no camera 'can'; there are cam"),
        (
            {"do": "write", "camera": "cam", "features": ["Widht=64"]},
            "write: no feature Widht; do you mean Width?",
        ),
        (
            {"do": "write", "camera": "cam", "features": ["TriggerMode=Onn"]},
            "TriggerMode Onn is none of Off, On",
        ),
        ({"do": "write", "camera": "cam", "features": ["WidthMax=3"]}, "WidthMax is read-only"),
    ],
)
def test_unknown_names_are_told_before_anything_runs(step, message):
    with pytest.raises(PlanInvalid) as told:
        ScenarioRun(parse(ONE.format(seconds=1) + steps({"ms": 900, **step})))
    assert str(told.value).startswith("timeline at 900 ms: ")
    assert message in str(told.value)


def test_a_misspelt_setting_is_told_before_anything_runs():
    text = ONE.format(seconds=1).replace('"TriggerMode=On"', '"TriggerMod=On"')
    with pytest.raises(
        PlanInvalid, match=r"cameras.cam.set: no feature TriggerMod; do you mean TriggerMode\?"
    ):
        ScenarioRun(parse(text))


def test_a_plan_is_no_scenario():
    plan = PLC.parents[1] / "wiring/npn-sensor.toml"
    with pytest.raises(PlanInvalid, match="is a wiring plan, no scenario: check it with `camtwin wiring`"):
        parse(plan.read_text())


def test_a_delay_belongs_to_its_own_trigger():
    """The first trigger is lost to an abort before its exposure; the bars of the others stay in place."""
    lost = [
        {"ms": 20.05, "do": "write", "camera": "cam1", "features": ["AcquisitionAbort"]},
        {"ms": 60, "do": "write", "camera": "cam1", "features": ["AcquisitionStart"]},
    ]
    done = played(PLC.read_text() + steps(*lost))
    one = done.accounts["cam1"]
    assert one.delays[:2] == [(t, t + 97_700) for t in (140 * MS, 260 * MS)]
    assert one.lost == {"acquisition aborted before the exposure": 1}
    starts = [t for t, name, _ in one.moments if name == "ExposureStart"]
    assert [begun for _, begun in one.delays] == starts
