"""What a solved network means: power for the cameras, levels and loads of their lines, strain of the sources.

A plan on paper (check.py) and a bench around running twins (bench/) ask the same functions, and so agree.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from camtwin.models import RigSheet
from camtwin.rig.wiring.circuit import LineState, Solution
from camtwin.rig.wiring.elements import Driver, Supply, Switch, UsbPort
from camtwin.rig.wiring.ethernet import poe_finding
from camtwin.rig.wiring.judge import (
    TOLERANCE_MA,
    TOLERANCE_V,
    Finding,
    input_finding,
    output_findings,
    rail_finding,
    reading,
    supply_finding,
)
from camtwin.rig.wiring.plan import Pin, Plan
from camtwin.units import Ns

RAILS: Final = "rails"
"""Replaces a supply's name for a board that needs several rails."""
SLOWEST_US: Final = 1000.0
"""Maximum delay of an edge, without a load that moves it (our choice)."""
STRAINED: Final = 0.999
"""Share of its maximum current from which a source is overloaded."""
Offer: TypeAlias = tuple[str, float, Finding]
"""A possible supply of a camera: its label, its voltage, and its finding."""


# -- power ---------------------------------------------------------------------------------------------
def offers(plan: Plan, name: str, solution: Solution, unplugged: Collection[str] = ()) -> list[Offer]:
    """Return the power available to a camera by wires and over the data cable."""
    sheet, made = plan.sheets[name], list[Offer]()
    for label, rail in sheet.rails.items():  # a board runs if all its rails are good
        ground = Pin(name, sheet.ground["pins"][0])
        for pin in rail.pins:
            volts = solution.volts(Pin(name, pin), ground) if Pin(name, pin) in plan.wired else 0.0
            made.append((RAILS, volts, rail_finding(plan.name_of(name, pin), label, rail, volts)))
    for label, supply in sheet.supplies.items():
        if supply.plus and Pin(name, supply.plus) in plan.wired:
            made.append(_by_wire(plan, name, label, solution))
        elif not supply.plus and (switch := _switch(plan, name, unplugged)) and switch.poe_V is not None:
            finding = poe_finding(f"{name} PoE", sheet, switch)
            assert finding, "the port has power"
            made.append((label, switch.poe_V, finding))
    wired = [label for label, supply in sheet.supplies.items() if supply.plus]
    return made or [_by_wire(plan, name, label, solution) for label in wired]


def _by_wire(plan: Plan, name: str, label: str, solution: Solution) -> Offer:
    sheet = plan.sheets[name]
    supply = sheet.supplies[label]
    plus, minus = Pin(name, supply.plus), Pin(name, supply.minus)
    volts = solution.volts(plus, minus) if plus in plan.wired else 0.0
    where, mA = plan.name_of(name, supply.plus), solution.mA(name, label)
    return label, volts, supply_finding(where, supply, volts, mA, sheet.protected)


def _switch(plan: Plan, camera: str, unplugged: Collection[str]) -> Switch | None:
    """Return the switch at the other end of a data cable that is plugged in."""
    for cable in plan.cables:
        device = plan.devices.get(cable.source.partition(".")[0])
        if cable.into.partition(".")[0] == camera and isinstance(device, Switch):
            return None if cable.into in unplugged else device
    return None


def chosen(sheet: RigSheet, made: Collection[Offer], was: str | None, may_start: bool) -> tuple[str, float]:
    """Return the label and the voltage of the first offer that feeds a camera; ("", 0.0) if none does.

    Args:
        was: label of the offer that feeds the camera now; None if it is off.
        may_start: whether a camera that is off may go on.
    """
    rails = [finding for label, _, finding in made if label == RAILS]
    if rails:
        return (RAILS, 0.0) if all(finding.verdict == "ok" for finding in rails) else ("", 0.0)
    for label, volts, finding in made:
        low = sheet.supplies[label].accepted_V[0]
        holds = low * sheet.power.brownout_share if sheet.power else low
        good = finding.verdict != "wrong" or finding.word == "overvoltage"
        runs_on = was == label and finding.word == "undervoltage" and volts >= holds - TOLERANCE_V
        if (good and (may_start or was is not None)) or runs_on:
            return label, volts
    return "", 0.0


