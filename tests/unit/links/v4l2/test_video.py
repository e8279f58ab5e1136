"""The video node as a program sees it: formats, buffers, frames, and who may do what."""

from __future__ import annotations

import fcntl
import os
import time
from errno import EAGAIN, EBADR, EBUSY, EFAULT, EINVAL, EIO, ENOTTY
from itertools import pairwise

import numpy as np
import pytest

from camtwin.links.v4l2.format_calls import interval_of
from camtwin.links.v4l2.formats import Formats
from camtwin.units import MS
from camtwin.wire.v4l2 import ioctls as io
from camtwin.wire.v4l2 import messages as m
from camtwin.wire.v4l2 import video as v
from unit.links.v4l2.fake_camera import MODES
from unit.links.v4l2.running import TYPE, Client, RunningCamera, buffer, failed, request, streaming

BYTES = 64 * 48 * 2


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture
def camera():
    with RunningCamera(pace=20.0) as running:
        yield running


def frames_ready(camera: RunningCamera) -> int:
    return sum(len(each.queue.done) for each in camera.nodes.video.captures.values())


# -- formats ---------------------------------------------------------------------------------------
def names(client: Client) -> list[tuple[str, str, int]]:
    found: list[tuple[str, str, int]] = []
    for index in range(9):
        result, data = client.ioctl(io.ENUM_FMT, v.FormatDescription(index, v.CAPTURE, 0, "", 0).pack())
        if result < 0:
            break
        told = v.FormatDescription.unpack(data)
        found.append((told.pixelformat.to_bytes(4, "little").decode(), told.description, told.flags))
    return found


def test_formats_are_those_of_the_modes(camera):
    with camera.open() as client:
        assert names(client) == [
            ("RG10", "10-bit Bayer RGRG/GBGB", 0),
            ("RG12", "12-bit Bayer RGRG/GBGB", 0),
        ]
        asked = v.FrameSize(0, v.fourcc("RG12"), 0, bytes(24))
        assert v.Size.unpack(client.call(io.ENUM_FRAMESIZES, asked).size) == v.Size(32, 24)
        assert (
            failed(client, io.ENUM_FRAMESIZES, v.FrameSize(1, v.fourcc("RG12"), 0, bytes(24)).pack())
            == EINVAL
        )


def test_conversions_are_marked_as_emulated():
    with RunningCamera(convert=True) as camera, camera.open() as client:
        assert names(client)[2:] == [
            ("RGGB", "8-bit Bayer RGRG/GBGB", v.FMT_EMULATED),
            ("GREY", "8-bit Greyscale", v.FMT_EMULATED),
            ("pRAA", "10-bit Bayer RGRG/GBGB Packed", v.FMT_EMULATED),
            ("pRCC", "12-bit Bayer RGRG/GBGB Packed", v.FMT_EMULATED),
        ]


def test_the_nearest_format_is_set_and_selects_the_mode(camera):
    with camera.open() as client:
        pixels = v.PixFormat(*(30, 20, v.fourcc("RG12")), *(0,) * 9).pack().ljust(200, b"\0")
        told = client.call(io.S_FMT, v.Format(v.CAPTURE, pixels))
        one = v.PixFormat.unpack(told.pix)
        assert (one.width, one.height, one.bytesperline, one.sizeimage) == (32, 24, 64, 1536)
        assert camera.driver.mode == 1
        assert client.call(io.G_FMT, v.Format(v.CAPTURE, bytes(200))) == told
        request(client, 2)
        assert failed(client, io.S_FMT, told.pack()) == EBUSY


def test_frame_intervals(camera):
    assert interval_of(59_900_000) == v.Fraction(10, 599)
    with camera.open() as client:
        wanted = v.CaptureParameters(0, 0, v.Fraction(1, 25)).pack().ljust(200, b"\0")
        told = client.call(io.S_PARM, v.StreamParameters(v.CAPTURE, wanted))
        assert v.CaptureParameters.unpack(told.parameters).timeperframe == v.Fraction(1, 25)
        fast = v.CaptureParameters(0, 0, v.Fraction(1, 1000)).pack().ljust(200, b"\0")
        told = client.call(io.S_PARM, v.StreamParameters(v.CAPTURE, fast))
        assert v.CaptureParameters.unpack(told.parameters).timeperframe == v.Fraction(1, 60)


