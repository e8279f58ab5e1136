"""The sum of a sensor's registers: clocks, timing, image, exposures, and what is wrong with them.

`configure` is a pure function: values of registers and the input clock in, `Configuration` out. It takes any
values. What the chip cannot do becomes a `Remark`, with what it does instead; where no source says that, the
remark says that it is assumed.

    input clock / pre_pll_clk_div * pll_multiplier = pixel PLL
    pixel PLL / (vt_pix_clk_div * vt_sys_clk_div) * 4 = pixel rate; line_length_pck of it are a line
    pixel PLL, or output PLL in dual mode, / op_sys_clk_div = rate of a lane

The way of an image, and its registers:

    array -> x_addr, y_addr (window) -> x_odd_inc, y_odd_inc (sub-sampling) -> binning -> mirror, flip
          -> digital_crop -> scale_m -> x_output_size, y_output_size

Frame length and exposure are counted in lines of the readout, so neither crop nor scale changes the rate.
Sources: public drivers of IMX412, IMX477 and IMX577, MIPI CCS; the numbers are in the register sheet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from camtwin.camera.registers.geometry import Geometry, geometry_of
from camtwin.camera.registers.power import power_share
from camtwin.camera.registers.remarks import Remark, Remarks
from camtwin.models import RegisterSheet
from camtwin.pixels import CSI2_FORMATS
from camtwin.units import SEC, Ns
from camtwin.wire.csi2.lanes import MAX_BITS_PER_S, MIN_BITS_PER_S, WAKE_UP_NS, Lanes
from camtwin.wire.csi2.packets import OVERHEAD_BYTES

Values = Mapping[str, int]
MHZ = 1_000_000
FORMATS = {0x0A0A: 10, 0x0C0C: 12}
"""Bits of a pixel on the link, by csi_data_format."""
LANES = {1: 2, 3: 4}
"""Number of data lanes, by csi_lane_mode."""
MIN_WIDTH = 4
"""Pixels that RAW10 packs together, and that an embedded line needs."""
UNITY = 256
"""Code of digital gain 1."""
PEDESTAL = 256
"""Black level at 12 bits, unless manual_pedestal says another one."""
COLOURS = ("red", "greenr", "greenb", "blue")


@dataclass(frozen=True, slots=True)
class ClockTree:
    """Clocks that follow from the input clock; fractions in Hz, 0 where a divider is 0.

    lane_bps: bits a second of one lane. pixel_hz: clock that lines are counted in.
    """

    inck_hz: int
    pixel_pll_hz: Fraction
    output_pll_hz: Fraction
    pixel_hz: Fraction
    lane_bps: Fraction
    lanes: int


@dataclass(frozen=True, slots=True)
class Integration:
    """One exposure of a picture.

    lines and clocks: its length. analogue_gain; digital_gains of red, green in red rows, green in blue rows,
    blue. read_lines: lines from the readout of a row's first exposure to that of this one. channel: virtual
    channel of its lines.
    """

    lines: int
    clocks: int
    analogue_gain: Fraction
    digital_gains: tuple[Fraction, Fraction, Fraction, Fraction]
    read_lines: int
    channel: int


@dataclass(frozen=True, slots=True)
class Configuration:
    """The drive of a sensor that follows from its registers.

    frame_lines: lines of a frame, blanking and both exposures included. test_colours: red, green in red rows,
    green in blue rows, blue, at 12 bits. corrects_defects: single hot and dead pixels. ulps: the lanes sleep
    between frames. power_share: power beside that of the full 10-bit drive mode (power.py). remarks: what the
    chip cannot do, or nobody is known to have done.
    """

    clocks: ClockTree
    geometry: Geometry
    bits: int
    adc_bits: int
    line_clocks: int
    frame_lines: int
    integrations: tuple[Integration, ...]
    black_level: int
    test_pattern: int
    test_colours: tuple[int, int, int, int]
    embedded_lines: int
    corrects_defects: bool
    ulps: bool
    power_share: float
    remarks: tuple[Remark, ...]

    @property
    def streams(self) -> bool:
        """Whether frames come, once the stream is started."""
        return not any(remark.kind == "stops" for remark in self.remarks)

    @property
    def line_ns(self) -> Fraction:
        """Duration of a line, in ns; 0 without a pixel clock."""
        return _line_ns(self.line_clocks, self.clocks)

    @property
    def frame_ns(self) -> Fraction:
        """Time from one frame to the next, in ns."""
        return self.frame_lines * self.line_ns

    @property
    def rate_hz(self) -> float:
        """Frames a second; 0 if none come."""
        return float(SEC / self.frame_ns) if self.streams else 0.0

    def exposure_ns(self, integration: Integration) -> Fraction:
        """Return the length of an exposure, in ns."""
        return integration.lines * self.line_ns + _line_ns(integration.clocks, self.clocks)

    @property
    def link_bps(self) -> Fraction:
        """Bits a second of all lanes together."""
        return self.clocks.lanes * self.clocks.lane_bps

    @property
    def link_load(self) -> Fraction:
        """Share of a line's time that its pixels take on the link; 0 without clocks."""
        return _link_load(self.clocks, self.line_ns, self.geometry.width * self.bits)


