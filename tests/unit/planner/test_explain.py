"""Dumps of registers in the formats that people have, and what is said of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import warm
from camtwin.planner.dumps import parse
from camtwin.planner.explain import DumpInvalid, Explanation, explain
from unit.camera.registers.programs import DRIVE, FAMILY, SHEET, drive, family

ROOT = Path(__file__).parents[3]
ADDRESSES = frozenset({0x1A, 0x10})
WANTED = {0x0340: 0x0C, 0x0341: 0x1E, 0x0342: 0x11, 0x0343: 0xA0}


@pytest.mark.parametrize(
    "text",
    [
        "0340: 0c 1e 11 a0",
        "0x0340: 0x0c 0x1e 0x11 0xa0",
        "00000340  0c 1e 11 a0                                       |....|",
        "00000340: 0c1e 11a0                                ab.d",
        "0340: 0c1e 11a0  abcd",
        "033e: XX XX 0c 1e 11 a0 XX XX    ??.abcd?",
        "0x0340 0x0c1e\n0x0342 0x11a0",
        "0340 0c\n0341 1e\n0342 11\n0343 a0",
        "0340 = 0c1e\n0342 = 11a0",
        "0x0340=0xc1e\n0x342=0x11a0",
        "{0x0340, 0x0c}, {0x0341, 0x1e},\n\t{ 0x0342, 0x11 }, {0x0343, 0xA0}, // line length",
        "{CCI_REG16(0x0340), 0x0c1e}, { CCI_REG8(0x0342), 17 }, {CCI_REG8(0x0343), 0xa0},",
        "[ 12.3] imx412 10-001a: write reg 0x0340 val 0x0c1e\n[ 12.4] imx412 10-001a: reg 0x0342 <- 0x11a0",
        "i2ctransfer -y 10 w6@0x1a 0x03 0x40 0x0c 0x1e 0x11 0xa0\ni2ctransfer -y 10 w3@0x50 0x03 0x40 0xff",
        "a-7 [0] 1.2: i2c_write: i2c-10 #0 a=01a f=0000 l=6 [03-40-0c-1e-11-a0]\n"
        "a-7 [0] 1.3: i2c_write: i2c-10 #0 a=050 f=0000 l=3 [03-40-ff]",
        "i2c_write: i2c-1 #0 a=01a f=0000 l=2 [03-40]\n"
        "i2c_read: i2c-1 #1 a=01a f=0001 l=4\n"
        "i2c_reply: i2c-1 #1 a=01a f=0001 l=4 [0c-1e-11-a0]",
        "0340 ff\n0340: 0c 1e 11 a0",
        "# 0340: ff\n0340: 0c 1e 11 a0 # 3102 lines of 4512 clocks",
        "0340: 0c 1e 11 a0 and so on",
    ],
)
def test_formats(text):
    assert parse(text, ADDRESSES).memory == WANTED


def test_lines_in_which_nothing_is_found():
    dump = parse("# my sensor\n0x0340 0x0c\nWrote 0x0c to 0x0341\n\nversion 1.25 of 2026\n", ADDRESSES)
    assert dump.memory == {0x0340: 0x0C}
    assert dump.unread == [(3, "Wrote 0x0c to 0x0341"), (5, "version 1.25 of 2026")]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789abcdefx:={}[](),#@-w \n|XCI_REG.", max_size=200))
def test_no_text_raises(text):
    dump = parse(text, ADDRESSES)
    assert all(0 <= at <= 0xFFFF for at in dump.memory)
    assert all(0 <= byte <= 0xFF for byte in dump.memory.values())


def listed(values: dict[str, int]) -> str:
    return "\n".join(
        f"0x{SHEET.registers[name].address:04x} 0x{value:0{2 * SHEET.registers[name].bytes}x}"
        for name, value in values.items()
    )


def words(found: Explanation) -> dict[str, str]:
    return {name: text for _, rows in found.chapters() for name, text in rows}


def test_the_mode_of_linux_driver_in_words():
    values, _ = family(next(mode for mode in FAMILY if mode["source"] == "linux mainline imx412"))
    found = explain(listed(values | {"mode_select": 1}), SHEET)
    assert words(found) == {
        "input clock": "24 MHz",
        "pixel PLL": "24 MHz / 4 * 200 = 1200 MHz",
        "pixel rate": "1200 MHz / (5 * 2) * 4 = 480 Mpx/s",
        "output PLL": "the pixel PLL",
        "line": "5070 bytes, 89.9% of its time",
        "frame": "3546 lines = 33.332 ms",
        "rate": "30.001 frames/s",
        "blanking": "456 clocks, 506 lines",
        "sent": "4056 x 3040, RAW10, RGGB",
        "window": "columns 0 .. 4055, rows 0 .. 3039",
        "orientation": "as is",
        "black level": "64 DN",
        "time": "1000 lines = 9400.0 us",
        "analogue gain": "1.000, 0.00 dB",
        "digital gain": "1.000",
        "lanes": "4 at 1200 Mb/s, link frequency 600 MHz",
        "share": "69% of the full 10-bit drive mode (assumed)",
        "data rate": "3704 of 4800 Mb/s",
        "stream": "streaming",
    }
    assert (found.assumed, found.half, found.remarks) == ((), (), ())


@pytest.mark.parametrize("name", DRIVE)
def test_drive_modes_in_numbers(name):
    rows, bits, binning, line_clocks, *_, exposures, _ = DRIVE[name]
    row = explain(listed(drive(name)), SHEET).row()
    assert (row["image"]["width"], row["image"]["height"], row["image"]["bits"]) == (
        4056 // binning,
        rows,
        bits,
    )
    assert (row["timing"]["line_clocks"], len(row["exposures"])) == (line_clocks, exposures)
    assert row["remarks"] == []
    assert row["link"]["pixel_bps"] < row["link"]["link_bps"]


def test_a_scaled_binned_and_skipped_image_in_words():
    values = drive("Full10") | {"binning_mode": 1, "binning_type": 0x21, "y_odd_inc": 3, "scaling_mode": 1}
    values |= {
        "scale_m": 24,
        "digital_crop_x_offset": 28,
        "digital_crop_image_width": 1800,
        "x_output_size": 1200,
    }
    values |= {"y_output_size": 1520, "image_orientation": 1, "test_pattern_mode": 2, "frame_length_ctrl": 1}
    found = words(explain(listed(values), SHEET))
    assert found["sent"] == "1200 x 1520, RAW10, GRBG"
    assert (found["sub-sampling"], found["binning"]) == ("columns all, rows 2 of 4", "2 x 1")
    assert (found["digital crop"], found["scaler"]) == ("1800 x 1520 at (28, 0)", "columns 16/24, rows 16/16")
    assert (found["orientation"], found["test pattern"]) == ("mirrored", "100 % colour bars")
    assert found["frame length"] == "grows with the exposure"


def test_what_is_wrong():
    values = drive("Full10") | {
        "pll_multiplier": 360,
        "coarse_integration_time": 4000,
        "sensor_model_id": 0x0477,
    }
    found = explain(listed(values), SHEET)
    said = [found.said(remark) for remark in found.remarks]
    assert said[0] == (
        "doubtful",
        "0x0016 sensor_model_id: 0x0477 is another sensor than Sony IMX412-AACK, 0x0577",
    )
    assert (
        "no frames",
        "0x0306 pll_multiplier: 2160 MHz out of the PLL are not in 1200 .. 2100 MHz; no frames come "
        "(assumed)",
    ) in said
    assert (
        "not as set",
        "0x0202 coarse_integration_time: 4000 lines are above the maximum of 3080; 3080 is used (assumed)",
    ) in said
    assert not found.streams
    assert words(found)["rate"] == "no frames"


def test_the_clock_of_the_board():
    found = explain(listed(drive("Full10")), SHEET, 27_000_000)
    assert [remark.register for remark in found.remarks][:1] == ["extclk_frequency_mhz"]
    assert words(found)["input clock"] == "27 MHz"


def test_what_is_missing():
    found = explain("0x0341 0x20\n0x0301 0x05", SHEET)
    assert "pll_multiplier" in found.assumed
    assert "frame_length_lines" not in found.assumed
    assert found.half == ("frame_length_lines",)  # and not vt_pix_clk_div, whose other byte is 0
    with pytest.raises(DumpInvalid, match="no register is in the dump: line 1 is 'hello'"):
        explain("hello", SHEET)
    with pytest.raises(DumpInvalid, match="it is empty"):
        explain(" \n", SHEET)


# -- the command -----------------------------------------------------------------------------------------
def test_the_command(tmp_path: Path):
    file = tmp_path / "dump.txt"
    file.write_text(listed(drive("Full12")))
    done = warm.run("explain", str(file))
    assert done.returncode == 0, done.stderr
    assert "\n  rate           40.000 frames/s\n" in done.stdout
    assert done.stdout.endswith("\nNothing is inconsistent\n")
    row = json.loads(warm.run("explain", str(file), "--json").stdout)
    assert (row["sensor"], row["image"]["cfa"], row["frames"]) == ("Sony IMX412-AACK", "RGGB", True)
    file.write_text(listed(drive("Full12") | {"csi_lane_mode": 0}))
    done = warm.run("explain", str(file))
    assert done.returncode == 1
    assert "no frames      0x0114 csi_lane_mode: 0 is neither 1 (2 lanes) nor 3" in done.stdout
    for text, message in (("x", "no register is in the dump"), ("", "it is empty")):
        file.write_text(text)
        done = warm.run("explain", str(file))
        assert (done.returncode, done.stdout) == (2, "")
        assert message in done.stderr


def test_the_example_of_the_docs(monkeypatch):
    page = (ROOT / "docs/sensor.md").read_text(encoding="utf-8")
    ((command, said),) = re.findall(r"```\n\$ camtwin (explain [^\n]*)\n(.*?)```", page, re.S)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(ROOT)
    done = warm.run(*command.split())
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert len(said.splitlines()) > 10
    assert [line for line in said.splitlines() if line not in (*lines, "...")] == []


def test_a_dump_from_another_program():
    run = [sys.executable, "-m", "camtwin", "explain", "-", "--json"]
    done = subprocess.run(run, input=listed(drive("Uhd")), capture_output=True, text=True)
    assert round(json.loads(done.stdout)["timing"]["rate_hz"], 2) == 79.56
