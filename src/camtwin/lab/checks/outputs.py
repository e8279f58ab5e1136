"""Outputs as a circuit: what they carry, what stands at them."""

from __future__ import annotations

from camtwin import rig
from camtwin.lab.case import Case, check
from camtwin.lab.checks.rig import (
    GPIO,
    OUT1,
    PSU,
    fed,
    levels,
    on_gpio,
    planned,
    said,
    supply,
    switch_output,
    wired,
)


# -- outputs -----------------------------------------------------------------------------------------
@check("baumer.io.out.uext")
def out_uext(case: Case) -> None:
    low, high = case.claim.span
    for volts, clean in ((low, True), (high, True), (low - 0.1, False), (high + 0.1, False)):
        _, bench = wired(case, [*PSU, *OUT1], ext=supply(volts))
        case.equal(f"U_EXT {volts:g} V is clean", not bench.words("Line3"), clean)


@check("baumer.io.out.current")
def out_current(case: Case) -> None:
    for load_mA, clean in ((case.claim.number, True), (case.claim.number + 1, False)):
        load = {"kind": "generator", "ohm": 1.0, "limit_mA": load_mA}
        cam, bench = wired(case, [*PSU, *OUT1], load=load)
        switch_output(cam, "Line3", True)
        case.near("load", bench.mA("cam", "Line3"), load_mA, 0.01, "mA")
        case.equal("told", said(bench.words("Line3")), "nothing" if clean else "overload")


def loaded_gpio(case: Case, line: str, on: bool, volts: float, load_mA: float) -> tuple[float, set[str]]:
    """Voltage at an output with a source of so many mA at its pin, and the words for it."""
    gen = {"kind": "generator", "low_V": volts, "high_V": volts, "ohm": 1.0, "limit_mA": load_mA}
    cam, bench = wired(case, on_gpio(line), outputs=[line], gen=gen)
    switch_output(cam, line, on)
    return bench.volts(GPIO[line], "cam.process.7"), bench.words(line)


@check("baumer.io.gpio_out.low")
def gpio_low(case: Case) -> None:
    for line in GPIO:
        for sink_mA in (1.0, 25.0, 50.0):
            volts, _ = loaded_gpio(case, line, False, 5.0, sink_mA)
            case.within(f"{line} low at {sink_mA:g} mA", round(volts, 4), *case.claim.span, "V")


@check("baumer.io.gpio_out.sink_max")
def gpio_sink(case: Case) -> None:
    for line in GPIO:
        for sink_mA, words in ((case.claim.number, "nothing"), (case.claim.number + 1, "overload")):
            _, told = loaded_gpio(case, line, False, 5.0, sink_mA)
            case.equal(f"{line} with {sink_mA:g} mA", said(told), words)


@check("baumer.io.gpio_out.high")
def gpio_high(case: Case) -> None:
    for line in GPIO:
        for load_mA in (0.001, 0.5, 1.0):
            volts, _ = loaded_gpio(case, line, True, 0.0, load_mA)
            case.within(f"{line} high at {load_mA:g} mA", round(volts, 4), *case.claim.span, "V")


@check("baumer.io.gpio_out.source_max")
def gpio_source(case: Case) -> None:
    for line in GPIO:
        _, words = loaded_gpio(case, line, True, 0.0, case.claim.number)
        case.equal(f"{line} with {case.claim.number:g} mA", said(words), "nothing")
        volts, words = loaded_gpio(case, line, True, 0.0, case.claim.number + 0.1)
        case.equal(f"{line} with {case.claim.number + 0.1:g} mA", said(words), "overload")
        case.within(f"{line} then", volts, 0.0, 2.39, "V")


# -- that switch a pin to ground, of any camera ----------------------------------------------------------
def named(case: Case) -> list[str]:
    """The outputs that a row speaks of: isolated ones, or the others."""
    opto = ".opto" in case.claim.id
    return [line for line, said in case.around.outputs.items() if said.isolated == opto]


def pulled(case: Case, line: str) -> list[list[str]]:
    """A line that sinks what a load takes from a supply."""
    said = case.around.outputs[line]
    return [*fed(case), ["load.out", f"cam.{said.pin}"], ["load.gnd", f"cam.{said.ground}"]]


def on_supply(case: Case, line: str, volts: float, load_mA: float = 10.0) -> rig.Finding:
    """What the wiring tool finds of an output with a load of so many mA to a supply of so many volts."""
    load = levels(volts, volts, limit_mA=load_mA)
    outputs = [line] if line in case.around.inputs else []
    plan = planned(case, pulled(case, line), outputs=outputs, load=load)
    (found,) = [f for f in rig.check(plan).findings if f"({line})" in f.where]
    return found


def finds(case: Case, line: str, word: str, volts: float, load_mA: float = 10.0) -> rig.Finding:
    found = on_supply(case, line, volts, load_mA)
    case.equal(f"{line} with {load_mA:g} mA from {volts:g} V", found.word, word)
    return found


@check("basler.io.opto_out.safe", "basler.io.gpio_out.safe")
def supply_range(case: Case) -> None:
    low, high = case.claim.span
    for line in named(case):
        for volts, word in ((low, "switches"), (high, "switches"), (high + 0.1, "warned")):
            finds(case, line, word, volts, 1.0)


@check("basler.io.opto_out.unreliable", "basler.io.gpio_out.unreliable")
def too_low(case: Case) -> None:
    for line in named(case):
        finds(case, line, "switches", case.claim.number, 1.0)
        finds(case, line, "unreliable", case.claim.number - 0.1, 1.0)


@check("basler.io.opto_out.abs_max", "basler.io.gpio_out.abs_max")
def too_high(case: Case) -> None:
    for line in named(case):
        finds(case, line, "warned", case.claim.number)
        found = finds(case, line, "damaged", case.claim.number + 0.1)
        case.that("the warranty is void", "the warranty is void" in found.reason)


@check("basler.io.opto_out.load_max", "basler.io.gpio_out.load_max")
def most_load(case: Case) -> None:
    for line in named(case):
        finds(case, line, "switches", 24.0, case.claim.number)
        finds(case, line, "overload", 24.0, case.claim.number + 1)
