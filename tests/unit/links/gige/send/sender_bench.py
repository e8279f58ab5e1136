"""A sender, its receiver on loopback, and frames for it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray

from camtwin.links.gige.faults import Faults
from camtwin.links.gige.send.job import Job
from camtwin.links.gige.send.segmentation import Segmentation
from camtwin.links.gige.send.sender import Sender
from camtwin.units import MS
from camtwin.wire.gev import gvsp
from camtwin.wire.gev.device import Target
from camtwin.wire.gev.gvcp import PacketResend
from unit.links.gige.receiver import Receiver

IMAGE = gvsp.Image(400, 250, 0, 0, 0x0108_0001, 8)
PICTURE: NDArray[np.uint8] = (np.arange(100_000) % 251).astype(np.uint8)
PACKET_BYTES = 1036  # 1000 bytes of data: 100 packets


class Bench:
    """A sender, its receiver, and jobs for it."""

    def __init__(self, faults: Faults | None = None, segmentation: Segmentation | None = None) -> None:
        self.receiver = Receiver()
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        self.problems: list[BaseException] = []
        self.sock, self.sender = sock, Sender(sock, self.problems.append, faults, segmentation=segmentation)

    def job(self, block_id: int = 1, ms: int = 0, picture: NDArray[np.uint8] | None = PICTURE) -> Job:
        future: Future[NDArray[np.uint8]] = Future()
        if picture is not None:
            future.set_result(picture)
        now = time.monotonic_ns()
        target = Target("127.0.0.1", self.receiver.port, False)
        return Job(IMAGE, block_id, 100_000, future, target, PACKET_BYTES, True, now, now + ms * MS)

    def send(self, block_id: int = 1, ms: int = 0) -> Job:
        job = self.job(block_id, ms)
        self.sender.send(job)
        return job

    def resend(self, block_id: int, first: int, last: int, extended_status: bool = False) -> None:
        self.sender.resend(PacketResend(0, block_id, first, last, False), extended_status)

    def settle(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + 3
        while not done():
            assert time.monotonic() < end, "it does not happen"
            time.sleep(0.002)

    def close(self) -> None:
        self.sender.close()
        self.sock.close()
        self.receiver.sock.close()
