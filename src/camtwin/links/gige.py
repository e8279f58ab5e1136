"""A twin on the network: GigE Vision on UDP sockets.

Four sockets: control on address:3956; discovery, which clients broadcast, on the net's broadcast address and
on 255.255.255.255; and the stream's, on a port of its own. Answers go out from the control socket, so they
come from the twin's own address. Broadcasts are taken from the twin's own interface only: an answer from
127.0.0.1 to a discovery on another interface would make clients choose the wrong one. Several twins live
on one host, each with an address of its own (127.0.0.1, 127.0.0.2, ...).

Datagrams are carried out on the event loop's thread, through the runtime; pictures leave on the sender's.

    async with GigeLink(twin, runtime, bind="127.0.0.1"):
        await runtime.run()
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
from typing import Final, Self

from camtwin.camera.transport import GigETiming
from camtwin.links.faults import Faults
from camtwin.links.interface import Interface, LinkProblem, interface_of, mac_from_serial
from camtwin.links.port import CameraPort, LinkStatus
from camtwin.links.runtime import WallRuntime
from camtwin.links.sender import Sender
from camtwin.links.stream import GvspStream, Twin
from camtwin.units import SEC
from camtwin.wire import gev, gvcp
from camtwin.wire.gvcp import Status

log = logging.getLogger(__name__)

IP_PKTINFO: Final = 8  # <linux/in.h>: tells which interface a datagram came by
EVERYBODY: Final = "255.255.255.255"
BROADCASTABLE: Final = (gvcp.Command.DISCOVERY, gvcp.Command.FORCEIP, gvcp.Command.ACTION)
MOST_DATAGRAMS: Final = 64  # per turn of the event loop: a flood of commands must not stop time
BUFFER_BYTES: Final = 1 << 20  # of sockets: a burst of commands, or of a picture's packets
DEFAULT_GIGE_MBPS: Final = 1000


class GigeLink:
    """A twin that answers as a GigE Vision camera; an asynchronous context manager.

    bind             the IPv4 address it has: one of this computer's, and only one
    any_destination  let clients aim the stream at any host, not only at themselves
    faults           of the network, on purpose: packets lost, doubled, swapped, late or damaged

    LinkProblem, in one line, where the address or its ports cannot be had.
    """

    def __init__(
        self,
        twin: Twin,
        runtime: WallRuntime,
        bind: str = "127.0.0.1",
        port: int = gvcp.PORT,
        *,
        any_destination: bool = False,
        faults: Faults | None = None,
    ) -> None:
        self.twin, self.runtime, self.bind, self.port = twin, runtime, bind, port
        self.interface = interface_of(bind)
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        with contextlib.ExitStack() as opening:
            self.control = opening.enter_context(_bound(bind, port))
            self.control.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
            self._discovery = [
                opening.enter_context(_bound(address, port, shared=True))
                for address in sorted({gev.dotted(self.interface.broadcast), EVERYBODY} - {bind})
            ]
            stream_socket = opening.enter_context(_bound(bind, 0))
            stream_socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
            self.sender = Sender(stream_socket, self._on_problem, faults)
            opening.callback(self.sender.close)
            self.stream = GvspStream(twin, runtime, self.sender, lambda: self.gev.target)
            opening.callback(self.stream.dispose)
            port_of = CameraPort(twin.camera, Status)
            self.gev = gev.GevDevice(
                identity(twin, self.interface, port_of, stream_socket.getsockname()[1]),
                port_of,
                self.stream,
                any_destination=any_destination,
            )
            self._opened = opening.pop_all()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.control, self._read, self.control, False)
        for sock in self._discovery:
            self._loop.add_reader(sock, self._read, sock, True)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the network: the acquisition ends, threads and sockets are gone. May be called twice."""
        if self._loop:
            for sock in (self.control, *self._discovery):
                if sock.fileno() >= 0:
                    self._loop.remove_reader(sock)
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self.twin.camera.abort()
        self._opened.close()

    def status(self) -> LinkStatus:
        stats, controller = self.sender.stats, self.gev.controller
        return LinkStatus(
            model=_text(self.twin.camera.read(0x68, 32)),
            client=f"{controller[0]}:{controller[1]}" if controller else None,
            frames=stats.frames,
            bytes=stats.bytes,
            resent_packets=stats.resent,
            late_frames=stats.late,
            worst_late_ms=stats.worst_late_ns / 1e6,
            dropped_frames=stats.dropped,
            cut_frames=stats.cut,
            packets=stats.packets,
            faults=self.sender.faults,
        )

    # -- datagrams -------------------------------------------------------------------------------
    def _read(self, sock: socket.socket, broadcast: bool) -> None:
        for _ in range(MOST_DATAGRAMS):
            try:
                data, ancillary, _flags, peer = sock.recvmsg(0x1_0000, 64)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as problem:
                log.debug("control socket: %s", problem)
                return
            if not broadcast or self._for_us(data, ancillary):
                self.runtime.post(self._carry_out, data, peer)

    def _for_us(self, data: bytes, ancillary: list[tuple[int, int, bytes]]) -> bool:
        """Did this broadcast come by our own interface, and is it a command that may be broadcast?"""
        header = gvcp.header_of(data)
        if header is None or header.command not in BROADCASTABLE:
            return False
        for level, kind, content in ancillary:
            if level == socket.IPPROTO_IP and kind == IP_PKTINFO:
                return struct.unpack_from("i", content)[0] == self.interface.index
        return False

    def _carry_out(self, data: bytes, peer: gev.Peer) -> None:
        for reply in self.gev.receive(data, peer, self.runtime.host_now()):
            if reply.note:
                log.debug("%s:%d: %s", *peer, reply.note)
            try:
                self.control.sendto(reply.data, reply.peer)
            except OSError as problem:  # a client that has gone, a firewall: its trouble, not ours
                log.debug("answer to %s:%d: %s", *reply.peer, problem)
        self._plan_timer()

    def _plan_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        due = self.gev.next_timer()
        if due is not None and self._loop:
            self._timer = self._loop.call_later((due - self.runtime.host_now()) / SEC, self._tick)

    def _tick(self) -> None:
        self.runtime.post(self.gev.tick, self.runtime.host_now())
        self._plan_timer()

    def _on_problem(self, problem: BaseException) -> None:
        """The sender's thread died: the run ends, and says why."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.runtime.fail, problem)


def identity(twin: Twin, interface: Interface, port: CameraPort, stream_port: int) -> gev.Identity:
    """What the twin says of itself on this interface."""
    mac = interface.mac
    if interface.loopback or not any(mac):
        mac = mac_from_serial(_text(port.read(0xD8, 16)))
    timing = twin.camera.transmitter.timing
    return gev.Identity(
        mac=mac,
        address=interface.address,
        netmask=interface.netmask,
        xml_url=twin.camera.xml_url,
        link_Mbps=timing.wire.bits_per_s // 10**6 if isinstance(timing, GigETiming) else DEFAULT_GIGE_MBPS,
        stream_port=stream_port,
    )


def _bound(address: str, port: int, *, shared: bool = False) -> socket.socket:
    """A UDP socket there; `shared` with other twins, and telling the interface of what it receives."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        sock.setblocking(False)
        sock.bind((address, port))
    except OSError as problem:
        sock.close()
        raise LinkProblem(f"cannot use UDP port {port} of {address}: {problem.strerror}") from None
    return sock


def _text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode(errors="replace")
