"""Linux' own driver of the IMX412, untouched, probes, programs, starts and stops two sensors on their bus.

`make test-vm`, as check_usb3.py. The guest's bus is QEMU's vhost-user-i2c, whose back end is a client of the
sensors' server as any program is. Besides the id the driver reads nothing, so what it has written is judged
by what it says of itself: controls, format, link frequency, and a checksum of its own table.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import csi2_decoder
from camtwin.camera.registers.stream import TimedFrame
from camtwin.twins.link import lanes_of, sent
from camtwin.wire.csi2 import dump
from camtwin.wire.csi2.stream import records
from vm.board import HIGH, ID, LOW, Board, Said
from vm.machine import HERE, board_firmware, boot, disk
from vm.vhost_i2c import Backend

SECONDS = 150
SLOT = "0x10"
NVM_ns = 8_000_000
BLACK = 64
MODE, HOLD, FRAME_LENGTH, EXPOSURE, GAIN = 0x0100, 0x0104, 0x0340, 0x0202, 0x0204
EMBEDDED_LINES = 0xBCF1
REFUSED = 0x0342


class Run:
    """Words of the guest, and its board."""

    def __init__(self, lines: list[str], board: Board, transfers: int) -> None:
        self.lines, self.board, self.transfers = lines, board, transfers
        self.lives = [*board.lives(LOW)]
        self.runs = [life for life in self.lives if any(one.register == MODE for one in life)]
        """Lives in which the sensor was started."""

    def after(self, word: str) -> list[str]:
        return [line.removeprefix(word).strip() for line in self.lines if line.startswith(word)]

    def controls(self) -> dict[str, int]:
        return {name: int(value) for name, value in (line.split(": ") for line in self.after("get "))}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Iterator[Run]:
    disk()
    folder: Path = tmp_path_factory.mktemp("imx412")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        with Board() as board, Backend(folder / "vhost", board.path) as backend:
            more = (
                "-object", "memory-backend-memfd,id=ram,size=1024M,share=on",
                "-machine", "pc,memory-backend=ram",
                "-acpitable", f"file={board_firmware(HERE / 'imx412' / 'board.asl', folder)}",
                "-chardev", f"socket,id=cci,path={folder / 'vhost'}",
                "-device", f"vhost-user-i2c-pci,chardev=cci,addr={SLOT},event_idx=off",
            )  # fmt: skip
            lines = boot((HERE / "job_imx412").read_text(), SECONDS, lambda _: None, more=more)
        print("\n".join(lines))
        said = [line.removeprefix("== ") for line in lines if line.startswith("== ")]
        yield Run(said, board, backend.transfers)


def plain(life: list[Said]) -> list[tuple[str, int, int]]:
    return [(one.kind, one.register, one.value) for one in life]


def at(frames: list[TimedFrame], t_ns: int) -> int:
    """Return the place of the frame that is being read at a time."""
    return bisect_right([frame.read_ns for frame in frames], t_ns) - 1


def streamed(run: Run, life: list[Said], sensor: int = 0) -> list[TimedFrame]:
    """Return the frames of one life."""
    begin_ns, end_ns = life[0].at_ns, life[-1].at_ns
    return [frame for frame in run.board.frames[sensor] if begin_ns <= frame.read_ns <= end_ns]


@pytest.mark.timeout(1500)
def test_i2c_tools_in_the_guest(run):
    assert run.after("id 0x1a") == run.after("id 0x10") == ["0x05 0x77"]
    assert "only 0/2 messages were sent" in run.after("id 0x36")[0]


def test_another_chip_is_refused(run):
    assert any(
        re.search(r"imx412 i2c-PRP0001:\d+: chip id mismatch: 577!=477$", line) for line in run.after("wrong")
    )
    assert plain(run.lives[1]) == [("X", 0, 1), ("R", ID, 0x0477), ("X", 0, 0)]


def test_the_driver_finds_its_chip_and_switches_it_off(run):
    assert plain(run.lives[2]) == [("X", 0, 1), ("R", ID, 0x0577), ("X", 0, 0)]
    assert "probed" in run.lines
    assert "only 0/2 messages were sent" in run.after("in standby")[0], "in reset it is deaf"


def test_it_lists_its_controls(run):
    names = {line.split()[0] for line in run.after("control ") if " 0x" in line}
    assert names == {
        "exposure", "analogue_gain", "vertical_blanking", "horizontal_blanking",
        "link_frequency", "pixel_rate",
    }  # fmt: skip
    assert any("4056/3040" in line for line in run.after("format "))
    assert any("SRGGB10_1X10" in line for line in run.after("format "))


def test_the_start_writes_the_whole_table_in_order_and_then_the_controls(run):
    count, checksum = run.after("table ")[0].split()
    rise, *writes = run.runs[0]
    table, rest = writes[: int(count)], writes[int(count) :]
    text = "".join(f"{one.register:04x} {one.value:02x}\n" for one in table)
    assert {(one.kind, len(one.data)) for one in table} == {("W", 1)}
    assert hashlib.sha256(text.lower().encode()).hexdigest() == checksum
    assert plain(rest)[:6] == [
        ("W", HOLD, 1), ("W", FRAME_LENGTH, 3546), ("W", EXPOSURE, 1000), ("W", GAIN, 512), ("W", HOLD, 0),
        ("W", MODE, 1),
    ]  # fmt: skip
    assert table[0].at_ns - rise.at_ns > 600_000
    assert run.after("streaming") == ["0x05 0x77"]


def test_the_frames_are_what_the_driver_says_of_itself(run):
    frames, said = streamed(run, run.runs[0]), run.controls()
    one = frames[0].configuration
    (link_hz,) = (int(found) for found in re.findall(r"link_frequency .*\((\d+) ", "\n".join(run.lines)))
    steps = [b.read_ns - a.read_ns for a, b in pairwise(frames[:8])]
    assert [round(1e9 / step, 2) for step in steps] == [30.00] * 7
    assert one.rate_hz == pytest.approx(30.00, abs=0.005)
    assert one.clocks.pixel_hz == said["pixel_rate"] == 480_000_000
    assert frames[0].values["line_length_pck"] == 4056 + said["horizontal_blanking"] == 4512
    assert frames[0].values["frame_length_lines"] == 3040 + 506
    assert frames[-1].values["frame_length_lines"] == 3040 + said["vertical_blanking"] == 3040 + 1006
    assert one.clocks.lane_bps == 2 * link_hz == 1_200_000_000
    assert (one.geometry.width, one.geometry.height, one.bits, one.clocks.lanes) == (4056, 3040, 10, 4)


def changes(run: Run, register: int, name: str) -> list[tuple[int, int, int]]:
    """Return, for each change of a register in the first run, its value and the frames' before and since.

    As frames after the one in which the group of writes was released.
    """
    frames, found = streamed(run, run.runs[0]), []
    running = False
    for number, one in enumerate(run.runs[0]):
        running |= one.register == MODE
        if not running or one.kind != "W" or one.register != register:
            continue
        release = next(later for later in run.runs[0][number:] if later.register == HOLD and not later.value)
        during = at(frames, release.at_ns)
        values = [frame.values[name] for frame in frames]
        if one.value != values[during]:
            since = next(n for n in range(during, len(frames)) if values[n] == one.value)
            found.append((one.value, values[during], since - during))
    return found


def test_exposure_and_gain_reach_the_frames_after_two(run):
    assert changes(run, EXPOSURE, "coarse_integration_time") == [(2000, 1000, 2), (3000, 2000, 2)]
    assert changes(run, GAIN, "analog_gain_code_global") == [(256, 512, 2)]


def test_pixels_follow_exposure_and_gain(run):
    """The scene is one grey: light above the black level grows as both, from the frame that has them on."""
    frames = streamed(run, run.runs[0])
    taken = [(f.values["coarse_integration_time"], f.values["analog_gain_code_global"]) for f in frames]
    first = [frame for n, frame in enumerate(frames) if n == 0 or taken[n] != taken[n - 1]]
    light = [float(run.board.sensor.images(frame)[0].mean()) - BLACK for frame in first]
    lines = [frame.values["coarse_integration_time"] for frame in first]
    gains = [1024 / (1024 - frame.values["analog_gain_code_global"]) for frame in first]
    assert [*zip(lines, gains, strict=True)] == [(1000, 2), (2000, 2), (2000, 4 / 3), (3000, 4 / 3)]
    scale = [one / (line * gain) for one, line, gain in zip(light, lines, gains, strict=True)]
    assert scale == pytest.approx([scale[0]] * 4, rel=0.02)


def test_blanking_waits_for_the_next_exposure_and_reaches_the_frames_after_three(run):
    assert changes(run, FRAME_LENGTH, "frame_length_lines") == [(4046, 3546, 3)]
    (change,) = [one for one in run.runs[0] if (one.register, one.value) == (FRAME_LENGTH, 4046)]
    place = run.runs[0].index(change)
    assert plain(run.runs[0])[place + 1 : place + 3] == [("W", EXPOSURE, 3000), ("W", GAIN, 256)]
    longer = [b.read_ns - a.read_ns for a, b in pairwise(streamed(run, run.runs[0]))][-3:]
    assert [round(1e9 / step, 2) for step in longer] == [round(480e6 / (4512 * 4046), 2)] * 3


def test_it_stops(run):
    assert "stopped" in run.lines
    assert plain(run.runs[0])[-2:] == [("W", MODE, 0), ("X", 0, 0)]


def test_a_byte_that_is_not_acknowledged_fails_the_start_and_the_next_is_whole(run):
    assert "not started" in run.lines
    assert "started again" in run.lines
    (failed,) = [life for life in run.lives if any(one.refused for one in life) and life not in run.runs][:1]
    assert (failed[-2].register, failed[-2].refused, failed[-1].kind) == (REFUSED, True, "X")
    whole = run.lives[run.lives.index(failed) + 1]
    assert plain(whole)[:232] == plain(run.runs[0])[:232]
    assert whole in run.runs


def test_twenty_stops_and_starts(run):
    assert len(run.after("cycle ")) == 20
    cycles = run.runs[2:22]
    assert len({tuple(plain(life)) for life in cycles}) == 1
    assert plain(cycles[0])[:232] == plain(run.runs[0])[:232]


def test_two_sensors_on_one_bus(run):
    assert "both stopped" in run.lines
    other = [life for life in run.board.lives(HIGH) if any(one.register == MODE for one in life)]
    assert len(other) == 1
    assert plain(other[0])[:232] == plain(run.runs[0])[:232]
    first, second = streamed(run, run.runs[22]), streamed(run, other[0], 1)
    assert min(len(first), len(second)) >= 10
    assert second[0].read_ns < first[-1].read_ns, "they run at the same time"
    assert second[0].configuration.rate_hz == pytest.approx(30.00, abs=0.005)


def test_a_busy_memory_fails_the_start(run):
    """A guest that takes 8 ms from XCLR to its first write finds it loaded: at least one is faster."""
    busy = run.lives[run.lives.index(run.runs[22]) + 1 :][:5]
    outcomes = ["started" if life in run.runs else "refused" for life in busy]
    assert outcomes == run.after("busy ")
    early = [life[1].at_ns - life[0].at_ns < NVM_ns for life in busy]
    assert any(early)
    assert outcomes == ["refused" if soon else "started" for soon in early]
    assert "loaded" in run.lines


def test_an_image_is_decoded_from_its_csi2_stream(run):
    frame = streamed(run, run.runs[0])[-1]
    stream = bytearray()
    dump.write(stream.extend, records(sent(run.board.sensor, frame), lanes_of(frame.configuration)))
    (decoded,) = csi2_decoder.frames(csi2_decoder.read(bytes(stream)))
    assert decoded.codes.shape == (3040, 4056)
    assert np.array_equal(decoded.codes, run.board.sensor.images(frame)[0])
    (embedded,) = (one.value for one in run.runs[0] if one.register == EMBEDDED_LINES)
    assert (embedded, decoded.registers) == (0, {}), "this driver switches embedded data off"


def test_the_kernel_has_nothing_to_complain_of(run):
    assert run.lines[-1] == "end"
    assert "removed" in run.lines
    assert not run.after("dmesg ")
    assert run.transfers > 25 * 230