def test_bytes_of_formats():
    native, _, eight, grey, packed, *_ = Formats(MODES, convert=True).all
    image = (MODES[0].active_h, MODES[0].active_w)
    codes = np.zeros(image, np.uint16)
    codes[0, :4] = (0x3FF, 0x001, 0x100, 0x2AA)
    assert native.data(codes)[:8].tobytes().hex() == "ff0301000001aa02"
    assert eight.data(codes)[:4].tobytes().hex() == "ff0040aa"
    codes[2, 2], codes[-1, -1] = 0x3FF, 0x200
    grays = grey.data(codes).reshape(image)
    assert grays[1:4, 1:4].tolist() == [[63, 63, 0], [63, 63, 0], [0, 0, 0]]
    assert grays[-1, -1] == 32
    assert packed.data(codes)[:5].tobytes().hex() == "ff0040aa87"  # 11 01 00 10, the first pixel lowest
    assert (native.bytes, eight.bytes, packed.bytes) == (6144, 3072, 3840)


# -- frames ----------------------------------------------------------------------------------------
def test_frames_come_at_their_times_and_in_their_order(camera):
    with camera.open() as client:
        maps = streaming(client)
        frames: list[v.Buffer] = []
        for _ in range(30):
            told = client.call(io.DQBUF, buffer(0))
            assert told.bytesused == BYTES
            assert told.flags == v.BUF_TIMESTAMP_MONOTONIC | v.BUF_MAPPED
            first = int.from_bytes(maps[told.index][:2], "little")
            assert first == told.sequence % 1024
            frames.append(told)
            client.call(io.QBUF, buffer(told.index))
        times = [told.timestamp.seconds * 10**6 + told.timestamp.fraction for told in frames]
        numbers = [told.sequence for told in frames]
        for (t0, t1), (n0, n1) in zip(pairwise(times), pairwise(numbers), strict=True):
            assert n1 > n0
            assert abs((t1 - t0) / (n1 - n0) - 1e6 / 60) <= 1


def test_a_slow_reader_finds_gaps_in_the_sequence(camera):
    with camera.open() as client:
        streaming(client, 2)
        while client.poll(1) or camera.do(lambda: camera.nodes.stream.lost) < 5:
            pass
        numbers: list[int] = []
        for _ in range(3):
            told = client.call(io.DQBUF, buffer(0))
            numbers.append(told.sequence)
            client.call(io.QBUF, buffer(told.index))
        assert numbers[1] == numbers[0] + 1
        assert numbers[2] - numbers[1] > 5


def test_a_free_runtime_waits_for_a_reader():
    with RunningCamera(pace=float("inf")) as camera, camera.open() as client:
        streaming(client, 2)
        for number in range(100):
            told = client.call(io.DQBUF, buffer(0))
            assert told.sequence == number
            client.call(io.QBUF, buffer(told.index))


def test_tokens_tell_how_many_frames_are_ready(camera):
    with camera.open() as client:
        streaming(client, 3)
        while camera.do(lambda: frames_ready(camera)) < 3:
            pass
        client.call(io.DQBUF, buffer(0))
        assert client.tokens == 2


def test_the_end_of_a_stream_takes_tokens_back(camera):
    with camera.open() as client:
        streaming(client, 3)
        while camera.do(lambda: frames_ready(camera)) < 3:
            pass
        assert client.ioctl(io.STREAMOFF, TYPE)[0] == 0
        assert client.tokens == 0
        assert not camera.do(lambda: camera.driver.streaming)


def test_a_call_that_waits_fails_when_the_stream_ends(camera):
    with camera.open() as client:
        request(client, 2)
        client.ioctl(io.STREAMON, TYPE)
        argument = buffer(0).pack()
        with client.send(m.request(m.IOCTL, io.DQBUF, argument, size=len(argument))) as waiting:
            client.ioctl(io.STREAMOFF, TYPE)
            assert client.receive(waiting)[0] == -EINVAL
        client.ioctl(io.STREAMON, TYPE)
        assert failed(client, io.DQBUF, argument, blocking=False) == EAGAIN


