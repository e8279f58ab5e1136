"""Lines as circuits: which voltage is which level, what flows, what breaks, how late edges are."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final, Literal

from camtwin import rig
from camtwin.session.session import Session
from camtwin.units import MS, US
from camtwin.verify.case import Case
from camtwin.verify.measurements.wiring import (
    CLEAN,
    Wires,
    as_output,
    between,
    fed,
    follows,
    good_high,
    into,
    judged,
    levels,
    lines,
    put,
    resistor,
    said,
    status,
    supply,
    switch_output,
    wired,
)
from camtwin.verify.measures import Point, Value, measurement

Plan = dict[str, Any]


# -- situations --------------------------------------------------------------------------------------
def at_voltage(case: Case, line: str, volts: float) -> Plan:
    """Plan an input at this voltage: it goes there from 0 V, or from a good high."""
    other = case.around.inputs[line].high_V[1] if volts <= 0 else 0.0
    return {"wires": into(case, line), "gen": levels(min(volts, other), max(volts, other))}


def at_source(case: Case, line: str, mA: float) -> Plan:
    """Plan a source of 24 V with so many mA at an input."""
    return {"wires": into(case, line), "gen": levels(0.0, 24.0, limit_mA=mA)}


def at_sink(case: Case, line: str, volts: float) -> Plan:
    """Plan a source whose low rises to so many volts at the current of the claim."""
    return {"wires": into(case, line), "gen": {"kind": "generator", "ohm": volts / case.claim.number * 1e3}}


def pulled_up(case: Case, line: str, volts: float) -> Plan:
    """Plan an open collector with a resistor to so many volts at an input."""
    sheet = case.around.inputs[line]
    pin, ground = f"cam.{sheet.pin}", f"cam.{sheet.ground}"
    wires = [["ext.+", "r.a"], ["r.b", pin], ["sink.Q", pin], ["ext.-", ground], ["sink.-", "ext.-"]]
    parts = {"r": resistor(4700.0), "sink": {"kind": "plc", "output": "open-collector"}}
    return {"wires": [*fed(case), *wires], "ext": supply(volts), **parts}


def loaded(case: Case, line: str, volts: float, ohm: float | None = None, mA: float = 1.0) -> Plan:
    """Plan a resistor, or a sink of so many mA, between an output and a supply of so many volts.

    A high side is fed by the supply and its load returns to ground; any other stage is pulled at its pin.
    """
    sheet = case.around.outputs[line]
    load, ends = ("r", "ab") if ohm else ("load", ("out", "gnd"))
    wires: Wires = [*fed(case), [f"{load}.{ends[0]}", f"cam.{sheet.pin}"]]
    parts: Plan = {"outputs": as_output(case, line)}
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


SITUATIONS: Final[dict[str, Callable[[Case, str, float], Plan]]] = {
    "voltage": at_voltage,
    "source": at_source,
    "sink": at_sink,
    "pullup": pulled_up,
    "supply": loaded,
    "open": lambda case, line, ohm: loaded(case, line, 0.0, ohm),
}


def running(case: Case, situation: str, line: str, at: float) -> tuple[Session, rig.Bench]:
    """Put a situation around a running twin."""
    cam, bench = wired(case, **SITUATIONS[situation](case, line, at))
    if situation == "voltage":
        put(bench, at)
    elif situation == "source":
        bench.set("gen", "high")
    return cam, bench


@measurement("finding")
def finding(case: Case, situation: str, names: str, *wanted: Point, reason: str = "") -> None:
    """Compare what is said of lines in a situation, `voltage,Line1,30.1:damaged`: by the tool and by the rig.

    reason: in that of the last one. A source of too little current does not switch the line.
    """
    for line in lines(case, names):
        why = ""
        for at, word in wanted:
            words, why = judged(case, where=f"({line})", **SITUATIONS[situation](case, line, at))
            case.equal(f"the tool on {line}, {situation} {at:g}", words, word)
            if situation in ("voltage", "supply"):
                _, bench = running(case, situation, line, at)
                case.equal("the rig of the twin", said(bench.words(f"({line})")), word)
            elif situation == "source":
                cam, _ = running(case, situation, line, at)
                case.equal(f"a source of {at:g} mA switches {line}", status(cam, line), word == CLEAN)
        case.that(f"the reason is {reason!r}" if reason else "reasons are given", reason in why)


# -- inputs ------------------------------------------------------------------------------------------
@measurement("input_level")
def input_level(case: Case, names: str, level: bool, *volts: float) -> None:
    """Read LineStatus at these voltages, from either level; the opposite with LineInverter."""
    for line in lines(case, names):
        for inverter in (False, True):
            cam, bench = wired(case, into(case, line))
            case.write(cam, LineSelector=line, LineInverter=inverter)
            for at in volts:
                for before in (0.0, good_high(case, line)):
                    put(bench, before)
                    status(cam, line)
                    put(bench, at)
                    what = f"LineStatus of {line} at {at:g} V{', inverted' if inverter else ''}"
                    case.equal(what, status(cam, line), level != inverter)


@measurement("input_undefined")
def input_undefined(case: Case, names: str, low: float, high: float, step: float) -> None:
    """Find a zone undefined from its first to its last voltage, not a step beyond; a line stays as it was."""
    for line in lines(case, names):
        for volts, undefined in ((low - step, False), (low, True), (high, True), (high + step, False)):
            planned, _ = judged(case, where=f"({line})", **at_voltage(case, line, volts))
            _, bench = running(case, "voltage", line, volts)
            found = "undefined" in planned, "undefined" in said(bench.words(f"({line})"))
            case.equal(f"{line} undefined at {volts:g} V", found, (undefined, undefined))
        cam, bench = wired(case, into(case, line))
        for before, level in ((good_high(case, line), True), (0.0, False)):
            put(bench, before)
            status(cam, line)
            for volts in (low, high):
                put(bench, volts)
                case.equal(f"{line} stays as it was at {volts:g} V", status(cam, line), level)


@measurement("input_current")
def input_current(case: Case, names: str, *volts: float) -> None:
    """Measure the current into a line at these voltages: within the claim's span or up to its number."""
    unit = {"mA": 1.0, "uA": 1e3}[case.claim.unit]
    low, high = case.claim.span if ".." in case.claim.value else (-math.inf, case.claim.number)
    for line in lines(case, names):
        _, bench = wired(case, into(case, line))
        for at in volts:
            put(bench, at)
            drawn = round(bench.mA("cam", line) * unit, 3)
            case.within(f"{line} at {at:g} V draws", drawn, low, high, case.claim.unit)
            case.near("and the generator gives", -bench.mA("gen") * unit, drawn, 0.01 * unit)


