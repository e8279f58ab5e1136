"""The CSI-2 stream of a bare sensor: what is sent, whether it is sound, and what its power follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import camtwin
from camtwin.scene import Dark
from camtwin.session.csi2 import Received, dump_of, received
from camtwin.verify.case import Case
from camtwin.verify.measures import measurement

if TYPE_CHECKING:
    from camtwin import BareSensor
    from camtwin.camera.registers.configuration import Configuration

STREAM: Final = {"mode_select": 1}
SMALL: Final = {"x_addr_end": 511, "y_addr_end": 63, "x_output_size": 512, "y_output_size": 64}
FRAME_START, FRAME_END, EMBEDDED, RAW10, RAW12 = 0x00, 0x01, 0x12, 0x2B, 0x2C


def sent(sensor: BareSensor, count: int) -> Received:
    """Take frames, and receive the stream that carries them."""
    return received(camtwin.csi2_dump(sensor, sensor.grab(count)))


def sound(case: Case, got: Received, frames: int, rows: int) -> None:
    """Require whole frames, with all of their rows, and nothing wrong."""
    kinds = [packet.data_type for packet in got.packets]
    case.equal("errors", got.findings, [])
    case.equal("frame starts and ends", (kinds.count(FRAME_START), kinds.count(FRAME_END)), (frames, frames))
    case.equal("rows", sum(kind in (RAW10, RAW12) for kind in kinds), frames * rows)


def of_rows(got: Received) -> set[tuple[int, int]]:
    """Return data type and payload size of everything that is neither mark nor embedded data."""
    return {(one.data_type, one.size) for one in got.packets if one.size and one.data_type != EMBEDDED}


# -- what is sent ----------------------------------------------------------------------------------------
@measurement("sends", heavy="streams")
def sends(case: Case, data_type: int, width: int, height: int, bits: int, **registers: int) -> None:
    """Stream a frame with these registers: rows of this data type and of width x bits / 8 bytes alone."""
    got = sent(case.sensor({**registers, **STREAM}, scene=Dark()), 1)
    case.equal("data type and payload of the rows", of_rows(got), {(data_type, width * bits // 8)})
    sound(case, got, 1, height)


@measurement("data_formats", heavy="streams")
def data_formats(case: Case, ten: int, twelve: int, *others: int) -> None:
    """Ask for each data format: RAW10 and RAW12 are sent, and with the others nothing is."""
    small = {**SMALL, "line_length_pck": 6224}
    for bits, kind in ((ten, RAW10), (twelve, RAW12)):
        depth = {"csi_data_format": bits * 0x0101, "adbit_mode": int(bits == twelve), "op_pix_clk_div": bits}
        got = sent(case.sensor({**small, **depth, **STREAM}, scene=Dark()), 1)
        case.equal(f"data types of RAW{bits}", {kind for kind, _ in of_rows(got)}, {kind})
    for bits in others:
        sensor = case.sensor({**small, "csi_data_format": bits * 0x0101, **STREAM}, scene=Dark())
        case.equal(f"frames of RAW{bits}", len(sensor.grab(1)), 0)


@measurement("decodes", heavy="streams")
def decodes(case: Case, frames: int) -> None:
    """Receive small frames: frame start, lines with a right ECC and CRC, frame end."""
    sound(case, sent(case.sensor({**SMALL, **STREAM}, scene=Dark()), frames), frames, SMALL["y_output_size"])


@measurement("modes_decode", heavy="streams")
def modes_decode(case: Case, *modes: str) -> None:
    """Receive an image of each drive mode as CSI-2."""
    for mode in modes:
        cam = case.open(SensorMode=mode, scene=Dark(), render=True, Width=512, Height=64)
        got = received(dump_of(cam, 1))
        case.that(f"{mode} is CSI-2", got.packets)
        channels = {packet.channel for packet in got.packets}
        sound(case, got, len(channels), 64)


# -- power -----------------------------------------------------------------------------------------------
NO_WATTS: Final = "watts: the flyer gives none, and shares of the power are assumed"


def saves(case: Case, more: Configuration, less: Configuration) -> None:
    """Require that the estimate of the power falls."""
    case.leaves_out(NO_WATTS)
    case.saw(f"power {more.power_share:.3f} to {less.power_share:.3f} of the full drive mode (assumed)")
    case.that("the estimate falls", less.power_share < more.power_share)


@measurement("sleeps", heavy="streams")
def sleeps(case: Case, frame_lines: int) -> None:
    """Let lanes sleep between frames of so many lines: they enter and leave ULPS, and frames are whole."""
    found = []
    for on in (0, 1):
        drive = {**SMALL, "frame_length_lines": frame_lines, "ulps_between_frames": on}
        sensor = case.sensor({**drive, **STREAM}, scene=Dark())
        frames = sensor.grab(3)
        got = received(camtwin.csi2_dump(sensor, frames))
        sound(case, got, 3, SMALL["y_output_size"])
        states = [name for _, name in got.states if name in ("ULPS", "WAKE")]
        case.equal(f"states of sleep, switch {on}", states, ["ULPS", "WAKE"] * 2 * on)
        found.append(frames[0].configuration)
    saves(case, *found)


@measurement("crops_columns", heavy="streams")
def crops_columns(case: Case, columns: int) -> None:
    """Read fewer columns of the array: lines have fewer pixels, at the same rate."""
    found = []
    for width in (2 * columns, columns):
        window = {**SMALL, "x_addr_end": width - 1, "x_output_size": width}
        sensor = case.sensor({**window, **STREAM}, scene=Dark())
        frames = sensor.grab(1)
        got = received(camtwin.csi2_dump(sensor, frames))
        case.equal(f"data type and payload, {width} columns", of_rows(got), {(RAW10, width * 10 // 8)})
        found.append(frames[0].configuration)
    saves(case, *found)
