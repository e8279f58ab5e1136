"""From the camera's transfers to the sender's jobs: what makes pictures of exposures and blocks of pictures.

The camera says when a frame has been exposed (rendering may begin) and when its first bit leaves (it becomes
a block, and the sender's). Rendering has threads of its own (rendering.py); frames are begun in the order of
exposure, and sent in the camera's order whichever is ready first: on any number of threads the bytes are the
same. A frame that nobody receives is not rendered.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from concurrent.futures import Future
from typing import Final, Protocol
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

MAX_AHEAD: Final = 4
"""Frames rendered before their turn to be sent; each takes memory of this computer."""
MAX_UNFINISHED: Final = 4
"""Frames that a free runtime hands to the sender ahead of time: one leaves, and enough are being rendered
that the next is ready when it has left."""


class Twin(Protocol):
    """What a link needs of a twin."""

    @property
    def clock(self) -> Scheduler: ...
    @property
    def camera(self) -> Camera: ...
    def prepare(self) -> None: ...
    def render(self, exposure: Exposure, /) -> NDArray[np.uint8]: ...


def image_of(exposure: Exposure) -> Image:
    """What leader and trailer say of a frame. The layout's name changes with what the chunks are."""
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


class FrameStream(ABC):
    """Frames of one twin on their way to a sender, whatever the link; methods are for the runtime's thread.

    What a link does with them it says in `wanted`, `deliver`, `cut` and `room`.
    """

    def __init__(self, twin: Twin, runtime: WallRuntime) -> None:
        self.twin, self.runtime = twin, runtime
        self._ahead: dict[int, Future[NDArray[np.uint8]] | None] = {}  # by frame id, in order of exposure
        self._rendering = Rendering()
        self._preparing, self._prepared = threading.Lock(), False
        transmitter = twin.camera.transmitter
        self._leaving = [
            twin.camera.on_exposure.subscribe(self._on_exposure),
            transmitter.on_transfer.subscribe(self._on_transfer),
            transmitter.on_abort.subscribe(self.cut),  # frames that this computer is late with, too
        ]
        if isinstance(runtime, FreeRuntime):
            self._leaving.append(runtime.join(self))

    def dispose(self) -> None:
        """Let go of the camera and end the threads that render; frames they are at are waited for."""
        for leave in self._leaving:
            leave()
        self._forget()
        self._rendering.close()

    def end_acquisition(self) -> None:
        """Nobody is there any more."""
        camera = self.twin.camera
        if not camera.powered:
            return  # it has ended
        has_abort = camera.tree.declared["AcquisitionAbort"].here
        camera.execute("AcquisitionAbort" if has_abort else "AcquisitionStop")

    # -- what a link says ------------------------------------------------------------------------
    @abstractmethod
    def wanted(self) -> bool:
        """Does anybody receive frames now?"""

    @abstractmethod
    def deliver(self, transfer: Transfer, payload: Future[NDArray[np.uint8]]) -> None:
        """Hand a frame to whoever sends it."""

    @abstractmethod
    def cut(self) -> None:
        """End the frame under way and those that wait, where they are."""

    @abstractmethod
    def room(self) -> bool:
        """Could the sender take another frame ahead of its time?"""

    # -- what the camera tells -------------------------------------------------------------------
    def _on_exposure(self, exposure: Exposure) -> None:
        if not self.wanted():
            return
        room = sum(future is not None for future in self._ahead.values()) < MAX_AHEAD
        self._ahead[exposure.frame_id] = self._render(exposure) if room else None

    def _on_transfer(self, transfer: Transfer) -> None:
        payload = self._begun(transfer.exposure.frame_id)
        if self.wanted():
            self.deliver(transfer, payload or self._render(transfer.exposure))

    # -- what a free runtime asks ----------------------------------------------------------------
    def streaming(self) -> bool:
        return self.wanted() and not self.twin.camera.idle

    # -- rendering -------------------------------------------------------------------------------
    def _render(self, exposure: Exposure) -> Future[NDArray[np.uint8]]:
        return self._rendering.submit(self._picture, exposure)

    def prepare(self) -> None:
        """Load and make what all pictures share, once, whichever thread comes first: it is large."""
        with self._preparing:
            if not self._prepared:
                self.twin.prepare()
                self._prepared = True

    def _picture(self, exposure: Exposure) -> NDArray[np.uint8]:
        self.prepare()
        return self.twin.render(exposure)

    def _begun(self, frame_id: int) -> Future[NDArray[np.uint8]] | None:
        """The frame's rendering, if it has begun. Frames exposed before it and never sent are forgotten."""
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
