"""A minimal GigE Vision client that receives one image over the network, for a first look.

It is no judge of the twin (stock software is, in the tests); it shows a newcomer what a client receives
before any is installed. It requests nothing again: an incomplete image is skipped.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from dataclasses import dataclass
from typing import Final

from camtwin.problem import Problem
from camtwin.wire.gev import bootstrap
from camtwin.wire.gev.gvcp import PORT, write_reg
from camtwin.wire.gev.gvsp import STANDARD_BYTES, Format
from camtwin.wire.ip.ethernet import IP_UDP_BYTES

RECEIVE_BYTES: Final = 8 << 20
ANSWER_s: Final = 1.0
LEADER: Final = struct.Struct(">HHQIIIII")


class NoPicture(Problem):
    """The camera did not answer, refused, or sent no complete image in time; one line that says which."""


@dataclass(frozen=True, slots=True)
class Received:
    """An image as its leader describes it; pixel_format is the PFNC code, payload its bytes."""

    width: int
    height: int
    pixel_format: int
    timestamp_ns: int
    payload: bytes


def first_picture(
    address: str, start: int, stop: int, *, port: int = PORT, timeout_s: float = 20.0
) -> Received:
    """Take control of the camera at `address`, stream until one image is complete, and release it.

    Args:
        start, stop: the registers of AcquisitionStart and AcquisitionStop, from the camera's description

    Raises:
        NoPicture: in one line, why there is no image
    """
    with contextlib.ExitStack() as sockets:
        control = sockets.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        stream = sockets.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        control.connect((address, port))
        control.settimeout(ANSWER_s)
        own = control.getsockname()[0]
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        stream.bind((own, 0))
        _write(control, bootstrap.CCP, bootstrap.CONTROL)
        try:
            _write(control, bootstrap.SCDA, int.from_bytes(socket.inet_aton(own), "big"))
            _write(control, bootstrap.SCP, stream.getsockname()[1])
            _write(control, start, 1)
            return _receive(stream, time.monotonic() + timeout_s)
        finally:
            for register, value in ((stop, 1), (bootstrap.SCP, 0), (bootstrap.CCP, 0)):
                with contextlib.suppress(NoPicture):
                    _write(control, register, value)


def _write(control: socket.socket, register: int, value: int) -> None:
    """Write a register; repeat the command once if its acknowledge is lost."""
    command = write_reg(register, value)
    for _ in range(2):
        try:
            control.send(command)
            status, *_ = struct.unpack_from(">HHHH", control.recv(1024))
        except (TimeoutError, ConnectionRefusedError, struct.error):
            continue
        if status:
            raise NoPicture(f"the camera refuses {value:#x} in register {register:#x}: status {status:#06x}")
        return
    raise NoPicture(f"no camera answers at {control.getpeername()[0]}")


def _receive(stream: socket.socket, deadline: float) -> Received:
    """Receive packets until a block is complete; skip blocks with gaps."""
    parts: dict[int, bytes] = {}
    block, last, leader = -1, -1, b""
    while (left := deadline - time.monotonic()) > 0:
        stream.settimeout(left)
        try:
            data = stream.recv(0x1_0000 - IP_UDP_BYTES)
        except TimeoutError:
            break
        status, block_id, kind = struct.unpack_from(">HHI", data)
        form, number = kind >> 24, kind & 0xFF_FFFF
        if form == Format.LEADER:
            parts, block, last, leader = {}, block_id, -1, data[STANDARD_BYTES:]
        elif block_id != block or status:
            continue
        elif form == Format.PAYLOAD:
            parts[number] = data[STANDARD_BYTES:]
        elif form == Format.TRAILER:
            last = number
        if last > 0 and len(parts) == last - 1:
            _, _, timestamp, pixel_format, width, height, *_ = LEADER.unpack_from(leader)
            return Received(
                width, height, pixel_format, timestamp, b"".join(parts[n] for n in range(1, last))
            )
    raise NoPicture("no complete image arrived in time")