def _line_ns(clocks: int, tree: ClockTree) -> Fraction:
    return Fraction(clocks * SEC) / tree.pixel_hz if tree.pixel_hz else Fraction(0)


def _link_load(clocks: ClockTree, line_ns: Fraction, payload_bits: int) -> Fraction:
    budget = clocks.lanes * clocks.lane_bps * line_ns / SEC
    return payload_bits / budget if budget else Fraction(0)


def _burst_ns(clocks: ClockTree, payload_bytes: int) -> Ns:
    """Return how long a line's packet occupies the lanes; 0 with lanes that there are not."""
    lane_bps = round(clocks.lane_bps)
    if not MIN_BITS_PER_S <= lane_bps <= MAX_BITS_PER_S:
        return 0
    return Lanes(clocks.lanes, lane_bps).burst_ns(payload_bytes + OVERHEAD_BYTES)


def configure(sheet: RegisterSheet, values: Values, inck_hz: int) -> Configuration:
    """Return what the sensor does with these values of its registers, by name, and this input clock.

    Never raises: values beyond what the chip can do are remarked upon.
    """
    remarks = Remarks(sheet)
    adc_bits = 12 if values["adbit_mode"] & 1 else 10
    bits = FORMATS.get(values["csi_data_format"], adc_bits)
    clocks = _clocks(sheet, values, inck_hz, bits, remarks)
    exposures = 2 if values["dol_en"] & 1 and values["dol_num"] == 1 else 1
    header = sheet.timing.dol_header_columns if exposures == 2 else 0
    geometry = geometry_of(sheet, values, header, remarks)
    line_clocks = values["line_length_pck"]
    frame_lines, integrations = _exposures(sheet, values, exposures, geometry.rows, remarks)
    if values["csi_data_format"] not in FORMATS:
        remarks.stops(
            "csi_data_format",
            f"{values['csi_data_format']:#06x} is neither RAW10 (0x0A0A) nor RAW12 (0x0C0C)",
        )
    elif bits != adc_bits:
        remarks.doubtful("adbit_mode", f"converts to {adc_bits} bits, and RAW{bits} is sent")
    if line_clocks < geometry.columns:
        remarks.stops(
            "line_length_pck", f"{line_clocks} is less than the {geometry.columns} pixels of a line"
        )
    pedestal = PEDESTAL
    if values["manual_pedestal_enable"] & 1:
        most = sheet.registers["manual_pedestal"].top
        pedestal = remarks.at_most("manual_pedestal", values["manual_pedestal"], most)
    pattern = values["test_pattern_mode"]
    if pattern > sheet.registers["test_pattern_mode"].top:
        remarks.alters("test_pattern_mode", f"there is no pattern {pattern}", "the image is sent (assumed)")
        pattern = 0
    line_ns, ulps = _line_ns(line_clocks, clocks), bool(values["ulps_between_frames"] & 1)
    embedded_lines = min(values["embedded_data_lines"], sheet.registers["embedded_data_lines"].top)
    lines_sent = exposures * (embedded_lines + geometry.height + 2) + integrations[-1].read_lines
    share = power_share(
        sheet,
        samples=exposures * geometry.y.read * (geometry.x.end - geometry.x.start + 1),
        link_bps=clocks.lanes * clocks.lane_bps,
        frame_ns=frame_lines * line_ns,
        asleep_ns=max(Fraction(0), (frame_lines - lines_sent) * line_ns - WAKE_UP_NS) * ulps,
    )
    _check_link(sheet, clocks, line_ns, geometry.width, bits, remarks)
    red, greenr, greenb, blue = (values[f"test_data_{name}"] & 0x0FFF for name in COLOURS)
    return Configuration(
        clocks=clocks,
        geometry=geometry,
        bits=bits,
        adc_bits=adc_bits,
        line_clocks=line_clocks,
        frame_lines=frame_lines,
        integrations=integrations,
        black_level=pedestal >> 12 - bits,
        test_pattern=pattern,
        test_colours=(red, greenr, greenb, blue),
        embedded_lines=embedded_lines,
        corrects_defects=bool(values["single_defect_correct_en"] & 1),
        ulps=ulps,
        power_share=share,
        remarks=tuple(remarks),
    )