def test_a_caller_that_hangs_up_loses_no_frame(camera):
    with camera.open() as client:
        request(client, 2)
        client.ioctl(io.STREAMON, TYPE)
        argument = buffer(0).pack()
        client.send(m.request(m.IOCTL, io.DQBUF, argument, size=len(argument))).close()
        client.call(io.QBUF, buffer(0))
        told = client.call(io.DQBUF, buffer(0))
        assert told.bytesused == BYTES
        assert client.tokens == 0


def test_read_gives_frames_in_pieces(camera):
    with camera.open() as client:
        pieces: list[tuple[int, int]] = []
        for size in (BYTES - 100, 1000, BYTES * 2):
            with client.send(m.request(m.READ, size)) as here:
                result, data, passed = client.receive(here)
            for descriptor in passed:
                os.close(descriptor)
            pieces.append((result, m.PLACE.unpack(data)[0]))
        assert pieces == [(BYTES - 100, 0), (100, BYTES - 100), (BYTES, 0)]
        assert failed(client, io.REQBUFS, v.RequestBuffers(2, v.CAPTURE, v.MMAP).pack()) == EBUSY


# -- memory ----------------------------------------------------------------------------------------
def test_memory_of_another_device_receives_frames(camera):
    memory = os.memfd_create("other", os.MFD_ALLOW_SEALING)
    os.ftruncate(memory, BYTES)
    with camera.open() as client:
        request(client, 2, v.DMABUF)
        ordinary = os.open("/dev/zero", os.O_RDWR)
        assert failed(client, io.QBUF, buffer(0, v.DMABUF).pack(), ordinary) == EINVAL
        assert failed(client, io.QBUF, buffer(0, v.DMABUF).pack()) == EINVAL
        assert failed(client, io.QBUF, buffer(0, v.DMABUF, place=7).pack(), memory) == 0
        client.ioctl(io.STREAMON, TYPE)
        told = client.call(io.DQBUF, buffer(0, v.DMABUF))
        assert (told.place, told.bytesused) == (7, BYTES)
        assert os.pread(memory, 4, 0).hex() == "00000100"
    os.close(ordinary)
    os.close(memory)


def test_memory_that_shrinks_is_a_failed_frame(camera):
    memory = os.memfd_create("other", os.MFD_ALLOW_SEALING)
    os.ftruncate(memory, BYTES)
    with camera.open() as client:
        request(client, 2, v.DMABUF)
        assert failed(client, io.QBUF, buffer(0, v.DMABUF).pack(), memory) == 0
        os.ftruncate(memory, 10)
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
        client.ioctl(io.STREAMON, TYPE)
        told = client.call(io.DQBUF, buffer(0, v.DMABUF))
        assert (told.bytesused, told.flags & v.BUF_ERROR) == (0, v.BUF_ERROR)
    os.close(memory)


def test_a_program_cannot_shrink_the_memory_of_buffers(camera):
    with camera.open() as client:
        request(client, 2)
        with client.send(m.request(m.MMAP, 0, m.PLACE.pack(0, BYTES))) as here:
            _, _, (memory,) = client.receive(here)
        with pytest.raises(PermissionError):
            os.ftruncate(memory, 0)
        os.close(memory)


def test_frames_for_the_programs_own_memory(camera):
    with camera.open() as client:
        request(client, 2, v.USERPTR)
        assert failed(client, io.QBUF, buffer(0, v.USERPTR, place=4096, length=BYTES - 1).pack()) == EINVAL
        assert failed(client, io.QBUF, buffer(0, v.USERPTR, length=BYTES).pack()) == EINVAL
        client.call(io.QBUF, buffer(0, v.USERPTR, place=4096, length=BYTES))
        client.ioctl(io.STREAMON, TYPE)
        argument = buffer(0, v.USERPTR).pack()
        with client.send(m.request(m.IOCTL, io.DQBUF, argument, size=len(argument))) as here:
            _, data, (memory,) = client.receive(here)
        assert v.Buffer.unpack(data).place == 4096
        assert len(os.pread(memory, 2 * BYTES, 0)) >= BYTES
        os.close(memory)


