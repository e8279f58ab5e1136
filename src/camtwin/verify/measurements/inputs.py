"""Inputs as a circuit: which voltage is which level, what flows, what breaks."""

from __future__ import annotations

import math

from camtwin.units import MS
from camtwin.verify.case import Case
from camtwin.verify.measurements.wiring import (
    CLEAN,
    Wires,
    between,
    fed,
    follows,
    good_high,
    into,
    judged,
    levels,
    lines,
    number,
    points,
    put,
    resistor,
    said,
    status,
    supply,
    switch_output,
    wired,
)
from camtwin.verify.measures import measurement


def words_at(case: Case, line: str, volts: float) -> tuple[str, str, str]:
    """Ask the tool and the running twin's rig what they say of a line at this voltage; and the tool why.

    In the plan it goes there from 0 V, or from a good high."""
    other = case.around.inputs[line].high_V[1] if volts <= 0 else 0.0
    gen = levels(min(volts, other), max(volts, other))
    words, why = judged(case, into(case, line), f"({line})", gen=gen)
    _, bench = wired(case, into(case, line))
    put(bench, volts)
    return words, said(bench.words(f"({line})")), why


@measurement("input_words")
def input_words(case: Case, names: str, *wanted: str, reason: str = "") -> None:
    """Voltages at inputs, and what is said of each: `30.1:damaged`. `reason`: in that of the last one."""
    for line in lines(case, names, "inputs"):
        why = ""
        for volts, word in points(case, wanted):
            planned, running, why = words_at(case, line, volts)
            case.equal(f"the tool on {line} at {volts:g} V", planned, word)
            case.equal("the rig of the twin", running, word)
        case.that(f"the reason is {reason!r}" if reason else "reasons are given", reason in why)


@measurement("input_level")
def input_level(case: Case, names: str, level: bool, *volts: str) -> None:
    """LineStatus at these voltages, from either level; the opposite with LineInverter."""
    for line in lines(case, names, "inputs"):
        for inverter in (False, True):
            cam, bench = wired(case, into(case, line))
            case.write(cam, LineSelector=line, LineInverter=inverter)
            for at in (number(case, text) for text in volts):
                for before in (0.0, good_high(case, line)):
                    put(bench, before)
                    status(cam, line)
                    put(bench, at)
                    what = f"LineStatus of {line} at {at:g} V{', inverted' if inverter else ''}"
                    case.equal(what, status(cam, line), level != inverter)


@measurement("input_undefined")
def input_undefined(case: Case, names: str, first: str, last: str, step: float) -> None:
    """A zone is undefined from its first to its last voltage, not a step beyond; a line stays as it was."""
    low, high = number(case, first), number(case, last)
    for line in lines(case, names, "inputs"):
        for volts, undefined in ((low - step, False), (low, True), (high, True), (high + step, False)):
            planned, running, _ = words_at(case, line, volts)
            where = f"{line} undefined at {volts:g} V"
            case.equal(where, ("undefined" in planned, "undefined" in running), (undefined, undefined))
        cam, bench = wired(case, into(case, line))
        for before, level in ((good_high(case, line), True), (0.0, False)):
            put(bench, before)
            status(cam, line)
            for volts in (low, high):
                put(bench, volts)
                case.equal(f"{line} stays as it was at {volts:g} V", status(cam, line), level)


@measurement("input_current")
def input_current(case: Case, names: str, *volts: float) -> None:
    """The current into a line at these voltages, within the claim's span or up to its number."""
    unit = {"mA": 1.0, "uA": 1e3}[case.claim.unit]
    low, high = case.claim.span if ".." in case.claim.value else (-math.inf, case.claim.number)
    for line in lines(case, names, "inputs"):
        _, bench = wired(case, into(case, line))
        for at in volts:
            put(bench, at)
            drawn = round(bench.mA("cam", line) * unit, 3)
            case.within(f"{line} at {at:g} V draws", drawn, low, high, case.claim.unit)
            case.near("and the generator gives", -bench.mA("gen") * unit, drawn, 0.01 * unit)


