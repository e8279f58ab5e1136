"""One twin as the rig sees it: its supply and consumption, its lines, LEDs and warmth."""

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
from camtwin.rig.wiring.reading import RAILS
from camtwin.units import MS, SEC, Ns

MIN_HZ: Final = 1.0
FLASH_NS: Final = 100 * MS
"""Time that an LED flashes for a host's write (our choice)."""


@dataclass(frozen=True, slots=True)
class Power:
    """The supply that feeds a camera now, and its consumption: 0 W and no `label` without one."""

    label: str
    volts: float
    watts: float

    @property
    def mA(self) -> float:
        return 1e3 * self.watts / self.volts if self.watts else 0.0


class WiredCamera:
    """One twin in its surroundings.

    label, volts  of the supply that feeds it now
    damaged       names of broken lines
    dead          whether the camera is broken: it does nothing, even with power
    noise_V       present noise on the wires of inputs
    stir          called when one of its lines changes by itself
    """

    def __init__(self, name: str, camera: Camera, sheet: RigSheet, stir: Callable[[], object]) -> None:
        self.name, self.camera, self.sheet = name, camera, sheet
        self.damaged: set[str] = set()
        self.dead = False
        self.noise_V: dict[str, float] = {}
        self.timing = camera.transmitter.timing  # of the link when it was opened
        self.restart_ns: Ns = 0
        self.fresh = True  # never yet powered by this rig
        self.label, self.volts = "", 0.0
        # deviation of its parts from the typical ones, -1..1
        self.unlike = crc32(camera.serial.encode()) / (1 << 31) - 1
        self.fed: object = None  # its last offers
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
        """Update the warmth by the consumption, once a second as long as frames are taken."""
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
    def lines(self) -> dict[str, LineState]:
        """State of each of its lines in the circuit."""
        on: LineState = "on" if self.camera.powered else "off"
        damaged = self.damaged
        return {
            name: "dead" if name in damaged else (on if line.level else "off") if line.is_output else "in"
            for name, line in self.camera.lines.items()
        }

    @property
    def load_watts(self) -> float:
        """Load of its supply: the data sheet's figure, in any mode."""
        supply = self.sheet.supplies.get(self.label)
        return supply.watts if supply and self.camera.powered else 0.0

    @property
    def power(self) -> Power:
        """Its supply and its consumption in the present mode.

        The consumption rises with the frame rate up to the data sheet's rate; without such a rate it is the
        maximum.
        """
        if not self.camera.powered or not self.label:
            return Power("", 0.0, 0.0)
        if self.label == RAILS:  # no board's data sheet states a consumption
            return Power(RAILS, 0.0, 0.0)
        supply, power = self.sheet.supplies[self.label], self.sheet.power
        idle = power.idle_share if power else 1.0
        busy = min(self.rate_Hz / (supply.fps or MIN_HZ), 1.0)
        return Power(self.label, self.volts, supply.watts * (idle + (1 - idle) * busy))

    def leds(self) -> dict[str, str]:
        """Return the state of the housing's LEDs: `green static`, `yellow flash`, `off`."""
        c = self.camera
        receiving = c.last_write_ns is not None and c.clock.now - c.last_write_ns < FLASH_NS
        error = c.temperature_status == "Exceeded" or bool(self.damaged)
        linked = c.reachable
        now = {
            "Link ON": linked,
            "RX active": linked and receiving,
            "Error": error,
            "TX active": not error and linked and not c.transmitter.empty,
            "Operating": True,
        }
        shown: dict[str, str] = {}
        for name, lamp in self.sheet.leds.items():
            how = "flash" if now.get(lamp.flash) else "static" if now.get(lamp.static) else ""
            shown[name] = f"{lamp.color} {how}" if how and c.powered else "off"
        return shown

    def surround(self, element: CameraIn) -> None:
        """Apply the camera's surroundings in the plan."""
        housing = self.camera.housing
        self._sink_share = self.sheet.environment.get("heat_sink_share", 1.0) if element.heat_sink else 1.0
        if element.ambient_C is not None and housing.ambient_C != element.ambient_C:
            housing.ambient_C = element.ambient_C
        self.warm()

    def warm(self) -> None:
        """Set the rise of its temperature by its consumption."""
        housing, power = self.camera.housing, self.sheet.power
        share = self.power.watts / power.heat_W if power else float(self.camera.powered)
        housing.rise_K = housing.thermal.rise_K * share * self._sink_share
