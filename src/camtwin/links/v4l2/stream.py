"""Frames of a driver on their way into the buffers of a video node.

A frame that has arrived takes the buffer that waits longest, of each file that streams, and is rendered on a
thread of its own (links/base/render_pool.py); one for which there is no buffer is lost, and its number with
it. Frames are handed over in the order of their numbers, whichever is ready first.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

from camtwin.links.base.render_pool import Rendering
from camtwin.links.base.runtime import FreeRuntime, WallRuntime
from camtwin.links.v4l2.capture import Capture
from camtwin.links.v4l2.contract import Driver, Pixels
from camtwin.links.v4l2.formats import VideoFormat
from camtwin.links.v4l2.queue import Slot, write
from camtwin.links.v4l2.video import VideoNode
from camtwin.problem import Problem
from camtwin.subscribers import Subscribers
from camtwin.units import Ns

MAX_UNFINISHED: Final = 4
"""Frames that a free runtime lets come before the first of them is rendered."""


class Frame(Protocol):
    """A frame that has arrived; numbers count from 0 in each stream.

    configuration: what it is taken with
    """

    @property
    def number(self) -> int: ...
    @property
    def configuration(self) -> object: ...


F = TypeVar("F", bound=Frame)


class FrameSource(Driver, Protocol[F]):
    """A driver that gives frames."""

    on_frame: Subscribers[F]


@dataclass
class Job(Generic[F]):
    """A frame that is being rendered into a buffer of each capture, until it is cancelled."""

    frame: F
    places: list[tuple[Capture, Slot]]
    format: VideoFormat
    timestamp_ns: Ns
    done: Future[set[int]] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def leave(self, capture: Capture | None) -> None:
        """Write nothing more for a capture, or for any; wait for what is just being written."""
        with self.lock:
            self.places = [one for one in self.places if capture and one[0] is not capture]
        if not self.places and self.done:
            self.done.cancel()


class NodeStream(Generic[F]):
    """The stream of one node.

    image  returns the pixels of a frame; called on several threads
    still  whether one image is repeated as long as nothing is set, for a scene that does not move

    frames, lost, bytes  count what has been delivered
    """

    def __init__(
        self,
        source: FrameSource[F],
        image: Callable[[F], Pixels],
        video: VideoNode,
        runtime: WallRuntime,
        *,
        still: bool = False,
    ) -> None:
        self.source, self.image, self.video, self.runtime = source, image, video, runtime
        self.still = still
        self.frames = self.lost = self.bytes = self.next_number = 0
        self._rendering = Rendering()
        self._jobs: deque[Job[F]] = deque()
        self._latest: tuple[object, VideoFormat, memoryview] | None = None
        self._loop = asyncio.get_running_loop()
        self._zero_ns = runtime.host_now() - runtime.now()
        self._leaving = [source.on_frame.subscribe(self._arrived)]
        if isinstance(runtime, FreeRuntime):
            self._leaving.append(runtime.join(self))

    def dispose(self) -> None:
        """Leave the driver and end rendering."""
        for leave in self._leaving:
            leave()
        self._cancel()
        self._rendering.close()

    def prepare(self, call: Callable[[], object]) -> Future[object]:
        """Load what all frames share on a thread of rendering."""
        return self._rendering.submit(call)

    def monotonic_ns(self) -> Ns:
        """Return the present camera time on the scale of Linux' monotonic clock, as programs see it."""
        return self._zero_ns + self.runtime.clock.now

    # -- video.FrameSink -----------------------------------------------------------------------------------
    def start(self) -> None:
        """Start the driver. Problem if that fails."""
        self._cancel()
        self.next_number = 0
        self.source.start()

    def stop(self) -> None:
        """End the stream; nothing is written into a buffer from now on."""
        with contextlib.suppress(Problem):
            self.video.formats.command(self.source.stop)
        self._cancel()

    def leave(self, capture: Capture) -> None:
        """Write nothing into the buffers of one capture from now on."""
        for job in self._jobs:
            job.leave(capture)

    def fed(self) -> None:
        """Let a free runtime see that there is another buffer."""
        self.runtime.wake()

    # -- links.base.runtime.Stream ---------------------------------------------------------------------
    def streaming(self) -> bool:
        return bool(self.video.streaming)

    def room(self) -> bool:
        """Tell whether each capture has a buffer: all frames are for all of them."""
        ready = all(capture.queue.has_room for capture in self.video.streaming)
        return ready and len(self._jobs) < MAX_UNFINISHED

    # -- frames --------------------------------------------------------------------------------------
    def _arrived(self, frame: F) -> None:
        self.next_number = frame.number + 1
        places: list[tuple[Capture, Slot]] = []
        for capture in self.video.streaming:
            if slot := capture.queue.begin_frame():
                places.append((capture, slot))
            else:
                self.lost += 1
        if not places:
            return
        job = Job(frame, places, self.video.format, self.monotonic_ns())
        self._jobs.append(job)
        job.done = self._rendering.submit(self._put, job)
        job.done.add_done_callback(self._tell)

    def _tell(self, _: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._finished)

    def _put(self, job: Job[F]) -> set[int]:
        """Render a frame and write it into its buffers; return the ids of those that have room for it."""
        if not any(slot.length >= job.format.bytes for _, slot in job.places):
            return set()
        data = self._data(job)
        written: set[int] = set()
        for place in tuple(job.places):
            with job.lock:
                if place in job.places and place[1].length >= job.format.bytes and write(place[1], data):
                    written.add(id(place[1]))
        return written

    def _data(self, job: Job[F]) -> memoryview:
        latest, key = self._latest, job.frame.configuration
        if self.still and latest and latest[1] == job.format and latest[0] == key:
            return latest[2]
        data = job.format.data(self.image(job.frame)).data
        if self.still:
            self._latest = key, job.format, data
        return data

    def _finished(self) -> None:
        """Hand over the frames that are ready, in their order."""
        while self._jobs and (done := self._jobs[0].done) and done.done():
            job = self._jobs.popleft()
            written: set[int] = set()
            try:
                written = done.result()
            except (CancelledError, Problem):
                pass
            except Exception as problem:
                self.runtime.fail(problem)
                return
            for capture, slot in job.places:
                count = job.format.bytes if id(slot) in written else 0
                sequence = job.frame.number - capture.first
                capture.queue.end_frame(slot, sequence, job.timestamp_ns, count)
                self.frames += 1
                self.bytes += count
                capture.deliver()
        self.runtime.wake()

    def _cancel(self) -> None:
        """Drop all frames under way; wait for one that is just being written."""
        jobs, self._jobs = self._jobs, deque()
        for job in jobs:
            job.leave(None)
