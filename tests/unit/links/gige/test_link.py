"""A twin on loopback sockets, met by the plainest of clients: discovery, control, and leaving."""

from __future__ import annotations

import os
import random
import socket
import struct
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from camtwin.camera import Exposure
from camtwin.links.base.runtime import WallRuntime
from camtwin.links.gige.interface import Interface
from camtwin.links.gige.link import GigeLink, LinkProblem, LinkStatus, mac_of
from camtwin.models import load
from camtwin.twins import build
from camtwin.wire.gev.gvcp import Status
from unit.links.gige.gige_host import (
    CCP,
    CONTROL,
    READMEM,
    SCP,
    SCPS,
    WRITEREG,
    Client,
    Running,
    StubTwin,
    free_port,
    start,
)
from unit.links.gige.receiver import Receiver

# -- discovery -------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["127.0.0.1", "127.255.255.255", "255.255.255.255"])
def test_discovery(client: Client, to: str) -> None:
    found = client.discover(to)
    assert list(found) == ["127.0.0.1"]
    answer = found["127.0.0.1"]
    assert answer[0x24:0x28] == bytes([127, 0, 0, 1])
    assert answer[0x34:0x38] == bytes([255, 0, 0, 0])
    assert answer[0x48:0x68].rstrip(b"\0") == b"Baumer"
    assert answer[0x68:0x88].rstrip(b"\0") == b"VCXG-124M"
    assert answer[0xD8:0xE8].rstrip(b"\0") == b"700000000007"
    assert answer[0x0A] & 0b11 == 0b10  # a locally administered address of one device


@pytest.mark.parametrize("to", ["127.255.255.255", "255.255.255.255"])
def test_two_twins_share_a_host(running: Running, client: Client, to: str) -> None:
    with Running(StubTwin("700000000008"), "127.0.0.2", running.port):
        found = client.discover(to)
    assert sorted(found) == ["127.0.0.1", "127.0.0.2"]
    assert found["127.0.0.1"][0x08:0x10] != found["127.0.0.2"][0x08:0x10]  # MAC addresses
    assert found["127.0.0.2"][0x24:0x28] == bytes([127, 0, 0, 2])


def test_only_discovery_may_be_broadcast(client: Client) -> None:
    command = struct.pack(">BBHHHII", 0x42, 1, WRITEREG, 8, 9, CCP, CONTROL)
    client.sock.sendto(command, ("127.255.255.255", client.peer[1]))
    assert client.read(CCP) == 0


# -- control ---------------------------------------------------------------------------------------


def test_what_the_camera_refuses_becomes_a_status(client: Client, receiver: Receiver, twin: StubTwin) -> None:
    assert client.write(twin.address("Width"), 64) == Status.ACCESS_DENIED  # nobody is in control
    assert client.write(CCP, CONTROL) == 0
    assert client.write(twin.address("Width"), 65) == Status.INVALID_PARAMETER
    start(client, receiver, twin)
    assert client.write(twin.address("SensorWidth"), 64) == Status.WRITE_PROTECT
    assert client.write(SCPS, 9000) == Status.ACCESS_DENIED  # locked while it streams
    assert client.write(0xE000_0000, 1) == Status.INVALID_ADDRESS
    assert client.ask(READMEM, struct.pack(">IHH", 0xE000_0000, 0, 40)) == (Status.INVALID_ADDRESS, b"")


