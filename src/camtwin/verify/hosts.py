"""Hosts that the checks need: of GigE and USB3 Vision, typed from the standards' facts, and of a module."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

import camtwin
from camtwin.problem import Problem
from camtwin.units import SEC
from camtwin.verify.case import Case

if TYPE_CHECKING:
    from camtwin import Module
    from camtwin.camera.module.driver import ModuleFrame
    from camtwin.links.gige.host import GevHost
    from camtwin.links.usb3.host import UsbHost

READREG, WRITEREG, ACTION, RESERVED = 0x80, 0x82, 0x100, 0x7FFE
VERSION, HEARTBEAT_ms, KEY, CCP = 0x000, 0x938, 0x95C, 0xA00
MCP, MCDA, SCP, SCPS, SCDA = 0xB00, 0xB10, 0xD00, 0xD04, 0xD18
CONTROL, SWITCHOVER, FIRE_TEST = 2, 4, 1 << 31
PORT: Final = 4000
DISCOVERY: Final = bytes.fromhex("42 11 0002 0000 ffff")
CURRENT_IP: Final = 8 + 0x24  # in its answer, behind the header

READMEM, WRITEMEM = 0x0800, 0x0802
PREFIX: Final = 0x4356_3355  # "U3VC"
MOST: Final = 512  # bytes that are asked for at once


class Gvcp:
    """Commands of one host on the network."""

    def __init__(self, case: Case, host: GevHost, *, control: bool = False) -> None:
        """Let a host take control and open the message channel, if it is to."""
        self.case, self.host, self.request_id = case, host, 0
        self.address = int(IPv4Address(host.address))
        if control:
            self.write((CCP, CONTROL | SWITCHOVER), (MCDA, self.address), (MCP, PORT))

    def send(self, command: int, body: bytes, length: int | None = None) -> list[bytes]:
        """Send a command; `length`: what the header says of the body, if another than its own."""
        self.request_id += 1
        size = len(body) if length is None else length
        return self.host.send(struct.pack(">BBHHH", 0x42, 1, command, size, self.request_id) + body)

    def ask(self, command: int, body: bytes) -> bytes:
        """Return the body of the acknowledge; a refusal is a failure."""
        answers = self.send(command, body)
        if len(answers) != 1:
            self.case.wrong(f"{len(answers)} answers to command {command:#x}")
        status, ack, length, request_id = struct.unpack_from(">HHHH", answers[0])
        told, wanted = (status, ack, request_id), (0, command + 1, self.request_id)
        if told != wanted or len(answers[0]) != 8 + length:
            self.case.wrong(f"command {command:#x} is answered by {answers[0].hex()}")
        return answers[0][8:]

    def read(self, register: int) -> int:
        return int.from_bytes(self.ask(READREG, struct.pack(">I", register)), "big")

    def write(self, *values: tuple[int, int]) -> None:
        for register, value in values:
            self.ask(WRITEREG, struct.pack(">II", register, value))


class GenCp:
    """Commands and requests of one host on USB."""

    def __init__(self, case: Case, usb: UsbHost) -> None:
        self.case, self.usb, self.request_id = case, usb, 0

    def ask(self, command: int, body: bytes) -> bytes:
        """Return the body of the acknowledge; a refusal is a failure."""
        self.request_id += 1
        head = struct.pack("<IHHHH", PREFIX, 0x4000, command, len(body), self.request_id)
        ack = self.usb.send(head + body)
        if ack is None:
            self.case.wrong(f"no answer to command {command:#x}")
        told = struct.unpack_from("<IHHHH", ack)
        if told != (PREFIX, 0, command + 1, len(ack) - 12, self.request_id):
            self.case.wrong(f"command {command:#x} is answered by {ack[:12].hex()}")
        return ack[12:]

    def read(self, address: int, length: int) -> bytes:
        pieces = ((address + at, min(MOST, length - at)) for at in range(0, length, MOST))
        return b"".join(self.ask(READMEM, struct.pack("<QHH", at, 0, size)) for at, size in pieces)

    def number(self, address: int, length: int = 4) -> int:
        return int.from_bytes(self.read(address, length), "little")

    def write(self, address: int, value: int) -> None:
        self.ask(WRITEMEM, struct.pack("<QI", address, value))

    def descriptor(self, kind: int, length: int) -> bytes:
        """Read a descriptor of the device; a refusal is a failure."""
        found = self.usb.setup(struct.pack("<BBHHH", 0x80, 6, kind << 8, 0, length))
        if found is None:
            self.case.wrong(f"descriptor {kind} is refused")
        return found


class Video:
    """A program that knows a sensor module by its driver, as by V4L2: modes, controls, frames."""

    def __init__(self, case: Case, module: Module | None = None, **options: Any) -> None:
        """Open the module, with options of `camtwin.open_module`, or take one that is open."""
        self.case, self.module = case, module or camtwin.open_module(case.model, seed=1, **options)
        self.driver = self.module.driver

    def id(self, name: str) -> int:
        """Return the id of a control."""
        return next(one.id for one in self.driver.controls if name in (one.key, one.name))

    def get(self, name: str) -> int:
        return self.driver.get(self.id(name))

    def limits(self, name: str) -> tuple[int, int, int, int]:
        """Return minimum, maximum, step and default of a control now."""
        return self.driver.limits(self.id(name))

    def set(self, **values: int) -> None:
        """Set controls together, by name; a refusal is a failure."""
        try:
            self.driver.set({self.id(name): value for name, value in values.items()})
        except Problem as refused:
            self.case.wrong(str(refused))

    def refused(self, **values: int) -> str:
        """Return why controls cannot be set so; nothing if they can."""
        try:
            self.driver.set({self.id(name): value for name, value in values.items()})
        except Problem as refused:
            return str(refused)
        return ""

    def mode(self, size: str, bits: int = 10) -> None:
        """Select the mode of a size and bit depth; that there is none is a failure."""
        found = [one.size == size and one.csi_pixel_bit_depth == bits for one in self.driver.modes]
        if not any(found):
            self.case.wrong(f"no mode is {size} of {bits} bits")
        self.driver.select(found.index(True))

    def frames(self, count: int) -> list[ModuleFrame]:
        """Start the stream, if it does not run, and receive frames; fewer are a failure."""
        self.driver.start()
        frames = self.module.grab(count, 60 * SEC)
        if len(frames) < count:
            self.case.wrong(f"{len(frames)} frames of {count} come")
        return frames

    def rate(self, count: int = 101) -> float:
        """Return frames a second, from the timestamps of so many frames."""
        times = [frame.timestamp_ns for frame in self.frames(count)]
        return (count - 1) * SEC / (times[-1] - times[0])

    def image(self, skipped: int = 3) -> NDArray[np.uint16]:
        """Return the image of a frame in which all that is set is in force."""
        return self.module.image(self.frames(skipped + 1)[-1])
