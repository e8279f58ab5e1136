"""`camtwin wiring`: check a plan without running it.

Every source is put low and high by itself, and all of them together; every output off and on, among low
sources and among high ones. In each of these states the network is solved, and the values at each camera's
pins are judged in the data sheet's words. Faults that no state shows are looked up: ground loops, plugs,
cables, pulses that are too short.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from camtwin.models import load, names
from camtwin.rig.wiring.circuit import Circuit, LineState, Solution, State
from camtwin.rig.wiring.elements import Contact, Driver, Generator, Lamp, Resistor, Supply, Switch, UsbPort
from camtwin.rig.wiring.ethernet import mated, poe_finding, tested
from camtwin.rig.wiring.ground import loops
from camtwin.rig.wiring.judge import (
    SEVERITY,
    TOLERANCE_MA,
    TOLERANCE_V,
    Finding,
    Verdict,
    input_finding,
    output_findings,
    rail_finding,
    reading,
    span,
    supply_finding,
)
from camtwin.rig.wiring.plan import Pin, Plan, carries

LIGHTS: Final = 0.8
"""Share of its current from which a lamp lights (our choice)."""


@dataclass(frozen=True)
class Report:
    """The findings, connection by connection."""

    title: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        worst = max(self.findings, key=lambda f: SEVERITY[f.verdict], default=None)
        return worst.verdict if worst else "ok"

    def words(self, where: str = "") -> set[str]:
        """Return the words of problems at connections whose name contains `where`."""
        return {f.word for f in self.findings if f.verdict != "ok" and where in f.where}


@dataclass(frozen=True, slots=True)
class Seen:
    """One state of the plan and its solution."""

    high: frozenset[str]
    on: frozenset[tuple[str, str]]
    solution: Solution

    @property
    def when(self) -> str:
        states = [f"{name} high" for name in sorted(self.high)]
        states += [f"{camera} {line} on" for camera, line in sorted(self.on)]
        return f" with {', '.join(states)}" if states else ""


def check(plan: Plan) -> Report:
    """Check a plan.

    Raises:
        Unsolved: numbers beyond reason (solver.py)
    """
    circuit = Circuit(plan)
    seen = list(_states(plan, circuit))
    around = loops(plan)
    findings: list[Finding] = []
    for name in plan.sheets:
        findings += _powered(plan, name, seen[0].solution)
        findings += _inputs(plan, name, seen)
        findings += _pull_ups(plan, name, circuit, seen[0].solution)
        findings += _outputs(plan, name, seen)
        findings += _pins(plan, name, seen[0].solution)
        if name in around:
            way = " - ".join(around[name])
            why = f"ground loop {way}: it can destroy the camera"
            fix = "leave one ground connection out, or isolate the signal"
            findings.append(Finding(f"{name} ground", "wrong", "ground loop", why, fix=fix))
    findings += _loads(plan, seen)
    findings += _cables(plan)
    return Report(plan.title, tuple(findings))


def _states(plan: Plan, circuit: Circuit) -> Iterator[Seen]:
    sources = [n for n, d in plan.devices.items() if isinstance(d, (Generator, Driver, Contact))]
    outputs = [
        (name, line)
        for name, sheet in plan.sheets.items()
        for line, spec in sheet.outputs.items()
        if Pin(name, spec.pin) in plan.wired and plan.is_output(name, line)
    ]
    watts = tuple((name, supply_watts(plan, name)) for name in plan.sheets)
    none: frozenset[str] = frozenset()
    cases = [(none, frozenset())]
    cases += [(frozenset({s}), frozenset()) for s in sources]
    cases += [(none, frozenset({o})) for o in outputs]
    if len(sources) > 1:
        cases.append((frozenset(sources), frozenset()))
    if sources:
        cases += [(frozenset(sources), frozenset({o})) for o in outputs]
    for high, on in cases:
        levels = tuple((s, "high" if s in high else "low") for s in sources)
        lines: list[tuple[tuple[str, str], LineState]] = [
            ((n, line), "on" if (n, line) in on else "off" if plan.is_output(n, line) else "in")
            for n, sheet in plan.sheets.items()
            for line in sheet.outputs
        ]
        yield Seen(high, on, circuit.solve(State(levels, tuple(lines), watts)))


def supply_watts(plan: Plan, camera: str) -> float:
    """Return the camera's maximum consumption by its wires."""
    return max((s.watts for s in plan.sheets[camera].supplies.values() if s.plus), default=0.0)


