"""Lines as circuits: which voltage is which level, what flows, what breaks, how late edges are."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Final, Literal

from camtwin import rig
from camtwin.session.session import Session
from camtwin.units import MS, US
from camtwin.verify import wiring
from camtwin.verify.case import CLEAN, Case, said
from camtwin.verify.measures import Each, Point, Value, measurement


# -- situations --------------------------------------------------------------------------------------
def at_voltage(case: Case, line: str, volts: float) -> wiring.Plan:
    """Plan an input at this voltage: it goes there from 0 V, or from a good high."""
    other = case.input(line).high_V[1] if volts <= 0 else 0.0
    return wiring.driven(case, line, low_V=min(volts, other), high_V=max(volts, other))


def pulled_up(case: Case, line: str, volts: float) -> wiring.Plan:
    """Plan an open collector with a resistor to so many volts at an input."""
    sheet = case.input(line)
    pin, ground = f"cam.{sheet.pin}", f"cam.{sheet.ground}"
    wires = [["ext.+", "r.a"], ["r.b", pin], ["sink.Q", pin], ["ext.-", ground], ["sink.-", "ext.-"]]
    parts = {"r": wiring.resistor(4700.0), "sink": {"kind": "plc", "output": "open-collector"}}
    return {"wires": [*wiring.fed(case), *wires], "ext": wiring.supply(volts), **parts}


SITUATIONS: Final[dict[str, Callable[[Case, str, float], wiring.Plan]]] = {
    "voltage": at_voltage,
    "source": lambda case, line, mA: wiring.driven(case, line, low_V=0.0, high_V=24.0, limit_mA=mA),
    "sink": lambda case, line, volts: wiring.driven(case, line, ohm=volts / case.claim.number * 1e3),
    "pullup": pulled_up,
    "supply": wiring.loaded,
    "open": lambda case, line, ohm: wiring.loaded(case, line, 0.0, ohm),
}
"""Loads and sources: a voltage; a source of 24 V with so many mA, or one whose low rises to so many volts
at the current of the claim; a pull-up, a supply, a resistor to ground."""


def running(case: Case, situation: str, line: str, at: float) -> tuple[Session, rig.Bench]:
    """Put a situation around a running twin."""
    cam, bench = case.wired(**SITUATIONS[situation](case, line, at))
    if situation == "voltage":
        wiring.put(bench, at)
    elif situation == "source":
        bench.set("gen", "high")
    return cam, bench


@measurement("finding")
def finding(case: Case, situation: str, line: Each, *wanted: Point, reason: str = "") -> None:
    """Compare what is said of lines in a situation, `voltage,Line1,30.1:damaged`: by the tool and by the rig.

    reason: in that of the last one. A source of too little current does not switch the line.
    """
    why = ""
    for at, word in wanted:
        words, why = case.judged(where=f"({line})", **SITUATIONS[situation](case, line, at))
        case.equal(f"the tool on {line}, {situation} {at:g}", words, word)
        if situation in ("voltage", "supply"):
            _, bench = running(case, situation, line, at)
            case.equal("the rig of the twin", said(bench.words(f"({line})")), word)
        elif situation == "source":
            cam, _ = running(case, situation, line, at)
            case.equal(f"a source of {at:g} mA switches {line}", wiring.status(cam, line), word == CLEAN)
    case.that(f"the reason is {reason!r}" if reason else "reasons are given", reason in why)


# -- inputs ------------------------------------------------------------------------------------------
@measurement("input_level")
def input_level(case: Case, line: Each, level: bool, *volts: float) -> None:
    """Read LineStatus at these voltages, from either level; the opposite with LineInverter."""
    for inverter in (False, True):
        cam, bench = case.wired(wiring.into(case, line))
        case.write(cam, LineSelector=line, LineInverter=inverter)
        for at in volts:
            for before in (0.0, wiring.good_high(case, line)):
                wiring.put(bench, before)
                wiring.status(cam, line)
                wiring.put(bench, at)
                what = f"LineStatus of {line} at {at:g} V{', inverted' if inverter else ''}"
                case.equal(what, wiring.status(cam, line), level != inverter)


@measurement("input_undefined")
def input_undefined(case: Case, line: Each, low: float, high: float, step: float) -> None:
    """Find a zone undefined from its first to its last voltage, not a step beyond; a line stays as it was."""
    for volts, undefined in ((low - step, False), (low, True), (high, True), (high + step, False)):
        planned, _ = case.judged(where=f"({line})", **at_voltage(case, line, volts))
        _, bench = running(case, "voltage", line, volts)
        found = "undefined" in planned, "undefined" in said(bench.words(f"({line})"))
        case.equal(f"{line} undefined at {volts:g} V", found, (undefined, undefined))
    cam, bench = case.wired(wiring.into(case, line))
    for before, level in ((wiring.good_high(case, line), True), (0.0, False)):
        wiring.put(bench, before)
        wiring.status(cam, line)
        for volts in (low, high):
            wiring.put(bench, volts)
            case.equal(f"{line} stays as it was at {volts:g} V", wiring.status(cam, line), level)


@measurement("input_current")
def input_current(case: Case, line: Each, *volts: float) -> None:
    """Measure the current into a line at these voltages: within the claim's span or up to its number."""
    unit = {"mA": 1.0, "uA": 1e3}[case.claim.unit]
    low, high = case.claim.span if ".." in case.claim.value else (-math.inf, case.claim.number)
    _, bench = case.wired(wiring.into(case, line))
    for at in volts:
        wiring.put(bench, at)
        drawn = round(bench.mA("cam", line) * unit, 3)
        case.within(f"{line} at {at:g} V draws", drawn, low, high, case.claim.unit)
        case.near("and the generator gives", -bench.mA("gen") * unit, drawn, 0.01 * unit)


