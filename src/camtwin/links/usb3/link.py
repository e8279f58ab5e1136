"""A twin on USB: a USB3 Vision camera that hosts attach over USB/IP.

    usbip attach -r 127.0.0.1 -b 1-1        a Linux kernel makes it a USB device like any other
    camtwin exec -- arv-tool-0.8            no kernel module, no root: links/native

Requests are carried out on the event loop's thread, through the runtime; frames leave on the connection's
own thread.

    async with Usb3Link(twin, runtime) as link:
        await runtime.run()
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from camtwin.camera import Transfer
from camtwin.camera.reports.events import Event
from camtwin.links.base.frames import MAX_UNFINISHED, PayloadStream, image_of
from camtwin.links.base.link import LinkProblem, LinkStatus
from camtwin.links.base.messages import event_data
from camtwin.links.base.runtime import FreeRuntime, WallRuntime
from camtwin.links.usb3.pipes import ESHUTDOWN, InPipe, Job, Stats, Writer
from camtwin.links.usb3.port import bus_of, control_of, identity_of, received, speed_of
from camtwin.links.usb3.server import HUB, Connection, UsbipServer
from camtwin.twins import Twin
from camtwin.units import SEC, Ns
from camtwin.wire.effects import CloseStream, EndSession
from camtwin.wire.u3v import stream as u3v
from camtwin.wire.u3v import usb, usbip
from camtwin.wire.u3v.device import Acknowledge, Effect, OpenStream, SendEvent

BUS: Final = 1
ADVICE: Final = """As a USB device of this computer, which needs root and the module vhci-hcd:
  usbip --tcp-port {port} attach -r {bind} -b {bus_id}
