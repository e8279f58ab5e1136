"""A frame as a host in process receives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.camera import Settings
from camtwin.camera.reports import chunks
from camtwin.genicam.nodes import Order
from camtwin.pixels import FORMATS, PixelFormat, mirrored, pack
from camtwin.twins.assembly import NoTruth
from camtwin.twins.render.truth import Truth
from camtwin.units import Ns


class NoImage(RuntimeError):
    """The image of a frame was requested in a session that renders none."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A frame as a host receives it.

    image         (H, W) uint16, DN at the bit depth of settings.PixelFormat; None with render=False
    frame_id      the camera's count
    timestamp_ns  start of exposure by the camera's clock
    received_ns   virtual time at which its last bit had arrived
    settings      those it was taken with
    seed          of the twin that took it
    look          makes its truth
    part          1 for the short exposure of an image that also has a long one, with the same frame_id
    chunk_bytes   the payload behind the image
    chunk_ids     ids of the model's chunks, by name
    order         byte order of the chunks
    """

    image: NDArray[np.uint16] | None
    frame_id: int
    timestamp_ns: Ns
    received_ns: Ns
    settings: Settings
    seed: int
    chunk_bytes: bytes = b""
    chunk_ids: Mapping[str, int] = field(default_factory=dict)
    order: Order = "big"
    part: int = 0
    look: Callable[[], Truth] | None = field(default=None, repr=False)

    @property
    def truth(self) -> Truth:
        """The image before chance (docs/truth.md): made when it is asked for, each time anew.

        Raises:
            NoTruth: a frame of a camera in process alone has it, and of no sensor driven by its registers
        """
        if self.look is None:
            raise NoTruth(f"frame {self.frame_id}: no twin is known to have taken it")
        return self.look()

    @property
    def pixel_format(self) -> PixelFormat:
        """Format of the image as sent: mirroring changes a mosaic."""
        s = self.settings
        return mirrored(FORMATS[s.PixelFormat], s.ReverseX, s.ReverseY)

    @property
    def picture(self) -> NDArray[np.uint16]:
        """Return the image; NoImage if it was not rendered."""
        if self.image is None:
            raise NoImage(f"frame {self.frame_id} has no image: the session was opened with render=False")
        return self.image

    @property
    def payload(self) -> bytes:
        """Return the frame's bytes as sent, its chunks behind the image."""
        s = self.settings
        if s.ChunkModeActive and not s.ChunkEnable.get("Image", True):
            return self.chunk_bytes
        return pack(self.picture, self.pixel_format).tobytes() + self.chunk_bytes

    @property
    def chunks(self) -> dict[str, Any] | None:
        """Return the chunks' values by name, as a host parses them; None without ChunkModeActive.

        Image is the image's bytes, Binning (columns, rows), PixelFormat its name, ExposureTime in us.
        """
        return (
            chunks.parse(self.payload, self.chunk_ids, self.order) if self.settings.ChunkModeActive else None
        )
