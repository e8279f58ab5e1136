"""Frames of a bare sensor on its link: lanes, channels, times and embedded data, by registers."""

from __future__ import annotations

import numpy as np

from camtwin.twins.link import lanes_of, sent
from camtwin.wire.csi2.dump import Burst
from camtwin.wire.csi2.packets import DataType
from camtwin.wire.csi2.stream import records
from unit.camera.registers.programs import drive, window
from unit.twins.test_bare import Running, small


def test_the_pixels_and_the_settings_of_that_very_frame():
    running = Running(small(coarse_integration_time=400))
    running.frame(3)
    running.write("coarse_integration_time", 800)
    frames = [sent(running.sensor, running.frame(number)) for number in range(2, 8)]
    told = [one.registers[0x0202] << 8 | one.registers[0x0203] for (one,) in frames]
    assert told == [400, 400, 400, 800, 800, 800]
    for number, (one,) in enumerate(frames, 2):
        assert np.array_equal(one.codes, running.image(number))
        assert (one.number, one.bits, one.channel, one.embedded_lines) == (number, 10, 0, 2)
        first_row_ns = int(one.times_ns()[one.first_row])
        assert 0 <= running.frame(number).read_ns - first_row_ns < 2  # sent as it is read


def test_two_exposures_are_on_their_channels_with_the_lines_between():
    place = window((1000, 800, 64, 32), (0, 0, 64, 32), 1, 16)
    values = drive("Dol") | place | {"x_output_size": 68, "y_output_size": 32, "dol_short_channel": 2}
    running = Running(values | {"csi_channel_identifier": 1})
    frame = running.frame(1)
    long, short = sent(running.sensor, frame)
    assert (long.channel, short.channel) == (1, 2)
    assert short.start_ns - long.start_ns == int(
        423 * long.line_ns
    )  # RHS1 is 422; odd lines are the short one's
    assert [
        np.array_equal(a.codes, b) for a, b in zip((long, short), running.sensor.images(frame), strict=True)
    ] == [
        True,
        True,
    ]


def test_packets_of_12_bits_on_two_lanes():
    twelve = {"csi_data_format": 0x0C0C, "adbit_mode": 1, "op_pix_clk_div": 12, "csi_lane_mode": 1}
    running = Running(small(line_length_pck=12448, embedded_data_lines=0, **twelve))
    frame = running.frame(1)
    lanes = lanes_of(frame.configuration)
    assert (lanes.count, lanes.bits_per_s) == (2, 2_100_000_000)
    bursts = [record for record in records(sent(running.sensor, frame), lanes) if isinstance(record, Burst)]
    kinds = [burst.data[0] & 0x3F for burst in bursts]
    assert kinds == [DataType.FRAME_START, *[0x2C] * 32, DataType.FRAME_END]
    assert {len(burst.data) for burst in bursts[1:-1]} == {4 + 64 * 12 // 8 + 2}


def test_a_line_is_whole_groups_of_pixels():
    running = Running(small(x_output_size=63))
    (one,) = sent(running.sensor, running.frame(1))
    assert one.codes.shape == (32, 60)
