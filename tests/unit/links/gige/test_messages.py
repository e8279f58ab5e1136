"""The message channel and actions over loopback sockets: what a host hears, and what makes a twin act."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator

import pytest

from unit.links.gige.gige_host import CCP, CONTROL, LOCALHOST, Client, StubTwin, force, mac_of

MCP, MCDA, MCTT, MCRC, MCSP = 0xB00, 0xB10, 0xB14, 0xB18, 0xB1C
EVENT, EVENTDATA, ACTION = 0xC0, 0xC2, 0x100
STARTS, ENDS = 3, 4  # of exposures: GigE Vision's own numbers
FEATURES = ("ExposureStart", "ExposureEnd")
KEYS = (0x1111_1111, 0x2222_2222, 0x10)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(3)
        yield sock


def select(client: Client, twin: StubTwin, selector: str, entry: str, **features: int) -> None:
    node = twin.camera.tree.nodes[selector]
    assert client.write(node.address, node.entries[entry]) == 0
    for name, value in features.items():
        node = twin.camera.tree.nodes[name]
        assert client.write(node.address + node.keys.get(entry, 0), value) == 0, name


def open_channel(client: Client, listener: socket.socket, timeout_ms: int = 200, tries: int = 2) -> None:
    words = ((CCP, CONTROL), (MCDA, LOCALHOST), (MCTT, timeout_ms), (MCRC, tries))
    for register, value in (*words, (MCP, listener.getsockname()[1])):
        assert client.write(register, value) == 0


def triggered(client: Client, twin: StubTwin, source: str = "Software") -> None:
    """Exposures of 1234 us, told of, at a trigger."""
    for event in FEATURES:
        select(client, twin, "EventSelector", event, EventNotification=1)
    nodes = twin.camera.tree.nodes
    for name, value in (("TriggerMode", 1), ("TriggerSource", nodes["TriggerSource"].entries[source])):
        assert client.write(nodes[name].address + nodes[name].keys.get("FrameStart", 0), value) == 0
    exposure = nodes["ExposureTime"].address
    body = struct.pack(">I", exposure) + struct.pack(">d", 1234.0)
    assert client.ask(0x86, body)[0] == 0
    assert client.write(twin.address("AcquisitionStart"), 1) == 0


def hear(listener: socket.socket) -> tuple[int, int, int, bytes, tuple[str, int]]:
    """Event, timestamp, request id, what follows, sender."""
    data, sender = listener.recvfrom(600)
    key, _, command, length, request_id = struct.unpack_from(">BBHHH", data)
    assert (key, command in (EVENT, EVENTDATA), length) == (0x42, True, len(data) - 8)
    event, _, _, stamp = struct.unpack_from(">2xHHHQ", data, 8)
    return event, stamp, request_id, data[24:], sender


def answer(listener: socket.socket, request_id: int, sender: tuple[str, int]) -> None:
    listener.sendto(struct.pack(">HHHH", 0, EVENTDATA + 1, 0, request_id), sender)


def test_events_come_one_after_the_other_as_they_are_acknowledged(
    client: Client, listener: socket.socket, twin: StubTwin
) -> None:
    open_channel(client, listener)
    triggered(client, twin)
    assert client.write(twin.address("TriggerSoftware"), 1) == 0
    event, start, request_id, data, sender = hear(listener)
    assert (event, data) == (STARTS, (1).to_bytes(8, "big"))
    assert sender == ("127.0.0.1", client.read(MCSP))
    assert hear(listener)[:3] == (STARTS, start, request_id)  # again, as nobody has answered
    answer(listener, request_id, sender)
    event, end, following, data, _ = hear(listener)
    assert (event, following, data) == (ENDS, request_id + 1, (1).to_bytes(8, "big"))
    assert abs(end - start - 1_234_000) <= 8
    answer(listener, following, sender)
    listener.settimeout(0.5)
    with pytest.raises(TimeoutError):
        listener.recv(600)


def test_a_host_that_answers_nothing_gets_each_as_often_as_it_wants(
    client: Client, listener: socket.socket, twin: StubTwin
) -> None:
    open_channel(client, listener, timeout_ms=20, tries=1)
    triggered(client, twin)
    assert client.write(twin.address("TriggerSoftware"), 1) == 0
    assert [hear(listener)[0] for _ in range(4)] == [STARTS, STARTS, ENDS, ENDS]


def test_a_heartbeat_that_stops_is_told(client: Client, listener: socket.socket, twin: StubTwin) -> None:
    open_channel(client, listener, timeout_ms=0)
    select(client, twin, "EventSelector", "GigEVisionHeartbeatTimeOut", EventNotification=1)
    assert client.write(0x938, 500) == 0
    asked = time.monotonic()
    event, *_ = hear(listener)
    assert event >= 0x9000
    assert 0.45 < time.monotonic() - asked < 2
    assert client.read(CCP) == 0


def test_a_move_takes_the_channel_along(client: Client, listener: socket.socket, twin: StubTwin) -> None:
    mac = mac_of(client)
    assert client.ask(4, force(mac, "127.0.0.5")) == (0, b"")
    client.peer = ("127.0.0.5", client.peer[1])
    open_channel(client, listener)
    triggered(client, twin)
    assert client.write(twin.address("TriggerSoftware"), 1) == 0
    event, _, request_id, _, sender = hear(listener)
    assert (event, sender) == (STARTS, ("127.0.0.5", client.read(MCSP)))
    answer(listener, request_id, sender)
    assert hear(listener)[0] == ENDS


@pytest.mark.parametrize("to", ["127.0.0.1", "127.255.255.255", "255.255.255.255"])
def test_an_action_is_taken_from_anybody_once(
    client: Client, listener: socket.socket, twin: StubTwin, to: str
) -> None:
    if to == "255.255.255.255":  # it leaves by the loopback that the test's twin listens on
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    journal = []
    twin.camera.on_command.subscribe(lambda t_ns, *what: journal.append(what))
    open_channel(client, listener, timeout_ms=0)
    for register, value in zip((0x90C, 0x9800, 0x9804), KEYS, strict=True):
        assert client.write(register, value) == 0
    triggered(client, twin, "Action1")
    client.sock.settimeout(0.3)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)

    def act(request_id: int, *keys: int) -> None:
        listener.sendto(
            struct.pack(">BBHHHIII", 0x42, 1, ACTION, 12, request_id, *keys), (to, client.peer[1])
        )

    act(1, KEYS[0] + 1, *KEYS[1:])
    act(2, *KEYS)
    act(2, *KEYS)
    acks, events = [], []
    for _ in range(4):
        data = listener.recv(600)
        (events if data[0] == 0x42 else acks).append(data)
    assert [ack.hex() for ack in acks] == ["0000010100000002"] * 2
    assert [struct.unpack_from(">H", event, 10)[0] for event in events] == [STARTS, ENDS]
    assert journal == [("action", KEYS)]


def test_keys_are_features(client: Client, twin: StubTwin) -> None:
    assert client.write(CCP, CONTROL) == 0
    for register, value in zip((0x90C, 0x9800, 0x9804), KEYS, strict=True):
        assert client.write(register, value) == 0
    s = twin.camera.settings
    assert (s.ActionDeviceKey, s.ActionGroupKey[1], s.ActionGroupMask[1]) == KEYS
    assert client.ask(0x80, struct.pack(">I", 0x9810))[0] == 0x8003  # there is one signal
