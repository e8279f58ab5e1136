"""Temperature: a housing that warms up after power-on, its temperature sensor, and its status.

The body has one time constant: T(t) = T_end + (T_0 - T_end) exp(-(t - t_0) / tau). The time at which it will
cross a threshold is known, so status changes are events at their exact time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from math import exp, log

from camtwin.camera.settings import Settings
from camtwin.genicam import Tree
from camtwin.models.schema import Thermal
from camtwin.simtime import Entry, Scheduler
from camtwin.units import MS, SEC, Ns

COOLER_K = 1.0  # hysteresis from High to Normal (assumed)


def sensor_error_K(thermal: Thermal, serial: str, true_C: float) -> float:
    """Return the error of this camera's temperature sensor.

    It is one share, derived from the serial number, of the sheet's accuracy at the true temperature.
    """
    share = int.from_bytes(sha256(serial.encode()).digest()[:4], "big") / 0xFFFF_FFFF * 2 - 1
    cold = min(max(-true_C / -thermal.lowest_C, 0.0), 1.0)
    return share * (thermal.accuracy_K + cold * (thermal.cold_accuracy_K - thermal.accuracy_K))


def thresholds(tree: Tree[Settings], settings: Settings, thermal: Thermal) -> Mapping[str, float]:
    """Return the temperatures of status changes: as set by the host, or by the data sheet."""
    if tree.declared["DeviceTemperatureStatusTransition"].here:
        return settings.DeviceTemperatureStatusTransition
    high_C, exceeded_C, normal_C = thermal.high_C, thermal.exceeded_C, thermal.normal_C
    return {"NormalToHigh": high_C, "HighToExceeded": exceeded_C, "ExceededToNormal": normal_C}


class Housing:
    """The camera's temperature, and its status Normal, High or Exceeded.

    thresholds  returns the temperatures of status changes, degC by name (DeviceTemperatureStatusTransition)
    changed     called after a status change with the new status and the old
    """

    def __init__(
        self,
        thermal: Thermal,
        clock: Scheduler,
        serial: str,
        thresholds: Callable[[], Mapping[str, float]],
        changed: Callable[[str, str], object],
    ) -> None:
        self.thermal, self.clock, self.serial = thermal, clock, serial
        self._thresholds, self._changed = thresholds, changed
        self._ambient_C, self._rise_K = thermal.ambient_C, thermal.rise_K
        self._held_C: float | None = None
        self._start: tuple[Ns, float] = (clock.now, thermal.ambient_C)
        self._planned: Entry | None = None
        self.status = "Normal"

    @property
    def temperature_C(self) -> float:
        """True temperature inside."""
        if self._held_C is not None:
            return self._held_C
        t_0, T_0 = self._start
        age = (self.clock.now - t_0) / SEC / self.thermal.time_constant_s
        return self._end_C + (T_0 - self._end_C) * exp(-age)

    @property
    def reading_C(self) -> float:
        """The sensor's reading: the true temperature plus its error, within its range."""
        true_C = self.temperature_C
        shown = true_C + sensor_error_K(self.thermal, self.serial, true_C)
        return min(max(shown, self.thermal.lowest_C), self.thermal.highest_C)

    @property
    def _end_C(self) -> float:
        return self._ambient_C + self._rise_K

    @property
    def will_change(self) -> bool:
        """Whether the status will change by itself."""
        return self._planned is not None

    @property
    def ambient_C(self) -> float:
        return self._ambient_C

    @ambient_C.setter
    def ambient_C(self, degrees: float) -> None:
        self._start = (self.clock.now, self.temperature_C)
        self._ambient_C, self._held_C = degrees, None
        self.check()

    @property
    def rise_K(self) -> float:
        """Rise above the ambient by the camera's own heat, in steady state; the sheet's until it is set."""
        return self._rise_K

    @rise_K.setter
    def rise_K(self, kelvins: float) -> None:
        if kelvins != self._rise_K:
            self._start = (self.clock.now, self.temperature_C)
            self._rise_K = kelvins
            self.check()

    def hold(self, degrees: float) -> None:
        """Fix the temperature inside until the ambient is set again."""
        self._held_C = degrees
        self.check()

    def check(self) -> None:
        """Update the status, step by step, and plan the time of its next change."""
        while (new := self._next_status()) != self.status:
            old, self.status = self.status, new
            self._changed(new, old)
        self.clock.cancel(self._planned)
        times = [t for limit in self._watched() if (t := self._reaches(limit)) is not None]
        self._planned = self.clock.at(min(times), self.check) if times else None

    def _next_status(self) -> str:
        at, now = self._thresholds(), self.temperature_C
        if self.status == "Exceeded":
            return "Normal" if now <= at["ExceededToNormal"] else "Exceeded"
        if self.status == "High" and now >= at["HighToExceeded"]:
            return "Exceeded"
        if self.status == "High":
            return "Normal" if now <= at["NormalToHigh"] - COOLER_K else "High"
        return "High" if now > at["NormalToHigh"] else "Normal"

    def _watched(self) -> list[float]:
        at = self._thresholds()
        return {
            "Normal": [at["NormalToHigh"]],
            "High": [at["HighToExceeded"], at["NormalToHigh"] - COOLER_K],
            "Exceeded": [at["ExceededToNormal"]],
        }[self.status]

    def _reaches(self, limit_C: float) -> Ns | None:
        """Return the time at which the temperature reaches a limit; None if it will not."""
        now_C, left = self.temperature_C, limit_C - self._end_C
        if self._held_C is not None or not left or (ratio := (now_C - self._end_C) / left) < 1:
            return None
        wait = round(self.thermal.time_constant_s * log(ratio) * SEC)
        return self.clock.now + max(wait, MS)
