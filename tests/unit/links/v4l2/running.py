"""A camera's nodes that are served by a thread, and the plainest of their clients."""

from __future__ import annotations

import array
import mmap
import os
import select
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import numpy as np

from camtwin.camera.module.driver import ModuleFrame
from camtwin.links.base.folder import folder
from camtwin.links.base.runtime import paced
from camtwin.links.v4l2.camera import About, CameraNodes
from camtwin.links.v4l2.contract import Pixels
from camtwin.links.v4l2.stream import Frame, FrameSource
from camtwin.simtime import Scheduler
from camtwin.twins.module import Module
from camtwin.wire.v4l2 import ioctls as io
from camtwin.wire.v4l2 import messages as m
from camtwin.wire.v4l2 import video as v
from camtwin.wire.v4l2.layout import Layout
from unit.links.gige.background import Background
from unit.links.v4l2.fake_camera import FakeDriver

T = TypeVar("T")
F = TypeVar("F", bound=Frame)
L = TypeVar("L", bound=Layout)
TYPE = v.CAPTURE.to_bytes(4, "little")


class RunningNodes(Background):
    """The nodes of a camera; entering raises what keeps them from running."""

    def __init__(self, pace: float, about: About) -> None:
        super().__init__()
        self.pace, self.about = pace, about

    async def serve(self, driver: FrameSource[F], image: Callable[[F], Pixels], clock: Scheduler) -> None:
        """Serve a driver until stopped."""
        self.runtime = paced(clock, self.pace)
        self.nodes: CameraNodes[Any] = CameraNodes(driver, image, self.runtime, self.about)
        with self.nodes:
            await self.until_told(self.runtime.run())

    def do(self, call: Callable[[], T]) -> T:
        """Return the result of a call on the camera's thread."""
        return cast(T, self.on_its_thread(call))

    def open(self, node: str = "video") -> Client:
        return Client(folder() / f"{node}{self.nodes.number}")


class RunningCamera(RunningNodes):
    """The nodes of a camera without a sensor."""

    def __init__(self, *, pace: float = 1.0, **about: Any) -> None:
        super().__init__(pace, About("Fake camera", "1", "fake 10-001a", (64, 48), **about))

    async def main(self) -> None:
        clock = Scheduler()
        self.driver = FakeDriver(clock)
        self.driver.on_frame.subscribe(lambda frame: self.nodes.controls.frame_begins(frame.number))
        await self.serve(self.driver, self.driver.image, clock)


class RunningModule(RunningNodes):
    """The nodes of a sensor module, as fast as they are read; its images are black, and cost nothing."""

    def __init__(self, module: Module) -> None:
        super().__init__(float("inf"), About("Module", "1", "imx412 10-001a", (4056, 3040)))
        self.module = module

    async def main(self) -> None:
        await self.serve(self.module.driver, self._black, self.module.clock)

    def _black(self, frame: ModuleFrame) -> Pixels:
        geometry = frame.configuration.geometry
        return np.zeros((geometry.y.sent, geometry.x.sent), np.uint16)


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


# -- what most programs do -----------------------------------------------------------------------------
def failed(client: Client, number: int, argument: bytes, *more: int, blocking: bool = True) -> int:
    result, _ = client.ioctl(number, argument, *more, blocking=blocking)
    return -result


def buffer(index: int, memory: int = v.MMAP, *, place: int = 0, length: int = 0, flags: int = 0) -> v.Buffer:
    return v.Buffer(*(index, v.CAPTURE, 0, flags, 0, v.Time(), v.Timecode(), 0, memory, place, length), 0, 0)


def request(client: Client, count: int, memory: int = v.MMAP) -> v.RequestBuffers:
    return client.call(io.REQBUFS, v.RequestBuffers(count, v.CAPTURE, memory))


def streaming(client: Client, count: int = 4) -> list[mmap.mmap]:
    """Let a stream run with all buffers queued; return their memory."""
    maps: list[mmap.mmap] = []
    for index in range(request(client, count).count):
        told = client.call(io.QUERYBUF, buffer(index))
        with client.send(m.request(m.MMAP, 0, m.PLACE.pack(told.place, told.length))) as here:
            result, _, (memory,) = client.receive(here)
        assert result == 0
        maps.append(mmap.mmap(memory, told.length))
        os.close(memory)
        client.call(io.QBUF, buffer(index))
    assert client.ioctl(io.STREAMON, TYPE) == (0, b"")
    return maps
