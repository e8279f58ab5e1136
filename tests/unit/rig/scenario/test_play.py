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
from camtwin.rig.scenario.play import play
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
    assert [(note.where, note.word) for note in done.notes] == [(where, word)] * times
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
        ("seconds = 0", "seconds 0: Input should be greater than 0"),
        ("seconds = 1\n[plan]\ndevices = {}", "plan.devices has no camera"),
        (ONE.format(seconds=1) + "[cameras.dog]", "cameras.dog: the plan has no such camera"),
        (ONE.format(seconds=1) + steps({"ms": 1, "do": "explode"}), "timeline.0 .*'explode'.*does not match"),
        (ONE.format(seconds=1) + steps({"ms": 1, "do": "die", "camera": "x"}), "there is no camera 'x'"),
    ],
)
def test_a_scenario_that_cannot_be_played_is_told(text, message):
    with pytest.raises(PlanInvalid, match=message):
        play(parse(text))
