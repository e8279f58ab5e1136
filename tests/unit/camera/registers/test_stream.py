"""The stream: rates from the times of frames, changes on the fly, ends, and two sensors in step."""

from __future__ import annotations

import pytest

from camtwin.camera.registers.stream import Stream, TimedFrame
from camtwin.units import MS, SEC, US
from unit.camera.registers.benches import Bench
from unit.camera.registers.programs import DRIVE, FAMILY, RESET, SHEET, drive, family


def program(bench: Bench, values: dict[str, int], address: int = 0x1A) -> None:
    """Write what differs from the reset values, over the bus, and start."""
    for name, value in values.items():
        if value != RESET[name] and SHEET.registers[name].access == "rw":
            assert bench.write(name, value, address).refusal is None
    bench.write("mode_select", 1, address)


def running(values: dict[str, int], inck_hz: int = 24_000_000) -> tuple[Bench, Stream, list[TimedFrame]]:
    bench = Bench()
    stream = Stream(bench.file, bench.clock)
    frames: list[TimedFrame] = []
    stream.on_frame.subscribe(frames.append)
    bench.power_up()
    bench.file.set_clock(inck_hz)
    program(bench, values)
    return bench, stream, frames


@pytest.mark.parametrize("number", range(23))
def test_the_rate_of_a_driver_s_mode_from_the_times_of_frames(number):
    mode = FAMILY[number]
    values, inck_hz = family(mode)
    bench, _, frames = running(values, inck_hz)
    bench.wait(11 * SEC)
    fps = (len(frames) - 1) * SEC / (frames[-1].read_ns - frames[0].read_ns)
    assert fps == pytest.approx(float(mode["fps_computed"]), rel=1e-4)
    assert (frames[0].configuration.geometry.width, frames[0].number) == (int(mode["width"]), 1)


@pytest.mark.parametrize("name", DRIVE)
def test_the_rate_of_a_drive_mode_is_exact(name):
    *_, line_clocks, frame_lines, exposures, fps = DRIVE[name]
    bench, _, frames = running(drive(name))
    bench.wait(3 * SEC)
    clocks = 50 * line_clocks * frame_lines * exposures
    assert abs((frames[50].read_ns - frames[0].read_ns) * 0.84 - clocks) < 0.84  # rounded to a nanosecond
    assert 50 * 840e6 / clocks == pytest.approx(fps, rel=0.01)


def test_rows_gather_light_before_they_are_read():
    bench, _, frames = running(drive("Full10") | {"coarse_integration_time": 420})
    bench.wait(100 * MS)
    first = frames[0]
    (exposure,) = first.configuration.integrations
    windows = first.windows(exposure)
    assert windows.duration_ns == 2_256_000  # 420 lines of 4512 clocks at 840 MHz
    assert windows.start_ns == first.read_ns - 2_256_000
    assert windows.start_ns == bench.streams[0][0]  # as soon as the stream starts
    assert windows.times.step_ns * 840 == 4_512_000


def test_a_short_exposure_is_read_after_the_long_one():
    bench, _, frames = running(drive("Dol"))
    bench.wait(200 * MS)
    long, short = (frames[1].windows(each) for each in frames[1].configuration.integrations)
    line_ns = 4512 / 0.84
    assert long.start_ns + long.duration_ns == frames[1].read_ns
    assert short.start_ns - frames[1].read_ns == pytest.approx(22 * line_ns, abs=1)  # the gap between the two
    assert short.times.step_ns == 2 * frames[1].configuration.line_ns


def test_a_longer_frame_and_another_image_while_it_streams():
    bench, _, frames = running(drive("Full10"))
    bench.wait(100 * MS)
    before = len(frames)
    for name, value in (("frame_length_lines", 6204), ("y_addr_end", 2287), ("y_output_size", 2288)):
        bench.write(name, value)
    bench.wait(500 * MS)
    heights = [frame.configuration.geometry.height for frame in frames[before - 1 : before + 4]]
    assert heights == [3040, 3040, 2288, 2288, 2288]
    gaps = [b.read_ns - a.read_ns for a, b in zip(frames[before - 1 :], frames[before:], strict=False)][:5]
    assert [round(gap / US) for gap in gaps] == [16662, 16662, 16662, 33324, 33324]


