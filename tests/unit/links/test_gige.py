"""A twin on loopback sockets, met by the plainest of clients: discovery, control, streaming, and leaving."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray

from camtwin.camera import Camera, Exposure
from camtwin.links.gige import GigeLink, LinkProblem, LinkStatus
from camtwin.links.runtime import WallRuntime
from camtwin.models import load
from camtwin.simtime import Scheduler
from camtwin.twins.assembly import timing
from camtwin.wire.gvcp import Status
from compare import assert_same_bytes
from unit.links.receiver import Receiver, payload

SHEET = load("baumer-vcxg-124m")
CCP, CONTROL, SCP, SCPS, SCDA = 0xA00, 2, 0xD00, 0xD04, 0xD18
LOCALHOST = 0x7F00_0001
READREG, WRITEREG, READMEM = 0x80, 0x82, 0x84


class StubTwin:
    """The model's camera, without a sensor: a picture is bytes that its frame number makes."""

    def __init__(self, serial: str = "700000000007", clock: Scheduler | None = None) -> None:
        self.clock = clock or Scheduler()
        self.camera = Camera(SHEET, self.clock, serial=serial, link=timing(SHEET), memory=SHEET.memory)
        self.rendered: list[Exposure] = []

    def prepare(self) -> None:
        pass

    def render(self, exposure: Exposure, /) -> NDArray[np.uint8]:
        self.rendered.append(exposure)
        return picture(exposure)

    def address(self, feature: str) -> int:
        return self.camera.tree.nodes[feature].address


def picture(exposure: Exposure) -> NDArray[np.uint8]:
    start = exposure.frame_id % 251
    return np.resize(np.roll(np.arange(251, dtype=np.uint8), -start), exposure.payload_bytes)


class Running:
    """A link and its runtime in a thread of their own, from entry to exit."""

    def __init__(
        self, twin: StubTwin, bind: str = "127.0.0.1", port: int | None = None, **options: Any
    ) -> None:
        self.options = options  # GigeLink's
        self.twin, self.bind, self.port = twin, bind, port or free_port(bind)
        self.problem: BaseException | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as problem:
            self.problem = problem
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        runtime = WallRuntime(self.twin.clock)
        async with GigeLink(self.twin, runtime, bind=self.bind, port=self.port, **self.options) as self.link:
            tasks = [asyncio.create_task(runtime.run()), asyncio.create_task(self._stop.wait())]
            self._ready.set()
            done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            for task in done:
                task.result()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(5)
        if self.problem:
            raise self.problem
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)
        assert not self._thread.is_alive()

    def wait(self) -> None:
        """Until it ends by itself."""
        self._thread.join(5)

    def on_its_thread(self, call: Callable[[], object]) -> object:
        async def carry_out() -> object:
            return call()

        return asyncio.run_coroutine_threadsafe(carry_out(), self._loop).result(5)


def free_port(address: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, 0))
        return sock.getsockname()[1]


class Client:
    """A GVCP client on loopback, typed from the protocol's facts."""

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.settimeout(3)
        self.peer, self.request_id = (address, port), 0

    def ask(self, command: int, body: bytes) -> tuple[int, bytes]:
        self.request_id += 1
        self.sock.sendto(
            struct.pack(">BBHHH", 0x42, 1, command, len(body), self.request_id) + body, self.peer
        )
        answer = self.sock.recv(2048)
        status, ack, length, request_id = struct.unpack_from(">HHHH", answer)
        assert (ack, length, request_id) == (command + 1, len(answer) - 8, self.request_id)
        return status, answer[8:]

    def read(self, address: int) -> int:
        status, body = self.ask(READREG, struct.pack(">I", address))
        assert status == 0, hex(status)
        return int.from_bytes(body, "big")

    def write(self, address: int, value: int) -> int:
        return self.ask(WRITEREG, struct.pack(">II", address, value))[0]

    def discover(self, to: str, seconds: float = 0.5) -> dict[str, bytes]:
        """Who answers a broadcast: address -> the 0xF8 bytes."""
        self.sock.sendto(bytes.fromhex("42 11 0002 0000 ffff"), (to, self.peer[1]))
        found: dict[str, bytes] = {}
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.sock.settimeout(left)
            try:
                data, (address, port) = self.sock.recvfrom(2048)
            except TimeoutError:
                break
            assert (port, data[:8].hex()) == (self.peer[1], "0000000300f8ffff")
            found[address] = data[8:]
        self.sock.settimeout(3)
        return found


