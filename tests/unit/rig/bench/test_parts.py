"""Parts as they are: warm, unlike others, slow under little load; and cables that are made for a camera."""

import pytest

import camtwin
from camtwin import rig

BASLER = "basler-aca4112-20um"
USB = [["host.vbus", "cam.usb.vbus"], ["host.gnd", "cam.usb.gnd"]]


def plan(wires, cables=(), outputs=("Line3",), **devices):
    camera = {"kind": "camera", "model": BASLER, "outputs": list(outputs)}
    devices = {"cam": camera, "host": {"kind": "host"}, **devices}
    return rig.read({"devices": devices, "wires": [*USB, *wires], "cables": list(cables)})


def output(on, ohm, celsius=25.0, seed=1):
    """Line3, its pin pulled up to 24 V."""
    wires = [["ext.+", "r.a"], ["r.b", "cam.io.1"], ["ext.-", "cam.io.6"]]
    cam = camtwin.open(BASLER, seed=seed, render=False)
    parts = {"ext": {"kind": "supply", "volts": 24.0}, "r": {"kind": "resistor", "ohm": ohm}}
    bench = rig.Bench(plan(wires, **parts), {"cam": cam})
    cam.world.hold_internal_C(celsius)
    cam.LineSelector, cam.LineSource, cam.UserOutputSelector = "Line3", "UserOutput1", "UserOutput1"
    for level in (True, on):
        cam.UserOutputValue = level
        cam.advance(1_000_000)
    return cam, bench


def test_leakage_doubles_every_25_kelvin_and_is_each_cameras_own():
    def leakage(**how):
        return output(False, 1000.0, **how)[1].mA("cam", "Line3")

    assert leakage(celsius=50.0) == pytest.approx(2 * leakage(), rel=1e-3)
    assert 0.7 * 0.020 <= leakage(seed=5) <= 1.3 * 0.020
    assert leakage(seed=5) != leakage(seed=6)


def test_the_residual_voltage_grows_with_warmth():
    cold, warm = (output(True, 472.0, celsius=c)[1].volts("cam.io.1", "cam.io.6") for c in (25.0, 75.0))
    assert warm == pytest.approx(1.1 * cold, rel=0.002)  # which leaves 0.2 % less current


def test_an_edge_is_late_by_the_charge_over_the_current():
    cam, _ = output(False, 23.6 / 1e-3)
    line = cam.lines["Line3"]
    assert line.edges[-1][0] - line.inner[-1][0] == pytest.approx(5e-9 / 1e-3 * 1e9, rel=0.05)


def test_a_cable_that_is_made_for_some_lines_leaves_the_others_open():
    gen = {"kind": "generator"}
    signal = [["gen.out", "cam.io.2"], ["gen.gnd", "cam.io.5"]]
    blue, yellow = (
        rig.check(plan([], [{"type": kind, "into": "cam.io", "wires": signal}], gen=gen))
        for kind in ("opto", "gpio")
    )
    assert "open" not in blue.words()
    (first, second) = [f for f in yellow.findings if f.word == "open"]
    assert (first.where, second.where) == ("cam.io.2 Opto IN", "cam.io.5 GND opto")
    assert first.reason == "the cable gpio has no wire for this pin"
    with pytest.raises(rig.PlanInvalid, match=r"cam has no cable 'red'; it has gpio, opto, y"):
        plan([], [{"type": "red", "into": "cam.io", "wires": signal}], gen=gen)


@pytest.mark.parametrize(("plug", "max_MB_s"), [("USB 3.0 Micro-B", 420), ("USB 2.0 Micro-B", 41)])
def test_a_plug_of_usb_2_carries_less(plug, max_MB_s):
    cam = camtwin.open(BASLER, render=False)
    rig.Bench(plan([], [{"into": "cam.usb", "plug": plug}]), {"cam": cam})
    cam.AcquisitionStart()
    cam.advance(2_000_000_000)
    rate = len(cam.fetch()) * cam.PayloadSize / 2e6
    assert 0.5 * max_MB_s < rate < max_MB_s
    slow = ["slow"] if max_MB_s < 100 else []
    for screwed, loose in ((True, []), (False, ["not locked"])):
        found = rig.mated("usb", rig.sheet_of(cam), "usb", plug, screwed)
        assert [finding.word for finding in found] == (slow + loose or ["mates"])


def test_a_pull_up_to_too_little_is_warned_of():
    wires = [["ext.+", "r.a"], ["r.b", "cam.io.1"], ["ext.-", "cam.io.6"]]
    parts = {"r": {"kind": "resistor", "ohm": 4700.0}}
    for volts, words in ((3.3, set()), (3.2, {"warned"})):
        found = rig.check(plan(wires, outputs=(), ext={"kind": "supply", "volts": volts}, **parts))
        assert {f.word for f in found.findings if "pulled up" in f.reason} == words


def test_a_source_against_an_output_is_told_to_break_it():
    wires = [["gen.out", "cam.io.1"], ["gen.gnd", "cam.io.6"]]
    gen = {"kind": "generator", "ohm": 1.0}
    assert "damaged" in rig.check(plan(wires, gen=gen)).words("(Line3)")


def test_a_board_runs_on_all_of_its_rails_or_not_at_all():
    rails = {"VANA": 2.75, "VDIG": 1.05, "VIF": 1.8}

    def fed(**volts):
        devices = {f"s{name}": {"kind": "supply", "volts": v} for name, v in {**rails, **volts}.items() if v}
        wires = [[f"{name}.+", f"cam.{name[1:]}"] for name in devices]
        wires += [[f"{name}.-", "cam.GND"] for name in devices]
        model = {"kind": "camera", "model": "sony-imx412-aack"}
        cam = camtwin.open("sony-imx412-aack", render=False)
        read = rig.read({"devices": {"cam": model, **devices}, "wires": wires})
        bench = rig.Bench(read, {"cam": cam})
        return bench.power("cam").label, rig.check(read).words()

    assert fed() == ("rails", set())
    assert fed(VDIG=0) == ("", {"no supply"})
    assert fed(VDIG=1.8) == ("", {"wrong voltage"})


def test_around_no_twin_a_bench_still_knows_its_pins():
    wires = [["gen.out", "cam.SCL"], ["gen.gnd", "cam.board.11"]]
    gen = {"kind": "generator", "low_V": 1.8}
    module = {"kind": "camera", "model": "framos-fsm-imx412"}
    bench = rig.Bench(rig.read({"devices": {"cam": module, "gen": gen}, "wires": wires}), {})
    assert bench.volts("cam.board.21", "cam.board.56") == pytest.approx(1.8, rel=1e-3)
