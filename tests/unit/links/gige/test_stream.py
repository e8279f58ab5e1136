"""A twin on loopback sockets streams to the plainest of clients: what arrives, and when it ends."""

from __future__ import annotations

import struct
import time

import pytest

from compare import assert_same_bytes
from unit.links.gige.gige_host import (
    CCP,
    CONTROL,
    LOCALHOST,
    SCDA,
    SCP,
    SCPS,
    Client,
    Running,
    StubTwin,
    picture,
    start,
)
from unit.links.gige.receiver import Receiver, payload


def test_pictures_arrive(client: Client, receiver: Receiver, running: Running, twin: StubTwin) -> None:
    start(client, receiver, twin, OffsetX=32, OffsetY=5)
    blocks = [receiver.packets() for _ in range(5)]
    assert [packets[0].block_id for packets in blocks] == [1, 2, 3, 4, 5]
    stamps: list[int] = []
    for packets, exposure in zip(blocks, twin.rendered, strict=False):
        assert_same_bytes(payload(packets), picture(exposure).tobytes())
        kind, stamp, *rest = struct.unpack(">2xHQIIIIIHH", packets[0].data)
        assert (kind, rest) == (1, [0x0108_0001, 64, 48, 32, 5, 0, 0])
        assert stamp == exposure.timestamp_ns
        assert struct.unpack(">2xHI", packets[-1].data) == (1, 48)
        stamps.append(stamp)
    assert stamps == sorted(set(stamps))
    assert all(stamp % 8 == 0 for stamp in stamps)
    assert client.write(twin.address("AcquisitionStop"), 1) == 0
    receiver.silence(0.2)
    status = running.link.status()
    assert (status.model, status.client) == ("VCXG-124M", f"127.0.0.1:{client.sock.getsockname()[1]}")
    assert status.frames >= 5
    assert status.bytes >= 5 * 64 * 48


def test_a_stream_that_opens_again_begins_at_block_1(
    client: Client, receiver: Receiver, twin: StubTwin
) -> None:
    start(client, receiver, twin)
    while receiver.packet().block_id < 3:
        pass
    with Receiver() as second:
        assert client.write(SCP, second.port) == 0
        assert next(p for p in iter(second.packet, None) if p.form == 1).block_id == 1
    assert client.write(SCP, 0) == 0


def test_64_bit_block_ids(client: Client, receiver: Receiver, twin: StubTwin) -> None:
    assert client.write(CCP, CONTROL) == 0
    assert client.write(0x960, 1 << 30) == 0
    start(client, receiver, twin)
    receiver.sock.settimeout(3)
    data = receiver.sock.recv(9000)
    assert struct.unpack_from(">HHB3xQI", data) == (0, 0, 0x81, 1, 0)
    assert len(data) == 20 + 36


def test_the_packet_size_counts_all_headers(client: Client, receiver: Receiver, twin: StubTwin) -> None:
    assert client.write(CCP, CONTROL) == 0
    assert client.write(SCPS, 1 << 30 | 1000) == 0
    start(client, receiver, twin)
    packets = receiver.packets()
    assert len(packets[1].data) == 1000 - 20 - 8 - 8
    assert len(packets) == 2 + -(-64 * 48 // 964)


def test_a_test_packet(client: Client, receiver: Receiver) -> None:
    client.write(CCP, CONTROL)
    client.write(SCDA, LOCALHOST)
    client.write(SCP, receiver.port)
    for size in (1500, 3000, 9000):
        assert client.write(SCPS, 1 << 31 | 1 << 30 | size) == 0
        assert len(receiver.packet().data) == size - 28 - 8


@pytest.mark.parametrize("socket_of", ["control", "stream"])
def test_lost_packets_are_asked_for(
    client: Client, receiver: Receiver, twin: StubTwin, socket_of: str
) -> None:
    start(
        client,
        receiver,
        twin,
        AcquisitionMode=twin.camera.tree.nodes["AcquisitionMode"].entries["SingleFrame"],
    )
    packets = receiver.packets()
    request = struct.pack(">BBHHHHHII", 0x42, 0, 0x40, 12, 9, 0, packets[0].block_id, 1, 2)
    (client if socket_of == "control" else receiver).sock.sendto(request, client.peer)
    again = [receiver.packet() for _ in range(2)]
    assert [(p.status, p.data) for p in again] == [(0x0100, p.data) for p in packets[1:3]]


def test_nothing_is_rendered_for_nobody(client: Client, twin: StubTwin) -> None:
    client.write(CCP, CONTROL)
    client.write(twin.address("AcquisitionStart"), 1)
    time.sleep(0.1)
    client.write(CCP, CONTROL)
    assert twin.camera.numbers.begin() > 1
    assert twin.rendered == []


def test_when_the_client_goes_silent_the_stream_ends(
    client: Client, receiver: Receiver, running: Running, twin: StubTwin
) -> None:
    client.write(CCP, CONTROL)
    assert client.write(0x938, 500) == 0
    start(client, receiver, twin)
    begin = time.monotonic()
    packets = receiver.silence(0.3)  # not a word from anybody meanwhile
    assert 0.4 <= packets[-1].at - begin < 2
    assert twin.camera.acquiring is False
    watcher = Client(running.port)
    assert [watcher.read(at) for at in (CCP, SCP, SCDA)] == [0, 0, 0]
    watcher.sock.close()


def test_letting_go_ends_the_stream(client: Client, receiver: Receiver, twin: StubTwin) -> None:
    start(client, receiver, twin)
    receiver.packets()
    assert client.write(CCP, 0) == 0
    receiver.silence(0.05)
    assert receiver.silence(0.2) == []
    assert twin.camera.acquiring is False


def test_an_abort_cuts_the_frame(
    client: Client, receiver: Receiver, running: Running, twin: StubTwin
) -> None:
    start(client, receiver, twin, Width=4096, Height=3000, GevSCPD=100_000)  # 0.9 s on the link
    receiver.packet()
    assert client.write(twin.address("AcquisitionAbort"), 1) == 0
    assert all(p.form == 3 for p in receiver.silence(0.2))  # no trailer
    assert running.link.status().cut_frames == 1
    begun = twin.camera.numbers.begun
    assert client.write(twin.address("AcquisitionStart"), 1) == 0
    following = receiver.packet()
    assert (following.form, following.block_id) == (1, begun + 1), "what was cut has had numbers"
