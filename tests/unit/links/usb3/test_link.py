"""A twin on USB/IP, met by the plainest of hosts: enumeration, control, streaming, halts, and leaving."""

from __future__ import annotations

import contextlib
import math
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest

from camtwin.camera.links import HIGH_SPEED
from camtwin.links.base.link import LinkProblem
from camtwin.links.base.runtime import WallRuntime
from camtwin.links.usb3.link import Usb3Link
from camtwin.links.usb3.pipes import Job, Stats, Writer
from camtwin.models import load
from camtwin.twins import build
from camtwin.wire.image import Image
from camtwin.wire.u3v.stream import Transfers
from compare import assert_same_bytes
from unit.links.usb3.usb_host import CONTROL_IN, ECONNRESET, EPIPE, EVENT_IN, STREAM_IN, Host, picture
from unit.links.usb3.usb_twin import Running, stub


@pytest.fixture
def running() -> Iterator[Running]:
    before = threading.active_count()
    with Running(stub()) as running:
        yield running
    assert running.problem is None
    assert threading.active_count() == before, "threads are left over"


@pytest.fixture
def host(running: Running) -> Iterator[Host]:
    with Host(running.port) as host:
        assert host.status == 0
        yield host


def listed(running: Running) -> bytes:
    with socket.create_connection(("127.0.0.1", running.port), 5) as sock:
        sock.sendall(struct.pack(">HHI", 0x0111, 0x8005, 0))
        return b"".join(iter(lambda: sock.recv(4096), b""))


def test_it_is_listed(running):
    reply = listed(running)
    assert len(reply) == 12 + 312 + 12
    assert reply[12 + 300 : 12 + 304] == bytes.fromhex("2676ba02")


def test_enumeration_and_control(host):
    assert host.control(0x80, 6, 0x0100, 0, 18)[1][8:12] == bytes.fromhex("7626 02ba")
    text = host.control(0x80, 6, 0x0303, 0x0409, 255)[1]
    assert text[2:].decode("utf-16-le") == "acA4112-20um"
    assert host.read(0x44, 64).rstrip(b"\0") == b"acA4112-20um"
    assert host.control(0x80, 6, 0x0A00, 0, 255) == (EPIPE, b"")


def test_the_description_is_where_the_manifest_says(running, host):
    manifest = host.word(0x1D0, 8)
    address, size = host.word(manifest + 16, 8), host.word(manifest + 24, 8)
    data = b"".join(host.read(address + at, min(1000, size - at)) for at in range(0, size, 1000))
    assert data == running.twins[0].camera.xml_file


def test_registers_of_the_link_and_of_the_camera_do_not_overlap(running):
    from camtwin.wire.u3v import bootstrap as u3v_bootstrap

    rows = u3v_bootstrap.table(52, 1024)
    taken = {address for row in rows for address in range(row.address, row.address + row.length)}
    assert not taken & running.twins[0].camera.registers.at.keys()


def test_what_the_camera_refuses(running, host):
    assert host.write(running.address("Width"), 17) == 0x8002
    assert host.write(running.address("SensorWidth"), 17) == 0x8004
    assert host.write(0x0801_0000, 1) == 0x8003
    assert host.write(0x184, 0x656D, 64) == 0
    assert host.read(0x184, 64) == b"me".ljust(64, b"\0")


@pytest.mark.parametrize("size", [512, 4096, 1 << 20])
def test_frames(running, host, size):
    lengths = running.start(host, size)
    for number in range(3):
        block_id, data = host.frame(lengths)
        assert block_id == number
        assert_same_bytes(data, picture(number + 1, 640 * 64).tobytes())


def test_requests_shorter_and_longer_than_transfers(running, host):
    """A transfer goes on in the next request, and ends its last one early: some hosts ask 1 MiB each time."""
    running.start(host, 40_000)
    assert len(host.answer(host.submit(STREAM_IN, 1 << 20))[1]) == 52
    parts = [host.answer(host.submit(STREAM_IN, n))[1] for n in (30_000, 30_000, 1 << 20, 1 << 20)]
    assert [len(part) for part in parts] == [30_000, 10_000, 960, 32]


