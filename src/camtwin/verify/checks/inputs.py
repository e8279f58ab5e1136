"""Inputs as a circuit: which voltage is which level, what flows, what breaks."""

from __future__ import annotations

import math
from typing import Final

from camtwin import rig
from camtwin.units import MS
from camtwin.verify.case import Case, check
from camtwin.verify.checks.rig import (
    GPIO,
    IN1,
    PSU,
    fed,
    into,
    levels,
    on_gpio,
    planned,
    put,
    said,
    status,
    switch_output,
    told,
    wired,
)

# -- inputs ------------------------------------------------------------------------------------------
UNDEFINED: Final = {"in": (4.6, 10.9), "gpio_in": (0.81, 1.99)}


def lines_of(case: Case) -> list[tuple[str, list[list[str]]]]:
    """The lines that a row speaks of, and how to reach them."""
    if ".gpio_in." in case.claim.id:
        return [(line, on_gpio(line)) for line in GPIO]
    return [("Line0", [*PSU, *IN1])]


@check("baumer.io.in.low", "baumer.io.gpio_in.low")
def input_low(case: Case) -> None:
    group = case.claim.id.split(".")[2]
    for line, wires in lines_of(case):
        for before in (False, True):
            cam, bench = wired(case, wires)
            for volts in case.claim.span:
                put(bench, 24.0)
                status(cam, line)
                put(bench, volts)
                case.equal(f"LineStatus of {line} at {volts:g} V", status(cam, line), False)
            put(bench, 24.0 if before else 0.0)
            status(cam, line)
            for volts in UNDEFINED[group]:
                put(bench, volts)
                case.equal(f"{line} at {volts:g} V", said(bench.words(line)), "undefined")
                case.equal(f"{line} stays as it was", status(cam, line), before)


@check("baumer.io.in.high", "baumer.io.gpio_in.high")
def input_high(case: Case) -> None:
    for line, wires in lines_of(case):
        cam, bench = wired(case, wires)
        for volts in case.claim.span:
            put(bench, 0.0)
            status(cam, line)
            put(bench, volts)
            case.equal(f"LineStatus of {line} at {volts:g} V", status(cam, line), True)
            case.equal(f"told at {volts:g} V", said(bench.words(line)), "nothing")
        put(bench, case.claim.span[1] + 0.1)
        case.that(f"{line} above {case.claim.span[1]:g} V is flagged", bench.words(line))


@check("baumer.io.in.current")
def input_current(case: Case) -> None:
    least, most = case.claim.span
    _, bench = wired(case, [*PSU, *IN1])
    for volts in (11.0, 20.0, 30.0):
        put(bench, volts)
        case.within(f"current at {volts:g} V", bench.mA("cam", "Line0"), least, most, "mA")
    for limit, switches in ((least - 0.1, False), (least + 0.1, True)):
        gen = {"kind": "generator", "low_V": 24.0, "high_V": 24.0, "ohm": 1.0, "limit_mA": limit}
        cam, _ = wired(case, [*PSU, *IN1], gen=gen)
        case.equal(f"a source of {limit:g} mA switches Line0", status(cam, "Line0"), switches)


@check("baumer.io.gpio.no_cutoff")
def no_cutoff(case: Case) -> None:
    for line in GPIO:
        swapped = [*PSU, ["gen.gnd", GPIO[line]], ["gen.out", "cam.process.7"]]
        for what, wires, volts in (
            ("30.1 V", on_gpio(line), 30.1),
            ("-1 V", on_gpio(line), -1.0),
            ("5 V reversed", swapped, 5.0),
        ):
            cam, bench = wired(case, wires)
            put(bench, volts)
            case.equal(f"{line} at {what}", said(bench.words(line)), "damaged")
            if wires is not swapped:
                put(bench, 5.0)
                case.equal("it is dead afterwards", status(cam, line), False)
                bench.repair("cam")
                case.equal("and lives when it is repaired", status(cam, line), True)


@check("baumer.io.gpio.direct")
def gpio_direct(case: Case) -> None:
    for line in GPIO:
        wires = [*PSU, ["gen.out", GPIO[line]], ["gen.gnd", "psu.-"]]
        cam, bench = wired(case, wires)
        put(bench, 5.0)
        case.equal(f"{line} sees a signal against the supply's ground", status(cam, line), True)
        case.that("a current flows to it", bench.mA("cam", line) > 0.01)


# -- of any camera, through the pins that its sheet names ----------------------------------------------
def named(case: Case) -> list[str]:
    """The inputs that a row speaks of: isolated ones, or the others."""
    opto = ".opto" in case.claim.id
    return [line for line, said in case.around.inputs.items() if said.isolated == opto]


def at(case: Case, line: str, volts: float) -> set[str]:
    """What the wiring tool says of a line that goes between 0 V, or a good high, and this voltage."""
    good = case.around.inputs[line].high_V[1] if volts <= 0 else 0.0
    gen = levels(min(volts, good), max(volts, good))
    return told(case, into(case, line), f"({line})", gen=gen)


