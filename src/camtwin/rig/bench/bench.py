"""The rig in virtual time: sources change, the network is solved, levels reach the twins' lines and return.

    bench = Bench(plan, {"cam": cam})            # cam: a session of camtwin.open
    bench.pulse("plc", 1_000_000, period_ns=50_000_000, count=10)
    cam.advance(500_000_000)

A broken part stays dead until `repair`. Every problem is noted once, as it begins, in `notes`. Consequences
of a solved network: power.py for power and link, levels.py for the lines.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from math import cos, log, pi, sqrt
from typing import TYPE_CHECKING, Final
from zlib import crc32

from camtwin.rig.bench import levels, power
from camtwin.rig.bench.notes import Note, Notes
from camtwin.rig.bench.wired_camera import Power, WiredCamera
from camtwin.rig.wiring.circuit import Circuit, LineState, Solution, State
from camtwin.rig.wiring.judge import Finding
from camtwin.rig.wiring.plan import Plan, PlanInvalid
from camtwin.sensor.noise import mix64
from camtwin.simtime import Scheduler
from camtwin.subscribers import Subscribers
from camtwin.units import SEC, Ns

if TYPE_CHECKING:
    from camtwin.session.session import Session

ROUNDS: Final = 32
MAX_CACHED: Final = 4096
"""Limit of cached outcomes."""


class Unstable(RuntimeError):
    """Levels oscillate without time passing: wires form a loop through outputs and inputs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A solved network, with each camera's power offers and line readings."""

    solution: Solution
    offers: list[tuple[power.Offer, ...]]
    readings: list[tuple[levels.LineReading, ...]]


def normal(key: int, t_ns: Ns) -> float:
    """Return a normal number with an address, by Box and Muller (1958) of two uniform ones of 53 bits."""
    word = mix64(mix64(key) ^ t_ns)
    radius, angle = (mix64(word ^ i) >> 11 for i in (1, 2))
    return sqrt(-2 * log((radius + 1) * 2.0**-53)) * cos(2 * pi * angle * 2.0**-53)


