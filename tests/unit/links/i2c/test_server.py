"""Sensors on the socket of their bus: what clients get, what the log says, and clients that misbehave."""

from __future__ import annotations

import errno
import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from camtwin.links.base.devices import devices
from camtwin.links.base.folder import folder, locked
from camtwin.links.base.link import LinkProblem
from camtwin.links.i2c import server
from camtwin.models import load_registers
from camtwin.planner.explain import explain
from camtwin.wire import i2c
from camtwin.wire.csi2.cci import Read, Write
from unit.links.i2c.running import Client, RunningBus
from unit.wire.csi2.buses import random_messages

LOW, HIGH, EXPANDER = 0x1A, 0x10, 0x20
ID = (Write(LOW, b"\0\x16"), Read(LOW, 2))
FOUND = (2, b"\x05\x77")


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture
def bus() -> Iterator[RunningBus]:
    with RunningBus() as running:
        yield running


def test_the_id_is_read(bus):
    with bus.client() as client:
        assert client.transfer(*ID) == FOUND
        assert client.set_address(LOW) == 0
        assert client.transfer(Write(i2c.OWN, b"\0\x16"), Read(i2c.OWN, 2)) == FOUND
    assert bus.bus.number == 10


def test_nobody_is_at_other_addresses(bus):
    with bus.client() as client:
        assert client.transfer(Write(HIGH, b"\0\x16")) == (-errno.ENXIO, b"")
        assert client.transfer(ID[0], Read(0x36, 1)) == (-errno.ENXIO, b"")
        assert client.transfer(Write(0x3FF, b"\0")) == (-errno.ENXIO, b"")


def test_two_sensors_share_a_bus_and_each_has_its_own_registers():
    with RunningBus(2) as bus, bus.client() as client:
        for address, value in ((LOW, 1), (HIGH, 2)):
            assert client.transfer(Write(address, bytes([0x02, 0x02, value, 0]))) == (1, b"")
        for address, value in ((LOW, 1), (HIGH, 2)):
            assert client.transfer(Write(address, b"\2\2"), Read(address, 2)) == (2, bytes([value, 0]))
        assert [link.status().transfers for link in bus.links] == [2, 2]


def test_a_bus_has_no_third_address():
    with pytest.raises(LinkProblem, match="addresses for 2 sensors"), RunningBus(3):
        pass


def test_the_socket_is_the_users_alone(bus):
    assert folder().stat().st_mode & 0o777 == 0o700
    assert bus.path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_others_can_open_is_refused(tmp_path):
    (tmp_path / "camtwin").mkdir(mode=0o755)
    with pytest.raises(LinkProblem, match="you alone"):
        folder()
    assert devices() == (tmp_path / "camtwin", [])


def test_to_look_for_buses_makes_no_folder(tmp_path):
    assert devices() == (tmp_path / "camtwin", [])
    assert not (tmp_path / "camtwin").exists()


def test_a_folder_that_cannot_be_made_is_a_problem_in_a_line(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "file"))
    with pytest.raises(LinkProblem, match="no folder for sockets there"):
        folder()
    assert devices()[1] == []


def test_who_looks_for_buses_waits_for_a_server_that_begins():
    """A socket that is bound and not yet listened at looks like one that a killed server has left."""
    beginning = socket.socket(socket.AF_UNIX)
    with locked(folder()):
        beginning.bind(str(folder() / "i2c-10"))
        looks = threading.Thread(target=lambda: found.extend(devices()[1]))
        found: list[str] = []
        looks.start()
        time.sleep(0.02)
        beginning.listen()
    looks.join()
    assert found == ["i2c-10"]
    beginning.close()


def test_the_next_bus_takes_the_next_number_and_a_wish_is_kept():
    with RunningBus() as first, RunningBus() as second, RunningBus(number=14) as third:
        assert [each.bus.number for each in (first, second, third)] == [10, 11, 14]
        assert devices() == (folder(), ["i2c-10", "i2c-11", "i2c-14"])
        with pytest.raises(LinkProblem, match="i2c-14 is served already"), RunningBus(number=14):
            pass
    assert devices() == (folder(), [])
    assert [*folder().glob("i2c-*"), *folder().glob("sys/class/*/*")] == []


