"""Frames that are rendered side by side leave in the camera's order, with the bytes that one thread gives."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from camtwin.camera import Exposure
from camtwin.links.base import render_pool as rendering
from unit.links.gige.gige_host import Client, Running, StubTwin, start
from unit.links.gige.receiver import Receiver, payload


class Uneven(StubTwin):
    """Every other frame takes 20 ms longer, so that those after it are ready first."""

    def __init__(self) -> None:
        super().__init__()
        self.lock, self.at_once, self.max_at_once, self.prepared = threading.Lock(), 0, 0, 0

    def prepare(self) -> None:
        time.sleep(0.02)
        self.prepared += 1

    def render(self, exposure: Exposure, /) -> NDArray[np.uint8]:
        with self.lock:
            self.at_once += 1
            self.max_at_once = max(self.max_at_once, self.at_once)
        time.sleep(0.02 * (exposure.frame_id % 2))
        with self.lock:
            self.at_once -= 1
        return super().render(exposure)


def streamed(threads: int, monkeypatch: pytest.MonkeyPatch) -> tuple[list[bytes], Uneven]:
    monkeypatch.setattr(rendering, "threads", lambda: threads)
    twin = Uneven()
    with Receiver() as receiver, Running(twin) as running:
        client = Client(running.port)
        start(client, receiver, twin)
        blocks = [receiver.packets() for _ in range(12)]
        client.sock.close()
    assert [packets[0].block_id for packets in blocks] == list(range(1, 13))
    return [payload(packets) for packets in blocks], twin


def test_bytes_and_order_are_the_same_on_one_thread_and_on_two(monkeypatch):
    (alone, one), (together, two) = streamed(1, monkeypatch), streamed(2, monkeypatch)
    assert (one.max_at_once, two.max_at_once) == (1, 2)
    assert alone == together
    assert len(set(alone)) == 12
    assert (one.prepared, two.prepared) == (1, 1)
