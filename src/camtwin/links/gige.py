"""A twin on the network: GigE Vision on UDP sockets.

Five sockets: control on address:3956; discovery, which clients broadcast, on the net's broadcast address and
on 255.255.255.255; the stream's and that of messages, on ports of their own. Answers go out from the control
socket, so they come from the twin's own address. Broadcasts are taken from the twin's own interface only: an
answer from 127.0.0.1 to a discovery on another interface would make clients choose the wrong one. Several
twins live on one host, each with an address of its own (127.0.0.1, 127.0.0.2, ...).

FORCEIP moves a twin to another address of its interface, with all its sockets; on 127/8 every address is one.

Datagrams are carried out on the event loop's thread, through the runtime; pictures leave on the sender's.

    async with GigeLink(twin, runtime, bind="127.0.0.1"):
        await runtime.run()
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from camtwin.camera.events import Event
from camtwin.camera.transport import ETHERNET_BYTES, GigETiming
from camtwin.links.camera_port import GevPort, link_Mbps, message_of
from camtwin.links.faults import Faults
from camtwin.links.interface import Interface, LinkProblem, interface_of, mac_from_serial
from camtwin.links.pacing import LEAST, Eager, OnSchedule
from camtwin.links.pcap import Capture, StreamTap
from camtwin.links.port import CameraPort, LinkStatus
from camtwin.links.runtime import FreeRuntime, WallRuntime
from camtwin.links.segmentation import cuts
from camtwin.links.sender import IP_MTU_DISCOVER, Sender
from camtwin.links.stream import GvspStream, Twin
from camtwin.units import SEC
from camtwin.wire import gev, gvcp
from camtwin.wire.gvcp import Status, StatusError

log = logging.getLogger(__name__)

IP_PKTINFO: Final = 8  # <linux/in.h>: tells which interface a datagram came by
EVERYBODY: Final = "255.255.255.255"
BROADCASTABLE: Final = (gvcp.Command.DISCOVERY, gvcp.Command.FORCEIP, gvcp.Command.ACTION)
MOST_DATAGRAMS: Final = 64  # per turn of the event loop: a flood of commands must not stop time
BUFFER_BYTES: Final = 1 << 20  # of sockets: a burst of commands, or of a picture's packets


class GigeLink:
    """A twin that answers as a GigE Vision camera; an asynchronous context manager.

    bind             the IPv4 address it has: one of this computer's, and only one
    any_destination  let clients aim stream and messages at any host, not only at themselves
    faults           of the network, on purpose: packets lost, doubled, swapped, late or damaged
    pcap             a file for everything that goes over the link (pcap.py)

    LinkProblem, in one line, where the address or its ports cannot be had; OSError where the file cannot.
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
        pcap: Path | None = None,
    ) -> None:
        self.twin, self.runtime, self.bind, self.port = twin, runtime, bind, port
        self.home = bind
        self.deaf = False  # on purpose: nothing that hosts send comes here
        self.interface = interface_of(bind)
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        with contextlib.ExitStack() as opening:
            self._sockets = _listen(self.interface, port)
            opening.callback(lambda: self._sockets.close())  # whichever they are by then
            stream_socket = opening.enter_context(_bound(bind, 0))
            stream_socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
            port_of = GevPort(twin.camera)
            ports = stream_socket.getsockname()[1], self._sockets.messages.getsockname()[1]
            who = identity(twin, self.interface, port_of, *ports)
            self._capture, tap = None, None
            if pcap:
                self._capture = Capture(pcap, bind, who.mac, self.runtime.now, self._on_problem)
                opening.callback(self._capture.close)
                tap = StreamTap(self._capture, stream_socket.getsockname(), gap_bytes(twin))
            # packets that faults strike are asked for again whatever the rate: it need not fall for them
            free = isinstance(runtime, FreeRuntime)
            pacing = Eager(1.0 if faults else LEAST) if free else OnSchedule()
            self.sender = Sender(
                stream_socket,
                self._on_problem,
                faults,
                pacing,
                tap,
                self._on_sent,
                lambda address: cuts(self.interface.name, address),
            )
            opening.callback(self.sender.close)
            self.stream = GvspStream(twin, runtime, self.sender, lambda: self.gev.target)
            opening.callback(self.stream.dispose)
            self.gev = gev.GevDevice(who, port_of, self.stream, self, any_destination=any_destination)
            twin.camera.events.send = self._notify
            opening.callback(twin.camera.events.unheard)
            twin.camera.on_power.append(self._power_changed)
            opening.callback(lambda: twin.camera.on_power.remove(self._power_changed))
            self._opened = opening.pop_all()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._hear()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the network: the acquisition ends, threads and sockets are gone. May be called twice."""
        self._hear(False)
        if self.twin.camera.powered:
            self.twin.camera.execute("AcquisitionAbort")  # as a host does, so that a journal has it
        self._opened.close()
        if self._timer:
            self._timer.cancel()
            self._timer = None

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

    # -- wire.gev.NetworkPort --------------------------------------------------------------------
    def move(self, address: int) -> tuple[int, int, int]:
        """Have another address of the same interface; 0: the one it was opened with."""
        to = gev.dotted(address) if address else self.home
        if to != self.bind:
            try:
                self._rebind(to)
            except OSError as problem:
                log.warning("%s stays where it is: %s", self.bind, problem)
                raise StatusError(Status.ERROR, f"FORCEIP: {problem}") from None
        ports = self.sender.sock.getsockname()[1], self._sockets.messages.getsockname()[1]
        return self.interface.address, *ports

    def send_message(self, data: bytes, peer: gev.Peer) -> None:
        self._send(self._sockets.messages, data, peer)

    def message_done(self) -> None:
        self.twin.camera.events.sent()

    def _notify(self, event: Event) -> bool:
        held = self.gev.notify(message_of(event), self.runtime.host_now())
        self._plan_timer()
        return held

    def _rebind(self, to: str) -> None:
        """All sockets or none. The stream's keeps its descriptor: its thread notices nothing."""
        interface = interface_of(to)
        if interface.index != self.interface.index:
            raise LinkProblem(f"{to} is another interface's address ({interface.name})")
        with contextlib.ExitStack() as opening:
            sockets = _listen(interface, self.port)
            opening.callback(sockets.close)
            with _bound(to, 0) as stream:
                _as_before(stream, self.sender.sock)
                os.dup2(stream.fileno(), self.sender.sock.fileno(), inheritable=False)
            opening.pop_all()
        self._hear(False)
        self._sockets.close()
        self._sockets = sockets
        log.info("%s moved to %s", self.bind, to)
        self.bind, self.interface = to, interface
        self._hear()

    # -- datagrams -------------------------------------------------------------------------------
    def _hear(self, on: bool = True) -> None:
        for sock in self._sockets:
            if self._loop and sock.fileno() >= 0:
                if on:
                    self._loop.add_reader(sock, self._read, sock)
                else:
                    self._loop.remove_reader(sock)

    def _read(self, sock: socket.socket) -> None:
        broadcast = sock in self._sockets.discovery
        carry_out = self._acknowledged if sock is self._sockets.messages else self._carry_out
        for _ in range(MOST_DATAGRAMS):
            try:
                data, ancillary, _flags, peer = sock.recvmsg(0x1_0000, 64)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as problem:
                log.debug("control socket: %s", problem)
                return
            if not self._reachable:
                continue  # it has no power, the cable is out: nobody is there
            if not broadcast or self._for_us(data, ancillary):
                if self._capture:
                    self._capture.datagram(peer, sock.getsockname(), data)
                self.runtime.post(carry_out, data, peer)

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
            self._send(self._sockets.control, reply.data, reply.peer)
        self._plan_timer()

    def _acknowledged(self, data: bytes, peer: gev.Peer) -> None:
        self.gev.acknowledged(data, peer)
        self._plan_timer()

    @property
    def _reachable(self) -> bool:
        return self.twin.camera.reachable and not self.deaf

    def _power_changed(self, powered: bool) -> None:
        self.gev.power_changed(powered)
        self._plan_timer()

    def _send(self, sock: socket.socket, data: bytes, peer: gev.Peer) -> None:
        if not self._reachable:
            return
        try:
            sock.sendto(data, peer)
            if self._capture:
                self._capture.datagram(sock.getsockname(), peer, data)
        except OSError as problem:  # a client that has gone, a firewall: its trouble, not ours
            log.debug("to %s:%d: %s", *peer, problem)

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

    def _on_sent(self) -> None:
        """On the sender's thread: who waits for room need not."""
        if self._loop and isinstance(self.runtime, FreeRuntime):
            with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
                self._loop.call_soon_threadsafe(self.runtime.wake)

    def _on_problem(self, problem: BaseException) -> None:
        """The sender's thread died, or the capture's: the run ends, and says why."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.runtime.fail, problem)


def identity(
    twin: Twin, interface: Interface, port: CameraPort, stream_port: int, message_port: int
) -> gev.Identity:
    """What the twin says of itself on this interface."""
    mac = interface.mac
    if interface.loopback or not any(mac):
        mac = mac_from_serial(_text(port.read(0xD8, 16)))
    return gev.Identity(
        mac=mac,
        address=interface.address,
        netmask=interface.netmask,
        xml_url=twin.camera.xml_url,
        link_Mbps=link_Mbps(twin.camera),
        stream_port=stream_port,
        message_port=message_port,
    )


@dataclass(frozen=True)
class _Sockets:
    """Those that listen: for commands, for broadcast ones, for acknowledges of messages."""

    control: socket.socket
    discovery: list[socket.socket]
    messages: socket.socket

    def __iter__(self) -> Iterator[socket.socket]:
        return iter((self.control, *self.discovery, self.messages))

    def close(self) -> None:
        for sock in self:
            sock.close()


def _listen(interface: Interface, port: int) -> _Sockets:
    """LinkProblem where one of them cannot be had."""
    address = gev.dotted(interface.address)
    with contextlib.ExitStack() as opening:
        control = opening.enter_context(_bound(address, port))
        control.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        discovery = [
            opening.enter_context(_bound(each, port, shared=True))
            for each in sorted({gev.dotted(interface.broadcast), EVERYBODY} - {address})
        ]
        messages = opening.enter_context(_bound(address, 0))
        opening.pop_all()
        return _Sockets(control, discovery, messages)


def _as_before(sock: socket.socket, old: socket.socket) -> None:
    """Make a new stream socket what the old one is: its options, and where it is connected to."""
    sock.setblocking(True)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
    for level, option in ((socket.SOL_SOCKET, socket.SO_SNDTIMEO), (socket.IPPROTO_IP, IP_MTU_DISCOVER)):
        sock.setsockopt(level, option, old.getsockopt(level, option, 16))
    with contextlib.suppress(OSError):  # it had no host yet, or has no way to it from here
        sock.connect(old.getpeername())


def gap_bytes(twin: Twin) -> int:
    """On the twin's wire, around each packet."""
    timing = twin.camera.transmitter.timing
    return ETHERNET_BYTES + (timing.wire.gap_bytes if isinstance(timing, GigETiming) else 0)


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
