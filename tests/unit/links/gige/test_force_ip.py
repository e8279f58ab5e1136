"""FORCEIP on loopback sockets: a twin moves with all it has, or stays and says why."""

from __future__ import annotations

import socket
import struct

import pytest

from camtwin.wire.gev.gvcp import Status
from unit.links.gige.gige_host import (
    CCP,
    LOCALHOST,
    Client,
    Running,
    StubTwin,
    descriptors,
    force,
    mac_of,
    start,
)
from unit.links.gige.receiver import Receiver


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
