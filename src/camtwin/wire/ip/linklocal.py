"""Link-local addresses, sans-IO: find a free address in 169.254/16 by ARP (RFC 3927).

    PROBING   three probes ask whether anybody has the candidate; a neighbour that has it, or probes for it
              too, ends this: the next candidate is tried, after ten conflicts only one a minute
    HELD      two announcements; a neighbour that then uses the address takes it away, and the next candidate
              is tried (RFC 3927, 2.5 (a); defending the address once is left out)

Candidates are derived one after the other from the hardware address, so that a device gets the same one each
time. Frames are ARP's 28 bytes, without Ethernet's header (RFC 826); all are broadcast.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from camtwin.units import MS, SEC, Ns

ARP: Final = struct.Struct(">HHBBH6sI6sI")
ETHERNET, IPV4 = 1, 0x0800
REQUEST, REPLY = 1, 2
NET, NETMASK = 0xA9FE_0000, 0xFFFF_0000
FIRST, COUNT = 0x0100, 0xFE00  # the first and the last 256 addresses of the net are reserved

# RFC 3927, chapter 9
PROBES, PROBE_MIN_ms, PROBE_MAX_ms, PROBE_WAIT_ms = 3, 1000, 2000, 1000
ANNOUNCEMENTS, ANNOUNCE_WAIT_s, ANNOUNCE_INTERVAL_s = 2, 2, 2
MAX_CONFLICTS, RATE_LIMIT_INTERVAL_s = 10, 60


@dataclass(frozen=True, slots=True)
class Arp:
    operation: int
    sender_mac: bytes
    sender: int
    target: int
    target_mac: bytes = bytes(6)

    def pack(self) -> bytes:
        return ARP.pack(
            ETHERNET, IPV4, 6, 4, self.operation, self.sender_mac, self.sender, self.target_mac, self.target
        )


def parse(data: bytes) -> Arp | None:
    """Parse an ARP packet; None if it is not ARP between Ethernet and IPv4."""
    if len(data) < ARP.size:
        return None
    *kind, operation, sender_mac, sender, target_mac, target = ARP.unpack_from(data)
    if kind != [ETHERNET, IPV4, 6, 4] or operation not in (REQUEST, REPLY):
        return None
    return Arp(operation, sender_mac, sender, target, target_mac)


class LinkLocal:
    """The link-local address of one interface.

    address    the address in use; 0 while there is none
    candidate  the address that is probed for meanwhile
    """

    def __init__(self, mac: bytes) -> None:
        self.mac = mac
        self.address = 0
        self._number = 0  # counts candidates
        self._conflicts = 0
        self._sent = 0  # probes, then announcements
        self._due_ns: Ns | None = None
        self._out: list[bytes] = []

    @property
    def candidate(self) -> int:
        return NET + FIRST + self._draw(COUNT)

    def _draw(self, count: int, what: int = 0) -> int:
        """Derive a number below `count` from the hardware address, the candidate's number and `what`."""
        return crc32(self.mac + struct.pack(">II", self._number, what)) % count

    def start(self, now: Ns) -> None:
        """Look for an address, the last one used first."""
        self._conflicts = 0
        self._probe(now)

    def stop(self) -> None:
        self.address, self._due_ns = 0, None
        self._out.clear()

    def _probe(self, now: Ns, wait_ns: Ns = 0) -> None:
        self.address, self._sent = 0, 0
        self._due_ns = now + wait_ns + self._draw(PROBE_WAIT_ms, 1) * MS

    def outgoing(self) -> list[bytes]:
        """Return the ARP frames to broadcast, each once."""
        out, self._out = self._out, []
        return out

    def next_timer(self) -> Ns | None:
        return self._due_ns

    def tick(self, now: Ns) -> None:
        if self._due_ns is None or now < self._due_ns:
            return
        if self.address:
            self._announce(now)
        elif self._sent < PROBES:
            self._out.append(Arp(REQUEST, self.mac, 0, self.candidate).pack())
            self._sent += 1
            between_ms = PROBE_MIN_ms + self._draw(PROBE_MAX_ms - PROBE_MIN_ms, 1 + self._sent)
            last = self._sent == PROBES
            self._due_ns = now + (ANNOUNCE_WAIT_s * SEC if last else between_ms * MS)
        else:
            self.address, self._sent = self.candidate, 0
            self._announce(now)

    def _announce(self, now: Ns) -> None:
        self._out.append(Arp(REQUEST, self.mac, self.address, self.address).pack())
        self._sent += 1
        self._due_ns = now + ANNOUNCE_INTERVAL_s * SEC if self._sent < ANNOUNCEMENTS else None

    def receive(self, data: bytes, now: Ns) -> None:
        """Take an ARP frame that arrived. Raises nothing, whatever the bytes."""
        arp = parse(data)
        if arp is None or arp.sender_mac == self.mac or not (self.address or self._due_ns is not None):
            return
        probing = not self.address
        rival = probing and arp.operation == REQUEST and not arp.sender and arp.target == self.candidate
        if arp.sender == self.candidate or rival:
            self._number += 1
            self._conflicts += 1
            self._probe(now, RATE_LIMIT_INTERVAL_s * SEC if self._conflicts > MAX_CONFLICTS else 0)
