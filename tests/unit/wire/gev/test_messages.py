"""The message channel and actions: what a host is told, how often, and who may make the camera act."""

from __future__ import annotations

import struct

import pytest

from camtwin.units import MS, SEC
from camtwin.wire.gev import device as gev
from camtwin.wire.gev.gvcp import Message, Status
from camtwin.wire.gev.ports import Report
from unit.wire.gev.fakes import ME, OTHER, Host

CCP, CONTROL, CONFIGURATION, BLOCK_IDS, KEY = 0xA00, 2, 0x954, 0x960, 0x95C
MCP, MCDA, MCTT, MCRC, MCSP = 0xB00, 0xB10, 0xB14, 0xB18, 0xB1C
MINE, PORT = 0x0A00_0009, 4001
LISTENER: gev.Peer = ("10.0.0.9", PORT)
EVENT = Message(0x9001, 800)
ACTION = 0x100


@pytest.fixture
def host() -> Host:
    """In control, with the message channel open: 10 ms, two more tries."""
    host = Host()
    for register, value in ((CCP, CONTROL), (MCDA, MINE), (MCTT, 10), (MCRC, 2), (MCP, PORT)):
        assert host.write(register, value) == 0
    return host


def notify(host: Host, message: Message = EVENT) -> bool:
    return host.device.notify(message, host.now)


def at(host: Host, ms: int) -> int:
    """Return the number of messages that have left by then."""
    host.now = ms * MS
    host.device.tick(host.now)
    return len(host.network.messages)


def ack(host: Host, command: int = 0xC1, request_id: int = 1, peer: gev.Peer = LISTENER) -> None:
    host.device.acknowledged(struct.pack(">HHHH", 0, command, 0, request_id), peer)


def test_what_the_device_says_of_itself(host: Host) -> None:
    assert host.read(0x900) == 1  # message channels
    assert host.read(0x908) == 1  # action signals
    assert host.read(0x930) == 1 << 31  # MCSP is there
    assert host.read(MCSP) == 41_000
    capability = host.read(0x934)
    assert [bit for bit in (3, 4, 6, 17, 20) if capability >> bit & 1] == [3, 4, 6, 20]


def test_nobody_is_told_while_the_channel_is_closed() -> None:
    host = Host()
    assert notify(host) is False
    host.write(CCP, CONTROL)
    host.write(MCP, PORT)
    assert notify(host) is False  # no address
    assert host.network.messages == []


def test_a_message_is_sent_until_it_is_acknowledged(host: Host) -> None:
    assert notify(host) is True
    assert host.device.next_timer() == 10 * MS
    assert [at(host, ms) for ms in (9, 10, 19, 20)] == [1, 2, 2, 3]
    assert len(set(host.network.messages)) == 1  # the very same bytes
    assert host.network.messages[0][1] == LISTENER
    assert host.network.done == 0
    ack(host)
    assert host.network.done == 1
    assert at(host, 100) == 3


def test_after_its_last_try_it_is_given_up(host: Host) -> None:
    notify(host)
    assert [at(host, ms) for ms in (10, 20, 29)] == [2, 3, 3]
    assert host.network.done == 0
    assert at(host, 30) == 3
    assert host.network.done == 1
    ack(host)  # too late
    assert host.network.done == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"command": 0xC3},
        {"command": 0xC0},
        {"request_id": 2},
        {"peer": OTHER},
        {"peer": ("10.0.0.9", PORT + 1)},
    ],
)
def test_no_other_datagram_acknowledges_it(host: Host, wrong: dict) -> None:
    notify(host)
    ack(host, **wrong)
    for junk in (b"", b"\0\0\0\xc1", bytes(7), struct.pack(">HHHH", 0, 0xC1, 4, 1)):
        host.device.acknowledged(junk, LISTENER)
    assert host.network.done == 0
    ack(host)
    assert host.network.done == 1


def test_data_is_acknowledged_as_such_and_ids_rise(host: Host) -> None:
    for number in (1, 2):
        notify(host, Message(3, 8, data=b"1234"))
        ack(host, 0xC1, number)
        ack(host, 0xC3, number)
    assert host.network.done == 2
    assert [data[:4].hex() + data[6:8].hex() for data, _ in host.network.messages] == [
        "420100c20001",
        "420100c20002",
    ]


def test_without_a_timeout_nothing_is_asked_for(host: Host) -> None:
    host.write(MCTT, 0)
    assert notify(host) is False
    assert host.network.messages[0][0][:4].hex() == "420000c0"
    assert at(host, 1000) == 1
    assert host.network.done == 0


def test_block_ids_of_64_bits_change_its_form(host: Host) -> None:
    host.write(BLOCK_IDS, 1 << 30)
    notify(host)
    assert host.network.messages[0][0][:6].hex() == "421100c00018"


@pytest.mark.parametrize("end", ["closed", "released", "silent"])
def test_a_channel_that_closes_waits_for_nothing(host: Host, end: str) -> None:
    notify(host)
    if end == "closed":
        host.write(MCP, 0)
    elif end == "released":
        host.write(CCP, 0)
    else:
        host.device.tick(10 * SEC)
    assert host.network.done == 1
    assert notify(host) is False
    assert host.device.next_timer() is None or end == "closed"


