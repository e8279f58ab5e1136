"""The USB device under USB3 Vision: descriptors, standard requests, halted endpoints.

`UsbDevice.control(setup)` answers a request on endpoint 0: bytes, or None for a STALL. A host may halt an
endpoint (SET_FEATURE) and expects STALLs from it until it clears the halt; pending requests are stalled, too.
USB is little-endian.

Sources: USB 3.2, chapter 9 "USB device framework"; USB3 Vision 1.1, "Device info descriptor". The kernel,
lsusb and Aravis accept these descriptors without a complaint.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

CONTROL_OUT, CONTROL_IN, EVENT_IN, STREAM_IN = 0x01, 0x81, 0x82, 0x83
ENDPOINTS: Final = (CONTROL_OUT, CONTROL_IN, EVENT_IN, STREAM_IN)
IN: Final = 0x80
U3V_CLASS: Final = (0xEF, 0x05)  # miscellaneous, USB3 Vision; the protocol tells the interface
INTERFACES: Final = ((0x00, (CONTROL_IN, CONTROL_OUT)), (0x01, (EVENT_IN,)), (0x02, (STREAM_IN,)))
"""(protocol, endpoints): control, events, stream."""
DEVICE_CLASS: Final = (0xEF, 0x02, 0x01)  # uses interface associations
ENGLISH: Final = 0x0409
BURST: Final = 15  # further packets in a burst of the stream


class Speed(IntEnum):
    """Bus speeds by USB/IP's numbers, which are the kernel's; `u3v` is USB3 Vision's bit."""

    HIGH = 3
    SUPER = 5

    @property
    def u3v(self) -> int:
        return 8 if self is Speed.SUPER else 4

    @property
    def packet_bytes(self) -> int:
        """Packet size of a bulk endpoint."""
        return 1024 if self is Speed.SUPER else 512


class Type(IntEnum):
    """Descriptor types."""

    DEVICE = 1
    CONFIGURATION = 2
    STRING = 3
    INTERFACE = 4
    ENDPOINT = 5
    DEVICE_QUALIFIER = 6
    INTERFACE_ASSOCIATION = 11
    BOS = 15
    CAPABILITY = 16
    U3V_INTERFACE = 0x24
    COMPANION = 0x30


class Request(IntEnum):
    """Standard requests."""

    GET_STATUS = 0
    CLEAR_FEATURE = 1
    SET_FEATURE = 3
    GET_DESCRIPTOR = 6
    GET_CONFIGURATION = 8
    SET_CONFIGURATION = 9
    GET_INTERFACE = 10
    SET_INTERFACE = 11
    SET_SEL = 0x30
    SET_ISOCH_DELAY = 0x31


PORT_RESET: Final = 4  # feature of a hub's port (0x23), by which USB/IP hosts reset a device
ENDPOINT_HALT: Final = 0


@dataclass(frozen=True, slots=True)
class Setup:
    """The eight bytes that begin a control transfer."""

    request_type: int
    request: int
    value: int
    index: int
    length: int

    @classmethod
    def unpack(cls, data: bytes) -> Setup:
        return cls(*struct.unpack("<BBHHH", data))

    @property
    def reads(self) -> bool:
        """Whether it is a standard request that only reads."""
        return self.request_type & 0xE0 == IN

    @property
    def unconfigures(self) -> bool:
        """Whether it takes the device's configuration away."""
        return (self.request_type, self.request, self.value) == (0, Request.SET_CONFIGURATION, 0)


@dataclass(frozen=True, slots=True)
class UsbIdentity:
    """Contents of the descriptors. guid: 12 characters, 4 of the vendor's id and 8 of the device's own."""

    vendor_id: int
    product_id: int
    guid: str
    vendor: str
    model: str
    family: str
    version: str
    info: str
    serial: str
    user_name: str
    bcd_device: int = 0x0100


def descriptor(kind: int, *parts: bytes) -> bytes:
    """Build one descriptor: its length, its type, its content."""
    body = b"".join(parts)
    return bytes((len(body) + 2, kind)) + body


def text(value: str) -> bytes:
    """Build a string descriptor of at most 126 characters."""
    return descriptor(Type.STRING, value[:126].encode("utf-16-le"))


