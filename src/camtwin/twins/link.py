"""Frames of a bare sensor as it sends them over CSI-2: lanes, channels and embedded data by its registers."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from camtwin.camera.registers.configuration import Configuration
from camtwin.camera.registers.stream import TimedFrame
from camtwin.pixels import CSI2_FORMATS
from camtwin.twins.bare import BareSensor
from camtwin.wire.csi2.lanes import Lanes
from camtwin.wire.csi2.packets import MAX_FIELD
from camtwin.wire.csi2.stream import LINES_A_ROW, SensorFrame, dol


def lanes_of(one: Configuration) -> Lanes:
    """Return the lanes of a configuration that streams."""
    return Lanes(one.clocks.lanes, round(one.clocks.lane_bps))


def sent(sensor: BareSensor, frame: TimedFrame) -> list[SensorFrame]:
    """Return the frame as it is sent, a SensorFrame for each exposure; `records` makes packets of them.

    Embedded lines carry every register by name that is not the sensor's own, with the values that this very
    frame is taken with. A line ends with the last whole group of pixels that CSI-2 packs (assumed).

    Raises:
        ValueError: a line has not one whole group of pixels, or is too short for embedded data
    """
    one, images = frame.configuration, sensor.images(frame)
    group = CSI2_FORMATS[one.bits].group[0]
    codes = [image[:, : image.shape[1] // group * group] for image in images]
    long = SensorFrame(
        codes[0],
        one.bits,
        frame.read_ns,
        one.line_ns,
        (frame.number - 1) % MAX_FIELD + 1,
        _bytes(sensor, frame) if one.embedded_lines else {},
        one.embedded_lines,
        one.integrations[0].channel,
    )
    frames = [long] if len(codes) == 1 else [*dol(long, codes[1], one.integrations[1].read_lines)]
    before_ns = ceil(long.first_row * (LINES_A_ROW if len(codes) > 1 else 1) * one.line_ns)
    return [
        replace(each, channel=integration.channel, start_ns=each.start_ns - before_ns)
        for each, integration in zip(frames, one.integrations, strict=True)
    ]


def _bytes(sensor: BareSensor, frame: TimedFrame) -> dict[int, int]:
    """Return the registers in force as bytes by address."""
    registers = sensor.file.sheet.registers.values()
    return {
        at: byte
        for one in registers
        if one.access == "rw"
        for at, byte in enumerate(frame.values[one.name].to_bytes(one.bytes, "big"), one.address)
    }
