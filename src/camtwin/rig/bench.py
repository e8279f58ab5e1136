"""The rig in virtual time: sources move, the network is solved, levels reach the twins' lines and come back.

    bench = Bench(plan, {"cam": cam})            # cam: a session of camtwin.open
    bench.pulse("plc", 1_000_000, period_ns=50_000_000, count=10)
    cam.advance(500_000_000)

What breaks stays dead until `repair`. Everything that is not as it should be is noted once, as it begins, in
`notes`. What follows from a solved network: feeding.py for power and link, levels.py for the lines.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from camtwin.rig import feeding, levels
from camtwin.rig.check import is_output
from camtwin.rig.circuit import Circuit, LineState, Solution, State
from camtwin.rig.judge import Finding
from camtwin.rig.notes import Note, Notes
from camtwin.rig.plan import Plan, PlanInvalid
from camtwin.rig.side import Power, Side
from camtwin.units import SEC, Ns

ROUNDS: Final = 32


class Unstable(RuntimeError):
    """Levels chase each other without time passing: a loop of wires through outputs and inputs."""


class Bench:
    """A plan around running twins. ValueError where they do not share a clock or are none of the plan's."""

    def __init__(self, plan: Plan, cams: Mapping[str, Any]) -> None:
        if unknown := cams.keys() - plan.sheets.keys():
            raise ValueError(f"{', '.join(sorted(unknown))}: no camera of the plan")
        if len({id(cam.twin.clock) for cam in cams.values()}) > 1:
            raise ValueError("the cameras do not share a clock: open them with one")
        self.plan, self.circuit = plan, Circuit(plan)
        self.clock = next(iter(cams.values())).twin.clock
        self.levels = {n: d.levels[0] for n, d in plan.devices.items() if len(d.levels) > 1}
        self.cut: set[int] = set()
        self.unplugged: set[str] = set()
        self._notes = Notes()
        self.on_power: dict[str, Callable[[bool], object]] = {}  # told as a camera goes on or off
        self._stirred = False
        self._settling = False
        self.sides = {
            name: Side(name, cam.twin.camera, plan.sheets[name], self.stir) for name, cam in cams.items()
        }
        for name, side in self.sides.items():
            for line in plan.cameras[name].outputs:
                camera = side.camera
                camera.tree.set(camera, "LineMode", "Output", line)
        self._surround()
        self.settle()
        for name, device in plan.devices.items():
            if hz := getattr(device, "hz", None):
                period = round(SEC / hz)
                width_us = getattr(device, "pulse_us", None)
                width = round(width_us * 1e3) if width_us else period // 2
                self.clock.at(self.clock.now + period, self._rise, name, width, period, 0)

    # -- what is done to it ----------------------------------------------------------------------
    def set(self, device: str, level: str) -> None:
        """Put a source to one of its levels: low, high; a supply on, off. ValueError if it has none such."""
        self._source(device, level)
        self.levels[device] = level
        self.settle()

    def tune(self, device: str, **values: Any) -> None:
        """Change what a device of the plan is: `tune("psu", volts=11.0)`. PlanInvalid if it cannot be."""
        old = self.plan.devices.get(device)
        if old is None:
            raise PlanInvalid(f"there is no device {device!r}")
        try:
            new = type(old).model_validate({**old.model_dump(), **values})
        except ValueError as error:
            said = str(error).splitlines()
            raise PlanInvalid(f"{device}: {said[-2].strip() if len(said) > 2 else said[0]}") from None
        self.plan = replace(self.plan, devices={**self.plan.devices, device: new})
        self.circuit = Circuit(self.plan)
        self._surround()
        self.settle()

    def pulse(
        self, device: str, width_ns: Ns, *, period_ns: Ns = 0, count: int = 1, delay_ns: Ns = 0
    ) -> None:
        """Plan `count` pulses of a source, the first after delay_ns. ValueError if they cannot be."""
        self._source(device, "high")
        if width_ns < 1 or count < 1 or delay_ns < 0 or (count > 1 and period_ns <= width_ns):
            raise ValueError(f"{device}: {count} pulses of {width_ns} ns every {period_ns} ns cannot be")
        self.clock.at(self.clock.now + delay_ns, self._rise, device, width_ns, period_ns, count)

    def bounce(self, device: str, level: str, *, times: int = 5, spacing_ns: Ns = 200_000) -> None:
        """Put a contact to a level that it reaches after bouncing so often."""
        self._source(device, level)
        other = self.levels[device]
        for i in range(2 * times + 1):
            then = level if i % 2 == 0 else other
            self.clock.at(self.clock.now + i * spacing_ns // 2, self.set, device, then)

    def break_wire(self, a: str, b: str) -> None:
        """Cut the wires between two pins. ValueError if there is none."""
        self.cut |= self._wires(a, b)
        self.settle()

    def mend_wire(self, a: str, b: str) -> None:
        self.cut -= self._wires(a, b)
        self.settle()

    def unplug(self, socket: str) -> None:
        """Pull the data cable out of `cam.data`: no link, and no power over it."""
        self.unplugged.add(self._socket(socket))
        self._surround()
        self.settle()

    def plug(self, socket: str) -> None:
        self.unplugged.discard(self._socket(socket))
        self._surround()
        self.settle()

    def repair(self, camera: str) -> None:
        """Damaged lines of a camera are made new."""
        self.sides[camera].damaged.clear()
        self.settle()

    def _source(self, device: str, level: str) -> None:
        found = self.plan.devices.get(device)
        if found is None or level not in found.levels or device not in self.levels:
            raise ValueError(f"{device} has no level {level!r}")

    def _wires(self, a: str, b: str) -> set[int]:
        ends = {self.plan.pin(a), self.plan.pin(b)}
        found = {i for i, w in enumerate(self.plan.wires) if {w.a, w.b} == ends}
        if not found:
            raise ValueError(f"no wire joins {a} and {b}")
        return found

    def _socket(self, socket: str) -> str:
        if not any(cable.into == socket for cable in self.plan.cables):
            raise ValueError(f"no cable is in {socket}")
        return socket

    def _rise(self, device: str, width_ns: Ns, period_ns: Ns, left: int) -> None:
        self.set(device, "high")
        self.clock.at(self.clock.now + width_ns, self._fall, device, width_ns, period_ns, left - 1)

    def _fall(self, device: str, width_ns: Ns, period_ns: Ns, left: int) -> None:
        self.set(device, "low")
        if left:  # below zero it never ends
            again = self.clock.now + period_ns - width_ns
            self.clock.at(again, self._rise, device, width_ns, period_ns, left)

    # -- what stands and flows -------------------------------------------------------------------
    def solution(self) -> Solution:
        return self.circuit.solve(self._state())

    def volts(self, pin: str, ground: str | None = None) -> float:
        """At a pin, against another or against earth."""
        return self.solution().volts(self.plan.pin(pin), self.plan.pin(ground) if ground else None)

    def mA(self, device: str, part: str = "0") -> float:
        return self.solution().mA(device, part)

    def power(self, camera: str) -> Power:
        """What feeds a camera and what it takes in its present mode."""
        return self.sides[camera].power

    @property
    def notes(self) -> deque[Note]:
        """What began that is not as it should be, the latest last."""
        return self._notes.log

    def words(self, where: str = "") -> set[str]:
        """Words of what is not as it should be now, at connections whose name contains this."""
        return self._notes.words(where)

    def leds(self, camera: str) -> dict[str, str]:
        """What the lamps on the housing show: `green static`, `yellow flash`, `off`."""
        return self.sides[camera].leds()

    # -- settling --------------------------------------------------------------------------------
    def stir(self) -> None:
        """Something changed inside a camera: settle at this nanosecond, after what else happens in it."""
        if not self._stirred and not self._settling:
            self._stirred = True
            self.clock.at(self.clock.now, self._stirred_up)

    def _stirred_up(self) -> None:
        self._stirred = False
        self.settle()

    def _state(self) -> State:
        lines = tuple(one for side in self.sides.values() for one in side.lines())
        others: tuple[tuple[tuple[str, str], LineState], ...] = tuple(
            ((name, line), "off")
            for name in self.plan.sheets.keys() - self.sides.keys()
            for line in self.plan.sheets[name].outputs
            if is_output(self.plan, name, line)
        )
        watts = tuple(
            (name, side.sheet.supplies[side.label].watts if side.camera.powered and side.label else 0.0)
            for name, side in self.sides.items()
        )
        return State(tuple(self.levels.items()), lines + others, watts, frozenset(self.cut))

    def settle(self) -> None:
        """Solve, and let what follows from it happen, until nothing changes. Unstable if that never is."""
        if self._settling:
            return
        self._settling = True
        try:
            for _ in range(ROUNDS):
                solution = self.circuit.solve(self._state())
                moved = [self._feed(side, solution) for side in self.sides.values()]
                if not any(moved):
                    moved = [
                        levels.take(self.plan, side, solution, self._notes) for side in self.sides.values()
                    ]
                if not any(moved):
                    return
        finally:
            self._settling = False
        raise Unstable(f"levels chase each other at {self.clock.now} ns")

    def _feed(self, side: Side, solution: Solution) -> bool:
        """True if the camera went on or off: it tells of it, and tries again when it may."""
        if not feeding.feed(self.plan, side, solution, self.unplugged, self._tell):
            return False
        powered = side.camera.powered
        side.warm(self.plan.cameras[side.name])
        if not powered:
            self.clock.at(side.restart_ns, self.settle)
        if side.name in self.on_power:
            self.clock.at(self.clock.now, self.on_power[side.name], powered)
        return True

    def _tell(self, finding: Finding) -> None:
        self._notes.tell(self.clock.now, finding)

    def _surround(self) -> None:
        """Cables and climate are as the plan has them."""
        for name, side in self.sides.items():
            feeding.link(self.plan, side, self.unplugged)
            side.warm(self.plan.cameras[name])