# -- refusals --------------------------------------------------------------------------------------
def test_one_file_has_the_buffers(camera):
    with camera.open() as client, camera.open() as other:
        request(client, 2)
        for number, argument in (
            (io.REQBUFS, v.RequestBuffers(2, v.CAPTURE, v.MMAP).pack()),
            (io.QBUF, buffer(0).pack()),
            (io.DQBUF, buffer(0).pack()),
            (io.STREAMON, TYPE),
        ):
            assert failed(other, number, argument) == EBUSY
        assert other.ask(m.request(m.READ, 10))[0] == -EBUSY
        client.socket.close()
        assert request(other, 3).count == 3


def test_who_asks_for_buffers_and_vanishes_has_none(camera):
    argument = v.RequestBuffers(2, v.CAPTURE, v.MMAP).pack()
    for _ in range(100):
        client = camera.open()

        def vanish(client: Client = client) -> None:  # while the server is busy: it finds both at once
            client.send(m.request(m.IOCTL, io.REQBUFS, argument, size=len(argument))).close()
            client.socket.close()

        camera.do(vanish)
    with camera.open() as other:
        assert request(other, 3).count == 3


def test_who_has_priority(camera):
    with camera.open() as client, camera.open() as other:
        assert failed(client, io.S_PRIORITY, v.PRIORITY_RECORD.to_bytes(4, "little")) == 0
        assert failed(other, io.S_PRIORITY, v.PRIORITY_INTERACTIVE.to_bytes(4, "little")) == EBUSY
        assert failed(other, io.S_INPUT, bytes(4)) == EBUSY
        assert failed(client, io.S_PRIORITY, bytes(4)) == EINVAL


def test_buffers_in_the_wrong_order(camera):
    with camera.open() as client:
        assert failed(client, io.STREAMON, TYPE) == EINVAL
        request(client, 2)
        assert failed(client, io.DQBUF, buffer(0).pack()) == EINVAL
        assert failed(client, io.QBUF, buffer(2).pack()) == EINVAL
        assert failed(client, io.QBUF, buffer(0, v.USERPTR).pack()) == EINVAL
        assert failed(client, io.QBUF, buffer(0, flags=v.BUF_REQUEST_FD).pack()) == EBADR
        client.call(io.QBUF, buffer(0))
        assert failed(client, io.QBUF, buffer(0).pack()) == EINVAL
        assert failed(client, io.STREAMON, bytes(4)) == EINVAL
        assert client.ask(m.request(m.MMAP, 0, m.PLACE.pack(1, 1)))[0] == -EINVAL


def test_a_driver_that_fails_is_an_error_of_the_stream(camera):
    camera.driver.broken = True
    with camera.open() as client:
        request(client, 2)
        assert failed(client, io.STREAMON, TYPE) == EIO
        camera.driver.broken = False
        assert failed(client, io.STREAMON, TYPE) == 0


def test_calls_that_are_not_there(camera):
    with camera.open() as client:
        assert failed(client, io.number("V", 63, "r", 8), bytes(8)) == ENOTTY
        assert client.ask(m.request(m.IOCTL, io.QUERYCAP, size=104, null=True))[0] == -EFAULT
        assert client.ask(m.request(m.IOCTL, io.STREAMON, size=4, null=True))[0] == -EFAULT


def test_poll_tells_that_there_is_nothing_to_wait_for(camera):
    with camera.open() as client, camera.open() as other:
        request(client, 2)
        assert client.poll(1) == m.POLL_ERR
        client.ioctl(io.STREAMON, TYPE)
        client.call(io.QBUF, buffer(0))
        assert client.poll(1 | m.POLL_PRI) == 0
        assert other.poll(1) == m.POLL_ERR
        assert other.poll(m.POLL_PRI) == 0


