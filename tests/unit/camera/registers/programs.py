"""Register values of drive modes: those of public drivers, by their numbers, and those of the data sheet."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from camtwin import models

SHEET = models.load_registers("imx412")
RESET = {name: register.reset for name, register in SHEET.registers.items()}
MHZ = 1_000_000
FAMILY = [
    *csv.DictReader(Path(__file__).with_name("imx412_family_modes.csv").read_text("utf-8").splitlines())
]
"""Modes of public drivers: size, clocks, lines, the rate that follows; facts, computed outside of camtwin."""
WINDOWS = {  # by source and size: window of the array, crop of the binned image, binning, scale
    ("framos", 3840, 2160): ((108, 440, 3840, 2160), (0, 0, 3840, 2160), 1, 16),
    ("framos", 1920, 1080): ((108, 440, 3840, 2160), (0, 0, 1920, 1080), 2, 16),
    ("framos", 1280, 720): ((0, 0, 4056, 3040), (108, 440, 3840, 2160), 1, 48),
    ("raspberrypi", 2028, 1520): ((0, 0, 4056, 3040), (0, 0, 4056, 3040), 2, 16),
    ("raspberrypi", 2028, 1080): ((0, 440, 4056, 2160), (0, 0, 4056, 1080), 2, 16),
    ("raspberrypi", 1332, 990): ((0, 528, 4056, 1984), (348, 0, 1332, 990), 2, 16),
}
FULL = ((0, 0, 4056, 3040), (0, 0, 4056, 3040), 1, 16)
"""Windows of FRAMOS' and Raspberry Pi's modes; all others are the whole array."""
DRIVE = {  # of the data sheet: rows, bits, binning, line clocks, frame lines, exposures, frames a second
    "Full10": (3040, 10, 1, 4512, 3102, 1, 60),
    "Full12": (3040, 12, 1, 6224, 3374, 1, 40),
    "Uhd": (2288, 10, 1, 4512, 2340, 1, 79),
    "FullHd": (1112, 10, 2, 2976, 1176, 1, 240),
    "Dol": (3040, 10, 1, 4512, 3102, 2, 30),
}


def window(
    place: tuple[int, int, int, int], crop: tuple[int, int, int, int], binning: int, scale: int
) -> dict[str, int]:
    """Return the registers of a window, a crop of the binned image, binning in both directions, and scale."""
    x, y, width, height = place
    return {
        "x_addr_start": x,
        "y_addr_start": y,
        "x_addr_end": x + width - 1,
        "y_addr_end": y + height - 1,
        "digital_crop_x_offset": crop[0],
        "digital_crop_y_offset": crop[1],
        "digital_crop_image_width": crop[2],
        "digital_crop_image_height": crop[3],
        "binning_mode": int(binning > 1),
        "binning_type": binning << 4 | binning,
        "scaling_mode": 2 if scale > 16 else 0,
        "scale_m": scale,
    }


def pixels(bits: int) -> dict[str, int]:
    """Return the registers of a bit depth, of converter and link."""
    return {
        "csi_data_format": bits << 8 | bits,
        "adbit_mode": int(bits == 12),
        "op_pix_clk_div": bits,
    }


def dol(frame_lines: int, short: int) -> dict[str, int]:
    """Return the registers of two exposures, the long one as long as it can be."""
    return {
        "dol_en": 1,
        "dol_num": 1,
        "dol_rhs1": short + 22,
        "dol_long_integration_time": frame_lines - 46,
        "dol_short_integration_time": short,
        "x_output_size": 4056 + 4,
    }


def family(mode: Mapping[str, str]) -> tuple[dict[str, int], int]:
    """Return the register values of a mode of a public driver, and its input clock in Hz."""
    width, height, bits, lanes = (int(mode[key]) for key in ("width", "height", "bits", "lanes"))
    inck_MHz, lane_mbps = int(mode["inck_mhz"]), float(mode["lane_mbps"])
    source = mode["source"].partition(" ")[0]
    values = {
        **RESET,
        **window(*WINDOWS.get((source, width, height), FULL)),
        **pixels(bits),
        "x_output_size": width,
        "y_output_size": height,
        "csi_lane_mode": lanes - 1,
        "extclk_frequency_mhz": inck_MHz << 8,
        "requested_link_rate": round(lanes * lane_mbps * 65536),
        "pre_pll_clk_div": 4,
        "pll_multiplier": int(mode["pll_mpy"]),
        "line_length_pck": int(mode["line_length_pck"]),
        "frame_length_lines": int(mode["frame_length_lines"]),
        "coarse_integration_time": 1000,
        "op_sys_clk_div": 1,
    }
    if abs(inck_MHz / 4 * int(mode["pll_mpy"]) - lane_mbps) > 1:  # from the second PLL, halved
        values |= {"pll_mode": 1, "op_pre_pll_clk_div": 2, "op_sys_clk_div": 2}
        values |= {"op_pll_multiplier": round(lane_mbps * 2 / (inck_MHz / 2))}
        if lane_mbps * 2 > 2100:
            raise ValueError(f"no PLL gives {lane_mbps} Mb/s")
    if mode["dol"] == "1":
        values |= dol(2 * values["frame_length_lines"], 400)
    return values, inck_MHz * MHZ


def drive(name: str) -> dict[str, int]:
    """Return the register values of a drive mode of the data sheet, at 24 MHz."""
    rows, bits, binning, line_clocks, frame_lines, exposures, _ = DRIVE[name]
    height = rows * binning
    place = (0, (3040 - height) // 4 * 2, 4056, height)
    values = {
        **RESET,
        **window(place, (0, 0, 4056 // binning, rows), binning, 16),
        **pixels(bits),
        "x_output_size": 4056 // binning,
        "y_output_size": rows,
        "line_length_pck": line_clocks,
        "frame_length_lines": frame_lines,
        "coarse_integration_time": 1000,
    }
    return values | dol(2 * frame_lines, 400) if exposures == 2 else values
