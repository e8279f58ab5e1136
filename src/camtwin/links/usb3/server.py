"""USB/IP on a TCP socket: the server, its connections, and the devices plugged into it.

A server is a hub: devices are plugged into it, each with its own bus id, and each is attached to at most one
host, as by a cable. Programs may open a device that another one has (usbip.Open), as a kernel lets them: they
read its descriptors, and what else they ask for is refused as busy. A device that boots leaves the bus and
arrives with another address, which is how hosts notice. A connection that does not speak USB/IP is closed. A
host that vanishes without closing its connection is noticed by TCP's own probes.

    async with UsbipServer(port=3240) as server:
        server.plug(device)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from typing import Final, Protocol, Self

from camtwin.links.base.link import LinkProblem
from camtwin.links.usb3.pipes import Stats, Writer
from camtwin.wire.u3v import usb, usbip

log = logging.getLogger(__name__)

SEND_BUFFER_BYTES: Final = 4 << 20
READ_BYTES: Final = 1 << 16
OPERATION_s: Final = 10.0  # timeout of a new connection's first operation
SOON_s: Final = 0.05
SILENT_s: Final = 10  # then TCP probes the host; three unanswered probes close the connection
MAX_ADDRESS: Final = 127
HUB: Final = 1
"""The bus's own hub has this address, devices have the following ones."""
GONE_ms: Final = 60_000
"""A host that has not acknowledged data for this long has gone: TCP alone would try for 15 minutes."""
MAX_CONNECTIONS: Final = 64


class Device(Protocol):
    """A device to plug in: the server reports hosts and their requests to it."""

    @property
    def stats(self) -> Stats: ...
    @property
    def connection(self) -> Connection | None:
        """The host it is attached to."""
        ...

    @property
    def powered(self) -> bool:
        """Whether it has power; without it hosts do not see it."""
        ...

    @property
    def hosts(self) -> set[Connection]:
        """All open connections to it, whether attached or not."""
        ...

    @property
    def controlled_elsewhere(self) -> bool:
        """Whether a host of another link is in control of the camera."""
        ...

    def exported(self) -> usbip.Exported: ...
    def plugged(self, new_address: Callable[[], int], /) -> None:
        """Take an address on the bus now, and another one after each boot."""

    def attach(self, connection: Connection, writer: Writer, /) -> None: ...
    def detach(self) -> None: ...
    def look(self, setup: usb.Setup, /) -> bytes | None:
        """Answer a host that has not attached it: descriptors and states; None for a STALL."""

    def receive(self, message: usbip.Submit | usbip.Unlink, /) -> None: ...
    def sent(self) -> None:
        """Handle the end of a frame: sent, or given up."""

    def host_changed(self) -> None:
        """Handle a change of whether the host fetches what is sent (Writer.stalled)."""

    def stall(self) -> None:
        """Halt the stream's endpoint on purpose."""

    def failed(self, problem: BaseException, /) -> None:
        """Handle an exception of a thread that is not the host's fault."""


