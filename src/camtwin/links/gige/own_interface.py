"""A network interface that belongs to one twin: its address, its cable, and packets below UDP.

It must have no address, and is left without one. Needs CAP_NET_ADMIN for the address, CAP_NET_RAW for ARP,
CAP_NET_BIND_SERVICE for DHCP's port. Sources: netdevice(7), packet(7), rtnetlink(7), linux/route.h.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import socket
import struct
from typing import Final

from camtwin.links.base.link import LinkProblem
from camtwin.links.gige.interface import IFF_LOOPBACK, SIOCGIFADDR, SIOCGIFFLAGS, SIOCGIFHWADDR, Interface
from camtwin.wire.ip.address import dotted
from camtwin.wire.ip.configuration import Address
from camtwin.wire.ip.dhcp import CLIENT_PORT, SERVER_PORT

SIOCADDRT: Final = 0x890B
SIOCSIFFLAGS: Final = 0x8914
SIOCSIFADDR: Final = 0x8916
SIOCSIFBRDADDR: Final = 0x891A
SIOCSIFNETMASK: Final = 0x891C
IFF_UP, IFF_RUNNING = 0x1, 0x40
RTF_UP_GATEWAY: Final = 0x1 | 0x2
ROUTE_METRIC: Final = 5000  # for the twin's own sockets; any other default route has priority
ETH_P_ARP: Final = 0x0806
RTMGRP_LINK: Final = 1


class OwnInterface:
    """The interface `name`.

    Raises:
        LinkProblem: in one line, if it cannot be used
    """

    def __init__(self, name: str) -> None:
        self.name = name
        with contextlib.ExitStack() as opening:
            self._asking = opening.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            self._refuse_what_is_in_use()
            try:
                self.dhcp = opening.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                for option, value in (
                    (socket.SO_REUSEADDR, 1),
                    (socket.SO_BROADCAST, 1),
                    (socket.SO_BINDTODEVICE, name.encode()),
                ):
                    self.dhcp.setsockopt(socket.SOL_SOCKET, option, value)
                self.dhcp.bind(("", CLIENT_PORT))
                packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ARP))
                self.arp = opening.enter_context(packets)
                self.arp.bind((name, ETH_P_ARP))
                self.news = opening.enter_context(
                    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
                )
                self.news.bind((0, RTMGRP_LINK))
                self._ask(SIOCSIFFLAGS, struct.pack("H", self._flags() | IFF_UP))
            except PermissionError:
                needs = "CAP_NET_ADMIN, CAP_NET_RAW and CAP_NET_BIND_SERVICE: run it as root"
                raise LinkProblem(f"a twin that sets the address of {name} needs {needs}") from None
            except OSError as problem:
                raise LinkProblem(f"cannot use {name}: {problem.strerror}") from None
            for sock in (self.dhcp, self.arp, self.news):
                sock.setblocking(False)
            self._opened = opening.pop_all()
        index, mac = socket.if_nametoindex(name), self._ask(SIOCGIFHWADDR)[2:8]
        self.bare = Interface(name, index, 0, 0, mac, loopback=False, own=True)

    def _refuse_what_is_in_use(self) -> None:
        try:
            socket.if_nametoindex(self.name)
        except OSError:
            raise LinkProblem(f"there is no network interface {self.name}") from None
        if self._flags() & IFF_LOOPBACK:
            raise LinkProblem(
                f"{self.name} is a loopback interface: give the twin an address there with --bind"
            )
        try:
            address = self._ask(SIOCGIFADDR)[4:8]
        except OSError:
            return  # EADDRNOTAVAIL: it has no address
        used = f"{self.name} has the address {socket.inet_ntoa(address)}"
        hint = f"a twin needs an interface without one (ip addr flush dev {self.name})"
        raise LinkProblem(f"{used}: {hint}")

    @property
    def carrier(self) -> bool:
        """Whether the cable is plugged in and the interface up."""
        try:
            return self._flags() & (IFF_UP | IFF_RUNNING) == IFF_UP | IFF_RUNNING
        except OSError:
            return False  # the interface is gone

    def set_address(self, address: Address | None) -> Interface:
        """Set the interface's address, or remove it.

        Raises:
            OSError: the kernel refuses
        """
        self._set(SIOCSIFADDR, address.address if address else 0)
        if address is None:
            return self.bare
        broadcast = address.address | ~address.netmask & 0xFFFF_FFFF
        self._set(SIOCSIFNETMASK, address.netmask)
        self._set(SIOCSIFBRDADDR, broadcast)
        if address.gateway:
            with contextlib.suppress(OSError):  # the route exists, or the gateway lies outside the network
                self._route(address.gateway)
        bare = self.bare
        return Interface(self.name, bare.index, address.address, address.netmask, bare.mac, False, own=True)

    def send_dhcp(self, to: int, message: bytes) -> None:
        self.dhcp.sendto(message, (dotted(to), SERVER_PORT))

    def send_arp(self, frame: bytes) -> None:
        self.arp.sendto(frame, (self.name, ETH_P_ARP, 0, 0, b"\xff" * 6))

    def close(self) -> None:
        """Leave the interface as it was found: without an address."""
        with contextlib.suppress(OSError):
            self.set_address(None)
        self._opened.close()

    # -- the kernel ------------------------------------------------------------------------------
    def _ask(self, request: int, content: bytes = b"") -> bytes:
        """Return the kernel's ifreq, without the name."""
        question = struct.pack("16s24s", os.fsencode(self.name), content)
        return fcntl.ioctl(self._asking.fileno(), request, question)[16:]

    def _flags(self) -> int:
        (flags,) = struct.unpack_from("H", self._ask(SIOCGIFFLAGS))
        return flags

    def _set(self, request: int, address: int) -> None:
        self._ask(request, _inet(address))

    def _route(self, gateway: int) -> None:
        """Add a default route by this interface: struct rtentry."""
        name = ctypes.create_string_buffer(os.fsencode(self.name))
        entry = struct.pack(
            "L16s16s16sHhLPhPLLH",
            *(0, _inet(0), _inet(gateway), _inet(0), RTF_UP_GATEWAY, 0, 0, 0),
            *(ROUTE_METRIC, ctypes.addressof(name), 0, 0, 0),
        )
        fcntl.ioctl(self._asking.fileno(), SIOCADDRT, entry)


def _inet(address: int) -> bytes:
    """Build a struct sockaddr_in."""
    return struct.pack("=H2xI8x", socket.AF_INET, socket.htonl(address))
