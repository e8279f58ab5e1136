"""A DHCP server in process: one lease for one camera, as long as it is told; what networks of tests need.

cam.host().network.dhcp = DhcpServer("192.168.7.20", seconds=120)
cam.host().network.dhcp = None                                      # there is none any more
"""

from __future__ import annotations

from dataclasses import dataclass

from camtwin.wire.ip import dhcp
from camtwin.wire.ip.address import number
from camtwin.wire.ip.dhcp import Kind


@dataclass
class DhcpServer:
    """lease: the address that it gives, `seconds` how long; for ever if None. Another one in its place, or a
    change, takes effect when the camera asks next: it is told that what it has is not its own."""

    lease: str
    netmask: str = "255.0.0.0"
    gateway: str = "0.0.0.0"
    seconds: int | None = None
    address: str = "10.255.255.254"

    def answer(self, data: bytes) -> bytes | None:
        """What it says to a datagram; None for nothing."""
        asked = dhcp.parse(data)
        if asked is None:
            return None
        wanted = asked.client or asked.word(dhcp.REQUESTED)
        chosen = asked.word(dhcp.SERVER)
        if asked.kind is Kind.DISCOVER:
            kind = Kind.OFFER
        elif asked.kind is not Kind.REQUEST or chosen not in (None, number(self.address)):
            return None
        else:
            kind = Kind.ACK if wanted == number(self.lease) else Kind.NAK
        options = {dhcp.SERVER: number(self.address).to_bytes(4, "big")}
        if kind is not Kind.NAK:
            words = {
                dhcp.TIME: dhcp.FOREVER if self.seconds is None else self.seconds,
                dhcp.NETMASK: number(self.netmask),
                dhcp.ROUTER: number(self.gateway),
            }
            options |= {option: word.to_bytes(4, "big") for option, word in words.items()}
        given = 0 if kind is Kind.NAK else number(self.lease)
        return dhcp.Message(kind, asked.xid, asked.mac, asked.client, given, options).pack()
