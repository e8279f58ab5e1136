"""The server of this process's twins for GenTL consumers: a socket in the user's own folder.

    $XDG_RUNTIME_DIR/camtwin/gentl1-N       one for each process that runs twins

Only the user can open the folder; a consumer of another user, who may have got a socket anyway, is refused
by the kernel's word for who it is. Bytes that are no question close the connection.

    async with GentlServer(devices):
        await runtime.run()
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Sequence
from typing import Final, Self

from camtwin.links.base.folder import listening
from camtwin.links.gentl.device import Denied, GentlDevice, GentlSession
from camtwin.units import SEC, Ns
from camtwin.wire import gentl
from camtwin.wire.gentl import Error

log = logging.getLogger(__name__)

MAX_CONNECTIONS: Final = 128
MAX_QUESTIONS: Final = 64
"""Questions of one connection that are answered in a row: a flood must not stop time."""
CREDENTIALS: Final = struct.Struct("3i")  # pid, uid, gid: struct ucred
KIND: Final = socket.SOCK_SEQPACKET


class Connection:
    """One connection of a consumer: the first or the second one of its session."""

    def __init__(self, server: GentlServer, sock: socket.socket) -> None:
        self.server, self.sock = server, sock
        self._loop = asyncio.get_running_loop()
        self._session: GentlSession | None = None  # that it opened
        self._hears: GentlSession | None = None  # whose second connection it is
        self._busy = False  # a write under way, whose answer comes later
        self._loop.add_reader(sock, self._read)

    def close(self) -> None:
        """Close the connection and end what depends on it. May be called twice."""
        if self.sock.fileno() < 0:
            return
        self._loop.remove_reader(self.sock)
        if self._session:
            self._session.device.end(self._session)
        if self._hears:
            self._hears.device.stop(self._hears)
            self._hears.device.forget(self._hears)
        self.sock.close()
        self.server.connections.discard(self)

    def _read(self) -> None:
        try:
            for _ in range(MAX_QUESTIONS):
                data = self.sock.recv(gentl.MAX_MESSAGE)
                if not data:
                    return self.close()
                self._take(gentl.parse(data))
        except (BlockingIOError, InterruptedError):
            pass
        except (OSError, gentl.NotAQuestion) as problem:
            log.debug("GenTL consumer: %s", problem)
            self.close()

    def _take(self, question: gentl.Question) -> None:
        if isinstance(question, gentl.Taken | gentl.Released):
            return self._take_slot(question)
        if self._busy:
            raise gentl.NotAQuestion("a question while the one before is still under way")
        try:
            body, busy_ns = self._carry_out(question)
            answer = gentl.answer(body)
        except Denied as denied:
            answer, busy_ns = gentl.refusal(denied.error, str(denied)), 0
        if busy_ns:
            self._busy = True
            self._loop.call_later(busy_ns / SEC, self._answer, answer)
        else:
            self._answer(answer)

    def _answer(self, answer: bytes) -> None:
        self._busy = False
        if self.sock.fileno() < 0:
            return
        try:
            self.sock.send(answer, socket.MSG_NOSIGNAL)
        except OSError as problem:  # it has gone, or does not read what it asked for
            log.debug("GenTL consumer: %s", problem)
            self.close()

    def _take_slot(self, news: gentl.Taken | gentl.Released) -> None:
        if self._hears is None:
            raise gentl.NotAQuestion("a slot on a connection that hears no news")
        device = self._hears.device
        tell = device.stream.taken if isinstance(news, gentl.Taken) else device.stream.released
        tell(news.ring, news.slot)
        device.runtime.wake()

    def _carry_out(self, question: gentl.Question) -> tuple[bytes, Ns]:
        """Carry out a question; return the body of its answer, and how long that is still to wait."""
        match question:
            case gentl.List():
                return b"".join(device.record().pack() for device in self.server.present()), 0
            case gentl.Open(name, access):
                return gentl.NUMBER.pack(self._open(name, access).number), 0
            case gentl.HearNews(number):
                self._hear(number)
                return b"", 0
            case _:
                pass
        session = self._session
        if session is None:
            raise Denied(Error.BAD_QUESTION, "no device is open on this connection")
        if session.ended:
            raise Denied(Error.IO, f"{session.device.id} has gone")
        device = session.device
        match question:
            case gentl.Read(address, count):
                return device.read(session, address, count)
            case gentl.Write(address, data):
                return b"", device.write(session, address, data)
            case gentl.Start():
                return gentl.NUMBER.pack(device.start(session)), 0
            case _:
                device.stop(session)
                return b"", 0

    def _open(self, name: str, access: gentl.Access) -> GentlSession:
        if self._session:
            raise Denied(Error.BAD_QUESTION, "this connection has opened a device already")
        device = next((each for each in self.server.present() if each.id == name), None)
        if device is None:
            raise Denied(Error.INVALID_ID, f"no twin {name} runs here")
        self._session = device.open(access)
        return self._session

    def _hear(self, number: int) -> None:
        session = self.server.session(number)
        if session is None or session.news or self._session or self._hears:
            raise Denied(Error.BAD_QUESTION, f"there is no session {number} without a second connection")
        self._hears, session.news = session, self.sock


class GentlServer:
    """The socket of this process; an asynchronous context manager.

    Raises:
        LinkProblem: in one line, if there can be no socket
    """

    def __init__(self, devices: Sequence[GentlDevice]) -> None:
        self.devices = devices
        self.connections: set[Connection] = set()
        self._opened = contextlib.ExitStack()
        self._listener: socket.socket

    def present(self) -> list[GentlDevice]:
        """Return the devices that consumers see."""
        return [device for device in self.devices if device.camera.reachable]

    def session(self, number: int) -> GentlSession | None:
        """Return the session of this number, if there is one."""
        every = (session for device in self.devices for session in device.sessions)
        return next((session for session in every if session.number == number), None)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        with contextlib.ExitStack() as opening:
            self._listener = opening.enter_context(listening(gentl.SOCKET_PREFIX, KIND))
            self._listener.setblocking(False)
            loop.add_reader(self._listener, self._accept)
            opening.callback(loop.remove_reader, self._listener)
            self._opened = opening.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._opened.close()
        for connection in tuple(self.connections):
            connection.close()

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError as problem:
            log.debug("accept: %s", problem)
            return
        peer = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
        _pid, uid, _gid = CREDENTIALS.unpack(peer)
        if uid != os.getuid() or len(self.connections) >= MAX_CONNECTIONS:
            sock.close()
            return
        sock.setblocking(False)
        self.connections.add(Connection(self, sock))