# -- the camera's pins ---------------------------------------------------------------------------------
def _powered(plan: Plan, name: str, solution: Solution) -> Iterator[Finding]:
    sheet, fed = plan.sheets[name], False
    for cable in plan.cables:
        camera, _, _ = cable.into.partition(".")
        switch = plan.devices.get(cable.source.partition(".")[0])
        if (
            camera == name
            and isinstance(switch, Switch)
            and (poe := poe_finding(f"{name} PoE", sheet, switch))
        ):
            fed = True
            yield poe
    for label, spec in sheet.supplies.items():
        if spec.plus and (Pin(name, spec.plus) in plan.wired or not fed):
            volts = solution.volts(Pin(name, spec.plus), Pin(name, spec.minus))
            yield supply_finding(
                f"{plan.name_of(name, spec.plus)} ({label})",
                spec,
                volts,
                solution.mA(name, label),
                sheet.protected,
            )
    yield from (finding for _, finding in rails(plan, name, solution))


def rails(plan: Plan, name: str, solution: Solution) -> Iterator[tuple[float, Finding]]:
    """Yield the voltage at every pin of every rail of a board, and its finding."""
    sheet = plan.sheets[name]
    for label, rail in sheet.rails.items():
        ground = Pin(name, sheet.ground["pins"][0])
        for pin in rail.pins:
            at = Pin(name, pin)
            volts = solution.volts(at, ground) if at in plan.wired else 0.0
            yield volts, rail_finding(plan.name_of(name, pin), label, rail, volts)


def _inputs(plan: Plan, name: str, seen: list[Seen]) -> Iterator[Finding]:
    sheet = plan.sheets[name]
    for line, spec in sheet.inputs.items():
        pin, ground = Pin(name, spec.pin), Pin(name, spec.ground)
        if pin not in plan.wired or plan.is_output(name, line):
            continue
        where = f"{plan.name_of(name, spec.pin)} ({line})"
        if spec.isolated and ground not in plan.wired:
            what = plan.name_of(name, spec.ground)
            why = f"the loop is open: {what} is not connected, the input floats"
            yield Finding(
                where, "wrong", "floating", why, fix=f"connect {what} with the ground of the signal"
            )
            continue
        states = [(s, s.solution.volts(pin, ground), s.solution.mA(name, line)) for s in seen if not s.on]
        judged = [input_finding(where, spec, volts, mA, s.when) for s, volts, mA in states]
        worst = max(judged, key=lambda f: SEVERITY[f.verdict])
        if worst.verdict == "wrong":
            yield worst
            continue
        levels = {reading(spec, volts)[0] for _, volts, _ in states}
        if len(levels) == 1:
            stuck = "low" if levels == {False} else "high"
            top = max(states, key=lambda one: one[1] if stuck == "low" else -one[1])
            need = span(spec.high_V if stuck == "low" else spec.low_V)
            why = f"never {'high' if stuck == 'low' else 'low'}: {top[1]:.4g} V{top[0].when}"
            fix = "close the loop over signal and ground with a source that reaches " + need
            yield Finding(where, "wrong", "does not switch", why, top[1], "V", need, fix)
            continue
        yield max(judged, key=lambda f: (SEVERITY[f.verdict], f.value or 0.0))
        yield from _pulses(plan, name, line, where, states, spec)


def _pull_ups(plan: Plan, name: str, circuit: Circuit, solution: Solution) -> Iterator[Finding]:
    """Find resistors from an input to a voltage that is too low to pull it up."""
    node, _ = circuit.node()
    for line, spec in plan.sheets[name].inputs.items():
        least, pin, ground = spec.pullup_min_V, Pin(name, spec.pin), Pin(name, spec.ground)
        if not least or plan.is_output(name, line):
            continue
        for other, device in plan.devices.items():
            for near, far in (("a", "b"), ("b", "a")) if isinstance(device, Resistor) else ():
                volts = solution.volts(Pin(other, far), ground)
                if node[Pin(other, near)] == node[pin] and 0.5 < volts < least - TOLERANCE_V:
                    where = f"{plan.name_of(name, spec.pin)} ({line})"
                    why = f"pulled up to {volts:.4g} V, at least {least:g} V are needed"
                    fix = f"pull it up to {least:g} V or more"
                    yield Finding(where, "marginal", "warned", why, volts, "V", f"{least:g} V", fix)