def test_blocks_are_counted_anew(running, host):
    lengths = running.start(host)
    assert [host.frame(lengths)[0] for _ in range(2)] == [0, 1]
    assert host.write(host.sirm + 4, 0) == 0
    assert host.write(running.address("AcquisitionStop"), 1) == 0
    running.eventually(lambda: running.twins[0].camera.idle)
    lengths = running.start(host)
    assert host.frame(lengths)[0] == 0


def test_a_request_is_taken_back(host):
    pending = host.submit(STREAM_IN, 1000)
    for endpoint in (CONTROL_IN, EVENT_IN):
        other = host.submit(endpoint, 1000)
        assert host.answer(host.unlink(other))[0] == ECONNRESET
    assert host.answer(host.unlink(pending))[0] == ECONNRESET
    assert host.answer(host.unlink(pending))[0] == 0
    assert host.word(0x1CC) > 0
    assert host.answers == {}


@pytest.mark.parametrize("endpoint", [0x01, CONTROL_IN, EVENT_IN, STREAM_IN])
def test_a_halted_endpoint_stalls(host, endpoint):
    pending = host.submit(endpoint, 1000) if endpoint & 0x80 else None
    assert host.control(0x02, 3, 0, endpoint)[0] == 0
    if pending:
        assert host.answer(pending)[0] == EPIPE
    assert host.answer(host.submit(endpoint, 4, b"" if endpoint & 0x80 else b"none"))[0] == EPIPE
    assert host.control(0x02, 1, 0, endpoint)[0] == 0
    assert host.word(0x1CC) > 0


def test_a_halt_ends_the_frame_and_the_next_one_is_whole(running, host):
    lengths = running.start(host)
    assert host.answer(host.submit(STREAM_IN, lengths[0]))[0] == 0
    host.control(0x02, 3, 0, STREAM_IN)
    host.control(0x02, 1, 0, STREAM_IN)
    block_id, data = host.frame(lengths)
    assert block_id >= 1
    assert_same_bytes(data, picture(block_id + 1, 640 * 64).tobytes())


def test_events(running, host):
    eirm = host.eirm
    wanted = host.submit(EVENT_IN, 1024)
    assert host.write(eirm, 1) == 0
    assert host.write(eirm + 8, 1) == 0
    status, message = host.answer(wanted)
    assert (status, message[:4], message[14:16]) == (0, b"U3VE", b"\xff\x4f")


def test_a_reset_ends_the_acquisition(running, host):
    lengths = running.start(host)
    host.frame(lengths)
    pending = host.submit(EVENT_IN, 100)
    assert host.control(0x23, 3, 4)[0] == 0
    assert host.answer(pending)[0] < 0
    assert host.word(host.sirm + 4) == 0
    running.eventually(lambda: running.twins[0].camera.idle)


def test_detach_in_mid_stream_and_attach_again(running):
    with Host(running.port) as host:
        running.start(host)
        host.submit(STREAM_IN, 52)
        assert host.write(running.address("ExposureTime"), *exposure_us(500.0)) == 0
    running.eventually(lambda: running.twins[0].camera.idle)
    with Host(running.port) as host:
        assert host.status == 0
        assert host.word(host.sirm + 4) == 0
        assert host.word(running.address("ExposureTime"), 8) == exposure_us(500.0)[0], "it stays powered"
        assert host.frame(running.start(host))[0] == 0


def exposure_us(value: float) -> tuple[int, int]:
    return int.from_bytes(struct.pack("<d", value), "little"), 8


def test_attach_at_once_after_detach(running):
    """The next host may come before anybody has noticed that the last one went."""
    for _ in range(50):
        with Host(running.port) as host:
            assert host.status == 0


def test_one_host_at_a_time_and_no_device_but_those_there_are(running, host):
    with Host(running.port) as second, Host(running.port, "9-9") as nobody:
        assert (second.status, nobody.status) == (2, 4)
    assert host.word(0x1CC) > 0