@measurement("input_source")
def input_source(case: Case, names: str, *wanted: str, reason: str = "") -> None:
    """Sources of 24 V with so many mA: whether they switch a line, and what is said: `4.9:undefined`."""
    for line in lines(case, names, "inputs"):
        why = ""
        for mA, word in points(case, wanted):
            gen = levels(0.0, 24.0, limit_mA=mA)
            words, why = judged(case, into(case, line), f"({line})", gen=gen)
            case.equal(f"the tool on {line} with {mA:g} mA", words, word)
            cam, bench = wired(case, into(case, line), gen=gen)
            bench.set("gen", "high")
            case.equal(f"a source of {mA:g} mA switches {line}", status(cam, line), word == CLEAN)
        case.that(f"the reason is {reason!r}" if reason else "reasons are given", reason in why)


@measurement("input_pullup")
def input_pullup(case: Case, names: str, *wanted: str) -> None:
    """An open collector with a resistor to so many volts, and what the tool says of it."""
    parts = {"r": resistor(4700.0), "sink": {"kind": "plc", "output": "open-collector"}}
    for line in lines(case, names, "inputs"):
        sheet = case.around.inputs[line]
        pin = f"cam.{sheet.pin}"
        wires = [*fed(case), ["ext.+", "r.a"], ["r.b", pin], ["sink.Q", pin]]
        wires += [["ext.-", f"cam.{sheet.ground}"], ["sink.-", "ext.-"]]
        for volts, word in points(case, wanted):
            words, _ = judged(case, wires, f"({line})", ext=supply(volts), **parts)
            case.equal(f"{line} pulled up to {volts:g} V", words, word)


@measurement("input_sink")
def input_sink(case: Case, names: str, *wanted: str) -> None:
    """Sources whose low rises to so many volts at the current of the claim, and what the tool says."""
    for line in lines(case, names, "inputs"):
        for volts, word in points(case, wanted):
            gen = {"kind": "generator", "ohm": volts / case.claim.number * 1e3}
            words, _ = judged(case, into(case, line), f"({line})", gen=gen)
            case.equal(f"{line}, low of {volts:g} V at {case.claim.number:g} mA", words, word)


@measurement("input_damage")
def input_damage(case: Case, names: str, *volts: str) -> None:
    """A voltage, or `reversed` wires, breaks a line: it is dead until it is repaired."""
    for line in lines(case, names, "inputs"):
        sheet = case.around.inputs[line]
        for text in volts:
            ends, sign, at = (sheet.pin, sheet.ground), 1, 5.0
            if text == "reversed":
                ends, sign = (sheet.ground, sheet.pin), -1
            else:
                at = number(case, text)
            cam, bench = wired(case, between(case, *ends))
            good = sign * good_high(case, line)
            for what, volt, damaged in (("at first", good, False), (text, at, True), ("then", good, True)):
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
    """A signal against this pin is seen, `io.5:closes`, or it is not, and the tool says so: `io.6:floating`.

    A pin `supply` is the minus of what feeds the camera, `nothing` is none. A row can say at which pin a line
    is: `Line1@io.2`."""
    at = {line: pin for line, _, pin in (part.partition("@") for part in names.split("+"))}
    for line in lines(case, "+".join(at), "inputs"):
        high, signal = good_high(case, line), at.get(line) or case.around.inputs[line].pin
        for ground, _, word in (text.partition(":") for text in grounds):
            wires: Wires = [*fed(case), ["gen.out", f"cam.{signal}"]]
            if ground != "nothing":
                wires.append(["gen.gnd", fed(case)[1][0] if ground == "supply" else f"cam.{ground}"])
            cam, bench = wired(case, wires)
            closes = word == "closes"
            case.equal(f"{line} follows a signal against {ground}", follows(cam, bench, line, high), closes)
            put(bench, high)
            case.equal("a current flows", abs(bench.mA("cam", line)) > 0.01, closes)
            words, _ = judged(case, wires, f"({line})", gen=levels(0.0, high))
            case.that(
                f"the tool says {words}", words == CLEAN if closes else word in ("open", *words.split(" + "))
            )
            case.equal("it says that something is wrong", words != CLEAN, not closes)