def test_who_lets_go_leaves_no_channel_behind(host: Host) -> None:
    host.write(CCP, 0)
    assert [host.read(register) for register in (MCP, MCDA, MCTT, MCRC)] == [0] * 4


def test_messages_go_to_who_asks_for_them(host: Host) -> None:
    assert host.write(MCDA, 0x0A00_0008) == Status.INVALID_PARAMETER
    assert host.read(MCDA) == MINE
    assert host.write(MCDA, 0xE000_0101) == 0
    free = Host(any_destination=True)
    free.write(CCP, CONTROL)
    assert free.write(MCDA, 0x0A00_0008) == 0


# -- what is told of the link ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("command", "body"),
    [(0x7FFF, b""), (0x80, b"123"), (0x84, bytes(4)), (0x86, bytes(7)), (0x02, b"1"), (ACTION, bytes(11))],
)
def test_a_command_that_is_none_is_told(host: Host, command: int, body: bytes) -> None:
    host.send(command, body)
    host.send(command, body, OTHER, flags=0)
    assert host.camera.reports == [Report.ERROR] * 2


def test_a_refusal_is_no_error_of_the_link(host: Host) -> None:
    host.write(0x100, 0)
    host.write(CCP, CONTROL, OTHER)
    host.device.receive(b"\x43" + bytes(20), OTHER, 0)
    assert host.camera.reports == []


def test_a_heartbeat_that_stops_is_told_while_the_channel_is_open(host: Host) -> None:
    told: list[bool] = []
    host.camera.report = lambda what: told.append(notify(host))  # type: ignore[method-assign]
    host.device.tick(3 * SEC)
    assert told == [True]
    assert len(host.network.messages) == 1


def test_letting_go_is_no_heartbeat_that_stops(host: Host) -> None:
    host.write(CCP, 0)
    host.device.tick(10 * SEC)
    assert host.camera.reports == []


def test_a_handover_is_told_once(host: Host) -> None:
    host.write(KEY, 0xBEEF)
    host.write(CCP, CONTROL | 4)
    assert host.write(CCP, 0xDEAD_0002, OTHER) == Status.ACCESS_DENIED
    assert host.camera.reports == []
    assert host.write(CCP, 0xBEEF_0002, OTHER) == 0
    assert host.write(CCP, CONTROL, OTHER) == 0
    assert host.camera.reports == [Report.SWITCHOVER]
    assert host.read(MCP) == PORT  # the channel stays, as the stream does


# -- actions -----------------------------------------------------------------------------------------
def keys(device: int = 1) -> bytes:
    return struct.pack(">III", device, 2, 3)


@pytest.mark.parametrize("peer", [ME, OTHER])
def test_anybody_may_make_it_act(host: Host, peer: gev.Peer) -> None:
    assert host.ask(ACTION, keys(), peer) == (0, b"")
    assert host.camera.actions == [(1, 2, 3)]


def test_who_asks_for_no_answer_gets_none(host: Host) -> None:
    assert host.send(ACTION, keys(), flags=0) == []
    assert host.camera.actions == [(1, 2, 3)]


def test_whom_it_does_not_concern_is_silent(host: Host) -> None:
    assert host.send(ACTION, keys(7)) == []


def test_without_a_controller_only_unconditional_ones_count(host: Host) -> None:
    host.write(CCP, 0)
    assert host.send(ACTION, keys(), OTHER) == []
    host.write(CCP, CONTROL)
    host.write(CONFIGURATION, 1 << 3 | 1)
    host.write(CCP, 0)
    assert host.read(CONFIGURATION) == 1 << 3  # that is what it is for; the heartbeat is on again
    assert host.ask(ACTION, keys(), OTHER) == (0, b"")
    assert host.camera.actions == [(1, 2, 3)]


def test_a_scheduled_one_is_refused(host: Host) -> None:
    (reply,) = host.send(ACTION, keys() + bytes(8), flags=0x81)
    assert reply.data[:4].hex() == "80010101"
    assert host.camera.actions == []


def test_one_that_is_sent_again_is_answered_again_and_not_done_again(host: Host) -> None:
    datagram = struct.pack(">BBHHH", 0x42, 1, ACTION, 12, 77) + keys()
    first = host.device.receive(datagram, OTHER, 0)
    assert host.device.receive(datagram, OTHER, 1) == first != []
    assert host.camera.actions == [(1, 2, 3)]
    assert host.device.receive(datagram, ME, 2) != []  # another host's
    assert len(host.camera.actions) == 2


@pytest.mark.parametrize(("pause_ns", "actions"), [(2 * SEC, 1), (2 * SEC + 1, 2), (3600 * SEC, 2)])
def test_the_same_bytes_after_a_longer_pause_are_another_action(
    host: Host, pause_ns: int, actions: int
) -> None:
    host.write(CONFIGURATION, 1 << 3)
    datagram = struct.pack(">BBHHH", 0x42, 1, ACTION, 12, 77) + keys()
    first = host.device.receive(datagram, OTHER, 0)
    assert host.device.receive(datagram, OTHER, pause_ns) == first != []
    assert len(host.camera.actions) == actions
