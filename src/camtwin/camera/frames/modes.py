"""A sensor's drive modes: settings that one selection decides, and the timing of rows in each mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from camtwin.camera.frames.exposure import Exposure
from camtwin.camera.registers.driver import driver_of
from camtwin.camera.settings import Settings
from camtwin.genicam import At, Device, Tree
from camtwin.models.schema import CameraSheet, SensorSheet
from camtwin.sensor.timing import GlobalShutter, RollingShutter


def centred(s: Settings, tree: Tree[Settings], device: Device[Settings]) -> Settings:
    """Return the settings with the image centred where CenterX and CenterY are on."""
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
    """Return the exposure and readout timing of a camera outside of drive modes."""
    clock_hz, readout = sheet.sensor.timing.clock_hz, sheet.readout
    row_clocks = readout.row_clocks or 1
    if sheet.sensor.shutter == "Rolling":
        return RollingShutter(clock_hz, row_clocks, None, blank_lines=readout.blank_lines)
    return GlobalShutter(clock_hz, row_clocks, readout.base_ns)


class DriveModes:
    """The drive modes of one camera's sensor; most sensors have none.

    driver  sets the sensor's registers, if it is one by itself
    """

    def __init__(self, sheet: CameraSheet) -> None:
        self.driver = driver_of(sheet)
        self.sensor: SensorSheet = sheet.sensor
        self.rows_binned = sheet.readout.binned == "sensor"

    def changes(self, name: str) -> Mapping[str, Any]:
        """Return the settings that a mode decides: window, depth, frame length.

        Empty if there is no such mode.
        """
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

    def settled(self, settings: Settings) -> Settings:
        """Return the settings as the sensor's registers hold them."""
        return self.driver.settled(settings) if self.driver else settings

    def fewest_lines(self, name: str) -> int:
        """Return the minimum number of lines of a frame in this mode."""
        modes = self.sensor.modes
        return modes[name].frame_lines if name in modes else 1

    def rows_read(self, settings: Settings) -> int:
        """Return the rows that a readout takes: binning saves time only if the sensor does it."""
        return settings.Height * (1 if self.rows_binned else settings.BinningVertical)

    def shutter(self, settings: Settings) -> RollingShutter | None:
        """Return the exposure and readout timing of the present mode; None without a mode."""
        if (mode := self.sensor.modes.get(settings.SensorMode)) is None:
            return None
        frame_lines = settings.FrameLength
        if self.driver:  # a frame gets longer for a long exposure
            frame_lines = self.driver.configuration(settings).frame_lines
        pixel_hz = self.sensor.timing.clock_hz
        return RollingShutter(pixel_hz, mode.line_clocks, frame_lines, mode.exposures)

    def short_exposure(self, long: Exposure) -> Exposure | None:
        """Return the second exposure of an image, in a mode with two.

        The second exposure of a row begins once its first has been read.
        """
        mode, shutter = self.sensor.modes.get(long.settings.SensorMode), self.shutter(long.settings)
        if mode is None or shutter is None or mode.exposures == 1:
            return None
        start_ns = long.end_ns + round(mode.gap_lines * shutter.line_ns)
        return replace(long, part=1, start_ns=start_ns, end_ns=start_ns + long.settings.ExposureTimeShort_ns)
