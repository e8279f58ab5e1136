"""Scenarios in virtual time: edges to the microsecond, every frame accounted for, the same each time."""

import json
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from camtwin.rig import PlanInvalid, scenario
from camtwin.rig.canvas import Canvas, NoPicture, encode
from camtwin.rig.timing import diagram
from camtwin.units import MS, US
from unit.test_cli import camtwin as cli

PLC = Path(__file__).parents[3] / "examples/scenarios/plc-two-cameras.toml"
ONE = """
seconds = {seconds}
[plan]
wires = [["psu.+", "cam.VCC"], ["psu.-", "cam.GND"], ["gen.out", "cam.IN1"], ["gen.gnd", "cam.GND IN1"]]
cables = [{{ from = "switch.port", into = "cam.data", plug = "RJ45" }}]
[plan.devices]
cam = {{ kind = "camera", model = "baumer-vcxg-124m" }}
psu = {{ kind = "supply", volts = 24 }}
gen = {{ kind = "generator", high_V = 24 }}
switch = {{ kind = "switch" }}
[cameras.cam]
set = ["TriggerMode=On", "TriggerSource=Line0"]
"""


def played(text):
    return scenario.play(scenario.parse(text))


def toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(value)


def steps(*rows):
    return "".join("[[timeline]]\n" + "".join(f"{k} = {toml(v)}\n" for k, v in r.items()) for r in rows)


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


@pytest.mark.parametrize(
    ("old", "new", "camera", "word"),
    [
        ("current_mA = 40", "current_mA = 80", "cam1.process.6", "overload"),
        ('"encoder.Q", "cam2.GPIO1"', '"encoder.Q", "cam2.GPIO2"', "cam2.process.1", "damaged"),
    ],
)
def test_the_same_wired_wrong(old, new, camera, word):
    text = PLC.read_text()
    if word == "damaged":  # 24 V against an output
        text = text.replace('cam2 = { kind = "camera",', 'cam2 = { kind = "camera", outputs = ["Line2"],')
    done = played(text.replace(old, new))
    assert any(note.where.startswith(camera) and note.word == word for note in done.notes)
    assert all(account.missing == 0 for account in done.accounts.values())


def test_the_same_with_the_supply_reversed():
    text = PLC.read_text().replace('["psu.+", "cam1.VCC"]', '["psu.-", "cam1.VCC"]')
    done = played(text.replace('["psu.-", "cam1.GND"]', '["psu.+", "cam1.GND"]', 1))
    assert {n.word for n in done.notes if n.where.startswith("cam1.process.2")} == {"reversed supply"}
    assert done.accounts["cam1"].begun == 0
    assert any("no power" in problem for problem in done.problems)


def test_what_happens_to_frames_is_told():
    events = steps(
        {"ms": 0, "do": "pulse", "device": "gen", "width_us": 500, "period_ms": 150, "count": 60},
        {"ms": 1010, "do": "tune", "device": "psu", "to": {"volts": 5.0}},
        {"ms": 1500, "do": "tune", "device": "psu", "to": {"volts": 24.0}},
        {"ms": 3000, "do": "unplug", "socket": "cam.data"},
        {"ms": 4000, "do": "plug", "socket": "cam.data"},
        {"ms": 5000, "do": "packets", "camera": "cam", "drop": 0.001},
        {"ms": 6000, "do": "packets", "camera": "cam"},
        {"ms": 7000, "do": "break", "wire": ["gen.out", "cam.IN1"]},
        {"ms": 8000, "do": "mend", "wire": ["gen.out", "cam.IN1"]},
    )
    done = played(ONE.format(seconds=10) + events)
    account = done.accounts["cam"]
    assert account.lost["power cut"] == 1
    assert account.lost["packets lost on the network"] > 3
    assert account.lost["no room in the image memory (FrameTransferSkipped)"] >= 5
    assert account.missing == 0
    assert account.begun == account.delivered + account.lost.total() + account.under_way
    assert account.triggers < 60 - 6  # no edge came over the broken wire
    assert list(done.problems) == []


SLICE_S = 600


