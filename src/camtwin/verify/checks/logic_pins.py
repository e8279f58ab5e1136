"""Pins of a connector with logic levels of its own, and with voltages that it gives."""

from __future__ import annotations

from typing import Any, Final

from camtwin import rig
from camtwin.verify.case import Case, check
from camtwin.verify.checks.rig import (
    fed,
    levels,
    planned,
    put,
    runs,
    said,
    status,
    supply,
    switch_output,
    told,
    wired,
)

GROUND: Final = "cam.io.2"
GIVEN: Final = {"ids.pin.1": "cam.io.1", "ids.pin.8": "cam.io.8"}


@check(*GIVEN)
def given(case: Case) -> None:
    """The voltage with power and without it; a source on the pin is told."""
    pin = GIVEN[case.claim.id]
    wires = [["r.a", pin], ["r.b", GROUND]]
    load = {"kind": "resistor", "ohm": 1e5}
    cam, bench = wired(case, [*fed(case), *wires], r=load)
    case.that("it has power", runs(cam, bench))
    case.near("with power", bench.volts(pin, GROUND), case.claim.number, 0.01, "V")
    cam, bench = wired(case, wires, r=load)
    case.near("without", bench.volts(pin, GROUND), 0.0, 0.01, "V")
    source = [["psu.+", pin], ["psu.-", GROUND]]
    case.that("a source on it is told", "conflict" in told(case, [*fed(case), *source], psu=supply(5.0)))


@check("ids.pin.8_current")
def given_current(case: Case) -> None:
    for mA, word in ((case.claim.number, "nothing"), (case.claim.number + 1, "overload")):
        load = {"kind": "resistor", "ohm": 5e3 / mA - 0.05}  # behind the resistance of the pin
        wires = [*fed(case), ["r.a", "cam.io.8"], ["r.b", "cam.io.7"]]
        case.equal(f"a load of {mA:g} mA", said(told(case, wires, "cam.io.8", r=load)), word)


@check("ids.pin.2", "ids.pin.7")
def ground_pins(case: Case) -> None:
    """Both are one; a supply's plus on either is a short."""
    pin, other = ("cam.io.2", "cam.io.7") if case.claim.id.endswith("2") else ("cam.io.7", "cam.io.2")
    wires = [*fed(case), ["gen.out", "cam.io.4"], ["gen.gnd", pin]]
    bench = rig.Bench(planned(case, wires, gen=levels(0.0, 3.3)), {"cam": case.open()})
    bench.set("gen", "high")
    case.near(
        "a signal against this pin, measured against the other",
        bench.volts("cam.io.4", other),
        3.3,
        0.01,
        "V",
    )
    short = told(case, [*fed(case), ["psu.+", pin], ["psu.-", other]], psu=supply(5.0))
    case.that("a supply on it is a short", "short" in short)


LINES: Final = {"3": "Line1", "4": "Line0", "5": "Line2", "6": "Line3"}


@check(*(f"ids.pin.{n}" for n in LINES))
def line_pins(case: Case) -> None:
    """Levels at this pin against the line that it is claimed to be."""
    number = case.claim.id[-1]
    line, pin = LINES[number], f"cam.io.{number}"
    claimed, kind = case.claim.value.rpartition(" ")[::2]
    case.equal("line of the claim", line, claimed.replace(" ", ""))
    cam = case.open(LineSelector=line)
    modes = {"input": ("Input",), "output": ("Output",), "GPIO": ("Input", "Output")}[kind]
    case.equal("LineMode", sorted(cam.entries("LineMode")), sorted(modes))
    if "Input" in modes:
        cam, bench = wired(case, [*fed(case), ["gen.out", pin], ["gen.gnd", GROUND]])
        for volts, level in ((0.0, False), (3.3, True), (0.0, False)):
            put(bench, volts)
            case.equal(f"LineStatus at {volts:g} V", status(cam, line), level)
    if "Output" in modes:
        wires = [*fed(case), ["r.a", pin], ["r.b", GROUND]]
        outputs = [line] if "Input" in modes else []
        cam, bench = wired(case, wires, outputs=outputs, r={"kind": "resistor", "ohm": 1e5})
        for on in (True, False):
            switch_output(cam, line, on)
            case.equal(f"pin {number} is high as {line} is {on}", bench.volts(pin, GROUND) > 2, on)
    case.equal("isolated", [x.isolated for x in sides(case, line)], [False] * len(modes))


def sides(case: Case, line: str) -> list[Any]:
    """What the sheet says of a line, as an input and as an output."""
    return [part[line] for part in (case.around.inputs, case.around.outputs) if line in part]


@check("ids.io.no_opto")
def no_isolation(case: Case) -> None:
    """A signal is seen where its ground joins pin 2 or 7; else it is not, and the tool tells."""
    for ground, joined in (("cam.io.2", True), ("cam.io.7", True), ("", False)):
        wires = [*fed(case), ["gen.out", "cam.io.4"], *([["gen.gnd", ground]] if ground else [])]
        cam, bench = wired(case, wires, gen=levels(0.0, 3.3))
        seen = []
        for volts in (0.0, 3.3):
            put(bench, volts)
            seen.append(status(cam, "Line0"))
        case.equal(f"the input follows, ground at {ground or 'nothing'}", seen == [False, True], joined)
        found = told(case, wires, "(Line0)", gen=levels(0.0, 3.3))
        case.equal("the tool finds something", bool(found), not joined)