def test_what_a_killed_server_leaves_is_replaced():
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(folder() / "i2c-10"))
    left.close()
    with RunningBus() as bus, bus.client() as client:
        assert bus.bus.number == 10
        assert client.transfer(*ID) == FOUND


def test_sysfs_names_the_adapter(bus):
    described = folder() / "sys/class/i2c-dev/i2c-10"
    assert described.joinpath("name").read_text() == "camtwin sony-imx412-aack\n"
    assert described.joinpath("dev").read_text() == "89:10\n"
    assert described.joinpath("device/name").read_text() == "camtwin sony-imx412-aack\n"
    assert (folder() / "sys/class/i2c-adapter/i2c-10/name").exists()


def test_a_transfer_takes_its_time_on_the_wire(bus):
    """1000 bytes at 400 kHz are 22.5 ms."""
    with bus.client() as client:
        began = time.monotonic()
        assert client.transfer(Write(LOW, b"\x40\0" + bytes(998))) == (1, b"")
        assert 0.0215 < time.monotonic() - began < 2


def test_a_stream_gives_frames_at_the_rate_of_the_registers():
    with RunningBus(pace=4.0) as bus, bus.client() as client:
        frames = []
        bus.do(lambda: bus.sensor.stream.on_frame.subscribe(lambda frame: frames.append(frame.read_ns)))
        client.transfer(Write(LOW, b"\1\0\1"))
        bus.eventually(lambda: len(frames) >= 12)
        client.transfer(Write(LOW, b"\1\0\0"))
    assert len(frames) >= 12
    steps = {b - a for a, b in pairwise(frames)}
    assert all(abs(step - 1e9 / 60.02) < 2e3 for step in steps)


# -- the board -----------------------------------------------------------------------------------------
def test_an_expander_holds_a_sensor_in_reset():
    with RunningBus(2, xclr_at=EXPANDER) as bus, bus.client() as client:
        assert client.transfer(Read(EXPANDER, 1)) == (1, b"\xff")
        assert client.transfer(Write(LOW, b"\2\2\1\1")) == (1, b"")
        assert client.transfer(Write(EXPANDER, b"\xfe")) == (1, b"")
        assert client.transfer(*ID) == (-errno.ENXIO, b"")
        assert client.transfer(Write(HIGH, b"\0\x16"), Read(HIGH, 2)) == FOUND
        assert client.transfer(Write(EXPANDER, b"\xff"), *ID) == (-errno.ENXIO, b""), (
            "it answers 0.6 ms later"
        )
        bus.eventually(lambda: client.transfer(*ID) == FOUND)
        assert client.transfer(Write(LOW, b"\2\2"), Read(LOW, 2)) == (2, b"\x06\x40")


def test_a_busy_memory_acknowledges_no_write_and_tells_its_id():
    with RunningBus(xclr_at=EXPANDER, nvm_busy=True) as bus, bus.client() as client:
        wait = Write(EXPANDER, b"\xff" * 40)  # 0.9 ms, after which it answers
        reset = (Write(EXPANDER, b"\xfe\xff"), wait)
        change = Write(LOW, b"\2\2\1\1")
        assert client.transfer(*reset, *ID) == (4, FOUND[1])
        assert client.transfer(*reset, change) == (-errno.EREMOTEIO, b"")
        bus.eventually(lambda: client.transfer(change) == (1, b""))


@pytest.mark.parametrize(
    ("options", "words"),
    [({"hz": 3_400_000}, "above the bus's maximum, 1000000 Hz"), ({"xclr_at": HIGH}, "cannot be at 0x10")],
)
def test_boards_that_cannot_be(options, words):
    with pytest.raises(LinkProblem, match=words), RunningBus(**options):
        pass


# -- the log -------------------------------------------------------------------------------------------
def test_the_log_has_the_kernels_words(tmp_path):
    with RunningBus(record=tmp_path / "bus.txt") as bus, bus.client() as client:
        client.transfer(*ID)
        client.transfer(Write(LOW, b"\3\x40\x0d\xda"))
        client.transfer(Write(HIGH, b"\0"))
    lines = (tmp_path / "bus.txt").read_text().splitlines()
    begin = float(lines[0].split()[2].rstrip(":"))
    end = float(lines[2].split()[2].rstrip(":"))
    assert end - begin == pytest.approx(57 / 400e3, abs=2e-9)
    assert [line.partition(": i2c_")[2] for line in lines] == [
        "write: i2c-10 #0 a=01a f=0000 l=2 [00-16]",
        "read: i2c-10 #1 a=01a f=0001 l=2",
        "reply: i2c-10 #1 a=01a f=0001 l=2 [05-77]",
        "result: i2c-10 n=2 ret=2",
        "write: i2c-10 #0 a=01a f=0000 l=4 [03-40-0d-da]",
        "result: i2c-10 n=1 ret=1",
        "write: i2c-10 #0 a=010 f=0000 l=1 [00]",
        "result: i2c-10 n=1 ret=-6",
    ]
    found = explain((tmp_path / "bus.txt").read_text(), load_registers("imx412"))
    assert "3546 lines" in str([*found.chapters()])


