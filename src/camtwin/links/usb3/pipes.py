"""Output of a USB device: messages that wait for requests, and frames, which a thread writes.

A host fetches data by requests (URBs), each with a number and room for some bytes. A request ends when it is
full or when a transfer ends; a transfer longer than its request continues in the next one. Requests may be
cancelled (unlinked) until their answer is on its way.

Everything that a connection sends goes through its Writer's thread, so a slow host cannot block the event
loop. Between transfers of a frame the thread writes the answers that wait.

A host that does not fetch a frame in its time stalls the camera's link: the Writer says so, the model's
transmitter stands until the host asks again, and further frames wait in the camera's memory or are skipped
there. The Writer says so again when it has no frame left behind the present one: so a slow host gets fresh
images, as few wait for it as in the camera.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from camtwin.camera.faults import TRAILER, TransferFault
from camtwin.units import MS, SEC, Ns
from camtwin.wire.image import Image
from camtwin.wire.u3v import stream as u3v
from camtwin.wire.u3v import usbip

MAX_REQUESTS: Final = 1 << 16
"""Limit of pending requests on one endpoint, which bounds memory."""
MAX_MESSAGES: Final = 256
MAX_REPLIES: Final = 1 << 16
MAX_WAITING: Final = 16
"""Frames that may wait because this computer is too slow; beyond that the next one is dropped."""
MAX_PARTS: Final = 256  # in one sendmsg; the kernel takes 1024
LATE_NS: Final = 10_000_000
"""A frame that ends later than this after its time counts as late."""
GRACE_NS: Final = 100 * MS
"""Time that a host may let a frame wait for a request before it stalls the camera's link. A camera would be
stalled at once; but a host on this computer competes with the twin for CPU time."""
TURN_NS: Final = 2 * MS
"""A wait for a request that is longer than this is the host's lateness, not this computer's."""
MAX_BEHIND: Final = 12
"""Rendered frames that may wait behind one that the host lets wait, before it stalls the link."""
ESHUTDOWN: Final = 108


class InPipe:
    """An IN endpoint for messages: acknowledges or events.

    packet_bytes  of the endpoint
    answer        called with each whole USB/IP answer
    """

    def __init__(self, packet_bytes: int, answer: Callable[[bytes], object]) -> None:
        self._packet_bytes, self._answer = packet_bytes, answer
        self._requests: deque[tuple[int, int]] = deque()  # sequence, bytes
        # if nobody fetches them, the oldest is lost
        self._messages: deque[bytes] = deque(maxlen=MAX_MESSAGES)

    def request(self, sequence: int, length: int) -> None:
        """Take a host's request.

        Raises:
            ProtocolError: too many requests are pending
        """
        if len(self._requests) >= MAX_REQUESTS:
            raise usbip.ProtocolError(f"more than {MAX_REQUESTS} requests on one endpoint")
        self._requests.append((sequence, length))
        self._pump()

    def send(self, message: bytes) -> None:
        self._messages.append(message)
        self._pump()

    def unlink(self, sequence: int) -> bool:
        """Cancel a request; False if it has been answered."""
        return _take(self._requests, sequence)

    def fail(self, errno: int) -> None:
        """Answer every request with this error, and drop the messages that wait."""
        while self._requests:
            self._answer(usbip.submit_reply(self._requests.popleft()[0], 0, errno))
        self._messages.clear()

    def _pump(self) -> None:
        """Answer requests.

        A message longer than its request continues in the next, if it breaks between packets.
        """
        while self._requests and self._messages:
            (sequence, length), message = self._requests.popleft(), self._messages.popleft()
            part, rest, errno = message[:length], message[length:], 0
            if rest and length % self._packet_bytes:
                errno = usbip.EOVERFLOW
            elif rest:
                self._messages.appendleft(rest)
            self._answer(usbip.submit_reply(sequence, len(part), errno) + part)


@dataclass(eq=False)
class Job:
    """A frame to send.

    travels_ns  host times at which its first and its last byte are due; None: as soon as the host asks
    faults      of its transfers, by their place: 0 its leader, -1 its trailer, 1.. its payload
    stalled_ns  time by which the host has put that off
    waited_ns   longest time that the host has let it wait for a request
    """

    image: Image
    block_id: int
    payload_bytes: int
    payload: Future[NDArray[np.uint8]]
    transfers: u3v.Transfers
    travels_ns: tuple[Ns, Ns] | None = None
    faults: Mapping[int, TransferFault] = field(default_factory=dict[int, TransferFault])
    stalled_ns: Ns = 0
    waited_ns: Ns = 0
    cut: bool = False


@dataclass
class Stats:
    """Totals since the twin was plugged in."""

    frames: int = 0
    bytes: int = 0  # leaders, payloads and trailers
    late: int = 0  # frames
    worst_late_ns: Ns = 0
    dropped: int = 0  # frames that this computer did not make in time
    skipped: int = 0  # frames for which the camera's memory had no room, as the host fetched none
    stalls: int = 0  # pauses of the host that stalled the link
    cut: int = 0  # frames that ended early: stream disabled or halted, host gone


class Writer:
    """The thread that writes one connection.

    sock     connected, not blocking; closed by its owner, after `close`
    on_done  called on this thread when a frame has been sent or given up
    on_end   called on this thread when it ends, with the exception that ended it, if any
    on_host  called on this thread when `stalled` has changed
    on_stall  called on this thread when a transfer halts the stream's endpoint on purpose
    stalled  whether the host fetches nothing of a frame that is due
    """

    def __init__(
        self,
        sock: socket.socket,
        stats: Stats,
        on_done: Callable[[], object],
        on_end: Callable[[BaseException | None], object],
        on_host: Callable[[], object],
        on_stall: Callable[[], object] = lambda: None,
    ) -> None:
        self.stats, self.stalled = stats, False
        self._sock, self._on_done, self._on_end, self._on_host = sock, on_done, on_end, on_host
        self._on_stall = on_stall
        self._poll = select.poll()
        self._poll.register(sock, select.POLLOUT)
        self._replies: deque[bytes] = deque()
        self._requests: deque[tuple[int, int]] = deque()
        self._jobs: deque[Job] = deque()
        self._current: Job | None = None
        self._closed = False
        self._since_ns: Ns = 0  # of the last stall
        self._waited_until_ns: Ns = 0  # end of the last wait for the host
        self._slow = False  # whether the host stalled the frame before
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="usb-writer", daemon=True)
        self._thread.start()

    # -- from any thread -------------------------------------------------------------------------
    def reply(self, data: bytes) -> None:
        """Write an answer. A host that keeps asking and reads nothing is disconnected."""
        with self._wake:
            self._closed = self._closed or len(self._replies) >= MAX_REPLIES
            self._replies.append(data)
            self._wake.notify()

    def request(self, sequence: int, length: int) -> None:
        """Take a host's request for a part of a frame.

        Raises:
            ProtocolError: too many requests are pending
        """
        with self._wake:
            if len(self._requests) >= MAX_REQUESTS:
                raise usbip.ProtocolError(f"more than {MAX_REQUESTS} requests on one endpoint")
            self._requests.append((sequence, length))
            self._wake.notify()

    def unlink(self, sequence: int) -> bool:
        """Cancel such a request; False if its answer is on its way."""
        with self._wake:
            return _take(self._requests, sequence)

    def fail(self, errno: int) -> None:
        """Answer every such request with this error."""
        with self._wake:
            requests = list(self._requests)
            self._requests.clear()
        for sequence, _ in requests:
            self.reply(usbip.submit_reply(sequence, 0, errno))

    def send(self, job: Job) -> None:
        """Queue a frame to send; drop it if too many frames wait.

        A host that stalled the frame before and has no request for this one stalls it from the start.
        """
        with self._wake:
            if self._closed or len(self._jobs) >= MAX_WAITING:
                self.stats.dropped += not self._closed
                job.payload.cancel()
                return
            asked = self._requests and not self._current  # while a frame leaves they are for that one
            if self._slow and job.travels_ns and not asked and not self.stalled:
                self._stall()
            self._jobs.append(job)
            self._wake.notify()
        job.payload.add_done_callback(self._notify)

    @property
    def unfinished(self) -> int:
        """Number of frames queued or under way."""
        return len(self._unfinished())

    def _unfinished(self) -> list[Job]:
        return [*([self._current] if self._current else []), *self._jobs]

    def cut(self) -> None:
        """Break off the frame under way and those that wait."""
        with self._wake:
            for job in self._unfinished():
                job.cut = True
                job.payload.cancel()
            self._wake.notify()

    def close(self) -> None:
        """End the thread at once. May be called twice, but not on the thread itself."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def _notify(self, _: object) -> None:
        with self._wake:
            self._wake.notify()

    # -- the thread ------------------------------------------------------------------------------
    def _run(self) -> None:
        problem: BaseException | None = None
        try:
            while job := self._next():
                self.stats.cut += not self._frame(job)
                self._current = None
                self._go_on()
                self._on_done()
        except BaseException as error:
            problem = error
        with self._wake:
            for job in self._jobs:
                job.payload.cancel()
            self._jobs.clear()
        self._on_end(problem)

    def _wait(self, job: Job | None, ready: Callable[[], Any], until_ns: Ns | None = None) -> Any:
        """Write answers until `ready`, called with the lock held, returns something true, or until then.

        Return None if the frame was cut, or the connection closed, meanwhile.
        """
        while True:
            with self._wake:
                replies = list(self._replies)
                self._replies.clear()
                if not replies:
                    if self._closed or (job and job.cut):
                        return None
                    if result := ready():
                        return result
                    left_s = None if until_ns is None else (until_ns - time.monotonic_ns()) / SEC
                    if left_s is not None and left_s <= 0:
                        return True
                    self._wake.wait(left_s)
                    continue
            self._write(replies)

    def _next(self) -> Job | None:
        def first() -> Job | None:
            self._current = self._jobs.popleft() if self._jobs else None
            return self._current

        return self._wait(None, first)

    def _frame(self, job: Job) -> bool:
        """Send one frame at its times; False if it was cut."""
        if not self._wait(job, job.payload.done) or job.payload.cancelled():
            return False
        payload = job.payload.result().reshape(-1).data
        if payload.nbytes != job.payload_bytes:
            raise ValueError(f"a frame of {payload.nbytes} bytes was rendered, not {job.payload_bytes}")
        start_ns, end_ns = job.travels_ns or (0, 0)
        parts = list(self._parts(job, payload))
        for number, (at, part) in enumerate(parts):
            travelled_ns = (end_ns - start_ns) * at // job.payload_bytes
            if not self._wait(job, _never, start_ns + travelled_ns + job.stalled_ns):
                return False
            fault = job.faults.get(TRAILER if number == len(parts) - 1 else number)
            if not self._transfer(job, part, leader=not number, fault=fault):
                return False
        since_ns = max(end_ns + job.stalled_ns, self._waited_until_ns)  # when it was this computer's turn
        late_ns = time.monotonic_ns() - since_ns if job.travels_ns else 0
        self._slow = self.stalled or job.waited_ns > GRACE_NS
        self.stats.frames += 1
        self.stats.late += late_ns > LATE_NS
        self.stats.worst_late_ns = max(self.stats.worst_late_ns, late_ns)
        return True

    @staticmethod
    def _parts(job: Job, payload: memoryview) -> Iterator[tuple[int, memoryview]]:
        """Yield the frame's transfers, each with the payload bytes that have travelled once it arrives."""
        yield from u3v.block(job.image, job.block_id, payload, job.payload_bytes, job.transfers)

    def _transfer(self, job: Job, data: memoryview, *, leader: bool, fault: TransferFault | None) -> bool:
        """Answer requests with one transfer; False if it was cut, or halted the endpoint.

        A short transfer ends half-way; one that babbles is longer than its request, which the host's
        controller reports as an overflow.
        """
        if fault == "short":
            data = data[: len(data) // 2]
        while True:
            request = self._request(job, leader=leader)
            if request is None:
                return False
            sequence, length = request
            if fault == "stall":
                self._on_stall()
                self.reply(usbip.submit_reply(sequence, 0, usbip.EPIPE))
                return False
            if fault == "babble":
                self._write([usbip.submit_reply(sequence, 0, usbip.EOVERFLOW)])
                return True
            part, data = data[:length], data[length:]
            self._write([usbip.submit_reply(sequence, len(part)), part], paced=job.travels_ns is not None)
            self.stats.bytes += len(part)
            if not data:
                return True

    def _request(self, job: Job, *, leader: bool) -> tuple[int, int] | None:
        """Wait for a request; a host that lets a frame wait for too long stalls it. None if it was cut."""

        def first() -> tuple[int, int] | bool | None:
            if self._requests:
                return self._requests.popleft()
            return paced and not self.stalled and self._behind() >= MAX_BEHIND

        begun_ns = time.monotonic_ns()
        paced = job.travels_ns is not None and not self.stalled
        request = self._wait(
            job, first, begun_ns + (0 if leader and self._slow else GRACE_NS) if paced else None
        )
        if request is True:
            self._stall()
            self._on_host()
            request = self._wait(job, first)
        self._go_on()
        now = time.monotonic_ns()
        job.waited_ns = max(job.waited_ns, now - begun_ns)
        if now - begun_ns > TURN_NS:
            self._waited_until_ns = now
        return request

    def _behind(self) -> int:
        return sum(job.payload.done() for job in self._jobs)

    def _stall(self) -> None:
        """Note that the host fetches nothing."""
        self._since_ns, self.stalled, self._slow = time.monotonic_ns(), True, True
        self.stats.stalls += 1

    def _go_on(self) -> None:
        """Report that the host fetches frames again, once at most one rendered frame waits behind.

        The present one is due later by the time that the host has stalled it.
        """
        with self._wake:
            if not self.stalled or (self._behind() > 1 and not self._closed):
                return
            self.stalled = False
            if self._current:
                self._current.stalled_ns += time.monotonic_ns() - self._since_ns
        self._on_host()

    def _write(self, parts: list[Any], *, paced: bool = False) -> None:
        """Write everything. A host that reads nothing stalls the link, if the frame is one that has its time.

        Raises:
            OSError: the host has gone, or the connection was closed
        """
        while parts:
            try:
                sent = self._sock.sendmsg(parts[:MAX_PARTS])
            except BlockingIOError:
                if not self._poll.poll(GRACE_NS // MS):
                    self._await_room(paced)
                continue
            while parts and sent >= len(parts[0]):
                sent -= len(parts.pop(0))
            if sent:
                parts[0] = memoryview(parts[0])[sent:]

    def _await_room(self, paced: bool) -> None:
        if paced and not self.stalled:
            self._stall()
            self._on_host()
        while not self._poll.poll(100):
            if self._closed:
                raise OSError("closed")
        self._go_on()


def _never() -> None:
    return None


def _take(requests: deque[tuple[int, int]], sequence: int) -> bool:
    """Remove a request; False if it is not there."""
    pending = next((request for request in requests if request[0] == sequence), None)
    if pending:
        requests.remove(pending)
    return pending is not None