@pytest.mark.parametrize(("fast", "cuts"), [(0, 0), (1, 1)])
def test_a_stop_after_the_frame_or_within_it(fast, cuts):
    bench, stream, frames = running(drive("Full10") | {"fast_standby_ctrl": fast})
    cut = []
    stream.on_cut.subscribe(lambda t_ns, frame: cut.append((t_ns, frame.number)))
    bench.wait(100 * MS)
    bench.write("mode_select", 0)
    count = len(frames)
    bench.wait(SEC)
    assert (len(frames), len(cut)) == (count, cuts)
    bench.write("mode_select", 1)
    bench.wait(100 * MS)
    assert frames[count].number == 1


def test_power_that_fails_cuts_the_frame():
    bench, stream, frames = running(drive("Full10"))
    cut = []
    stream.on_cut.subscribe(lambda t_ns, frame: cut.append((t_ns, frame.number)))
    bench.wait(100 * MS)
    bench.file.set_rail("digital", False)
    assert cut == [(bench.clock.now, frames[-1].number)]
    bench.wait(SEC)
    assert stream.frame is None


def test_20_stops_and_starts():
    bench, _, frames = running(drive("FullHd"))
    for _ in range(20):
        bench.wait(50 * MS)
        bench.write("mode_select", 0)
        bench.file.set_xclr(False)
        bench.wait(MS)
        bench.file.set_xclr(True)
        bench.wait(8 * MS)
        frames.clear()
        program(bench, drive("FullHd"))
    bench.wait(100 * MS)
    assert (frames[0].number, frames[-1].number) == (1, len(frames))
    assert round(SEC / (frames[2].read_ns - frames[1].read_ns), 2) == 240.02


def test_a_configuration_that_cannot_be_gives_no_frame():
    bench, _, frames = running(drive("Full10") | {"csi_lane_mode": 2})
    bench.wait(SEC)
    assert frames == []
    assert "no frames come" in bench.remarks[0][1]
    bench.write("mode_select", 0)
    bench.write("csi_lane_mode", 3)
    bench.write("mode_select", 1)
    bench.wait(100 * MS)
    assert len(frames) > 3
    bench.write("line_length_pck", 2000)  # on the fly: fewer clocks than pixels
    bench.wait(SEC)
    assert frames[-1].number < 12


def two() -> tuple[Bench, list[list[TimedFrame]]]:
    """Return two sensors, the first master, the second its slave by XVS."""
    bench = Bench(2)
    streams = [Stream(file, bench.clock) for file in bench.files]
    frames: list[list[TimedFrame]] = [[], []]
    for stream, taken in zip(streams, frames, strict=True):
        stream.on_frame.subscribe(taken.append)
    streams[0].on_xvs.subscribe(lambda _: streams[1].xvs())
    bench.power_up()
    program(bench, drive("Full10") | {"ms_sel": 0, "mc_mode": 1}, 0x10)
    return bench, frames


def test_two_sensors_are_in_step():
    bench, frames = two()
    bench.wait(100 * MS)
    assert frames[1] == []  # a slave waits for its master
    program(bench, drive("Full10") | {"mc_mode": 1, "xvs_io_ctrl": 1, "extout_en": 1})
    bench.wait(2 * SEC)
    assert len(frames[1]) > 100
    line_ns = 5372
    assert all(abs(m.read_ns - s.read_ns) < line_ns for m, s in zip(*frames, strict=True))


def test_without_its_pulse_a_slave_stands_still():
    bench, frames = two()
    program(bench, drive("Full10") | {"mc_mode": 1, "xvs_io_ctrl": 1})
    bench.wait(SEC)
    assert len(frames[0]) > 50
    assert frames[1] == []


def test_a_slave_that_is_slower_misses_pulses():
    bench, frames = two()
    bench.write("frame_length_lines", 4000, 0x10)
    remarks = []
    bench.files[1].on_remark.subscribe(lambda _, text: remarks.append(text))
    bench.write("mode_select", 0, 0x10)
    bench.write("mode_select", 1, 0x10)
    program(bench, drive("Full10") | {"xvs_io_ctrl": 1, "extout_en": 1})
    bench.wait(SEC)
    assert len(frames[1]) == pytest.approx(len(frames[0]) / 2, abs=1)
    assert set(remarks) == {"XVS: a pulse comes before the frame under way is over"}
