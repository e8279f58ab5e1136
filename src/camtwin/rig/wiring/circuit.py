"""A plan as a network, and its solution for one state: voltages at pins, currents through parts.

The camera's side of a line, as its sheet has it:

    input     pin --- drop, resistor --- ground       an optocoupler's LED lets no current back
    output    high side    feed --- transistor --- pin
              low side     pin --- transistor --- ground, a pull-up inside where there is one
              push-pull    its own voltage or ground, behind the resistance that the printed levels imply
    supply    a load of constant power, found by a few rounds of solving
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from camtwin.models import RigSheet
from camtwin.models.rig import Output, OutputInside
from camtwin.rig.wiring.elements import BranchOf
from camtwin.rig.wiring.plan import Pin, Plan
from camtwin.rig.wiring.solver import MIN_OHM, Branch, solve

LineState = Literal["in", "off", "on", "dead"]
"""A line as an input, as an output that is off or on, or damaged."""
OFF_OHM: Final = 100_000.0
"""A supply input of a camera that is off (our choice): less than what leaks through an open contact."""
ROUNDS: Final = 6
SETTLED: Final = 1e-4


@dataclass(frozen=True, slots=True)
class State:
    """Levels of the sources; lines as (camera, line); watts that each camera takes, 0 if it is off.

    cut    broken wires, by their index in the plan
    parts  per camera: temperature of its parts in degC, and their deviation, -1..1 of the spread
    """

    levels: tuple[tuple[str, str], ...]
    lines: tuple[tuple[tuple[str, str], LineState], ...]
    watts: tuple[tuple[str, float], ...]
    cut: frozenset[int] = frozenset()
    parts: tuple[tuple[str, int, float], ...] = ()


class Solution:
    """Voltages and currents of one state."""

    def __init__(self, node: Mapping[Pin, int], volts: np.ndarray, amps: Mapping[tuple[str, str], float]):
        self._node, self._volts, self._amps = node, volts, amps

    def volts(self, pin: Pin, ground: Pin | None = None) -> float:
        """Return the voltage of a pin against another, or against earth."""
        return self._at(pin) - (self._at(ground) if ground else 0.0)

    def _at(self, pin: Pin) -> float:
        node = self._node[pin]
        return float(self._volts[node]) if node >= 0 else 0.0

    def mA(self, device: str, part: str) -> float:
        """Return the current through a part, in mA.

        A part is a camera's `Line0` (into its pin), its supply `external`, or 0, 1, ... of other devices.
        """
        return 1e3 * self._amps.get((device, part), 0.0)


def camera_branches(
    sheet: RigSheet, lines: Mapping[str, LineState], celsius: float | None = None, unlike: float = 0.0
) -> list[tuple[str, BranchOf]]:
    """Return the branches between a camera's pins, each with the name of its line."""
    made: list[tuple[str, BranchOf]] = []
    for name in sheet.inputs.keys() | sheet.outputs.keys():
        state = lines.get(name, "in" if name in sheet.inputs else "off")
        if state == "dead":
            continue
        if state == "in":
            spec, inside = sheet.inputs[name], sheet.inside[name]
            limits = {"min_A": 0.0} if spec.isolated else {}
            if inside.limit_mA:
                limits["max_A"] = inside.limit_mA / 1e3
            what = {"ohm": inside.ohm, "emf_V": inside.drop_V, **limits}
            made.append((name, (spec.pin, spec.ground, what)))
            if inside.pullup_ohm:
                up = {"ohm": inside.pullup_ohm, "emf_V": inside.pullup_V, "max_A": 0.0}
                made.append((name, (spec.pin, spec.ground, up)))
        else:
            spec, outside = sheet.outputs[name], sheet.outside[name]
            warmer_K = 0.0 if celsius is None else celsius - outside.at_C
            made += [(name, b) for b in _output(spec, outside, state == "on", warmer_K, unlike)]
    return made


def _output(spec: Output, outside: OutputInside, on: bool, warmer_K: float, unlike: float) -> list[BranchOf]:
    if spec.stage == "push-pull":
        low, high = spec.high_V
        if on:
            return [(spec.pin, spec.ground, {"ohm": (high - low) / spec.source_mA * 1e3, "emf_V": high})]
        return [(spec.pin, spec.ground, {"ohm": spec.low_V[1] / spec.load_mA * 1e3})]
    a, b = spec.ends
    residual_V = outside.residual_V * (1 + outside.residual_spread * unlike)
    residual_V *= max(1 + outside.residual_per_K * warmer_K, 0.1)
    knee = residual_V * outside.knee_share
    rest = (residual_V - knee) / spec.load_mA * 1e3
    leakage_uA = outside.leakage_uA * (1 + outside.leakage_spread * unlike)
    if outside.leakage_doubling_K:
        leakage_uA *= 2 ** (warmer_K / outside.leakage_doubling_K)
    leak = {"ohm": 1e3, "min_A": 0.0, "max_A": leakage_uA / 1e6}
    made: list[BranchOf] = [(a, b, {"ohm": rest, "emf_V": knee, "min_A": 0.0} if on else leak)]
    if spec.pullup_ohm and outside.pullup_V:
        up = {"ohm": spec.pullup_ohm, "emf_V": outside.pullup_V, "max_A": 0.0}
        made.append((spec.pin, spec.ground, up))
    return made


