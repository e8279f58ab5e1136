"""An image mode with the clock of the board: the registers that it needs, and the times that follow.

    input clock / pre_pll_clk_div * pll_multiplier = PLL, the highest that a mode's pixel clock allows
    frame length = pixel clock / (line length * frame rate), without its fraction, as drivers divide

So the frames of a mode come a little faster than its rate says: 59.9 frames/s are 3106 lines, and 59.917.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from camtwin.camera.registers.driver import WORD, counted
from camtwin.models import ImageMode, RegisterSheet
from camtwin.problem import Problem
from camtwin.units import SEC

MHZ = 1_000_000
PER_RATE = 1_000_000
"""Units of a frame rate in a frame per second."""
DIVISOR = 10
"""Bits of a pixel that the pixel PLL is divided by: 5 * 2."""
SCALE = 16


@dataclass(frozen=True, slots=True)
class ModePlan:
    """An image mode on a board.

    registers: what the mode sets, by name. pixel_hz: clock that lines are counted in. lane_bps: bits a second
    of a lane. min_lines, max_lines: of a frame, at the highest and the lowest rate.
    """

    mode: ImageMode
    registers: Mapping[str, int]
    pixel_hz: Fraction
    lane_bps: Fraction
    min_lines: int
    max_lines: int
    sheet: RegisterSheet

    @property
    def line_ns(self) -> Fraction:
        """Duration of a line, in ns."""
        return self.mode.line_length * SEC / self.pixel_hz

    @property
    def margin(self) -> int:
        """Lines of a frame in which a row cannot be exposed."""
        return self.sheet.timing.exposure_margin_lines

    def lines_at(self, rate: int) -> int:
        """Return the lines of a frame at a rate in frames per 10^6 s."""
        lines = int(self.pixel_hz * PER_RATE / (self.mode.line_length * rate))
        return self.settled(min(max(lines, self.min_lines), self.max_lines))

    def rate_of(self, lines: int) -> int:
        """Return the rate of frames of so many lines, in frames per 10^6 s."""
        return int(self.pixel_hz * PER_RATE / (self.mode.line_length * lines))

    @staticmethod
    def settled(lines: int) -> int:
        """Return a frame length as registers hold it: a long one counts in twos, fours ..."""
        value, shift = counted(Fraction(lines), ceil)
        return value << shift


def planned(sheet: RegisterSheet, mode: ImageMode, inck_hz: int, min_rate: int) -> ModePlan:
    """Return what a mode needs with an input clock; min_rate: the lowest, in frames per 10^6 s.

    Raises:
        Problem: no setting of the PLL gives the sensor a clock
    """
    divider, multiplier = _pll(sheet, mode, inck_hz)
    pll_hz = Fraction(inck_hz * multiplier, divider)
    pixel_hz = sheet.clocks.pixels_per_clock * pll_hz / DIVISOR
    least = mode.active_h * mode.scale + sheet.timing.min_blank_lines
    per_line = mode.line_length * mode.max_framerate
    lines = int(pixel_hz * mode.framerate_factor / per_line)
    slowest = int(pixel_hz * PER_RATE / (mode.line_length * min_rate))
    return ModePlan(
        mode,
        {
            **_image(mode),
            "extclk_frequency_mhz": inck_hz * 256 // MHZ,
            "pre_pll_clk_div": divider,
            "pll_multiplier": multiplier,
            "requested_link_rate": int(mode.num_lanes * pll_hz / MHZ * 65536),
        },
        pixel_hz,
        pll_hz,
        max(lines, least),
        min(slowest, WORD << sheet.timing.max_shift),
        sheet,
    )


def _pll(sheet: RegisterSheet, mode: ImageMode, inck_hz: int) -> tuple[int, int]:
    """Return divider and multiplier of the pixel PLL: the nearest clock that is not above the mode's."""
    wanted_hz = Fraction(mode.pix_clk_hz * DIVISOR, sheet.clocks.pixels_per_clock)
    low, high = (mhz * MHZ for mhz in sheet.clocks.pll_in_MHz)
    pairs = [
        (divider, int(wanted_hz * divider / inck_hz))
        for divider in range(1, inck_hz // low + 1)
        if low <= inck_hz / divider <= high
    ]
    least = sheet.clocks.pll_out_MHz[0] * MHZ
    fit = [(Fraction(inck_hz * times, divider), -divider, times) for divider, times in pairs]
    fit = [one for one in fit if one[0] >= least]
    if not fit:
        raise Problem(
            f"{mode.size}: an input clock of {inck_hz / MHZ:g} MHz gives no pixel clock of "
            f"{mode.pix_clk_hz / MHZ:g} MHz"
        )
    _, divider, times = max(fit)
    return -divider, times


def _image(mode: ImageMode) -> dict[str, int]:
    """Return the registers of a mode's window, format and lanes."""
    columns, rows = mode.active_w * mode.scale, mode.active_h * mode.scale
    bits = mode.csi_pixel_bit_depth
    return {
        "csi_data_format": 0x0101 * bits,
        "csi_lane_mode": mode.num_lanes - 1,
        "adbit_mode": int(bits > 10),
        "op_pix_clk_div": bits,
        "line_length_pck": mode.line_length,
        "x_addr_start": mode.crop_left,
        "y_addr_start": mode.crop_top,
        "x_addr_end": mode.crop_left + columns * mode.binning - 1,
        "y_addr_end": mode.crop_top + rows * mode.binning - 1,
        "digital_crop_x_offset": 0,
        "digital_crop_y_offset": 0,
        "digital_crop_image_width": columns,
        "digital_crop_image_height": rows,
        "scaling_mode": 2 if mode.scale > 1 else 0,
        "scale_m": SCALE * mode.scale,
        "x_output_size": mode.active_w,
        "y_output_size": mode.active_h,
        "binning_mode": int(mode.binning > 1),
        "binning_type": mode.binning << 4 | mode.binning,
    }