@measurement("input_damage")
def input_damage(case: Case, names: str, *volts: Value) -> None:
    """Break a line by a voltage, or by `reversed` wires: it is dead until it is repaired."""
    for line in lines(case, names):
        sheet = case.around.inputs[line]
        for at in volts:
            turned = at == "reversed"
            ends = (sheet.ground, sheet.pin) if turned else (sheet.pin, sheet.ground)
            good, bad = good_high(case, line) * (-1 if turned else 1), 5.0 if turned else float(at)
            cam, bench = wired(case, between(case, *ends))
            for what, volt, damaged in (("at first", good, False), (at, bad, True), ("then", good, True)):
                put(bench, volt)
                cam.advance(MS)
                case.equal(f"{line} damaged, {what}", "damaged" in bench.words(f"({line})"), damaged)
                if volt == good:
                    case.equal("and sees a signal", status(cam, line), not damaged)
            bench.repair("cam")
            case.equal("damaged after a repair", "damaged" in bench.words(f"({line})"), False)
            case.equal("and sees a signal", status(cam, line), True)


@measurement("input_return")
def input_return(case: Case, names: str, *grounds: str) -> None:
    """Return a signal by a pin: it is seen, `io.5:closes`, or not, and the tool says so: `io.6:floating`.

    A pin `supply` is the minus of what feeds the camera, `nothing` is none. A row can say at which pin a line
    is: `Line1@io.2`.
    """
    at = {line: pin for line, _, pin in (part.partition("@") for part in names.split("+"))}
    for line in lines(case, "+".join(at)):
        high, signal = good_high(case, line), at.get(line) or case.around.inputs[line].pin
        for ground, _, word in (text.partition(":") for text in grounds):
            back = fed(case)[1][0] if ground == "supply" else f"cam.{ground}"
            wires: Wires = [*fed(case), ["gen.out", f"cam.{signal}"]]
            wires += [["gen.gnd", back]] if ground != "nothing" else []
            cam, bench = wired(case, wires)
            closes = word == "closes"
            case.equal(f"{line} follows a signal against {ground}", follows(cam, bench, line, high), closes)
            put(bench, high)
            case.equal("a current flows", abs(bench.mA("cam", line)) > 0.01, closes)
            words, _ = judged(case, wires, f"({line})", gen=levels(0.0, high))
            right = words == CLEAN if closes else word in ("open", *words.split(" + "))
            case.that(f"the tool says {words}", right)
            case.equal("it says that something is wrong", words != CLEAN, not closes)


@measurement("output_conflict")
def output_conflict(case: Case, names: str) -> None:
    """Put a source of both levels against a line that is an output: the tool tells of damage or overload."""
    for line in lines(case, names):
        words, _ = judged(case, into(case, line), f"({line})", outputs=[line], gen=levels(0.0, 5.0))
        case.that(f"{line} against a source: {words}", {"damaged", "overload"} & {*words.split(" + ")})


