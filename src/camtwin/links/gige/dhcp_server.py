"""A DHCP server in process that offers one lease to one camera, for networks in tests.

cam.host().network.dhcp = DhcpServer("192.168.7.20", seconds=120)
cam.host().network.dhcp = None                                      # remove it
"""

from __future__ import annotations

from dataclasses import dataclass

from camtwin.wire.ip import dhcp
from camtwin.wire.ip.address import number
from camtwin.wire.ip.dhcp import Kind


@dataclass
class DhcpServer:
    """A server with one lease: the address and its duration, without end if `seconds` is None.

    A change, or another server in its place, takes effect at the camera's next request, which is refused.
    """

    lease: str
    netmask: str = "255.0.0.0"
    gateway: str = "0.0.0.0"
    seconds: int | None = None
    address: str = "10.255.255.254"

    def answer(self, data: bytes) -> bytes | None:
        """Return the answer to a datagram; None for no answer."""
        request = dhcp.parse(data)
        if request is None:
            return None
        wanted = request.client or request.word(dhcp.REQUESTED)
        chosen = request.word(dhcp.SERVER)
        if request.kind is Kind.DISCOVER:
            kind = Kind.OFFER
        elif request.kind is not Kind.REQUEST or chosen not in (None, number(self.address)):
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
        offered = 0 if kind is Kind.NAK else number(self.lease)
        return dhcp.Message(kind, request.xid, request.mac, request.client, offered, options).pack()