@check("basler.io.opto_in.safe", "basler.io.gpio_in.safe")
def safe_range(case: Case) -> None:
    low, high = case.claim.span
    for line in named(case):
        case.equal(f"{line} at {high:g} V", said(at(case, line, high)), "nothing")
        for volts in (high + 0.1, low - 0.1):
            case.equal(f"{line} at {volts:g} V", said(at(case, line, volts)), "warned")


@check("basler.io.opto_in.abs_max", "basler.io.gpio_in.abs_max")
def beyond_maximum(case: Case) -> None:
    most = case.claim.number
    for line in named(case):
        case.equal(f"{line} at {most:g} V", said(at(case, line, most)), "warned")
        plan = planned(case, into(case, line), gen=levels(0.0, most + 0.1))
        (found,) = [f for f in rig.check(plan).findings if f"({line})" in f.where]
        case.equal(f"{line} at {most + 0.1:g} V", found.word, "damaged")
        case.that("the warranty is void", "the warranty is void" in found.reason)


@check("basler.io.opto_in.transition", "basler.io.gpio_in.transition")
def undefined_zone(case: Case) -> None:
    low, high = case.claim.span
    for line in named(case):
        for volts, undefined in ((low, False), (low + 0.01, True), (high, True), (high + 0.01, False)):
            found = "undefined" in at(case, line, volts)
            case.equal(f"{line} undefined at {volts:g} V", found, undefined)


@check("basler.io.opto_in.current_min")
def least_current(case: Case) -> None:
    """A source that gives no more, and a little less."""
    (line,), least = named(case), case.claim.number
    for mA, enough in ((least, True), (least - 0.1, False)):
        gen = levels(0.0, 24.0, limit_mA=mA)
        plan = planned(case, into(case, line), gen=gen)
        (found,) = [f for f in rig.check(plan).findings if f"({line})" in f.where]
        case.equal(f"{line} switches with {mA:g} mA", found.word == "high", enough)
        case.equal("the tool speaks of too little", f"less than {least:g} mA" in found.reason, not enough)


@check("basler.io.opto_in.current_draw", "basler.io.gpio_in.current_draw")
def drawn(case: Case) -> None:
    opto = ".opto" in case.claim.id
    least, most = case.claim.span if opto else (-math.inf, case.claim.number / 1e3)
    for line in named(case):
        _, bench = wired(case, into(case, line))
        for volts in (2.21, 5.0, 12.0, 24.0) if opto else (3.3, 4.0, 5.0):
            put(bench, volts)
            case.within(f"{line} at {volts:g} V draws", round(bench.mA("cam", line), 3), least, most, "mA")


@check("basler.io.gpio_in.pullup_min")
def pull_up(case: Case) -> None:
    """An open collector with a resistor to this voltage."""
    least = case.claim.number
    for line in named(case):
        pin = f"cam.{case.around.inputs[line].pin}"
        wires = [
            *fed(case), ["ext.+", "r.a"], ["r.b", pin], ["sink.Q", pin],
            ["ext.-", f"cam.{case.around.inputs[line].ground}"], ["sink.-", "ext.-"],
        ]  # fmt: skip
        parts = {
            "r": {"kind": "resistor", "ohm": 4700.0},
            "sink": {"kind": "plc", "output": "open-collector"},
        }
        for volts, warned in ((least, False), (least - 0.1, True)):
            found = told(case, wires, f"({line})", ext={"kind": "supply", "volts": volts}, **parts)
            case.equal(f"{line} pulled up to {volts:g} V is warned", "warned" in found, warned)


@check("basler.io.gpio_in.sink")
def sink_current(case: Case) -> None:
    """A source whose low rises with the current that it takes: to 0.8 V at 2 mA, and to 0.9 V."""
    for line in named(case):
        for volts, low in ((0.8, True), (0.9, False)):
            gen = {"kind": "generator", "ohm": volts / case.claim.number * 1e3}
            found = told(case, into(case, line), f"({line})", gen=gen)
            case.equal(
                f"{line} low with {volts:g} V at {case.claim.number:g} mA", "undefined" not in found, low
            )


@check("basler.io.gpio.incorrect_signal")
def incorrect_signal(case: Case) -> None:
    """Too high a voltage, and two outputs against each other: told of the plan, before it is built."""
    lines = [line for line in case.around.inputs if line in case.around.outputs]
    case.equal("lines of both directions", len(lines), 2)
    for line in lines:
        case.that(f"30.1 V at {line} is told to damage it", "damaged" in at(case, line, 30.1))
        where = f"({line})"
        found = told(case, into(case, line), where, outputs=[line], gen=levels(0.0, 5.0))
        case.that(f"a push-pull source against {line} as output is told", found & {"damaged", "overload"})


