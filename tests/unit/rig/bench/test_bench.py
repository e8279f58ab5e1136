"""The rig in virtual time: volts become levels, edges come to the microsecond, what breaks stays broken."""

import pytest

import camtwin
from camtwin import Refused, rig
from camtwin.simtime import Scheduler
from camtwin.units import MS, SEC, US

MODEL = "baumer-vcxg-124m"
PSU = [["psu.+", "cam.VCC"], ["psu.-", "cam.GND"]]
WIRES = [
    *PSU,
    ["gen.out", "cam.IN1"],
    ["gen.gnd", "cam.GND IN1"],
    ["psu.+", "cam.Power VCC OUT"],
    ["lamp.+", "cam.OUT1"],
    ["lamp.-", "psu.-"],
]


def bench(wires=WIRES, cam=None, **devices):
    session = camtwin.open(MODEL, render=False)
    kinds = {
        "cam": {"kind": "camera", "model": MODEL, **(cam or {})},
        "psu": {"kind": "supply", "volts": 24},
        "gen": {"kind": "generator", "high_V": 24, "ohm": 1},
        "lamp": {"kind": "lamp", "current_mA": 40},
        **devices,
    }
    plan = rig.read({"devices": kinds, "wires": wires})
    return session, rig.Bench(plan, {"cam": session})


def status(cam, line):
    cam.advance(10 * US)
    cam.LineSelector = line
    return cam.LineStatus


def test_a_trigger_of_24_volts_comes_as_an_edge_after_the_filter():
    cam, b = bench()
    cam.TriggerMode, cam.TriggerSource = "On", "Line0"
    cam.LineSelector, cam.LineSource = "Line3", "ExposureActive"
    cam.AcquisitionStart()
    b.pulse("gen", 100 * US, period_ns=200 * MS, count=3, delay_ns=MS)
    cam.advance(SEC)
    assert [t for t, level in cam.lines["Line0"].edges if level] == [MS, 201 * MS, 401 * MS]
    flashes = cam.lines["Line3"].edges  # 97.7 us after the pin, 3 us to switch on; 4 ms, 40 us to switch off
    assert flashes[:2] == [(MS + 100_700, True), (MS + 97_700 + 4 * MS + 40_000, False)]
    assert len(cam.fetch()) == 3


def test_a_level_between_the_levels_changes_nothing_and_is_noted():
    cam, b = bench()
    b.set("gen", "high")
    assert status(cam, "Line0") is True
    b.tune("gen", high_V=8.0)
    assert status(cam, "Line0") is True
    assert b.words("Line0") == {"undefined"}
    b.tune("gen", high_V=4.5)
    assert status(cam, "Line0") is False
    b.tune("gen", high_V=8.0)
    assert status(cam, "Line0") is False
    assert [note.word for note in b.notes] == ["undefined", "undefined"]


@pytest.mark.parametrize(("limit_mA", "switches"), [(2.9, False), (3.1, True)])
def test_a_source_of_too_little_current_does_not_switch_the_optocoupler(limit_mA, switches):
    cam, b = bench(gen={"kind": "generator", "high_V": 24, "ohm": 1, "limit_mA": limit_mA})
    b.set("gen", "high")
    assert status(cam, "Line0") is switches
    assert b.mA("cam", "Line0") == pytest.approx(limit_mA, rel=1e-4)


def test_a_damaged_line_stays_dead_until_it_is_repaired():
    wires = [*PSU, ["gen.out", "cam.GPIO1"], ["gen.gnd", "cam.GND"]]
    cam, b = bench(wires, gen={"kind": "generator", "high_V": 5})
    b.set("gen", "high")
    assert status(cam, "Line1") is True
    b.tune("gen", high_V=30.1)
    assert status(cam, "Line1") is False
    assert b.words("Line1") == {"damaged"}
    b.tune("gen", high_V=5.0)
    assert status(cam, "Line1") is False
    b.repair("cam")
    assert status(cam, "Line1") is True


def test_24_volts_against_an_output_break_it():
    wires = [*PSU, ["gen.out", "cam.GPIO1"], ["gen.gnd", "cam.GND"]]
    _, b = bench(wires, {"outputs": ["Line1"]})
    assert b.words() == set()
    b.set("gen", "high")
    assert b.words("Line1") == {"damaged"}
    assert b.cameras["cam"].damaged == {"Line1"}


