"""Frames of a sensor as it sends them over CSI-2: lanes, channels and embedded data by its registers.

Embedded lines carry every register by name that is not the sensor's own, with the values that this very frame
is taken with; where they are too short for all, those with the highest addresses are left out (assumed). A
line ends with the last whole group of pixels that CSI-2 packs (assumed).

With ulps_between_frames the lanes sleep from the end of a frame until the start of the next one, if there is
time to wake up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from math import ceil

import numpy as np
from numpy.typing import NDArray

from camtwin.camera.registers.configuration import Configuration
from camtwin.camera.registers.stream import TimedFrame
from camtwin.models import RegisterSheet
from camtwin.pixels import CSI2_FORMATS
from camtwin.twins.bare import BareSensor
from camtwin.units import Ns
from camtwin.wire.csi2 import dump, embedded
from camtwin.wire.csi2.lanes import Lanes
from camtwin.wire.csi2.packets import MAX_FIELD
from camtwin.wire.csi2.serial import encoded_images
from camtwin.wire.csi2.stream import LINES_A_ROW, SensorFrame, dol


def lanes_of(one: Configuration) -> Lanes:
    """Return the lanes of a configuration that streams."""
    return Lanes(one.clocks.lanes, round(one.clocks.lane_bps))


def sent(sensor: BareSensor, frame: TimedFrame) -> list[SensorFrame]:
    """Return a frame of the sensor as it is sent: see `framed`."""
    images = sensor.images(frame)
    return framed(sensor.file.sheet, frame.configuration, frame.values, images, frame.number, frame.read_ns)


def framed(
    sheet: RegisterSheet,
    one: Configuration,
    values: Mapping[str, int],
    images: Sequence[NDArray[np.uint16]],
    number: int,
    read_ns: Ns,
    *,
    line_numbers: bool = False,
) -> list[SensorFrame]:
    """Return a frame as it is sent, a SensorFrame for each exposure; `records` makes packets of them.

    Args:
        sheet: the sensor's registers.
        one: what their values add up to.
        values: of the registers that the frame is taken with, by name.
        images: of each exposure.
        number: of the frame, from 1 on.
        read_ns: time at which the first row of the first exposure is read, and sent.
        line_numbers: whether rows stand between line start and line end packets.

    Raises:
        ValueError: a line has not one whole group of pixels
    """
    group = CSI2_FORMATS[one.bits].group[0]
    codes = [image[:, : image.shape[1] // group * group] for image in images]
    long = SensorFrame(
        codes[0],
        one.bits,
        read_ns,
        one.line_ns,
        (number - 1) % MAX_FIELD + 1,
        embedded.fitting(registers_of(sheet, values), codes[0].shape[1], one.embedded_lines),
        one.embedded_lines,
        one.integrations[0].channel,
        line_numbers,
    )
    frames = [long] if len(codes) == 1 else [*dol(long, codes[1], one.integrations[1].read_lines)]
    before_ns = ceil(long.first_row * (LINES_A_ROW if len(codes) > 1 else 1) * one.line_ns)
    return [
        replace(each, channel=integration.channel, start_ns=each.start_ns - before_ns)
        for each, integration in zip(frames, one.integrations, strict=True)
    ]


def registers_of(sheet: RegisterSheet, values: Mapping[str, int]) -> dict[int, int]:
    """Return the registers that a host can set as bytes by address."""
    return {
        at: byte
        for one in sheet.registers.values()
        if one.access == "rw"
        for at, byte in enumerate(values[one.name].to_bytes(one.bytes, "big"), one.address)
    }


def csi2_dump(sensor: BareSensor, frames: Iterable[TimedFrame], threads: int = 1) -> Iterator[bytes]:
    """Yield the dump of frames of one stream, in the order of time: the header of a dump, then records.

    threads: the caller's and helpers that share the rows of a frame. ValueError as for `sent`, and where a
    frame wants the lanes before the one before it leaves them.
    """
    yield dump.file_header()
    for first in (frames := iter(frames)):
        one = first.configuration
        images = (sent(sensor, frame) for frame in chain([first], frames))
        for piece in encoded_images(images, lanes_of(one), threads, sleeps=one.ulps):
            yield piece.tobytes()
