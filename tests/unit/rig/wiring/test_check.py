"""`camtwin wiring`: three plans that are right, twelve with one mistake each, and what is said of them."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from camtwin import rig
from unit.test_cli import camtwin as cli

GOOD = sorted((Path(__file__).parents[4] / "examples/wiring").glob("*.toml"))
PLANS = Path(__file__).parent / "plans"
MISTAKES = {
    # plan: connection, word, number, unit
    "reversed-supply": ("cam.process.2 VCC", "reversed supply", -24.0, "V"),
    "supply-5-volts": ("cam.process.2 VCC", "undervoltage", 5.0, "V"),
    "ttl-on-opto-input": ("cam.process.3 IN1", "undefined", 5.0, "V"),
    "input-ground-open": ("cam.process.3 IN1", "floating", None, ""),
    "input-ground-on-pin-7": ("cam.process.3 IN1", "floating", None, ""),
    "lamp-too-strong": ("cam.process.6 OUT1", "overload", 76.0, "mA"),
    "output-not-fed": ("cam.process.6 OUT1", "dead", 0.0, "V"),
    "gpio-at-36-volts": ("cam.process.8 GPIO1", "damaged", 36.0, "V"),
    "ground-loop": ("cam ground", "ground loop", None, ""),
    "npn-without-pull-up": ("cam.process.3 IN1", "does not switch", 2.4, "V"),
    "pulse-too-short": ("cam.process.3 IN1", "too short", 1.0, "us"),
    "lamp-on-gpio-high": ("cam.process.1 GPIO2", "overload", 3.3 / 1900 * 1e3, "mA"),
}


def checked(path):
    return rig.check(rig.parse(path.read_text()))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_nothing_is_wrong_with_a_correct_plan(path):
    report = checked(path)
    assert [f for f in report.findings if f.verdict != "ok"] == []
    assert len(report.findings) >= 4


def test_there_are_four_and_twelve():
    assert len(GOOD) == 4
    assert {path.stem for path in PLANS.glob("*.toml")} == MISTAKES.keys()
    assert len(MISTAKES) == 12


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_found_by_its_word_and_number(name):
    where, word, value, unit = MISTAKES[name]
    report = checked(PLANS / f"{name}.toml")
    wrong = [f for f in report.findings if f.verdict == "wrong"]
    first = next(f for f in wrong if f.word == word)
    assert first.where.startswith(where)
    assert first.fix
    assert first.unit == unit
    if value is None:
        assert first.value is None
    else:
        assert first.value == pytest.approx(value, rel=0.02, abs=0.05)


@pytest.mark.parametrize("name", MISTAKES)
def test_nothing_else_is_told_but_what_follows_from_it(name):
    """A camera without power, or a lamp that its output cannot feed, is the same mistake."""
    follows = {
        "reversed-supply": {"dark"},
        "supply-5-volts": {"dark"},
        "output-not-fed": {"dark"},
        "ground-loop": set(),
    }
    report = checked(PLANS / f"{name}.toml")
    assert report.words() - {MISTAKES[name][1]} == follows.get(name, set())


def test_the_command_prints_json_draws_and_fails_where_something_is_wrong(tmp_path):
    good = json.loads(cli("wiring", str(GOOD[0]), "--json").stdout)
    assert good["verdict"] == "ok"
    picture = tmp_path / "plan.svg"
    done = cli("wiring", str(PLANS / "lamp-too-strong.toml"), "--draw", str(picture), ok=False)
    assert done.returncode == 1
    assert "overload" in done.stdout
    assert "50 mA" in done.stdout
    drawn = ElementTree.parse(picture).getroot()
    texts = {text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {"6  OUT1  (Line3)", "lamp 24 V, 80 mA"} <= texts


FED = [["psu.+", "cam.VCC"], ["psu.-", "cam.GND"]]


def words(wires, cam=None, **devices):
    """Return (connection, verdict, word, value) of problems of a camera with such wires, as they are told."""
    camera = {"kind": "camera", "model": "baumer-vcxg-124m", **(cam or {})}
    known = {"cam": camera, "psu": {"kind": "supply", "volts": 24}, **devices}
    found = rig.check(rig.read({"devices": known, "wires": [*FED, *wires]})).findings
    return [(f.where, f.verdict, f.word, f.value and round(f.value, 3)) for f in found if f.verdict != "ok"]


def test_damage_is_told_before_lesser_findings_of_the_same_input():
    gen = {"kind": "generator", "low_V": 1.5, "high_V": 40}
    at = "cam.process.8 GPIO1 (Line1)"
    told = words([["gen.out", "cam.GPIO1"], ["gen.gnd", "cam.GND"]], gen=gen)
    assert told == [(at, "wrong", "damaged", 39.98), (at, "wrong", "undefined", 1.499)]


def test_damage_is_told_of_an_output_with_lesser_findings_in_other_states():
    """An encoder of 5 V against a GPIO: its high breaks the low, its low draws the high down."""
    encoder = {"kind": "encoder", "volts": 5.0, "limit_mA": 1000.0}
    wires = [["encoder.Q", "cam.GPIO1"], ["encoder.-", "cam.GND"]]
    told = words(wires, {"outputs": ["Line1"]}, encoder=encoder)
    assert [(verdict, word) for _, verdict, word, _ in told] == [("wrong", "damaged"), ("wrong", "overload")]


def test_damage_is_told_of_an_input_whose_ground_is_open():
    """The Basler's opto input breaks beyond 30 V, also when its loop is closed by another source."""
    gen = {"kind": "generator", "high_V": 40}
    wires = [["gen.out", "cam.IN1"]]
    assert [word for _, _, word, _ in words(wires, gen=gen)] == ["floating"]


def test_a_feed_that_a_source_switches_is_marginal():
    """The pull-up of an output hangs on a contact, and the supply of a camera on another."""
    wires = [
        ["psu.+", "kick.a"],
        ["kick.b", "cam.Power VCC OUT"],
        ["cam.OUT1", "lamp.+"],
        ["lamp.-", "psu.-"],
    ]
    parts = {"kick": {"kind": "contact"}, "lamp": {"kind": "lamp", "current_mA": 40}}
    report = words(wires, **parts)
    assert report == [("cam.process.6 OUT1 (Line3)", "marginal", "dead", 0.0)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("devices = 3", "devices 3: must be a valid dictionary"),
        ("[devices]\na = { kind = 'bomb' }", "devices.a"),
        ("wires = [['a.+', 'b.x']]\n[devices]\na = { kind = 'earth' }", "a.+: no such pin; a has PE"),
        (
            "wires = [['a.PE', 'b.x']]\n[devices]\na = { kind = 'earth' }",
            "there is no device 'b'; there are a",
        ),
        ("[devices]\na = { kind = 'camera', model = 'nikon' }", "no model 'nikon'"),
        ("[devices]\na = { kind = 'supply', volts = 1e9 }", "devices.a.supply.volts 1000000000.0"),
        ("[devices]\na = { kind = 'camera', model = 'ids-imx412', outputs = ['Line9'] }", "Line9 cannot be"),
        *(  # what a camera is meant to run with is said in a scenario
            (f"[devices]\na = {{ kind = 'camera', model = 'ids-imx412', {word} }}", f"{word.split()[0]}")
            for word in ("fps = 5", "humidity = 50", "settings = { Gain = 1 }")
        ),
        ("x = [", "is not TOML"),
    ],
)
def test_a_plan_that_cannot_be_read_is_told_in_one_line(tmp_path, text, message):
    plan = tmp_path / "plan.toml"
    plan.write_text(text)
    done = cli("wiring", str(plan), ok=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
