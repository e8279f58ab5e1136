"""USB/IP, the server's side: bytes <-> messages, sans-IO.

A connection begins with one operation: either a device list, after which the connection ends, or an import of
one device, after which it carries that device's URBs (USB requests) until one side closes it. USB/IP gives a
device to one host, while a kernel lets many programs open it and one of them claim it; for these there is one
more operation, camtwin's own: `Open`. All big-endian, version 0x0111.

`Parser` takes bytes as they arrive and yields whole messages; ProtocolError means that the other side does
not speak USB/IP, or exceeds a limit: close the connection.

    operation   version16 code16 status32, then: nothing | bus id[32] of an import or open
    URB         command sequence device direction endpoint, five words; then of
                SUBMIT: flags length start packets interval, five words, setup[8], and the bytes of an OUT
                UNLINK: sequence, and 24 bytes of nothing

Source: the Linux kernel's Documentation/usb/usbip_protocol.rst.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

PORT: Final = 3240
VERSION: Final = 0x0111
REQ_DEVLIST, REP_DEVLIST, REQ_IMPORT, REP_IMPORT = 0x8005, 0x0005, 0x8003, 0x0003
REQ_OPEN, REP_OPEN = 0x80CA, 0x00CA  # camtwin's own
CMD_SUBMIT, CMD_UNLINK, RET_SUBMIT, RET_UNLINK = 1, 2, 3, 4
URB_BYTES: Final = 48
MAX_OUT_BYTES: Final = 1 << 16
"""Limit of one OUT request; commands have 1 kB."""
MAX_IN_BYTES: Final = 1 << 28
NO_PACKETS: Final = (0, 0xFFFF_FFFF)
"""Packet counts of a request that is not isochronous: the kernel sends either."""

EBUSY, EPIPE, EOVERFLOW, ECONNRESET = 16, 32, 75, 104  # Linux' numbers, which go over the wire
ST_OK, ST_NA, ST_DEV_BUSY, ST_NODEV = 0, 1, 2, 4


class ProtocolError(ValueError):
    """A violation of USB/IP by the host, in one line."""


@dataclass(frozen=True, slots=True)
class DevList:
    """List the exported devices."""


@dataclass(frozen=True, slots=True)
class Import:
    """Attach the device with this bus id."""

    bus_id: str


@dataclass(frozen=True, slots=True)
class Open:
    """Open the device with this bus id, which another host may have attached.

    The connection reads descriptors and states. Any other request attaches the device if it is free, and
    fails with EBUSY if it is not; SET_CONFIGURATION to 0 detaches it.
    """

    bus_id: str


@dataclass(frozen=True, slots=True)
class Submit:
    """A request for `length` bytes to or from `endpoint`, an address with bit 7 set for IN."""

    sequence: int
    endpoint: int
    length: int
    setup: bytes
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Unlink:
    """Cancel the request `target`."""

    sequence: int
    target: int


Message: TypeAlias = DevList | Import | Open | Submit | Unlink


class Parser:
    """Incremental parser. Set `imported` once an Import or Open is granted: URBs follow then."""

    def __init__(self) -> None:
        self.imported = False
        self._buffer = bytearray()

    def feed(self, data: bytes | memoryview) -> Iterator[Message]:
        """Yield the messages that these bytes complete.

        Raises:
            ProtocolError: the bytes are not USB/IP; the parser cannot go on.
        """
        self._buffer += data
        while (parsed := self._urb() if self.imported else self._operation()) is not None:
            message, size = parsed
            del self._buffer[:size]
            yield message

    def _operation(self) -> tuple[Message, int] | None:
        if len(self._buffer) < 8:
            return None
        version, code, _ = struct.unpack_from(">HHI", self._buffer)
        if version != VERSION:
            raise ProtocolError(f"version {version:#06x} is not {VERSION:#06x}")
        if code == REQ_DEVLIST:
            return DevList(), 8
        if code not in (REQ_IMPORT, REQ_OPEN):
            raise ProtocolError(f"operation {code:#06x} is unknown")
        if len(self._buffer) < 40:
            return None
        bus_id = bytes(self._buffer[8:40]).partition(b"\0")[0].decode("ascii", "replace")
        return Import(bus_id) if code == REQ_IMPORT else Open(bus_id), 40

    def _urb(self) -> tuple[Message, int] | None:
        if len(self._buffer) < URB_BYTES:
            return None
        command, sequence, _, direction, number = struct.unpack_from(">5I", self._buffer)
        if command == CMD_UNLINK:
            return Unlink(sequence, int.from_bytes(self._buffer[20:24], "big")), URB_BYTES
        if command != CMD_SUBMIT:
            raise ProtocolError(f"command {command:#x} is neither SUBMIT nor UNLINK")
        _, length, _, packets, _ = struct.unpack_from(">5I", self._buffer, 20)
        if direction > 1 or number > 15 or packets not in NO_PACKETS:
            raise ProtocolError(f"direction {direction}, endpoint {number}, {packets} packets")
        most = MAX_IN_BYTES if direction else MAX_OUT_BYTES
        if length > most:
            raise ProtocolError(f"a request of {length} bytes, beyond {most}")
        size = URB_BYTES if direction else URB_BYTES + length
        if len(self._buffer) < size:
            return None
        setup, data = bytes(self._buffer[40:48]), bytes(self._buffer[URB_BYTES:size])
        return Submit(sequence, number | direction << 7, length, setup, data), size


@dataclass(frozen=True, slots=True)
class Exported:
    """A device as it is described to hosts."""

    bus_id: str
    bus: int
    number: int
    speed: int
    vendor_id: int
    product_id: int
    bcd_device: int
    device_class: tuple[int, int, int]
    interfaces: tuple[tuple[int, int, int], ...]

    def pack(self) -> bytes:
        """Return the 312 bytes that describe the device."""
        return struct.pack(
            ">256s32sIIIHHH6B",
            f"/sys/devices/camtwin/usb{self.bus}/{self.bus_id}".encode(),
            self.bus_id.encode(),
            self.bus,
            self.number,
            self.speed,
            self.vendor_id,
            self.product_id,
            self.bcd_device,
            *self.device_class,
            1,  # configuration
            1,  # number of configurations
            len(self.interfaces),
        )


def devlist_reply(devices: Sequence[Exported]) -> bytes:
    """Build the device list, each device followed by its interfaces."""
    each = (d.pack() + b"".join(bytes((*i, 0)) for i in d.interfaces) for d in devices)
    return struct.pack(">HHII", VERSION, REP_DEVLIST, ST_OK, len(devices)) + b"".join(each)


def import_reply(device: Exported | None, status: int = ST_OK, code: int = REP_IMPORT) -> bytes:
    """Build the answer to an import or open (`code`): the device, or without one the reason in `status`."""
    head = struct.pack(">HHI", VERSION, code, status)
    return head + device.pack() if device else head


def submit_reply(sequence: int, actual: int, status: int = 0) -> bytes:
    """Build the header of an answer; an IN request's `actual` bytes follow. status: 0 or an errno."""
    return struct.pack(">5IiI3I8x", RET_SUBMIT, sequence, 0, 0, 0, -status, actual, 0, 0, 0)


def unlink_reply(sequence: int, unlinked: bool) -> bytes:
    """Build the answer to an unlink; `unlinked` is False if the request's answer is already under way."""
    return struct.pack(">5Ii24x", RET_UNLINK, sequence, 0, 0, 0, -ECONNRESET if unlinked else 0)
