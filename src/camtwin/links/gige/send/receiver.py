"""The client's socket on this computer: whether it has room, as the kernel reports (sock_diag(7)).

A datagram for a full socket queue is lost. A host that reads as fast as it can still loses some while it does
something else for a moment, or while the twin has its processor. So the sender looks at the queue first and
waits until it is at most half full, as long as the pacing has time for that. A burst is no larger than the
other half: the kernel counts 2304 bytes for a packet of 1500, 16,640 for one of 9000, and grants a socket
212,992.

If the queue does not drain while a packet socket is open, assume the client reads that socket (Aravis does,
if it may), and do not wait for the queue. A client that reads nothing at all, because it is stopped or dead,
is waited for only a while. Nor does the sender wait for a queue that cannot be inspected: on another
computer, or on a kernel that does not report it.

Sources: sock_diag(7), <linux/inet_diag.h>, <linux/sock_diag.h>; udp_dump_one() of Linux' net/ipv4/udp_diag.c.
"""

from __future__ import annotations

import socket
import struct
from typing import Final, NamedTuple

from camtwin.links.gige.send.loopback import PacketSockets, is_own
from camtwin.links.gige.send.pacing import BURST_BYTES
from camtwin.units import MS, Ns

NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST = 4, 20, 1
INET_DIAG_SKMEMINFO: Final = 7
NLMSGHDR, RTATTR = struct.Struct("=IHHII"), struct.Struct("=HH")
REQUEST: Final = struct.Struct("=BBBxI")  # inet_diag_req_v2: family, protocol, wanted attributes, states
SOCKET_ID: Final = struct.Struct("!HH4s12x4s12x12s")  # inet_diag_sockid: the sender's side, then the socket's
ANSWER: Final = struct.Struct("=56xI12x")  # inet_diag_msg: bytes to be read
SK_MEMINFO: Final = struct.Struct("=II")  # memory of the queue: in use, limit
ANY: Final = b"\0" * 4 + b"\xff" * 8  # interface, cookie
PATIENCE_NS, PATIENCE_WATCHED_NS = 1000 * MS, 10 * MS
"""Time that a queue may stay unchanged; the shorter one applies while a packet socket is open. Aravis
requests packets again after 20 ms."""


class Queue(NamedTuple):
    """State of a socket's receive queue, in bytes as the kernel counts them."""

    filled: int
    """Bytes to be read."""
    taken: int
    """Bytes of `limit` in use. The kernel frees the memory of packets that were read with a delay."""
    limit: int


def counted(packet_bytes: int) -> int:
    """Return the most that the kernel counts for a packet received over loopback, in bytes.

    Measured for packets of 568 to 16,000 bytes, sent alone or cut from a large datagram (Linux 6.18): the
    kernel adds the bytes of an sk_buff and its companions, and memory comes in powers of two.
    """
    alone, cut = 256 + (1 << (packet_bytes + 419).bit_length()), packet_bytes + 804
    return max(alone, cut)


class Receiver:
    """The UDP socket that receives packets from `own` to `peer`, each an address and a port."""

    def __init__(self, own: tuple[str, int], peer: tuple[str, int]) -> None:
        self.own, self.peer = own, peer
        ends = own[1], peer[1], socket.inet_aton(own[0]), socket.inet_aton(peer[0]), ANY
        query = REQUEST.pack(socket.AF_INET, socket.IPPROTO_UDP, 1 << INET_DIAG_SKMEMINFO - 1, 0xFFFFFFFF)
        body = query + SOCKET_ID.pack(*ends)
        size = NLMSGHDR.size + len(body)
        self._question = NLMSGHDR.pack(size, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 0, 0) + body
        self._kernel: socket.socket | None = None
        self._packet_sockets = PacketSockets()
        try:
            if is_own(peer[0]):
                self._kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_SOCK_DIAG)
                self._kernel.setblocking(False)  # the kernel answers within send()
        except OSError:  # a kernel without sock_diag, or without permission
            pass
        self._limit: int | None = None
        self._seen, self._since_ns = -1, 0  # how full the queue was when it had no room, and since when
        self._patience_ns: Ns = PATIENCE_NS
        self.unread = False
        """Whether the queue is not being read."""

    def close(self) -> None:
        if self._kernel:
            self._kernel.close()
        self._packet_sockets.close()

    def begin(self) -> None:
        """Begin a frame: check whether the client reads its queue by now."""
        if self._kernel is None:
            return
        try:
            watched = self._packet_sockets.see_loopback()
        except (OSError, ValueError):
            watched = True
        self._patience_ns = PATIENCE_WATCHED_NS if watched else PATIENCE_NS
        queue = self._queue()
        self._limit = queue and queue.limit
        self.unread = self.unread and queue is not None and queue.filled == self._seen

    def max_bytes(self, packet_bytes: int) -> int:
        """Return the bytes that may leave without another look at the queue: at least one packet."""
        if self._limit is None:
            return BURST_BYTES
        packets = max(1, self._limit // 2 // counted(packet_bytes))
        return min(BURST_BYTES, packets * packet_bytes)

    def has_room(self, now: Ns) -> bool:
        """Tell whether the queue can take a burst; also True if waiting for it would not help."""
        if self.unread or not (queue := self._queue()):
            return True
        if queue.taken <= queue.limit // 2:
            self._seen = -1
            return True
        if queue.filled != self._seen:
            self._seen, self._since_ns = queue.filled, now
        self.unread = now - self._since_ns > self._patience_ns
        return self.unread

    def _queue(self) -> Queue | None:
        """Return the queue's state; None if it is not known."""
        if self._kernel is None:
            return None
        try:
            self._kernel.send(self._question)
            answer = self._kernel.recv(4096)
            _, kind, *_ = NLMSGHDR.unpack_from(answer)
            if kind != SOCK_DIAG_BY_FAMILY:
                return None  # there is no such socket
            (filled,) = ANSWER.unpack_from(answer, NLMSGHDR.size)
            at = NLMSGHDR.size + ANSWER.size
            while at + RTATTR.size <= len(answer):
                size, attribute = RTATTR.unpack_from(answer, at)
                if attribute == INET_DIAG_SKMEMINFO:
                    return Queue(filled, *SK_MEMINFO.unpack_from(answer, at + RTATTR.size))
                at += max(RTATTR.size, (size + 3) & ~3)
        except (OSError, struct.error):
            self._kernel.close()
            self._kernel = None
        return None
