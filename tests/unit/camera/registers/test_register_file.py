"""The register file: power-up, reset, group hold, latencies, memory, and any transfers."""

from __future__ import annotations

from itertools import permutations

import pytest

from camtwin.camera.memory.user_sets import MemoryStorage
from camtwin.camera.registers import register_file
from camtwin.camera.registers.register_file import RAILS
from camtwin.camera.registers.remarks import Remarks
from camtwin.units import MS, US
from camtwin.wire.csi2.cci import Read, Refusal, Write
from unit.camera.registers.benches import Bench
from unit.camera.registers.fuzz_cci import fuzz
from unit.camera.registers.programs import MHZ, drive


def running(**named) -> Bench:
    bench = Bench(**named)
    bench.power_up()
    return bench


# -- power -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", [*permutations(RAILS)])
def test_rails_rise_in_any_order_before_xclr(order):
    bench = Bench()
    bench.file.set_clock(24 * MHZ)
    for rail in order:
        assert bench.read("sensor_model_id") is None
        bench.file.set_rail(rail, True)
        bench.wait(MS)
    assert bench.read("sensor_model_id") is None
    bench.file.set_xclr(True)
    bench.wait(600 * US)
    assert bench.read("sensor_model_id") == 0x0577
    assert bench.remarks == []


def test_the_id_can_be_read_600_us_after_xclr_and_clock():
    bench = Bench()
    bench.power_up(599 * US - 10 * US)  # the address is acknowledged 10 us after the start
    assert bench.read("sensor_model_id") is None
    bench.wait(1 * US)
    assert bench.read("sensor_model_id") == 0x0577


def test_xclr_before_a_rail_hangs_until_it_is_low_again():
    bench = Bench()
    bench.file.set_clock(24 * MHZ)
    bench.file.set_rail("analog", True)
    bench.file.set_rail("io", True)
    bench.file.set_xclr(True)
    bench.file.set_rail("digital", True)
    bench.wait(10 * MS)
    assert bench.read("sensor_model_id") is None
    assert bench.remarks == [(0, "XCLR rises before rail digital: the sensor hangs until XCLR is low")]
    bench.file.set_xclr(False)
    bench.file.set_xclr(True)
    bench.wait(600 * US)
    assert bench.read("sensor_model_id") == 0x0577


def test_without_a_clock_nothing_is_answered_and_registers_are_kept():
    bench = running()
    bench.write("coarse_integration_time", 1234)
    bench.write("mode_select", 1)
    bench.file.set_clock(0)
    bench.wait(MS)
    assert bench.read("sensor_model_id") is None
    assert [event for _, event in bench.streams] == ["start", "cut"]
    bench.file.set_clock(24 * MHZ)
    bench.wait(MS)
    assert bench.read("coarse_integration_time") == 1234


@pytest.mark.parametrize("how", ["rail", "xclr", "reset"])
def test_state_is_lost(how):
    bench = running()
    for name, value in (("coarse_integration_time", 1234), ("mc_mode", 1), ("mode_select", 1)):
        bench.write(name, value)
    if how == "rail":
        bench.file.set_rail("digital", False)
        bench.file.set_xclr(False)
        bench.file.set_rail("digital", True)
        bench.file.set_xclr(True)
    elif how == "xclr":
        bench.file.set_xclr(False)
        bench.file.set_xclr(True)
    else:
        bench.write("software_reset", 1)
    assert bench.read("sensor_model_id") is None
    bench.wait(600 * US)
    found = [
        bench.read(name) for name in ("coarse_integration_time", "mc_mode", "mode_select", "software_reset")
    ]
    assert found == [0x0640, 0, 0, 0]
    assert [event for _, event in bench.streams] == ["start", "cut"]


def test_a_stream_that_is_started_early_starts_when_the_memory_is_loaded():
    bench = Bench()
    bench.power_up(MS)
    bench.write("mode_select", 1)
    assert bench.streams == [(8 * MS, "start")]
    bench.wait(10 * MS)
    bench.write("mode_select", 1)  # again: nothing
    bench.write("mode_select", 0)
    assert [event for _, event in bench.streams] == ["start", "stop"]


