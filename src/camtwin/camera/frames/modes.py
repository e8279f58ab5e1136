"""A sensor's drive modes: what a host decides with one word, and how rows are exposed and read then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from camtwin.camera.frames.exposure import Exposure
from camtwin.camera.settings import Settings
from camtwin.genicam import At, Device, Tree
from camtwin.models.schema import CameraSheet, SensorSheet
from camtwin.sensor.timing import GlobalShutter, RollingShutter

SHORT_AFTER_LINES: Final = 22
"""From the end of a row's long exposure to the begin of its short one: RHS1 = short + 22 lines, as public
drivers of the IMX412 set it."""


def centred(s: Settings, tree: Tree[Settings], device: Device[Settings]) -> Settings:
    """The settings, with the picture in the middle where CenterX and CenterY say so."""
    for on, attr, most, size in (
        (s.CenterX, "OffsetX", "WidthMax", s.Width),
        (s.CenterY, "OffsetY", "HeightMax", s.Height),
    ):
        if on:
            room = tree.ask(tree.declared[most], "Value", At(s, device)) - size
            step = int(tree.declared[attr].number("inc") or 1)
            s = replace(s, **{attr: room // 2 // step * step})
    return s


def usual_shutter(sheet: CameraSheet) -> GlobalShutter | RollingShutter:
    """How this camera's sensor exposes and reads, where no drive mode says so."""
    clock_hz, readout = sheet.sensor.timing.clock_hz, sheet.readout
    row_clocks = readout.row_clocks or 1
    if sheet.sensor.shutter == "Rolling":
        return RollingShutter(clock_hz, row_clocks, None, blank_lines=readout.blank_lines)
    return GlobalShutter(clock_hz, row_clocks, readout.base_ns)


class DriveModes:
    """The modes of one camera's sensor; most have none."""

    def __init__(self, sheet: CameraSheet) -> None:
        self.sensor: SensorSheet = sheet.sensor
        self.rows_binned = sheet.readout.binned == "sensor"

    def changes(self, name: str) -> Mapping[str, Any]:
        """The settings that the mode decides: window, depth, length of a frame; none without such a mode."""
        if (mode := self.sensor.modes.get(name)) is None:
            return {}
        p = self.sensor.parameters
        return {
            "BinningHorizontal": mode.binning,
            "BinningVertical": mode.binning,
            "Width": mode.width,
            "Height": mode.height,
            "OffsetX": (p.width // mode.binning - mode.width) // 4 * 2,  # even: the mosaic stays
            "OffsetY": (p.height // mode.binning - mode.height) // 4 * 2,
            "PixelFormat": f"Bayer{p.cfa[:2]}{mode.bits}",
            "FrameLength": mode.frame_lines,
        }

    def fewest_lines(self, name: str) -> int:
        """Of a frame in this mode."""
        modes = self.sensor.modes
        return modes[name].frame_lines if name in modes else 1

    def rows_read(self, settings: Settings) -> int:
        """Rows that a readout takes: binning saves some only where the sensor does it."""
        return settings.Height * (1 if self.rows_binned else settings.BinningVertical)

    def shutter(self, settings: Settings) -> RollingShutter | None:
        """How the sensor exposes and reads with these settings, if that is the mode's matter."""
        if (mode := self.sensor.modes.get(settings.SensorMode)) is None:
            return None
        pixel_hz = self.sensor.timing.clock_hz
        return RollingShutter(pixel_hz, mode.line_clocks, settings.FrameLength, mode.exposures)

    def short_exposure(self, long: Exposure) -> Exposure | None:
        """The second exposure of a picture, in a mode with two: a row's begins as its first has been read."""
        mode, shutter = self.sensor.modes.get(long.settings.SensorMode), self.shutter(long.settings)
        if mode is None or shutter is None or mode.exposures == 1:
            return None
        start_ns = long.end_ns + round(SHORT_AFTER_LINES * shutter.line_ns)
        return replace(long, part=1, start_ns=start_ns, end_ns=start_ns + long.settings.ExposureTimeShort_ns)