def happenings(seconds, seed):
    """Random triggers at 9 fps and faults, by an address of their own."""
    chance = Random(seed)
    rows, t = [], 0.0
    while t < seconds * 1e3:
        t += 1e3 / 9 * chance.uniform(0.7, 1.6)
        rows.append({"ms": t, "do": "pulse", "device": "gen", "width_us": 300})
    for _ in range(seconds // 20):
        at = chance.uniform(0, seconds * 1e3 - 9000)
        back = at + chance.uniform(50, 5000)
        kind = chance.choice(["power", "link", "wire", "heat", "drop", "client"])
        wire = ["gen.out", "cam.IN1"]
        rows += {
            "power": [
                {"ms": at, "do": "tune", "device": "psu", "to": {"volts": chance.choice([0.0, 5.0, 7.0])}},
                {"ms": back, "do": "tune", "device": "psu", "to": {"volts": 24.0}},
            ],
            "link": [
                {"ms": at, "do": "unplug", "socket": "cam.data"},
                {"ms": back, "do": "plug", "socket": "cam.data"},
            ],
            "wire": [{"ms": at, "do": "break", "wire": wire}, {"ms": back, "do": "mend", "wire": wire}],
            "heat": [
                {"ms": at, "do": "heat", "camera": "cam", "internal_C": 80.0},
                {"ms": back, "do": "heat", "camera": "cam", "internal_C": 47.0},
            ],
            "drop": [
                {"ms": at, "do": "packets", "camera": "cam", "drop": 0.0005},
                {"ms": back, "do": "packets", "camera": "cam"},
            ],
            "client": [
                {"ms": at, "do": "write", "camera": "cam", "features": ["AcquisitionStop"]},
                {"ms": back, "do": "write", "camera": "cam", "features": ["AcquisitionStart"]},
            ],
        }[kind]
    return rows


def test_ten_minutes_of_a_day_every_frame_accounted_for():
    text = ONE.format(seconds=SLICE_S) + steps(*happenings(SLICE_S, 1))
    done = scenario.play(scenario.parse(text))
    account = done.accounts["cam"]
    assert account.begun > 3000
    assert account.missing == 0
    assert account.begun == account.delivered + account.lost.total() + account.under_way - sum(
        n for why, n in account.lost.items() if why.endswith("before the exposure")
    )
    assert {"power cut", "packets lost on the network"} <= account.lost.keys()
    again = scenario.play(scenario.parse(text))
    assert json.dumps(again.row()) == json.dumps(done.row())


SVG = "{http://www.w3.org/2000/svg}"


def drawn(done):
    return ElementTree.fromstring(encode(diagram(done), ".svg"))


def test_the_diagram_shows_what_was_played():
    picture = drawn(played(PLC.read_text()))
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert texts.count("exposure") == 2
    assert "Line3 out" in texts
    assert "2500 pulses" in texts  # of the encoder, in the 500 ms that are shown
    red = [p for p in picture.iter(f"{SVG}path") if p.get("fill") == "#c8102e"]
    assert len(red) == 6 + 1  # each missed trigger has its arrow, and the legend
    exposures = [r for r in picture.iter(f"{SVG}rect") if r.get("fill") == "#e0a100"]
    assert [round(float(r.get("width", 0))) for r in exposures] == [8] * 3 + [40] * 3  # 4 and 20 of 500 ms


def test_a_diagram_closer_by_shows_microseconds():
    scene = scenario.parse(PLC.read_text()).model_copy(update={"show_ms": (19.9, 20.4)})
    picture = drawn(scenario.play(scene))
    (delay, _) = [r for r in picture.iter(f"{SVG}rect") if r.get("fill") == "#c9ced6"]
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
        if wide != "100%" and float(wide) > 3 and bar.get("fill") != "#8d96a3":  # which carries a text
            middle = png[round(2 * float(y) + float(high)), round(2 * float(x) + float(wide))]
            assert f"#{middle.tobytes().hex()}" == bar.get("fill")
            seen += 1
    assert seen == 18  # exposures, readouts and transfers of two cameras


def test_a_picture_of_another_kind_or_too_large_is_told():
    with pytest.raises(NoPicture, match=r"cannot end with '.gif'"):
        encode(Canvas(10, 10, ""), ".gif")
    with pytest.raises(NoPicture, match="too large"):
        encode(Canvas(10_000, 10_000, ""), ".png")


def test_the_command(tmp_path):
    for picture, begins in ((tmp_path / "t.svg", b"<svg"), (tmp_path / "t.png", b"\x89PNG")):
        said = json.loads(cli("play", str(PLC), "--json", "--draw", str(picture)).stdout)
        assert said["cameras"]["cam1"]["delivered"] == 3
        assert picture.read_bytes().startswith(begins)
        assert picture.stat().st_size > 2000
    refused = cli("play", str(PLC), "--draw", str(tmp_path / "t.gif"), ok=False)
    assert "ends with .svg or .png" in refused.stderr


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
        ("seconds = 1\n[plan]\ndevices = {}", "there is no camera"),
        (ONE.format(seconds=1) + "[cameras.dog]", "cameras.dog: no camera of the plan"),
        (ONE.format(seconds=1) + steps({"ms": 1, "do": "explode"}), "timeline.0 .*'explode'.*does not match"),
        (ONE.format(seconds=1) + steps({"ms": 1, "do": "die", "camera": "x"}), "there is no camera 'x'"),
    ],
)
def test_a_scenario_that_cannot_be_played_is_told(text, message):
    with pytest.raises(PlanInvalid, match=message):
        scenario.play(scenario.parse(text))
