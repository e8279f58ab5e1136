"""Frames of any registers, written over the bus: a second calculation of legal ones, sense in all others."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import camtwin
from camtwin.camera.registers.stream import Stream, TimedFrame
from camtwin.scene import Dark
from camtwin.session.csi2 import received
from unit.camera.registers.benches import Bench
from unit.camera.registers.fuzz_cci import judge
from unit.camera.registers.legal import expected, legal
from unit.camera.registers.programs import DRIVE, MHZ, RESET, SHEET, drive

FRAMES = 3


def frames_of(values: dict[str, int], inck_hz: int) -> tuple[list[TimedFrame], int]:
    """Return the first frames of a sensor on whose bus these values were written, and when it was started."""
    bench = Bench()
    stream, frames = Stream(bench.file, bench.clock), list[TimedFrame]()
    stream.on_frame.subscribe(frames.append)
    bench.power_up()
    bench.file.set_clock(inck_hz)
    for name, value in values.items():
        if value != RESET[name] and SHEET.registers[name].access == "rw":
            assert bench.write(name, value).refusal is None
    bench.write("mode_select", 1)
    ((started_ns, _),) = bench.streams
    while len(frames) < FRAMES and (due_ns := bench.clock.next_time()) is not None:
        bench.clock.advance_to(due_ns)
    return frames, started_ns


@settings(max_examples=80, deadline=None)
@given(legal())
def test_frames_of_legal_values_are_what_a_second_calculation_says(found: tuple[dict[str, int], int]):
    values, inck_hz = found
    wanted = expected(values, inck_hz)
    frames, started_ns = frames_of(values, inck_hz)
    assert len(frames) == (FRAMES if wanted.fits else 0)
    for number, frame in enumerate(frames):
        read_ns = started_ns + (wanted.exposure_s + number * wanted.frame_s) * 1e9
        assert frame.read_ns == pytest.approx(read_ns, abs=2, rel=1e-12)
        geometry = frame.configuration.geometry
        assert (geometry.width, geometry.height) == (len(wanted.columns), len(wanted.rows))
        assert (geometry.x.place(0), geometry.y.place(0)) == (wanted.columns[0], wanted.rows[0])
        if len(wanted.columns) > 1 and len(wanted.rows) > 1:
            assert geometry.cfa == wanted.cfa


ODD = st.sampled_from((0, 1, 2, 3, 0x11, 0x22, 0x0A0A, 0x0C0C, 0xFFFF, 0xFFFFFFFF))
ACTS = {"mode_select", "software_reset", "grouped_parameter_hold"}
PLACES = ("x_addr_start", "x_addr_end", "y_addr_start", "y_addr_end", "x_output_size", "y_output_size")


@st.composite
def illegal(draw: st.DrawFn) -> dict[str, int]:
    """Return a drive mode with any values in some of its registers."""
    names = sorted(RESET.keys() - ACTS)
    values = dict(draw(st.sampled_from([RESET, *map(drive, DRIVE)])))
    for name in draw(st.lists(st.sampled_from(names), max_size=12, unique=True)):
        top = (1 << 8 * SHEET.registers[name].bytes) - 1
        values[name] = draw(st.one_of(ODD, st.integers(0, top))) & top
    return values


@settings(max_examples=120, deadline=None)
@given(illegal(), st.sampled_from((6, 24, 27, 50)))
def test_no_values_give_frames_that_could_not_be(values: dict[str, int], inck_MHz: int):
    frames, _ = frames_of(values, inck_MHz * MHZ)
    for frame in frames:
        judge(frame.configuration)
        assert frame.configuration.streams
    for one, following in pairwise(frames):
        assert following.read_ns - one.read_ns >= frame_rows_ns(one)


def frame_rows_ns(frame: TimedFrame) -> float:
    """Return how long the rows of a frame take to be read."""
    one = frame.configuration
    return float(len(one.integrations) * one.geometry.rows * one.line_ns)


@settings(max_examples=60, deadline=None)
@given(illegal(), st.integers(1, 40), st.integers(1, 24))
def test_whatever_streams_has_pixels_and_a_sound_stream(values: dict[str, int], width: int, height: int):
    """With a small window, so that images take no time."""
    x, y = values["x_addr_start"] % 2000, values["y_addr_start"] % 1500
    header = 4 if values["dol_en"] & 1 and values["dol_num"] == 1 else 0
    place = (x, x + 4 * width - 1, y, y + 4 * height - 1, width + header, height)
    values = values | dict(zip(PLACES, place, strict=True))
    sensor = camtwin.open_sensor("sony-imx412-aack", scene=Dark(), seed=1)
    for name, value in values.items():
        if value != sensor.file.sheet.registers[name].reset and SHEET.registers[name].access == "rw":
            sensor.write(name, value)
    sensor.write("mode_select", 1)
    frames = sensor.grab(2, timeout_ns=2_000_000_000)
    for frame in frames:
        one = frame.configuration
        images = sensor.images(frame)
        assert [image.shape for image in images] == [(one.geometry.height, one.geometry.width)] * len(images)
        assert max(int(image.max()) for image in images) < 1 << one.bits
        assert all(image.dtype == np.uint16 for image in images)
    got = received(camtwin.csi2_dump(sensor, frames))
    short = any(frame.configuration.geometry.height < height for frame in frames)  # 0x034E says more rows
    assert [text for text in got.findings if not (short and text.startswith("short-frame"))] == []
    assert sum(packet.data_type == 0 for packet in got.packets) == sum(
        len(frame.configuration.integrations) for frame in frames
    )
