"""Outputs as a circuit: what they carry, what stands at them, how late their edges are."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

from camtwin import rig
from camtwin.session.session import Session
from camtwin.units import US
from camtwin.verify.case import Case
from camtwin.verify.measurements.wiring import (
    CLEAN,
    Wires,
    as_output,
    fed,
    judged,
    levels,
    lines,
    points,
    resistor,
    said,
    supply,
    switch_output,
    wired,
)
from camtwin.verify.measures import Value, measurement


def loaded(case: Case, line: str, volts: float, ohm: float | None = None, mA: float = 1.0) -> dict[str, Any]:
    """Plan a resistor, or a sink of so many mA, between a line and a supply of so many volts.

    A high side is fed by the supply and its load returns to ground; any other stage is pulled at its pin."""
    sheet = case.around.outputs[line]
    load, ends = ("r", "ab") if ohm else ("load", ("out", "gnd"))
    wires: Wires = [*fed(case), [f"{load}.{ends[0]}", f"cam.{sheet.pin}"]]
    parts: dict[str, Any] = {"outputs": as_output(case, line)}
    if sheet.stage == "high side":
        wires += [["ext.+", f"cam.{sheet.feed}"], [f"{load}.{ends[1]}", "ext.-"]]
        parts |= {"ext": supply(volts), load: resistor(ohm) if ohm else levels(0.0, 0.0, limit_mA=mA)}
    elif ohm and volts:
        wires += [["ext.+", "r.b"], ["ext.-", f"cam.{sheet.ground}"]]
        parts |= {"ext": supply(volts), "r": resistor(ohm)}
    else:
        wires.append([f"{load}.{ends[1]}", f"cam.{sheet.ground}"])
        parts |= {load: resistor(ohm) if ohm else levels(volts, volts, limit_mA=mA)}
    return {"wires": wires, **parts}


def switched(
    case: Case,
    line: str,
    on: bool,
    volts: float = 24.0,
    ohm: float | None = None,
    mA: float = 1.0,
    celsius: float = 25.0,
    seed: int = 1,
) -> tuple[Session, rig.Bench]:
    """Switch a line of a camera of this warmth and serial, with such a load."""
    cam, bench = wired(case, cam=case.open(seed=seed), **loaded(case, line, volts, ohm, mA))
    cam.world.hold_internal_C(celsius)
    switch_output(cam, line, on)
    return cam, bench


def at_pin(case: Case, bench: rig.Bench, line: str) -> float:
    """Read the voltage at a line, against its ground or that of its supply."""
    sheet = case.around.outputs[line]
    return bench.volts(f"cam.{sheet.pin}", f"cam.{sheet.ground}" if sheet.ground else "ext.-")


def leakage_uA(case: Case, line: str, celsius: float = 25.0, seed: int = 1) -> float:
    """Measure what flows through a resistor to a line that is off, by the voltage across it."""
    _, bench = switched(case, line, False, ohm=1000.0, celsius=celsius, seed=seed)
    current = bench.volts("r.b", "r.a") / 1000.0 * 1e6
    case.near("the line takes what the resistor gives", bench.mA("cam", line) * 1e3, current, 0.05, "uA")
    return current


def on_level(case: Case, line: str, mA: float = 50.0, celsius: float = 25.0, seed: int = 1) -> float:
    """Read the level of a line that is on, with a load of about so many mA from 24 V."""
    _, bench = switched(case, line, True, ohm=23.6 / mA * 1e3, celsius=celsius, seed=seed)
    return at_pin(case, bench, line)


# -- limits ------------------------------------------------------------------------------------------
@measurement("output_supply")
def output_supply(case: Case, names: str, *wanted: str, reason: str = "") -> None:
    """Supplies of outputs, and what is said of each: `24.1:warned`. `reason`: in that of the last one."""
    for line in lines(case, names, "outputs"):
        why = ""
        for volts, word in points(case, wanted):
            words, why = judged(case, where=f"({line})", **loaded(case, line, volts))
            case.equal(f"the tool on {line} at {volts:g} V", words, word)
            _, bench = wired(case, **loaded(case, line, volts))
            case.equal("the rig of the twin", said(bench.words(f"({line})")), word)
        case.that(f"the reason is {reason!r}" if reason else "reasons are given", reason in why)


@measurement("output_load")
def output_load(case: Case, names: str, on: bool, volts: float, *wanted: str) -> None:
    """Loads of so many mA to a supply, and what is said of each: `51:overload`."""
    for line in lines(case, names, "outputs"):
        sheet = case.around.outputs[line]
        for mA, word in points(case, wanted):
            _, bench = switched(case, line, on, volts, mA=mA)
            flows = abs(bench.mA("cam", line))
            case.saw(f"{flows:.3g} mA flow through {line}")
            case.equal(f"{line} with {mA:g} mA", said(bench.words(f"({line})")), word)
            if word == CLEAN:
                case.near(f"{line} carries", flows, mA, 0.01, "mA")
            if sheet.stage != "push-pull":  # of that, a plan has the source against both of its levels
                words, _ = judged(case, where=f"({line})", **loaded(case, line, volts, mA=mA))
                case.equal(f"the tool on {line} with {mA:g} mA", words, word)


@measurement("output_level")
def output_level(case: Case, names: str, on: bool, volts: float, *ohms: float, span: str = "") -> None:
    """The level at a pin, with resistors to so many volts: within the claim's span or another, or 10 % of it.

    What flows through the resistor, by the voltage across it, is what the line takes or gives."""
    for line in lines(case, names, "outputs"):
        for ohm in ohms:
            _, bench = switched(case, line, on, volts, ohm)
            level = at_pin(case, bench, line)
            current = (volts - level) / ohm * 1e3
            what = f"{line} {'on' if on else 'off'} at {abs(current):.3g} mA"
            if span or ".." in case.claim.value:
                low, high = map(float, span.split("..")) if span else case.claim.span
                case.within(what, round(level, 4), low, high, "V")
            else:
                case.near(what, level, case.claim.number, 0.1 * case.claim.number, "V")
            case.near("the line's current", bench.mA("cam", line), current, 0.01 * abs(current) + 1e-4, "mA")


# -- leakage, residual and delay -----------------------------------------------------------------------
def off_error_V(case: Case, line: str, mA: float = 1.0) -> float:
    """Measure what an output that is off takes off the voltage of 24 V behind such a load."""
    _, bench = switched(case, line, False, ohm=24.0 / mA * 1e3)
    return 24.0 - at_pin(case, bench, line)


def off_delay_us(case: Case, line: str, mA: float = 1.0) -> float:
    """Measure from the camera's own edge to that at the pin, as it is switched off."""
    cam, _ = switched(case, line, True, ohm=23.6 / mA * 1e3)
    switch_output(cam, line, False)
    wire = cam.lines[line]
    return (wire.edges[-1][0] - wire.inner[-1][0]) / US


