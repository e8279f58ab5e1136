"""The stream's socket: where it is aimed, and how packets get out of it.

Each packet passes the faults of the network, where they are asked for (faults.py), then the kernel, many with
one call, and is told to the capture once it has left. What the network refuses is tried again for a while
where that may help, and counted as lost where it does not.

It belongs to the thread that sends (sender.py).
"""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
import time
from collections.abc import Callable
from typing import Final

from camtwin.links.gige.faults import Faults, Mischief
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
MAX_BYTES: Final = 4 * BURST_BYTES  # at once, for a client that takes packets elsewhere than from its socket
IP_MTU_DISCOVER, IP_PMTUDISC_DONT, IP_PMTUDISC_PROBE = 10, 0, 3  # <linux/in.h>; PROBE: set DF, ask no table


class Outlet:
    """sock      a bound UDP socket
    stats     where bytes, packets and losses are counted
    given_up  whether what is being sent now need not leave any more
    faults    of the network, on purpose
    tap       told of each packet that has left
    segmentation  whether large datagrams may be sent; never, if None
    direct    whether packets may go past the socket (direct.py)
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
        self.mischief = Mischief(faults, self.single) if faults else None
        self._stats, self._given_up, self._segmentation = stats, given_up, segmentation
        self._cutting, self._may_be_direct = False, direct
        self._fragment: bool | None = None
        self._receiver: Receiver | None = None
        self._direct: Direct | None = None
        sock.settimeout(None)
        timeval = struct.pack("ll", 0, 50_000)  # s, us: a dead network must not hold the thread
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)

    def aim(self, target: Target, do_not_fragment: bool) -> None:
        """What is sent from now on goes there."""
        self._cutting = self._segmentation is not None and self._segmentation.cuts(target.address)
        if self._fragment is do_not_fragment or self._fragment is None:
            self._fragment = not do_not_fragment
            discover = IP_PMTUDISC_PROBE if do_not_fragment else IP_PMTUDISC_DONT
            self.sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, discover)
        if self.target is None or (target.address, target.port) != (self.target.address, self.target.port):
            try:
                self.sock.connect((target.address, target.port))
            except OSError:
                self._stats.lost += 1  # no way there: the packets fail, too, and are counted
            self._forget_client()
            self._receiver = Receiver(self.sock.getsockname(), (target.address, target.port))
        self.target = target
        if self._receiver:
            self._receiver.begin()
            if self._may_be_direct:
                self._choose(self._receiver)

    def has_room(self) -> bool:
        """Can the client's socket take a burst, as far as one can know?"""
        return self._receiver is None or self._receiver.has_room(time.monotonic_ns())

    def max_bytes(self, packet_bytes: int) -> int:
        """What may leave at once: much, where no client's socket has to hold it."""
        if self._receiver is None:
            return BURST_BYTES
        return MAX_BYTES if self._receiver.unread else self._receiver.max_bytes(packet_bytes)

    def close(self) -> None:
        """Let go of what was opened besides the socket."""
        self._forget_client()
        if self._segmentation:
            self._segmentation.close()

    def _forget_client(self) -> None:
        for opened in (self._receiver, self._direct):
            if opened:
                opened.close()
        self._receiver = self._direct = None

    def _choose(self, receiver: Receiver) -> None:
        """The way there, from this frame on."""
        direct = receiver.unread and not self._cutting  # what the kernel cuts is faster yet
        if self._direct and not direct:
            self._direct.close()
            self._direct = None
        elif direct and not self._direct:
            with contextlib.suppress(OSError):  # without CAP_NET_RAW, as everybody goes
                self._direct = Direct(receiver.own, receiver.peer)

    # -- packets out -----------------------------------------------------------------------------
    def single(self, packet: bytes) -> None:
        """A packet that no fault strikes: a test packet, an answer, or what a fault held back."""
        self._insist(lambda: self._put(packet))
        self._stats.bytes += len(packet)

    def whole(self, packet: bytes, sent: Sent, packet_id: int, *, last: bool = False) -> None:
        """Send a leader or a trailer; `last`: no packet follows at once."""
        self._stats.packets += 1
        if self.mischief is None:
            self.single(packet)
            return
        self.mischief.pass_on(
            sent.block.block_id,
            packet_id,
            sent.attempts.next(packet_id, 1),
            header_bytes=gvsp.header_bytes(sent.block.extended),
            packet=lambda _: packet,
            forward=lambda _, __: self.single(packet),
            last=last,
            now=time.monotonic_ns(),
        )

    def run(
        self, batch: Batch, sent: Sent, first: int, count: int, packet_id: int = 0, *, last: bool = False
    ) -> None:
        """Send packets first.. of a batch; `packet_id`: of the first one, if it is not first + 1."""
        packet_id = packet_id or first + 1
        self._stats.packets += count
        if self.mischief is None:
            self._forward(batch, first, first + count)
            return
        self.mischief.pass_on(
            sent.block.block_id,
            packet_id,
            sent.attempts.next(packet_id, count),
            header_bytes=batch.headers.shape[1],
            packet=lambda i: batch.packet(first + i),
            forward=lambda i, j: self._forward(batch, first + i, first + j),
            last=last,
            now=time.monotonic_ns(),
        )

    # -- what a fault holds back -----------------------------------------------------------------
    def next_due(self) -> Ns | None:
        """When `release` has something to do, in host ns."""
        return self.mischief.next_due() if self.mischief else None

    def release(self) -> None:
        """Send the packets whose delay is over."""
        if self.mischief:
            self.mischief.release(time.monotonic_ns())

    def forget(self) -> None:
        """What is held back never leaves."""
        if self.mischief:
            self.mischief.forget()

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
        """Packets that are off one's hands: sent, or given up (1) because the network refuses the first."""
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
