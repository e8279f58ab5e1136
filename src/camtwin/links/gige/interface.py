"""Network interfaces: name, netmask and hardware address behind an address, as the kernel reports them.

Source: netdevice(7).
"""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
from dataclasses import dataclass
from typing import Final

from camtwin.links.base.link import LinkProblem

SIOCGIFFLAGS: Final = 0x8913
SIOCGIFADDR: Final = 0x8915
SIOCGIFNETMASK: Final = 0x891B
SIOCGIFHWADDR: Final = 0x8927
IFF_LOOPBACK: Final = 0x8


@dataclass(frozen=True, slots=True)
class Interface:
    """One address of one interface. Addresses are 32-bit numbers.

    own  the interface is the twin's alone (own_interface.py): its sockets are bound to it, and its
         address may be 0: none
    """

    name: str
    index: int
    address: int
    netmask: int
    mac: bytes
    loopback: bool
    own: bool = False

    @property
    def broadcast(self) -> int:
        """The network's broadcast address, to which clients send discovery."""
        return self.address | ~self.netmask & 0xFFFF_FFFF


def interface_of(address: str) -> Interface:
    """Return the interface that has this address, or whose network contains it (127.0.0.2).

    Raises:
        LinkProblem: no interface does
    """
    try:
        wanted = ipaddress.IPv4Address(address)
    except ValueError:
        raise LinkProblem(f"{address} is not an IPv4 address") from None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for index, name in socket.if_nameindex():
            try:
                own = _inet(sock, SIOCGIFADDR, name, int(wanted))
                mask = _inet(sock, SIOCGIFNETMASK, name, int(wanted))
            except OSError:
                continue  # no IPv4 address
            if int(wanted) & mask == own & mask:
                (flags,) = struct.unpack_from("H", _ask(sock, SIOCGIFFLAGS, name), 16)
                mac = _ask(sock, SIOCGIFHWADDR, name)[18:24]
                return Interface(name, index, int(wanted), mask, mac, bool(flags & IFF_LOOPBACK))
    raise LinkProblem(f"no network interface has the address {address}")


def _ask(sock: socket.socket, request: int, name: str, address: int = 0) -> bytes:
    """Return the kernel's ifreq; it uses the interface's address that matches, else its first one."""
    question = struct.pack("16sH2xI8x", name.encode(), socket.AF_INET, socket.htonl(address))
    return fcntl.ioctl(sock.fileno(), request, question.ljust(40, b"\0"))


def _inet(sock: socket.socket, request: int, name: str, address: int = 0) -> int:
    return int.from_bytes(_ask(sock, request, name, address)[20:24], "big")
