"""Images of a bare sensor in process, as the frames that it sends over CSI-2.

The registers in embedded data are those that the sensor's features decide, by their names on its register
sheet. RHS1 is the short exposure and the gap that the drive mode leaves, in whole pairs of lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import groupby
from math import ceil
from typing import TYPE_CHECKING

from camtwin.models import RegisterSheet, load_registers, register_names
from camtwin.problem import Problem
from camtwin.units import Ns
from camtwin.wire.csi2.lanes import MAX_LANES, Lanes
from camtwin.wire.csi2.packets import MAX_FIELD
from camtwin.wire.csi2.stream import LINES_A_ROW, SensorFrame, dol

if TYPE_CHECKING:
    from camtwin.session.frame import Frame
    from camtwin.session.session import Session


class NoSensor(Problem):
    """A model that is no bare sensor, and sends no CSI-2."""


def sensor_frames(cam: Session, count: int, *, line_numbers: bool = False) -> Iterator[list[SensorFrame]]:
    """Take `count` images and yield each as it is sent: one frame, or the two exposures of DOL.

    line_numbers: whether rows stand between line start and line end packets. NoSensor for other cameras.
    """
    sheet = _register_sheet(cam)
    exposures = cam.twin.sheet.sensor.modes[cam.twin.camera.settings.SensorMode].exposures
    for _, images in groupby(cam.frames(count * exposures), key=lambda frame: frame.frame_id):
        first, *others = images
        frame = _frame(cam, first, sheet, line_numbers)
        yield [frame] if not others else _exposures(cam, frame, others[0])


def lanes_of(cam: Session) -> Lanes:
    """Return four lanes at the sensor's highest rate, which its drive modes need. NoSensor as above."""
    return Lanes(MAX_LANES, round(_register_sheet(cam).clocks.lane_Mbps * 1e6))


def _frame(cam: Session, image: Frame, sheet: RegisterSheet, line_numbers: bool) -> SensorFrame:
    """Return an image as a frame whose first row is sent when it is read."""
    settings = image.settings
    shutter = cam.twin.camera.modes.shutter(settings)
    assert shutter
    read_ns: Ns = image.timestamp_ns + settings.ExposureTime_ns
    registers = _bytes(sheet, _values(image, shutter.line_clocks, shutter.line_ns))
    number = (image.frame_id - 1) % MAX_FIELD + 1
    bits = image.pixel_format.bits
    frame = SensorFrame(
        image.picture, bits, read_ns, shutter.line_ns, number, registers, line_numbers=line_numbers
    )
    before_ns = ceil(frame.first_row * shutter.lines_a_row * shutter.line_ns)
    return replace(frame, start_ns=read_ns - before_ns)


def _exposures(cam: Session, long: SensorFrame, short: Frame) -> list[SensorFrame]:
    mode = cam.twin.sheet.sensor.modes[short.settings.SensorMode]
    lines = ceil(short.settings.ExposureTimeShort_ns / long.line_ns)
    pairs = -(-(lines + mode.gap_lines) // LINES_A_ROW)
    return list(dol(long, short.picture, pairs * LINES_A_ROW))


def _values(image: Frame, line_clocks: int, line_ns: Fraction) -> Mapping[str, int]:
    """Return what the features of an image say, by the names of registers."""
    settings, (height, width) = image.settings, image.picture.shape
    gain = 10 ** (settings.Gain_dB["All"] / 20)
    return {
        "csi_data_format": 0x0101 * image.pixel_format.bits,
        "coarse_integration_time": min(MAX_FIELD, round(settings.ExposureTime_ns / line_ns)),
        "analog_gain_code_global": round(1024 - 1024 / gain),
        "frame_length_lines": settings.FrameLength,
        "line_length_pck": line_clocks,
        "x_output_size": width,
        "y_output_size": height,
    }


def _bytes(sheet: RegisterSheet, values: Mapping[str, int]) -> dict[int, int]:
    """Return registers as bytes by address."""
    registers = {}
    for name, value in values.items():
        one = sheet.registers[name]
        registers |= enumerate(value.to_bytes(one.bytes, "big"), one.address)
    return registers


def _register_sheet(cam: Session) -> RegisterSheet:
    twin = cam.twin
    for sheet in map(load_registers, register_names()):
        if sheet.sensor.title == twin.sheet.sensor.title and twin.camera.modes.shutter(twin.camera.settings):
            return sheet
    raise NoSensor(f"{twin.sheet.name} sends no CSI-2: it is no bare sensor")
