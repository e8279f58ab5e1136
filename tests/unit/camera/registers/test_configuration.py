"""What registers add up to: modes of drivers and of the data sheet, limits, and any values."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camtwin.camera.registers.configuration import Configuration, configure
from unit.camera.registers.legal import expected, legal
from unit.camera.registers.programs import DRIVE, FAMILY, MHZ, RESET, SHEET, drive, family, window

INCK_HZ = 24 * MHZ


def of(values: dict[str, int], inck_hz: int = INCK_HZ) -> Configuration:
    return configure(SHEET, values, inck_hz)


def remarked(values: dict[str, int], inck_hz: int = INCK_HZ) -> list[tuple[str, str]]:
    return [(remark.kind, remark.register) for remark in of(values, inck_hz).remarks]


# -- modes ---------------------------------------------------------------------------------------------
def test_there_are_23_modes_of_drivers():
    assert len(FAMILY) == 23


@pytest.mark.parametrize("number", range(23))
def test_a_mode_of_a_driver(number):
    mode = FAMILY[number]
    values, inck_hz = family(mode)
    one = of(values, inck_hz)
    assert one.remarks == ()
    assert one.rate_hz == pytest.approx(float(mode["fps_computed"]), rel=1e-4)
    assert one.clocks.pixel_hz == int(mode["pixel_rate_hz"])
    assert float(one.clocks.lane_bps) / MHZ == pytest.approx(float(mode["lane_mbps"]), rel=1e-9)
    assert (one.geometry.width, one.geometry.height) == (int(mode["width"]), int(mode["height"]))
    assert (one.bits, one.adc_bits, one.clocks.lanes) == (int(mode["bits"]),) * 2 + (int(mode["lanes"]),)
    assert len(one.integrations) == 1 + int(mode["dol"])
    assert one.geometry.cfa == "RGGB"


@pytest.mark.parametrize("name", DRIVE)
def test_a_drive_mode_of_the_data_sheet(name):
    rows, bits, binning, *_, exposures, fps = DRIVE[name]
    one = of(drive(name))
    assert one.remarks == ()
    assert one.rate_hz == pytest.approx(fps, rel=0.01)
    assert (one.geometry.width, one.geometry.height, one.bits) == (4056 // binning, rows, bits)
    assert len(one.integrations) == exposures
    assert one.black_level == {10: 64, 12: 256}[bits]


def test_rates_of_the_facts():
    rates = {name: round(of(drive(name)).rate_hz, 2) for name in DRIVE}
    assert rates == {"Full10": 60.02, "Full12": 40.0, "Uhd": 79.56, "FullHd": 240.02, "Dol": 30.01}


@pytest.mark.parametrize(
    ("name", "load"), [("Full10", 0.90), ("Full12", 0.78), ("Uhd", 0.90), ("FullHd", 0.68), ("Dol", 0.90)]
)
def test_load_of_the_link(name, load):
    assert float(of(drive(name)).link_load) == pytest.approx(load, abs=0.005)


# -- clocks --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("inck_MHz", "divider"), [(6, 1), (12, 2), (18, 3), (24, 4)])
def test_each_input_clock_gives_the_same_rate(inck_MHz, divider):
    values = drive("Full10") | {"pre_pll_clk_div": divider, "extclk_frequency_mhz": inck_MHz << 8}
    one = of(values, inck_MHz * MHZ)
    assert (one.remarks, round(one.rate_hz, 3)) == ((), 60.016)


def test_two_plls_move_apart():
    alone = drive("Full10") | {"pll_mode": 1, "op_pll_multiplier": 166, "op_sys_clk_div": 1}
    both = of(alone), of(alone | {"op_pll_multiplier": 170}), of(alone | {"pll_multiplier": 340})
    assert [float(one.clocks.lane_bps) / MHZ for one in both] == [1992, 2040, 1992]
    assert [round(float(one.line_ns), 1) for one in both] == [5371.4, 5371.4, 5529.4]


@pytest.mark.parametrize(
    ("changes", "inck_MHz", "expected"),
    [
        ({}, 20, ("doubtful", "INCK")),
        ({}, 37.125, ("doubtful", "INCK")),
        ({}, 27, ("doubtful", "extclk_frequency_mhz")),
        ({"pll_multiplier": 351}, 24, ("stops", "pll_multiplier")),
        ({"pll_multiplier": 199}, 24, ("stops", "pll_multiplier")),
        ({"pre_pll_clk_div": 1}, 24, ("stops", "pre_pll_clk_div")),
        ({"pre_pll_clk_div": 0}, 24, ("stops", "pre_pll_clk_div")),
        ({"vt_sys_clk_div": 0}, 24, ("stops", "vt_sys_clk_div")),
        ({"vt_pix_clk_div": 4}, 24, ("doubtful", "vt_pix_clk_div")),
        ({"op_sys_clk_div": 0}, 24, ("stops", "op_sys_clk_div")),
        ({"op_pix_clk_div": 12}, 24, ("doubtful", "op_pix_clk_div")),
        ({"pll_mode": 1, "op_pll_multiplier": 90}, 24, ("stops", "op_pll_multiplier")),
        ({"requested_link_rate": 4800 << 16}, 24, ("doubtful", "requested_link_rate")),
        ({"csi_lane_mode": 0}, 24, ("stops", "csi_lane_mode")),
        ({"csi_lane_mode": 2}, 24, ("stops", "csi_lane_mode")),
        ({"csi_lane_mode": 1}, 24, ("stops", "line_length_pck")),
        ({"op_sys_clk_div": 2}, 24, ("stops", "line_length_pck")),
        ({"line_length_pck": 8440, "csi_lane_mode": 1}, 24, ("doubtful", "line_length_pck")),
        ({"line_length_pck": 4284}, 24, ("stops", "line_length_pck")),  # its pixels would fit
        ({"line_length_pck": 4000}, 24, ("stops", "line_length_pck")),
        ({"csi_data_format": 0x0808}, 24, ("stops", "csi_data_format")),
        ({"csi_data_format": 0x0C0C, "op_pix_clk_div": 12}, 24, ("doubtful", "adbit_mode")),
    ],
)
def test_clocks_and_links_that_no_chip_or_no_driver_has(changes, inck_MHz, expected):
    values, inck_hz = drive("Full10") | changes, round(inck_MHz * MHZ)
    assert expected in remarked(values, inck_hz)
    assert of(values, inck_hz).streams == (not any(kind == "stops" for kind, _ in remarked(values, inck_hz)))


def test_a_lane_above_its_rate():
    one = of(
        drive("Full10")
        | {"pll_mode": 1, "op_pre_pll_clk_div": 2, "op_pll_multiplier": 176, "op_sys_clk_div": 1}
    )
    assert ("stops", "op_sys_clk_div") in [(remark.kind, remark.register) for remark in one.remarks]
    assert "2112 Mb/s a lane are not in 80 .. 2100 Mb/s" in " ".join(map(str, one.remarks))
    assert one.rate_hz == 0


def test_a_lane_below_its_rate():
    one = of(drive("Full10") | {"op_sys_clk_div": 27, "line_length_pck": 65_535})
    assert ("stops", "op_sys_clk_div") in [(remark.kind, remark.register) for remark in one.remarks]
    assert "77.7778 Mb/s a lane are not in 80 .. 2100 Mb/s" in " ".join(map(str, one.remarks))


@pytest.mark.parametrize(
    ("changes", "share"),
    [
        ({}, 1),
        ({"frame_length_lines": 6204}, 1 - 0.40 / 2),
        ({"frame_length_lines": 6204, "ulps_between_frames": 1}, 1 - 0.40 / 2 - 0.25 * (0.5 - 0.0208)),
        ({"x_addr_end": 2027, "x_output_size": 2028}, 1 - 0.40 / 2),  # columns that are off
        ({"x_output_size": 2028}, 1),  # cropped behind the converters
        ({"csi_lane_mode": 1, "line_length_pck": 9024}, 0.35 + (0.40 + 0.25) / 2),
    ],
)
def test_power_as_a_share(changes, share):
    one = of(drive("Full10") | changes)
    assert one.streams
    assert one.power_share == pytest.approx(share, abs=0.001)


# -- exposure and gain -----------------------------------------------------------------------------------
def test_exposure_and_gain():
    one = of(
        drive("Full10")
        | {"coarse_integration_time": 1000, "fine_integration_time": 420, "analog_gain_code_global": 512}
    )
    (exposure,) = one.integrations
    assert one.exposure_ns(exposure) == Fraction(1000 * 4512 + 420, 840) * 1000
    assert (exposure.analogue_gain, exposure.digital_gains) == (2, (1, 1, 1, 1))
    values = drive("Full10") | {"analog_gain_code_global": 978, "digital_gain_greenr": 0x0180}
    (exposure,) = of(values).integrations
    assert float(exposure.analogue_gain) == pytest.approx(22.26, abs=0.005)
    assert exposure.digital_gains == (Fraction(3, 2),) * 4
    values |= {"dpga_use_global_gain": 0, "digital_gain_red": 0x0200, "digital_gain_blue": 0x0FFF}
    (exposure,) = of(values).integrations
    assert exposure.digital_gains == (2, Fraction(3, 2), 1, Fraction(0x0FFF, 256))


@pytest.mark.parametrize(
    ("changes", "lines", "frame_lines", "kinds"),
    [
        ({"coarse_integration_time": 3080}, 3080, 3102, []),
        ({"coarse_integration_time": 3081}, 3080, 3102, ["alters"]),
        ({"coarse_integration_time": 4000, "frame_length_ctrl": 1}, 4000, 4022, []),
        ({"coarse_integration_time": 0}, 1, 3102, ["alters"]),
        ({"coarse_integration_time": 1000, "cit_lshift": 3, "fll_lshift": 3}, 8000, 24816, []),
        ({"coarse_integration_time": 1000, "cit_lshift": 9, "fll_lshift": 7}, 128_000, 397_056, ["alters"]),
        ({"coarse_integration_time": 1000, "frame_length_lines": 3000}, 1000, 3092, ["alters"]),
    ],
)
def test_exposure_and_frame_length(changes, lines, frame_lines, kinds):
    one = of(drive("Full10") | changes)
    assert (one.integrations[0].lines, one.frame_lines) == (lines, frame_lines)
    assert [remark.kind for remark in one.remarks] == kinds


@pytest.mark.parametrize(
    ("name", "code", "gain"),
    [
        ("analog_gain_code_global", 979, Fraction(1024, 46)),
        ("analog_gain_code_global", 0xFFFF, Fraction(1024, 46)),
        ("digital_gain_greenr", 0x00FF, 1),
        ("digital_gain_greenr", 0x1000, Fraction(0x0FFF, 256)),
    ],
)
def test_gains_beyond_their_range(name, code, gain):
    one = of(drive("Full10") | {name: code})
    exposure = one.integrations[0]
    assert (exposure.analogue_gain if "analog" in name else exposure.digital_gains[0]) == gain
    assert [(remark.kind, remark.register) for remark in one.remarks] == [("alters", name)]


def test_two_exposures():
    values = drive("Dol") | {
        "dol_short_analog_gain": 512,
        "dol_long_digital_gain": 0x0200,
        "dol_short_channel": 1,
    }
    long, short = of(values).integrations
    assert (long.lines, short.lines, short.read_lines) == (6204 - 46, 400, 422)
    assert (long.analogue_gain, short.analogue_gain) == (1, 2)
    assert (long.digital_gains[0], short.digital_gains[0]) == (2, 1)
    assert (long.channel, short.channel) == (0, 1)


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"dol_long_integration_time": 6160}, (6158, 400)),
        ({"dol_short_integration_time": 3106, "dol_rhs1": 3128}, (6158, 3105)),
        ({"dol_short_integration_time": 402}, (6158, 400)),
        ({"dol_rhs1": 0}, (6158, 1)),
    ],
)
def test_two_exposures_beyond_their_frame(changes, lines):
    one = of(drive("Dol") | changes)
    assert tuple(each.lines for each in one.integrations) == lines
    assert {remark.kind for remark in one.remarks} == {"alters"}


def test_two_exposures_cannot_share_a_channel():
    one = of(drive("Dol") | {"csi_channel_identifier": 2, "dol_short_channel": 2})
    assert [str(remark) for remark in one.remarks] == [
        "dol_short_channel: channel 2 is that of the long exposure; no frames come (assumed)"
    ]
    assert not one.streams


def test_black_level_and_pattern():
    manual = {"manual_pedestal_enable": 1, "manual_pedestal": 400}
    assert [of(drive(name) | manual).black_level for name in ("Full10", "Full12")] == [100, 400]
    assert of(drive("Full12") | manual | {"manual_pedestal": 2000}).black_level == 1023
    one = of(drive("Full10") | {"test_pattern_mode": 1, "test_data_red": 0x0FFF, "test_data_blue": 0x0123})
    assert (one.test_pattern, one.test_colours) == (1, (0x0FFF, 0, 0, 0x0123))
    one = of(drive("Full10") | {"test_pattern_mode": 7})
    assert (one.test_pattern, [str(remark) for remark in one.remarks]) == (
        0,
        ["test_pattern_mode: there is no pattern 7; the image is sent (assumed)"],
    )


# -- image -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("orientation", "start", "cfa"),
    [
        (0, (0, 0), "RGGB"),
        (1, (0, 0), "GRBG"),
        (2, (0, 0), "GBRG"),
        (3, (0, 0), "BGGR"),
        (0, (1, 0), "GRBG"),
        (0, (0, 1), "GBRG"),
        (1, (1, 1), "GBRG"),
    ],
)
def test_colours_of_the_first_pixels(orientation, start, cfa):
    values = drive("Full10") | window((*start, 4000, 3000), (0, 0, 4000, 3000), 1, 16)
    values |= {"image_orientation": orientation, "x_output_size": 4000, "y_output_size": 3000}
    assert of(values).geometry.cfa == cfa


def test_vertical_sub_sampling_makes_a_frame_shorter():
    values = drive("Full10") | {"y_odd_inc": 3, "y_output_size": 1520, "frame_length_lines": 1572}
    one = of(values)
    assert (one.geometry.height, one.geometry.cfa, one.remarks) == (1520, "RGGB", ())
    assert [one.geometry.y.place(row) for row in range(6)] == [0, 1, 4, 5, 8, 9]
    assert one.rate_hz == pytest.approx(60.016 * 3102 / 1572, rel=1e-5)


def test_scaling_makes_it_no_faster():
    scaled = drive("Full10") | {
        "scaling_mode": 2,
        "scale_m": 32,
        "x_output_size": 2028,
        "y_output_size": 1520,
    }
    one = of(scaled)
    assert (one.geometry.width, one.geometry.height, round(one.rate_hz, 2)) == (2028, 1520, 60.02)
    one = of(scaled | {"scaling_mode": 1, "y_output_size": 3040})
    assert (one.geometry.width, one.geometry.height) == (2028, 3040)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"x_addr_end": 4056}, ("alters", "x_addr_end")),
        ({"y_addr_start": 3000, "y_addr_end": 2000}, ("stops", "y_addr_start")),
        ({"y_even_inc": 0}, ("alters", "y_even_inc")),
        ({"x_odd_inc": 3}, ("doubtful", "x_odd_inc")),
        ({"y_odd_inc": 2}, ("doubtful", "y_odd_inc")),
        ({"binning_mode": 1, "binning_type": 0x24}, ("alters", "binning_type")),
        ({"scaling_mode": 3}, ("alters", "scaling_mode")),
        ({"scaling_mode": 2, "scale_m": 15}, ("alters", "scale_m")),
        ({"digital_crop_x_offset": 4056}, ("stops", "digital_crop_x_offset")),
        ({"digital_crop_image_height": 0}, ("stops", "digital_crop_y_offset")),
        ({"x_output_size": 4060}, ("alters", "x_output_size")),
        ({"y_output_size": 0}, ("stops", "y_output_size")),
    ],
)
def test_images_that_no_chip_gives(changes, expected):
    assert expected in remarked(drive("Full10") | changes)


# -- any values ------------------------------------------------------------------------------------------
@settings(max_examples=150, deadline=None)
@given(legal())
def test_any_legal_values_are_what_a_second_calculation_says(found):
    values, inck_hz = found
    one, wanted = of(values, inck_hz), expected(values, inck_hz)
    assert (one.geometry.width, one.geometry.height) == (len(wanted.columns), len(wanted.rows))
    assert (one.geometry.columns, one.geometry.rows) == wanted.read
    assert one.geometry.x.place(0) == wanted.columns[0]
    assert one.geometry.y.place(0) == wanted.rows[0]
    if len(wanted.columns) > 1 and len(wanted.rows) > 1:
        assert one.geometry.cfa == wanted.cfa
    assert float(one.frame_ns) == pytest.approx(wanted.frame_s * 1e9, rel=1e-12)
    exposure_ns = float(one.exposure_ns(one.integrations[0]))
    assert exposure_ns == pytest.approx(wanted.exposure_s * 1e9, rel=1e-12)
    assert float(one.link_load) == pytest.approx(wanted.load, rel=1e-12)
    told = [one for one in one.remarks if one.register not in ("line_length_pck", "x_output_size")]
    assert [remark for remark in told if remark.kind != "doubtful"] == []
    assert one.streams == wanted.fits


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_values_raise(data):
    odd = st.sampled_from((0, 1, 2, 3, 0x0A0A, 0x0C0C, 0xFFFF, 0xFFFFFFFF))
    names = data.draw(st.lists(st.sampled_from(sorted(RESET)), max_size=40, unique=True))
    base = data.draw(st.sampled_from([RESET, *map(drive, DRIVE)]))
    values = dict(base)
    for name in names:
        top = (1 << 8 * SHEET.registers[name].bytes) - 1
        values[name] = data.draw(st.one_of(odd, st.integers(0, top))) & top
    one = of(values, data.draw(st.sampled_from((0, 1, 6 * MHZ, INCK_HZ, 10**9))))
    assert one.streams == (one.rate_hz > 0)
    assert 0 <= one.geometry.width <= 4056
    assert 0 <= one.geometry.height <= 3040
    assert one.frame_lines >= one.integrations[0].lines + 22
    assert all(0 <= remark.text.count("\n") < 1 for remark in one.remarks)
    if one.streams:
        assert one.geometry.width * one.geometry.height > 0
        assert one.link_load <= 1
        assert one.clocks.lane_bps <= 2_100_000_000
