"""The rig in virtual time: sources move, the network is solved, levels reach the twins' lines and come back.

    bench = Bench(plan, {"cam": cam})            # cam: a session of camtwin.open
    bench.pulse("plc", 1_000_000, period_ns=50_000_000, count=10)
    cam.advance(500_000_000)

A voltage between two levels leaves a line as it was: the sheet does not say more. What breaks stays dead
until `repair`. Everything that is not as it should be is noted once, as it begins, in `notes`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from camtwin.camera import Camera
from camtwin.rig.check import is_output, name_of
from camtwin.rig.circuit import Circuit, LineState, Solution, State
from camtwin.rig.elements import Switch
from camtwin.rig.ethernet import carries_data, linked, poe_finding
from camtwin.rig.judge import (
    BREAKS,
    TOLERANCE_MA,
    TOLERANCE_V,
    Finding,
    input_finding,
    output_findings,
    reading,
    supply_finding,
)
from camtwin.rig.plan import Pin, Plan, PlanInvalid
from camtwin.simtime import Scheduler
from camtwin.units import MS, SEC, Ns

RESTART_NS: Final = 100 * MS
"""A camera that gave out tries again after so long (our choice)."""
SEEN_NS: Final = 100 * MS
"""So long a lamp flashes for what a host wrote (our choice)."""
ROUNDS: Final = 32
FINE: Final = ("low", "high", "tolerance")  # marginal for who plans, no event for who runs
NOTES: Final = 4096


class Unstable(RuntimeError):
    """Levels chase each other without time passing: a loop of wires through outputs and inputs."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something began that is not as it should be."""

    t_ns: Ns
    where: str
    word: str
    reason: str


@dataclass(frozen=True, slots=True)
class Power:
    """What feeds a camera now, and what it takes: 0 W and no `label` if nothing does."""

    label: str
    volts: float
    watts: float

    @property
    def mA(self) -> float:
        return 1e3 * self.watts / self.volts if self.watts else 0.0


class Side:
    """The rig's view of one twin."""

    def __init__(self, bench: Bench, name: str, camera: Camera) -> None:
        self.name, self.camera = name, camera
        self.sheet = bench.plan.sheets[name]
        self.damaged: set[str] = set()
        self.timing = camera.transmitter.timing  # of the link as it was opened
        self.frames: deque[Ns] = deque(maxlen=1024)
        self.restart_ns: Ns = 0
        self.fresh = True  # it was never fed by this rig
        self.label, self.volts, self.poor = "", 0.0, False
        camera.listeners.append(self._hear)
        for line in camera.lines.values():
            line.on_change = bench.stir

    def _hear(self, t_ns: Ns, what: str, frame_id: int | None) -> None:
        if what == "FrameStart":
            self.frames.append(t_ns)

    @property
    def rate_Hz(self) -> float:
        """Frames begun in the last second."""
        since = self.camera.clock.now - SEC
        return float(sum(t > since for t in self.frames))

    def lines(self) -> Iterable[tuple[tuple[str, str], LineState]]:
        for name, line in self.camera.lines.items():
            key = (self.name, name)
            if name in self.damaged:
                yield key, "dead"
            elif line.is_output:
                yield key, "on" if line.level and self.camera.powered else "off"
            else:
                yield key, "in"


