"""The stream's socket: its destination, and the way packets leave by it.

Each packet passes the network's faults, if any (faults.py), then the kernel, many packets with one call, and
is recorded by the capture once it has left. A packet that the network refuses is tried again for a while if
that may help, and counted as lost if it does not.

Everything here belongs to the sending thread (sender.py).
"""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
import time
from collections.abc import Callable
from typing import Final

from camtwin.links.gige.faults import FaultInjector, Faults
from camtwin.links.gige.pcap import StreamTap
from camtwin.links.gige.send.direct import Direct
from camtwin.links.gige.send.job import Sent, Stats
from camtwin.links.gige.send.pacing import BURST_BYTES
from camtwin.links.gige.send.receiver import Receiver
from camtwin.links.gige.send.segmentation import Segmentation
from camtwin.links.gige.send.sendmmsg import TRANSIENT, Batch
from camtwin.units import Ns
from camtwin.wire.gev import gvsp
from camtwin.wire.gev.device import Target

SEND_TRIES: Final = 50  # x 1 ms: how long a full queue may hold a packet up
MAX_BYTES: Final = 4 * BURST_BYTES  # of a burst, for a client that does not read its socket
IP_MTU_DISCOVER, IP_PMTUDISC_DONT, IP_PMTUDISC_PROBE = 10, 0, 3  # <linux/in.h>; PROBE: set DF, ask no table