# -- outputs -----------------------------------------------------------------------------------------
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
    """Switch an output of a camera of this warmth and serial, with such a load."""
    cam, bench = wired(case, cam=case.open(seed=seed), **loaded(case, line, volts, ohm, mA))
    cam.world.hold_internal_C(celsius)
    switch_output(cam, line, on)
    return cam, bench


def at_pin(case: Case, bench: rig.Bench, line: str) -> float:
    """Read the voltage at a line, against its ground or that of its supply."""
    sheet = case.around.outputs[line]
    return bench.volts(f"cam.{sheet.pin}", f"cam.{sheet.ground}" if sheet.ground else "ext.-")


@measurement("output_load")
def output_load(case: Case, names: str, on: bool, volts: float, *wanted: Point) -> None:
    """Load outputs with so many mA to a supply, and compare what is said of each: `51:overload`."""
    for line in lines(case, names):
        for mA, word in wanted:
            _, bench = switched(case, line, on, volts, mA=mA)
            flows = abs(bench.mA("cam", line))
            case.saw(f"{flows:.3g} mA flow through {line}")
            case.equal(f"{line} with {mA:g} mA", said(bench.words(f"({line})")), word)
            if word == CLEAN:
                case.near(f"{line} carries", flows, mA, 0.01, "mA")
            # of a push-pull stage, a plan has the source against both of its levels
            if case.around.outputs[line].stage != "push-pull":
                words, _ = judged(case, where=f"({line})", **loaded(case, line, volts, mA=mA))
                case.equal(f"the tool on {line} with {mA:g} mA", words, word)


@measurement("output_level")
def output_level(case: Case, names: str, on: bool, volts: float, *ohms: float, span: str = "") -> None:
    """Measure the level at a pin, with resistors to so many volts: within the claim's span, or 10 %.

    What flows through the resistor, by the voltage across it, is what the line takes or gives.
    """
    for line in lines(case, names):
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


def leakage_uA(case: Case, line: str, celsius: float = 25.0, seed: int = 1) -> float:
    """Measure what flows through a resistor to a line that is off, by the voltage across it."""
    _, bench = switched(case, line, False, ohm=1000.0, celsius=celsius, seed=seed)
    current = bench.volts("r.b", "r.a") / 1000.0 * 1e6
    case.near("the line takes what the resistor gives", bench.mA("cam", line) * 1e3, current, 0.05, "uA")
    return current


def on_level_V(case: Case, line: str, mA: float = 50.0, celsius: float = 25.0, seed: int = 1) -> float:
    """Read the level of a line that is on, with a load of about so many mA from 24 V."""
    _, bench = switched(case, line, True, ohm=23.6 / mA * 1e3, celsius=celsius, seed=seed)
    return at_pin(case, bench, line)


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
    one.__name__: one for one in (leakage_uA, on_level_V, off_error_V, off_delay_us, cable_drop_mV)
}


@measurement("output_quantity")
def output_quantity(
    case: Case,
    names: str,
    quantity: str,
    how: Literal["grows", "differs", "proportional", "limited"],
    option: str,
    *values: float,
    by: float = 0.0,
    **others: float,
) -> None:
    """Measure a quantity as an option, mA, celsius or seed, takes these values, and others are fixed.

    It grows by more than `by` each time, is another for each, goes in proportion within 1 %, or stays below
    `by` and above nothing.
    """
    for line in lines(case, names):
        settings = ({**others, option: int(at) if option == "seed" else at} for at in values)
        read = [QUANTITIES[quantity](case, line, **one) for one in settings]
        case.saw(f"{line}: {quantity} {', '.join(f'{one:.5g}' for one in read)}")
        if how == "grows":
            grows = all(after - before > by for before, after in pairwise(read))
            case.that(f"it grows as {option} goes {', '.join(f'{value:g}' for value in values)}", grows)
        elif how == "differs":
            case.equal(f"different ones by {option}", len({round(one, 5) for one in read}), len(values))
        elif how == "proportional":
            for one, at in zip(read, values, strict=True):
                wanted = at / values[0]
                case.near(f"{line}: at {at:g} over {values[0]:g}", one / read[0], wanted, 0.01 * wanted)
        else:
            for one in read:
                case.within(f"{line}: {quantity}", one, 0.1, by)


@measurement("output_pullup")
def output_pullup(case: Case, names: str) -> None:
    """Compare an output that is off, open and with the claimed resistance to ground: half of it is left."""
    for line in lines(case, names):
        volts = [
            at_pin(case, switched(case, line, False, 0.0, ohm)[1], line)
            for ohm in (1e8, case.claim.number * 1e3)
        ]
        case.near(f"{line} loaded over open, {volts[0]:.2f} V", volts[1] / volts[0], 0.5, 0.05)


@measurement("output_feed")
def output_feed(case: Case, names: str) -> None:
    """Switch a load by an output whose stage is fed from outside: it is dead where it is not."""
    for line in lines(case, names):
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
