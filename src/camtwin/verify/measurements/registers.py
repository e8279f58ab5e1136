"""A bare sensor by its registers: its bus, clocks, lanes, memory, sub-sampling, and two in step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

import camtwin
from camtwin.scene import Flat
from camtwin.sensor.flaws import Flaws
from camtwin.units import SEC
from camtwin.verify.case import Case, shown
from camtwin.verify.measurements.light import odd_and_even
from camtwin.verify.measures import measurement
from camtwin.verify.scenes import Ramp

if TYPE_CHECKING:
    from camtwin import BareSensor

FRAMES: Final = 11
STREAM: Final = {"mode_select": 1}
PAGE: Final = bytes.fromhex("0a04")
"""Address of the open page of the one-time programmable memory."""


def rate(sensor: BareSensor) -> float:
    """Return frames a second from the times of frames; 0 if none come."""
    frames = sensor.grab(FRAMES)
    if len(frames) < FRAMES:
        return 0.0
    return (FRAMES - 1) * SEC / (frames[-1].read_ns - frames[0].read_ns)


def remarks_on(sensor: BareSensor, register: str) -> list[str]:
    """Return the remarks on one register."""
    return [text for text in sensor.remarks if text.startswith(f"{register}:")]


# -- bus -------------------------------------------------------------------------------------------------
@measurement("bus")
def bus(case: Case, address: int, model_id: int) -> None:
    """Find the chip at its address and at no other, and read back what is written there."""
    sensor = case.sensor()
    case.equal("id", int.from_bytes(sensor.i2c(address, b"\x00\x16", 2) or b"", "big"), model_id)
    for value in (1234, 0):
        sensor.write("coarse_integration_time", value)
        case.equal("an exposure written reads back as", sensor.read("coarse_integration_time"), value)
    found = [other for other in range(8, 120) if sensor.i2c(other, b"") is not None]
    case.equal("addresses that answer", found, [address])


# -- clocks ----------------------------------------------------------------------------------------------
@measurement("input_clock")
def input_clock(case: Case, divider: int, multiplier: int) -> None:
    """Stream with the claimed input clock, divided and multiplied so, at the rate of 24 MHz."""
    mhz = case.claim.number
    usual = case.once("rate at 24 MHz", lambda: rate(case.sensor(STREAM)))
    clocks = {"pre_pll_clk_div": divider, "pll_multiplier": multiplier, "extclk_frequency_mhz": int(mhz) << 8}
    sensor = case.sensor({**clocks, **STREAM}, inck_MHz=mhz)
    case.near("rate", rate(sensor), usual, usual / 1000, "frame/s")
    case.equal("remarks on the clock", remarks_on(sensor, "INCK"), [])


@measurement("plls")
def plls(case: Case, multiplier: int, other: int) -> None:
    """Change the multiplier of one PLL, then of the other: lane rate or line time changes, and not both."""
    found = []
    for pixel, output in ((350, multiplier), (350, other), (340, multiplier)):
        clocks = {"pll_mode": 1, "op_sys_clk_div": 1, "pll_multiplier": pixel, "op_pll_multiplier": output}
        frames = case.sensor({**clocks, **STREAM}).grab(FRAMES)
        case.equal("frames come", len(frames), FRAMES)
        lane = float(frames[0].configuration.clocks.lane_bps)
        found.append((lane, (frames[-1].read_ns - frames[0].read_ns) // (FRAMES - 1)))
    (lane, frame_ns), (faster, same_ns), (same, longer_ns) = found
    case.near("lane rate, output PLL changed", faster / lane, other / multiplier, 1e-6)
    case.near("line time, output PLL changed", same_ns / frame_ns, 1, 1e-6)
    case.near("lane rate, pixel PLL changed", same / lane, 1, 1e-6)
    case.near("line time, pixel PLL changed", longer_ns / frame_ns, 350 / 340, 1e-6)


@measurement("sends_nothing")
def sends_nothing(case: Case, register: str, inck_MHz: float = 24, **registers: int) -> None:
    """Require no frame with these registers or this clock, and one remark on a register, or on INCK."""
    sensor = case.sensor({**registers, **STREAM}, inck_MHz=inck_MHz)
    case.equal(f"rate with {shown(registers)}, {inck_MHz:g} MHz", rate(sensor), 0)
    case.equal(f"remarks on {register}", len(remarks_on(sensor, register)), 1)


# -- lanes -----------------------------------------------------------------------------------------------
@measurement("lanes")
def lanes(case: Case, line_clocks: int, fps: float, lane_bps: float) -> None:
    """Stream on the claimed number of lanes, within their rate; lines of half the length do not fit.

    fps: the claimed rate; 0 if none is claimed.
    """
    count = case.claim.number
    here = {"csi_lane_mode": int(count) - 1, "line_length_pck": line_clocks}
    sensor = case.sensor({**here, **STREAM})
    found = rate(sensor)
    case.that("frames come", found)
    if fps:
        case.near("rate", found, fps, 0.01 * fps, "frame/s")
    geometry = sensor.file.configuration.geometry
    used = found * geometry.width * geometry.height * sensor.file.configuration.bits
    case.within("bit/s of the pixels", used, 0, count * lane_bps)
    shorter = {**here, "line_length_pck": line_clocks // 2}
    case.equal("rate with half the line", rate(case.sensor({**shorter, **STREAM})), 0)


@measurement("lane_rate")
def lane_rate(case: Case) -> None:
    """Require that lanes as powered up are within the claimed rate."""
    built_in = case.sensor(STREAM).grab(1)[0].configuration
    case.within("Gbit/s a lane", float(built_in.clocks.lane_bps) / 1e9, 0, case.claim.number)


# -- image -----------------------------------------------------------------------------------------------
@measurement("sub_sampling", heavy="pictures")
def sub_sampling(case: Case) -> None:
    """Leave out every second pair of rows: half the rows, which are those of the whole image."""
    size = {"x_addr_end": 255, "y_addr_end": 127, "x_output_size": 256, "y_output_size": 128}
    scene = camtwin.scene.Chart()
    images = []
    for more in ({}, {"y_odd_inc": 3, "y_output_size": 64}):
        sensor = case.sensor({**size, **more, **STREAM}, scene=scene)
        images.append(sensor.images(sensor.grab(1)[0])[0])
    whole, skipped = images
    case.equal("rows", skipped.shape[0], whole.shape[0] // 2)
    kept = [row for row in range(whole.shape[0]) if row % 4 < 2]
    case.that("kept rows are rows of the whole", np.array_equal(skipped, whole[kept]))


@measurement("defects_corrected", heavy="pictures")
def defects_corrected(case: Case) -> None:
    """Put a hot and a dead pixel on the sensor: seen with correction off, gone within noise with it on."""
    size = {"x_addr_end": 127, "y_addr_end": 127, "x_output_size": 128, "y_output_size": 128}
    flaws = Flaws(hot={(60, 40): 1e7}, dead=frozenset({(81, 71)}))
    for on in (0, 1):
        sensor = case.sensor(
            {**size, "single_defect_correct_en": on, **STREAM}, scene=Flat(8e5, 530.0), flaws=flaws
        )
        image = sensor.images(sensor.grab(1)[0])[0].astype(float)
        for name, x, y in (("hot", 60, 40), ("dead", 81, 71)):
            around = image[y % 2 :: 2, x % 2 :: 2]
            noises = abs(image[y, x] - np.median(around)) / np.percentile(abs(around - np.median(around)), 68)
            low, high = (0.0, 5.0) if on else (20.0, np.inf)
            case.within(f"{name} pixel, correction {on}: off by so many times the noise", noises, low, high)


@measurement("low_codes", heavy="pictures")
def low_codes(case: Case, column: float, **registers: int) -> None:
    """Put black to code 0: codes below the usual black come, and odd ones as often as even ones.

    column: photons per second by which each column gets more light than the one before it.
    """
    size = {"x_addr_end": 511, "y_addr_end": 511, "x_output_size": 512, "y_output_size": 512}
    black = {"manual_pedestal_enable": 1, "manual_pedestal": 0, "single_defect_correct_en": 0}
    sensor = case.sensor({**size, **black, **registers, **STREAM}, scene=Ramp(row=0, column=column, base=0))
    image = sensor.images(sensor.grab(1)[0])[0]
    green = image[::2, 1::2].ravel()
    case.saw(f"codes {green.min()} to {green.max()} with black at 0")
    odd_and_even(case, np.bincount(green, minlength=512), 2, 384)


@measurement("in_step")
def in_step(case: Case, frames: int) -> None:
    """Join XVS of a master and a slave: their frames begin within a line of each other."""
    master = case.sensor(xvs_io_ctrl=1, extout_en=1, mc_mode=1)
    slave = case.sensor(beside=master, ms_sel=0, mc_mode=1)
    master.stream.on_xvs.subscribe(lambda _: slave.stream.xvs())
    times: list[int] = []
    slave.stream.on_frame.subscribe(lambda frame: times.append(frame.read_ns))
    for sensor in (slave, master):
        sensor.write("mode_select", 1)
    taken = master.grab(frames)
    case.equal("frames", (len(taken), len(times)), (frames, frames))
    line_ns = float(taken[0].configuration.line_ns)
    apart = max(abs(frame.read_ns - at) for frame, at in zip(taken, times, strict=True))
    case.within("ns between their starts", apart, 0, line_ns)


# -- memory ----------------------------------------------------------------------------------------------
@measurement("one_time_memory")
def one_time_memory(case: Case, page_bytes: int) -> None:
    """Write the last page of the claimed kilobits: bits stay set over a restart, no page lies behind."""
    pages = int(case.claim.number * 1024 / 8 / page_bytes)
    sensor = case.sensor()

    def opened(page: int, control: int) -> int | None:
        sensor.write("data_transfer_if_1_page_select", page)
        sensor.write("data_transfer_if_1_ctrl", control)
        return sensor.read("data_transfer_if_1_status")

    case.equal("status of the last page, to be written", opened(pages - 1, 3), 2)
    for value in (0x0F, 0xF0, 0x00):
        sensor.i2c(sensor.address, PAGE + bytes([value]))
    sensor.file.set_xclr(False)
    for on in (False, True):
        sensor.file.set_rail("io", on)
    sensor.power_up(24_000_000)
    case.equal("status of the last page, to be read", opened(pages - 1, 1), 1)
    case.equal("0x0f, 0xf0 and 0 written to one byte are", sensor.i2c(sensor.address, PAGE, 1), b"\xff")
    case.equal("status of a page behind the end", opened(pages, 1), 8)