def _pulses(plan, name, line, where, states, spec) -> Iterator[Finding]:
    """Find sources of this line whose pulses are too short for it."""
    model = plan.cameras[name].model
    if model not in names():
        return
    min_us = load(model).lines.filter_ns / 1e3
    idle = reading(spec, states[0][1])[0]
    for state, volts, _ in states:
        if len(state.high) != 1 or reading(spec, volts)[0] == idle:
            continue
        (source,) = state.high
        device = plan.devices[source]
        hz, pulse_us = getattr(device, "hz", None), getattr(device, "pulse_us", None)
        width = pulse_us or (5e5 / hz if hz else None)
        if width is not None and width < min_us:
            why = f"pulses of {width:.3g} us from {source} are shorter than {min_us:g} us and are not seen"
            fix = f"pulses of {min_us:g} us or longer"
            yield Finding(where, "wrong", "too short", why, width, "us", f"{min_us:g} us", fix)


def _outputs(plan: Plan, name: str, seen: list[Seen]) -> Iterator[Finding]:
    sheet = plan.sheets[name]
    for line, spec in sheet.outputs.items():
        if Pin(name, spec.pin) not in plan.wired or not plan.is_output(name, line):
            continue
        where = f"{plan.name_of(name, spec.pin)} ({line})"
        a, b = spec.ends
        worst: list[Finding] = []
        for high in {s.high for s in seen}:
            is_on = [s for s in seen if (name, line) in s.on]
            on = next((s for s in is_on if s.high == high), is_on[0] if is_on else seen[0])
            off = next(s for s in seen if s.high == high and not s.on)
            pair = [
                (s.solution.volts(Pin(name, a), Pin(name, b)), s.solution.mA(name, line)) for s in (on, off)
            ]
            findings = output_findings(where, sheet, line, on=pair[0], off=pair[1])
            worst = max(worst, findings, key=_weight)
        yield from worst


def _weight(findings: list[Finding]) -> tuple[int, bool]:
    """Return the highest severity, and whether a finding means damage rather than malfunction."""
    return max(((SEVERITY[f.verdict], f.word == "damaged") for f in findings), default=(-1, False))


def _pins(plan: Plan, name: str, solution: Solution) -> Iterator[Finding]:
    """Check pins without a line: no wire on NC, no supply on ground or on a pin that supplies a voltage."""
    sheet = plan.sheets[name]
    ground = set(sheet.ground.get("pins", ()))
    for socket, held in sheet.pins.items():
        for number, pin in held.items():
            at = Pin(name, f"{socket}.{number}")
            if pin.name == "NC" and at in plan.wired:
                why = "this pin is not connected inside"
                yield Finding(f"{plan.name_of(name, at.pin)}", "marginal", "not connected", why)
    for wire in plan.wires:
        for here, there in ((wire.a, wire.b), (wire.b, wire.a)):
            device = plan.devices[there.device]
            if here.device != name or not isinstance(device, (Supply, Generator, UsbPort)):
                continue
            plus = there.pin in ("+", "vbus")
            if here.pin in ground and plus and not _is_reversed(plan, name, there.device):
                why, fix = f"{there} lies on ground", "connect the supply's plus with the supply pin"
                yield Finding(plan.name_of(name, here.pin), "wrong", "short", why, fix=fix)
            if any(here.pin == s.pin for s in sheet.sources.values()):
                why = f"{there} feeds a pin that gives a voltage itself"
                yield Finding(plan.name_of(name, here.pin), "wrong", "conflict", why, fix="take it off")
    for label, source in sheet.sources.items():
        drawn = -solution.mA(name, label)
        if source.load_mA and drawn > source.load_mA + TOLERANCE_MA:
            why = f"{drawn:.4g} mA are drawn, {source.load_mA:g} mA are allowed"
            where = plan.name_of(name, source.pin)
            yield Finding(where, "wrong", "overload", why, drawn, "mA", f"{source.load_mA:g} mA", "a supply")


