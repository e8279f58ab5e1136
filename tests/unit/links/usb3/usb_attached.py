"""A USB camera without sockets or threads of its own, and a judge of what it answers to a host."""

from __future__ import annotations

import struct
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np

from camtwin.links.base.runtime import WallRuntime
from camtwin.links.usb3.link import Usb3Camera
from camtwin.links.usb3.pipes import ESHUTDOWN
from camtwin.twins import Twin
from camtwin.wire.u3v import usbip
from unit.links.usb3.usb_twin import stub

ERRNOS: Final = {0, -usbip.EPIPE, -usbip.EOVERFLOW, -ESHUTDOWN}


class Blank:
    """Pictures of nothing."""

    def prepare(self) -> None: ...

    def payload(self, exposure: Any, out: np.ndarray | None = None) -> np.ndarray:
        return np.empty(exposure.payload_bytes, np.uint8)


class Pending:
    """A writer without its thread: what is asked waits for ever, what is answered is kept."""

    unfinished = 0

    def __init__(self) -> None:
        self.said: list[bytes] = []
        self.requests: deque[int] = deque()
        self.reply = self.said.append

    def request(self, sequence: int, _length: int) -> None:
        self.requests.append(sequence)

    def unlink(self, sequence: int) -> bool:
        found = sequence in self.requests
        if found:
            self.requests.remove(sequence)
        return found

    def fail(self, errno: int) -> None:
        while self.requests:
            self.reply(usbip.submit_reply(self.requests.popleft(), 0, errno))

    def send(self, job: Any) -> None:
        job.payload.cancel()

    def cut(self) -> None: ...


class Cable:
    """A connection that only knows that it has to be closed."""

    pulled, peer = False, ""

    def close(self, _why: str = "") -> None:
        self.pulled = True

    close_soon = close

    def later(self, _seconds: float, call: Callable[[], object]) -> None:
        call()


class Attached:
    """A whole camera but for its sockets, and the host that has it; time is told."""

    def __init__(self) -> None:
        real, self.wall_ns = stub(), 0
        self.twin = Twin(real.sheet, real.clock, real.camera, cast(Any, Blank()))
        self.runtime = WallRuntime(self.twin.clock, monotonic=lambda: self.wall_ns)
        self.camera = Usb3Camera(self.twin, self.runtime)
        self.attach()

    def attach(self) -> None:
        self.parser, self.writer = usbip.Parser(), Pending()
        self.parser.imported = True
        self.asked: Counter[int] = Counter()
        self.taken_back: dict[int, list[int]] = defaultdict(list)  # targets, by the number of the taking back
        self.lengths: dict[int, int] = {}
        self.cable = Cable()
        self.camera.hosts = {cast(Any, self.cable)}
        self.camera.attach(cast(Any, self.cable), cast(Any, self.writer))

    def close_soon(self, _why: str) -> None:
        """DeviceReset: the connection would end; here the host goes on."""

    def receive(self, data: bytes) -> bool:
        """Take a piece of a connection; False if it has to be closed. AssertionError: a wrong answer."""
        try:
            for message in self.parser.feed(data):
                assert isinstance(message, usbip.Submit | usbip.Unlink), "it is attached already"
                if isinstance(message, usbip.Unlink):
                    self.taken_back[message.sequence].append(message.target)
                else:
                    self.asked[message.sequence] += 1
                    most = max(message.length, self.lengths.get(message.sequence, 0))
                    self.lengths[message.sequence] = most
                self.camera.receive(message)
        except usbip.ProtocolError:
            self.cable.close()
        self.judge()
        if not self.cable.pulled:
            return True
        self.camera.detach()
        self.attach()
        return False

    def judge(self) -> None:
        """Each request is answered once at most, with no more than it asked for; each taking back once."""
        assert self.runtime._failure is None, repr(self.runtime._failure)
        for said in self.writer.said:
            kind, sequence = struct.unpack_from(">II", said)
            status, actual = struct.unpack_from(">iI", said, 20)
            if kind == usbip.RET_UNLINK:
                assert status in (0, -usbip.ECONNRESET)
                assert len(said) == 48
                target = self.taken_back[sequence].pop(0)
                if status:
                    self.end(target)
                continue
            assert kind == usbip.RET_SUBMIT
            self.end(sequence)
            assert status in ERRNOS, f"status {status}"
            assert actual <= self.lengths[sequence], f"{actual} bytes, {self.lengths[sequence]} asked"
            assert len(said) - 48 in (0, actual)
        self.writer.said.clear()
        assert not any(self.taken_back.values()), "an unlink has no answer"
        self.taken_back.clear()

    def end(self, sequence: int) -> None:
        self.asked[sequence] -= 1
        assert self.asked[sequence] >= 0, f"request {sequence} ends twice"

    def close(self) -> None:
        self.camera.detach()
        self.camera.close()
        assert self.runtime._failure is None, repr(self.runtime._failure)