def _clocks(sheet: RegisterSheet, values: Values, inck_hz: int, bits: int, remarks: Remarks) -> ClockTree:
    limits = sheet.clocks
    if inck_hz not in (mhz * MHZ for mhz in limits.inck_MHz):
        known = ", ".join(map(str, limits.inck_MHz))
        remarks.doubtful("INCK", f"{inck_hz / MHZ:g} MHz is none of {known} MHz")
    told_hz = Fraction(values["extclk_frequency_mhz"] * MHZ, 256)
    if abs(told_hz - inck_hz) > MHZ / 256:
        remarks.doubtful(
            "extclk_frequency_mhz", f"says {float(told_hz) / MHZ:g} MHz, and INCK is {inck_hz / MHZ:g} MHz"
        )
    pixel_pll_hz = _pll(sheet, values, inck_hz, ("pre_pll_clk_div", "pll_multiplier"), remarks)
    output_pll_hz = pixel_pll_hz
    if values["pll_mode"] & 1:
        names = ("op_pre_pll_clk_div", "op_pll_multiplier")
        output_pll_hz = _pll(sheet, values, inck_hz, names, remarks)
    pixel_hz = limits.pixels_per_clock * _divided(
        pixel_pll_hz, values, ("vt_pix_clk_div", "vt_sys_clk_div"), remarks
    )
    if pixel_hz > sheet.sensor.timing.clock_hz:
        most = sheet.sensor.timing.clock_hz / MHZ
        remarks.doubtful(
            "vt_pix_clk_div", f"{float(pixel_hz) / MHZ:g} Mpx/s are above the {most:g} of drivers"
        )
    lane_bps = _divided(output_pll_hz, values, ("op_sys_clk_div",), remarks)
    if lane_bps and not limits.lane_min_Mbps * MHZ <= lane_bps <= limits.lane_Mbps * MHZ:
        remarks.stops(
            "op_sys_clk_div",
            f"{float(lane_bps) / MHZ:g} Mb/s a lane are not in "
            f"{limits.lane_min_Mbps} .. {limits.lane_Mbps} Mb/s",
        )
    if values["op_pix_clk_div"] != bits:
        remarks.doubtful("op_pix_clk_div", f"{values['op_pix_clk_div']} is not the {bits} bits of a pixel")
    lanes = LANES.get(values["csi_lane_mode"], 0)
    if not lanes:
        remarks.stops("csi_lane_mode", f"{values['csi_lane_mode']} is neither 1 (2 lanes) nor 3 (4 lanes)")
    told_Mbps = values["requested_link_rate"] / 65536
    if lanes and abs(told_Mbps - (real_Mbps := float(lanes * lane_bps) / MHZ)) > real_Mbps / 100:
        remarks.doubtful("requested_link_rate", f"says {told_Mbps:g} Mb/s, and PLLs give {real_Mbps:g} Mb/s")
    return ClockTree(inck_hz, pixel_pll_hz, output_pll_hz, pixel_hz, lane_bps, lanes)


def _pll(
    sheet: RegisterSheet, values: Values, inck_hz: int, names: tuple[str, str], remarks: Remarks
) -> Fraction:
    """Return the frequency of a PLL; one that is out of its range does not lock."""
    divider, multiplier = names
    into_hz = _divided(Fraction(inck_hz), values, (divider,), remarks)
    out_hz = into_hz * values[multiplier]
    for name, what, hz, (low, high) in (
        (divider, "into", into_hz, sheet.clocks.pll_in_MHz),
        (multiplier, "out of", out_hz, sheet.clocks.pll_out_MHz),
    ):
        if not low * MHZ <= hz <= high * MHZ:
            remarks.stops(name, f"{float(hz) / MHZ:g} MHz {what} the PLL are not in {low} .. {high} MHz")
    return out_hz


def _divided(hz: Fraction, values: Values, names: tuple[str, ...], remarks: Remarks) -> Fraction:
    for name in names:
        if not values[name]:
            remarks.stops(name, "a divider of 0 gives no clock")
            return Fraction(0)
        hz /= values[name]
    return hz


def _shifted(value: int, name: str, values: Values, sheet: RegisterSheet, remarks: Remarks) -> int:
    return value << remarks.at_most(name, values[name], sheet.timing.max_shift)


