"""What a stream says of a picture before its bytes, whatever the link: GVSP's and USB3 Vision's leaders."""

from __future__ import annotations

from dataclasses import dataclass

from camtwin.units import Ns


@dataclass(frozen=True, slots=True)
class Image:
    """What a leader says. `pixel_format` is the PFNC code; sizes and offsets in pixels, paddings in bytes."""

    width: int
    height: int
    offset_x: int
    offset_y: int
    pixel_format: int
    timestamp_ns: Ns
    padding_x: int = 0
    padding_y: int = 0