@check("basler.safety.voltage")
def stays_damaged(case: Case) -> None:
    """The running twin: beyond the maximum a line breaks, alone, and stays so until it is repaired."""
    for line, there in case.around.inputs.items():
        cam, bench = wired(case, into(case, line))
        most = there.absolute_V[1] if there.absolute_V else 0.0
        for volts, word in ((24.0 if there.isolated else 5.0, False), (most + 0.1, True), (5.0, True)):
            put(bench, volts)
            cam.advance(MS)
            case.equal(f"{line} at {volts:g} V is damaged", "damaged" in bench.words(f"({line})"), word)
        bench.repair("cam")
        case.equal("after a repair", "damaged" in bench.words(f"({line})"), False)


LOGIC: Final = ("logic0_min", "logic0_max", "logic1_min")


@check(*(f"basler.io.{kind}.{row}" for kind in ("opto_in", "gpio_in") for row in LOGIC))
def logic(case: Case) -> None:
    """Coming from either level, with and without LineInverter; above a threshold means a little more."""
    high = "logic1" in case.claim.id
    volts = case.claim.number + 0.01 * high
    for line in named(case):
        top = 24.0 if case.around.inputs[line].isolated else 5.0
        for inverter in (False, True):
            cam, bench = wired(case, into(case, line))
            case.write(cam, LineSelector=line, LineInverter=inverter)
            for before in (0.0, top):
                put(bench, before)
                status(cam, line)
                put(bench, volts)
                what = f"LineStatus of {line} at {volts:g} V{', inverted' if inverter else ''}"
                case.equal(what, status(cam, line), high != inverter)


PINS: Final = {"1": "Line3", "2": "Line1", "3": "Line4"}


@check(*(f"basler.pin.{n}" for n in PINS))
def input_pins(case: Case) -> None:
    """A level at this pin shows at this line and at no other; a line of both directions drives it."""
    number = case.claim.id[-1]
    line, ground = PINS[number], "5" if number == "2" else "6"
    case.equal("line of the claim", line, case.claim.value.replace(" ", ""))
    high = 24.0 if number == "2" else 5.0
    wires = [*fed(case), ["gen.out", f"cam.io.{number}"], ["gen.gnd", f"cam.io.{ground}"]]
    cam, bench = wired(case, wires)
    for volts, level in ((0.0, False), (high, True), (0.0, False)):
        put(bench, volts)
        case.equal(f"LineStatus of {line} at {volts:g} V", status(cam, line), level)
    for other in sorted(case.around.inputs.keys() - {line}):
        put(bench, 0.0)
        idle = status(cam, other)
        put(bench, high)
        case.equal(f"{other} moves with it", status(cam, other) != idle, False)
    if number != "2":
        cam, bench = wired(case, wires[:-2], outputs=[line])
        for on in (True, False):
            switch_output(cam, line, on)
            low = bench.volts(f"cam.io.{number}", f"cam.io.{ground}") < 1
            case.equal(f"pin {number} is pulled low as {line} is {on}", low, on)


@check("basler.pin.5")
def opto_ground(case: Case) -> None:
    """The loop of the input closes through pin 5, and through pin 6 it does not."""
    for ground, closes in (("5", True), ("6", False)):
        wires = [*fed(case), ["gen.out", "cam.io.2"], ["gen.gnd", f"cam.io.{ground}"]]
        cam, bench = wired(case, wires)
        put(bench, 24.0)
        case.equal(f"LineStatus of Line1 through pin {ground}", status(cam, "Line1"), closes)
        case.equal("a current flows", bench.mA("cam", "Line1") > 1, closes)
        case.equal("told that it floats", "floating" in rig.check(bench.plan).words("(Line1)"), not closes)


@check("basler.pin.6")
def gpio_ground(case: Case) -> None:
    """A signal against pin 6 is seen; against pin 5 it is not, and the tool says what is wrong."""
    for line, number in (("Line3", "1"), ("Line4", "3")):
        for ground, closes in (("6", True), ("5", False)):
            wires = [*fed(case), ["gen.out", f"cam.io.{number}"], ["gen.gnd", f"cam.io.{ground}"]]
            cam, bench = wired(case, wires)
            seen = []
            for volts in (0.0, 5.0):
                put(bench, volts)
                seen.append(status(cam, line))
            case.equal(f"{line} follows a signal against pin {ground}", seen == [False, True], closes)
            clean = not told(case, wires, f"({line})", gen=levels(0.0, 5.0))
            case.equal("the tool finds nothing", clean, closes)


@check("basler.io.opto_in.count", "basler.io.opto_out.count", "basler.io.gpio.count")
def counts(case: Case) -> None:
    """Lines by direction and by what they are made of, as hosts see them."""
    cam, found = case.open(), {}
    for line in cam.entries("LineSelector"):
        cam.LineSelector = line
        kind = (frozenset(cam.entries("LineMode")), cam.LineFormat)
        found.setdefault(kind, []).append(line)
    wanted = {
        "opto_in": (frozenset({"Input"}), "OptoCoupled"),
        "opto_out": (frozenset({"Output"}), "OptoCoupled"),
        "gpio": (frozenset({"Input", "Output"}), "TTL"),
    }[case.claim.id.split(".")[2]]
    lines = found.get(wanted, [])
    case.saw(", ".join(lines) or "none")
    case.equal("lines", len(lines), int(case.claim.number))
