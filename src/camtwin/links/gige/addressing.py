"""IP configuration of a twin's own interface: wire/ip/configuration.py between the kernel and an event loop.

Its time may run faster than the clock, so that leases of minutes expire in seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from typing import Final

from camtwin.links.base.link import LinkProblem
from camtwin.links.base.runtime import WallRuntime
from camtwin.links.gige.interface import Interface
from camtwin.links.gige.own_interface import OwnInterface
from camtwin.units import SEC, Ns
from camtwin.wire.ip.address import dotted
from camtwin.wire.ip.configuration import Address, IpConfiguration, StoredConfiguration

log = logging.getLogger(__name__)
MAX_PACKETS: Final = 64  # per turn of the event loop


class Addressing:
    """Looks for the address of a twin's own interface, and sets it.

    runtime      the clock; everything that arrives is carried out through it
    kept         reads the IP configuration that the camera stores
    on_address   called whenever the interface has another address, or none (0)
    on_cable     called when the cable is unplugged (False) and plugged in (True)
    speed        speed-up of the times of DHCP and link-local addresses, relative to the clock
    """

    def __init__(
        self,
        name: str,
        runtime: WallRuntime,
        kept: Callable[[], StoredConfiguration],
        on_address: Callable[[Interface], object],
        on_cable: Callable[[bool], object],
        speed: float = 1.0,
    ) -> None:
        self._own = OwnInterface(name)
        self._runtime, self._speed = runtime, speed
        self._on_address, self._on_cable = on_address, on_cable
        self.interface = self._own.bare
        self.ip = IpConfiguration(self.interface.mac, kept)
        self._has: Address | None = None
        self._plugged = True
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Start as a camera does at power-on. Call it on the event loop's thread."""
        self._loop = asyncio.get_running_loop()
        post, own = self._runtime.post, self._own
        self._loop.add_reader(own.dhcp, lambda: post(self._read, own.dhcp, self.ip.receive_dhcp))
        self._loop.add_reader(own.arp, lambda: post(self._read, own.arp, self.ip.receive_arp))
        self._loop.add_reader(own.news, lambda: post(self._look))
        self._plugged = self._own.carrier
        self.power_up()

    @property
    def gateway(self) -> int:
        return self._has.gateway if self._has else 0

    def power_up(self) -> None:
        self.ip.power_up(self._now())
        self._follow()

    def restart(self) -> None:
        self.ip.restart(self._now())
        self._follow()

    def force(self, address: int, netmask: int, gateway: int) -> None:
        """Carry out FORCEIP.

        Raises:
            OSError: the kernel refuses the address; the present one stays
        """
        self._own.set_address(Address(address, netmask, gateway))
        self.ip.force(address, netmask, gateway)
        self._follow()

    def close(self) -> None:
        if self._loop:
            for sock in (self._own.dhcp, self._own.arp, self._own.news):
                self._loop.remove_reader(sock)
            self._loop = None
        if self._timer:
            self._timer.cancel()
        self._own.close()

    # -- arrivals ---------------------------------------------------------------------------------------
    def _now(self) -> Ns:
        return int(self._runtime.host_now() * self._speed)

    def _read(self, sock: socket.socket, take: Callable[[bytes, Ns], object]) -> None:
        for _ in range(MAX_PACKETS):
            try:
                take(sock.recv(2048), self._now())
            except OSError:
                break
        self._follow()

    def _look(self) -> None:
        """Look for a change of the cable after news of the computer's links."""
        with contextlib.suppress(OSError):
            while self._own.news.recv(1 << 16):
                pass
        plugged = self._own.carrier
        if plugged == self._plugged:
            return
        self._plugged = plugged
        log.info("the link of %s is %s", self.interface.name, "up" if plugged else "down")
        if plugged and self._has:  # its routes were lost with the link
            self._own.set_address(self._has)
        self._on_cable(plugged)
        if plugged:
            self.ip.link_up(self._now())
            self._follow()

    def _tick(self) -> None:
        self.ip.tick(self._now())
        self._follow()

    # -- consequences -----------------------------------------------------------------------------------
    def _follow(self) -> None:
        """Send pending messages, set the interface's address, and plan the next timer."""
        if self.ip.address != self._has:
            self._move(self.ip.address)
        for to, message in self.ip.datagrams():
            with contextlib.suppress(OSError):  # without a cable or a route: as if lost on the way
                self._own.send_dhcp(to, message)
        for frame in self.ip.frames():
            with contextlib.suppress(OSError):
                self._own.send_arp(frame)
        if self._timer:
            self._timer.cancel()
            self._timer = None
        due = self.ip.next_timer()
        if due is not None and self._loop:
            delay_s = max(0.0, (due - self._now()) / SEC / self._speed)
            self._timer = self._loop.call_later(delay_s, self._runtime.post, self._tick)

    def _move(self, address: Address | None) -> None:
        try:
            self.interface = self._own.set_address(address)
        except OSError as problem:
            raise LinkProblem(
                f"cannot set the address of {self.interface.name}: {problem.strerror}"
            ) from None
        self._has = address
        where = f"{dotted(address.address)} ({address.how.value})" if address else "without an address"
        log.info("%s is %s", self.interface.name, where)
        self._on_address(self.interface)