def cable_drop_mV(case: Case, line: str, mA: float = 1.0) -> float:
    """Measure what such a load drops over a cable of 10 m and 0.14 mm2 to the pin."""
    sheet = case.around.outputs[line]
    cable = {"wires": [["load.out", f"cam.{sheet.pin}"]], "length_m": 10.0, "mm2": 0.14}
    wires, load = [*fed(case), ["load.gnd", f"cam.{sheet.ground}"]], levels(24.0, 24.0, limit_mA=mA)
    cam, bench = wired(case, wires, outputs=as_output(case, line), cable=cable, load=load)
    switch_output(cam, line, True)
    return bench.volts("load.out", f"cam.{sheet.pin}") * 1e3


QUANTITIES: Final[dict[str, Callable[..., float]]] = {
    "leakage_uA": leakage_uA,
    "on_level_V": on_level,
    "off_error_V": off_error_V,
    "off_delay_us": off_delay_us,
    "cable_drop_mV": cable_drop_mV,
}


@measurement("output_grows")
def output_grows(case: Case, names: str, quantity: str, option: str, *values: float, by: float = 0.0) -> None:
    """A quantity grows, by more than so much each time, as an option takes these values: `mA,10,1`."""
    for line in lines(case, names, "outputs"):
        read = [QUANTITIES[quantity](case, line, **{option: value}) for value in values]
        case.saw(f"{line}: {quantity} {', '.join(f'{one:.4g}' for one in read)}")
        grows = all(after - before > by for before, after in pairwise(read))
        case.that(f"it grows as {option} goes {', '.join(f'{value:g}' for value in values)}", grows)