class Connection:
    """One host's connection; methods run on the event loop's thread."""

    def __init__(self, server: UsbipServer, sock: socket.socket, peer: str) -> None:
        self.server, self.sock, self.peer = server, sock, peer
        self.writer: Writer | None = None
        self._device: Device | None = None
        self._opened = False
        """Whether it was opened, not imported: it attaches the device when it has to, and may detach it."""
        self._parser = usbip.Parser()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._read)
        self._timeout = self._loop.call_later(OPERATION_s, self.close, "says nothing")

    def has_gone(self) -> bool:
        """Tell whether the host has closed its side, even if that has not been read yet."""
        try:
            return not self.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def close(self, why: str = "") -> None:
        """Close the connection and detach its device. May be called twice."""
        if self.sock.fileno() < 0:
            return
        if why:
            log.debug("%s: %s", self.peer, why)
        self._timeout.cancel()
        self._loop.remove_reader(self.sock)
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        if self.writer:
            self.writer.close()
        self.sock.close()
        self.server.connections.discard(self)
        if self._device:
            device, self._device = self._device, None
            device.hosts.discard(self)
            if device.connection is self:
                device.detach()

    def close_soon(self, why: str) -> None:
        """Close the connection once pending answers have been sent."""
        self.later(SOON_s, lambda: self.close(why))

    def released(self) -> None:
        """Detach the device, which its host has left unconfigured; an imported one stays attached."""
        if self._opened and self._device and self._device.connection is self:
            self._device.detach()

    def later(self, seconds: float, call: Callable[[], object]) -> None:
        """Call a function after a delay, unless the connection is closed by then."""

        def unless_closed() -> None:
            if self.sock.fileno() >= 0:
                call()

        self._loop.call_later(seconds, unless_closed)

    def _read(self) -> None:
        try:
            data = self.sock.recv(READ_BYTES)
            if not data:
                return self.close()
            for message in self._parser.feed(data):
                self._receive(message)
        except (BlockingIOError, InterruptedError):
            pass
        except (OSError, usbip.ProtocolError) as problem:
            self.close(str(problem))

    def _receive(self, message: usbip.Message) -> None:
        match message:
            case usbip.DevList():
                self.sock.send(usbip.devlist_reply([d.exported() for d in self.server.present()]))
                self.close()
            case usbip.Import(bus_id) | usbip.Open(bus_id):
                self._open(bus_id, attach=isinstance(message, usbip.Import))
            case usbip.Submit() | usbip.Unlink() if self._device and self.writer:
                if self._opened and self._device.connection is not self:
                    self._visit(self._device, self.writer, message)
                else:
                    self._device.receive(message)

    def _open(self, bus_id: str, *, attach: bool) -> None:
        code = usbip.REP_IMPORT if attach else usbip.REP_OPEN
        device = next((d for d in self.server.present() if d.exported().bus_id == bus_id), None)
        if device is None or (attach and _taken(device)):
            status = usbip.ST_DEV_BUSY if device else usbip.ST_NODEV
            self.sock.send(usbip.import_reply(None, status, code))
            return self.close(f"cannot have {bus_id!r}")
        self._timeout.cancel()
        self._device, self._parser.imported, self._opened = device, True, not attach
        device.hosts.add(self)
        self.writer = writer = Writer(
            self.sock,
            device.stats,
            lambda: self._tell(device.sent),
            lambda problem: self._ended(device, problem),
            lambda: self._tell(device.host_changed),
            lambda: self._tell(device.stall),
        )
        writer.reply(usbip.import_reply(device.exported(), code=code))
        if attach:
            device.attach(self, writer)

    def _visit(self, device: Device, writer: Writer, message: usbip.Submit | usbip.Unlink) -> None:
        """Answer a host that has not attached the device, or attach it if the request needs that."""
        if isinstance(message, usbip.Unlink):
            return writer.reply(usbip.unlink_reply(message.sequence, False))
        setup = usb.Setup.unpack(message.setup)
        if message.endpoint == usb.IN and setup.reads:
            answer = device.look(setup)
            status = usbip.EPIPE if answer is None else 0
            answer = (answer or b"")[: message.length]
            writer.reply(usbip.submit_reply(message.sequence, len(answer), status) + answer)
        elif _taken(device):
            writer.reply(usbip.submit_reply(message.sequence, 0, usbip.EBUSY))
        else:
            device.attach(self, writer)
            device.receive(message)

    def _ended(self, device: Device, problem: BaseException | None) -> None:
        """Handle the end of the writer; runs on the writer's thread."""
        if problem is None or isinstance(problem, OSError):
            self._tell(self.close, str(problem or ""))
        else:
            self._tell(device.failed, problem)

    def _tell(self, call: Callable[..., object], *args: object) -> None:
        """Call a function on the event loop's thread, if the loop still runs."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *args)


def _taken(device: Device) -> bool:
    """Tell whether a host has the device; one that has gone meanwhile loses it.

    A host of another link has it, too, while it is in control of the camera.
    """
    if device.connection and device.connection.has_gone():
        device.connection.close()
    return device.connection is not None or device.controlled_elsewhere


class UsbipServer:
    """Devices behind a TCP port of this computer; an asynchronous context manager.

    Raises:
        LinkProblem: in one line, if the port cannot be used
    """

    def __init__(self, port: int = usbip.PORT, bind: str = "127.0.0.1") -> None:
        self.bind = bind
        self.devices: list[Device] = []
        self.connections: set[Connection] = set()
        self._listener = socket.socket()
        try:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.setblocking(False)
            self._listener.bind((bind, port))
            self._listener.listen()
        except OSError as problem:
            self._listener.close()
            raise LinkProblem(f"cannot use TCP port {port} of {bind}: {problem.strerror}") from None
        self.port: int = self._listener.getsockname()[1]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._address = HUB

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._listener, self._accept)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the port and all connections. May be called twice."""
        if self._loop and self._listener.fileno() >= 0:
            self._loop.remove_reader(self._listener)
        self._listener.close()
        for connection in list(self.connections):
            connection.close()

    def plug(self, device: Device) -> None:
        device.plugged(self._new_address)
        self.devices.append(device)

    def unplug(self, device: Device) -> None:
        """Unplug a device, which its hosts notice."""
        self.devices.remove(device)
        for host in tuple(device.hosts):
            host.close("unplugged")

    def _new_address(self) -> int:
        """Return the next address on the bus that no device has; after the highest they begin again."""
        taken = {device.exported().number for device in self.devices}
        free = (HUB + 1 + (self._address - HUB + n) % (MAX_ADDRESS - HUB) for n in range(MAX_ADDRESS - HUB))
        self._address = next(address for address in free if address not in taken)
        return self._address

    def present(self) -> list[Device]:
        """Return the devices that a host would see."""
        return [device for device in self.devices if device.powered]

    def _accept(self) -> None:
        try:
            sock, (host, port) = self._listener.accept()
        except OSError as problem:
            log.debug("accept: %s", problem)
            return
        if len(self.connections) >= MAX_CONNECTIONS:
            sock.close()
            return
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, SILENT_s)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, SILENT_s)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GONE_ms)
        self.connections.add(Connection(self, sock, f"{host}:{port}"))
