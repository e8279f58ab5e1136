"""Automatic exposure and gain: from the brightness of a frame to the settings of a later one.

A frame's brightness is known once it has been read. By then the next frame may be exposing with older
settings, so a controller that corrects the *present* settings by the brightness of an *older* frame corrects
twice and oscillates. This one divides each frame's brightness by the exposure and gain of that very frame:
the result is the light, and the light alone decides the next settings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import log10

from camtwin.camera.frames.exposure import Exposure
from camtwin.camera.settings import Settings
from camtwin.genicam import Device, Writer
from camtwin.units import US

MAX_STEP = 16.0  # largest factor of one step: a nearly black frame says little about the light
CLOSE = 0.02  # relative deviation from the target that needs no correction
DARKEST = 1e-4


def product(s: Settings) -> float:
    """Return exposure times gain, in ns."""
    return s.ExposureTime_ns * 10 ** (s.Gain_dB["All"] / 20)


def controlled(now: Settings, seen: Settings, brightness: float) -> Settings:
    """Return the next settings, given the brightness of a frame that was taken with `seen`.

    Brightness is 0 for black .. 1 for the highest code.
    """
    exposing, amplifying = now.ExposureAuto != "Off", now.GainAuto["All"] != "Off"
    aim = now.AutoTargetBrightness or now.BrightnessAutoNominalValue / 100
    ratio = aim / max(brightness, DARKEST)
    in_force = abs(product(seen) / product(now) - 1) < CLOSE
    if abs(ratio - 1) < CLOSE and in_force:
        return _done(now)
    wanted = product(seen) * min(max(ratio, 1 / MAX_STEP), MAX_STEP)
    exposure_ns, gain_dB = now.ExposureTime_ns, now.Gain_dB["All"]
    order = ("exposure", "gain") if now.BrightnessAutoPriority == "ExposureAuto" else ("gain", "exposure")
    for which in order:
        if abs(wanted / (exposure_ns * 10 ** (gain_dB / 20)) - 1) < CLOSE:
            break  # the first one sufficed within its steps and limits
        if which == "exposure" and exposing:
            needed = wanted / 10 ** (gain_dB / 20)
            low, high = now.ExposureAutoMinValue_ns, now.ExposureAutoMaxValue_ns
            exposure_ns = round(min(max(needed, low), high) / US) * US
        elif which == "gain" and amplifying:
            needed = _dB(wanted / exposure_ns)
            gain_dB = round(min(max(needed, now.GainAutoMinValue_dB), now.GainAutoMaxValue_dB), 1)
    if (exposure_ns, gain_dB) == (now.ExposureTime_ns, now.Gain_dB["All"]):
        return _done(now) if in_force else now  # limits and steps allow nothing nearer
    return replace(now, ExposureTime_ns=exposure_ns, Gain_dB=now.Gain_dB.replace("All", gain_dB))


def _dB(factor: float) -> float:
    return 20 * log10(factor)


def _done(s: Settings) -> Settings:
    """Leave Once mode: the controller has converged."""
    if s.ExposureAuto == "Once":
        s = replace(s, ExposureAuto="Off")
    if s.GainAuto["All"] == "Once":
        s = replace(s, GainAuto=s.GainAuto.replace("All", "Off"))
    return s


class Brightness:
    """Controls exposure and gain of one camera.

    measure  returns a frame's brightness, 0 .. 1; None: no control
    """

    def __init__(self, camera: Device[Settings], measure: Callable[[Exposure], float] | None) -> None:
        self._camera, self.measure = camera, measure

    def on_frame_read(self, exposure: Exposure) -> None:
        """Adjust exposure and gain after a frame has been read."""
        s = self._camera.settings
        if self.measure is None or (s.ExposureAuto == "Off" and s.GainAuto["All"] == "Off"):
            return
        new = controlled(s, exposure.settings, self.measure(exposure))
        if new is not s:
            self._camera.apply(new, by=Writer.AUTO)