class Descriptors:
    """All descriptors of a device at one speed."""

    def __init__(self, identity: UsbIdentity, speed: Speed) -> None:
        self.speed = speed
        i, fast = identity, speed is Speed.SUPER
        # the order of USB3 Vision's own descriptor, which refers to them as 1, 2, ...
        self.strings = (i.guid, i.vendor, i.model, i.family, i.version, i.info, i.serial, i.user_name)
        self.device = descriptor(
            Type.DEVICE,
            struct.pack("<H", 0x0300 if fast else 0x0210),
            bytes((*DEVICE_CLASS, 9 if fast else 64)),
            struct.pack("<HHH", i.vendor_id, i.product_id, i.bcd_device),
            bytes((2, 3, 7, 1)),  # manufacturer, product, serial number; configurations
        )
        self.qualifier = descriptor(
            Type.DEVICE_QUALIFIER, struct.pack("<H", 0x0210), bytes((*DEVICE_CLASS, 64, 1, 0))
        )
        self.configuration = self._configuration()
        capabilities = (
            descriptor(Type.CAPABILITY, b"\2", struct.pack("<I", 2)),  # USB 2.0 extension: LPM
            descriptor(Type.CAPABILITY, b"\3", struct.pack("<BHBBH", 0, 0x000C, 2, 0, 0)),
        )  # SuperSpeed: supports High and Super, fully functional from High on, no U1/U2 exit latency
        all_of_it = b"".join(capabilities)
        self.bos = descriptor(Type.BOS, struct.pack("<HB", 5 + len(all_of_it), 2)) + all_of_it

    def _configuration(self) -> bytes:
        body = descriptor(Type.INTERFACE_ASSOCIATION, bytes((0, len(INTERFACES), *U3V_CLASS, 0, 0)))
        for number, (protocol, endpoints) in enumerate(INTERFACES):
            body += descriptor(Type.INTERFACE, bytes((number, 0, len(endpoints), *U3V_CLASS, protocol, 0)))
            if number == 0:  # before its endpoints, where hosts look for it
                body += self._device_info()
            body += b"".join(map(self._endpoint, endpoints))
        # all that a port supplies: 900 mA in units of 8, 500 mA in units of 2
        power = 112 if self.speed is Speed.SUPER else 250
        head = struct.pack("<HBBBBB", 9 + len(body), len(INTERFACES), 1, 0, 0x80, power)
        return descriptor(Type.CONFIGURATION, head) + body

    def _device_info(self) -> bytes:
        """Build USB3 Vision's own descriptor: versions, string indexes, speeds."""
        versions = struct.pack("<HHHH", 2, 1, 1, 1)  # GenCP 1.2, USB3 Vision 1.1: minor, major
        strings = bytes(range(1, len(self.strings) + 1))
        return descriptor(Type.U3V_INTERFACE, b"\1", versions, strings, bytes((0x0C,)))  # High, Super

    def _endpoint(self, address: int) -> bytes:
        bulk = descriptor(Type.ENDPOINT, struct.pack("<BBHB", address, 2, self.speed.packet_bytes, 0))
        if self.speed is not Speed.SUPER:
            return bulk
        burst = BURST if address == STREAM_IN else 0
        return bulk + descriptor(Type.COMPANION, bytes((burst, 0, 0, 0)))

    def find(self, kind: int, index: int) -> bytes | None:
        """Return the descriptor that a host asks for; None if there is none."""
        match kind, index:
            case Type.DEVICE, 0:
                return self.device
            case Type.CONFIGURATION, 0:
                return self.configuration
            case Type.BOS, 0:
                return self.bos
            case Type.DEVICE_QUALIFIER, 0 if self.speed is Speed.HIGH:
                return self.qualifier
            case Type.STRING, 0:
                return descriptor(Type.STRING, struct.pack("<H", ENGLISH))
            case Type.STRING, _ if index <= len(self.strings):
                return text(self.strings[index - 1])
            case _:
                return None


class UsbDevice:
    """Endpoint 0 of one device, and the halt state of its endpoints.

    on_halt, on_clear  called with the endpoint's address
    on_reset           called after a bus reset or a new configuration
    """

    def __init__(
        self,
        descriptors: Descriptors,
        on_halt: Callable[[int], object],
        on_clear: Callable[[int], object],
        on_reset: Callable[[], object],
    ) -> None:
        self.descriptors = descriptors
        self._on_halt, self._on_clear, self._on_reset = on_halt, on_clear, on_reset
        self.halted: set[int] = set()
        self.configured = 0

    def reset(self) -> None:
        """Return to the power-on state: nothing is halted, no configuration is chosen."""
        self.halted.clear()
        self.configured = 0
        self._on_reset()

    def halt(self, endpoint: int) -> None:
        """Halt an endpoint: it answers everything with STALL until the host clears the halt."""
        if endpoint not in self.halted:
            self.halted.add(endpoint)
            self._on_halt(endpoint)

    def control(self, setup: Setup) -> bytes | None:
        """Answer a request: bytes for the host (empty for an OUT request), or None for a STALL."""
        answer = self._control(setup)
        return answer if answer is None else answer[: setup.length]

    def _control(self, s: Setup) -> bytes | None:
        match s.request_type, s.request:
            case (0x80, Request.GET_DESCRIPTOR):
                return self.descriptors.find(s.value >> 8, s.value & 0xFF)
            case (0x80, Request.GET_STATUS) if s.index == 0:
                return bytes(2)  # powered by the bus, no remote wake-up
            case (0x81, Request.GET_STATUS) if s.index < len(INTERFACES):
                return bytes(2)
            case (0x82, Request.GET_STATUS) if s.index in (0x00, 0x80, *ENDPOINTS):
                return bytes((s.index in self.halted, 0))
            case (0x80, Request.GET_CONFIGURATION):
                return bytes((self.configured,))
            case (0x00, Request.SET_CONFIGURATION) if s.value <= 1:
                self.halted.clear()
                self.configured = s.value
                self._on_reset()
                return b""
            case (0x81, Request.GET_INTERFACE) if s.index < len(INTERFACES):
                return bytes(1)
            case (0x01, Request.SET_INTERFACE) if s.index < len(INTERFACES) and s.value == 0:
                return b""
            case (0x00, Request.SET_SEL | Request.SET_ISOCH_DELAY) if self.descriptors.speed is Speed.SUPER:
                return b""
            case (0x02, Request.SET_FEATURE) if s.value == ENDPOINT_HALT and s.index in ENDPOINTS:
                self.halt(s.index)
                return b""
            case (0x02, Request.CLEAR_FEATURE) if s.value == ENDPOINT_HALT and s.index in ENDPOINTS:
                self.halted.discard(s.index)
                self._on_clear(s.index)
                return b""
            case (0x23, Request.SET_FEATURE) if s.value == PORT_RESET:
                self.reset()
                return b""
            case _:
                return None
