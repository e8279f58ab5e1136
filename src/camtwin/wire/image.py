"""Image headers that all links share: the contents of GVSP's and USB3 Vision's leaders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from camtwin.units import Ns

IMAGE: Final = 1
CHUNKS: Final = 4  # chunks and no image
IMAGE_CHUNKS: Final = 0x4001  # an image with "extended chunk data"


@dataclass(frozen=True, slots=True)
class Image:
    """The contents of a leader: PFNC `pixel_format`, sizes and offsets in pixels, paddings in bytes."""

    width: int
    height: int
    offset_x: int
    offset_y: int
    pixel_format: int
    timestamp_ns: Ns
    padding_x: int = 0
    padding_y: int = 0
    payload_type: int = IMAGE
    chunk_layout_id: int = 0
