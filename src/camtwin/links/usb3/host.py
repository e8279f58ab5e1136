"""A USB host in process: it speaks USB3 Vision's bytes with a twin, without sockets, in virtual time.

    usb = cam.usb()
    usb.setup(bytes.fromhex("8006 0001 0000 1200"))     # GET_DESCRIPTOR of the device; None is a STALL
    usb.send(command)                                   # GenCP on the control endpoint: its acknowledge
    usb.transfers                                       # what came on the stream endpoint since

It is the same device side as behind USB/IP (wire/u3v/device.py, wire/u3v/usb.py). A picture arrives in one
piece, when its last bit would have; of a session that renders none it is zeros.
"""

from __future__ import annotations

import zlib

from camtwin.camera import Camera, Transfer
from camtwin.camera.device import XML_ADDRESS
from camtwin.camera.transport import U3vTiming
from camtwin.links.base.camera_port import CameraPort
from camtwin.links.base.frames import image_of
from camtwin.twins import Twin
from camtwin.units import Ns
from camtwin.wire.u3v import gencp, usb
from camtwin.wire.u3v import stream as u3v
from camtwin.wire.u3v.device import Description, Identity, StreamPort, U3vDevice, UsbPort

TEXTS = (0x04, 0x44, 0xC4, 0x104, 0x144, 0x184)
"""ABRM's texts, which are the descriptors', too: vendor, model, version, information, serial, user's name."""


def speed_of(twin: Twin) -> usb.Speed:
    """Of the port that the twin is plugged into."""
    timing = twin.camera.transmitter.timing
    return usb.Speed.HIGH if isinstance(timing, U3vTiming) and timing.high_speed else usb.Speed.SUPER


def identity_of(twin: Twin, port: CameraPort) -> usb.Identity:
    """What the descriptors say, which is what the camera's registers say now. The twin must have USB."""
    about = twin.sheet.usb3
    assert about is not None
    vendor, model, version, info, serial, user_name = (
        port.read(address, 64).partition(b"\0")[0].decode(errors="replace") for address in TEXTS
    )
    return usb.Identity(
        vendor_id=about.vendor_id,
        product_id=about.product_id,
        guid=f"{about.vendor_id:04X}{zlib.crc32(serial.encode()):08X}",
        vendor=vendor,
        model=model,
        family=about.family,
        version=version,
        info=info,
        serial=serial,
        user_name=user_name,
    )


def control_of(twin: Twin, port: CameraPort, stream: StreamPort, endpoints: UsbPort) -> U3vDevice:
    """The control interface of a twin that has USB."""
    assert twin.sheet.usb3 is not None
    description = Description(XML_ADDRESS, twin.camera.xml_file)
    who = Identity(twin.sheet.usb3.family, speed_of(twin).u3v, twin.sheet.clock.tick_ns, description)
    return U3vDevice(who, port, stream, endpoints)


def trailer_bytes(camera: Camera) -> int:
    """What follows a frame, as the camera is set."""
    return u3v.CHUNK_TRAILER_BYTES if camera.settings.ChunkModeActive else u3v.TRAILER.size


class UsbHost:
    """The host; it is what wire.u3v_device wants of a stream and of endpoints. Made by Session.usb.

    transfers  what came on the stream endpoint, leaders, payloads and trailers, as bytes
    messages   what came on the event endpoint
    late       acknowledges that came after a PENDING_ACK
    """

    def __init__(self, twin: Twin, *, render: bool) -> None:
        self._twin, self._render = twin, render
        self.transfers: list[bytes] = []
        self.messages: list[bytes] = []
        self.late: list[bytes] = []
        self._sizes: u3v.Transfers | None = None
        self._block_id = 0
        port = CameraPort(twin.camera, gencp.Status)
        self._control = control_of(twin, port, self, self)
        self._device = usb.UsbDevice(
            usb.Descriptors(identity_of(twin, port), speed_of(twin)),
            on_halt=lambda endpoint: None,
            on_clear=lambda endpoint: None,
            on_reset=self._control.reset,
        )
        twin.camera.transmitter.on_delivery.subscribe(self._deliver)

    def setup(self, request: bytes) -> bytes | None:
        """A control transfer, by its eight bytes; what the device answers, None for a STALL."""
        return self._device.control(usb.Setup.unpack(request))

    def send(self, command: bytes) -> bytes | None:
        """A GenCP command, and its acknowledge; None where the device is silent."""
        return self._control.receive(command)

    # -- wire.u3v_device: StreamPort and UsbPort -------------------------------------------------
    @property
    def payload_bytes(self) -> int:
        return self._twin.camera.tree.get(self._twin.camera, "PayloadSize")

    @property
    def trailer_bytes(self) -> int:
        return trailer_bytes(self._twin.camera)

    def open(self, transfers: u3v.Transfers, /) -> None:
        self._sizes, self._block_id = transfers, 0

    def close(self) -> None:
        self._sizes = None

    def end_acquisition(self) -> None:
        self._twin.camera.abort()

    @property
    def stream_halted(self) -> bool:
        return usb.STREAM_IN in self._device.halted

    @property
    def events_halted(self) -> bool:
        return usb.EVENT_IN in self._device.halted

    def send_event(self, message: bytes, /) -> None:
        self.messages.append(message)

    def acknowledge_in(self, ns: Ns, ack: bytes, /) -> None:
        self._twin.clock.at(self._twin.clock.now + ns, self.late.append, ack)

    def _deliver(self, transfer: Transfer) -> None:
        if self._sizes and not self.stream_halted:
            exposure = transfer.exposure
            payload = self._twin.render(exposure).tobytes() if self._render else bytes(exposure.payload_bytes)
            image, sizes = image_of(exposure), self._sizes
            parts = u3v.block(image, self._block_id, memoryview(payload), len(payload), sizes)
            self.transfers += [bytes(part) for _, part in parts]
            self._block_id += 1