@measurement("input_damage")
def input_damage(case: Case, line: Each, *volts: Value) -> None:
    """Break a line by a voltage, or by `reversed` wires: it is dead until it is repaired."""
    sheet = case.input(line)
    for at in volts:
        turned = at == "reversed"
        ends = (sheet.ground, sheet.pin) if turned else (sheet.pin, sheet.ground)
        good, bad = wiring.good_high(case, line) * (-1 if turned else 1), 5.0 if turned else float(at)
        cam, bench = case.wired(wiring.between(case, *ends))
        for what, volt, damaged in (("at first", good, False), (at, bad, True), ("then", good, True)):
            wiring.put(bench, volt)
            cam.advance(MS)
            case.equal(f"{line} damaged, {what}", "damaged" in bench.words(f"({line})"), damaged)
            if volt == good:
                case.equal("and sees a signal", wiring.status(cam, line), not damaged)
        bench.repair("cam")
        case.equal("damaged after a repair", "damaged" in bench.words(f"({line})"), False)
        case.equal("and sees a signal", wiring.status(cam, line), True)


@measurement("input_return")
def input_return(case: Case, line: Each, *grounds: str) -> None:
    """Return a signal by a pin: it is seen, `io.5:closes`, or not, and the tool says so: `io.6:floating`.

    A pin `supply` is the minus of what feeds the camera, `nothing` is none. A row can say at which pin a line
    is: `Line1@io.2`.
    """
    name, _, pin = line.partition("@")
    high, signal = wiring.good_high(case, name), pin or case.input(name).pin
    for ground, _, word in (text.partition(":") for text in grounds):
        back = wiring.fed(case)[1][0] if ground == "supply" else f"cam.{ground}"
        wires: wiring.Wires = [*wiring.fed(case), ["gen.out", f"cam.{signal}"]]
        wires += [["gen.gnd", back]] if ground != "nothing" else []
        (cam, bench), closes = case.wired(wires), word == "closes"
        follows = wiring.follows(cam, bench, name, high)
        case.equal(f"{name} follows a signal against {ground}", follows, closes)
        wiring.put(bench, high)
        case.equal("a current flows", abs(bench.mA("cam", name)) > 0.01, closes)
        words, _ = case.judged(wires, f"({name})", gen=wiring.levels(0.0, high))
        right = words == CLEAN if closes else word in ("open", *words.split(" + "))
        case.that(f"the tool says {words}", right)
        case.equal("it says that something is wrong", words != CLEAN, not closes)


@measurement("output_conflict")
def output_conflict(case: Case, line: Each) -> None:
    """Put a source of both levels against a line that is an output: the tool tells of damage or overload."""
    words, _ = case.judged(wiring.into(case, line), f"({line})", outputs=[line], gen=wiring.levels(0.0, 5.0))
    case.that(f"{line} against a source: {words}", {"damaged", "overload"} & {*words.split(" + ")})


