"""A twin on loopback, its client, and who receives its stream."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from unit.links.gige.gige_host import Client, Running, StubTwin
from unit.links.gige.receiver import Receiver
from unit.links.gige.send.sender_bench import Bench


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


@pytest.fixture
def bench() -> Iterator[Bench]:
    it = Bench()
    yield it
    it.close()
    assert it.problems == []
