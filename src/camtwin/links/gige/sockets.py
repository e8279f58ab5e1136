"""The UDP sockets of a twin at one address of one interface: those that listen, and that of the stream.

A twin without an address listens for broadcast commands only: FORCEIP finds it there.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from camtwin.links.base.link import LinkProblem
from camtwin.links.gige.interface import Interface
from camtwin.links.gige.send.outlet import IP_MTU_DISCOVER
from camtwin.wire.ip.address import dotted

IP_PKTINFO: Final = 8  # <linux/in.h>: tells which interface a datagram came by
EVERYBODY: Final = "255.255.255.255"
BUFFER_BYTES: Final = 1 << 20  # of sockets: a burst of commands, or of a picture's packets


@dataclass(frozen=True)
class Sockets:
    """Those that listen: for commands, for broadcast ones, for acknowledges of messages."""

    control: socket.socket
    discovery: list[socket.socket]
    messages: socket.socket

    def __iter__(self) -> Iterator[socket.socket]:
        return iter((self.control, *self.discovery, self.messages))

    def close(self) -> None:
        for sock in self:
            sock.close()


def listen(interface: Interface, port: int, *, broadcasts: bool = True) -> Sockets:
    """LinkProblem where one of them cannot be had. Without `broadcasts` somebody else hears those."""
    with contextlib.ExitStack() as opening:
        control = opening.enter_context(bound(interface, port if interface.address else 0))
        control.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        heard = discovery(interface, port) if broadcasts else []
        for each in heard:
            opening.enter_context(each)
        messages = opening.enter_context(bound(interface, 0))
        opening.pop_all()
        return Sockets(control, heard, messages)


def discovery(interface: Interface, port: int) -> list[socket.socket]:
    """Those for what is broadcast. LinkProblem where one cannot be had."""
    broadcast = dotted(interface.broadcast) if interface.address else EVERYBODY
    with contextlib.ExitStack() as opening:
        heard = [
            opening.enter_context(bound(interface, port, shared=each))
            for each in sorted({broadcast, EVERYBODY} - {dotted(interface.address)})
        ]
        opening.pop_all()
        return heard


def stream_socket(interface: Interface, old: socket.socket | None = None) -> socket.socket:
    """One that pictures leave by; what the old one is: its options, and where it is connected to."""
    sock = bound(interface, 0)
    sock.setblocking(True)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
    if old:
        for level, option in ((socket.SOL_SOCKET, socket.SO_SNDTIMEO), (socket.IPPROTO_IP, IP_MTU_DISCOVER)):
            sock.setsockopt(level, option, old.getsockopt(level, option, 16))
        with contextlib.suppress(OSError):  # it had no host yet, or has no way to it from here
            sock.connect(old.getpeername())
    return sock


def bound(interface: Interface, port: int, *, shared: str = "") -> socket.socket:
    """A UDP socket at its address; or at another one, `shared` with other twins, and telling the interface
    of what it receives."""
    sock, address = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), shared or dotted(interface.address)
    try:
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        if interface.own:  # whatever other interfaces are in the same net
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.name.encode())
        sock.setblocking(False)
        sock.bind((address, port))
    except OSError as problem:
        sock.close()
        raise LinkProblem(f"cannot use UDP port {port} of {address}: {problem.strerror}") from None
    return sock
