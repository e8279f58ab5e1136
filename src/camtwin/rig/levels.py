"""Volts and currents at a camera's lines: inputs take levels from them, outputs are judged, lines break."""

from __future__ import annotations

from camtwin.rig.check import name_of
from camtwin.rig.circuit import Solution
from camtwin.rig.judge import (
    BREAKS,
    TOLERANCE_MA,
    Finding,
    input_finding,
    output_findings,
    reading,
)
from camtwin.rig.notes import Notes
from camtwin.rig.plan import Pin, Plan
from camtwin.rig.side import Side


def take(plan: Plan, side: Side, solution: Solution, notes: Notes) -> bool:
    """What stands at the lines; True if something broke.

    A voltage between two levels leaves an input as it was: the sheet does not say more."""
    broke = False
    now = side.camera.clock.now
    for name, line in side.camera.lines.items():
        if name in side.damaged:
            continue
        if line.is_output:
            broke |= _output(plan, side, name, solution, notes)
            continue
        said = side.sheet.inputs[name]
        volts = solution.volts(Pin(side.name, said.pin), Pin(side.name, said.ground))
        level, word = reading(said, volts)
        where = f"{name_of(plan, side.name, said.pin)} ({name})"
        notes.tell(now, input_finding(where, said, volts, solution.mA(side.name, name)))
        if word == "damaged":
            side.damaged.add(name)
            level, broke = False, True
        if level is not None and level != line.level:
            line.drive(level)
    return broke


def _output(plan: Plan, side: Side, name: str, solution: Solution, notes: Notes) -> bool:
    """True if it broke."""
    sheet, now = side.sheet, side.camera.clock.now
    said = sheet.outputs[name]
    high_side = said.stage == "high side"
    a, b = (said.feed, said.pin) if high_side else (said.pin, said.ground)
    volts = solution.volts(Pin(side.name, a), Pin(side.name, b))
    mA = solution.mA(side.name, name)
    on = side.camera.lines[name].level
    where = f"{name_of(plan, side.name, said.pin)} ({name})"
    if Pin(side.name, said.pin) not in {p for w in plan.wires for p in (w.a, w.b)}:
        return False
    drawn = mA if said.stage != "push-pull" or not on else -mA
    most = said.source_mA if said.stage == "push-pull" and on else said.load_mA
    broken = said.absolute_V and not said.absolute_V[0] - 0.05 <= volts <= said.absolute_V[1]
    if broken or abs(mA) > BREAKS * said.load_mA:
        side.damaged.add(name)
        why = f"{volts:.4g} V, {abs(mA):.4g} mA: the line is damaged"
        notes.tell(now, Finding(where, "wrong", "damaged", why))
        return True
    if drawn > most + TOLERANCE_MA:
        why = f"{drawn:.4g} mA flow, {most:g} mA are allowed"
        notes.tell(now, Finding(where, "wrong", "overload", why, drawn, "mA"))
    elif not on and said.stage != "push-pull":
        notes.tell(now, output_findings(where, sheet, name, on=(0.0, 0.0), off=(volts, mA))[0])
    elif on and not high_side and said.stage == "push-pull" and volts < said.high_V[0]:
        why = f"the high level is {volts:.3g} V"
        notes.tell(now, Finding(where, "wrong", "unreliable", why, volts, "V"))
    elif on and notes.word(where) == "overload":
        notes.tell(now, Finding(where, "ok", "switches", ""))
    return False
