"""Inputs as a circuit: which voltage is which level, what flows, what breaks."""

from __future__ import annotations

from typing import Final

from camtwin.lab.case import Case, check
from camtwin.lab.checks.rig import (
    GPIO,
    IN1,
    PSU,
    on_gpio,
    put,
    said,
    status,
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