class Circuit:
    """The electrical network of a plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._nodes: dict[frozenset[int], tuple[dict[Pin, int], int]] = {}
        self._names: dict[tuple[str, str], tuple[str, str]] = {}  # shared by all solutions

    def parts(self, device: str) -> tuple[str, ...]:
        """Return the names of the parts of a device of the plan, whose currents `Solution.mA` returns."""
        sheet = self.plan.sheets.get(device)
        if sheet is None:
            element = self.plan.devices[device]
            count = max(len(element.branches(level)) for level in element.levels)
            return tuple(map(str, range(count)))
        lines = {**sheet.inputs, **sheet.outputs}
        return (*lines, *(label for label, s in sheet.supplies.items() if s.plus), *sheet.sources)

    def pins(self) -> list[Pin]:
        """Return every pin of the plan."""
        pins = [Pin(name, pin) for name, device in self.plan.devices.items() for pin in device.pins]
        for name, sheet in self.plan.sheets.items():
            pins += [Pin(name, f"{socket}.{n}") for socket, held in sheet.pins.items() for n in held]
        return pins

    def node(self, cut: frozenset[int] = frozenset()) -> tuple[dict[Pin, int], int]:
        """Return the node of each pin, -1 for earth, and the number of nodes."""
        if cut in self._nodes:
            return self._nodes[cut]
        pins = self.pins()
        group = {pin: pin for pin in pins}
        earth = Pin("", "earth")
        group[earth] = earth

        def root(pin: Pin) -> Pin:
            while group[pin] != pin:
                group[pin] = pin = group[group[pin]]
            return pin

        def join(a: Pin, b: Pin) -> None:
            group[root(a)] = root(b)

        for i, wire in enumerate(self.plan.wires):
            if i not in cut and not wire.ohm:
                join(wire.a, wire.b)
        for name, device in self.plan.devices.items():
            if device.earthed:
                join(Pin(name, device.ground or device.pins[0]), earth)
        for name, sheet in self.plan.sheets.items():
            one = sheet.ground.get("pins", ())
            for other in one[1:]:
                join(Pin(name, one[0]), Pin(name, other))
        number = {root(earth): -1}
        for pin in pins:
            number.setdefault(root(pin), len(number) - 1)
        nodes = {pin: number[root(pin)] for pin in pins}
        self._nodes[cut] = nodes, len(number) - 1
        return self._nodes[cut]

    def solve(self, state: State) -> Solution:
        """Solve the network for voltages and currents.

        Raises:
            Unsolved: numbers beyond reason (solver.py)
        """
        node, count = self.node(state.cut)
        branches: list[Branch] = []
        named: list[tuple[str, str]] = []

        def add(device: str, part: str, branch: BranchOf) -> None:
            a, b, what = branch
            branches.append(Branch(node[Pin(device, a)], node[Pin(device, b)], **what))
            named.append(self._names.setdefault((device, part), (device, part)))

        for i, wire in enumerate(self.plan.wires):
            if i not in state.cut and wire.ohm:
                branches.append(Branch(node[wire.a], node[wire.b], max(wire.ohm, MIN_OHM)))
                named.append(("", f"wire {i}"))
        levels, parts = dict(state.levels), {name: part for name, *part in state.parts}
        for name, device in self.plan.devices.items():
            for part, branch in enumerate(device.branches(levels.get(name, device.levels[0]))):
                add(name, str(part), branch)
        for name, sheet in self.plan.sheets.items():
            lines: dict[str, LineState] = {line: how for (at, line), how in state.lines if at == name}
            for line, branch in camera_branches(sheet, lines, *parts.get(name, ())):
                add(name, line, branch)
            if not dict(state.watts).get(name):
                for label, supply in sheet.supplies.items():
                    if supply.plus:
                        add(name, label, (supply.plus, supply.minus, {"ohm": OFF_OHM, "min_A": 0.0}))
            on = dict(state.watts).get(name, 1.0) > 0
            for label, source in sheet.sources.items() if on else ():
                drive = {"ohm": 0.05, "emf_V": source.volts}
                add(name, label, (source.pin, source.ground, drive))
        loads: list[tuple[Pin, Pin, float, float]] = []  # plus, minus, watts, ohm
        for name, watts in state.watts:
            for label, supply in self.plan.sheets[name].supplies.items():
                if supply.plus and watts:
                    ends = Pin(name, supply.plus), Pin(name, supply.minus)
                    loads.append((*ends, watts, supply.at_V**2 / watts))
                    named.append((name, label))
        volts, amps = np.zeros(count), np.zeros(0)
        for _ in range(ROUNDS):
            load = [Branch(node[p], node[m], ohm, 0.0, 0.0) for p, m, _, ohm in loads]
            volts, amps = solve(count, branches + load)
            solution = Solution(node, volts, {})
            new = [(p, m, w, max(solution.volts(p, m), 1.0) ** 2 / w) for p, m, w, _ in loads]
            settled = all(abs(a[3] - b[3]) <= SETTLED * b[3] for a, b in zip(loads, new, strict=True))
            loads = new
            if settled:
                break
        total: dict[tuple[str, str], float] = {}
        for who, i in zip(named, amps.tolist(), strict=True):
            total[who] = total.get(who, 0.0) + i
        return Solution(node, volts, total)