def test_a_reversed_supply_leaves_it_off():
    cam, b = bench([["psu.-", "cam.VCC"], ["psu.+", "cam.GND"]])
    assert b.words("VCC") == {"reversed supply"}
    assert b.power("cam").watts == 0
    with pytest.raises(Refused, match="no power"):
        cam.AcquisitionStart()


def test_a_brown_out_takes_it_down_and_it_comes_back():
    cam, b = bench()
    cam.Gain = 6.0
    cam.advance(SEC)
    b.tune("psu", volts=9.0)  # below 9.6 V, above where it gives out
    assert b.words("VCC") == {"undervoltage"}
    assert cam.Gain == 6.0
    b.tune("psu", volts=8.0)
    with pytest.raises(Refused):
        cam.Gain = 3.0
    b.tune("psu", volts=24.0)
    with pytest.raises(Refused):
        cam.Gain = 3.0  # it waits a moment
    cam.advance(101 * MS)
    assert cam.Gain == 0.0
    assert b.words() == set()


@pytest.mark.parametrize(("volts", "mA"), [(12, 208.3), (24, 104.2)])
def test_consumption_at_nine_frames_a_second(volts, mA):
    cam, b = bench(psu={"kind": "supply", "volts": volts})
    idle = b.power("cam").watts
    cam.AcquisitionStart()
    cam.advance(2 * SEC)
    power = b.power("cam")
    assert power.mA == pytest.approx(mA, rel=0.02)
    assert power.watts == pytest.approx(2.5, rel=0.02)
    assert idle == pytest.approx(2.0, rel=0.02)


def test_a_lamp_beyond_50_mA_is_an_overload_while_it_is_on():
    cam, b = bench(lamp={"kind": "lamp", "current_mA": 80})
    cam.LineSelector, cam.LineSource = "Line3", "UserOutput1"
    cam.UserOutputSelector, cam.UserOutputValue = "UserOutput1", True
    cam.advance(MS)
    assert b.words("Line3") == {"overload"}
    assert b.mA("cam", "Line3") == pytest.approx(75.8, rel=0.01)
    cam.UserOutputValue = False
    cam.advance(MS)
    assert b.words() == set()


def test_one_camera_triggers_another_on_the_same_clock():
    clock = Scheduler()
    cams = {name: camtwin.open(MODEL, render=False, clock=clock, seed=n) for n, name in enumerate("ab")}
    wires = [[f"psu.{sign}", f"{name}.{pin}"] for name in "ab" for sign, pin in (("+", "VCC"), ("-", "GND"))]
    wires += [["psu.+", "a.Power VCC OUT"], ["a.OUT1", "b.IN1"], ["psu.-", "b.GND IN1"]]
    cameras = {name: {"kind": "camera", "model": MODEL} for name in "ab"}
    b = rig.Bench(
        rig.read({"devices": {"psu": {"kind": "supply", "volts": 24}, **cameras}, "wires": wires}), cams
    )
    cams["a"].LineSelector, cams["a"].LineSource = "Line3", "ExposureActive"
    cams["b"].TriggerMode, cams["b"].TriggerSource = "On", "Line0"
    cams["b"].AcquisitionStart()
    cams["a"].AcquisitionStart()
    clock.advance_to(50 * MS)
    assert cams["a"].lines["Line3"].edges[0] == (3 * US, True)
    assert cams["b"].lines["Line0"].edges[0] == (3 * US, True)
    assert b.words() == set()


def test_a_broken_wire_and_a_bouncing_contact():
    cam, b = bench()
    b.break_wire("gen.out", "cam.IN1")
    b.set("gen", "high")
    assert status(cam, "Line0") is False
    b.mend_wire("gen.out", "cam.IN1")
    assert status(cam, "Line0") is True
    edges = len(cam.lines["Line0"].edges)
    b.bounce("gen", "low", times=5)
    cam.advance(2 * MS)
    assert len(cam.lines["Line0"].edges) - edges == 11  # five times there and back, and there
    assert status(cam, "Line0") is False


def test_what_cannot_be_done_is_told():
    _, b = bench()
    with pytest.raises(ValueError, match="psu has no level 'high'"):
        b.set("psu", "high")
    with pytest.raises(ValueError, match="no wire joins"):
        b.break_wire("psu.+", "cam.IN1")
    with pytest.raises(rig.PlanInvalid, match="psu"):
        b.tune("psu", volts="many")
    with pytest.raises(ValueError, match="do not share a clock"):
        rig.Bench(
            rig.read({"devices": {n: {"kind": "camera", "model": MODEL} for n in "ab"}}),
            {n: camtwin.open(MODEL, render=False) for n in "ab"},
        )
