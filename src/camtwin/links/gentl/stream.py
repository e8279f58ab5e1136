"""Frames of a twin on their way to a GenTL consumer, in memory that both share.

At a pace a frame is told of when its last bit would have arrived; if no slot is free when it is rendered,
it is dropped, as by a camera whose host fetches nothing. At pace max it waits for a buffer of the
consumer's, and the camera's time with it.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from camtwin.camera import Exposure, Transfer
from camtwin.links.base.frames import MAX_UNFINISHED, FrameStream, image_of
from camtwin.links.base.runtime import FreeRuntime, WallRuntime
from camtwin.links.gentl.memory import SLOTS, Ring, Slot
from camtwin.twins import Twin
from camtwin.units import MS, SEC, Ns
from camtwin.wire import gentl

MAX_WAITING: Final = 16
"""Frames that wait to be told of; beyond that this computer is too slow for the pace."""
LATE_NS: Final = 10 * MS
"""Delay from which a frame counts as late."""
CONSUMERS: Final = 2
"""Frames that a consumer may have in hand at pace max, beside those that the sender has."""


@dataclass
class Stats:
    """Counts of frames and bytes. late: events of the status line are the runtime's."""

    frames: int = 0
    bytes: int = 0
    dropped: int = 0
    cut: int = 0
    late: int = 0
    worst_late_ns: Ns = 0


@dataclass(eq=False)
class Job:
    """A frame for the sender. due_ns: the host time at which it has arrived; None: at once."""

    transfer: Transfer
    slot: Future[Slot | None]
    frame_id: int
    due_ns: Ns | None


class GentlStream(FrameStream[Slot | None]):
    """The stream of one twin; it has one receiver at a time, the second connection of a session.

    frame_id  returns the id of a frame
    roomy     called when there may be room for another frame, on any thread
    failed    called with an exception of the sender's thread
    """

    def __init__(
        self,
        twin: Twin,
        runtime: WallRuntime,
        frame_id: Callable[[Transfer], int],
        roomy: Callable[[], object],
        failed: Callable[[BaseException], object],
    ) -> None:
        super().__init__(twin, runtime)
        self.stats = Stats()
        self.generation = 0
        self._own_twin, self._frame_id, self._roomy, self._failed = twin, frame_id, roomy, failed
        self._receiver: socket.socket | None = None
        self._ring: Ring | None = None
        self._told: Ring | None = None  # the ring that the receiver has
        self._lent: dict[tuple[int, int], Slot] = {}  # frames that the receiver has not yet put into a buffer
        self._kept: dict[tuple[int, int], Slot] = {}  # slots that are buffers of the receiver's
        self._jobs: deque[Job] = deque()
        self._sending = self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    # -- the session ---------------------------------------------------------------------------------
    def open(self, receiver: socket.socket) -> int:
        """Send frames to a receiver from now on; return the stream's generation."""
        self._drop()
        with self._changed:
            self.generation += 1
            self._receiver, self._told = receiver, None
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="gentl sender", daemon=True)
                self._thread.start()
        return self.generation

    def close(self) -> None:
        """Send nothing more. Slots that the receiver has stay its own."""
        with self._changed:
            self._receiver = None
        self._drop()

    def take_back(self) -> None:
        """Free all slots: the receiver has gone."""
        with self._changed:
            slots = [*self._lent.values(), *self._kept.values()]
            self._lent.clear()
            self._kept.clear()
        del slots

    def taken(self, ring: int, slot: int) -> None:
        """Note that a frame lies in a buffer of the receiver's, which keeps the slot."""
        with self._changed:
            if one := self._lent.pop((ring, slot), None):
                self._kept[ring, slot] = one

    def released(self, ring: int, slot: int) -> None:
        """Note that the receiver does not use a slot any more."""
        with self._changed:
            one = self._lent.pop((ring, slot), None) or self._kept.pop((ring, slot), None)
        del one

    def dispose(self) -> None:
        """Leave the camera; end the sender and rendering. May be called twice."""
        self.close()
        super().dispose()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread:
            self._thread.join()
        self.take_back()

    def _drop(self) -> None:
        self.cut()
        self._forget()

    # -- FrameStream -----------------------------------------------------------------------------
    def wanted(self) -> bool:
        return self._receiver is not None

    def deliver(self, transfer: Transfer, payload: Future[Slot | None]) -> None:
        free = isinstance(self.runtime, FreeRuntime)
        due_ns = None if free else self.runtime.host_ns(transfer.end_ns)
        job = Job(transfer, payload, self._frame_id(transfer), due_ns)
        with self._changed:
            if len(self._jobs) >= MAX_WAITING:
                payload.cancel()
                self.stats.dropped += 1
                return
            self._jobs.append(job)
            self._changed.notify_all()
        payload.add_done_callback(self._notify)

    def cut(self) -> None:
        with self._changed:
            self.stats.cut += len(self._jobs)
            for job in self._jobs:
                job.slot.cancel()
            self._jobs.clear()
            self._changed.notify_all()

    def room(self) -> bool:
        return len(self._jobs) + self._sending + len(self._lent) < MAX_UNFINISHED + CONSUMERS

    def rendered(self, exposure: Exposure) -> Slot | None:
        """Render a frame into a slot; None if none is free."""
        size = exposure.payload_bytes
        with self._changed:
            if self._ring is None or size > self._ring.slot_bytes:
                self._ring = Ring(size, self._roomy)
            slot = self._ring.take()
        if slot:
            self._own_twin.render(exposure, slot.memory(size))
        return slot

    # -- the thread that sends -----------------------------------------------------------------------
    def _notify(self, _: object) -> None:
        with self._changed:
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._jobs)
                if self._closed:
                    return
                job, generation, self._sending = self._jobs.popleft(), self.generation, True
            try:
                self._send(job, generation)
            except Exception as problem:
                self._failed(problem)
            finally:
                self._sending = False
                del job
                self._roomy()

    def _send(self, job: Job, generation: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or job.slot.done())
            if self._closed or job.slot.cancelled():
                return
        slot = job.slot.result()
        if slot is None:
            self.stats.dropped += 1
            return
        self._wait_for_the_last_bit(job)
        exposure = job.transfer.exposure
        message = gentl.frame(
            *slot.place,
            image_of(exposure),
            generation=generation,
            payload_bytes=exposure.payload_bytes,
            frame_id=job.frame_id,
            patient=job.due_ns is None,
        )
        with self._changed:
            if self._receiver is None or generation != self.generation:
                return
            with contextlib.suppress(OSError):  # the receiver has gone, or stands still
                self._tell(self._receiver, slot, message)
                self._lent[slot.place] = slot
                self.stats.frames += 1
                self.stats.bytes += exposure.payload_bytes
                return
            self.stats.dropped += 1

    def _wait_for_the_last_bit(self, job: Job) -> None:
        if job.due_ns is None:
            return
        late_ns = time.monotonic_ns() - job.due_ns
        if late_ns < 0:
            time.sleep(-late_ns / SEC)
        elif late_ns > LATE_NS:
            self.stats.late += 1
            self.stats.worst_late_ns = max(self.stats.worst_late_ns, late_ns)

    def _tell(self, receiver: socket.socket, slot: Slot, message: bytes) -> None:
        ring = slot.ring
        if self._told is not ring:
            head = gentl.memory(ring.number, SLOTS, ring.slot_bytes)
            socket.send_fds(receiver, [head], [ring.fd], socket.MSG_NOSIGNAL)
            self._told = ring
        receiver.send(message, socket.MSG_NOSIGNAL)
