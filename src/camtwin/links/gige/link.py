"""A twin on the network: GigE Vision on UDP sockets.

There are five sockets: control on address:3956; two for broadcast discovery, on the network's broadcast
address and on 255.255.255.255; one each for the stream and for messages, on ports of their own. Answers leave
from the control socket, so they come from the twin's own address. Broadcasts are accepted from the twin's own
interface only: an answer from 127.0.0.1 to a discovery on another interface would make clients choose the
wrong one. Several twins live on one host, each with its own address (127.0.0.1, 127.0.0.2, ...).

FORCEIP moves a twin, with all its sockets, to another address of its interface; every address of 127/8 is
one. A twin with an interface of its own sets the interface's address as a camera does (addressing.py), and
its sockets follow; while it has no address it receives broadcasts only.

Datagrams are carried out on the event loop's thread, through the runtime; frames leave on the sender's.

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
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, Self

from camtwin.camera.links import GigETiming
from camtwin.camera.reports.events import Event
from camtwin.links.base.frames import StreamedTwin
from camtwin.links.base.link import LinkProblem, LinkStatus
from camtwin.links.base.messages import message_of
from camtwin.links.base.runtime import FreeRuntime, WallRuntime
from camtwin.links.gige import sockets
from camtwin.links.gige.addressing import Addressing
from camtwin.links.gige.faults import Faults
from camtwin.links.gige.interface import Interface, interface_of
from camtwin.links.gige.pcap import Capture, StreamTap
from camtwin.links.gige.port import link_Mbps, received, require_network, stored_configuration
from camtwin.links.gige.send.pacing import MIN_SPEED, Eager, OnSchedule
from camtwin.links.gige.send.segmentation import Segmentation
from camtwin.links.gige.send.sender import Sender
from camtwin.links.gige.stream import GvspStream
from camtwin.units import SEC
from camtwin.wire.effects import CloseStream, EndSession
from camtwin.wire.gev import gvcp
from camtwin.wire.gev.device import GevDevice
from camtwin.wire.gev.effects import (
    Effect,
    FireTestPacket,
    MessageDone,
    OpenStream,
    Reply,
    Resend,
    SendMessage,
    UseBlockIds,
)
from camtwin.wire.gev.gvcp import Status, StatusError
from camtwin.wire.gev.ports import NO_LOCATION, GevIdentity, NetworkLocation
from camtwin.wire.ip import ethernet
from camtwin.wire.ip.address import Peer, dotted

log = logging.getLogger(__name__)

BROADCASTABLE: Final = (gvcp.Command.DISCOVERY, gvcp.Command.FORCEIP, gvcp.Command.ACTION)
MAX_DATAGRAMS: Final = 64  # per turn of the event loop: a flood must not stop time


class GigeLink:
    """A twin that answers as a GigE Vision camera; an asynchronous context manager.

    Args:
        bind: its IPv4 address, one of this computer's
        interface: the name of a network interface of its own, instead: it looks for an address itself
        ip_speed: speed-up of that search and of lease times, relative to the clock
        any_destination: let clients direct stream and messages to any host, not only to themselves
        faults: deliberate network faults: packets lost, doubled, swapped, late or damaged
        pcap: a file for all packets of the link (pcap.py)

    Raises:
        LinkProblem: in one line, if the address or its ports cannot be used
        OSError: the file cannot be written
    """

    def __init__(
        self,
        twin: StreamedTwin,
        runtime: WallRuntime,
        bind: str = "127.0.0.1",
        port: int = gvcp.PORT,
        *,
        any_destination: bool = False,
        faults: Faults | None = None,
        pcap: Path | None = None,
        interface: str | None = None,
        ip_speed: float = 1.0,
    ) -> None:
        require_network(twin.camera.sheet)
        self.twin, self.runtime, self.bind, self.port = twin, runtime, bind, port
        self.deaf = False  # deliberately lose everything that hosts send
        self._addressing: Addressing | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        with contextlib.ExitStack() as opening:
            if interface:
                kept = partial(stored_configuration, twin.camera)
                self._addressing = Addressing(
                    interface, runtime, kept, self._readdress, twin.camera.cable, ip_speed
                )
                opening.callback(self._addressing.close)
            self.interface = self._addressing.interface if self._addressing else interface_of(bind)
            self._first = self.interface
            self._together: list[GigeLink] = runtime.together.setdefault((self.interface.index, port), [])
            self._together.append(self)
            opening.callback(self._leave)
            self._sockets = self._listen(self.interface)
            opening.callback(lambda: self._sockets.close())  # the sockets may have been replaced
            stream_socket = opening.enter_context(sockets.stream_socket(self.interface))
            mac = mac_of(self.interface, twin.camera.serial)
            identity = GevIdentity(mac, NO_LOCATION, twin.camera.xml_url)
            self._capture = self._tap = None
            if pcap:
                self._capture = Capture(pcap, bind, mac, self.runtime.now, self._on_problem)
                opening.callback(self._capture.close)
                self._tap = StreamTap(self._capture, stream_socket.getsockname(), gap_bytes(twin))
            # resends caused by faults say nothing about the rate, which need not fall for them
            free = isinstance(runtime, FreeRuntime)
            pacing = Eager(1.0 if faults else MIN_SPEED) if free else OnSchedule()
            self.sender = Sender(
                stream_socket,
                self._on_problem,
                faults,
                pacing,
                self._tap,
                self._on_sent,
                Segmentation(self.interface.name),
            )
            opening.callback(self.sender.close)
            self.stream = GvspStream(twin, runtime, self.sender, lambda: self.gev.target)
            opening.callback(self.stream.dispose)
            self.gev = GevDevice(
                identity,
                twin.camera,
                self._change_address,
                pace=runtime.pace,
                any_destination=any_destination,
            )
            self._carry_out(self.gev.set_location(self._location()))
            self._events = twin.camera.events.subscribe(self._notify)
            opening.callback(self._events.leave)
            opening.callback(twin.camera.on_power.subscribe(self._power_changed))
            opening.callback(twin.camera.on_power_up.subscribe(lambda: self._power_changed(True)))
            opening.callback(twin.camera.faults.on_revoke.subscribe(self._revoke))
            if self._addressing:
                opening.callback(twin.camera.on_power_up.subscribe(self._addressing.power_up))
            self._opened = opening.pop_all()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._hear()
        if self._addressing:
            self._addressing.begin()
        return self

    @property
    def network(self) -> GigeLink:
        return self

    @property
    def where(self) -> str:
        """Its present address."""
        return self.bind

    advice = ""

    def set_faults(self, faults: Faults) -> None:
        """Replace the network's faults from now on."""
        self.sender.set_faults(faults)

    async def reachable(self) -> None:
        """Wait until the twin has an address."""
        while not self.interface.address:
            await asyncio.sleep(0.01)

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the network: end the acquisition, threads and sockets. May be called twice."""
        self._hear(False)
        if self.twin.camera.powered:
            self.twin.camera.execute("AcquisitionAbort")  # as a host does, so that the journal records it
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
            address=dotted(self.interface.address),
        )

    # -- effects of the device side ---------------------------------------------------------------------
    def _carry_out(self, effects: Iterable[Effect]) -> None:
        """Carry out the device side's effects in order, then plan its next timer."""
        for effect in effects:
            match effect:
                case Reply(data, peer, note, after_ns):
                    if note:
                        log.debug("%s:%d: %s", *peer, note)
                    if after_ns and self._loop:
                        self._loop.call_later(after_ns / SEC, self._answer, data, peer)
                    else:
                        self._answer(data, peer)
                case SendMessage(data, peer):
                    self._send(self._sockets.messages, data, peer)
                case MessageDone():
                    self._events.sent()
                case OpenStream() | CloseStream():
                    self.stream.close()
                    self.twin.camera.change_stream()
                case EndSession():
                    self.twin.camera.end_session()
                case UseBlockIds(extended):
                    self.twin.camera.use_block_ids(extended)
                case Resend(request, extended_status):
                    self.sender.resend(request, extended_status)
                case FireTestPacket(target, packet_bytes, do_not_fragment):
                    self.sender.probe(target, packet_bytes, do_not_fragment)
        self._plan_timer()

    def _answer(self, data: bytes, peer: Peer) -> None:
        if self._sockets.control.fileno() >= 0:  # a late answer may find the link closed
            self._send(self._sockets.control, data, peer)

    def _change_address(self, address: int, netmask: int, gateway: int) -> NetworkLocation:
        """Move to another address of the same interface; for 0 restart as when the link was opened."""
        try:
            if not self._addressing:
                self._move(replace(self._first, address=address, netmask=netmask) if address else self._first)
            elif address:
                self._addressing.force(address, netmask, gateway)
            else:
                self._addressing.restart()
        except OSError as problem:
            log.warning("%s stays where it is: %s", self.bind, problem)
            raise StatusError(Status.ERROR, f"FORCEIP: {problem}") from None
        return self._location(gateway if address else 0)

    def _location(self, gateway: int = 0) -> NetworkLocation:
        ports = self.sender.sock.getsockname()[1], self._sockets.messages.getsockname()[1]
        if self._addressing:
            gateway = self._addressing.gateway
        here, speed = self.interface, link_Mbps(self.twin.camera)
        return NetworkLocation(here.address, here.netmask, gateway, *ports, speed)

    def _notify(self, event: Event) -> bool:
        """Send an event to the host; return True if the next one has to wait."""
        message = message_of(event, extended=self.gev.extended_ids)
        self._carry_out(self.gev.notify(message, self.runtime.host_now()))
        return self.gev.holds_message

    def _move(self, to: Interface) -> None:
        """Move to another address of this computer.

        Raises:
            LinkProblem: it is not an address of this interface
        """
        if to.address != self.interface.address:
            there = interface_of(dotted(to.address))
            if there.index != self.interface.index:
                raise LinkProblem(f"{dotted(to.address)} is another interface's address ({there.name})")
            self._rebind(there)
        self.interface = replace(self.interface, netmask=to.netmask)

    def _readdress(self, to: Interface) -> None:
        """Follow the twin's own interface to its new address, or to none."""
        self._rebind(to)
        self._carry_out(self.gev.set_location(self._location()))

    def _rebind(self, to: Interface) -> None:
        """Replace all sockets, or none if one fails.

        The stream's socket keeps its descriptor, which the sender's thread uses.
        """
        with contextlib.ExitStack() as opening:
            fresh = self._listen(to)
            opening.callback(fresh.close)
            with sockets.stream_socket(to, self.sender.sock) as stream:
                os.dup2(stream.fileno(), self.sender.sock.fileno(), inheritable=False)
            opening.pop_all()
        self._hear(False)
        self._sockets.close()
        self._sockets = fresh
        self.bind, before = dotted(to.address), self.bind
        log.info("%s moved to %s", before, self.bind)
        self.interface = to
        if self._capture and self._tap:
            self._capture.own.add(self.bind)
            self._tap.source = self.sender.sock.getsockname()
        self._hear()

    # -- datagrams -------------------------------------------------------------------------------
    def _hear(self, on: bool = True) -> None:
        for sock in self._sockets:
            if self._loop and sock.fileno() >= 0:
                if on:
                    self._loop.add_reader(sock, self._read, sock)
                else:
                    self._loop.remove_reader(sock)

    def _listen(self, interface: Interface) -> sockets.Sockets:
        """Open the listening sockets.

        Twins that share a clock and an interface share one set of broadcast sockets: the first twin owns them
        and delivers each datagram to all, at one virtual time.
        """
        return sockets.listen(interface, self.port, broadcasts=self._together[0] is self)

    def _leave(self) -> None:
        """Leave the twins that share broadcasts; hand the sockets on if this twin owned them."""
        owned = self._together[0] is self
        self._together.remove(self)
        if owned and self._together:
            heir = self._together[0]
            try:
                heir._sockets.discovery.extend(sockets.discovery(heir.interface, heir.port))
                heir._hear()
            except LinkProblem as problem:
                log.warning("%s hears no broadcasts: %s", heir.bind, problem)

    def _read(self, sock: socket.socket) -> None:
        broadcast = sock in self._sockets.discovery
        for _ in range(MAX_DATAGRAMS):
            try:
                data, ancillary, _flags, peer = sock.recvmsg(0x1_0000, 64)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as problem:
                log.debug("control socket: %s", problem)
                return
            if sock is self._sockets.messages:
                self.runtime.post(self._take, self._acknowledged, data, peer, sock)
            elif not broadcast:
                self.runtime.post(self._take, self._command, data, peer, sock)
            elif self._for_us(data, ancillary):
                self.runtime.post(self._take_all, data, peer, sock)

    def _take_all(self, data: bytes, peer: Peer, sock: socket.socket) -> None:
        for link in tuple(self._together):
            link._take(link._command, data, peer, sock)

    def _take(
        self, take: Callable[[bytes, Peer], object], data: bytes, peer: Peer, sock: socket.socket
    ) -> None:
        """Take a datagram of one of the sockets; without power or cable it is lost."""
        if self._reachable:
            if self._capture:
                self._capture.datagram(peer, sock.getsockname(), data)
            take(data, peer)

    def _for_us(self, data: bytes, ancillary: list[tuple[int, int, bytes]]) -> bool:
        """Tell whether a broadcast came by our own interface and is a command that may be broadcast."""
        header = gvcp.header_of(data)
        if header is None or header.command not in BROADCASTABLE:
            return False
        for level, kind, content in ancillary:
            if level == socket.IPPROTO_IP and kind == sockets.IP_PKTINFO:
                return struct.unpack_from("i", content)[0] == self.interface.index
        return False

    def _command(self, data: bytes, peer: Peer) -> None:
        self._carry_out(received(self.twin.camera, self.gev, data, peer, self.runtime.host_now()))

    def _acknowledged(self, data: bytes, peer: Peer) -> None:
        self._carry_out(self.gev.acknowledged(data, peer))

    @property
    def _reachable(self) -> bool:
        return self.twin.camera.reachable and not self.deaf

    def _revoke(self) -> None:
        self._carry_out(self.gev.revoke())

    def _power_changed(self, powered: bool) -> None:
        self._carry_out(self.gev.power_changed(powered))

    def _send(self, sock: socket.socket, data: bytes, peer: Peer) -> None:
        if not self._reachable or not self.interface.address:
            return  # no route, or no address to answer from
        try:
            sock.sendto(data, peer)
            if self._capture:
                self._capture.datagram(sock.getsockname(), peer, data)
        except OSError as problem:  # a client that has gone, or a firewall
            log.debug("to %s:%d: %s", *peer, problem)

    def _plan_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        due = self.gev.next_timer()
        if due is not None and self._loop:
            self._timer = self._loop.call_later((due - self.runtime.host_now()) / SEC, self._tick)

    def _tick(self) -> None:
        self.runtime.post(lambda: self._carry_out(self.gev.tick(self.runtime.host_now())))

    def _on_sent(self) -> None:
        """Wake a free runtime that waits for room; runs on the sender's thread."""
        if self._loop and isinstance(self.runtime, FreeRuntime):
            with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
                self._loop.call_soon_threadsafe(self.runtime.wake)

    def _on_problem(self, problem: BaseException) -> None:
        """End the run with the exception of the sender's thread, or of the capture's."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.runtime.fail, problem)


def mac_of(interface: Interface, serial: str) -> bytes:
    """Return the hardware address of an interface of the twin's own, else one derived from its serial number.

    Hosts tell cameras apart by it, so the address of a shared interface will not do.
    """
    return interface.mac if interface.own else ethernet.mac_from_serial(serial)


def gap_bytes(twin: StreamedTwin) -> int:
    """Return the bytes around each packet on the twin's wire."""
    timing = twin.camera.transmitter.timing
    return ethernet.AROUND_BYTES + (timing.wire.gap_bytes if isinstance(timing, GigETiming) else 0)


def _text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode(errors="replace")