# -- outputs -----------------------------------------------------------------------------------------
def switched(
    case: Case,
    line: str,
    on: bool,
    volts: float = 24.0,
    ohm: float = 0,
    mA: float = 1.0,
    celsius: float = 25.0,
    seed: int = 1,
) -> tuple[Session, rig.Bench]:
    """Switch an output of a camera of this warmth and serial, with such a load."""
    cam, bench = case.wired(cam=case.open(seed=seed), **wiring.loaded(case, line, volts, ohm, mA))
    cam.world.hold_internal_C(celsius)
    wiring.switch_output(cam, line, on)
    return cam, bench


def at_pin(case: Case, bench: rig.Bench, line: str) -> float:
    """Read the voltage at a line, against its ground or that of its supply."""
    sheet = case.output(line)
    return bench.volts(f"cam.{sheet.pin}", f"cam.{sheet.ground}" if sheet.ground else "ext.-")


@measurement("output_load")
def output_load(case: Case, line: Each, on: bool, volts: float, *wanted: Point) -> None:
    """Load outputs with so many mA to a supply, and compare what is said of each: `51:overload`."""
    for mA, word in wanted:
        _, bench = switched(case, line, on, volts, mA=mA)
        flows = abs(bench.mA("cam", line))
        case.saw(f"{flows:.3g} mA flow through {line}")
        case.equal(f"{line} with {mA:g} mA", said(bench.words(f"({line})")), word)
        if word == CLEAN:
            case.near(f"{line} carries", flows, mA, 0.01, "mA")
        # of a push-pull stage, a plan has the source against both of its levels
        if case.output(line).stage != "push-pull":
            words, _ = case.judged(where=f"({line})", **wiring.loaded(case, line, volts, mA=mA))
            case.equal(f"the tool on {line} with {mA:g} mA", words, word)


@measurement("output_level")
def output_level(case: Case, line: Each, on: bool, volts: float, *ohms: float, span: str = "") -> None:
    """Measure the level at a pin, with resistors to so many volts: within the claim's span, or 10 %.

    What flows through the resistor, by the voltage across it, is what the line takes or gives.
    """
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
    wiring.switch_output(cam, line, False)
    wire = cam.lines[line]
    return (wire.edges[-1][0] - wire.inner[-1][0]) / US


def cable_drop_mV(case: Case, line: str, mA: float = 1.0) -> float:
    """Measure what such a load drops over a cable of 10 m and 0.14 mm2 to the pin."""
    sheet = case.output(line)
    cable = {"wires": wiring.across(sheet.pin, device="load"), "length_m": 10.0, "mm2": 0.14}
    wires = [*wiring.fed(case), ["load.gnd", f"cam.{sheet.ground}"]]
    plan = {"outputs": wiring.as_output(case, line), "load": wiring.levels(24.0, 24.0, limit_mA=mA)}
    cam, bench = case.wired(wires, cable=cable, **plan)
    wiring.switch_output(cam, line, True)
    return bench.volts("load.out", f"cam.{sheet.pin}") * 1e3


QUANTITIES: Final[dict[str, Callable[..., float]]] = {
    one.__name__: one for one in (leakage_uA, on_level_V, off_error_V, off_delay_us, cable_drop_mV)
}


@measurement("output_quantity")
def output_quantity(
    case: Case,
    line: Each,
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
def output_pullup(case: Case, line: Each) -> None:
    """Compare an output that is off, open and with the claimed resistance to ground: half of it is left."""
    volts = [
        at_pin(case, switched(case, line, False, 0.0, ohm)[1], line) for ohm in (1e8, case.claim.number * 1e3)
    ]
    case.near(f"{line} loaded over open, {volts[0]:.2f} V", volts[1] / volts[0], 0.5, 0.05)


@measurement("output_feed")
def output_feed(case: Case, line: Each) -> None:
    """Switch a load by an output whose stage is fed from outside: it is dead where it is not."""
    plan, back = wiring.loaded(case, line, 24.0, 1000.0), ["ext.-", wiring.fed(case)[1][1]]
    feed = ["ext.+", f"cam.{case.output(line).feed}"]
    open_wires = [*(wire for wire in plan["wires"] if wire != feed), back]
    for powered in (True, False):
        plan["wires"] = [*open_wires, *([feed] if powered else [])]
        cam, bench = case.wired(**plan)
        wiring.switch_output(cam, line, True)
        how = "fed" if powered else "open"
        case.equal(f"{line} switches with its feed {how}", bench.volts("r.a", "ext.-") > 20, powered)
        words, _ = case.judged(where=f"({line})", **plan)
        case.equal("the tool says that it is dead", "dead" in words, not powered)
