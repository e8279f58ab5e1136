"""A USB host in process: it exchanges USB3 Vision's bytes with a twin, without sockets, in virtual time.

    usb = cam.usb()
    usb.setup(bytes.fromhex("8006 0001 0000 1200"))     # GET_DESCRIPTOR of the device; None is a STALL
    usb.send(command)                                   # GenCP on the control endpoint: its acknowledge
    usb.transfers                                       # bulk transfers of the stream endpoint since

The device side is the same as behind USB/IP (wire/u3v/device.py, wire/u3v/usb.py). An image arrives in one
piece, at the time of its last bit; in a session that renders none it is zeros.
"""

from __future__ import annotations

from collections.abc import Iterable

from camtwin.camera import Transfer
from camtwin.camera.faults import TRAILER
from camtwin.camera.reports.events import Event
from camtwin.links.base.frames import image_of
from camtwin.links.base.messages import event_data
from camtwin.links.usb3.port import control_of, identity_of, received, speed_of
from camtwin.twins import Twin
from camtwin.wire.effects import CloseStream, EndSession
from camtwin.wire.u3v import stream as u3v
from camtwin.wire.u3v import usb
from camtwin.wire.u3v.device import Acknowledge, Effect, OpenStream, SendEvent


class UsbHost:
    """A host that carries out the device side's effects and provides its endpoints. Made by Session.usb.

    transfers  bulk transfers of the stream endpoint: leaders, payloads and trailers, as bytes
    messages   messages of the event endpoint
    late       acknowledges that came after a PENDING_ACK
    """

    def __init__(self, twin: Twin, *, render: bool) -> None:
        self._twin, self._render = twin, render
        self.transfers: list[bytes] = []
        self.messages: list[bytes] = []
        self.late: list[bytes] = []
        self._sizes: u3v.Transfers | None = None
        self._control = control_of(twin, self)
        self._device = usb.UsbDevice(
            usb.Descriptors(identity_of(twin), speed_of(twin)),
            on_halt=lambda endpoint: None,
            on_clear=lambda endpoint: None,
            on_reset=lambda: self._carry_out(self._control.reset()),
        )
        twin.camera.events.subscribe(self._tell)
        twin.camera.transmitter.on_delivery.subscribe(self._deliver)
        twin.camera.on_power_up.subscribe(self._device.reset)

    def setup(self, request: bytes) -> bytes | None:
        """Send a control transfer by its eight bytes; return the device's answer, None for a STALL."""
        return self._device.control(usb.Setup.unpack(request))

    def send(self, command: bytes) -> bytes | None:
        """Send a GenCP command; return its acknowledge, None if the device does not answer."""
        answers: list[bytes] = []
        self._carry_out(received(self._twin.camera, self._control, command, "usb"), answers)
        return answers[-1] if answers else None

    def _carry_out(self, effects: Iterable[Effect], answers: list[bytes] | None = None) -> None:
        """Carry out effects in order; append acknowledges of the command under way to `answers`."""
        for effect in effects:
            match effect:
                case Acknowledge(ack, 0) if answers is not None:
                    answers.append(ack)
                case Acknowledge(ack, after_ns):
                    self._twin.clock.at(self._twin.clock.now + after_ns, self.late.append, ack)
                case SendEvent(message):
                    self.messages.append(message)
                case OpenStream(transfers):
                    self._sizes = transfers
                    self._twin.camera.change_stream()
                case CloseStream():
                    self._sizes = None
                    self._twin.camera.change_stream()
                case EndSession():
                    self._twin.camera.end_session()

    # -- wire.u3v.device.Endpoints -----------------------------------------------------------------
    @property
    def stream_halted(self) -> bool:
        return usb.STREAM_IN in self._device.halted

    @property
    def events_halted(self) -> bool:
        return usb.EVENT_IN in self._device.halted

    def _tell(self, event: Event) -> bool:
        self._carry_out(self._control.event(event.number, event.timestamp_ns, event_data(event)))
        return False

    def _deliver(self, transfer: Transfer) -> None:
        if self._sizes and not self.stream_halted:
            exposure = transfer.exposure
            payload = self._twin.render(exposure).tobytes() if self._render else bytes(exposure.payload_bytes)
            image, sizes = image_of(exposure), self._sizes
            parts = [*u3v.block(image, transfer.number, memoryview(payload), len(payload), sizes)]
            faults = self._twin.camera.faults.of_block(transfer.number)
            for number, (_, part) in enumerate(parts):
                match faults.get(TRAILER if number == len(parts) - 1 else number):
                    case "stall":
                        self._device.halt(usb.STREAM_IN)
                        return
                    case "short":
                        self.transfers.append(bytes(part[: len(part) // 2]))
                    case "babble":  # the host's controller throws it away
                        pass
                    case _:
                        self.transfers.append(bytes(part))