def _is_reversed(plan: Plan, camera: str, supply: str) -> bool:
    """Tell whether this supply's minus is on the camera's supply pin, which is reported as a reversal."""
    plus = {Pin(camera, s.plus) for s in plan.sheets[camera].supplies.values() if s.plus}
    minus = Pin(supply, "-")
    return any({w.a, w.b} & plus and minus in (w.a, w.b) for w in plan.wires)


# -- the others ----------------------------------------------------------------------------------------
def _loads(plan: Plan, seen: list[Seen]) -> Iterator[Finding]:
    wired = {pin.device for pin in plan.wired}
    for name, device in plan.devices.items():
        if name not in wired:
            if not isinstance(device, Switch) and name not in plan.sheets:
                yield Finding(name, "marginal", "unused", "nothing is connected to it")
        elif isinstance(device, Lamp):
            most = max(seen, key=lambda s: abs(s.solution.mA(name, "0")))
            mA = abs(most.solution.mA(name, "0"))
            lit = mA >= LIGHTS * device.current_mA
            why = f"{mA:.3g} mA{most.when}, it needs {device.current_mA:g} mA"
            fix = "" if lit else "feed it with its voltage"
            verdict: Verdict = "ok" if lit else "wrong"
            word = "lights" if lit else "dark"
            yield Finding(name, verdict, word, why, mA, "mA", f"{device.current_mA:g} mA", fix)
        elif isinstance(device, (Supply, Driver, UsbPort)):
            strains = [(*_strain(device, s.solution, name), s.when) for s in seen]
            share, mA, when = max(strains)
            if share > 0.999:
                why = f"{mA:.0f} mA{when}: short circuit or overload"
                yield Finding(name, "wrong", "overload", why, mA, "mA", fix="less load, or a stronger source")


def _strain(device: Supply | Driver | UsbPort, solution: Solution, name: str) -> tuple[float, float]:
    """Return the share of its maximum current that a source delivers, and the mA."""
    if isinstance(device, Supply):
        mA = -solution.mA(name, "0")
        return mA / device.amperes / 1e3, mA
    if isinstance(device, UsbPort):
        mA = -solution.mA(name, "0")
        return mA * device.volts / device.watts / 1e3, mA
    parts = range(3)
    mA = max(solution.mA(name, str(part)) for part in parts)
    return mA / device.limit_mA, mA


def _cables(plan: Plan) -> Iterator[Finding]:
    for cable in plan.cables:
        name, _, socket = cable.into.partition(".")
        if not socket:
            continue
        sheet, where = plan.sheets[name], cable.into
        if cable.plug:
            yield mated(where, sheet, socket, cable.plug, cable.screwed)
        if any(pin.name.startswith("MX") for pin in sheet.pins[socket].values()):
            yield from tested(where, sheet, socket, cable).findings
        yield from _rules(where, sheet.cable, cable)
        for pin in (plan.pin(end) for wire in cable.wires for end in wire):
            if not carries(plan, cable, pin):
                why = f"the cable {cable.type} has no wire for this pin"
                fix = "use a cable that has one"
                yield Finding(plan.name_of(pin.device, pin.pin), "wrong", "open", why, fix=fix)


def _rules(where: str, rules, cable) -> Iterator[Finding]:
    """Judge a cable by the data sheet's requirements."""
    if rules.get("shielded") and not cable.shielded:
        yield Finding(where, "marginal", "warned", "the cable is not shielded", fix="a shielded cable")
    if rules.get("twisted") and cable.wires and not cable.twisted:
        yield Finding(where, "marginal", "warned", "the wires are not twisted pairs", fix="twisted pairs")
    if (most := rules.get("longest_m")) and cable.length_m > most:
        why = f"{cable.length_m:g} m, at most {most:g} m are recommended"
        yield Finding(where, "marginal", "warned", why, cable.length_m, "m", f"{most:g} m", "a shorter cable")
    least, gauge = rules.get("least_mm2"), cable.mm2 or (cable.awg and cable.area_mm2)
    if least and gauge and gauge < (0.9 * least if cable.awg else least):  # a gauge is near enough
        why = f"{gauge:g} mm2, at least {least:g} mm2 are needed"
        yield Finding(where, "marginal", "warned", why, gauge, "mm2", f"{least:g} mm2", "thicker wires")
