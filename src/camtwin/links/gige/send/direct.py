"""Sending straight into loopback, to a client that takes its packets from a packet socket.

Aravis does so if it may: it reads the interface and ignores its UDP socket. A packet of 1500 bytes costs
3.0 us of the kernel's time through UDP and IP, and 1.8 us written to the interface itself (one core, measured
with a packet socket that listens).

The kernel's own IP rejects a packet that comes from outside with an address of this host as its source: a
client that reads the UDP socket would receive nothing. So this is only for clients that do not read it
(receiver.py), and only where a packet socket may be opened: with CAP_NET_RAW. The frames carry a MAC address
that loopback does not have, so that IP need not look at them at all.

Source: packet(7).
"""

from __future__ import annotations

import socket
from typing import Final

import numpy as np

from camtwin.links.gige.send.loopback import LOOPBACK
from camtwin.links.gige.send.sendmmsg import Batch
from camtwin.wire.ip import ethernet
from camtwin.wire.ip.address import Peer

SOL_PACKET, PACKET_QDISC_BYPASS = 263, 20  # <linux/socket.h>, <linux/if_packet.h>: nothing queues on loopback
SOMEBODY: Final = bytes((2, 0, 0, 0, 0, 1))  # a locally administered address


class Direct:
    """Packets from `source` to `destination` by loopback.

    Raises:
        OSError: no packet socket may be opened
    """

    def __init__(self, source: Peer, destination: Peer) -> None:
        self._ends = source, destination
        self._sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._batch: Batch | None = None
        try:
            self._sock.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
            self._sock.bind((LOOPBACK, 0))
        except OSError:
            self._sock.close()
            raise

    def close(self) -> None:
        self._sock.close()

    def send(self, batch: Batch, first: int, count: int, *, whole: bool) -> int:
        """Send packets as Batch.send does; `whole` sets do-not-fragment."""
        if self._batch is not batch:
            self._batch, self._framed = batch, self._frames(batch, whole)
        return self._framed.send(self._sock, first, count)

    def _frames(self, batch: Batch, whole: bool) -> Batch:
        """Return the same packets, each behind its Ethernet, IP and UDP headers."""
        sizes = batch.packet_bytes, len(batch.packet(len(batch) - 1))
        headers = (ethernet.header(*self._ends, n, whole=whole, destination_mac=SOMEBODY) for n in sizes)
        before, last = (np.frombuffer(each, np.uint8) for each in headers)
        framed = np.empty((len(batch), before.size + batch.headers.shape[1]), np.uint8)
        framed[:, : before.size], framed[:, before.size :] = before, batch.headers
        framed[-1, : before.size] = last
        return Batch(framed, batch.payload, batch.data_bytes)
