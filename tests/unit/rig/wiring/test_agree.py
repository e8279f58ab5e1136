"""`camtwin wiring` and `camtwin play` agree: around running twins goes wrong what the check says."""

import tomllib
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

import camtwin
from camtwin import rig
from camtwin.rig.bench import wired_camera
from camtwin.rig.scenario.play import play
from camtwin.rig.scenario.schema import Scenario, parse
from camtwin.rig.wiring.check import LIGHTS
from camtwin.rig.wiring.elements import Lamp
from camtwin.rig.wiring.plan import Pin
from camtwin.rig.wiring.reading import line_at
from camtwin.rig.wiring.states import outputs, sources
from camtwin.simtime import Scheduler
from camtwin.units import MS
from unit.rig.wiring.random_plans import plans

OF_THE_PLAN = {"floating", "ground loop", "short", "conflict", "too short", "open"}
"""Words for what no state of a plan shows: it is wrong whatever is switched."""


def switched(cam, line, on):
    """Put an output, whose source is off, to a level by its inverter."""
    if cam.twin.camera.lines[line].level != on:
        cam.LineSelector, cam.LineSource, cam.LineInverter = line, "Off", on


def heal(bench):
    """Mend what a state before has broken, which a plan's check doesn't remember."""
    for wired in bench.cameras.values():
        wired.damaged.clear()


def happens(plan):
    """Put a plan around running twins into all of its states; return what went wrong: (connection, word)."""
    clock = Scheduler()
    cams = {
        name: camtwin.open(device.model, render=False, clock=clock, seed=n)
        for n, (name, device) in enumerate(plan.cameras.items())
    }
    for cam in cams.values():
        cam.world.hold_internal_C(25.0)
    with pytest.MonkeyPatch.context() as patch:  # parts as the check has them: typical ones, at 25 degC
        patch.setattr(wired_camera, "crc32", lambda _: 1 << 31)
        bench = rig.Bench(plan, cams)
    free = [*sources(plan), *outputs(plan)]
    levels, lights = {}, {name: 0.0 for name, device in plan.devices.items() if isinstance(device, Lamp)}
    for count in range(len(free) + 1):
        for active in combinations(free, count):
            for source in sources(plan):
                heal(bench)
                bench.set(source, "high" if source in active else "low")
            clock.advance_to(clock.now + 250 * MS)
            for name, line in outputs(plan):
                if cams[name].twin.camera.powered:
                    heal(bench)
                    switched(cams[name], line, (name, line) in active)
                    clock.advance_to(clock.now + 5 * MS)
            heal(bench)
            bench.settle()
            for name, cam in cams.items():
                for line, wire in cam.twin.camera.lines.items():
                    where = line_at(plan, name, line)
                    if not wire.is_output and not bench.words(where) & {"undefined", "damaged"}:
                        levels.setdefault((name, line), set()).add(wire.level)
            for lamp in lights:
                lights[lamp] = max(lights[lamp], abs(bench.mA(lamp)))
    wrong = bench.wrong
    wired = {pin.device for pin in plan.wired}
    wrong |= {
        (name, "dark")
        for name, mA in lights.items()
        if name in wired and mA < LIGHTS * plan.devices[name].current_mA
    }
    bad = {where for where, _ in wrong}
    for (name, line), seen in levels.items():
        spec, where = plan.sheets[name].inputs[line], line_at(plan, name, line)
        open_loop = spec.isolated and Pin(name, spec.ground) not in plan.wired
        if Pin(name, spec.pin) in plan.wired and where not in bad and not open_loop and len(seen) < 2:
            wrong.add((where, "does not switch"))
    return wrong


def said(plan):
    findings = rig.check(plan).findings
    return {(f.where, f.word) for f in findings if f.verdict == "wrong" and f.word not in OF_THE_PLAN}


@pytest.mark.timeout(600)  # half a minute of a free core
@settings(deadline=None, max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(plans())
def test_on_random_plans(data):
    plan = rig.read(data)
    assert said(plan) == happens(plan)


ONE_TRIGGERS_THE_OTHER = """
seconds = 1.9
[plan]
wires = [
    ["psu.+", "a.VCC"], ["psu.-", "a.GND"], ["psu.+", "b.VCC"], ["psu.-", "b.GND"],
    ["psu.+", "a.Power VCC OUT"],
    ["a.OUT1", "b.IN1"], ["psu.-", "b.GND IN1"],
]
[plan.devices]
a = { kind = "camera", model = "baumer-vcxg-124m" }
b = { kind = "camera", model = "baumer-vcxg-124m" }
psu = { kind = "supply", volts = 24 }
[cameras.a]
set = [
    "AcquisitionFrameRateEnable=1", "AcquisitionFrameRate=5",
    "LineSelector=Line3", "LineSource=ExposureActive",
]
[cameras.b]
set = ["TriggerMode=On", "TriggerSource=Line0"]
"""


def test_an_output_of_a_camera_switches_the_input_of_another():
    """24 V at OUT1 are 23 V less the optocoupler's 1 V at IN1: ten exposures are ten triggers."""
    report = rig.check(rig.parse(ONE_TRIGGERS_THE_OTHER))
    assert [f for f in report.findings if f.verdict != "ok"] == []
    (at_input,) = [f for f in report.findings if f.where == "b.process.3 IN1 (Line0)"]
    assert (at_input.word, round(at_input.value or 0, 1)) == ("high", 23.4)
    played = play(parse(ONE_TRIGGERS_THE_OTHER))
    assert (played.accounts["b"].triggers, played.accounts["b"].skipped) == (10, 0)
    assert played.verdict == "ok"


EXAMPLES = sorted(
    path
    for folder in ("scenarios", "wiring")
    for path in (Path(__file__).parents[4] / "examples" / folder).glob("*.toml")
)
FAULTY = {"gpio-at-24-volts", "lamp-beyond-50-mA", "supply-reversed"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_on_examples(path):
    """Examples with a fault fail both commands, others pass both."""
    text = path.read_text()
    data = tomllib.loads(text)
    scenario = Scenario.model_validate(data if "plan" in data else {"seconds": 0.3, "plan": data})
    assert (rig.check(rig.parse(text)).verdict == "wrong") == (path.stem in FAULTY)
    assert (play(scenario).verdict == "wrong") == (path.stem in FAULTY)
