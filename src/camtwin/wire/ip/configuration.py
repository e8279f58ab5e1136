"""How a camera gets its address, sans-IO: persistent, DHCP, link-local, always in this order.

    step         what is tried                        ends
    PERSISTENT   the address that the camera keeps    at once; passed over where it is off or no device's
    DHCP         a lease (dhcp.py)                    without an answer; passed over where it is off
    LLA          a link-local address (linklocal.py)  never; it cannot be turned off
    FORCED       the address of a FORCEIP             by FORCEIP with address 0, or without power

The order begins anew with the power, by FORCEIP with address 0 and when the link comes back; meanwhile the
address that it has stays in use. It is lost at once where a server or a neighbour takes it away, or a lease
ends. On a link-local address a server is looked for again from time to time (how often is assumed; the
standard leaves it open). Source: GigE Vision 2.0, chapter "IP configuration".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from camtwin.units import SEC, Ns
from camtwin.wire.ip import dhcp, linklocal
from camtwin.wire.ip.address import is_host

AGAIN_NS: Final = 600 * SEC
"""So long on a link-local address until a server is looked for again (our choice)."""


class Step(Enum):
    """How an address was had, or is being looked for."""

    OFF = "none"
    PERSISTENT = "persistent"
    DHCP = "DHCP"
    LLA = "link-local"
    FORCED = "forced"


@dataclass(frozen=True, slots=True)
class Address:
    """An address to live at; 32-bit numbers."""

    address: int
    netmask: int
    gateway: int = 0
    how: Step = Step.OFF


@dataclass(frozen=True, slots=True)
class Kept:
    """What a camera keeps of it without power: which steps it takes, and its persistent address."""

    use_persistent: bool
    use_dhcp: bool
    address: int = 0
    netmask: int = 0
    gateway: int = 0


class IpConfiguration:
    """One interface's. kept: asked for what the camera keeps, each time the order begins."""

    def __init__(self, mac: bytes, kept: Callable[[], Kept]) -> None:
        self._kept = kept
        self.step = Step.OFF
        self.address: Address | None = None
        self._dhcp, self._lla = dhcp.Client(mac), linklocal.LinkLocal(mac)
        self._again_ns: Ns | None = None

    # -- what begins it --------------------------------------------------------------------------
    def power_up(self, now: Ns) -> None:
        """Begin without an address, and without a lease."""
        self._dhcp.stop()
        self._lla.stop()
        self.address = None
        self.restart(now)

    def restart(self, now: Ns) -> None:
        """Begin the order anew; the address that it has stays in use until there is another."""
        kept, self._again_ns = self._kept(), None
        self._lla.stop()
        if kept.use_persistent and is_host(kept.address, kept.netmask):
            self._dhcp.stop()
            self._have(Step.PERSISTENT, Address(kept.address, kept.netmask, kept.gateway, Step.PERSISTENT))
        elif kept.use_dhcp:
            self.step = Step.DHCP
            self._dhcp.start(now)
        else:
            self._fall_back(now)

    def link_up(self, now: Ns) -> None:
        """The cable is there again: it may be another network. A forced address stays."""
        if self.step is not Step.FORCED:
            self.restart(now)

    def force(self, address: int, netmask: int, gateway: int) -> None:
        """FORCEIP: live there, until there is no power."""
        self._again_ns = None
        self._dhcp.stop()
        self._lla.stop()
        self._have(Step.FORCED, Address(address, netmask, gateway, Step.FORCED))

    # -- what goes on ----------------------------------------------------------------------------
    def next_timer(self) -> Ns | None:
        times = (self._dhcp.next_timer(), self._lla.next_timer(), self._again_ns)
        return min((t for t in times if t is not None), default=None)

    def tick(self, now: Ns) -> None:
        self._dhcp.tick(now)
        self._lla.tick(now)
        self._follow(now)
        if self._again_ns is not None and now >= self._again_ns:
            self.restart(now)

    def receive_dhcp(self, data: bytes, now: Ns) -> None:
        """A datagram to UDP port 68. Raises nothing, whatever the bytes."""
        self._dhcp.receive(data, now)
        self._follow(now)

    def receive_arp(self, data: bytes, now: Ns) -> None:
        """An ARP frame. Raises nothing, whatever the bytes."""
        self._lla.receive(data, now)
        self._follow(now)

    def datagrams(self) -> list[tuple[int, bytes]]:
        """(address, message) to UDP port 67: each is given once."""
        return self._dhcp.outgoing()

    def frames(self) -> list[bytes]:
        """ARP frames to broadcast: each is given once."""
        return self._lla.outgoing()

    def _have(self, step: Step, address: Address) -> None:
        self.step, self.address = step, address

    def _fall_back(self, now: Ns) -> None:
        self._dhcp.stop()
        self.step = Step.LLA
        self._lla.start(now)

    def _follow(self, now: Ns) -> None:
        """What the step under way has come to."""
        had = self.address
        if self.step is Step.DHCP:
            if lease := self._dhcp.lease:
                self.address = Address(lease.address, lease.netmask, lease.gateway, Step.DHCP)
            elif had and had.how is Step.DHCP:
                self.address = None  # taken away
            if self._dhcp.state is dhcp.State.FAILED:
                self._fall_back(now)
        elif self.step is Step.LLA:
            if self._lla.address:
                self.address = Address(self._lla.address, linklocal.NETMASK, how=Step.LLA)
                if self._again_ns is None and self._kept().use_dhcp:
                    self._again_ns = now + AGAIN_NS
            elif had and had.how is Step.LLA and had.address != self._lla.candidate:
                self.address = None
