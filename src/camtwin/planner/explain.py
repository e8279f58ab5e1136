"""Registers of a sensor in words: clocks, timing, image, exposures, link, and what does not fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from math import log10
from typing import Any, Final

from camtwin.camera.registers.configuration import MHZ, Configuration, Integration, configure
from camtwin.camera.registers.geometry import UNSCALED, Extent
from camtwin.camera.registers.remarks import Remark
from camtwin.models import RegisterSheet
from camtwin.models.register_sheet import Register
from camtwin.planner.dumps import Dump, parse
from camtwin.problem import Problem
from camtwin.units import MS, US

NEEDED: Final = (
    *("extclk_frequency_mhz", "pre_pll_clk_div", "pll_multiplier", "vt_pix_clk_div", "vt_sys_clk_div"),
    *("op_sys_clk_div", "pll_mode", "csi_data_format", "csi_lane_mode", "line_length_pck"),
    *("frame_length_lines", "x_addr_start", "y_addr_start", "x_addr_end", "y_addr_end", "x_output_size"),
    *("y_output_size", "coarse_integration_time", "analog_gain_code_global"),
)
"""Registers without which an explanation says more about the reset values than about the dump."""
VERDICTS: Final = {"stops": "no frames", "alters": "not as set", "doubtful": "doubtful"}
LONG_PACKET_BYTES: Final = 6
"""Header and checksum around the pixels of a line."""


class DumpInvalid(Problem, ValueError):
    """A text in which there is no register."""


@dataclass(frozen=True)
class Explanation:
    """The registers of a dump in words.

    assumed: registers that are needed and not in the dump, so their reset values are used. half: registers of
    which some bytes are in the dump, and others, not in it, have reset values other than 0.
    """

    sheet: RegisterSheet
    dump: Dump
    values: Mapping[str, int]
    one: Configuration
    assumed: tuple[str, ...]
    half: tuple[str, ...]
    remarks: tuple[Remark, ...]

    @property
    def streams(self) -> bool:
        """Whether a sensor that is so set gives frames."""
        return self.one.streams

    def row(self) -> dict[str, Any]:
        """Return everything for JSON; durations in ns, rates in Hz and bit/s."""
        one, clocks, geometry = self.one, self.one.clocks, self.one.geometry
        return {
            "sensor": self.sheet.title,
            "registers": len(
                {self.sheet.by_address[at].name for at in self.dump.memory if at in self.sheet.by_address}
            ),
            "bytes": len(self.dump.memory),
            "assumed": list(self.assumed),
            "unread_lines": [number for number, _ in self.dump.unread],
            "streaming": bool(self.values["mode_select"] & 1),
            "frames": self.streams,
            "clocks": {
                "inck_hz": clocks.inck_hz,
                "pixel_pll_hz": float(clocks.pixel_pll_hz),
                "output_pll_hz": float(clocks.output_pll_hz),
                "pixel_hz": float(clocks.pixel_hz),
            },
            "timing": {
                "line_clocks": one.line_clocks,
                "line_ns": float(one.line_ns),
                "frame_lines": one.frame_lines,
                "frame_ns": float(one.frame_ns),
                "rate_hz": one.rate_hz,
                "hblank": one.line_clocks - geometry.width,
                "vblank": one.frame_lines - geometry.height,
            },
            "image": {
                "width": geometry.width,
                "height": geometry.height,
                "bits": one.bits,
                "cfa": geometry.cfa,
                "x": asdict(geometry.x),
                "y": asdict(geometry.y),
                "black_level": one.black_level,
                "test_pattern": one.test_pattern,
            },
            "exposures": [
                {
                    "lines": each.lines,
                    "ns": float(one.exposure_ns(each)),
                    "analogue_gain": float(each.analogue_gain),
                    "digital_gains": [float(gain) for gain in each.digital_gains],
                    "channel": each.channel,
                }
                for each in one.integrations
            ],
            "link": {
                "lanes": clocks.lanes,
                "lane_bps": float(clocks.lane_bps),
                "link_bps": float(one.link_bps),
                "pixel_bps": one.rate_hz
                * geometry.width
                * geometry.height
                * one.bits
                * len(one.integrations),
                "line_load": float(one.link_load),
            },
            "power_share": one.power_share,
            "remarks": [
                asdict(remark) | {"address": self._address(remark.register)} for remark in self.remarks
            ],
        }

    def chapters(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield headings, each with rows of a name and words."""
        yield "Clocks", self._clocks()
        yield "Timing", self._timing()
        yield "Image", self._image()
        for number, each in enumerate(self.one.integrations):
            names = ("Long exposure", "Short exposure") if len(self.one.integrations) > 1 else ("Exposure",)
            yield names[number], self._exposure(each)
        yield "Link", self._link()
        if self.streams:
            yield "Power", [("share", f"{self.one.power_share:.0%} of the full 10-bit drive mode (assumed)")]

    def _address(self, name: str) -> int | None:
        register = self.sheet.registers.get(name)
        return register.address if register else None

    def said(self, remark: Remark) -> tuple[str, str]:
        """Return a remark's verdict, and its register with address and words."""
        address = self._address(remark.register)
        place = remark.register if address is None else f"{address:#06x} {remark.register}"
        return VERDICTS[remark.kind], f"{place}: {remark.text}" + (
            f"; {remark.instead}" if remark.instead else ""
        )

    def _pll(self, names: tuple[str, str], hz: float) -> str:
        divider, multiplier = (self.values[name] for name in names)
        inck = self.one.clocks.inck_hz / MHZ
        return f"{inck:g} MHz / {divider} * {multiplier} = {hz / MHZ:g} MHz"

    def _clocks(self) -> list[tuple[str, str]]:
        v, clocks = self.values, self.one.clocks
        pixel_pll = float(clocks.pixel_pll_hz)
        rows = [
            ("input clock", f"{clocks.inck_hz / MHZ:g} MHz"),
            ("pixel PLL", self._pll(("pre_pll_clk_div", "pll_multiplier"), pixel_pll)),
            (
                "pixel rate",
                f"{pixel_pll / MHZ:g} MHz / ({v['vt_pix_clk_div']} * {v['vt_sys_clk_div']}) * "
                f"{self.sheet.clocks.pixels_per_clock} = {float(clocks.pixel_hz) / MHZ:g} Mpx/s",
            ),
        ]
        output = "the pixel PLL"
        if v["pll_mode"] & 1:
            output = self._pll(("op_pre_pll_clk_div", "op_pll_multiplier"), float(clocks.output_pll_hz))
        return [*rows, ("output PLL", output)]

    def _timing(self) -> list[tuple[str, str]]:
        one, geometry = self.one, self.one.geometry
        rows = [
            ("line", f"{one.line_clocks} clocks = {float(one.line_ns) / US:.3f} us"),
            ("frame", f"{one.frame_lines} lines = {float(one.frame_ns) / MS:.3f} ms"),
            ("rate", f"{one.rate_hz:.3f} frames/s" if one.streams else "no frames"),
            (
                "blanking",
                f"{one.line_clocks - geometry.width} clocks, {one.frame_lines - geometry.height} lines",
            ),
        ]
        return rows + (
            [("frame length", "grows with the exposure")] if self.values["frame_length_ctrl"] & 1 else []
        )

    def _image(self) -> list[tuple[str, str]]:
        one, x, y = self.one, self.one.geometry.x, self.one.geometry.y
        rows = [
            ("sent", f"{x.sent} x {y.sent}, RAW{one.bits}, {one.geometry.cfa}"),
            ("window", f"columns {x.start} .. {x.end}, rows {y.start} .. {y.end}"),
        ]
        if x.even + x.odd + y.even + y.odd > 4:
            rows.append(("sub-sampling", f"columns {_share(x)}, rows {_share(y)}"))
        if x.binned * y.binned > 1:
            rows.append(("binning", f"{x.binned} x {y.binned}"))
        if (x.crop, y.crop, x.cropped, y.cropped) != (0, 0, x.read, y.read):
            rows.append(("digital crop", f"{x.cropped} x {y.cropped} at ({x.crop}, {y.crop})"))
        if max(x.scale, y.scale) > UNSCALED:
            rows.append(("scaler", f"columns 16/{x.scale}, rows 16/{y.scale}"))
        orientation = self.sheet.registers["image_orientation"].values[self.values["image_orientation"] & 3]
        rows += [("orientation", orientation), ("black level", f"{one.black_level} DN")]
        if one.test_pattern:
            rows.append(("test pattern", self.sheet.registers["test_pattern_mode"].values[one.test_pattern]))
        return rows

    def _exposure(self, each: Integration) -> list[tuple[str, str]]:
        analogue = float(each.analogue_gain)
        digital = sorted({float(gain) for gain in each.digital_gains})
        fine = f" and {each.clocks} clocks" if each.clocks else ""
        rows = [
            ("time", f"{each.lines} lines{fine} = {float(self.one.exposure_ns(each)) / US:.1f} us"),
            ("analogue gain", f"{analogue:.3f}, {20 * log10(analogue):.2f} dB"),
            (
                "digital gain",
                " to ".join(f"{gain:.3f}" for gain in (digital[0], digital[-1])[: len(digital)]),
            ),
        ]
        if len(self.one.integrations) > 1:
            rows.append(("channel", f"{each.channel}, read {each.read_lines} lines after the first"))
        return rows

    def _link(self) -> list[tuple[str, str]]:
        one, clocks = self.one, self.one.clocks
        payload = one.geometry.width * one.bits // 8
        lane_Mbps = float(clocks.lane_bps) / MHZ
        used = one.rate_hz * len(one.integrations) * one.geometry.height * (payload + LONG_PACKET_BYTES) * 8
        budget = float(one.link_bps)
        return [
            ("lanes", f"{clocks.lanes} at {lane_Mbps:g} Mb/s, link frequency {lane_Mbps / 2:g} MHz"),
            ("line", f"{payload} bytes, {float(one.link_load):.1%} of its time"),
            ("data rate", f"{used / MHZ:.0f} of {budget / MHZ:.0f} Mb/s" if budget else "none"),
            ("stream", self.sheet.registers["mode_select"].values[self.values["mode_select"] & 1]),
        ]


