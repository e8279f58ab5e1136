"""UDP sockets of a twin at one address of one interface: the listening ones, and the stream's.

A twin without an address listens for broadcast commands only: FORCEIP reaches it there.
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
LIMITED_BROADCAST: Final = "255.255.255.255"
BUFFER_BYTES: Final = 1 << 20  # holds a burst of commands, or of an image's packets


@dataclass(frozen=True)
class Sockets:
    """Listening sockets: for commands, for broadcast commands, for acknowledges of messages."""

    control: socket.socket
    discovery: list[socket.socket]
    messages: socket.socket

    def __iter__(self) -> Iterator[socket.socket]:
        return iter((self.control, *self.discovery, self.messages))

    def close(self) -> None:
        for sock in self:
            sock.close()


def listen(interface: Interface, port: int, *, broadcasts: bool = True) -> Sockets:
    """Open the listening sockets; without `broadcasts` another twin owns the discovery sockets.

    Raises:
        LinkProblem: one of them cannot be opened
    """
    with contextlib.ExitStack() as opening:
        control = opening.enter_context(bound(interface, port if interface.address else 0))
        control.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        shared = discovery(interface, port) if broadcasts else []
        for each in shared:
            opening.enter_context(each)
        messages = opening.enter_context(bound(interface, 0))
        opening.pop_all()
        return Sockets(control, shared, messages)


def discovery(interface: Interface, port: int) -> list[socket.socket]:
    """Open the sockets for broadcast commands.

    Raises:
        LinkProblem: one of them cannot be opened
    """
    broadcast = dotted(interface.broadcast) if interface.address else LIMITED_BROADCAST
    with contextlib.ExitStack() as opening:
        opened = [
            opening.enter_context(bound(interface, port, shared=each))
            for each in sorted({broadcast, LIMITED_BROADCAST} - {dotted(interface.address)})
        ]
        opening.pop_all()
        return opened


def stream_socket(interface: Interface, old: socket.socket | None = None) -> socket.socket:
    """Open a socket to send frames from; take over options and destination of the old one, if given."""
    sock = bound(interface, 0)
    sock.setblocking(True)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
    if old:
        for level, option in ((socket.SOL_SOCKET, socket.SO_SNDTIMEO), (socket.IPPROTO_IP, IP_MTU_DISCOVER)):
            sock.setsockopt(level, option, old.getsockopt(level, option, 16))
        with contextlib.suppress(OSError):  # it had no destination, or there is no route
            sock.connect(old.getpeername())
    return sock


def bound(interface: Interface, port: int, *, shared: str = "") -> socket.socket:
    """Open a UDP socket at the interface's address, or at `shared`.

    A shared address is open to other twins, too; its socket reports the interface of each datagram.
    """
    sock, address = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), shared or dotted(interface.address)
    try:
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        if interface.own:  # even if other interfaces are in the same network
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.name.encode())
        sock.setblocking(False)
        sock.bind((address, port))
    except OSError as problem:
        sock.close()
        raise LinkProblem(f"cannot use UDP port {port} of {address}: {problem.strerror}") from None
    return sock
