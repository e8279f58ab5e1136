"""Reports of a USB3 Vision camera besides its images: events, chunks, and a restart."""

from __future__ import annotations

import struct

import pytest

from unit.links.usb3.usb_host import EVENT_IN, STREAM_IN, Host, picture
from unit.links.usb3.usb_twin import Running, stub


def telling(*names: str) -> Running:
    twin = stub(ExposureTime=20_000.0)
    events = [text for name in names for text in (f"EventSelector={name}", "EventNotification=On")]
    for text in ("TriggerMode=On", "TriggerSource=Software", *events):
        twin.camera.tree.assign(twin.camera, text)
    return Running(twin)


def test_events_carry_time_and_frame():
    with telling("FrameStartOvertrigger", "ExposureEnd") as running, Host(running.port) as host:
        wanted = [host.submit(EVENT_IN, 1024) for _ in range(2)]
        assert host.write(host.eirm, 1) == 0
        running.start(host)
        for _ in range(2):  # the second one comes too soon
            assert host.write(running.address("TriggerSoftware"), 1) == 0
        skipped, ended = (host.answer(sequence)[1] for sequence in wanted)
        for message in (skipped, ended):
            assert message[:8] == b"U3VE" + struct.pack("<HH", 0, 0x0C00)
            assert struct.unpack_from("<HH", message, 8)[0] == len(message) - 12 == message[12]
        (first, first_ns), (second, second_ns) = (struct.unpack_from("<HQ", m, 14) for m in (skipped, ended))
        assert 0x9000 <= first != second >= 0x9000
        assert 0 < second_ns - first_ns < 21_000_000
        assert (skipped[24:], ended[24:]) == (b"", struct.pack("<Q", 0)), "the block id of its image"


def test_nobody_is_told_who_does_not_want_to_know():
    with telling("ExposureEnd") as running, Host(running.port) as host:
        lengths = running.start(host)
        wanted = host.submit(EVENT_IN, 1024)
        assert host.write(running.address("TriggerSoftware"), 1) == 0
        host.frame(lengths)
        assert host.answer(host.unlink(wanted))[0] == -104, "still pending"


@pytest.mark.parametrize("on", [True, False])
def test_chunks_follow_the_image(on):
    twin = stub(ChunkModeActive=on)
    for chunk in ("Timestamp", "ExposureTime"):
        twin.camera.tree.set(twin.camera, "ChunkEnable", True, chunk)
    with Running(twin) as running, Host(running.port) as host:
        lengths = running.start(host)
        leader, *payload, trailer = [host.answer(host.submit(STREAM_IN, n))[1] for n in lengths]
        assert struct.unpack_from("<H", leader, 18)[0] == (0x4001 if on else 1)
        assert len(trailer) == struct.unpack_from("<H", trailer, 6)[0] == (36 if on else 32)
        data = b"".join(payload)
        assert struct.unpack_from("<Q", trailer, 20)[0] == len(data)
        assert data[: 640 * 64] == picture(1, 640 * 64).tobytes()
        if on:
            timestamp = struct.unpack_from("<Q", leader, 20)[0]
            assert data[-8:] == struct.pack("<II", data[-8], 8)
            assert data[-16:-8] == struct.pack("<Q", timestamp)
            assert data[-32:-24] == struct.pack("<d", 100.0)
        else:
            assert len(data) == 640 * 64


def test_a_reset_takes_the_camera_off_the_bus_and_it_comes_back_as_new():
    with Running(stub()) as running:
        with Host(running.port) as host:
            assert host.word(running.address("Width")) == 640
            assert host.write(running.address("DeviceReset"), 1) == 0
            with pytest.raises((EOFError, OSError)):
                while True:
                    host.word(running.address("Width"))
        running.eventually(lambda: running.cameras[0].connection is None)
        with Host(running.port) as host:
            assert host.word(running.address("Width")) == 4096
