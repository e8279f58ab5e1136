"""The thread that sends: leader, payload and trailer of each frame, paced as the modelled link paces them.

A frame comes with the host times at which its first and last bit are due, and with its payload as a future,
because it is still being rendered. Packets leave in bursts of at most 64 kB, when pacing.py says so.

Between bursts the thread answers requests: packets to send again, test packets. The last frame (with
`--pace max` the last four) stays in memory for them until the next one begins to leave: what a host misses
can be healed that long.

Faults of the network, where they are asked for, strike here (faults.py), originals and resends alike.

Everything that touches the stream's socket happens on this thread.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camtwin.links.faults import Attempts, Faults, Mischief
from camtwin.links.pacing import OnSchedule, Pacing, Plan
from camtwin.links.pcap import StreamTap
from camtwin.links.segmentation import UDP_SEGMENT
from camtwin.links.sendmmsg import TRANSIENT, Batch
from camtwin.units import MS, SEC, Ns
from camtwin.wire import gvsp
from camtwin.wire.gev import Target
from camtwin.wire.gvcp import PacketResend, Status

BURST_BYTES: Final = 64_000
LATE_NS: Final = 10 * MS
"""A frame whose trailer leaves later than this after its time counts as late: hosts notice no less."""
MOST_WAITING: Final = 4
MOST_WAITING_BYTES: Final = 64 << 20
MOST_WAITING_NS: Final = 1 * SEC
"""With this many frames waiting, of this many bytes or for this long, new ones are dropped: this computer
cannot follow, and frames that came ever later would help nobody."""
MOST_UNAVAILABLE: Final = 512  # answers to one request for packets that are gone
SEND_TRIES: Final = 50  # x 1 ms: how long a full queue may hold a packet up
IP_MTU_DISCOVER, IP_PMTUDISC_DONT, IP_PMTUDISC_PROBE = 10, 0, 3  # <linux/in.h>; PROBE: set DF, ask no table


@dataclass(eq=False)
class Job:
    """A frame to send.

    start_ns, end_ns  when its first and last bit are due, in host ns
    camera_ns         the same in camera time
    packet_delay_ns   of that, after each packet (GevSCPD)
    """

    image: gvsp.Image
    block_id: int
    payload_bytes: int
    payload: Future[NDArray[np.uint8]]
    target: Target
    packet_bytes: int
    do_not_fragment: bool
    start_ns: Ns
    end_ns: Ns
    camera_ns: tuple[Ns, Ns] = (0, 0)
    packet_delay_ns: Ns = 0
    cut: bool = False


@dataclass
class Stats:
    """What has been sent since the link opened."""

    frames: int = 0
    bytes: int = 0  # payload and headers of GVSP
    packets: int = 0  # of pictures, resent ones included, before faults strike
    resent: int = 0  # packets
    late: int = 0  # frames
    worst_late_ns: Ns = 0
    dropped: int = 0  # frames that this computer could not render or send in time
    cut: int = 0  # frames that ended early: abort, stream closed, control lost
    lost: int = 0  # packets that the network refused


@dataclass(eq=False)
class _Sent:
    """A frame that is, or was, under way: what a resend needs."""

    job: Job
    block: gvsp.Block
    batch: Batch
    began_ns: Ns = 0  # when its leader left
    gone: int = 0  # payload packets that have left
    done: bool = False  # the trailer, too
    attempts: Attempts = field(init=False)

    def __post_init__(self) -> None:
        self.attempts = Attempts(self.block.last_packet + 1)


class Sender:
    """sock        a bound UDP socket, this thread's from now on (but for closing it)
    on_problem  told, on this thread, what ended it
    faults      of the network, on purpose
    pacing      when packets may leave; as the modelled link goes if None
    tap         told of each packet that has left
    cuts        whether the kernel cuts large datagrams for an address (segmentation.py)
    on_done     told, on this thread, that a frame has been sent or given up
    """

    def __init__(
        self,
        sock: socket.socket,
        on_problem: Callable[[BaseException], object],
        faults: Faults | None = None,
        pacing: Pacing | None = None,
        tap: StreamTap | None = None,
        on_done: Callable[[], object] = lambda: None,
        cuts: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.sock, self.stats, self._tap = sock, Stats(), tap
        self.pacing = pacing or OnSchedule()
        self._on_problem, self._on_done, self._cuts = on_problem, on_done, cuts
        self._cut_bytes = 0  # the socket's UDP_SEGMENT, 0 where the kernel does not cut
        self._cutting = False
        self._mischief = Mischief(faults, self._send_single) if faults else None
        sock.settimeout(None)
        timeval = struct.pack("ll", 0, 50_000)  # s, us: a dead network must not hold the thread
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
        self._jobs: deque[Job] = deque()
        self._urgent: deque[Callable[[], None]] = deque()  # requests, done between bursts
        self._current: Job | None = None
        self._kept: deque[_Sent] = deque(maxlen=self.pacing.keep)  # the frame under way is the last of them
        self._target: Target | None = None
        self._fragment: bool | None = None
        self._closed = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="gvsp-sender", daemon=True)
        self._thread.start()

    @property
    def faults(self) -> dict[str, int]:
        """How many packets each kind of fault has struck; empty without faults."""
        return dict(self._mischief.counts) if self._mischief else {}

    def trouble(self, faults: Faults) -> None:
        """Other faults of the network from now on; it was opened with some, of share 0 if need be."""
        assert self._mischief, "it was opened with faults"
        self._mischief.faults = faults

    @property
    def unfinished(self) -> int:
        """Frames handed over and not yet done with."""
        return len(self._jobs) + (self._current is not None)

    # -- from any thread -------------------------------------------------------------------------
    def send(self, job: Job) -> None:
        with self._wake:
            if self._overrun():
                self.stats.dropped += 1
                job.payload.cancel()
                return
            self._jobs.append(job)
            self._wake.notify()
        job.payload.add_done_callback(self._notify)

    def cut(self) -> None:
        """End the frame under way and those that wait, where they are: no further packet of them leaves."""
        with self._wake:
            waiting = self._jobs if self._current is None else [*self._jobs, self._current]
            for job in waiting:
                job.cut = True
            self._wake.notify()

    def forget(self) -> None:
        """Nothing that was sent can be asked for again: the stream has closed."""
        self._soon(self._forget)

    def resend(self, request: PacketResend, extended_status: bool) -> None:
        self._soon(lambda: self._resend(request, extended_status))

    def probe(self, target: Target, packet_bytes: int, do_not_fragment: bool) -> None:
        """Send a test packet."""
        self._soon(lambda: self._probe(target, packet_bytes, do_not_fragment))

    def close(self) -> None:
        """End the thread, in the middle of a frame if need be."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def _overrun(self) -> bool:
        jobs = self._jobs
        if len(jobs) < MOST_WAITING:
            return False
        waited_ns = time.monotonic_ns() - jobs[0].start_ns
        return waited_ns > MOST_WAITING_NS or sum(j.payload_bytes for j in jobs) > MOST_WAITING_BYTES

    def _soon(self, call: Callable[[], None]) -> None:
        with self._wake:
            if len(self._urgent) < 1000:  # a flood of requests is answered in part
                self._urgent.append(call)
                self._wake.notify()

    def _notify(self, _: object) -> None:
        with self._wake:
            self._wake.notify()

    # -- the thread ------------------------------------------------------------------------------
    def _run(self) -> None:
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self.pacing.nice)
            while job := self._next():
                self._transmit(job)
                with self._wake:
                    self._current = None
                self._on_done()
        except BaseException as problem:
            self._on_problem(problem)

    def _next(self) -> Job | None:
        """The next frame, whenever it comes; None when closed."""
        while not self._closed:
            self._serve()
            with self._wake:
                if self._jobs:
                    self._current = self._jobs.popleft()
                    return self._current
                if not self._urgent and not self._closed:
                    self._sleep()
        return None

    def _serve(self) -> None:
        if self._tap:
            self._tap.aside = True
        while self._urgent:
            self._urgent.popleft()()
        if self._mischief:
            self._mischief.release(time.monotonic_ns())
        if self._tap:
            self._tap.aside = False

    def _sleep(self, until_ns: Ns | None = None) -> None:
        """Until then, or a delayed packet is due, or somebody wakes this thread; `_wake` is held."""
        delayed_ns = self._mischief.next_due() if self._mischief else None
        due_ns = min((t for t in (until_ns, delayed_ns) if t is not None), default=None)
        self._wake.wait(None if due_ns is None else max(0.0, (due_ns - time.monotonic_ns()) / SEC))

    def _forget(self) -> None:
        self._kept.clear()
        if self._mischief:
            self._mischief.forget()

    def _stopped(self, job: Job) -> bool:
        return job.cut or self._closed

    def _wait(self, job: Job, until_ns: Ns) -> bool:
        """Serve requests until then; False if the frame was cut meanwhile."""
        while not self._stopped(job):
            self._serve()
            if time.monotonic_ns() >= until_ns:
                return True
            with self._wake:
                if not self._urgent and not self._stopped(job):
                    self._sleep(until_ns)
        return False

    def _rendered(self, job: Job) -> NDArray[np.uint8] | None:
        while not job.payload.done():
            if self._stopped(job):
                return None
            self._serve()
            with self._wake:
                if not self._urgent and not job.payload.done() and not self._stopped(job):
                    self._sleep()
        return None if self._stopped(job) or job.payload.cancelled() else job.payload.result()

    def _transmit(self, job: Job) -> None:
        payload = self._rendered(job)
        if payload is None or not self._frame(job, payload):
            self.stats.cut += 1
            if self._mischief:
                self._mischief.forget()

    def _frame(self, job: Job, payload: NDArray[np.uint8]) -> bool:
        """Send one frame in its time; False if it was cut."""
        if payload.nbytes != job.payload_bytes:
            raise ValueError(f"a frame of {payload.nbytes} bytes was rendered, not {job.payload_bytes}")
        block = gvsp.frame_packets(
            job.image, job.payload_bytes, job.block_id, job.packet_bytes, job.target.block_id_64
        )
        sent = _Sent(job, block, Batch(block.headers, payload.reshape(-1), block.data_bytes))
        count, burst = len(sent.batch), max(1, BURST_BYTES // job.packet_bytes)
        pacing = self.pacing
        pacing.begin(Plan(job.start_ns, job.end_ns, count, burst))
        if not self._wait(job, pacing.due_ns()):
            return False
        self._aim(job.target, job.do_not_fragment)
        sent.began_ns = time.monotonic_ns()
        self._kept.append(sent)
        if self._tap:
            self._tap.begin(job, block)
        self._send_whole(block.leader, sent, 0)
        while sent.gone < count:
            if not self._wait(job, pacing.due_ns()):
                return False
            size, now = min(burst, count - sent.gone), time.monotonic_ns()
            self._send_run(sent.batch, sent, sent.gone, size)
            sent.gone += size
            pacing.sent(size, now)
        if not self._wait(job, pacing.due_ns()):
            return False
        self._send_whole(block.trailer, sent, block.last_packet, last=True)
        sent.done = True
        late_ns = pacing.end(time.monotonic_ns())
        self.stats.frames += 1
        self.stats.late += late_ns > LATE_NS
        self.stats.worst_late_ns = max(self.stats.worst_late_ns, late_ns)
        return True

    # -- requests --------------------------------------------------------------------------------
    def _resend(self, request: PacketResend, extended_status: bool) -> None:
        """Send packets of a kept frame again; say of those that cannot be that they are unavailable."""
        asked = request.block_id, request.extended
        sent = next((s for s in self._kept if (s.block.block_id, s.block.extended) == asked), None)
        if sent is None:
            last = min(request.last, request.first + MOST_UNAVAILABLE - 1)
            self._refuse(request, request.first, last, Status.PACKET_REMOVED if extended_status else None)
            return
        if request.first <= sent.gone:  # else it is only impatient: nothing is lost
            self.pacing.asked_again(sent.began_ns, time.monotonic_ns())
        self._aim(sent.job.target, sent.job.do_not_fragment)
        block = sent.block
        if request.first == 0:
            self._send_again(block.leader, sent, 0)
        first, last = max(request.first, 1), min(request.last, sent.gone)
        burst = max(1, BURST_BYTES // sent.job.packet_bytes)
        for start in range(first, last + 1, burst):
            stop = min(start + burst, last + 1)
            headers = gvsp.resent(block.headers[start - 1 : stop - 1], block.extended)
            data = sent.batch.payload[(start - 1) * block.data_bytes : (stop - 1) * block.data_bytes]
            batch = Batch(headers, data, block.data_bytes)
            self._send_run(batch, sent, 0, stop - start, start, last=stop > last)
            self.stats.resent += stop - start
        if sent.done and request.first <= block.last_packet <= request.last:
            self._send_again(block.trailer, sent, block.last_packet)
        if extended_status and not sent.done and request.last > sent.gone:
            # without these codes: silence. UNAVAILABLE would make a host give up what is on its way
            first = max(request.first, sent.gone + 1)
            last = min(request.last, block.last_packet, first + MOST_UNAVAILABLE - 1)
            self._refuse(request, first, last, Status.PACKET_NOT_YET_AVAILABLE)

    def _send_again(self, packet: bytes, sent: _Sent, packet_id: int) -> None:
        block = sent.block
        header = gvsp.header_bytes(block.extended)
        marked = gvsp.resent(np.frombuffer(packet[:header], np.uint8).reshape(1, header), block.extended)
        self._send_whole(marked.tobytes() + packet[header:], sent, packet_id, last=True)
        self.stats.resent += 1

    def _refuse(self, request: PacketResend, first: int, last: int, status: Status | None) -> None:
        if self._target is None:
            return
        for packet_id in range(first, last + 1):
            packet = gvsp.unavailable(
                request.block_id, packet_id, request.extended, status or Status.PACKET_UNAVAILABLE
            )
            self._send_single(packet)

    def _probe(self, target: Target, packet_bytes: int, do_not_fragment: bool) -> None:
        self._aim(target, do_not_fragment)
        self._send_single(gvsp.probe_packet(packet_bytes))

    # -- the socket ------------------------------------------------------------------------------
    def _aim(self, target: Target, do_not_fragment: bool) -> None:
        if self._fragment is do_not_fragment or self._fragment is None:
            self._fragment = not do_not_fragment
            discover = IP_PMTUDISC_PROBE if do_not_fragment else IP_PMTUDISC_DONT
            self.sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, discover)
        if self._target is None or (target.address, target.port) != (self._target.address, self._target.port):
            self._cutting = self._cuts(target.address)
            try:
                self.sock.connect((target.address, target.port))
            except OSError:
                self.stats.lost += 1  # no way there: the packets fail, too, and are counted
        self._target = target

    def _send_single(self, packet: bytes) -> None:
        self._insist(lambda: self._put(packet))
        self.stats.bytes += len(packet)

    def _send_whole(self, packet: bytes, sent: _Sent, packet_id: int, *, last: bool = False) -> None:
        """Send a leader or a trailer; `last`: no packet follows at once."""
        self.stats.packets += 1
        if self._mischief is None:
            self._send_single(packet)
            return
        self._mischief.pass_on(
            sent.block.block_id,
            packet_id,
            sent.attempts.next(packet_id, 1),
            header_bytes=gvsp.header_bytes(sent.block.extended),
            packet=lambda _: packet,
            forward=lambda _, __: self._send_single(packet),
            last=last,
            now=time.monotonic_ns(),
        )

    def _send_run(
        self, batch: Batch, sent: _Sent, first: int, count: int, packet_id: int = 0, *, last: bool = False
    ) -> None:
        """Send packets first.. of a batch; `packet_id`: of the first one, if it is not first + 1."""
        packet_id = packet_id or first + 1
        self.stats.packets += count
        if self._mischief is None:
            self._forward(batch, first, first + count)
            return
        self._mischief.pass_on(
            sent.block.block_id,
            packet_id,
            sent.attempts.next(packet_id, count),
            header_bytes=batch.headers.shape[1],
            packet=lambda i: batch.packet(first + i),
            forward=lambda i, j: self._forward(batch, first + i, first + j),
            last=last,
            now=time.monotonic_ns(),
        )

    def _forward(self, batch: Batch, at: int, stop: int) -> None:
        """Send packets at..stop - 1 of a batch, many at a time."""
        self.stats.bytes += (stop - at) * batch.headers.shape[1] + min(
            (stop - at) * batch.data_bytes, batch.payload.size - at * batch.data_bytes
        )
        if self._cutting and self._cut_bytes != batch.packet_bytes:
            self._cut_bytes = batch.packet_bytes
            self.sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, self._cut_bytes)
        while at < stop:
            at += self._insist(lambda at=at: self._put_run(batch, at, stop - at))

    def _put(self, packet: bytes) -> int:
        self.sock.send(packet)
        if self._tap and self._target:
            self._tap.sent(packet, self._target, whole=not self._fragment)
        return 1

    def _put_run(self, batch: Batch, first: int, count: int) -> int:
        count = batch.send(self.sock, first, count, cut=self._cutting)
        if self._tap and self._target:
            self._tap.sent_run(batch, first, count, self._target, whole=not self._fragment)
        return count

    def _insist(self, send: Callable[[], int]) -> int:
        """Packets that are off one's hands: sent, or given up (1) because the network refuses the first."""
        for _ in range(SEND_TRIES):
            try:
                return send()
            except OSError as problem:
                if problem.errno not in TRANSIENT or self._closed or (self._current and self._current.cut):
                    break
                if problem.errno == errno.ENOBUFS:
                    time.sleep(1 / 1000)
        self.stats.lost += 1
        return 1
