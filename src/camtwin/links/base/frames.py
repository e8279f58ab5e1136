"""From the camera's transfers to the sender's jobs: render exposures and hand them to the link.

The camera reports when a frame has been exposed (rendering may begin) and when its first bit leaves (the
frame becomes a job of the sender). Rendering runs on threads of its own (render_pool.py). Frames are begun in
the order of exposure and sent in the camera's order, whichever is ready first: the bytes are the same on any
number of threads. A frame that no host receives is not rendered.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from concurrent.futures import Future
from typing import Final, Generic, Protocol, TypeVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from camtwin.camera import Camera, Exposure, Transfer
from camtwin.camera.reports import chunks
from camtwin.links.base.render_pool import Rendering
from camtwin.links.base.runtime import FreeRuntime, WallRuntime
from camtwin.simtime import Scheduler
from camtwin.wire import image
from camtwin.wire.image import Image

P = TypeVar("P")
"""A rendered frame, as the sender takes it."""

MAX_AHEAD: Final = 4
"""Frames rendered before it is their turn to be sent; each takes memory."""
MAX_UNFINISHED: Final = 4
"""Frames that a free runtime hands to the sender ahead of time: while one leaves, enough are being rendered
that the next one is ready."""


class StreamedTwin(Protocol):
    """The parts of a twin that a link uses."""

    @property
    def clock(self) -> Scheduler: ...
    @property
    def camera(self) -> Camera: ...
    def prepare(self) -> None: ...
    def render(self, exposure: Exposure, /) -> NDArray[np.uint8]: ...


def image_of(exposure: Exposure) -> Image:
    """Return the contents of a frame's leader and trailer; the layout's id depends on the set of chunks."""
    s, kind = exposure.settings, image.IMAGE
    if s.ChunkModeActive:
        kind = image.IMAGE_CHUNKS if exposure.has_image else image.CHUNKS
    return Image(
        s.Width,
        s.Height,
        s.OffsetX,
        s.OffsetY,
        exposure.pixel_format.code,
        exposure.timestamp_ns,
        payload_type=kind,
        chunk_layout_id=crc32(repr((chunks.enabled(exposure), exposure.payload_bytes)).encode()),
    )


class FrameStream(ABC, Generic[P]):
    """Frames of one twin on their way to a sender; methods run on the runtime's thread.

    Each link implements `wanted`, `deliver`, `cut`, `room`, and `rendered`, which runs on rendering threads.
    """

    def __init__(self, twin: StreamedTwin, runtime: WallRuntime) -> None:
        self.twin, self.runtime = twin, runtime
        self._ahead: dict[int, Future[P] | None] = {}  # by frame id, in order of exposure
        self._rendering = Rendering()
        self._preparing, self._prepared = threading.Lock(), False
        transmitter = twin.camera.transmitter
        self._leaving = [
            twin.camera.on_exposure.subscribe(self._on_exposure),
            transmitter.on_transfer.subscribe(self._on_transfer),
            transmitter.on_abort.subscribe(self._abort),
        ]
        if isinstance(runtime, FreeRuntime):
            self._leaving.append(runtime.join(self))

    def dispose(self) -> None:
        """Leave the camera and end rendering; frames being rendered are waited for."""
        for leave in self._leaving:
            leave()
        self._forget()
        self._rendering.close()

    # -- to be implemented by each link ----------------------------------------------------------------
    @abstractmethod
    def wanted(self) -> bool:
        """Tell whether a host receives frames now."""

    @abstractmethod
    def deliver(self, transfer: Transfer, payload: Future[P]) -> None:
        """Hand a frame to the sender."""

    @abstractmethod
    def cut(self) -> None:
        """Break off the frame under way and those that wait."""

    @abstractmethod
    def room(self) -> bool:
        """Tell whether the sender can take another frame ahead of its time."""

    @abstractmethod
    def rendered(self, exposure: Exposure) -> P:
        """Render a frame."""

    # -- the camera's reports ---------------------------------------------------------------------------
    def _on_exposure(self, exposure: Exposure) -> None:
        if not self.wanted():
            return
        room = sum(future is not None for future in self._ahead.values()) < MAX_AHEAD
        self._ahead[exposure.frame_id] = self._render(exposure) if room else None

    def _on_transfer(self, transfer: Transfer) -> None:
        payload = self._begun(transfer.exposure.frame_id)
        if self.wanted():
            self.deliver(transfer, payload or self._render(transfer.exposure))

    def _abort(self) -> None:
        """Drop all frames, including those that this computer is late with."""
        self.cut()
        self._forget()

    # -- for a free runtime ------------------------------------------------------------------------------
    def streaming(self) -> bool:
        return self.wanted() and not self.twin.camera.idle

    # -- rendering -------------------------------------------------------------------------------
    def _render(self, exposure: Exposure) -> Future[P]:
        return self._rendering.submit(self._picture, exposure)

    def prepare(self) -> None:
        """Load what all frames share, which is large: once, on whichever thread comes first."""
        with self._preparing:
            if not self._prepared:
                self.twin.prepare()
                self._prepared = True

    def _picture(self, exposure: Exposure) -> P:
        self.prepare()
        return self.rendered(exposure)

    def _begun(self, frame_id: int) -> Future[P] | None:
        """Return the frame's rendering, if it has begun; drop older frames that were never sent."""
        while frame_id in self._ahead:
            first = next(iter(self._ahead))
            future = self._ahead.pop(first)
            if first == frame_id:
                return future
            if future:
                future.cancel()
        return None

    def _forget(self) -> None:
        for future in self._ahead.values():
            if future:
                future.cancel()
        self._ahead.clear()


class PayloadStream(FrameStream[NDArray[np.uint8]]):
    """Frames in memory of their own."""

    def rendered(self, exposure: Exposure) -> NDArray[np.uint8]:
        """Render a frame: its bytes as sent."""
        return self.twin.render(exposure)