@pytest.fixture
def twin() -> StubTwin:
    return StubTwin()


@pytest.fixture
def running(twin: StubTwin) -> Iterator[Running]:
    with Running(twin) as it:
        yield it
    assert it.problem is None


@pytest.fixture
def client(running: Running) -> Iterator[Client]:
    it = Client(running.port)
    yield it
    it.sock.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as it:
        yield it


def start(client: Client, receiver: Receiver, twin: StubTwin, **features: int) -> None:
    """Take control, set a small picture, open the stream, start."""
    assert client.write(CCP, CONTROL) == 0
    for name, value in {"Width": 64, "Height": 48, **features}.items():
        assert client.write(twin.address(name), value) == 0, name
    assert client.write(SCDA, LOCALHOST) == 0
    assert client.write(SCP, receiver.port) == 0
    assert client.write(twin.address("AcquisitionStart"), 1) == 0


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


# -- FORCEIP ---------------------------------------------------------------------------------------


def force(mac: bytes, address: str) -> bytes:
    """Chapter "FORCEIP": MAC at 2, address at 20, mask at 36, gateway at 52."""
    return struct.pack(">2x6s12x4s12x4s12xI", mac, socket.inet_aton(address), b"\xff\xff\xff\0", 0)


def mac_of(client: Client) -> bytes:
    return client.ask(2, b"")[1][0x0A:0x10]


@pytest.mark.parametrize("to", ["127.0.0.1", "127.255.255.255", "255.255.255.255"])
def test_force_ip_moves_every_socket(
    running: Running, client: Client, receiver: Receiver, twin: StubTwin, to: str
) -> None:
    mac, before = mac_of(client), descriptors()
    old, client.peer = client.peer, (to, running.port)
    assert client.ask(4, force(mac, "127.0.0.5")) == (0, b"")
    assert descriptors() == before
    client.peer = old
    client.sock.settimeout(0.2)
    with pytest.raises(OSError, match=r"timed out|refused"):
        client.read(CCP)
    found = client.discover("127.255.255.255")
    assert list(found) == ["127.0.0.5"]
    assert found["127.0.0.5"][0x24:0x28] == bytes([127, 0, 0, 5])
    assert found["127.0.0.5"][0x34:0x38] == bytes([255, 255, 255, 0])
    client.peer = ("127.0.0.5", running.port)
    start(client, receiver, twin)
    data, source = receiver.sock.recvfrom(9000)
    assert source == ("127.0.0.5", client.read(0xD1C))
    assert data[4] == 1  # a leader
    assert client.write(CCP, 0) == 0
    client.sock.sendto(struct.pack(">BBHHH", 0x42, 1, 4, 56, 1) + force(mac, "0.0.0.0"), client.peer)
    receiver.silence(0.1)
    assert list(client.discover("127.255.255.255")) == ["127.0.0.1"]  # and no acknowledge


def test_after_a_move_pictures_go_to_the_same_host_as_before(
    client: Client, receiver: Receiver, twin: StubTwin
) -> None:
    mac = mac_of(client)
    start(client, receiver, twin)
    receiver.packets()
    client.write(CCP, 0)
    assert client.ask(4, force(mac, "127.0.0.6")) == (0, b"")
    receiver.silence(0.2)
    client.peer = ("127.0.0.6", client.peer[1])
    start(client, receiver, twin)
    assert receiver.packets()[0].block_id == 1


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("203.0.113.1", "interface"),  # of documentation: another interface's net, if any
        ("127.0.0.7", "cannot use UDP port"),  # taken by another program
    ],
)
def test_where_it_cannot_move_it_stays_and_says_why(
    running: Running, client: Client, caplog: pytest.LogCaptureFixture, address: str, why: str
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.7", running.port))
        mac, before = mac_of(client), descriptors()
        assert client.ask(4, force(mac, address)) == (Status.ERROR, b"")
        assert descriptors() == before
    (told,) = [record.getMessage() for record in caplog.records]
    assert told.startswith("127.0.0.1 stays where it is: ")
    assert why in told
    assert address in told
    assert client.read(0x24) == LOCALHOST
    assert list(client.discover("127.255.255.255")) == ["127.0.0.1"]


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


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


# -- streaming -------------------------------------------------------------------------------------


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
    assert twin.camera.next_frame_id() > 1
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
    assert client.write(twin.address("AcquisitionStart"), 1) == 0
    following = receiver.packet()
    assert (following.form, following.block_id) == (1, 2), "the block that was cut has had its number"


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
