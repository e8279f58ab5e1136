"""Automatic exposure and gain: from the brightness of a frame to the settings of a later one.

When a frame has been read its brightness is known. By then the next frame may be exposing, with settings
from before, so a controller that corrects the *present* settings by what it sees of an *older* frame
corrects twice and swings. This one divides each frame's brightness by the exposure and gain of that very
frame: that is the light, and the light alone decides the next settings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import log10

from camtwin.camera.frames.exposure import Exposure
from camtwin.camera.settings import Settings
from camtwin.genicam import Device, Writer
from camtwin.units import US

MAX_STEP = 16.0  # brighter or darker in one step: what is nearly black says little of the light
CLOSE = 0.02  # of the aim: near enough to leave things as they are
DARKEST = 1e-4


def product(s: Settings) -> float:
    """Exposure times gain, ns."""
    return s.ExposureTime_ns * 10 ** (s.Gain_dB["All"] / 20)


def controlled(now: Settings, seen: Settings, brightness: float) -> Settings:
    """The settings, after a frame taken with `seen` had this brightness (0 black .. 1 the highest code)."""
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
            break  # the first one did it within its steps and limits
        if which == "exposure" and exposing:
            asked = wanted / 10 ** (gain_dB / 20)
            low, high = now.ExposureAutoMinValue_ns, now.ExposureAutoMaxValue_ns
            exposure_ns = round(min(max(asked, low), high) / US) * US
        elif which == "gain" and amplifying:
            asked = _dB(wanted / exposure_ns)
            gain_dB = round(min(max(asked, now.GainAutoMinValue_dB), now.GainAutoMaxValue_dB), 1)
    if (exposure_ns, gain_dB) == (now.ExposureTime_ns, now.Gain_dB["All"]):
        return _done(now) if in_force else now  # as near as limits and steps allow
    return replace(now, ExposureTime_ns=exposure_ns, Gain_dB=now.Gain_dB.replace("All", gain_dB))


def _dB(factor: float) -> float:
    return 20 * log10(factor)


def _done(s: Settings) -> Settings:
    """Once is over when it has found its settings."""
    if s.ExposureAuto == "Once":
        s = replace(s, ExposureAuto="Off")
    if s.GainAuto["All"] == "Once":
        s = replace(s, GainAuto=s.GainAuto.replace("All", "Off"))
    return s


class Brightness:
    """Watches the frames of one camera. `measure` gives a frame's brightness, 0 .. 1; None: nobody does."""

    def __init__(self, camera: Device[Settings], measure: Callable[[Exposure], float] | None) -> None:
        self._camera, self.measure = camera, measure

    def regard(self, exposure: Exposure) -> None:
        """A frame has been read."""
        s = self._camera.settings
        if self.measure is None or (s.ExposureAuto == "Off" and s.GainAuto["All"] == "Off"):
            return
        new = controlled(s, exposure.settings, self.measure(exposure))
        if new is not s:
            self._camera.apply(new, by=Writer.AUTO)