@measurement("output_ratio")
def output_ratio(case: Case, names: str, quantity: str, first_mA: float, second_mA: float) -> None:
    """A quantity is as many times greater as the current, within 1 %."""
    for line in lines(case, names, "outputs"):
        first, second = (QUANTITIES[quantity](case, line, mA=mA) for mA in (first_mA, second_mA))
        wanted = first_mA / second_mA
        case.near(f"{line}: {first_mA:g} mA over {second_mA:g} mA", first / second, wanted, 0.01 * wanted)


@measurement("output_differs")
def output_differs(
    case: Case, names: str, quantity: str, option: str, *values: Value, celsius: float
) -> None:
    """A quantity is another for each value of an option: in each camera, at each temperature."""
    for line in lines(case, names, "outputs"):
        read = [QUANTITIES[quantity](case, line, **{"celsius": celsius, option: value}) for value in values]
        case.saw(f"{line}: {quantity} {', '.join(f'{one:.5g}' for one in read)}")
        case.equal(f"different ones by {option}", len({round(one, 5) for one in read}), len(values))


@measurement("output_leakage")
def output_leakage(case: Case, names: str, most_uA: float, celsius: float, *seeds: int) -> None:
    """Check the leakage into an output that is off, of cameras of these seeds: within limits, not zero."""
    for line in lines(case, names, "outputs"):
        for seed in seeds:
            leaks = leakage_uA(case, line, celsius=celsius, seed=seed)
            case.within(f"{line} off at {celsius:g} degC leaks", leaks, 0.1, most_uA, "uA")


@measurement("output_pullup")
def output_pullup(case: Case, names: str) -> None:
    """An output that is off, open and with the claimed resistance to ground: half of it is left."""
    for line in lines(case, names, "outputs"):
        volts: list[float] = []
        for ohm in (1e8, case.claim.number * 1e3):
            _, bench = switched(case, line, False, 0.0, ohm)
            volts.append(at_pin(case, bench, line))
        case.near(f"{line} loaded over open, {volts[0]:.2f} V", volts[1] / volts[0], 0.5, 0.05)


@measurement("output_floats")
def output_floats(case: Case, names: str) -> None:
    """Off, a resistor pulls it up; without one the tool says that the pull-up inside is not enough."""
    for line in lines(case, names, "outputs"):
        for volts in (5.0, 24.0):
            _, bench = switched(case, line, False, volts, 1000.0)
            case.near(f"{line} off, pulled up to {volts:g} V", at_pin(case, bench, line), volts, 0.1, "V")
        _, why = judged(case, where=f"({line})", **loaded(case, line, 0.0, 1e5))
        case.that("without another the tool says so", "many loads need another pull-up" in why)


@measurement("output_feed")
def output_feed(case: Case, names: str) -> None:
    """An output switches a load where its stage is fed from outside, and is dead where it is not."""
    for line in lines(case, names, "outputs"):
        plan, back = loaded(case, line, 24.0, 1000.0), ["ext.-", fed(case)[1][1]]
        feed = ["ext.+", f"cam.{case.around.outputs[line].feed}"]
        open_wires = [*(wire for wire in plan["wires"] if wire != feed), back]
        for powered in (True, False):
            plan["wires"] = [*open_wires, *([feed] if powered else [])]
            cam, bench = wired(case, **plan)
            switch_output(cam, line, True)
            how = "fed" if powered else "open"
            case.equal(f"{line} switches with its feed {how}", bench.volts("r.a", "ext.-") > 20, powered)
            words, _ = judged(case, where=f"({line})", **plan)
            case.equal("the tool says that it is dead", "dead" in words, not powered)


@measurement("output_fahrenheit")
def output_fahrenheit(case: Case, names: str) -> None:
    """The temperature on record, at which a level is stated, is the claim's in Fahrenheit."""
    for line in lines(case, names, "outputs"):
        celsius = case.record(f"outside.{line}").value["at_C"]
        case.equal(f"{line}: {celsius:g} degC in degF", 32 + 1.8 * celsius, case.claim.number)