def test_sixty_starts_and_stops_leave_nothing(camera):
    with camera.open() as client:
        for _ in range(60):
            for each in streaming(client, 2):
                each.close()
            client.call(io.DQBUF, buffer(0))
            client.ioctl(io.STREAMOFF, TYPE)
            request(client, 0)
        before = len(os.listdir("/proc/self/fd"))
        streaming(client, 2)
        client.ioctl(io.STREAMOFF, TYPE)
        request(client, 0)
        deadline = time.monotonic() + 5
        while len(os.listdir("/proc/self/fd")) > before:  # the server closes its ends a little later
            assert time.monotonic() < deadline


def test_a_free_runtime_keeps_a_buffer_for_frames_that_come_during_a_command():
    with RunningCamera(pace=float("inf")) as camera, camera.open() as client, camera.open() as other:
        streaming(client, 4)
        numbers: list[int] = []

        def late() -> None:
            """Let the time of a frame pass in a command, as a driver on a slow bus does."""
            camera.runtime.command(lambda: camera.driver.clock.advance_to(camera.driver.clock.now + 17 * MS))

        for _ in range(20):
            camera.do(late)
            told = client.call(io.DQBUF, buffer(0))
            numbers.append(told.sequence)
            client.call(io.QBUF, buffer(told.index))
        assert numbers == list(range(20))
        assert other.poll(m.POLL_PRI) == 0


# -- several readers -----------------------------------------------------------------------------------
def test_readers_of_a_shared_node_have_the_same_frames():
    with RunningCamera(pace=float("inf"), shared=True) as camera, camera.open() as one, camera.open() as two:
        maps = [streaming(client, 2) for client in (one, two)]
        frames: list[list[tuple[int, int, bytes]]] = [[], []]
        for _ in range(20):
            for client, memory, found in zip((one, two), maps, frames, strict=True):
                told = client.call(io.DQBUF, buffer(0))
                stamp = told.timestamp.seconds * 10**6 + told.timestamp.fraction
                found.append((told.sequence, stamp, memory[told.index][:8]))
                client.call(io.QBUF, buffer(told.index))
        assert [number for number, *_ in frames[0]] == list(range(20))
        assert [number for number, *_ in frames[1]] == list(range(20))
        later = {stamp: data for _, stamp, data in frames[1]}
        both = [(data, later[stamp]) for _, stamp, data in frames[0] if stamp in later]
        assert len(both) >= 18
        assert all(ours == theirs for ours, theirs in both)


def test_a_reader_of_a_shared_node_leaves_the_others_alone():
    with RunningCamera(pace=20.0, shared=True) as camera, camera.open() as one:
        streaming(one, 3)
        for number in range(10):
            with camera.open() as other:
                streaming(other, 2)
                if number % 2:
                    other.call(io.DQBUF, buffer(0))
                    other.ioctl(io.STREAMOFF, TYPE)
            one.call(io.QBUF, buffer(one.call(io.DQBUF, buffer(0)).index))
        assert camera.do(lambda: camera.driver.streaming)
        assert one.ioctl(io.STREAMOFF, TYPE)[0] == 0
        assert not camera.do(lambda: camera.driver.streaming)


def test_the_format_of_a_shared_node_stays_while_it_is_read():
    def asked(code: str) -> v.Format:
        return v.Format(v.CAPTURE, v.PixFormat(*(32, 24, v.fourcc(code)), *(0,) * 9).pack().ljust(200, b"\0"))

    with RunningCamera(shared=True) as camera, camera.open() as one, camera.open() as two:
        request(one, 2)
        told = two.call(io.S_FMT, asked("RG12"))
        assert v.PixFormat.unpack(told.pix).width == 64
        assert failed(one, io.S_FMT, asked("RG12").pack()) == EBUSY
        request(one, 0)
        told = two.call(io.S_FMT, asked("RG12"))
        assert v.PixFormat.unpack(told.pix).width == 32


def test_a_first_read_that_fails_takes_no_buffers(camera):
    camera.driver.broken = True
    with camera.open() as client, camera.open() as other:
        for _ in range(2):
            assert client.ask(m.request(m.READ, 10))[0] == -EIO
        assert request(other, 2).count == 2