def test_what_goes_to_flash_is_pending_until_it_is_there(running, host):
    save = running.twins[0].camera.tree.nodes["UserSetSave"]
    begun = time.monotonic()
    user_set_3 = save.address + 4 * 3
    pending, done = host.acknowledges(0x0802, struct.pack("<QI", user_set_3, 1))
    assert time.monotonic() - begun >= 0.299
    assert pending[10:] == done[10:12] + struct.pack("<HH", 0, 1300)
    assert (done[4:8], done[12:]) == (b"\0\0\x03\x08", struct.pack("<HH", 0, 4))


def test_two_twins_on_one_server():
    with Running(stub(1), stub(2)) as running, Host(running.port) as a, Host(running.port, "1-2") as b:
        serials = {host.read(0x144, 64) for host in (a, b)}
        assert len(serials) == 2
        frames = [host.frame(running.start(host)) for host in (a, b)]
        assert [block for block, _ in frames] == [0, 0]


def test_a_camera_without_power_is_not_there(running):
    """Its host finds it gone; back again, it is as after switching on."""
    twin, runtime = running.twins[0], running.cameras[0].runtime

    def told(power: Callable[[], object]) -> None:
        running.on_its_thread(lambda: runtime.command(power))

    with Host(running.port) as host:
        host.frame(running.start(host))
        told(twin.camera.power_off)
        with pytest.raises((EOFError, ConnectionError)):
            host.answer(-1)
        assert len(listed(running)) == 12
        with Host(running.port) as nobody:
            assert nobody.status == 4
    told(twin.camera.power_on)
    with Host(running.port) as host:
        assert host.status == 0
        assert host.word(running.address("Width"), 4) == twin.camera.settings.Width == 4096


