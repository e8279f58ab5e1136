"""Many packets a call: what leaves is headers and payload as they lie, with or without sendmmsg."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from camtwin.links.gige.send import sendmmsg
from camtwin.links.gige.send.sendmmsg import Batch


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
    ):
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(2)
        sender.connect(receiver.getsockname())
        yield sender, receiver


def arrays(count: int, data_bytes: int, rest: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    headers = np.arange(count * 8, dtype=np.uint32).view(np.uint8)[: count * 8].reshape(count, 8)
    payload = (np.arange((count - 1) * data_bytes + rest, dtype=np.uint32) * 7 % 251).astype(np.uint8)
    return headers, payload


@pytest.fixture(params=["sendmmsg", "one at a time"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "sendmmsg":
        assert sendmmsg._sendmmsg is not None
    else:
        monkeypatch.setattr(sendmmsg, "_sendmmsg", None)


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize(("count", "data_bytes", "rest"), [(1, 100, 100), (5, 64, 1), (40, 1464, 700)])
def test_packets(pair: tuple[socket.socket, socket.socket], count: int, data_bytes: int, rest: int) -> None:
    sender, receiver = pair
    headers, payload = arrays(count, data_bytes, rest)
    batch = Batch(headers, payload, data_bytes)
    at = 0
    while at < count:
        sent = batch.send(sender, at, count - at)
        assert sent >= 1
        at += sent
    assert at == count
    for i in range(count):
        expected = headers[i].tobytes() + payload[i * data_bytes : (i + 1) * data_bytes].tobytes()
        assert receiver.recv(9000) == expected


@pytest.mark.usefixtures("_way")
def test_a_part_of_a_batch(pair: tuple[socket.socket, socket.socket]) -> None:
    sender, receiver = pair
    headers, payload = arrays(10, 50, 20)
    batch = Batch(headers, payload, 50)
    at = 8
    while at < 10:
        at += batch.send(sender, at, 100)  # more than there are
    assert [len(receiver.recv(9000)) for _ in range(2)] == [58, 28]


def test_one_call_sends_many(pair: tuple[socket.socket, socket.socket]) -> None:
    headers, payload = arrays(40, 64, 64)
    assert Batch(headers, payload, 64).send(pair[0], 0, 40) == 40


@pytest.mark.usefixtures("_way")
def test_a_receiver_that_has_gone_is_an_oserror(pair: tuple[socket.socket, socket.socket]) -> None:
    sender, receiver = pair
    receiver.close()
    batch = Batch(*arrays(2, 64, 64), 64)
    batch.send(sender, 0, 1)  # brings the ICMP answer about
    with pytest.raises(ConnectionRefusedError):
        for _ in range(100):
            batch.send(sender, 0, 1)


def test_shapes_that_do_not_fit_are_refused() -> None:
    headers, payload = arrays(4, 64, 64)
    with pytest.raises(ValueError, match="do not fill"):
        Batch(headers, payload[:-64], 64)
    with pytest.raises(ValueError, match="do not fill"):
        Batch(headers, np.append(payload, np.uint8(0)), 64)
    with pytest.raises(ValueError, match="contiguous"):
        Batch(headers, payload[::2], 32)


@pytest.mark.parametrize(("data_bytes", "rest"), [(1464, 1464), (1464, 1), (8964, 77)])
def test_what_the_kernel_cuts_are_the_same_packets(
    pair: tuple[socket.socket, socket.socket], data_bytes: int, rest: int
) -> None:
    sender, receiver = pair
    batch = Batch(*arrays(70, data_bytes, rest), data_bytes)
    at = calls = 0
    while at < len(batch):
        went = batch.send(sender, at, 1000, cut=True)
        for i in range(at, at + went):
            assert receiver.recv(0x1_0000) == batch.packet(i)
        at, calls = at + went, calls + 1
    assert at == len(batch)
    assert calls == -(-70 // (65_507 // batch.packet_bytes))