def _exposures(
    sheet: RegisterSheet, values: Values, count: int, rows: int, remarks: Remarks
) -> tuple[int, tuple[Integration, ...]]:
    """Return the lines of a frame, and its exposures."""
    t = sheet.timing
    frame_lines = count * _shifted(values["frame_length_lines"], "fll_lshift", values, sheet, remarks)
    if frame_lines < (least := count * (rows + t.min_blank_lines)):
        remarks.alters(
            "frame_length_lines",
            f"{frame_lines // count} lines are below the {least // count} that {rows} rows need",
            f"a frame takes {least // count} lines (assumed)",
        )
        frame_lines = least
    if count == 2:
        return frame_lines, _pair(sheet, values, frame_lines, rows, remarks)
    lines = _shifted(values["coarse_integration_time"], "cit_lshift", values, sheet, remarks)
    lines = remarks.at_least("coarse_integration_time", lines, t.min_exposure_lines)
    if values["frame_length_ctrl"] & 1:
        frame_lines = max(frame_lines, lines + t.exposure_margin_lines)
    lines = remarks.at_most("coarse_integration_time", lines, frame_lines - t.exposure_margin_lines)
    clocks = remarks.at_most(
        "fine_integration_time", values["fine_integration_time"], max(values["line_length_pck"] - 1, 0)
    )
    colours = ("greenr",) * 4 if values["dpga_use_global_gain"] & 1 else COLOURS
    red, greenr, greenb, blue = (_digital(sheet, values, f"digital_gain_{one}", remarks) for one in colours)
    gain = _analogue(sheet, values, "analog_gain_code_global", remarks)
    channel = values["csi_channel_identifier"] & 3
    return frame_lines, (Integration(lines, clocks, gain, (red, greenr, greenb, blue), 0, channel),)


def _pair(
    sheet: RegisterSheet, values: Values, frame_lines: int, rows: int, remarks: Remarks
) -> tuple[Integration, Integration]:
    """Return the long and the short exposure of a picture; a row's short one follows its long one."""
    t = sheet.timing
    most_apart = frame_lines - rows - t.dol_readout_margin_lines
    apart = remarks.at_most("dol_rhs1", values["dol_rhs1"], most_apart)
    apart = remarks.at_least("dol_rhs1", apart, t.dol_gap_lines + t.min_exposure_lines)
    found = []
    for part, name, most, read_lines, channel in (
        (
            "long",
            "dol_long_integration_time",
            frame_lines - t.dol_long_margin_lines,
            0,
            "csi_channel_identifier",
        ),
        ("short", "dol_short_integration_time", apart - t.dol_gap_lines, apart, "dol_short_channel"),
    ):
        if values[name] % 2:
            remarks.doubtful(name, f"{values[name]} lines are odd; drivers set even ones")
        lines = remarks.at_least(name, values[name], t.min_exposure_lines)
        lines = remarks.at_most(name, lines, most)
        gain = _analogue(sheet, values, f"dol_{part}_analog_gain", remarks)
        digital = _digital(sheet, values, f"dol_{part}_digital_gain", remarks)
        found.append(
            Integration(lines, 0, gain, (digital, digital, digital, digital), read_lines, values[channel] & 3)
        )
    long, short = found
    if long.channel == short.channel:
        remarks.stops("dol_short_channel", f"channel {short.channel} is that of the long exposure")
    return long, short


def _analogue(sheet: RegisterSheet, values: Values, name: str, remarks: Remarks) -> Fraction:
    return Fraction(1024, 1024 - remarks.at_most(name, values[name], sheet.gain.max_analogue_code))


def _digital(sheet: RegisterSheet, values: Values, name: str, remarks: Remarks) -> Fraction:
    code = remarks.at_most(name, values[name], sheet.gain.max_digital_code)
    return Fraction(remarks.at_least(name, code, UNITY), UNITY)


def _check_link(
    sheet: RegisterSheet, clocks: ClockTree, line_ns: Fraction, width: int, bits: int, remarks: Remarks
) -> None:
    """Remark upon lines that the link cannot carry."""
    group = CSI2_FORMATS[bits].group[0]
    if 0 < width < MIN_WIDTH:
        remarks.stops("x_output_size", f"{width} pixels are fewer than {MIN_WIDTH}, the least on the link")
    load = _link_load(clocks, line_ns, width * bits)
    text = f"the pixels of a line take {float(load):.1%} of its time on the link"
    if load > 1:
        remarks.stops("line_length_pck", text)
    elif load and (needed_ns := _burst_ns(clocks, width // group * group * bits // 8)) > line_ns:
        remarks.stops(
            "line_length_pck", f"the packet of a line takes {needed_ns} ns on the link, more than the line"
        )
    elif load > 1 - sheet.clocks.link_margin:
        remarks.doubtful("line_length_pck", text)
