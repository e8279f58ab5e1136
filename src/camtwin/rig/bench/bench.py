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

from pydantic import ValidationError

from camtwin.numbers import number, whole
from camtwin.rig.bench import levels, power
from camtwin.rig.bench.notes import Note, Notes
from camtwin.rig.bench.wired_camera import Power, WiredCamera
from camtwin.rig.wiring.circuit import Circuit, LineState, Solution, State
from camtwin.rig.wiring.elements import Element
from camtwin.rig.wiring.judge import CARRIES, Finding
from camtwin.rig.wiring.plan import Plan, PlanInvalid, invalid
from camtwin.rig.wiring.reading import LineReading, Offer, offers, read_lines, strains
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
    """A solved network, with each camera's power offers and line readings, and the strain of the sources."""

    solution: Solution
    offers: list[list[Offer]]
    readings: list[tuple[LineReading, ...]]
    strains: list[Finding]


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
        self._strained = set[str]()
        self.cameras = {
            name: WiredCamera(name, cam.twin.camera, plan.sheets[name], self.stir)
            for name, cam in cams.items()
        }
        for wired in self.cameras.values():
            self._direct(wired)
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
        self.source(device, level)
        self.levels[device] = level
        self.settle()

    def tune(self, device: str, **values: object) -> None:
        """Change the properties of a device of the plan: `tune("psu", volts=11.0)`.

        Raises:
            PlanInvalid: the change is impossible
        """
        new = self.tuned(device, values)
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
        self.source(device, "high")
        width_ns, period_ns, delay_ns = (
            whole(f"{device}: a time of", ns, "ns") for ns in (width_ns, period_ns, delay_ns)
        )
        count = whole(f"{device}: a count of", count, "pulses")
        if width_ns < 1 or count < 1 or delay_ns < 0 or (count > 1 and period_ns <= width_ns):
            raise ValueError(
                f"{device}: {count} pulses of {width_ns} ns every {period_ns} ns after {delay_ns} ns; "
                "allowed are 1 or more of 1 ns or more, with a period above the width"
            )
        self.clock.at(self.clock.now + delay_ns, self._rise, device, width_ns, period_ns, count)

    def bounce(self, device: str, level: str, *, times: int = 5, spacing_ns: Ns = 200_000) -> None:
        """Put a contact to a level, which it reaches after bouncing `times` times."""
        self.source(device, level)
        times = whole(f"{device}: a count of", times, "bounces", low=0)
        spacing_ns = whole(f"{device}: a spacing of", spacing_ns, "ns", low=0)
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
        wired, line = self.input_at(pin)
        at = self.plan.pin(pin)
        rms_V = number(f"{pin}: noise of", rms_V, "V", above=0.0)
        for_ns = whole(f"{pin}: noise for", for_ns, "ns", low=1)
        every_ns = whole(f"{pin}: noise every", every_ns, "ns", low=1)
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
        self.cut |= self.wires(a, b)
        self.settle()

    def mend_wire(self, a: str, b: str) -> None:
        self.cut -= self.wires(a, b)
        self.settle()

    def unplug(self, socket: str) -> None:
        """Unplug the data cable of `cam.data`: no link, and no power over it."""
        self.unplugged.add(self.socket(socket))
        self._surround()
        self.settle()

    def plug(self, socket: str) -> None:
        self.unplugged.discard(self.socket(socket))
        self._surround()
        self.settle()

    def repair(self, camera: str) -> None:
        """Repair a camera: its damaged lines, and the camera itself."""
        wired = self.cameras[camera]
        wired.damaged.clear()
        wired.dead = False
        self._tell(Finding(camera, "ok", "alive", ""))
        self.settle()

    # -- names -------------------------------------------------------------------------------------------
    def device(self, name: str) -> Element:
        """Return a device of the plan.

        Raises:
            PlanInvalid: there is none
        """
        if name not in self.plan.devices:
            raise PlanInvalid(f"there is no device {name!r}; there are {', '.join(self.plan.devices)}")
        return self.plan.devices[name]

    def source(self, device: str, level: str) -> None:
        """Check that a device has a level.

        Raises:
            PlanInvalid: there is no such device
            ValueError: it has no such level
        """
        levels = self.device(device).levels
        if level not in levels or len(levels) < 2:
            has = f"; it has {', '.join(levels)}" if len(levels) > 1 else ""
            raise ValueError(f"{device} has no level {level!r}{has}")

    def tuned(self, device: str, values: Mapping[str, object]) -> Element:
        """Return a device of the plan with other values.

        Raises:
            PlanInvalid: there is no such device, or no such value
        """
        old = self.device(device)
        try:
            return type(old).model_validate({**old.model_dump(), **values})
        except ValidationError as error:
            raise PlanInvalid(f"{device}: {invalid(error)}") from None

    def input_at(self, pin: str) -> tuple[WiredCamera, str]:
        """Return the camera and the line whose input is at a pin.

        Raises:
            PlanInvalid: there is no such pin
            ValueError: it is no input of a camera
        """
        at = self.plan.pin(pin)
        wired = self.cameras.get(at.device)
        for line, spec in wired.sheet.inputs.items() if wired else ():
            if wired and spec.pin == at.pin:
                return wired, line
        raise ValueError(f"{pin} is no input of a camera")

    def wires(self, a: str, b: str) -> set[int]:
        """Return the wires between two pins, by their index in the plan.

        Raises:
            PlanInvalid: there is no such pin
            ValueError: no wire joins them
        """
        ends = {self.plan.pin(a), self.plan.pin(b)}
        wires = {i for i, w in enumerate(self.plan.wires) if {w.a, w.b} == ends}
        if not wires:
            raise ValueError(f"no wire joins {a} and {b}")
        return wires

    def socket(self, socket: str) -> str:
        """Return a socket after checking that a cable of the plan is in it.

        Raises:
            ValueError: there is none
        """
        sockets = [cable.into for cable in self.plan.cables if cable.into]
        if socket not in sockets:
            raise ValueError(f"no cable is in {socket}; cables are in {', '.join(sockets) or 'no socket'}")
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
        """Return the present current through a part of a device, as `Solution.mA`.

        Raises:
            PlanInvalid: there is no such device
            ValueError: it has no such part
        """
        self.device(device)
        parts = self.circuit.parts(device)
        if part not in parts:
            raise ValueError(f"{device} has no part {part!r}; it has {', '.join(parts) or 'none'}")
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

    @property
    def wrong(self) -> set[tuple[str, str]]:
        """Faults until now: connections and words, without feeds that were missing and came."""
        return set(self._notes.wrong)

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
        lines = [wired.lines for wired in cameras]
        watts = [wired.load_watts for wired in cameras]
        parts = tuple(
            (wired.name, round(wired.camera.housing.temperature_C), wired.unlike) for wired in cameras
        )
        held = chain.from_iterable(states.values() for states in lines)
        key = (*self.levels.values(), *held, *watts, frozenset(self.cut), parts)
        if key not in self._outcomes:
            if len(self._outcomes) >= MAX_CACHED:
                self._outcomes.clear()
            states: dict[tuple[str, str], LineState] = {
                (wired.name, line): state
                for wired, held in zip(cameras, lines, strict=True)
                for line, state in held.items()
            }
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
                [offers(self.plan, wired.name, solution, self.unplugged) for wired in cameras],
                [
                    read_lines(self.plan, wired.name, states, solution)
                    for wired, states in zip(cameras, lines, strict=True)
                ],
                list(strains(self.plan, solution)),
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
                self._strain(now.strains)
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

    def _feed(self, wired: WiredCamera, made: list[Offer]) -> bool:
        """Power a camera on or off by its offers.

        True if its load changed by that. A camera without power tries again later.
        """
        was, moved = wired.camera.powered, power.feed(wired, made, self._tell)
        if moved:
            wired.warm()
        changed = wired.camera.powered != was
        if changed and wired.camera.powered:
            self._direct(wired)
        elif changed:
            self.clock.at(wired.restart_ns, self.settle)
        if changed and self.on_power:
            self.clock.at(self.clock.now, self.on_power, wired.name, wired.camera.powered)
        return moved or changed

    def _direct(self, wired: WiredCamera) -> None:
        """Set the lines that are outputs in the plan, as a host does whenever the camera has power again."""
        for line in self.plan.cameras[wired.name].outputs:
            wired.camera.tree.set(wired.camera, "LineMode", "Output", line)

    def _strain(self, strains: list[Finding]) -> None:
        """Note sources that are overloaded, and forget those that no longer are."""
        strained = {finding.where for finding in strains}
        for where in self._strained - strained:
            self._tell(Finding(where, "ok", CARRIES, ""))
        self._strained = strained
        for finding in strains:
            self._tell(finding)

    def _tell(self, finding: Finding) -> None:
        self._notes.tell(self.clock.now, finding)

    def _surround(self) -> None:
        """Apply the plan's cables and climate."""
        self._outcomes.clear()
        for name, wired in self.cameras.items():
            power.connect(self.plan, wired, self.unplugged)
            wired.surround(self.plan.cameras[name])
