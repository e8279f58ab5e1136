"""One full-size frame of each drive mode on CSI-2, by registers, to a decoder that shares nothing with it.

Addresses, RHS1 and line times are typed from public facts of the IMX412 and its siblings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

import camtwin
import csi2_decoder as decoder
from camtwin.session.csi2 import received
from compare import assert_same_bytes
from csi2_decoder import Wrong
from unit.camera.registers.programs import DRIVE, RESET, SHEET, drive


@dataclass(frozen=True)
class Stream:
    """Two frames of a drive mode; a register that was written before them is in force for the second alone.

    images  of each frame, the long exposure first
    values  of the registers that each frame was taken with
    """

    mode: str
    dump: bytes
    images: tuple[tuple[NDArray[np.uint16], ...], ...]
    values: tuple[Mapping[str, int], ...]


def stream(mode: str) -> Stream:
    sensor = camtwin.open_sensor("sony-imx412-aack", seed=3)
    for name, value in (drive(mode) | {"single_defect_correct_en": 0}).items():
        if value != RESET[name] and SHEET.registers[name].access == "rw":
            sensor.write(name, value)
    sensor.write("mode_select", 1)
    sensor.grab(1)
    sensor.write("dol_short_integration_time" if mode == "Dol" else "coarse_integration_time", 300)
    frames = sensor.grab(2)
    dump = b"".join(camtwin.csi2_dump(sensor, frames))
    return Stream(mode, dump, tuple(map(sensor.images, frames)), tuple(frame.values for frame in frames))


@pytest.mark.parametrize("mode", DRIVE)
def test_a_frame_of_a_drive_mode(mode: str):
    sent = stream(mode)
    read = decoder.read(sent.dump)
    frames = decoder.frames(read)
    pixels_are_those_rendered(sent, frames)
    embedded_data_are_the_settings_of_that_very_frame(sent, frames)
    if mode == "Dol":
        exposures_are_rhs1_lines_apart(frames)
    wrong_bits_are_found(sent.dump, read.packets)


def pixels_are_those_rendered(sent: Stream, frames: list[decoder.Frame]) -> None:
    rows, bits, binning, *_, exposures, _ = DRIVE[sent.mode]
    got = iter(frames)
    for number, images in enumerate(sent.images, 2):
        assert len(images) == exposures
        for channel, image in enumerate(images):
            frame = next(got)
            assert (frame.channel, frame.number, frame.bits) == (channel, number, bits)
            assert frame.codes.shape == (rows, 4056 // binning)
            assert_same_bytes(frame.codes.tobytes(), image.tobytes())
            assert image.std() > 1
    assert list(got) == []


def embedded_data_are_the_settings_of_that_very_frame(sent: Stream, frames: list[decoder.Frame]) -> None:
    _, bits, binning, line_clocks, frame_lines, exposures, _ = DRIVE[sent.mode]
    address, before = (0x00EC, 400) if exposures == 2 else (0x0202, 1000)
    for number, lines in enumerate((before, 300)):
        words = {address: lines, 0x0112: bits * 0x0101, 0x0340: frame_lines, 0x0342: line_clocks}
        words |= {0x034C: 4060 if exposures == 2 else 4056 // binning}
        expected = {
            register.address + at: byte
            for name, register in SHEET.registers.items()
            if register.access == "rw"
            for at, byte in enumerate(sent.values[number][name].to_bytes(register.bytes, "big"))
        }
        for frame in frames[number * exposures :][:exposures]:
            told = frame.registers
            assert told == expected
            assert {at: told[at] << 8 | told[at + 1] for at in words} == words
            assert (told[0x00E3], told[0x00E4]) == ((1, 1) if exposures == 2 else (0, 0))


def exposures_are_rhs1_lines_apart(frames: list[decoder.Frame]) -> None:
    """RHS1 is 422 lines; short rows are sent in the odd lines, so 423 after the long ones."""
    line_ns = Fraction(4512 * 1000, 840)
    rows = [[p.enter_ns for p in frame.packets if p.data_type == decoder.RAW10] for frame in frames[:2]]
    assert {short - long - int(423 * line_ns) for long, short in zip(*rows, strict=True)} <= {0, 1}
    assert abs(np.diff(rows[0]) - float(2 * line_ns)).max() < 1


def wrong_bits_are_found(dump: bytes, packets: list[decoder.Packet]) -> None:
    """In a header one is corrected, two are found; in a payload the CRC finds one. Nothing else is wrong."""
    rows = [p for p in packets if p.data_type in decoder.BITS]
    row, later, last = (rows[len(rows) * part // 8] for part in (1, 2, 3))

    def wrong(*places: tuple[decoder.Packet, int, int]) -> bytes:
        data = bytearray(dump)
        for packet, byte, bit in places:
            data[packet.at + 16 + byte] ^= 1 << bit  # behind the record's header
        return bytes(data)

    one, two = [(row, 1, 3), (later, 1000, 4)], [(last, 0, 2), (last, 2, 7)]
    got = decoder.read(wrong(*one)).packets
    assert [(p.at, p.wrong_bit) for p in got if p.wrong_bit is not None] == [(row.at, 11)]
    assert [p.header for p in got] == [p.header for p in packets]
    assert [p.at for p in decoder.wrong_crcs(got)] == [later.at]
    with pytest.raises(Wrong, match="more than one wrong bit"):
        decoder.read(wrong(*two))
    findings = received([wrong(*one, *two)]).findings
    assert [finding.partition(":")[0] for finding in findings] == ["ecc-corrected", "crc", "ecc"]


def test_lanes_sleep_between_frames():
    """From 100 ns behind the last burst of a frame to 100 ns before the next one, the last 1 ms waking."""
    sensor = camtwin.open_sensor("sony-imx412-aack", seed=3)
    small = {"x_addr_end": 511, "y_addr_end": 63, "x_output_size": 512, "y_output_size": 64}
    for name, value in (small | {"ulps_between_frames": 1, "mode_select": 1}).items():
        sensor.write(name, value)
    frames = sensor.grab(3)
    read = decoder.read(b"".join(camtwin.csi2_dump(sensor, frames)))
    decoded = decoder.frames(read)
    assert [frame.number for frame in decoded] == [1, 2, 3]
    between = [
        (before.packets[-1].leave_ns + 100, after.packets[0].enter_ns - 100)
        for before, after in pairwise(decoded)
    ]
    assert read.sleeps == [(begin, end - 1_000_000, end) for begin, end in between]
    for frame, taken in zip(decoded, frames, strict=True):
        assert frame.registers[0xFE00] == 1
        assert_same_bytes(frame.codes.tobytes(), sensor.images(taken)[0].tobytes())
