"""The states of a plan: its sources low and high, its cameras' outputs off and on, each solved and judged.

Up to ALL_OF of them are combined in every way. Of more, each is tried by itself, and with every other one,
and all of them together, among sources that are low and among sources that are high.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from camtwin.rig.wiring.circuit import Circuit, LineState, Solution, State
from camtwin.rig.wiring.elements import Contact, Driver, Generator
from camtwin.rig.wiring.judge import Finding
from camtwin.rig.wiring.plan import Pin, Plan
from camtwin.rig.wiring.reading import chosen, offers, read_lines, strains

ALL_OF: Final = 8
"""Sources and outputs that are combined in every way: 256 states."""
ROUNDS: Final = 64
"""Limit of rounds in which cameras go on and off and lines break; each happens once."""
Switch = str | tuple[str, str]
Switched = frozenset[Switch]
"""The names of sources that are high, and (camera, line) of outputs that are on."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One state of a plan.

    active    sources that are high and outputs that are on
    asked     the same with outputs of cameras without power
    solution  of the network, once cameras are on or off and lines broken
    findings  of every round until then
    levels    of the inputs, by (camera, line); None: undefined
    """

    active: Switched
    asked: Switched
    solution: Solution
    findings: tuple[Finding, ...]
    levels: dict[tuple[str, str], bool | None]

    @property
    def when(self) -> str:
        """The state for people: ` with plc high, cam Line3 on`; empty if all is low and off."""
        names = sorted(self.active, key=lambda one: (isinstance(one, tuple), str(one)))
        states = [f"{one} high" if isinstance(one, str) else f"{' '.join(one)} on" for one in names]
        return f" with {', '.join(states)}" if states else ""


def all_states(plan: Plan, circuit: Circuit) -> list[Seen]:
    """Solve the states of a plan; the first has everything low and off, and simple ones come first."""
    return [settled(plan, circuit, asked) for asked in _cases(plan)]


def sources(plan: Plan) -> list[str]:
    """Return the names of signal sources."""
    return [name for name, d in plan.devices.items() if isinstance(d, (Generator, Driver, Contact))]


def outputs(plan: Plan) -> list[tuple[str, str]]:
    """Return (camera, line) of outputs with a wire."""
    return [
        (name, line)
        for name, sheet in plan.sheets.items()
        for line, spec in sheet.outputs.items()
        if Pin(name, spec.pin) in plan.wired and plan.is_output(name, line)
    ]


def _cases(plan: Plan) -> Iterator[Switched]:
    signals = sources(plan)
    free = [*signals, *outputs(plan)]
    if len(free) <= ALL_OF:
        for count in range(len(free) + 1):
            yield from map(frozenset, combinations(free, count))
        return
    few = [frozenset(some) for count in range(3) for some in combinations(free, count)]
    every = {*few, *(some | frozenset(signals) for some in few), frozenset(free)}
    yield from sorted(every, key=lambda some: (len(some), sorted(map(str, some))))


def settled(plan: Plan, circuit: Circuit, asked: Switched) -> Seen:
    """Solve a state as a bench settles: cameras go on with their supplies, and damaged lines are dead.

    Raises:
        Unsolved: numbers beyond reason (solver.py)
    """
    levels = tuple((name, "high" if name in asked else "low") for name in sources(plan))
    label = dict.fromkeys(plan.sheets, "")
    down, dead = set[str](), set[tuple[str, str]]()
    findings: list[Finding] = []
    for _ in range(ROUNDS):
        findings = [finding for finding in findings if finding.verdict != "ok"]  # of cameras without load
        on = {one for one in asked if isinstance(one, str) or label[one[0]]}
        lines = {name: _lines(plan, name, on, dead) for name in plan.sheets}
        watts = tuple((name, _watts(plan, name, label[name])) for name in plan.sheets)
        states: list[tuple[tuple[str, str], LineState]] = [
            ((name, line), state) for name, held in lines.items() for line, state in held.items()
        ]
        solution = circuit.solve(State(levels, tuple(states), watts))
        findings += strains(plan, solution)
        moved = False
        for name, sheet in plan.sheets.items():
            made = offers(plan, name, solution)
            findings += [finding for _, _, finding in made]
            then, _ = chosen(sheet, made, label[name] or None, name not in down)
            moved |= then != label[name]
            if label[name] and not then:
                down.add(name)
            label[name] = then
        if moved:
            continue
        readings = {name: read_lines(plan, name, held, solution) for name, held in lines.items()}
        findings += [finding for held in readings.values() for one in held for finding in one.findings]
        if broken := {(name, one.line) for name, held in readings.items() for one in held if one.breaks}:
            dead |= broken
            continue
        inputs = {
            (name, one.line): one.level
            for name, held in readings.items()
            for one in held
            if lines[name][one.line] == "in"
        }
        return Seen(frozenset(on), asked, solution, tuple(findings), inputs)
    raise AssertionError("each camera goes on and off once, and each line breaks once")


def _lines(plan: Plan, name: str, on: set[Switch], dead: set[tuple[str, str]]) -> dict[str, LineState]:
    """Return the state of each line of a camera."""
    held: dict[str, LineState] = {}
    for line in {**plan.sheets[name].inputs, **plan.sheets[name].outputs}:
        is_on, is_output = (name, line) in on, plan.is_output(name, line)
        state: LineState = ("on" if is_on else "off") if is_output else "in"
        held[line] = "dead" if (name, line) in dead else state
    return held


def _watts(plan: Plan, name: str, label: str) -> float:
    supply = plan.sheets[name].supplies.get(label)
    return supply.watts if supply else 0.0
