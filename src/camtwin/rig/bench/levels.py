"""Voltages and currents at a camera's lines: inputs get their levels, outputs are judged, lines break.

`read_lines` interprets a solved network, and its result may be cached with it; `apply` carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from camtwin.rig.bench.notes import Notes
from camtwin.rig.bench.wired_camera import WiredCamera
from camtwin.rig.wiring.circuit import Solution
from camtwin.rig.wiring.judge import BREAKS, TOLERANCE_MA, Finding, input_finding, output_findings, reading
from camtwin.rig.wiring.plan import Pin, Plan
from camtwin.units import Ns

SLOWEST_US: Final = 1000.0
"""Maximum delay of an edge, without a load that moves it (our choice)."""
CARRIES = "carries"  # an output is on with a permitted load, which ends an overload


@dataclass(frozen=True, slots=True)
class LineReading:
    """The state of a line in a solved network.

    volts    at an input
    level    of an input; None: it keeps the level it had
    load_ns  time that the load of an output that is on takes to follow; None: unknown
    """

    line: str
    finding: Finding
    volts: float = 0.0
    level: bool | None = None
    breaks: bool = False
    load_ns: Ns | None = None


def read_lines(plan: Plan, wired: WiredCamera, solution: Solution) -> tuple[LineReading, ...]:
    """Return the state of each undamaged line.

    A voltage between the two levels leaves an input as it was: the data sheet does not define it.
    """
    readings: list[LineReading] = []
    for name, line in wired.camera.lines.items():
        if name in wired.damaged:
            continue
        if line.is_output:
            if Pin(wired.name, wired.sheet.outputs[name].pin) in plan.wired:
                readings.append(_output(plan, wired, name, solution))
            continue
        spec = wired.sheet.inputs[name]
        volts = solution.volts(Pin(wired.name, spec.pin), Pin(wired.name, spec.ground))
        where = f"{plan.name_of(wired.name, spec.pin)} ({name})"
        finding = input_finding(where, spec, volts, solution.mA(wired.name, name))
        level, word = reading(spec, volts)
        breaks = word == "damaged"
        readings.append(LineReading(name, finding, volts, False if breaks else level, breaks))
    return tuple(readings)


def _output(plan: Plan, wired: WiredCamera, name: str, solution: Solution) -> LineReading:
    sheet = wired.sheet
    spec = sheet.outputs[name]
    push_pull = spec.stage == "push-pull"
    a, b = spec.ends
    volts = solution.volts(Pin(wired.name, a), Pin(wired.name, b))
    mA = solution.mA(wired.name, name)
    on = wired.camera.lines[name].level
    where = f"{plan.name_of(wired.name, spec.pin)} ({name})"
    drawn, most = (-mA, spec.source_mA) if push_pull and on else (mA, spec.load_mA)
    broken = spec.absolute_V and not spec.absolute_V[0] - 0.05 <= volts <= spec.absolute_V[1]
    if broken or abs(mA) > BREAKS * spec.load_mA:
        why = f"{volts:.4g} V, {abs(mA):.4g} mA: the line is damaged"
        return LineReading(name, Finding(where, "wrong", "damaged", why), breaks=True)
    charge_nC, load_ns = sheet.outside[name].charge_nC, None
    if on and charge_nC:
        load_ns = round(min(charge_nC / max(mA, 1e-3), SLOWEST_US) * 1e3)
    if drawn > most + TOLERANCE_MA:
        why = f"{drawn:.4g} mA flow, {most:g} mA are allowed"
        return LineReading(name, Finding(where, "wrong", "overload", why, drawn, "mA"), load_ns=load_ns)
    if not on and not push_pull:
        return LineReading(name, output_findings(where, sheet, name, on=(0.0, 0.0), off=(volts, mA))[0])
    if on and push_pull and volts < spec.high_V[0]:
        why = f"the high level is {volts:.3g} V"
        return LineReading(name, Finding(where, "wrong", "unreliable", why, volts, "V"))
    return LineReading(name, Finding(where, "ok", CARRIES, ""), load_ns=load_ns)


def apply(wired: WiredCamera, readings: tuple[LineReading, ...], notes: Notes) -> bool:
    """Drive the camera's inputs, break lines, and note problems; True if a line broke."""
    broke, now, lines = False, wired.camera.clock.now, wired.camera.lines
    for one in readings:
        line = lines[one.line]
        if noise_V := wired.noise_V.get(one.line):
            one = _noisy(wired, one, noise_V)
        if one.finding.word != CARRIES or (line.level and notes.word(one.finding.where) == "overload"):
            notes.tell(now, one.finding)
        if one.load_ns is not None:
            line.load_ns = one.load_ns
        if one.breaks:
            wired.damaged.add(one.line)
            broke = True
        if one.level is not None and one.level != line.level:
            line.drive(one.level)
    return broke


def _noisy(wired: WiredCamera, quiet: LineReading, noise_V: float) -> LineReading:
    """Return the reading with noise on the wire; of its problems only damage is reported."""
    level, word = reading(wired.sheet.inputs[quiet.line], quiet.volts + noise_V)
    if word != "damaged":
        return replace(quiet, level=level)
    why = f"{quiet.volts + noise_V:.4g} V with the noise on its wire: the line is damaged"
    return replace(quiet, finding=replace(quiet.finding, verdict="wrong", word=word, reason=why), breaks=True)