def test_the_log_says_what_goes_wrong(tmp_path):
    with RunningBus(record=tmp_path / "bus.txt", xclr_at=EXPANDER) as bus, bus.client() as client:
        bus.do(lambda: bus.sensor.file.set_rail("analog", False))
        client.transfer(*ID)
    text = (tmp_path / "bus.txt").read_text()
    assert "0x1a: rail analog falls while XCLR is high" in text.splitlines()[0]


# -- clients that misbehave ----------------------------------------------------------------------------
def closed(client: Client) -> bool:
    try:
        client.answer()
    except (EOFError, ConnectionError):
        return True
    return False


@pytest.mark.parametrize("noise", ["00000000", "ffffffff", "00000001 03", "00000003 02 001a"])
def test_bytes_that_are_no_request_close_the_connection_and_no_other(bus, noise):
    with bus.client() as good, bus.client() as bad:
        bad.socket.sendall(bytes.fromhex(noise))
        assert closed(bad)
        assert good.transfer(*ID) == FOUND


def test_a_client_that_vanishes_in_a_transfer_leaves_it_to_its_end(bus):
    with bus.client() as good:
        with bus.client() as gone:
            gone.socket.sendall(i2c.request([Write(LOW, b"\x40\0" + bytes(range(200)))]))
        last = (Write(LOW, b"\x40\xc7"), Read(LOW, 1))
        bus.eventually(lambda: good.transfer(*last) == (2, b"\xc7"))


def test_a_client_that_says_half_a_request_holds_nobody_up(bus):
    with bus.client() as half, bus.client() as good:
        half.socket.sendall(i2c.request(ID)[:9])
        assert good.transfer(*ID) == FOUND


def test_a_client_that_reads_no_answer_holds_nobody_up(bus):
    with bus.client() as deaf, bus.client() as good:
        deaf.socket.sendall(i2c.request([Read(LOW, 100)]) * 20)
        for _ in range(5):
            assert good.transfer(*ID) == FOUND


def test_more_clients_than_a_bus_serves_are_closed(bus):
    clients = [bus.client() for _ in range(server.MAX_CONNECTIONS)]
    assert all(each.transfer(*ID) == FOUND for each in clients[:3])
    with bus.client() as late:
        assert closed(late)
    clients[0].socket.close()
    bus.eventually(lambda: bus.bus.programs < server.MAX_CONNECTIONS)
    with bus.client() as next_one:
        assert next_one.transfer(*ID) == FOUND
    for each in clients:
        each.socket.close()


def test_noise_on_many_connections_hurts_nobody(bus):
    rng = random.Random(412)
    with bus.client() as good:
        for _ in range(60):
            with bus.client() as client:
                request = i2c.request(random_messages(rng))
                spoilt = bytearray(request)
                for _ in range(rng.randrange(3)):
                    spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
                client.socket.sendall(bytes(spoilt[: rng.randrange(1, len(spoilt) + 1)]))
                if rng.random() < 0.2:
                    client.socket.shutdown(socket.SHUT_WR)
        assert good.transfer(Read(LOW, 0))[0] == 1
    assert bus.problem is None


def test_a_bus_that_ends_closes_its_clients():
    with RunningBus() as bus:
        client = bus.client()
        assert client.transfer(*ID) == FOUND
    assert closed(client)
    client.socket.close()


def test_no_descriptor_is_left():
    def count() -> int:
        return len(os.listdir("/proc/self/fd"))

    with RunningBus():
        pass
    before = count()
    for _ in range(3):
        with RunningBus() as bus, bus.client() as client:
            client.transfer(*ID)
    assert count() <= before
