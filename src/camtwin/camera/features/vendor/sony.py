"""Sony's sensors by themselves: how one is driven that a host talks to, without a camera around it."""
from __future__ import annotations

from camtwin.camera.features.rules import Acts
from camtwin.genicam.nodes import Chapter, Enumeration, Integer, Time


def fewest_lines(SensorMode: str, device: Acts) -> int:
    return device.modes.fewest_lines(SensorMode)


# fmt: off
class SensorModeControl(Chapter):
    SensorMode = Enumeration("Drive mode: window, binning, depth and exposures; it resets the window and FrameLength.", "None",
                             open=True, custom=True)
    FrameLength = Integer("Lines of a frame, blanking included: its rate.", unit="lines", default=1, min=fewest_lines, max=65535,
                          custom=True)
    ExposureTimeShort_ns = Time("How long the short exposure of a drive mode with two gathers light.", default=1_000, max=1e6,
                                custom=True)
