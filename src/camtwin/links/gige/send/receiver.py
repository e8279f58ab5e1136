"""The socket on this computer that a stream goes to: whether it has room, as the kernel tells (sock_diag(7)).

A datagram that finds a socket's queue full is lost, and a host that reads as fast as it can still loses some
when it does something else for a moment, or when the twin has its processor. So who sends looks at the queue
first and waits until it is no more than half full, as long as the pacing has time for that. No more leaves
at once than the other half holds: the kernel counts 2304 bytes for a packet of 1500, 16,640 for one of 9000,
and 212,992 is what it gives a socket.

A queue that stays as full as it is, while packet sockets listen, is nobody's: that program takes its packets
from one of those (Aravis does, where it may). It is not waited for. Who reads no packets at all, because it
is stopped or dead, is waited for a while only. Nor is one waited for that cannot be asked: on another
computer, or where the kernel does not tell.

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
REQUEST: Final = struct.Struct("=BBBxI")  # inet_diag_req_v2: family, protocol, what is asked for, states
SOCKET_ID: Final = struct.Struct("!HH4s12x4s12x12s")  # inet_diag_sockid: the sender's side, then the socket's
ANSWER: Final = struct.Struct("=56xI12x")  # inet_diag_msg: how much there is to read
SK_MEMINFO: Final = struct.Struct("=II")  # what the queue takes of memory, and may take at most
ANY: Final = b"\0" * 4 + b"\xff" * 8  # interface, cookie
PATIENCE_NS, PATIENCE_WATCHED_NS = 1000 * MS, 10 * MS
"""How long a queue may stay as full as it is; the shorter time where packet sockets listen. Aravis asks for
packets again that do not come for 20 ms."""


class Queue(NamedTuple):
    """Bytes as the kernel counts them."""

    filled: int
    """To be read."""
    taken: int
    """Of what it may take. The kernel gives back what has been read not at once."""
    limit: int


def counted(packet_bytes: int) -> int:
    """What the kernel counts at most for a packet that came over loopback, alone or cut of a large datagram.

    Measured for packets of 568 to 16,000 bytes (Linux 6.18): beside its bytes there are those of an sk_buff
    and its kin, and memory comes in powers of two."""
    alone, cut = 256 + (1 << (packet_bytes + 419).bit_length()), packet_bytes + 804
    return max(alone, cut)


class Receiver:
    """The UDP socket that packets from `own` to `peer` arrive at, each an address and a port."""

    def __init__(self, own: tuple[str, int], peer: tuple[str, int]) -> None:
        self.own, self.peer = own, peer
        ends = own[1], peer[1], socket.inet_aton(own[0]), socket.inet_aton(peer[0]), ANY
        asked = REQUEST.pack(socket.AF_INET, socket.IPPROTO_UDP, 1 << INET_DIAG_SKMEMINFO - 1, 0xFFFFFFFF)
        body = asked + SOCKET_ID.pack(*ends)
        size = NLMSGHDR.size + len(body)
        self._question = NLMSGHDR.pack(size, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 0, 0) + body
        self._kernel: socket.socket | None = None
        self._packet_sockets = PacketSockets()
        try:
            if is_own(peer[0]):
                self._kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_SOCK_DIAG)
                self._kernel.setblocking(False)  # it answers while it is asked
        except OSError:  # a kernel without it, or one that does not let us
            pass
        self._limit: int | None = None
        self._seen, self._since_ns = -1, 0  # how full the queue was when it had no room, and since when
        self._patience_ns: Ns = PATIENCE_NS
        self.unread = False
        """Does nobody take anything from the queue?"""

    def close(self) -> None:
        if self._kernel:
            self._kernel.close()
        self._packet_sockets.close()

    def begin(self) -> None:
        """A frame begins: whoever did not read may do so by now."""
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
        """In packets of this size, how much may leave without a look at the queue: one packet at least."""
        if self._limit is None:
            return BURST_BYTES
        packets = max(1, self._limit // 2 // counted(packet_bytes))
        return min(BURST_BYTES, packets * packet_bytes)

    def has_room(self, now: Ns) -> bool:
        """Can it take a burst? True, too, where waiting for it would help nobody."""
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
        """None where that is not known."""
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
