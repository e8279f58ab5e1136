"""The driver between a sensor's features and its registers: what a host writes for the features to hold.

    features -> values of registers -> configuration -> timing, image, stream

The registers are the truth. Features are settled on what the registers can say: an exposure on clocks, or on
even lines with two exposures, a gain on a code, a frame length on lines. So a feature reads back what the
sensor does.

Exposures that 16 bits of lines cannot count are counted in 2, 4 ... lines (cit_lshift), and frames as well
(fll_lshift), as FRAMOS' driver does; two exposures have no such shift, and end at 65534 lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from math import ceil, log10
from typing import Any, Final

from camtwin.camera.registers.configuration import PEDESTAL, Configuration, configure
from camtwin.camera.settings import Settings
from camtwin.models import CameraSheet, RegisterSheet, load_registers, register_names
from camtwin.models.schema import DriveMode
from camtwin.units import SEC, Ns

FEATURE: Final = "SensorMode"
"""Feature of the cameras that are sensors by themselves."""
INCK_HZ: Final = 24_000_000
WORD: Final = 0xFFFF
PATTERNS: Final = {"Off": 0, "Black": 1, "White": 1, "ColorBar": 2, "FadeToGreyColorBar": 3, "PN9": 4}
"""Value of test_pattern_mode by TestPattern; black and white are solid colours."""


def driver_of(sheet: CameraSheet) -> Driver | None:
    """Return the driver of a camera that is a sensor whose registers are known, and of no other."""
    name = sheet.sensor.name
    if FEATURE not in sheet.features or not sheet.sensor.modes or name not in register_names():
        return None
    return Driver(load_registers(name), sheet)


class Driver:
    """Sets the registers of one sensor for the features of its camera."""

    def __init__(self, sheet: RegisterSheet, camera: CameraSheet) -> None:
        self.sheet, self.modes = sheet, camera.sensor.modes
        self._parameters = camera.sensor.parameters
        self._reset = {name: register.reset for name, register in sheet.registers.items()}
        self._latest: tuple[Settings, Configuration] | None = None

    def configuration(self, s: Settings) -> Configuration:
        """Return what the sensor does with these features."""
        latest = self._latest
        if latest is None or latest[0] is not s:
            self._latest = latest = (s, configure(self.sheet, self.values(s), INCK_HZ))
        return latest[1]

    def settled(self, s: Settings) -> Settings:
        """Return the settings as the registers hold them."""
        if s.SensorMode not in self.modes:
            return s
        one = configure(self.sheet, self.values(s), INCK_HZ)
        first, *others = one.integrations
        gain_dB = min(20 * log10(first.analogue_gain), self._parameters.analogue_dB)
        settled: dict[str, Any] = {
            "ExposureTime_ns": round(one.exposure_ns(first)),
            "Gain_dB": s.Gain_dB.replace("All", gain_dB),
        }
        for short in others:
            settled["ExposureTimeShort_ns"] = round(one.exposure_ns(short))
            settled["FrameLength"] = s.FrameLength + s.FrameLength % 2
        changed = {name: value for name, value in settled.items() if value != getattr(s, name)}
        return replace(s, **changed) if changed else s

    def values(self, s: Settings) -> Mapping[str, int]:
        """Return the values of all registers that these features set, by name."""
        mode = self.modes[s.SensorMode]
        columns, rows = s.BinningHorizontal, s.BinningVertical
        width, height = s.Width * columns, s.Height * rows
        x, y = s.OffsetX * columns, s.OffsetY * rows
        if s.ReverseX:  # a region counts from the corner of the image that is sent
            x = self._parameters.width - x - width
        if s.ReverseY:
            y = self._parameters.height - y - height
        offset = s.BlackLevel_DN["All"]
        solid = 0x0FFF if s.TestPattern == "White" else 0
        return {
            **self._reset,
            "mode_select": 1,
            "image_orientation": s.ReverseX | s.ReverseY << 1,
            "csi_data_format": 0x0101 * mode.bits,
            "adbit_mode": int(mode.bits == 12),
            "op_pix_clk_div": mode.bits,
            "line_length_pck": mode.line_clocks,
            "x_addr_start": x,
            "y_addr_start": y,
            "x_addr_end": x + width - 1,
            "y_addr_end": y + height - 1,
            "digital_crop_image_width": s.Width,
            "digital_crop_image_height": s.Height,
            "x_output_size": s.Width,
            "y_output_size": s.Height,
            "binning_mode": int(columns * rows > 1),
            "binning_type": columns << 4 | rows,
            "manual_pedestal_enable": int(offset != 0),
            "manual_pedestal": max(0, PEDESTAL + offset),
            "test_pattern_mode": PATTERNS.get(s.TestPattern, 0),
            **{f"test_data_{colour}": solid for colour in ("red", "greenr", "greenb", "blue")},
            "single_defect_correct_en": 0,
            **(self._one(s, mode) if mode.exposures == 1 else self._two(s, mode)),
        }

    def _code(self, s: Settings) -> int:
        """Return the analogue gain's code that comes nearest."""
        return min(round(1024 - 1024 / 10 ** (s.Gain_dB["All"] / 20)), self.sheet.gain.max_analogue_code)

    def _clocks(self, ns: Ns) -> Fraction:
        return Fraction(ns * self.pixel_hz, SEC)

    @property
    def pixel_hz(self) -> int:
        """Clock that lines are counted in, with the reset values of its PLL."""
        r = self._reset
        pll_hz = Fraction(INCK_HZ * r["pll_multiplier"], r["pre_pll_clk_div"])
        return int(self.sheet.clocks.pixels_per_clock * pll_hz / (r["vt_pix_clk_div"] * r["vt_sys_clk_div"]))

    def _one(self, s: Settings, mode: DriveMode) -> dict[str, int]:
        """Return the registers of one exposure, and of a frame that is long enough for it."""
        t, exact = self.sheet.timing, self._clocks(s.ExposureTime_ns)
        lines, fine = divmod(round(exact), mode.line_clocks)
        shift = 0
        if lines > WORD:
            rounded = exact + self._clocks(1) / 2  # what is held again was rounded to a nanosecond
            (lines, shift), fine = counted(rounded / mode.line_clocks, int), 0
        elif not lines:
            lines, fine = 1, 0
        frame = max(s.FrameLength, (lines << shift) + t.exposure_margin_lines)
        frame_lines, stretch = counted(Fraction(frame), ceil)
        return {
            "coarse_integration_time": lines,
            "cit_lshift": shift,
            "fine_integration_time": fine,
            "frame_length_lines": frame_lines,
            "fll_lshift": stretch,
            "analog_gain_code_global": self._code(s),
        }

    def _two(self, s: Settings, mode: DriveMode) -> dict[str, int]:
        """Return the registers of two exposures, each of an even number of lines, on channels 0 and 1."""
        t, code = self.sheet.timing, self._code(s)
        long, short = (
            min(max(2, 2 * round(self._clocks(ns) / (2 * mode.line_clocks))), WORD - 1)
            for ns in (s.ExposureTime_ns, s.ExposureTimeShort_ns)
        )
        apart = short + t.dol_gap_lines
        needed = (
            long + t.dol_long_margin_lines,
            apart + s.Height + t.dol_readout_margin_lines,
            s.FrameLength,
        )
        return {
            "dol_en": 1,
            "dol_num": 1,
            "dol_output_select": 0,
            "dol_channel_enable": 1,
            "dol_rhs1": apart,
            "dol_long_integration_time": long,
            "dol_short_integration_time": short,
            "dol_long_analog_gain": code,
            "dol_short_analog_gain": code,
            "frame_length_lines": ceil(max(needed) / 2),
            "x_output_size": s.Width + t.dol_header_columns,
        }


def counted(lines: Fraction, whole: Callable[[Fraction], int]) -> tuple[int, int]:
    """Return a number of lines as a register of 16 bits and the shift that multiplies it."""
    shift = 0
    while (value := whole(lines / (1 << shift))) > WORD:
        shift += 1
    return value, shift
