"""The rig's view of one twin: what feeds it and what it takes, its lines, its lamps, its warmth."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from camtwin.camera import Camera
from camtwin.models import RigSheet
from camtwin.rig.wiring.circuit import LineState
from camtwin.rig.wiring.elements import CameraIn
from camtwin.units import MS, SEC, Ns

MIN_HZ: Final = 1.0
RAILS: Final = "rails"
"""In place of a supply's name: a board that is fed by several."""
SEEN_NS: Final = 100 * MS
"""So long a lamp flashes for what a host wrote (our choice)."""


@dataclass(frozen=True, slots=True)
class Power:
    """What feeds a camera now, and what it takes: 0 W and no `label` if nothing does."""

    label: str
    volts: float
    watts: float

    @property
    def mA(self) -> float:
        return 1e3 * self.watts / self.volts if self.watts else 0.0


class WiredCamera:
    """One twin in its surroundings.

    label, volts  of the supply that feeds it now
    damaged       names of lines that are dead
    dead          nothing runs, whatever feeds it
    noise_V       on the wires of inputs, now
    stir          told when one of its lines changes by itself
    """

    def __init__(self, name: str, camera: Camera, sheet: RigSheet, stir: Callable[[], object]) -> None:
        self.name, self.camera, self.sheet = name, camera, sheet
        self.damaged: set[str] = set()
        self.dead = False
        self.noise_V: dict[str, float] = {}
        self.timing = camera.transmitter.timing  # of the link as it was opened
        self.restart_ns: Ns = 0
        self.fresh = True  # it was never fed by this rig
        self.label, self.volts = "", 0.0
        self.unlike = crc32(camera.serial.encode()) / (1 << 31) - 1  # its parts, among others' of their kind
        self.fed: object = None  # what it was offered last
        self._frames: deque[Ns] = deque(maxlen=1024)
        self._watched, self._sink_share = False, 1.0
        camera.on_moment.subscribe(self._hear)
        for line in camera.lines.values():
            line.on_change.subscribe(stir)

    def _hear(self, t_ns: Ns, what: str, frame_id: int | None) -> None:
        if what == "FrameStart":
            self._frames.append(t_ns)
            if not self._watched:
                self._watch()

    def _watch(self) -> None:
        """Let its warmth follow what it takes, once a second as long as it takes frames."""
        self._watched = self.rate_Hz > 0
        self.warm()
        if self._watched:
            self.camera.clock.at(self.camera.clock.now + SEC, self._watch)

    @property
    def rate_Hz(self) -> float:
        """Frames begun in the last second."""
        since = self.camera.clock.now - SEC
        return float(sum(t > since for t in self._frames))

    @property
    def lines(self) -> list[LineState]:
        """What each of its lines is to the circuit, in their order."""
        on: LineState = "on" if self.camera.powered else "off"
        damaged = self.damaged
        return [
            "dead" if name in damaged else (on if line.level else "off") if line.is_output else "in"
            for name, line in self.camera.lines.items()
        ]

    @property
    def load_watts(self) -> float:
        """What its supply has to carry: the sheet's figure, whatever it does."""
        said = self.sheet.supplies.get(self.label)
        return said.watts if said and self.camera.powered else 0.0

    @property
    def power(self) -> Power:
        """What feeds it and what it takes in its present mode: the more, the more frames it takes, up to the
        sheet's rate; at any rate all of it where the sheet names none."""
        if not self.camera.powered or not self.label:
            return Power("", 0.0, 0.0)
        if self.label == RAILS:  # no sheet of a board says what it takes
            return Power(RAILS, 0.0, 0.0)
        said, power = self.sheet.supplies[self.label], self.sheet.power
        idle = power.idle_share if power else 1.0
        busy = min(self.rate_Hz / (said.fps or MIN_HZ), 1.0)
        return Power(self.label, self.volts, said.watts * (idle + (1 - idle) * busy))

    def leds(self) -> dict[str, str]:
        """What the lamps on the housing show: `green static`, `yellow flash`, `off`."""
        c = self.camera
        heard = c.last_write_ns is not None and c.clock.now - c.last_write_ns < SEEN_NS
        error = c.temperature_status == "Exceeded" or bool(self.damaged)
        linked = c.reachable
        now = {
            "Link ON": linked,
            "RX active": linked and heard,
            "Error": error,
            "TX active": not error and linked and not c.transmitter.empty,
            "Operating": True,
        }
        shown: dict[str, str] = {}
        for name, lamp in self.sheet.leds.items():
            how = "flash" if now.get(lamp.flash) else "static" if now.get(lamp.static) else ""
            shown[name] = f"{lamp.color} {how}" if how and c.powered else "off"
        return shown

    def surround(self, said: CameraIn) -> None:
        """It stands so in the plan from now on."""
        housing = self.camera.housing
        self._sink_share = self.sheet.environment.get("heat_sink_share", 1.0) if said.heat_sink else 1.0
        if said.ambient_C is not None and housing.ambient_C != said.ambient_C:
            housing.ambient_C = said.ambient_C
        self.warm()

    def warm(self) -> None:
        """Let its warmth follow from what it takes."""
        housing, power = self.camera.housing, self.sheet.power
        share = self.power.watts / power.heat_W if power else float(self.camera.powered)
        housing.rise_K = housing.thermal.rise_K * share * self._sink_share