For one program, without either:
  camtwin exec --port {bind}:{port} -- arv-tool-0.8"""


class U3vStream(PayloadStream):
    """The stream interface of one twin."""

    def __init__(self, twin: Twin, runtime: WallRuntime) -> None:
        super().__init__(twin, runtime)
        self.writer: Writer | None = None
        self._transfers: u3v.Transfers | None = None

    # -- the stream interface ----------------------------------------------------------------------
    def open(self, transfers: u3v.Transfers) -> None:
        self._transfers = transfers

    def close(self) -> None:
        self._transfers = None
        self.cut()
        self._forget()

    # -- FrameStream -----------------------------------------------------------------------------
    def wanted(self) -> bool:
        return self._transfers is not None and self.writer is not None

    def deliver(self, transfer: Transfer, payload: Future[NDArray[np.uint8]]) -> None:
        assert self._transfers is not None, "the stream is open"
        assert self.writer is not None, "the stream is open"
        job = Job(
            image=image_of(transfer.exposure),
            block_id=transfer.number,
            payload_bytes=transfer.exposure.payload_bytes,
            payload=payload,
            transfers=self._transfers,
            travels_ns=self._travels_ns(transfer),
            faults=self.twin.camera.faults.of_block(transfer.number),
        )
        self.writer.send(job)
        if self.writer.stalled:
            self.twin.camera.host_fetches(False)

    def _travels_ns(self, transfer: Transfer) -> tuple[Ns, Ns] | None:
        """Return the host times of the transfer's first and last byte.

        None to send as fast as the host asks.
        """
        if isinstance(self.runtime, FreeRuntime):
            return None
        return self.runtime.host_ns(transfer.start_ns), self.runtime.host_ns(transfer.end_ns)

    def cut(self) -> None:
        if self.writer:
            self.writer.cut()

    def room(self) -> bool:
        return self.writer is None or self.writer.unfinished < MAX_UNFINISHED


class Usb3Camera:
    """One twin as a USB device: its endpoints and their requests.

    number   its port on the bus, from 1
    address  its address there: another one after each boot
    """

    def __init__(self, twin: Twin, runtime: WallRuntime, number: int = 1) -> None:
        self.twin, self.runtime, self.number = twin, runtime, number
        self.address = number + HUB
        self._new_address: Callable[[], int] = lambda: self.address
        self.hosts: set[Connection] = set()
        self.about = bus_of(twin)
        self.speed = speed_of(twin)
        self.stats = Stats()
        self.connection: Connection | None = None
        self.stream = U3vStream(twin, runtime)
        self.control = control_of(twin, self, runtime.pace)
        self.usb: usb.UsbDevice  # while a host is attached
        self._pipes: dict[int, InPipe] = {}
        camera = twin.camera
        self._leaving = [
            camera.on_power.subscribe(self._power_changed),
            camera.events.subscribe(self._tell).leave,
            camera.on_moment.subscribe(self._hear),
            camera.on_power_up.subscribe(self._start_anew),
        ]

    def close(self) -> None:
        """Switch the device off. May be called twice."""
        for leave in self._leaving:
            leave()
        self.twin.camera.abort()
        self.stream.dispose()

    # -- links.usb3.server.Device ----------------------------------------------------------------
    @property
    def powered(self) -> bool:
        return self.twin.camera.powered

    @property
    def controlled_elsewhere(self) -> bool:
        return self.twin.camera.controller not in (None, self)

    def exported(self) -> usbip.Exported:
        return usbip.Exported(
            bus_id=f"{BUS}-{self.number}",
            bus=BUS,
            number=self.address,
            speed=self.speed,
            vendor_id=self.about.vendor_id,
            product_id=self.about.product_id,
            bcd_device=0x0100,
            device_class=usb.DEVICE_CLASS,
            interfaces=tuple((*usb.U3V_CLASS, protocol) for protocol, _ in usb.INTERFACES),
        )

    def plugged(self, new_address: Callable[[], int]) -> None:
        """Take an address on the bus."""
        self._new_address = new_address
        self.address = new_address()

    def look(self, setup: usb.Setup) -> bytes | None:
        """Answer a host that has not attached the device, as a kernel does: from its descriptors."""
        device = self._enumerated()
        device.configured = 1
        return device.control(setup)

    def attach(self, connection: Connection, writer: Writer) -> None:
        """Attach the device to a host."""
        self.twin.camera.take_control(self)
        self.connection, self.stream.writer = connection, writer
        self._pipes = {
            e: InPipe(self.speed.packet_bytes, writer.reply) for e in (usb.CONTROL_IN, usb.EVENT_IN)
        }
        self.usb = self._enumerated()

    def detach(self) -> None:
        """Detach the device: reset its control, as after a bus reset. The camera keeps its settings."""
        self.connection = None
        self.twin.camera.leave_control(self)
        self.runtime.post(self._reset_control)
        self.stream.writer = None
        self._pipes = {}
        self.host_changed()

    def host_changed(self) -> None:
        """Stall the camera's link while its host fetches nothing of a frame that is due."""
        writer = self.stream.writer
        self.runtime.post(self.twin.camera.host_fetches, not (writer and writer.stalled))

    def stall(self) -> None:
        """Halt the stream's endpoint, as a fault of the device does; the host may clear that."""
        if self.connection:
            self.usb.halt(usb.STREAM_IN)

    def _hear(self, _t_ns: Ns, name: str, _frame_id: int | None) -> None:
        stalled = "host" in self.twin.camera.transmitter.stalled
        self.stats.skipped += stalled and name == "FrameTransferSkipped"

    def sent(self) -> None:
        """Wake the runtime: a frame has left, so there is room for another."""
        self.runtime.wake()

    def failed(self, problem: BaseException) -> None:
        self.runtime.fail(problem)

    def receive(self, message: usbip.Submit | usbip.Unlink) -> None:
        """Carry out a request, or cancel one.

        Raises:
            ProtocolError: the host asks too much
        """
        writer = self._writer()
        if isinstance(message, usbip.Unlink):
            pending = writer.unlink(message.target) or any(
                pipe.unlink(message.target) for pipe in self._pipes.values()
            )
            writer.reply(usbip.unlink_reply(message.sequence, pending))
        elif message.endpoint & ~usb.IN == 0:
            self.runtime.post(self._request, message)
        elif message.endpoint not in usb.ENDPOINTS or message.endpoint in self.usb.halted:
            writer.reply(usbip.submit_reply(message.sequence, 0, usbip.EPIPE))
        elif message.endpoint == usb.CONTROL_OUT:
            self.runtime.post(self._command, message)
        elif message.endpoint == usb.STREAM_IN:
            writer.request(message.sequence, message.length)
        else:
            self._pipes[message.endpoint].request(message.sequence, message.length)

    # -- wire.u3v.device.Endpoints -----------------------------------------------------------------
    @property
    def stream_halted(self) -> bool:
        return usb.STREAM_IN in self.usb.halted

    @property
    def events_halted(self) -> bool:
        return usb.EVENT_IN in self.usb.halted

    # -- effects of the device side ---------------------------------------------------------------------
    def _carry_out(self, effects: Iterable[Effect]) -> None:
        """Carry out the device side's effects in order, for the host that is attached."""
        for effect in effects:
            match effect:
                case Acknowledge(ack, 0) if usb.CONTROL_IN not in self.usb.halted:
                    self._pipes[usb.CONTROL_IN].send(ack)
                case Acknowledge(ack, after_ns) if after_ns and self.connection:
                    self.connection.later(after_ns / SEC, partial(self._pipes[usb.CONTROL_IN].send, ack))
                case SendEvent(message) if self.connection and not self.events_halted:
                    self._pipes[usb.EVENT_IN].send(message)
                case OpenStream(transfers):
                    self.twin.camera.change_stream()
                    self.stream.open(transfers)
                case CloseStream():
                    self.stream.close()
                    self.twin.camera.change_stream()
                case EndSession():
                    self.twin.camera.end_session()
                case _:  # no host is attached, or the endpoint is halted
                    pass

    def _reset_control(self) -> None:
        self._carry_out(self.control.reset())

    def _tell(self, event: Event) -> bool:
        """Send an event of the camera."""
        self._carry_out(self.control.event(event.number, event.timestamp_ns, event_data(event)))
        return False

    def _start_anew(self) -> None:
        """Leave the bus when the camera boots, and arrive with another address."""
        self.address = self._new_address()
        for host in tuple(self.hosts):
            host.close_soon("the camera was reset")

    def _writer(self) -> Writer:
        assert self.stream.writer is not None, "a host has it"
        return self.stream.writer

    # -- requests --------------------------------------------------------------------------------
    def _request(self, message: usbip.Submit) -> None:
        """Answer a request on endpoint 0."""
        setup = usb.Setup.unpack(message.setup)
        incoming = bool(message.endpoint & usb.IN)
        same_way = incoming == bool(setup.request_type & usb.IN) or not setup.length
        answer = self.usb.control(setup) if same_way else None
        if answer is None:
            reply = usbip.submit_reply(message.sequence, 0, usbip.EPIPE)
        elif incoming:
            answer = answer[: message.length]
            reply = usbip.submit_reply(message.sequence, len(answer)) + answer
        else:
            reply = usbip.submit_reply(message.sequence, message.length)
        self._writer().reply(reply)
        if setup.unconfigures and self.connection:
            self.connection.released()

    def _command(self, message: usbip.Submit) -> None:
        """Carry out a GenCP command that arrived."""
        host = self.connection.peer if self.connection else ""
        effects = received(self.twin.camera, self.control, message.data, host)
        self._writer().reply(usbip.submit_reply(message.sequence, message.length))
        self._carry_out(effects)

    def _power_changed(self, powered: bool) -> None:
        for host in () if powered else tuple(self.hosts):
            host.close("without power")

    def _fail(self, endpoint: int, errno: int) -> None:
        """Fail all pending requests of an endpoint."""
        if endpoint == usb.STREAM_IN and self.stream.writer:
            self.stream.writer.cut()
            self.stream.writer.fail(errno)
        elif endpoint in self._pipes:
            self._pipes[endpoint].fail(errno)

    def _reset(self) -> None:
        for endpoint in usb.ENDPOINTS:
            self._fail(endpoint, ESHUTDOWN)
        self._reset_control()

    def _enumerated(self) -> usb.UsbDevice:
        """Make a USB device from the camera's present registers: the user may have renamed the camera."""
        return usb.UsbDevice(
            usb.Descriptors(identity_of(self.twin), self.speed),
            on_halt=lambda endpoint: self._fail(endpoint, usbip.EPIPE),
            on_clear=lambda endpoint: self._fail(endpoint, usbip.EPIPE),
            on_reset=self._reset,
        )


