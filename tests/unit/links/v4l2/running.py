"""A camera's nodes that are served by a thread, and the plainest of their clients."""

from __future__ import annotations

import array
import os
import select
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from camtwin.links.base.folder import folder
from camtwin.links.base.runtime import paced
from camtwin.links.v4l2.camera import About, CameraNodes
from camtwin.simtime import Scheduler
from camtwin.wire.v4l2 import ioctls as io
from camtwin.wire.v4l2 import messages as m
from camtwin.wire.v4l2.layout import Layout
from unit.links.gige.background import Background
from unit.links.v4l2.fake_camera import FakeDriver, FakeFrame

T = TypeVar("T")
L = TypeVar("L", bound=Layout)


class RunningCamera(Background):
    """The nodes of a camera without a sensor; entering raises what keeps them from running."""

    def __init__(self, *, pace: float = 1.0, **about: Any) -> None:
        super().__init__()
        self.pace = pace
        self.about = About("Fake camera", "1", "fake 10-001a", (64, 48), **about)

    async def main(self) -> None:
        clock = Scheduler()
        self.runtime = paced(clock, self.pace)
        self.driver = FakeDriver(clock)
        self.nodes: CameraNodes[FakeFrame] = CameraNodes(
            self.driver, self.driver.image, self.runtime, self.about
        )
        self.driver.on_frame.subscribe(lambda frame: self.nodes.controls.frame_begins(frame.number))
        with self.nodes:
            await self.until_told(self.runtime.run())

    def do(self, call: Callable[[], T]) -> T:
        """Return the result of a call on the camera's thread."""
        return cast(T, self.on_its_thread(call))

    def open(self, node: str = "video") -> Client:
        return Client(folder() / f"{node}{self.nodes.number}")


class Client:
    """A program with a node open, without the preloaded object."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(20)
        self.socket.connect(str(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, message: bytes, *descriptors: int) -> socket.socket:
        """Send a request; return the socket where its answer comes."""
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        here.settimeout(20)
        passed = array.array("i", [there.fileno(), *descriptors])
        try:
            with there:
                self.socket.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, passed)])
        except OSError:
            here.close()
            raise
        return here

    def receive(self, here: socket.socket) -> tuple[int, bytes, list[int]]:
        """Return result, data and descriptors of an answer, after its tokens have been taken."""
        message, passed, _, _ = socket.recv_fds(here, m.MAX_MESSAGE, 2)
        if not message:
            raise EOFError("no answer")
        result, tokens = m.ANSWER.unpack_from(message)
        for _ in range(tokens):
            assert self.socket.recv(2, socket.MSG_DONTWAIT) == m.TOKEN
        return result, message[m.ANSWER.size :], passed

    def ask(self, message: bytes, *descriptors: int) -> tuple[int, bytes]:
        """Return result and data of a request, whose descriptors are closed."""
        with self.send(message, *descriptors) as here:
            result, data, passed = self.receive(here)
        for descriptor in passed:
            os.close(descriptor)
        return result, data

    def ioctl(self, number: int, argument: bytes, *more: int, blocking: bool = True) -> tuple[int, bytes]:
        size = io.size_of(number)
        return self.ask(m.request(m.IOCTL, number, argument, size=size, blocking=blocking), *more)

    def call(self, number: int, argument: L) -> L:
        """Return what an ioctl makes of its argument; OSError if it fails."""
        result, data = self.ioctl(number, argument.pack())
        if result < 0:
            raise OSError(-result, os.strerror(-result))
        return type(argument).unpack(data) if data else argument

    def poll(self, wanted: int) -> int:
        return self.ask(m.request(m.POLL, wanted))[0]

    @property
    def tokens(self) -> int:
        """The number of tokens that wait, which are taken."""
        count = 0
        while select.select([self.socket], [], [], 0)[0] and self.socket.recv(2):
            count += 1
        return count
