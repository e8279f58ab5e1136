"""Sockets of a camera's nodes: programs that open /dev/videoN connect to them (links/native/preload).

A connection is an open file. Bytes that are no request close it; a program that vanishes closes its files,
and whatever it had. Who is not the user is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Final

from camtwin.links.base.devices import CameraDevice, claimed
from camtwin.links.v4l2.node import Node
from camtwin.links.v4l2.open_file import IoctlError, OpenFile, Reply, hung_up
from camtwin.wire.v4l2 import messages as m

log = logging.getLogger(__name__)

MAX_FILES: Final = 32
"""Files open at a time of each node."""
MAX_PASSED: Final = 2
REPLY_AND_BUFFER: Final = socket.CMSG_SPACE(MAX_PASSED * 4)
CREDENTIALS: Final = struct.Struct("3i")
PAUSE_s: Final = 0.1


class NodeServer:
    """Serves nodes on sockets, in the loop that runs; a context manager.

    fail   hears of an exception in a node
    first  is called before a program opens a node while none has one open

    Raises:
        LinkProblem: in one line, if the nodes cannot be had
    """

    def __init__(
        self,
        number: int | None,
        name: str,
        fail: Callable[[BaseException], object],
        first: Callable[[], None] = lambda: None,
    ) -> None:
        self._fail, self._first = fail, first
        self._loop = asyncio.get_running_loop()
        self._opened = contextlib.ExitStack()
        self.number, self._listeners = self._opened.enter_context(claimed(CameraDevice, number, name))
        self.nodes: Sequence[Node] = ()
        self._serving: OpenFile | None = None

    def serve(self, nodes: Sequence[Node]) -> None:
        """Serve the video node, the sub-device and the media device."""
        self.nodes = nodes
        for listener, node in zip(self._listeners, nodes, strict=True):
            listener.setblocking(False)
            self._loop.add_reader(listener, self._accept, listener, node)

    def close(self) -> None:
        """Close all files, and the nodes with them."""
        for listener in self._listeners:
            self._loop.remove_reader(listener)
        for node in self.nodes:
            for file in tuple(node.files):
                self._close(node, file)
        self._opened.close()

    @property
    def files(self) -> int:
        """The number of files that programs have open."""
        return sum(len(node.files) for node in self.nodes)

    def sweep(self) -> None:
        """Close files that programs have closed, and whose end has not been heard yet.

        The one whose request is being carried out stays until that is done.
        """
        for node in self.nodes:
            for file in tuple(node.files):
                if file is not self._serving and hung_up(file.connection):
                    self._close(node, file)

    def _accept(self, listener: socket.socket, node: Node) -> None:
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            return
        except OSError as problem:  # too many files are open
            log.debug("%s: %s", node.name, problem)
            self._loop.remove_reader(listener)
            self._loop.call_later(PAUSE_s, self._again, listener, node)
            return
        peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
        _, user, _ = CREDENTIALS.unpack(peer)
        if self.files:
            self.sweep()
        if user != os.getuid() or len(node.files) >= MAX_FILES:
            connection.close()
            return
        if not self.files:
            self._first()
        connection.setblocking(False)
        file = OpenFile(connection)
        node.opened(file)
        self._loop.add_reader(connection, self._receive, node, file)

    def _again(self, listener: socket.socket, node: Node) -> None:
        if listener.fileno() >= 0:
            self._loop.add_reader(listener, self._accept, listener, node)

    def _close(self, node: Node, file: OpenFile) -> None:
        self._loop.remove_reader(file.connection)
        node.closed(file)
        file.close()

    def _receive(self, node: Node, file: OpenFile) -> None:
        """Answer one request."""
        try:
            message, passed = _received(file.connection)
        except BlockingIOError:
            return
        except OSError:
            message, passed = b"", []
        try:
            if not message:
                self._close(node, file)
                return
            self._serving = file
            self._answer(node, file, message, passed)
        except m.ProtocolError as problem:
            log.debug("%s: %s", node.name, problem)
            self._close(node, file)
        except Exception as problem:
            self._fail(problem)
        finally:
            self._serving = None
            for descriptor in passed:
                with contextlib.suppress(OSError):
                    os.close(descriptor)

    @staticmethod
    def _answer(node: Node, file: OpenFile, message: bytes, passed: list[int]) -> None:
        request = m.parse(message)
        try:
            reply = Reply(passed[0])
        except (IndexError, OSError):
            raise m.ProtocolError("a request without a socket for its answer") from None
        del passed[0]
        try:
            node.handle(file, request, passed, reply)
        except IoctlError as error:
            reply.send(-error.errno, error.data)
        except BaseException:
            reply.close()
            raise


def _received(connection: socket.socket) -> tuple[bytes, list[int]]:
    """Receive a message and its descriptors; nothing if the other end is closed."""
    message, ancillary, _, _ = connection.recvmsg(
        m.MAX_MESSAGE + 1, REPLY_AND_BUFFER, socket.MSG_CMSG_CLOEXEC
    )
    passed: list[int] = []
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            passed += struct.unpack(f"{len(data) // 4}i", data[: len(data) // 4 * 4])
    return message, passed