@measurement("output_conflict")
def output_conflict(case: Case, names: str) -> None:
    """A source of both levels against a line that is an output: the tool tells of damage or overload."""
    for line in lines(case, names, "inputs"):
        words, _ = judged(case, into(case, line), f"({line})", outputs=[line], gen=levels(0.0, 5.0))
        case.that(f"{line} against a source: {words}", {"damaged", "overload"} & {*words.split(" + ")})


@measurement("line_counts")
def line_counts(case: Case, line_format: str, *modes: str) -> None:
    """As many lines as claimed have this LineFormat and these directions."""
    cam = case.open()
    names: list[str] = []
    for line in cam.entries("LineSelector"):
        cam.LineSelector = line
        if (set(cam.entries("LineMode")), cam.LineFormat) == (set(modes), line_format):
            names.append(line)
    case.saw(", ".join(names) or "none")
    case.equal("lines", len(names), int(case.claim.number))


@measurement("pin")
def pin(case: Case, at: str, ground: str, line: str, kind: str, *modes: str) -> None:
    """Levels at this pin show at this line and no other, or are the line's own, as its directions have it."""
    case.that(f"the claim names {line}", line in case.claim.value.replace(" ", ""))
    cam = case.open(LineSelector=line)
    case.equal(f"LineMode of {line}", sorted(cam.entries("LineMode")), sorted(modes))
    for way in ("inputs", "outputs"):
        for sheet in filter(None, [getattr(case.around, way).get(line)]):
            case.equal("isolated", sheet.isolated, kind == "isolated")
    if "Input" in modes:
        high = 24.0 if kind == "isolated" else 3.3
        cam, bench = wired(case, between(case, at, ground))
        case.that(f"LineStatus of {line} follows pin {at}", follows(cam, bench, line, high))
        for other in sorted(case.around.inputs.keys() - {line}):
            put(bench, 0.0)
            idle = status(cam, other)
            put(bench, high)
            case.equal(f"{other} moves with it", status(cam, other) != idle, False)
    if "Output" in modes:
        _drives(case, at, ground, line, both="Input" in modes)


def _drives(case: Case, at: str, ground: str, line: str, *, both: bool) -> None:
    """A line that pulls down has a resistor to a supply, one that pushes or feeds has one to ground."""
    sheet = case.around.outputs[line]
    wires, low_side = [*fed(case), ["r.a", f"cam.{at}"]], sheet.stage == "low side"
    if sheet.stage == "push-pull":
        wires.append(["r.b", f"cam.{ground}"])
    elif low_side:
        wires += [["ext.+", "r.b"], ["ext.-", f"cam.{ground}"]]
    else:
        wires += [["ext.+", f"cam.{sheet.feed}"], ["ext.-", f"cam.{ground}"], ["r.b", "ext.-"]]
    cam, bench = wired(case, wires, r=resistor(1e5 if sheet.stage == "push-pull" else 2400.0))
    if both:
        cam.LineSelector, cam.LineMode = line, "Output"
    for on in (True, False):
        switch_output(cam, line, on)
        volts = bench.volts(f"cam.{at}", f"cam.{ground}")
        case.saw(f"pin {at} at {volts:.3g} V as {line} is {on}")
        if low_side:
            case.equal(f"pin {at} is pulled low as {line} is {on}", volts < 1, on)
        else:
            least = 2 if sheet.stage == "push-pull" else 20
            case.equal(f"pin {at} is high as {line} is {on}", volts > least, on)
