"""`camtwin wiring`: check a plan without running it.

In each state of its sources and outputs (states.py) the network is solved, and the values at the pins are
judged in the data sheet's words, as a bench judges them around running twins (reading.py). What no single
state shows is looked up: inputs that never switch, ground loops, plugs, cables, pulses that are too short.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from camtwin.models import has_twin, load
from camtwin.models.rig import Input
from camtwin.rig.wiring import adapters
from camtwin.rig.wiring.circuit import Circuit, Solution
from camtwin.rig.wiring.elements import Generator, Lamp, ModuleAdapter, Resistor, Supply, Switch, UsbPort
from camtwin.rig.wiring.ethernet import mated, tested
from camtwin.rig.wiring.ground import loops
from camtwin.rig.wiring.judge import LACKS, TOLERANCE_V, Finding, Verdict, output_works, span
from camtwin.rig.wiring.plan import Pin, Plan, carries
from camtwin.rig.wiring.reading import across, line_at, offers
from camtwin.rig.wiring.states import Seen, all_states, outputs

LIGHTS: Final = 0.8
"""Share of its current from which a lamp lights (our choice)."""
Told = Mapping[str, Sequence[Finding]]
"""Findings by connection: its problems, worst first, or else its best finding."""


@dataclass(frozen=True)
class Report:
    """The findings, connection by connection."""

    title: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        worst = max(self.findings, key=lambda f: f.rank, default=None)
        return worst.verdict if worst else "ok"

    def words(self, where: str = "") -> set[str]:
        """Return the words of problems at connections whose name contains `where`."""
        return {f.word for f in self.findings if f.verdict != "ok" and where in f.where}


def check(plan: Plan) -> Report:
    """Check a plan.

    Raises:
        Unsolved: numbers beyond reason (solver.py)
    """
    circuit = Circuit(plan)
    seen = all_states(plan, circuit)
    told, around = _told(seen), loops(plan)
    findings: list[Finding] = []
    for name in plan.sheets:
        for where in dict.fromkeys(f.where for _, _, f in offers(plan, name, seen[0].solution)):
            findings += told[where]
        findings += _inputs(plan, name, seen, told)
        findings += _pull_ups(plan, name, circuit, seen[0].solution)
        findings += _outputs(plan, name, seen, told)
        findings += _pins(plan, name, told)
        if name in around:
            way = " - ".join(around[name])
            why = f"ground loop {way}: it can destroy the camera"
            fix = "leave one ground connection out, or isolate the signal"
            findings.append(Finding(f"{name} ground", "wrong", "ground loop", why, fix=fix))
    findings += adapters.findings(plan.joints)
    findings += _loads(plan, seen, told)
    findings += _cables(plan)
    return Report(plan.title, tuple(findings))


def _told(seen: Sequence[Seen]) -> Told:
    """Return what is told of each connection: each word once, of the simplest state in which it is worst."""
    at: dict[str, list[tuple[Finding, Seen]]] = {}
    for state in seen:
        for finding in state.findings:
            at.setdefault(finding.where, []).append((finding, state))
    return {where: _worst_first(found) for where, found in at.items()}


def _worst_first(found: Sequence[tuple[Finding, Seen]]) -> list[Finding]:
    worst: dict[str, tuple[Finding, Seen]] = {}
    for finding, state in found:
        before = worst.get(finding.word)
        if before is None or _size(finding) > _size(before[0]):
            worst[finding.word] = finding, state
    problems = [_in_state(f, state, found) for f, state in worst.values() if f.verdict != "ok"]
    if not problems:
        return [max((f for f, _ in found), key=_size)]
    return sorted(problems, key=lambda f: f.rank, reverse=True)


def _size(finding: Finding) -> float:
    """Return the value of a finding as people compare it: without sign, in three digits."""
    return float(f"{abs(finding.value or 0.0):.3g}")


def _in_state(finding: Finding, state: Seen, found: Sequence[tuple[Finding, Seen]]) -> Finding:
    """Return a problem that names its state; marginal if it is a feed that a source switches."""
    if finding.word in LACKS and (there := next((s for f, s in found if f.is_fed), None)):
        return replace(finding, verdict="marginal", reason=f"{finding.reason}, except{there.when}")
    return replace(finding, reason=finding.reason + state.when)


# -- the camera's pins ---------------------------------------------------------------------------------
def _inputs(plan: Plan, name: str, seen: Sequence[Seen], told: Told) -> Iterator[Finding]:
    sheet = plan.sheets[name]
    for line, spec in sheet.inputs.items():
        pin, ground = Pin(name, spec.pin), Pin(name, spec.ground)
        if pin not in plan.wired or plan.is_output(name, line):
            continue
        where = line_at(plan, name, line)
        problems = [f for f in told[where] if f.verdict != "ok"]
        if spec.isolated and ground not in plan.wired:
            what = plan.name_of(name, spec.ground)
            why = f"the loop is open: {what} is not connected, the input floats"
            fix = f"connect {what} with the ground of the signal"
            yield from problems
            yield Finding(where, "wrong", "floating", why, fix=fix)
            continue
        levels = {level for s in seen if (level := s.levels.get((name, line))) is not None}
        if len(levels) < 2 and not any(f.verdict == "wrong" for f in problems):
            yield _stuck(where, seen, spec, pin, ground, low=levels != {True})
            yield from problems
            continue
        yield from told[where]
        yield from _pulses(plan, name, line, where, seen)


def _stuck(where: str, seen: Sequence[Seen], spec: Input, pin: Pin, ground: Pin, *, low: bool) -> Finding:
    """Return the finding of an input that is always low or always high."""
    volts, when = max(
        ((s.solution.volts(pin, ground), s.when) for s in seen), key=lambda one: one[0] if low else -one[0]
    )
    need = span(spec.high_V if low else spec.low_V)
    why = f"never {'high' if low else 'low'}: {volts:.4g} V{when}"
    fix = f"close the loop over signal and ground with a source that reaches {need}"
    return Finding(where, "wrong", "does not switch", why, volts, "V", need, fix)


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


def _pulses(plan: Plan, name: str, line: str, where: str, seen: Sequence[Seen]) -> Iterator[Finding]:
    """Find sources of this line whose pulses are too short for it."""
    model = plan.cameras[name].model
    if not has_twin(model):
        return
    min_us = load(model).lines.filter_ns / 1e3
    level = {state.asked: state.levels.get((name, line)) for state in seen}
    for source, device in plan.devices.items():
        hz, pulse_us = getattr(device, "hz", None), getattr(device, "pulse_us", None)
        width = pulse_us or (5e5 / hz if hz else None)
        if width is None or width >= min_us:
            continue
        if any({level[asked], level.get(asked | {source})} == {False, True} for asked in level):
            why = f"pulses of {width:.3g} us from {source} are shorter than {min_us:g} us and are not seen"
            fix = f"pulses of {min_us:g} us or longer"
            yield Finding(where, "wrong", "too short", why, width, "us", f"{min_us:g} us", fix)


def _outputs(plan: Plan, name: str, seen: Sequence[Seen], told: Told) -> Iterator[Finding]:
    sheet = plan.sheets[name]
    for line in (line for camera, line in outputs(plan) if camera == name):
        where = line_at(plan, name, line)
        on = next((s for s in seen if (name, line) in s.active), None)
        if any(f.verdict != "ok" for f in told[where]):
            yield from told[where]
        elif on:  # the camera has power
            off = next(s for s in seen if s.asked == on.asked - {(name, line)})
            pair = (across(plan, name, line, s.solution) for s in (on, off))
            yield output_works(where, sheet, line, *pair)


def _pins(plan: Plan, name: str, told: Told) -> Iterator[Finding]:
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
    for source in sheet.sources.values():
        yield from told.get(plan.name_of(name, source.pin), ())


def _is_reversed(plan: Plan, camera: str, supply: str) -> bool:
    """Tell whether this supply's minus is on the camera's supply pin, which is reported as a reversal."""
    plus = {Pin(camera, s.plus) for s in plan.sheets[camera].supplies.values() if s.plus}
    minus = Pin(supply, "-")
    return any({w.a, w.b} & plus and minus in (w.a, w.b) for w in plan.wires)


# -- the others ----------------------------------------------------------------------------------------
def _loads(plan: Plan, seen: Sequence[Seen], told: Told) -> Iterator[Finding]:
    wired = {pin.device for pin in plan.wired}
    for name, device in plan.devices.items():
        if name not in wired:
            if not isinstance(device, (Switch, ModuleAdapter)) and name not in plan.sheets:
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
        else:
            yield from told.get(name, ())


def _cables(plan: Plan) -> Iterator[Finding]:
    for cable in plan.cables:
        name, _, socket = cable.into.partition(".")
        if not socket:
            continue
        sheet, where = plan.sheets[name], cable.into
        if cable.plug:
            yield from mated(where, sheet, socket, cable.plug, cable.screwed)
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