def test_a_busy_memory_refuses_writes_and_not_the_id():
    bench = Bench(nvm_busy=True)
    bench.power_up(MS)
    assert bench.read("sensor_model_id") == 0x0577
    assert bench.write("coarse_integration_time", 1).refusal == Refusal(0, 3)
    assert "0x0202 is not acknowledged" in bench.remarks[0][1]
    bench.wait(7 * MS)
    assert bench.write("coarse_integration_time", 1).refusal is None


# -- registers -------------------------------------------------------------------------------------------
def test_what_is_kept_and_what_is_not():
    bench = running()
    for at, kept in ((0x0016, 0x05), (0x0010, 0), (0x0808, 0xA5), (0x0123, 0xA5), (0x1006, 0), (0x2FFF, 0)):
        assert bench.transfer([Write(0x1A, at.to_bytes(2, "big") + b"\xa5")]).refusal is None
        assert bench.transfer([Write(0x1A, at.to_bytes(2, "big")), Read(0x1A, 1)]).reads == (bytes([kept]),)
    table = bytes(range(256))
    for at in (0x3000, 0xE013, 0xFF00):
        bench.transfer([Write(0x1A, at.to_bytes(2, "big") + table)])
        assert bench.transfer([Write(0x1A, at.to_bytes(2, "big")), Read(0x1A, 256)]).reads == (table,)


def test_two_sensors_and_a_broadcast():
    bench = running(sensors=2)
    for address, acknowledges in ((0x1A, 1), (0x10, 0)):
        bench.write("second_address_enable", 1, address)
        bench.write("second_address_ack", acknowledges, address)
    assert bench.write("coarse_integration_time", 777, 0x36).refusal is None
    assert [bench.read("coarse_integration_time", address) for address in (0x1A, 0x10, 0x36)] == [777] * 3
    bench.write("coarse_integration_time", 9, 0x10)
    assert [bench.read("coarse_integration_time", address) for address in (0x1A, 0x10)] == [777, 9]
    bench.write("second_address_ack", 0)
    assert bench.read("coarse_integration_time", 0x36) is None


def test_the_thermometer():
    bench = running()
    bench.celsius = -12.4
    assert bench.read("temp_sensor_output") == 0
    bench.write("temp_sensor_ctrl", 1)
    assert bench.read("temp_sensor_output") == 256 - 12
    bench.celsius = 61.7
    assert bench.read("temp_sensor_output") == 62


def test_status_follows():
    bench = running()
    assert [bench.read(name) for name in ("frame_count", "pixel_order", "data_pedestal")] == [255, 1, 64]
    bench.write("image_orientation", 3)
    bench.write("csi_data_format", 0x0C0C)
    assert [bench.read(name) for name in ("pixel_order", "data_pedestal")] == [2, 256]
    bench.write("mode_select", 1)
    for _ in range(256):
        bench.file.begin_frame()
    assert bench.read("frame_count") == 0
    bench.write("mode_select", 0)
    assert bench.read("frame_count") == 255


def test_what_a_host_writes_in_a_group_takes_effect_at_once():
    bench = running()
    bench.write("grouped_parameter_hold", 1)
    bench.write("frame_length_lines", 4000)
    bench.write("coarse_integration_time", 3900)
    assert bench.read("frame_length_lines") == 4000
    one = bench.file.configuration
    assert (one.frame_lines, one.integrations[0].lines) == (3102, 1600)
    bench.write("grouped_parameter_hold", 0)
    one = bench.file.configuration
    assert (one.frame_lines, one.integrations[0].lines) == (4000, 3900)


