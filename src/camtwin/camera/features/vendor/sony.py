"""Features of Sony sensors that are twins by themselves, without a camera around them: drive modes."""
from __future__ import annotations

from camtwin.camera.features.rules import Acts
from camtwin.genicam.nodes import Chapter, Enumeration, Integer, Time


def fewest_lines(SensorMode: str, device: Acts) -> int:
    return device.modes.fewest_lines(SensorMode)


# fmt: off
class SensorModeControl(Chapter):
    SensorMode = Enumeration(
        "Sets the drive mode of the sensor: its window, binning, bit depth and number of exposures. A change resets "
        "the window and FrameLength.",
        "None", open=True, custom=True)
    FrameLength = Integer(
        "Sets the length of a frame in lines, including blanking. A longer frame lowers the frame rate.",
        unit="lines", default=1, min=fewest_lines, max=65535, custom=True)
    ExposureTimeShort_ns = Time(
        "Sets the time for which the sensor collects light in the short exposure of a two-exposure drive mode, in "
        "microseconds.",
        default=1_000, max=1e6, custom=True)