class Outlet:
    """The stream's socket, with faults, capture and the fastest way to the client.

    sock          a bound UDP socket
    stats         totals of bytes, packets and losses
    given_up      tells whether the frame being sent has been cut
    faults        deliberate network faults
    tap           records each packet that has left
    segmentation  decides whether large datagrams may be sent; None: never
    direct        whether packets may bypass the socket (direct.py)
    """

    def __init__(
        self,
        sock: socket.socket,
        stats: Stats,
        given_up: Callable[[], bool],
        faults: Faults | None,
        tap: StreamTap | None,
        segmentation: Segmentation | None,
        direct: bool = False,
    ) -> None:
        self.sock, self.tap = sock, tap
        self.target: Target | None = None
        self.injector = FaultInjector(faults, self.single) if faults else None
        self._stats, self._given_up, self._segmentation = stats, given_up, segmentation
        self._cutting, self._may_be_direct = False, direct
        self._fragment: bool | None = None
        self._receiver: Receiver | None = None
        self._direct: Direct | None = None
        sock.settimeout(None)
        timeval = struct.pack("ll", 0, 50_000)  # s, us: a dead network must not hold the thread
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)

    def aim(self, target: Target, do_not_fragment: bool) -> None:
        """Set the destination of all further packets."""
        self._cutting = self._segmentation is not None and self._segmentation.cuts(target.address)
        if self._fragment is do_not_fragment or self._fragment is None:
            self._fragment = not do_not_fragment
            discover = IP_PMTUDISC_PROBE if do_not_fragment else IP_PMTUDISC_DONT
            self.sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, discover)
        if self.target is None or (target.address, target.port) != (self.target.address, self.target.port):
            try:
                self.sock.connect((target.address, target.port))
            except OSError:
                self._stats.lost += 1  # no route: the packets fail as well, and are counted
            self._forget_client()
            self._receiver = Receiver(self.sock.getsockname(), (target.address, target.port))
        self.target = target
        if self._receiver:
            self._receiver.begin()
            if self._may_be_direct:
                self._choose(self._receiver)

    def has_room(self) -> bool:
        """Tell whether the client's socket can take a burst, as far as that can be known."""
        return self._receiver is None or self._receiver.has_room(time.monotonic_ns())

    def max_bytes(self, packet_bytes: int) -> int:
        """Return the bytes that may leave at once: many, if no client's socket has to hold them."""
        if self._receiver is None:
            return BURST_BYTES
        return MAX_BYTES if self._receiver.unread else self._receiver.max_bytes(packet_bytes)

    def close(self) -> None:
        """Close what was opened besides the socket."""
        self._forget_client()
        if self._segmentation:
            self._segmentation.close()

    def _forget_client(self) -> None:
        for opened in (self._receiver, self._direct):
            if opened:
                opened.close()
        self._receiver = self._direct = None

    def _choose(self, receiver: Receiver) -> None:
        """Choose the way to the client from this frame on."""
        direct = receiver.unread and not self._cutting  # datagrams that the kernel cuts are faster still
        if self._direct and not direct:
            self._direct.close()
            self._direct = None
        elif direct and not self._direct:
            with contextlib.suppress(OSError):  # without CAP_NET_RAW, through the socket
                self._direct = Direct(receiver.own, receiver.peer)

    # -- packets out -----------------------------------------------------------------------------
    def single(self, packet: bytes) -> None:
        """Send a packet that no fault strikes: a test packet, an answer, or one that a fault held back."""
        if self.injector and self.injector.faults.lost_on_path(len(packet)):
            return
        self._insist(lambda: self._put(packet))
        self._stats.bytes += len(packet)

    def whole(self, packet: bytes, sent: Sent, packet_id: int, *, last: bool = False) -> None:
        """Send a leader or a trailer; `last`: no packet follows at once."""
        self._stats.packets += 1
        if self.injector is None:
            self.single(packet)
            return
        self.injector.pass_on(
            sent.block.block_id,
            packet_id,
            sent.attempts.next(packet_id, 1),
            header_bytes=gvsp.header_bytes(sent.block.extended),
            packet=lambda _: packet,
            forward=lambda _, __: self.single(packet),
            last=last,
            now=time.monotonic_ns(),
            trailer=sent.block.last_packet,
        )

    def run(
        self, batch: Batch, sent: Sent, first: int, count: int, packet_id: int = 0, *, last: bool = False
    ) -> None:
        """Send packets first.. of a batch; `packet_id`: of the first one, if it is not first + 1."""
        packet_id = packet_id or first + 1
        self._stats.packets += count
        if self.injector is None:
            self._forward(batch, first, first + count)
            return
        self.injector.pass_on(
            sent.block.block_id,
            packet_id,
            sent.attempts.next(packet_id, count),
            header_bytes=batch.headers.shape[1],
            packet=lambda i: batch.packet(first + i),
            forward=lambda i, j: self._forward(batch, first + i, first + j),
            last=last,
            now=time.monotonic_ns(),
        )

    # -- packets held back by faults --------------------------------------------------------------------
    def next_due(self) -> Ns | None:
        """Return the host time in ns at which `release` has something to do."""
        return self.injector.next_due() if self.injector else None

    def release(self) -> None:
        """Send the packets whose delay is over."""
        if self.injector:
            self.injector.release(time.monotonic_ns())

    def forget(self) -> None:
        """Drop held packets."""
        if self.injector:
            self.injector.forget()

    # -- the socket ------------------------------------------------------------------------------
    def _forward(self, batch: Batch, at: int, stop: int) -> None:
        """Send packets at..stop - 1 of a batch, many at a time."""
        self._stats.bytes += (stop - at) * batch.headers.shape[1] + min(
            (stop - at) * batch.data_bytes, batch.payload.size - at * batch.data_bytes
        )
        while at < stop:
            at += self._insist(lambda at=at: self._put_run(batch, at, stop - at))

    def _put(self, packet: bytes) -> int:
        self.sock.send(packet)
        if self.tap and self.target:
            self.tap.sent(packet, self.target, whole=not self._fragment)
        return 1

    def _put_run(self, batch: Batch, first: int, count: int) -> int:
        if self._direct:
            count = self._direct.send(batch, first, count, whole=not self._fragment)
        else:
            count = batch.send(self.sock, first, count, cut=self._cutting)
        if self.tap and self.target:
            self.tap.sent_run(batch, first, count, self.target, whole=not self._fragment)
        return count

    def _insist(self, send: Callable[[], int]) -> int:
        """Return the number of packets sent, or given up (1) because the network refuses the first."""
        for _ in range(SEND_TRIES):
            try:
                return send()
            except OSError as problem:
                if problem.errno not in TRANSIENT or self._given_up():
                    break
                if problem.errno == errno.ENOBUFS:
                    time.sleep(1 / 1000)
        self._stats.lost += 1
        return 1
