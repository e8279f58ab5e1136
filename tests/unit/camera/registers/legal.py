"""Random registers that a chip could have, and what they give by a second calculation, which shares nothing.

The calculation goes by lists of pixels and by seconds; the times of a line on the link are those of
docs/csi2.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from hypothesis import strategies as st

from csi2_judge import Link
from unit.camera.registers.programs import MHZ, RESET


def directly(values: dict[str, int], axis: str) -> tuple[list[int], int]:
    """Return the pixels of the array that are sent along an axis, and the lines of the readout, by lists."""
    size = {"x": "width", "y": "height"}[axis]
    pixels = [*range(values[f"{axis}_addr_start"], values[f"{axis}_addr_end"] + 1)]
    kept, at = [], 0
    while at < len(pixels):
        kept.append(pixels[at])
        at += values[f"{axis}_even_inc" if len(kept) % 2 else f"{axis}_odd_inc"]
    if values["binning_mode"] and values["binning_type"] == 0x22:  # the first of each two of one colour
        kept = [kept[group + colour] for group in range(0, len(kept) - 3, 4) for colour in (0, 1)]
    read = len(kept)
    if values["image_orientation"] & {"x": 1, "y": 2}[axis]:
        kept.reverse()
    kept = kept[values[f"digital_crop_{axis}_offset"] :][: values[f"digital_crop_image_{size}"]]
    if values["scaling_mode"] == 2:
        kept = kept[
            : int(len(kept) * 16 / values["scale_m"]) // 2 * 2
        ]  # as many, with the first ones' colours
    return kept[: values[f"{axis}_output_size"]], read


@st.composite
def legal(draw: st.DrawFn) -> tuple[dict[str, int], int]:
    inck_MHz = draw(st.sampled_from([6, 12, 18, 24, 27]))
    divider = draw(st.sampled_from([d for d in range(1, 5) if 6 <= inck_MHz / d <= 12]))
    into = Fraction(inck_MHz, divider)
    multiplier = draw(st.integers(-(-1200 // into), 2100 // into))
    binning = draw(st.sampled_from((1, 1, 2)))
    bits, lanes = draw(st.sampled_from((10, 12))), draw(st.sampled_from((2, 4)))
    values = {**RESET, "pre_pll_clk_div": divider, "pll_multiplier": multiplier, "binning_mode": binning - 1}
    values |= {
        "binning_type": binning * 0x11,
        "csi_data_format": bits * 0x101,
        "adbit_mode": (bits - 10) // 2,
    }
    values |= {"op_pix_clk_div": bits, "csi_lane_mode": lanes - 1, "extclk_frequency_mhz": inck_MHz << 8}
    values |= {"requested_link_rate": int(into * multiplier * lanes * 65536)}
    values |= {"scaling_mode": draw(st.sampled_from((0, 0, 2))), "scale_m": draw(st.integers(16, 64))}
    values |= {"image_orientation": draw(st.integers(0, 3)), "y_odd_inc": draw(st.sampled_from((1, 1, 3, 5)))}
    for axis, size, name in (("x", 4056, "width"), ("y", 3040, "height")):
        start = draw(st.integers(0, size // 4)) * 2
        length = draw(st.integers(32, (size - start) // 4)) * 4
        values |= {f"{axis}_addr_start": start, f"{axis}_addr_end": start + length - 1}
        read = len(directly({**values, f"{axis}_output_size": size}, axis)[0])
        values[f"digital_crop_{axis}_offset"] = crop = draw(st.integers(0, max(read // 4, 1) - 1)) * 2
        values[f"digital_crop_image_{name}"] = draw(st.integers(16, max(read - crop, 16)))
        room = len(directly({**values, f"{axis}_output_size": size}, axis)[0])
        values[f"{axis}_output_size"] = draw(st.integers(1, max(room, 1)))
    _, rows = directly(values, "y")
    line = values["x_addr_end"] - values["x_addr_start"] + 1
    values["line_length_pck"] = draw(st.integers(min(line * bits * 4 // lanes // 8, 60_000), 65_520))
    values["frame_length_lines"] = draw(st.integers(rows + 52, 0xFFDC))
    values["fll_lshift"] = draw(st.integers(0, 7))
    values["coarse_integration_time"] = draw(st.integers(8, values["frame_length_lines"] - 22))
    values["analog_gain_code_global"] = draw(st.integers(0, 978))
    return values, inck_MHz * MHZ


@dataclass(frozen=True)
class Expected:
    """Image by its registers: pixels of the array that are sent, size of the readout, times in s."""

    columns: list[int]
    rows: list[int]
    read: tuple[int, int]
    line_s: float
    frame_s: float
    exposure_s: float
    load: float
    fits: bool

    @property
    def cfa(self) -> str:
        """The colours of the first two pixels of the first two rows, if there are so many."""
        colours = {(0, 0): "R", (0, 1): "G", (1, 0): "G", (1, 1): "B"}
        return "".join(colours[y % 2, x % 2] for y in self.rows[:2] for x in self.columns[:2])


def expected(values: dict[str, int], inck_hz: int) -> Expected:
    columns, line = directly(values, "x")
    rows, lines = directly(values, "y")
    pixel_hz = inck_hz / values["pre_pll_clk_div"] * values["pll_multiplier"] / 10 * 4
    line_s = values["line_length_pck"] / pixel_hz
    bits, lanes = values["csi_data_format"] & 0xFF, values["csi_lane_mode"] + 1
    load = len(columns) * bits / (lanes * pixel_hz / 4 * 10 * line_s)
    group = {10: 4, 12: 2}[bits]
    size = len(columns) // group * group * bits // 8 + 6
    burst_ns = Link(lanes, round(pixel_hz / 4 * 10)).times(0, [size])[-1][-1] + 100
    return Expected(
        columns,
        rows,
        (line, lines),
        line_s,
        line_s * values["frame_length_lines"] * 2 ** values["fll_lshift"],
        values["coarse_integration_time"] * line_s,
        load,
        load <= 1 and burst_ns <= line_s * 1e9 and values["line_length_pck"] >= line and len(columns) >= 4,
    )