def test_high_speed_is_slower():
    """40,960 bytes at 40 MB/s take 1.024 ms; the sensor needs longer for a frame, so look at the travel."""
    fast, slow = stub(), stub(link_bits_per_s=HIGH_SPEED)
    times = [t.camera.transmitter.timing.transfer_ns(t.camera.settings, 40_000_000) for t in (fast, slow)]
    assert times == [40_000_000 * 10**9 // 360_000_000, 10**9]
    with Running(slow) as running, Host(running.port) as host:
        device = host.control(0x80, 6, 0x0100, 0, 18)[1]
        assert device[2:4] == b"\x10\x02"
        assert host.word(host.word(0x1D8, 8) + 0x40) == 4


@pytest.mark.parametrize(
    "bytes_",
    [
        b"GET / HTTP/1.1\r\n\r\n" + bytes(64),
        struct.pack(">HHI", 0x0111, 0x8003, 0) + b"1-1".ljust(32, b"\0") + b"\xff" * 48,
        struct.pack(">HHI", 0x0111, 0x8003, 0)
        + b"1-1".ljust(32, b"\0")
        + struct.pack(">5I", 1, 1, 0, 0, 1)
        + struct.pack(">5I", 0, 1 << 30, 0, 0, 0)
        + bytes(8),
    ],
)
def test_who_does_not_speak_usbip_is_cut_off(running, bytes_):
    with socket.create_connection(("127.0.0.1", running.port), 5) as sock:
        sock.sendall(bytes_)
        with contextlib.suppress(ConnectionResetError):
            while sock.recv(4096):
                pass
    with Host(running.port) as host:
        assert host.word(0x1CC) > 0


def test_a_host_that_asks_without_reading_is_cut_off(running, monkeypatch):
    monkeypatch.setattr("camtwin.links.usb3.pipes.MAX_REPLIES", 100)
    monkeypatch.setattr("camtwin.links.usb3.pipes.MAX_REQUESTS", 100)
    with Host(running.port) as host, pytest.raises((OSError, EOFError)):
        for _ in range(200):
            host.submit(STREAM_IN, 100)
        host.answer(-1)
    running.eventually(lambda: running.cameras[0].connection is None)


def test_a_host_that_stops_reading_holds_nobody_up():
    """When its socket's buffers are full its camera's link stalls and skips frames; the loop goes on."""
    with Running(stub(rate_Hz=None)) as running, Host(running.port) as host:
        running.start(host, 1 << 20)
        for _ in range(2000):
            host.submit(STREAM_IN, 1 << 20)
        running.eventually(lambda: running.cameras[0].stats.skipped)
        assert len(listed(running)) == 12 + 312 + 12


def test_a_slow_host_makes_the_cameras_memory_skip_frames():
    """A host that takes 0.25 s a frame of a camera that makes 20 a second gets few frames, and fresh ones."""
    twin = stub(rate_Hz=20.0)
    with Running(twin) as running, Host(running.port) as host:
        lengths = running.start(host)
        got: list[tuple[int, float]] = []
        for _ in range(14):
            got.append((host.frame(lengths)[0], time.monotonic()))
            time.sleep(0.25)
        stats = running.cameras[0].stats
        assert (stats.dropped, "host" in twin.camera.transmitter.stalled) == (0, True)
    blocks = [block for block, _ in got]
    assert blocks == sorted(set(blocks))
    assert blocks[-1] > 25, "they were skipped"
    ages_s = [at - block / 20 for block, at in got]
    assert max(ages_s) - min(ages_s) < 1.6, "a few wait here until it is known to be slow, then two in memory"
    assert stats.skipped > 10
    assert stats.late < 5, "the host is late, not this computer"


def test_the_link_goes_on_when_a_slow_host_has_gone():
    twin = stub(rate_Hz=50.0)
    with Running(twin) as running:
        for _ in range(2):
            with Host(running.port) as host:
                assert host.frame(running.start(host))[0] == 0
                running.eventually(lambda: "host" in twin.camera.transmitter.stalled)
            running.eventually(lambda: twin.camera.transmitter.flowing)


def test_frames_that_are_cut_are_not_rendered():
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    writer = Writer(ours, Stats(), lambda: None, lambda problem: None, lambda: None)
    image = Image(64, 16, 0, 0, 0x0108_0001, 0)
    jobs = [Job(image, n, 1024, Future(), Transfers(1024, 1, 0, 0)) for n in range(3)]
    for job in jobs:
        writer.send(job)
    writer.cut()
    assert all(job.payload.cancelled() for job in jobs)
    writer.close()
    theirs.close()
    ours.close()


def test_free_time_waits_for_the_host_and_drops_nothing():
    """A camera of one frame a second gives what the host asks for, and stands while it does not ask."""
    twin = stub(rate_Hz=1.0)

    def stands() -> bool:
        before = twin.clock.now
        time.sleep(0.1)
        return twin.clock.now == before

    with Running(twin, pace=math.inf) as running, Host(running.port) as host:
        lengths = running.start(host)
        begun = time.monotonic()
        blocks = [host.frame(lengths)[0] for _ in range(20)]
        assert time.monotonic() - begun < 10 < twin.clock.now / 1e9
        running.eventually(stands)
        blocks += [host.frame(lengths)[0] for _ in range(20)]
        assert blocks == list(range(40))
        assert (running.cameras[0].stats.dropped, running.cameras[0].stats.late) == (0, 0)


def test_what_goes_wrong_in_rendering_ends_the_run():
    twin = stub()
    twin.renderer.failing = True  # type: ignore[attr-defined]
    running = Running(twin)
    with running, Host(running.port) as host:
        with contextlib.suppress(EOFError):  # it may end before it answers
            running.start(host)
        running.eventually(lambda: running.problem)
    assert str(running.problem) == "no light"


def test_a_port_that_is_taken_is_told_in_a_line(running):
    twin = stub()
    with pytest.raises(LinkProblem, match=f"cannot use TCP port {running.port} of 127.0.0.1"):
        Usb3Link(twin, WallRuntime(twin.clock), running.port)


def test_a_model_without_usb_is_told_in_a_line():
    twin = build(load("baumer-vcxg-124m"))
    with pytest.raises(LinkProblem, match="baumer-vcxg-124m has no USB"):
        Usb3Link(twin, WallRuntime(twin.clock), 0)