def test_the_description_can_be_read_as_its_url_says(client: Client, twin: StubTwin) -> None:
    status, body = client.ask(READMEM, struct.pack(">IHH", 0x200, 0, 512))
    url = body[4:].rstrip(b"\0").decode()
    assert (status, url) == (0, twin.camera.xml_url)
    at, size = (int(part, 16) for part in url.split(";")[1:])
    rounded = -(-size // 4) * 4  # reads are multiples of 4 bytes: clients read past the end
    document = b""
    while len(document) < rounded:
        count = min(512, rounded - len(document))
        status, body = client.ask(READMEM, struct.pack(">IHH", at + len(document), 0, count))
        assert status == 0
        document += body[4:]
    assert document[:size] == twin.camera.read(at, size)
    assert document[:4] == b"PK\x03\x04"


def test_hostile_bytes_change_nothing(client: Client) -> None:
    rng = random.Random(1)
    for _ in range(300):
        data = rng.randbytes(rng.randrange(600))
        client.sock.sendto(b"\x42\x00" + data if rng.random() < 0.7 else data, client.peer)
    assert client.read(0) == 0x0002_0000
    assert client.read(CCP) == 0


def test_time_passes_with_the_wall(client: Client) -> None:
    client.write(CCP, CONTROL)
    before = time.monotonic_ns()
    stamps: list[int] = []
    for _ in range(2):
        assert client.write(0x944, 2) == 0
        stamps.append(client.read(0x948) << 32 | client.read(0x94C))
        time.sleep(0.05)
    assert 50_000_000 <= stamps[1] - stamps[0] <= time.monotonic_ns() - before
    assert [stamp % 8 for stamp in stamps] == [0, 0]


# -- what goes wrong -------------------------------------------------------------------------------


def test_a_rendering_that_fails_ends_the_run(receiver: Receiver) -> None:
    class Broken(StubTwin):
        def render(self, exposure: Exposure, /) -> NDArray[np.uint8]:
            raise RuntimeError("no light")

    twin = Broken()
    with Running(twin) as running:
        client = Client(running.port)
        start(client, receiver, twin)
        client.sock.close()
        running.wait()
    assert isinstance(running.problem, RuntimeError)
    assert str(running.problem) == "no light"


def test_a_port_that_is_taken_is_one_line(twin: StubTwin) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        with pytest.raises(LinkProblem) as problem:
            GigeLink(twin, WallRuntime(twin.clock), port=port)
    assert str(problem.value) == f"cannot use UDP port {port} of 127.0.0.1: Address already in use"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("192.0.2.99", "192.0.2.99"),
        ("camera", "camera is not an IPv4 address"),
        ("0.0.0.0", "0.0.0.0"),
    ],
)
def test_an_address_that_is_not_ours_is_one_line(twin: StubTwin, address: str, message: str) -> None:
    with pytest.raises(LinkProblem, match=message) as problem:
        GigeLink(twin, WallRuntime(twin.clock), address)
    assert "\n" not in str(problem.value)


def test_a_model_without_a_network_is_one_line() -> None:
    twin = build(load("basler-aca4112-20um"))
    with pytest.raises(LinkProblem, match=r"^basler-aca4112-20um has no network: its link is usb3$"):
        GigeLink(twin, WallRuntime(twin.clock))


def test_leaving_leaves_nothing_behind(receiver: Receiver) -> None:
    threads, descriptors = threading.active_count(), len(os.listdir("/proc/self/fd"))
    twin = StubTwin()
    with Running(twin) as running:
        client = Client(running.port)
        start(client, receiver, twin)
        receiver.packets()
        client.sock.close()
    assert twin.camera.acquiring is False
    running.link.close()  # a second time
    assert running.problem is None
    assert threading.active_count() == threads
    assert len(os.listdir("/proc/self/fd")) == descriptors
    receiver.silence(0.05)
    assert receiver.silence(0.1) == []
    with Running(StubTwin(), port=running.port):  # the port is free
        pass


def test_a_link_that_cannot_open_leaves_nothing_behind(twin: StubTwin) -> None:
    threads, descriptors = threading.active_count(), len(os.listdir("/proc/self/fd"))
    del twin.camera.xml_url  # it is asked for in the middle of opening
    with pytest.raises(AttributeError):
        GigeLink(twin, WallRuntime(twin.clock), port=free_port("127.0.0.1"))
    assert threading.active_count() == threads
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_status_before_anybody_came(running: Running) -> None:
    assert running.on_its_thread(running.link.status) == LinkStatus(
        "VCXG-124M", None, 0, 0, 0, 0, 0.0, 0, 0, 0, {}, "127.0.0.1"
    )


def test_only_an_interface_of_its_own_lends_a_twin_its_hardware_address() -> None:
    """Hosts tell cameras apart by it: two addresses of one interface are two cameras."""
    shared = Interface("eth0", 2, 0xC0A8_0005, 0xFFFF_FF00, bytes.fromhex("a0b1c2d3e4f5"), False)
    one, two = (mac_of(shared, serial) for serial in ("700000000001", "700000000002"))
    assert one != two
    assert {mac[:2].hex() for mac in (one, two)} == {"02ca"}  # locally administered
    assert mac_of(replace(shared, own=True), "700000000001") == shared.mac


def test_a_camera_that_boots_is_in_nobodys_control(
    running: Running, client: Client, receiver: Receiver
) -> None:
    start(client, receiver, running.twin)
    assert (client.read(CCP), client.read(SCP)) == (CONTROL, receiver.port)
    running.on_its_thread(running.twin.camera.power_cycle)
    assert (client.read(CCP), client.read(SCP)) == (0, 0)
