"""IP configuration of a camera, sans-IO: persistent, DHCP, link-local, always tried in this order.

    step         what is tried                        ends
    PERSISTENT   the camera's stored address          at once; skipped if it is off or not a host address
    DHCP         a lease (dhcp.py)                    when nobody answers; skipped if it is off
    LLA          a link-local address (linklocal.py)  never; it cannot be turned off
    FORCED       the address of a FORCEIP             by FORCEIP with address 0, or at power-off

The cycle restarts at power-on, on FORCEIP with address 0 and when the link comes back; meanwhile the present
address stays in use. The address is lost at once when a server or a neighbour takes it away, or its lease
ends. A camera on a link-local address looks for a server again from time to time (how often is assumed; the
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
"""Time on a link-local address until the camera looks for a server again (our choice)."""


class Step(Enum):
    """Step of the address configuration: the address in use, or the search for one."""

    OFF = "none"
    PERSISTENT = "persistent"
    DHCP = "DHCP"
    LLA = "link-local"
    FORCED = "forced"


@dataclass(frozen=True, slots=True)
class Address:
    """An IPv4 configuration, as 32-bit numbers, and the step that produced it."""

    address: int
    netmask: int
    gateway: int = 0
    how: Step = Step.OFF


@dataclass(frozen=True, slots=True)
class StoredConfiguration:
    """IP configuration in the camera's non-volatile memory: enabled steps and the persistent address."""

    use_persistent: bool
    use_dhcp: bool
    address: int = 0
    netmask: int = 0
    gateway: int = 0


class IpConfiguration:
    """IP configuration of one interface.

    kept  reads the camera's stored configuration, each time the cycle restarts
    """

    def __init__(self, mac: bytes, kept: Callable[[], StoredConfiguration]) -> None:
        self._kept = kept
        self.step = Step.OFF
        self.address: Address | None = None
        self._dhcp, self._lla = dhcp.Client(mac), linklocal.LinkLocal(mac)
        self._again_ns: Ns | None = None

    # -- start and restart --------------------------------------------------------------------------
    def power_up(self, now: Ns) -> None:
        """Start the cycle without an address and without a lease."""
        self._dhcp.stop()
        self._lla.stop()
        self.address = None
        self.restart(now)

    def restart(self, now: Ns) -> None:
        """Restart the cycle; the present address stays in use until there is another."""
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
        """Restart the cycle because the link is back, perhaps on another network; a forced address stays."""
        if self.step is not Step.FORCED:
            self.restart(now)

    def force(self, address: int, netmask: int, gateway: int) -> None:
        """Use the address of a FORCEIP until power-off."""
        self._again_ns = None
        self._dhcp.stop()
        self._lla.stop()
        self._have(Step.FORCED, Address(address, netmask, gateway, Step.FORCED))

    # -- time and answers ---------------------------------------------------------------------------
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
        """Take a datagram that arrived at UDP port 68. Raises nothing, whatever the bytes."""
        self._dhcp.receive(data, now)
        self._follow(now)

    def receive_arp(self, data: bytes, now: Ns) -> None:
        """Take an ARP frame that arrived. Raises nothing, whatever the bytes."""
        self._lla.receive(data, now)
        self._follow(now)

    def datagrams(self) -> list[tuple[int, bytes]]:
        """Return the (address, message) pairs to send to UDP port 67, each once."""
        return self._dhcp.outgoing()

    def frames(self) -> list[bytes]:
        """Return the ARP frames to broadcast, each once."""
        return self._lla.outgoing()

    def _have(self, step: Step, address: Address) -> None:
        self.step, self.address = step, address

    def _fall_back(self, now: Ns) -> None:
        self._dhcp.stop()
        self.step = Step.LLA
        self._lla.start(now)

    def _follow(self, now: Ns) -> None:
        """Adopt the result of the step under way, and fall back to the next step if it failed."""
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
