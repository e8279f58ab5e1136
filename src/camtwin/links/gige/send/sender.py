"""The sending thread: leader, payload and trailer of each frame, paced as the modelled link.

A frame comes with the host times at which its first and last bit are due, and with its payload as a future,
because it is still being rendered. Packets leave in bursts, at the times of pacing.py.

Between bursts the thread serves requests: packets to send again, test packets. The last frame (with
`--pace max` the last four) stays in memory for resends until the next one begins to leave.

Everything that touches the stream's socket (outlet.py) happens on this thread.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camtwin.links.gige.faults import Faults
from camtwin.links.gige.pcap import StreamTap
from camtwin.links.gige.send.job import Job, Sent, Stats
from camtwin.links.gige.send.outlet import Outlet
from camtwin.links.gige.send.pacing import BURST_BYTES, FrameTiming, OnSchedule, Pacing
from camtwin.links.gige.send.segmentation import Segmentation
from camtwin.links.gige.send.sendmmsg import Batch
from camtwin.units import MS, SEC, Ns
from camtwin.wire.gev import gvsp
from camtwin.wire.gev.device import Target
from camtwin.wire.gev.gvcp import PacketResend, Status

LATE_NS: Final = 10 * MS
"""A frame whose trailer leaves this much after its time counts as late: hosts do not notice less."""
MAX_WAITING: Final = 4
MAX_WAITING_BYTES: Final = 64 << 20
MAX_WAITING_NS: Final = 1 * SEC
"""With this many frames waiting, of this many bytes or for this long, new frames are dropped: this computer
is too slow, and frames that come ever later would help nobody."""
MAX_UNAVAILABLE: Final = 512  # answers to one request for packets that are gone


class Sender:
    """The sending thread of one stream.

    sock          a bound UDP socket, this thread's from now on (except to close it)
    on_problem    called on this thread with the exception that ended it
    faults        deliberate network faults
    pacing        when packets may leave; None: by the modelled link
    tap           records each packet that has left
    segmentation  decides whether large datagrams may be sent; None: never
    on_done       called on this thread when a frame has been sent or given up
    """

    def __init__(
        self,
        sock: socket.socket,
        on_problem: Callable[[BaseException], object],
        faults: Faults | None = None,
        pacing: Pacing | None = None,
        tap: StreamTap | None = None,
        on_done: Callable[[], object] = lambda: None,
        segmentation: Segmentation | None = None,
    ) -> None:
        self.sock, self.stats, self.pacing = sock, Stats(), pacing or OnSchedule()
        self._on_problem, self._on_done, self._tap = on_problem, on_done, tap
        self._outlet = Outlet(sock, self.stats, self._given_up, faults, tap, segmentation, self.pacing.direct)
        self._jobs: deque[Job] = deque()
        self._urgent: deque[Callable[[], None]] = deque()  # requests, served between bursts
        self._dropped = False  # whether the last frame handed over was
        self._current: Job | None = None
        self._kept: deque[Sent] = deque(maxlen=self.pacing.keep)  # the frame under way is the last of them
        self._closed = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="gvsp-sender", daemon=True)
        self._thread.start()

    @property
    def faults(self) -> dict[str, int]:
        """Number of packets that each kind of fault has struck; empty without faults."""
        injector = self._outlet.injector
        return dict(injector.counts) if injector else {}

    def set_faults(self, faults: Faults) -> None:
        """Replace the network's faults; the sender must have been opened with some, even of probability 0."""
        assert self._outlet.injector, "it was opened with faults"
        self._outlet.injector.faults = faults

    @property
    def unfinished(self) -> int:
        """Number of frames queued or under way."""
        return len(self._jobs) + (self._current is not None)

    # -- from any thread -------------------------------------------------------------------------
    def send(self, job: Job) -> None:
        with self._wake:
            if self._overrun():
                self.stats.dropped += 1
                self._dropped = True
                job.payload.cancel()
                return
            job.after_dropped, self._dropped = self._dropped, False
            self._jobs.append(job)
            self._wake.notify()
        job.payload.add_done_callback(self._notify)

    def cut(self) -> None:
        """Break off the frame under way and those that wait: no further packet of them leaves."""
        with self._wake:
            waiting = self._jobs if self._current is None else [*self._jobs, self._current]
            for job in waiting:
                job.cut = True
                job.payload.cancel()
            self._wake.notify()

    def forget(self) -> None:
        """Drop the frames kept for resends: the stream has closed."""
        self._dropped = False
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
        if len(jobs) < MAX_WAITING:
            return False
        waited_ns = time.monotonic_ns() - jobs[0].start_ns
        return waited_ns > MAX_WAITING_NS or sum(j.payload_bytes for j in jobs) > MAX_WAITING_BYTES

    def _soon(self, call: Callable[[], None]) -> None:
        with self._wake:
            if len(self._urgent) < 1000:  # of a flood of requests, only some are answered
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
        finally:
            self._outlet.close()

    def _next(self) -> Job | None:
        """Return the next frame, serving requests until it comes; None when closed."""
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
        self._outlet.release()
        if self._tap:
            self._tap.aside = False

    def _sleep(self, until_ns: Ns | None = None) -> None:
        """Sleep until then, until a delayed packet is due, or until woken; `_wake` must be held."""
        delayed_ns = self._outlet.next_due()
        due_ns = min((t for t in (until_ns, delayed_ns) if t is not None), default=None)
        self._wake.wait(None if due_ns is None else max(0.0, (due_ns - time.monotonic_ns()) / SEC))

    def _forget(self) -> None:
        self._kept.clear()
        self._outlet.forget()

    def _stopped(self, job: Job) -> bool:
        return job.cut or self._closed

    def _given_up(self) -> bool:
        return self._closed or (self._current is not None and self._current.cut)

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

    def _room(self, job: Job) -> bool:
        """Wait, while the pacing has time, until the client can take a burst; False if the frame was cut."""
        while not self._outlet.has_room():
            now = time.monotonic_ns()
            if not self.pacing.may_hold(now):
                return True
            if not self._wait(job, now + self.pacing.look_ns):
                return False
            self.pacing.held(time.monotonic_ns() - now)
        return True

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
            self._outlet.forget()

    def _frame(self, job: Job, payload: NDArray[np.uint8]) -> bool:
        """Send one frame at its times; False if it was cut."""
        if payload.nbytes != job.payload_bytes:
            raise ValueError(f"a frame of {payload.nbytes} bytes was rendered, not {job.payload_bytes}")
        block = gvsp.frame_packets(
            job.image,
            job.payload_bytes,
            job.block_id,
            job.packet_bytes,
            job.target.block_id_64,
            gvsp.FLAG_PREVIOUS_DROPPED if job.after_dropped else 0,
        )
        sent = Sent(job, block, Batch(block.headers, payload.reshape(-1), block.data_bytes))
        count, pacing = len(sent.batch), self.pacing
        self._outlet.aim(job.target, job.do_not_fragment)
        max_bytes = self._outlet.max_bytes(job.packet_bytes)
        plan = FrameTiming(job.start_ns, job.end_ns, count, job.packet_bytes, job.packet_delay_ns, max_bytes)
        pacing.begin(plan)
        if not self._wait(job, pacing.due_ns()):
            return False
        sent.began_ns = time.monotonic_ns()
        self._kept.append(sent)
        if self._tap:
            self._tap.begin(job, block)
        self._outlet.whole(block.leader, sent, 0)
        pacing.sent(0, sent.began_ns)
        while sent.gone < count:
            if not self._wait(job, pacing.due_ns()) or not self._room(job):
                return False
            size, now = min(plan.burst, count - sent.gone), time.monotonic_ns()
            self._outlet.run(sent.batch, sent, sent.gone, size)
            sent.gone += size
            pacing.sent(size, now)
        if not self._wait(job, pacing.due_ns()):
            return False
        self._outlet.whole(block.trailer, sent, block.last_packet, last=True)
        sent.done = True
        late_ns = pacing.end(time.monotonic_ns())
        self.stats.frames += 1
        self.stats.late += late_ns > LATE_NS
        self.stats.worst_late_ns = max(self.stats.worst_late_ns, late_ns)
        return True

    # -- requests --------------------------------------------------------------------------------
    def _resend(self, request: PacketResend, extended_status: bool) -> None:
        """Send packets of a kept frame again; report the others as unavailable.

        PACKET_TEMPORARILY_UNAVAILABLE is never used: kept packets are sent at once.
        """
        wanted = request.block_id, request.extended
        sent = next((s for s in self._kept if (s.block.block_id, s.block.extended) == wanted), None)
        if sent is None:
            self._refuse_all(request, extended_status)
            return
        if request.first <= sent.gone:  # otherwise the host is only impatient: nothing is lost
            self.pacing.asked_again(sent.began_ns, time.monotonic_ns())
        self._outlet.aim(sent.job.target, sent.job.do_not_fragment)
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
            self._outlet.run(batch, sent, 0, stop - start, start, last=stop > last)
            self.stats.resent += stop - start
        if sent.done and request.first <= block.last_packet <= request.last:
            self._send_again(block.trailer, sent, block.last_packet)
        if extended_status and not sent.done and request.last > sent.gone:
            # without these codes send nothing: UNAVAILABLE would make a host give up packets on their way
            first = max(request.first, sent.gone + 1)
            last = min(request.last, block.last_packet, first + MAX_UNAVAILABLE - 1)
            self._refuse(request, first, last, Status.PACKET_NOT_YET_AVAILABLE)

    def _send_again(self, packet: bytes, sent: Sent, packet_id: int) -> None:
        block = sent.block
        header = gvsp.header_bytes(block.extended)
        marked = gvsp.resent(np.frombuffer(packet[:header], np.uint8).reshape(1, header), block.extended)
        self._outlet.whole(marked.tobytes() + packet[header:], sent, packet_id, last=True)
        self.stats.resent += 1

    def _refuse_all(self, request: PacketResend, extended_status: bool) -> None:
        """Refuse packets of a block that is gone: each of the first ones, then all up to the last at once."""
        last = min(request.last, request.first + MAX_UNAVAILABLE - 1)
        self._refuse(request, request.first, last, Status.PACKET_REMOVED if extended_status else None)
        if extended_status and last < request.last:
            self._refuse(request, request.last, request.last, Status.PACKET_AND_PREV_REMOVED)

    def _refuse(self, request: PacketResend, first: int, last: int, status: Status | None) -> None:
        if self._outlet.target is None:
            return
        for packet_id in range(first, last + 1):
            packet = gvsp.unavailable(
                request.block_id, packet_id, request.extended, status or Status.PACKET_UNAVAILABLE
            )
            self._outlet.single(packet)

    def _probe(self, target: Target, packet_bytes: int, do_not_fragment: bool) -> None:
        self._outlet.aim(target, do_not_fragment)
        self._outlet.single(gvsp.probe_packet(packet_bytes))