class Usb3Link:
    """A twin on a USB/IP server; an asynchronous context manager.

    Args:
        server: an open server to share; None: one of its own

    Raises:
        LinkProblem: in one line, if the port cannot be used or the model has no USB
    """

    def __init__(
        self,
        twin: Twin,
        runtime: WallRuntime,
        port: int = usbip.PORT,
        bind: str = "127.0.0.1",
        *,
        server: UsbipServer | None = None,
    ) -> None:
        self.twin, self.runtime = twin, runtime
        self.camera = Usb3Camera(twin, runtime, 1 + len(server.devices) if server else 1)
        self.stream = self.camera.stream
        try:
            self.server = server or UsbipServer(port, bind)
        except LinkProblem:
            self.camera.close()
            raise
        self._own = server is None

    @property
    def bus_id(self) -> str:
        """The name by which hosts attach it."""
        return self.camera.exported().bus_id

    network = None

    @property
    def where(self) -> str:
        """Its USB/IP server and its bus id there."""
        return f"{self.server.bind}:{self.server.port} (USB/IP), bus id {self.bus_id}"

    @property
    def advice(self) -> str:
        """Commands that attach it to a kernel, or to one program."""
        return ADVICE.format(bind=self.server.bind, port=self.server.port, bus_id=self.bus_id)

    async def reachable(self) -> None:
        """Return at once: hosts find it as soon as the server listens."""

    async def __aenter__(self) -> Self:
        self.server.plug(self.camera)
        if self._own:
            await self.server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Unplug and switch off. May be called twice."""
        if self.camera in self.server.devices:
            self.server.unplug(self.camera)
        if self._own:
            self.server.close()
        self.camera.close()

    def status(self) -> LinkStatus:
        stats, host = self.camera.stats, self.camera.connection
        return LinkStatus(
            model=self.twin.sheet.model,
            client=host.peer if host else None,
            frames=stats.frames,
            bytes=stats.bytes,
            resent_packets=0,
            late_frames=stats.late,
            worst_late_ms=stats.worst_late_ns / 1e6,
            dropped_frames=stats.dropped,
            skipped_frames=stats.skipped,
            cut_frames=stats.cut,
            packets=0,
            faults={},
        )
