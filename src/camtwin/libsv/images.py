"""Images as a source hands them out, and as codes of 16 bits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from camtwin.pixels import CSI2_FORMATS, payload_bytes, unpack
from camtwin.problem import Problem
from camtwin.units import Ns

DEEP: Final = re.compile(r"(RG|BA|GB|BG)1[02]|Y1[02] ")
"""Formats of 10 and 12 bits in 16, by V4L2's four characters."""
PACKED: Final = {"AA": 10, "CC": 12}
"""Bits of the formats that V4L2 packs as CSI-2 does, by the end of their four characters."""


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """The format of images.

    pixel_format  V4L2's four characters
    stride        bytes from row to row
    length        bytes of an image
    """

    width: int
    height: int
    pixel_format: str
    stride: int
    length: int


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """An image of a stream; its data are valid until it is returned. A context manager, which returns it.

    id            number in the stream; a gap is an image that was lost
    buffer_id     of the buffer that holds it
    timestamp_ns  of its first row: of the monotonic clock, or virtual time
    data          (length,) uint8
    """

    id: int
    buffer_id: int
    timestamp_ns: Ns
    info: ImageInfo
    data: NDArray[np.uint8]
    give_back: Callable[[Image], None] = field(repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.give_back(self)


def process_image(image: Image) -> NDArray[np.uint16]:
    """Return the codes of an image, (height, width), in memory of their own.

    Raises:
        Problem: its data are too short for its format, or its format is none of a mosaic
    """
    info, name = image.info, image.info.pixel_format
    packed = PACKED.get(name[2:]) if name.startswith("p") else None
    if packed:
        used = payload_bytes(CSI2_FORMATS[packed], info.width, 1)
    elif DEEP.fullmatch(name):
        used = 2 * info.width
    elif name in ("RGGB", "GRBG", "GBRG", "BA81", "GREY"):
        used = info.width
    else:
        raise Problem(f"pixel format {name} is none of a mosaic")
    if used > info.stride or image.data.size < info.stride * (info.height - 1) + used:
        raise Problem(f"{image.data.size} bytes are less than {info.width}x{info.height} {name} need")
    padded = np.zeros(info.stride * info.height, np.uint8)
    data = image.data[: padded.size]
    padded[: data.size] = data
    rows = np.ascontiguousarray(padded.reshape(info.height, info.stride)[:, :used])
    if packed:
        return np.concatenate([unpack(row, CSI2_FORMATS[packed], info.width, 1) for row in rows])
    return rows.view("<u2").astype(np.uint16) if used == 2 * info.width else rows.astype(np.uint16)