def _missing(register: Register, dump: Dump) -> Iterator[int]:
    return (at for at in range(register.address, register.end) if at not in dump.memory)


def _share(line: Extent) -> str:
    return f"2 of {line.even + line.odd}" if line.even + line.odd > 2 else "all"


def explain(text: str, sheet: RegisterSheet, inck_hz: int | None = None) -> Explanation:
    """Explain a dump; without inck_hz the input clock is what the registers say.

    Raises:
        DumpInvalid: no register was found in it
    """
    bus = sheet.bus
    dump = parse(text, frozenset({bus.address_low, bus.address_high}))
    if not dump.memory:
        where = f"line 1 is {text.splitlines()[0].strip()[:40]!r}" if text.strip() else "it is empty"
        raise DumpInvalid(
            f"no register is in the dump: {where}; `0x0340 0x0c1e` or `0340: 0c 1e` would be one"
        )
    memory = bytearray(sheet.reset)
    for address, byte in dump.memory.items():
        memory[address] = byte
    values = {
        name: int.from_bytes(memory[register.address : register.end], "big")
        for name, register in sheet.registers.items()
    }
    known = {
        name: 1 - len([*_missing(register, dump)]) / register.bytes
        for name, register in sheet.registers.items()
    }
    hz = inck_hz or round(values["extclk_frequency_mhz"] * MHZ / 256)
    one = configure(sheet, values, hz)
    half = tuple(
        name
        for name, share in known.items()
        if 0 < share < 1 and any(sheet.reset[at] for at in _missing(sheet.registers[name], dump))
    )
    model = sheet.registers["sensor_model_id"]
    wrong = []
    if known[model.name] == 1 and values[model.name] != model.reset:
        text = f"{values[model.name]:#06x} is another sensor than {sheet.title}, {model.reset:#06x}"
        wrong.append(Remark("doubtful", model.name, text))
    return Explanation(
        sheet,
        dump,
        values,
        one,
        tuple(name for name in NEEDED if known[name] == 0),
        half,
        (*wrong, *one.remarks),
    )
