"""Frames from what files say of them: a description, by name or as a camera's settings, and the numbers.

A description is a mapping, as the metadata of `camtwin snap` or a JSON file beside the frame has it:

    pixel_format   PFNC's name, "BayerGR12"; with it mosaic and bits are known
    mosaic, bits   where there is no pixel_format: "GRBG" or "" for mono; 8..16
    width, height  of a file without a header
    black_DN       black level; 0 if left out
    gain_dB        for the noise
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.image import Frame, Payload, Raw
from camtwin.isp.mosaic import IspProblem
from camtwin.pixels import FORMATS

KNOWN = ("pixel_format", "mosaic", "bits", "width", "height", "black_DN", "gain_dB")


@dataclass(frozen=True)
class Description:
    """Description of a frame; None or 0 for unknown values."""

    pixel_format: str | None = None
    mosaic: str | None = None
    bits: int | None = None
    width: int | None = None
    height: int | None = None
    black_DN: float = 0.0
    gain_dB: float = 0.0

    @classmethod
    def of(cls, *mappings: Mapping[str, Any]) -> Description:
        """Merge descriptions, the last one having priority; IspProblem names an unusable value."""
        values: dict[str, Any] = {}
        for mapping in mappings:
            values |= {name: mapping[name] for name in KNOWN if mapping.get(name) is not None}
        try:
            kinds = {"pixel_format": str, "mosaic": str, "black_DN": float, "gain_dB": float}
            values = {name: kinds.get(name, int)(value) for name, value in values.items()}
        except (TypeError, ValueError):
            raise IspProblem(f"frame's description {values} has a value of the wrong kind") from None
        if (name := values.get("pixel_format")) is not None and name not in FORMATS:
            raise IspProblem(f"pixel format {name} is unknown; known are {', '.join(FORMATS)}")
        return cls(**values)

    def frame(self, name: str, image: NDArray[Any]) -> Raw:
        """Return the frame of rows and columns that a file holds."""
        fmt = FORMATS.get(self.pixel_format or "")
        mosaic = self.mosaic if self.mosaic is not None else (fmt.mosaic if fmt else None)
        bits = self.bits or (fmt.bits if fmt else None)
        if mosaic is None:
            raise IspProblem(
                f"{name}: says nothing of its mosaic; give --mosaic RGGB, GRBG, GBRG, BGGR or mono"
            )
        if bits is None:
            bits = 8 if image.dtype == np.uint8 else max(8, int(image.max(initial=0)).bit_length())
        return Raw(image, bits, mosaic, self.black_DN)

    def payload(self, name: str, data: bytes) -> Frame:
        """Return the frame of a file without a header."""
        missing = [key for key in ("pixel_format", "width", "height") if not getattr(self, key)]
        if missing:
            raise IspProblem(f"{name}: has no header; give its {', '.join(missing)}")
        fmt = FORMATS[str(self.pixel_format)]
        return Payload(
            np.frombuffer(data, np.uint8), fmt, int(self.width or 0), int(self.height or 0), self.black_DN
        )
