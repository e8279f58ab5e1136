"""A frame as a host in process has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.camera import Settings
from camtwin.camera.reports import chunks
from camtwin.genicam.nodes import Order
from camtwin.pixels import FORMATS, PixelFormat, mirrored, pack
from camtwin.units import Ns


class NoImage(RuntimeError):
    """A frame's picture was asked for in a session that renders none."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A frame as a host has it.

    image         (H, W) uint16, DN at the bit depth of settings.PixelFormat; None with render=False
    frame_id      the camera's count
    timestamp_ns  start of exposure by the camera's clock
    received_ns   virtual time at which its last bit had arrived
    settings      those it was taken with
    seed          of the twin that took it
    part          1 for the short exposure of a picture that has a long one, too, under the same frame_id
    chunk_bytes   what follows the image in the payload
    order         byte order of the chunks
    """

    image: NDArray[np.uint16] | None
    frame_id: int
    timestamp_ns: Ns
    received_ns: Ns
    settings: Settings
    seed: int
    chunk_bytes: bytes = b""
    order: Order = "big"
    part: int = 0

    @property
    def pixel_format(self) -> PixelFormat:
        """As the picture is: mirroring a mosaic makes another one of it."""
        s = self.settings
        return mirrored(FORMATS[s.PixelFormat], s.ReverseX, s.ReverseY)

    @property
    def picture(self) -> NDArray[np.uint16]:
        """The image, where one is needed: NoImage if it was not rendered."""
        if self.image is None:
            raise NoImage(f"frame {self.frame_id} has no image: the session was opened with render=False")
        return self.image

    @property
    def payload(self) -> bytes:
        """The frame's bytes as they travel, its chunks behind the image."""
        s = self.settings
        if s.ChunkModeActive and not s.ChunkEnable["Image"]:
            return self.chunk_bytes
        return pack(self.picture, self.pixel_format).tobytes() + self.chunk_bytes

    @property
    def chunks(self) -> dict[str, Any] | None:
        """Name -> value, as a host parses the payload's bytes; None without ChunkModeActive.

        Image is the image's bytes, Binning (columns, rows), PixelFormat its name, ExposureTime in us."""
        return chunks.parse(self.payload, self.order) if self.settings.ChunkModeActive else None