# -- lines ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class LineReading:
    """The state of a line in a solved network.

    findings  worst first
    volts     at an input
    level     of an input; None: it keeps the level it had
    load_ns   time that the load of an output that is on takes to follow; None: unknown
    """

    line: str
    findings: tuple[Finding, ...]
    volts: float = 0.0
    level: bool | None = None
    breaks: bool = False
    load_ns: Ns | None = None


def read_lines(
    plan: Plan, name: str, lines: Mapping[str, LineState], solution: Solution
) -> tuple[LineReading, ...]:
    """Return the state of each undamaged line of a camera.

    A voltage between the two levels leaves an input as it was: the data sheet does not define it.
    """
    made: list[LineReading] = []
    sheet = plan.sheets[name]
    for line, state in lines.items():
        if state == "in":
            spec = sheet.inputs[line]
            volts = solution.volts(Pin(name, spec.pin), Pin(name, spec.ground))
            finding = input_finding(line_at(plan, name, line), spec, volts, solution.mA(name, line))
            level, word = reading(spec, volts)
            breaks = word == "damaged"
            made.append(LineReading(line, (finding,), volts, False if breaks else level, breaks))
        elif state != "dead" and Pin(name, sheet.outputs[line].pin) in plan.wired:
            volts, mA = across(plan, name, line, solution)
            on, charge_nC, load_ns = state == "on", sheet.outside[line].charge_nC, None
            findings = output_findings(line_at(plan, name, line), sheet, line, on, volts, mA)
            if on and charge_nC:
                load_ns = round(min(charge_nC / max(mA, 1e-3), SLOWEST_US) * 1e3)
            breaks = findings[0].word == "damaged"
            made.append(LineReading(line, findings, breaks=breaks, load_ns=load_ns))
    return tuple(made)


def line_at(plan: Plan, name: str, line: str) -> str:
    """Format a line's connection for people: `cam.process.3 IN1 (Line0)`."""
    sheet = plan.sheets[name]
    spec = sheet.inputs.get(line) or sheet.outputs[line]
    return f"{plan.name_of(name, spec.pin)} ({line})"


def across(plan: Plan, name: str, line: str, solution: Solution) -> tuple[float, float]:
    """Return the voltage across an output's switch, and the current through it in mA."""
    a, b = plan.sheets[name].outputs[line].ends
    return solution.volts(Pin(name, a), Pin(name, b)), solution.mA(name, line)


# -- sources -------------------------------------------------------------------------------------------
def strains(plan: Plan, solution: Solution) -> Iterator[Finding]:
    """Find overloaded sources: supplies, drivers, USB ports, and pins that give a voltage."""
    for name, device in plan.devices.items():
        if isinstance(device, Supply):
            mA = -solution.mA(name, "0")
            share = mA / device.amperes / 1e3
        elif isinstance(device, UsbPort):
            mA = -solution.mA(name, "0")
            share = mA * device.volts / device.watts / 1e3
        elif isinstance(device, Driver):
            mA = max(solution.mA(name, str(part)) for part in range(3))
            share = mA / device.limit_mA
        else:
            continue
        if share > STRAINED:
            why = f"{mA:.0f} mA: short circuit or overload"
            fix = "less load, or a stronger source"
            yield Finding(name, "wrong", "overload", why, mA, "mA", fix=fix)
    for name, sheet in plan.sheets.items():
        for label, source in sheet.sources.items():
            drawn = -solution.mA(name, label)
            if source.load_mA and drawn > source.load_mA + TOLERANCE_MA:
                where, limit = plan.name_of(name, source.pin), f"{source.load_mA:g} mA"
                why = f"{drawn:.4g} mA are drawn, {limit} are allowed"
                yield Finding(where, "wrong", "overload", why, drawn, "mA", limit, "a supply")
