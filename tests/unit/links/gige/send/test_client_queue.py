"""The queue of a client on this computer, as the kernel tells of it: room, and whether anybody reads."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from camtwin.links.gige.send import receiver
from camtwin.links.gige.send.loopback import PacketSockets
from camtwin.links.gige.send.pacing import BURST_BYTES
from camtwin.links.gige.send.receiver import PATIENCE_NS, PATIENCE_WATCHED_NS, Receiver
from camtwin.links.gige.send.segmentation import UDP_SEGMENT
from camtwin.units import MS

LIMIT = 212_992  # bytes of a socket's queue
PACKET = bytes(1472)


@pytest.fixture(autouse=True)
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PacketSockets, "see_loopback", lambda self: False)


@contextmanager
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Return a connected sender and its receiver."""
    with (
        closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sender,
        closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as client,
    ):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LIMIT // 2)  # the kernel doubles it
        client.bind(("127.0.0.1", 0))
        client.settimeout(1)
        sender.bind(("127.0.0.1", 0))
        sender.connect(client.getsockname())
        yield sender, client


def receiver_of(sender: socket.socket) -> Receiver:
    return Receiver(sender.getsockname(), sender.getpeername())


def fill(sender: socket.socket, packets: int) -> None:
    for _ in range(packets):
        sender.send(PACKET)


def test_room_is_until_the_queue_is_half_full() -> None:
    """2304 bytes for each packet: 46 are half of it."""
    with ends() as (sender, client), closing(receiver_of(sender)) as there:
        there.begin()
        fill(sender, 46)
        assert there.has_room(0)
        fill(sender, 1)
        assert not there.has_room(0)
        for _ in range(47):
            client.recv(2000)
        assert there.has_room(0)
        assert not there.unread


@pytest.mark.parametrize(("watched", "patience_ns"), [(False, PATIENCE_NS), (True, PATIENCE_WATCHED_NS)])
def test_a_queue_that_nobody_reads(watched: bool, patience_ns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for any longer, until somebody does read."""
    monkeypatch.setattr(PacketSockets, "see_loopback", lambda self: watched)
    with ends() as (sender, client), closing(receiver_of(sender)) as there:
        there.begin()
        fill(sender, 90)
        assert not there.has_room(5 * MS)
        assert not there.has_room(5 * MS + patience_ns)
        assert there.has_room(6 * MS + patience_ns)
        assert there.unread
        there.begin()
        assert there.unread
        client.recv(2000)
        there.begin()
        assert not there.unread


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("packet_bytes", [576, 1000, 1500, 1828, 2500, 4028, 7000, 8192, 9000, 12_000])
def test_what_may_leave_at_once_fits(packet_bytes: int, cut: bool) -> None:
    """However full the queue is while it has room."""
    packet = bytes(packet_bytes - 28)
    segment = (socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("@H", len(packet)))
    with ends() as (sender, client), closing(receiver_of(sender)) as there:
        there.begin()
        burst = there.max_bytes(packet_bytes) // packet_bytes
        assert 1 < burst <= BURST_BYTES // packet_bytes
        waiting = 0
        while there.has_room(0):
            sender.send(packet)
            waiting += 1
        for _ in range(waiting):
            client.recv(1 << 16)
        for _ in range(waiting - 1):  # as full as it may be
            sender.send(packet)
        assert there.has_room(0)
        for at in range(0, burst, 5):
            count = min(5, burst - at)
            if cut:
                sender.sendmsg([packet * count], [segment])
            else:
                for _ in range(count):
                    sender.send(packet)
        for _ in range(waiting - 1 + burst):
            client.recv(1 << 16)


def test_who_reads_slowly_is_waited_for() -> None:
    """As full as it was once before, but read meanwhile."""
    with ends() as (sender, client), closing(receiver_of(sender)) as there:
        there.begin()
        for second in range(5):
            fill(sender, 90)
            assert not there.has_room(second * 10**9)
            assert not there.has_room(second * 10**9 + PATIENCE_NS // 2)
            for _ in range(90):
                client.recv(2000)
            assert there.has_room(second * 10**9 + PATIENCE_NS // 2 + 1)


def test_where_nobody_is_nothing_is_waited_for() -> None:
    with ends() as (sender, client), closing(receiver_of(sender)) as there:
        there.begin()
        fill(sender, 90)
        assert not there.has_room(0)
        client.close()
        assert there.has_room(1)
        assert not there.unread


def test_another_computer_is_not_asked() -> None:
    """Not even where a socket of this one has the same port."""
    with ends() as (sender, _):
        everywhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with closing(everywhere):
            everywhere.bind(("0.0.0.0", 0))
            port = everywhere.getsockname()[1]
            fill_from = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with closing(fill_from):
                fill_from.connect(("127.0.0.1", port))
                fill(fill_from, 90)
            there = Receiver(sender.getsockname(), ("203.0.113.1", port))
            with closing(there):
                there.begin()
                assert there.has_room(0)
            own = Receiver(sender.getsockname(), ("127.0.0.1", port))
            with closing(own):
                assert not own.has_room(0)


def test_a_kernel_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "NETLINK_SOCK_DIAG", 31)
    with ends() as (sender, _), closing(receiver_of(sender)) as there:
        fill(sender, 90)
        there.begin()
        assert there.has_room(0)