class Bench:
    """A plan around running twins, or around none.

    Without a twin a camera of the plan is off, and its pins can still be probed.

    Raises:
        ValueError: the twins do not share a clock, or are not in the plan
    """

    def __init__(self, plan: Plan, cams: Mapping[str, Session]) -> None:
        if unknown := cams.keys() - plan.sheets.keys():
            raise ValueError(
                f"the plan has no camera {', '.join(sorted(unknown))}; it has {', '.join(plan.sheets)}"
            )
        if len({id(cam.twin.clock) for cam in cams.values()}) > 1:
            raise ValueError("the cameras do not share a clock: open them with the same `clock`")
        self.plan, self.circuit = plan, Circuit(plan)
        self.clock = next((cam.twin.clock for cam in cams.values()), None) or Scheduler()
        self.levels = {n: d.levels[0] for n, d in plan.devices.items() if len(d.levels) > 1}
        self.cut: set[int] = set()
        self.unplugged: set[str] = set()
        self._notes = Notes()
        self._outcomes: dict[tuple[object, ...], Outcome] = {}
        self.on_power = Subscribers[str, bool]()  # camera name, whether it has power
        self._stirred = False
        self._settling = False
        self.cameras = {
            name: WiredCamera(name, cam.twin.camera, plan.sheets[name], self.stir)
            for name, cam in cams.items()
        }
        for name, wired in self.cameras.items():
            for line in plan.cameras[name].outputs:
                camera = wired.camera
                camera.tree.set(camera, "LineMode", "Output", line)
        self._surround()
        self.settle()
        for name, device in plan.devices.items():
            if hz := getattr(device, "hz", None):
                period = round(SEC / hz)
                width_us = getattr(device, "pulse_us", None)
                width = round(width_us * 1e3) if width_us else period // 2
                self.clock.at(self.clock.now + period, self._rise, name, width, period, 0)

    # -- changes ----------------------------------------------------------------------------------------
    def set(self, device: str, level: str) -> None:
        """Put a source to one of its levels: low, high; a supply on, off.

        Raises:
            ValueError: it has no such level
        """
        self._source(device, level)
        self.levels[device] = level
        self.settle()

    def tune(self, device: str, **values: object) -> None:
        """Change the properties of a device of the plan: `tune("psu", volts=11.0)`.

        Raises:
            PlanInvalid: the change is impossible
        """
        old = self.plan.devices.get(device)
        if old is None:
            raise PlanInvalid(f"there is no device {device!r}")
        try:
            new = type(old).model_validate({**old.model_dump(), **values})
        except ValueError as error:
            lines = str(error).splitlines()
            raise PlanInvalid(f"{device}: {lines[-2].strip() if len(lines) > 2 else lines[0]}") from None
        self.plan = replace(self.plan, devices={**self.plan.devices, device: new})
        self.circuit = Circuit(self.plan)
        self._surround()
        self.settle()

    def pulse(
        self, device: str, width_ns: Ns, *, period_ns: Ns = 0, count: int = 1, delay_ns: Ns = 0
    ) -> None:
        """Plan `count` pulses of a source, the first after delay_ns.

        Raises:
            ValueError: such pulses are impossible
        """
        self._source(device, "high")
        if width_ns < 1 or count < 1 or delay_ns < 0 or (count > 1 and period_ns <= width_ns):
            raise ValueError(
                f"{device}: {count} pulses of {width_ns} ns every {period_ns} ns after {delay_ns} ns; "
                "allowed are 1 or more of 1 ns or more, with a period above the width"
            )
        self.clock.at(self.clock.now + delay_ns, self._rise, device, width_ns, period_ns, count)

    def bounce(self, device: str, level: str, *, times: int = 5, spacing_ns: Ns = 200_000) -> None:
        """Put a contact to a level, which it reaches after bouncing `times` times."""
        self._source(device, level)
        other = self.levels[device]
        for i in range(2 * times + 1):
            then = level if i % 2 == 0 else other
            self.clock.at(self.clock.now + i * spacing_ns // 2, self.set, device, then)

    def noise(self, pin: str, rms_V: float, *, for_ns: Ns, every_ns: Ns = 10_000, seed: int = 0) -> None:
        """Put normal noise on the wire at a camera's input.

        Each value has an address, (seed, pin, time): the same noise for the same seed.

        Raises:
            ValueError: there is no such input, or such noise is impossible
        """
        at = self.plan.pin(pin)
        wired = self.cameras.get(at.device)
        inputs = wired.sheet.inputs if wired else {}
        line = next((name for name, spec in inputs.items() if spec.pin == at.pin), None)
        if wired is None or line is None or rms_V <= 0 or for_ns < 1 or every_ns < 1:
            raise ValueError(
                f"{pin}: noise of {rms_V:g} V for {for_ns} ns every {every_ns} ns; "
                "allowed are more than 0 V, 1 ns or more, at an input of a camera"
            )
        key = crc32(str(at).encode()) ^ seed
        self._tell(Finding(f"{at} noise", "marginal", "noisy", f"{rms_V:g} V rms of noise on the wire"))
        self._jitter(wired, line, rms_V, every_ns, self.clock.now + for_ns, key, f"{at} noise")

    def _jitter(
        self, wired: WiredCamera, line: str, rms_V: float, every_ns: Ns, until_ns: Ns, key: int, where: str
    ) -> None:
        if self.clock.now < until_ns:
            wired.noise_V[line] = rms_V * normal(key, self.clock.now)
            self.clock.at(
                self.clock.now + every_ns, self._jitter, wired, line, rms_V, every_ns, until_ns, key, where
            )
        else:
            wired.noise_V.pop(line, None)
            self._tell(Finding(where, "ok", "quiet", ""))
        self.settle()

    def die(self, camera: str) -> None:
        """Break a camera: it does nothing until `repair`, even with power."""
        self.cameras[camera].dead = True
        self._tell(Finding(camera, "wrong", "dead", "the camera has died"))
        self.settle()

    def break_wire(self, a: str, b: str) -> None:
        """Cut the wires between two pins.

        Raises:
            ValueError: there is none
        """
        self.cut |= self._wires(a, b)
        self.settle()

    def mend_wire(self, a: str, b: str) -> None:
        self.cut -= self._wires(a, b)
        self.settle()

    def unplug(self, socket: str) -> None:
        """Unplug the data cable of `cam.data`: no link, and no power over it."""
        self.unplugged.add(self._socket(socket))
        self._surround()
        self.settle()

    def plug(self, socket: str) -> None:
        self.unplugged.discard(self._socket(socket))
        self._surround()
        self.settle()

    def repair(self, camera: str) -> None:
        """Repair a camera: its damaged lines, and the camera itself."""
        wired = self.cameras[camera]
        wired.damaged.clear()
        wired.dead = False
        self._tell(Finding(camera, "ok", "alive", ""))
        self.settle()

    def _source(self, device: str, level: str) -> None:
        source = self.plan.devices.get(device)
        if source is None or level not in source.levels or device not in self.levels:
            raise ValueError(f"{device} has no level {level!r}")

    def _wires(self, a: str, b: str) -> set[int]:
        ends = {self.plan.pin(a), self.plan.pin(b)}
        wires = {i for i, w in enumerate(self.plan.wires) if {w.a, w.b} == ends}
        if not wires:
            raise ValueError(f"no wire joins {a} and {b}")
        return wires

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

    # -- voltages and currents ---------------------------------------------------------------------------
    def solution(self) -> Solution:
        """Return the present voltages at all pins and currents through all parts."""
        return self._outcome().solution

    def volts(self, pin: str, ground: str | None = None) -> float:
        """Return the voltage at a pin, against another or against earth."""
        return self.solution().volts(self.plan.pin(pin), self.plan.pin(ground) if ground else None)

    def mA(self, device: str, part: str = "0") -> float:
        return self.solution().mA(device, part)

    def power(self, camera: str) -> Power:
        """Return a camera's present supply and its consumption."""
        return self.cameras[camera].power

    @property
    def notes(self) -> deque[Note]:
        """Problems in the order in which they began."""
        return self._notes.log

    @property
    def on_note(self) -> Subscribers[Note]:
        """Subscribers of notes; each is called as a note is made."""
        return self._notes.on_note

    def words(self, where: str = "") -> set[str]:
        """Return the words of present problems at connections whose name contains `where`."""
        return self._notes.words(where)

    def leds(self, camera: str) -> dict[str, str]:
        """Return the state of the housing's LEDs: `green static`, `yellow flash`, `off`."""
        return self.cameras[camera].leds()

    # -- settling --------------------------------------------------------------------------------
    def stir(self) -> None:
        """Settle at this nanosecond after a change inside a camera, behind its other events."""
        if not self._stirred and not self._settling:
            self._stirred = True
            self.clock.at(self.clock.now, self._stirred_up)

    def _stirred_up(self) -> None:
        self._stirred = False
        self.settle()

    def _outcome(self) -> Outcome:
        """Return the present outcome, from the cache if this state was solved before.

        States repeat: an encoder turns for a long time.
        """
        cameras = self.cameras.values()
        lines: list[list[LineState]] = [wired.lines for wired in cameras]
        watts = [wired.load_watts for wired in cameras]
        parts = tuple(
            (wired.name, round(wired.camera.housing.temperature_C), wired.unlike) for wired in cameras
        )
        key = (*self.levels.values(), *chain.from_iterable(lines), *watts, frozenset(self.cut), parts)
        if key not in self._outcomes:
            if len(self._outcomes) >= MAX_CACHED:
                self._outcomes.clear()
            states: dict[tuple[str, str], LineState] = {}
            for wired, own in zip(cameras, lines, strict=True):
                states |= zip(((wired.name, line) for line in wired.camera.lines), own, strict=True)
            for name in self.plan.sheets.keys() - self.cameras.keys():
                outputs = (n for n in self.plan.sheets[name].outputs if self.plan.is_output(name, n))
                states |= dict.fromkeys(((name, line) for line in outputs), "off")
            taken = tuple(zip(self.cameras, watts, strict=True))
            state = State(
                tuple(self.levels.items()), tuple(states.items()), taken, frozenset(self.cut), parts
            )
            solution = self.circuit.solve(state)
            self._outcomes[key] = Outcome(
                solution,
                [tuple(power.offers(self.plan, wired, solution, self.unplugged)) for wired in cameras],
                [levels.read_lines(self.plan, wired, solution) for wired in cameras],
            )
        return self._outcomes[key]

    def settle(self) -> None:
        """Solve the network and apply its consequences until nothing changes.

        Raises:
            Unstable: that never happens
        """
        if self._settling:
            return
        self._settling = True
        try:
            for _ in range(ROUNDS):
                now = self._outcome()
                moved = [self._feed(*one) for one in zip(self.cameras.values(), now.offers, strict=True)]
                if not any(moved):
                    both = zip(self.cameras.values(), now.readings, strict=True)
                    moved = [levels.apply(wired, readings, self._notes) for wired, readings in both]
                if not any(moved):
                    return
        finally:
            self._settling = False
        raise Unstable(
            f"levels do not settle at {self.clock.now} ns: a wire leads an output back to its own input"
        )

    def _feed(self, wired: WiredCamera, offers: tuple[power.Offer, ...]) -> bool:
        """Power a camera on or off by its offers.

        True if that changed. A camera without power tries again later.
        """
        label, changed = wired.label, power.feed(wired, offers, self._tell)
        if changed or wired.label != label:
            wired.warm()
        if changed and not wired.camera.powered:
            self.clock.at(wired.restart_ns, self.settle)
        if changed and self.on_power:
            self.clock.at(self.clock.now, self.on_power, wired.name, wired.camera.powered)
        return changed

    def _tell(self, finding: Finding) -> None:
        self._notes.tell(self.clock.now, finding)

    def _surround(self) -> None:
        """Apply the plan's cables and climate."""
        self._outcomes.clear()
        for name, wired in self.cameras.items():
            power.connect(self.plan, wired, self.unplugged)
            wired.surround(self.plan.cameras[name])