def test_exposure_waits_two_frames_and_frame_length_three():
    bench = running()
    bench.write("coarse_integration_time", 1000)
    bench.write("mode_select", 1)
    bench.file.begin_frame()
    for name, value in (
        ("frame_length_lines", 4000),
        ("coarse_integration_time", 2000),
        ("pll_multiplier", 340),
    ):
        bench.write(name, value)
    bench.write("image_orientation", 1)
    taken = [bench.file.begin_frame() for _ in range(4)]
    assert [one.integrations[0].lines for one in taken] == [1000, 2000, 2000, 2000]
    assert [one.geometry.cfa for one in taken] == ["RGGB", "GRBG", "GRBG", "GRBG"]
    assert [one.frame_lines for one in taken] == [3102, 3102, 4000, 4000]
    assert {float(one.clocks.pixel_hz) for one in taken} == {840e6}  # a PLL takes effect with the next stream
    bench.write("mode_select", 0)
    bench.write("mode_select", 1)
    assert float(bench.file.begin_frame().clocks.pixel_hz) == 816e6


def test_a_mode_that_the_chip_cannot_do_is_remarked_upon_when_it_starts():
    bench = running()
    bench.write("pll_multiplier", 360)
    assert bench.remarks == []
    bench.write("mode_select", 1)
    text = "pll_multiplier: 2160 MHz out of the PLL are not in 1200 .. 2100 MHz; no frames come (assumed)"
    assert text in [remark for _, remark in bench.remarks]
    assert not bench.file.begin_frame().streams


@pytest.mark.parametrize(("name", "rate"), [("Full10", 60.016), ("Full12", 40.0), ("FullHd", 240.015)])
def test_a_drive_mode_by_its_registers_alone(name, rate):
    bench = running()
    for register, value in drive(name).items():
        if register not in ("mode_select", "software_reset"):
            bench.write(register, value)
    bench.write("mode_select", 1)
    assert round(bench.file.begin_frame().rate_hz, 3) == rate


# -- memory ----------------------------------------------------------------------------------------------
def page(bench: Bench, number: int, control: int) -> int | None:
    bench.write("data_transfer_if_1_page_select", number)
    bench.write("data_transfer_if_1_ctrl", control)
    return bench.read("data_transfer_if_1_status")


def test_bits_are_written_once_and_kept():
    storage = MemoryStorage()
    bench = running(storage=storage)
    assert page(bench, 13, 3) == 2
    bench.transfer([Write(0x1A, bytes.fromhex("0a04 0f"))])
    bench.transfer([Write(0x1A, bytes.fromhex("0a04 f0 77"))])
    bench.transfer([Write(0x1A, bytes.fromhex("0a43 5a"))])
    bench.file.set_xclr(False)
    again = running(storage=storage)
    assert page(again, 13, 1) == 1
    assert again.transfer([Write(0x1A, bytes.fromhex("0a04")), Read(0x1A, 2)]).reads == (b"\xff\x77",)
    assert again.transfer([Write(0x1A, bytes.fromhex("0a43")), Read(0x1A, 1)]).reads == (b"\x5a",)
    assert len(storage.load("otp") or b"") * 8 == 7 * 1024


def test_a_page_behind_the_end_and_writes_without_leave():
    bench = running()
    assert page(bench, 14, 1) == 8
    assert bench.transfer([Write(0x1A, bytes.fromhex("0a04")), Read(0x1A, 1)]).reads == (b"\0",)
    assert page(bench, 0, 4) == 0
    bench.transfer([Write(0x1A, bytes.fromhex("0a04 ff"))])
    assert bench.read("data_transfer_if_1_status") == 8
    assert page(bench, 0, 5) == 1
    assert bench.transfer([Write(0x1A, bytes.fromhex("0a04")), Read(0x1A, 1)]).reads == (b"\0",)


# -- anything --------------------------------------------------------------------------------------------
def test_a_slice_of_make_fuzz():
    told: list[str] = []
    assert fuzz(100_000, 412, told.append)
    assert "nothing found" in told[-1]


def test_the_fuzz_finds_what_can_be_written_and_should_not(monkeypatch):
    monkeypatch.setattr(register_file, "KEPT", 1)
    with pytest.raises(AssertionError):
        fuzz(5_000, 412, str)


def test_the_fuzz_finds_a_link_that_is_too_fast(monkeypatch):
    monkeypatch.setattr(Remarks, "stops", Remarks.doubtful)
    with pytest.raises((AssertionError, ZeroDivisionError)):
        fuzz(20_000, 412, str)
