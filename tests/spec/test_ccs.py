"""MIPI CCS: names, addresses and sizes of registers, typed from the public names in Linux (ccs-regs.h)."""

from __future__ import annotations

import pytest

from camtwin import models

CCS = {
    "frame_count": (0x0005, 1),
    "pixel_order": (0x0006, 1),
    "data_pedestal": (0x0008, 2),
    "sensor_model_id": (0x0016, 2),
    "mode_select": (0x0100, 1),
    "image_orientation": (0x0101, 1),
    "software_reset": (0x0103, 1),
    "grouped_parameter_hold": (0x0104, 1),
    "mask_corrupted_frames": (0x0105, 1),
    "fast_standby_ctrl": (0x0106, 1),
    "csi_channel_identifier": (0x0110, 1),
    "csi_data_format": (0x0112, 2),
    "csi_lane_mode": (0x0114, 1),
    "extclk_frequency_mhz": (0x0136, 2),
    "temp_sensor_ctrl": (0x0138, 1),
    "temp_sensor_output": (0x013A, 1),
    "fine_integration_time": (0x0200, 2),
    "coarse_integration_time": (0x0202, 2),
    "analog_gain_code_global": (0x0204, 2),
    "hdr_mode": (0x0220, 1),
    "hdr_resolution_reduction": (0x0221, 1),
    "vt_pix_clk_div": (0x0300, 2),
    "vt_sys_clk_div": (0x0302, 2),
    "pre_pll_clk_div": (0x0304, 2),
    "pll_multiplier": (0x0306, 2),
    "op_pix_clk_div": (0x0308, 2),
    "op_sys_clk_div": (0x030A, 2),
    "op_pre_pll_clk_div": (0x030C, 2),
    "op_pll_multiplier": (0x030E, 2),
    "pll_mode": (0x0310, 1),
    "frame_length_lines": (0x0340, 2),
    "line_length_pck": (0x0342, 2),
    "x_addr_start": (0x0344, 2),
    "y_addr_start": (0x0346, 2),
    "x_addr_end": (0x0348, 2),
    "y_addr_end": (0x034A, 2),
    "x_output_size": (0x034C, 2),
    "y_output_size": (0x034E, 2),
    "frame_length_ctrl": (0x0350, 1),
    "x_even_inc": (0x0380, 2),
    "x_odd_inc": (0x0382, 2),
    "y_even_inc": (0x0384, 2),
    "y_odd_inc": (0x0386, 2),
    "scaling_mode": (0x0400, 2),
    "scale_m": (0x0404, 2),
    "digital_crop_x_offset": (0x0408, 2),
    "digital_crop_y_offset": (0x040A, 2),
    "digital_crop_image_width": (0x040C, 2),
    "digital_crop_image_height": (0x040E, 2),
    "test_pattern_mode": (0x0600, 2),
    "test_data_red": (0x0602, 2),
    "test_data_greenr": (0x0604, 2),
    "test_data_blue": (0x0606, 2),
    "test_data_greenb": (0x0608, 2),
    "phy_ctrl": (0x0808, 1),
    "requested_link_rate": (0x0820, 4),
    "binning_mode": (0x0900, 1),
    "binning_type": (0x0901, 1),
    "binning_weighting": (0x0902, 1),
    "data_transfer_if_1_ctrl": (0x0A00, 1),
    "data_transfer_if_1_status": (0x0A01, 1),
    "data_transfer_if_1_page_select": (0x0A02, 1),
    "mapped_defect_correct_en": (0x0B05, 1),
    "single_defect_correct_en": (0x0B06, 1),
    "second_cci_address_ctrl": (0x0109, 1),
}
SHEET = models.load_registers("imx412")


@pytest.mark.parametrize("name", CCS)
def test_a_register_of_ccs(name):
    register = SHEET.registers[name]
    assert (register.address, register.bytes) == CCS[name]


def test_the_rest_are_the_makers():
    rest = {name for name in SHEET.registers if name not in CCS}
    outside = {name for name in rest if 0x0100 <= SHEET.registers[name].address < 0x3000}
    assert outside == {  # SMIA's gains by colour, which CCS has dropped
        f"digital_gain_{colour}" for colour in ("greenr", "red", "blue", "greenb")
    }