class Bench:
    """A plan around running twins, or around none: then its cameras are off, and what is said of their pins
    holds. ValueError where they do not share a clock or are none of the plan's."""

    def __init__(self, plan: Plan, cams: Mapping[str, Any]) -> None:
        if unknown := cams.keys() - plan.sheets.keys():
            raise ValueError(f"{', '.join(sorted(unknown))}: no camera of the plan")
        if len({id(cam.twin.clock) for cam in cams.values()}) > 1:
            raise ValueError("the cameras do not share a clock: open them with one")
        self.plan, self.circuit = plan, Circuit(plan)
        self.clock = next((cam.twin.clock for cam in cams.values()), None) or Scheduler()
        self.levels = {n: d.levels[0] for n, d in plan.devices.items() if len(d.levels) > 1}
        self.cut: set[int] = set()
        self.unplugged: set[str] = set()
        self.notes: deque[Note] = deque(maxlen=NOTES)
        self.on_power: dict[str, Callable[[bool], object]] = {}  # told as a camera goes on or off
        self._told: dict[str, tuple[str, str]] = {}
        self._stirred = False
        self._settling = False
        self.sides = {name: Side(self, name, cam.twin.camera) for name, cam in cams.items()}
        for name, side in self.sides.items():
            for line in plan.cameras[name].outputs:
                camera = side.camera
                camera.tree.set(camera, "LineMode", "Output", line)
            self._climate(side)
        self._link()
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
        self._link()
        for side in self.sides.values():
            self._climate(side)
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
        self._link()
        self.settle()

    def plug(self, socket: str) -> None:
        self.unplugged.discard(self._socket(socket))
        self._link()
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
        """What feeds a camera and what it takes in its present mode: more, the more frames it takes."""
        side = self.sides[camera]
        if not side.camera.powered:
            return Power("", 0.0, 0.0)
        said, power = side.sheet.supplies[side.label], side.sheet.power
        idle = power.idle_share if power else 1.0
        busy = min(side.rate_Hz / said.fps, 1.0) if said.fps else 1.0
        return Power(side.label, side.volts, said.watts * (idle + (1 - idle) * busy))

    def words(self, where: str = "") -> set[str]:
        """Words of what is not as it should be now, at connections whose name contains this."""
        return {word for at, (word, _) in self._told.items() if where in at}

    def leds(self, camera: str) -> dict[str, str]:
        """What the lamps on the housing show: `green static`, `yellow flash`, `off`."""
        side = self.sides[camera]
        c = side.camera
        heard = c.heard_ns is not None and self.clock.now - c.heard_ns < SEEN_NS
        error = c.temperature_status == "Exceeded" or bool(side.damaged)
        linked = "cable" not in c.stalled
        now = {
            "Link ON": linked,
            "RX active": linked and heard,
            "Error": error,
            "TX active": not error and linked and not c.transmitter.empty,
            "Operating": True,
        }
        shown: dict[str, str] = {}
        for name, lamp in side.sheet.leds.items():
            how = "flash" if now.get(lamp.flash) else "static" if now.get(lamp.static) else ""
            shown[name] = f"{lamp.color} {how}" if how and c.powered else "off"
        return shown

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
                    moved = [self._levels(side, solution) for side in self.sides.values()]
                if not any(moved):
                    return
        finally:
            self._settling = False
        raise Unstable(f"levels chase each other at {self.clock.now} ns")

    def _feed(self, side: Side, solution: Solution) -> bool:
        """Power, from a cable or from wires; True if the camera went on or off."""
        camera, sheet = side.camera, side.sheet
        was = (camera.powered, side.label)
        fed: list[tuple[str, float, Finding]] = []
        for label, said in sheet.supplies.items():
            where = name_of(self.plan, side.name, said.plus) if said.plus else f"{side.name} PoE"
            if said.plus:
                plus, minus = Pin(side.name, said.plus), Pin(side.name, said.minus)
                volts, mA = solution.volts(plus, minus), solution.mA(side.name, label)
                wired = any(plus in (w.a, w.b) for w in self.plan.wires)
                if not wired:
                    continue
                protected = not sheet.power or sheet.power.reverse == "protected"
                finding = supply_finding(where, said, volts, mA, protected)
            else:
                switch = self._switch(side.name)
                if switch is None or switch.poe_V is None:
                    continue
                volts = switch.poe_V
                found = poe_finding(where, sheet, switch)
                assert found
                finding = found
            self._tell(finding)
            fed.append((label, volts, finding))
        side.label, side.volts = "", 0.0
        for label, volts, finding in fed:
            low = sheet.supplies[label].accepted_V[0]
            holds = low * sheet.power.brownout_share if sheet.power else low
            good = finding.verdict != "wrong" or finding.word == "overvoltage"
            runs_on = was == (True, label) and finding.word == "undervoltage" and volts >= holds - TOLERANCE_V
            if (good and self.clock.now >= side.restart_ns) or (good and was[0]) or runs_on:
                side.label, side.volts = label, volts
                break
        if side.label and not camera.powered:
            camera.power_on()
            self._climate(side)
        elif not side.label and camera.powered:
            camera.power_off()
            self._climate(side)
            side.restart_ns = self.clock.now + (0 if side.fresh else RESTART_NS)
            self.clock.at(side.restart_ns, self.settle)
        side.fresh = False
        if was[0] != camera.powered and side.name in self.on_power:
            self.clock.at(self.clock.now, self.on_power[side.name], camera.powered)
        return was[0] != camera.powered

    def _levels(self, side: Side, solution: Solution) -> bool:
        """What stands at the lines; True if something broke, or a line was moved that moves others."""
        moved = False
        for name, line in side.camera.lines.items():
            if name in side.damaged:
                continue
            if line.is_output:
                moved |= self._output(side, name, solution)
                continue
            said = side.sheet.inputs[name]
            pin, ground = Pin(side.name, said.pin), Pin(side.name, said.ground)
            volts = solution.volts(pin, ground)
            level, word = reading(said, volts)
            where = f"{name_of(self.plan, side.name, said.pin)} ({name})"
            self._tell(input_finding(where, said, volts, solution.mA(side.name, name)))
            if word == "damaged":
                side.damaged.add(name)
                level, moved = False, True
            if level is not None and level != line.level:
                line.drive(level)
        return moved

    def _output(self, side: Side, name: str, solution: Solution) -> bool:
        sheet = side.sheet
        said = sheet.outputs[name]
        high_side = said.stage == "high side"
        a, b = (said.feed, said.pin) if high_side else (said.pin, said.ground)
        volts = solution.volts(Pin(side.name, a), Pin(side.name, b))
        mA = solution.mA(side.name, name)
        on = side.camera.lines[name].level
        where = f"{name_of(self.plan, side.name, said.pin)} ({name})"
        if Pin(side.name, said.pin) not in {p for w in self.plan.wires for p in (w.a, w.b)}:
            return False
        drawn = mA if said.stage != "push-pull" or not on else -mA
        most = said.source_mA if said.stage == "push-pull" and on else said.load_mA
        broken = said.absolute_V and not said.absolute_V[0] - 0.05 <= volts <= said.absolute_V[1]
        if broken or abs(mA) > BREAKS * said.load_mA:
            side.damaged.add(name)
            why = f"{volts:.4g} V, {abs(mA):.4g} mA: the line is damaged"
            self._tell(Finding(where, "wrong", "damaged", why))
            return True
        if drawn > most + TOLERANCE_MA:
            why = f"{drawn:.4g} mA flow, {most:g} mA are allowed"
            self._tell(Finding(where, "wrong", "overload", why, drawn, "mA"))
        elif not on and said.stage != "push-pull":
            judged = output_findings(where, sheet, name, on=(0.0, 0.0), off=(volts, mA))
            self._tell(judged[0])
        elif on and not high_side and said.stage == "push-pull" and volts < said.high_V[0]:
            self._tell(Finding(where, "wrong", "unreliable", f"the high level is {volts:.3g} V", volts, "V"))
        elif on and self._told.get(where, ("",))[0] == "overload":
            self._tell(Finding(where, "ok", "switches", ""))
        return False

    def _tell(self, finding: Finding) -> None:
        """Note what begins; forget what ends."""
        if finding.verdict == "ok" or finding.word in FINE:
            self._told.pop(finding.where, None)
        elif self._told.get(finding.where, ("",))[0] != finding.word:
            self._told[finding.where] = (finding.word, finding.reason)
            self.notes.append(Note(self.clock.now, finding.where, finding.word, finding.reason))

    # -- link and climate ------------------------------------------------------------------------
    def _switch(self, camera: str) -> Switch | None:
        """The switch at the other end of a cable that is plugged in."""
        for cable in self.plan.cables:
            device = self.plan.devices.get(cable.source.partition(".")[0])
            if cable.into.partition(".")[0] == camera and isinstance(device, Switch):
                return None if cable.into in self.unplugged else device
        return None

    def _link(self) -> None:
        """Cables decide whether there is a link, and how fast it is."""
        for name, side in self.sides.items():
            for cable in self.plan.cables:
                camera, _, socket = cable.into.partition(".")
                if camera != name or not carries_data(side.sheet, socket):
                    continue
                timing = linked(side.timing, cable.into, side.sheet, socket, cable)
                if timing is None or cable.into in self.unplugged:
                    side.camera.stall("cable")
                    continue
                side.camera.transmitter.timing = timing
                if "cable" in side.camera.stalled:
                    side.camera.resume("cable")

    def _climate(self, side: Side) -> None:
        said, housing = self.plan.cameras[side.name], side.camera.housing
        share = float(side.sheet.environment.get("heat_sink_share", 1.0)) if said.heat_sink else 1.0
        housing.rise_K = housing.thermal.rise_K * share if side.camera.powered else 0.0
        if said.ambient_C is not None and housing.ambient_C != said.ambient_C:
            housing.ambient_C = said.ambient_C
