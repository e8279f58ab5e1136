"""A V4L2 camera for the pipeline: raw frames, exposure and analogue gain. Linux only."""

from __future__ import annotations

import os
from math import log10
from types import TracebackType
from typing import Final, Self

from camtwin.hosts.problem import CameraProblem
from camtwin.isp.exposure import Exposure, Limits
from camtwin.isp.image import Payload
from camtwin.libsv.v4l2 import V4l2Source
from camtwin.pixels import FORMATS, PixelFormat, payload_bytes

EXPOSURE, ANALOGUE_GAIN = 0x00980911, 0x009E0903
"""linux/v4l2-controls.h: V4L2_CID_EXPOSURE, V4L2_CID_ANALOGUE_GAIN."""
FOURCC = {"BayerRG10": "RG10", "BayerGR10": "BA10", "BayerGB10": "GB10", "BayerBG10": "BG10"} | {
    "BayerRG12": "RG12", "BayerGR12": "BA12", "BayerGB12": "GB12", "BayerBG12": "BG12", "Mono8": "GREY",
}  # fmt: skip
"""V4L2's four letters of PFNC formats that lie alike in memory."""
BUFFERS: Final = 4
PATIENCE_s: Final = 5


class V4l2Camera:
    """A video device; use it as a context manager.

    path      /dev/video0, or a link to one
    format    PFNC's name; one of FOURCC
    line_us   time of a row, in which EXPOSURE counts
    black_DN  black level
    gain_of   N, where ANALOGUE_GAIN's code c is a gain of N / (N - c), as sensors of Sony's have it; None: it
              is left alone

    Raises:
        Problem: it cannot be opened, or has no such format or size; one line that names it
    """

    def __init__(
        self,
        path: str,
        format: str,
        width: int,
        height: int,
        line_us: float,
        black_DN: float = 0.0,
        gain_of: int | None = 1024,
    ) -> None:
        if format not in FOURCC:
            raise CameraProblem(f"{path}: format {format} is none of {', '.join(FOURCC)}")
        self.path, self.line_us, self.black_DN, self.gain_of = path, line_us, black_DN, gain_of
        self.format: PixelFormat = FORMATS[format]
        self.width, self.height = width, height
        self._source = V4l2Source(os.path.realpath(path))
        self._source.set_format(FOURCC[format], (width, height))
        info = self._source.info()
        if (info.width, info.height) != (width, height):
            self._source.close()
            raise CameraProblem(
                f"{path}: size {width}x{height}: the nearest it has is {info.width}x{info.height}"
            )

    def __enter__(self) -> Self:
        self._source.start(BUFFERS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        self._source.close()

    def grab(self) -> Payload:
        """Return the next frame. CameraProblem if none comes, or one of another size."""
        image = self._source.next(PATIENCE_s * 1000)
        if image is None:
            raise CameraProblem(f"{self.path}: no frame arrives within {PATIENCE_s} s")
        with image:
            row, stride = payload_bytes(self.format, self.width, 1), image.info.stride
            if image.data.size < stride * self.height:
                raise CameraProblem(
                    f"{self.path}: frame of {image.data.size} bytes is not {self.height} rows of {stride}"
                )
            rows = image.data[: stride * self.height].reshape(self.height, stride)
            flat = rows[:, :row].flatten()  # a copy: the buffer goes back
        return Payload(flat, self.format, self.width, self.height, self.black_DN)

    def apply(self, wanted: Exposure) -> None:
        """Set the exposure in whole rows, and the analogue gain."""
        self._source.set(EXPOSURE, max(1, round(wanted.exposure_us / self.line_us)))
        if self.gain_of is not None:
            code = round(self.gain_of - self.gain_of / 10 ** (wanted.gain_dB / 20))
            self._source.set(ANALOGUE_GAIN, code)

    def used(self) -> Exposure:
        """Return what the device is set to now; frames on their way may have older settings."""
        code = 0 if self.gain_of is None else self._source.get(ANALOGUE_GAIN)
        return Exposure(self._source.get(EXPOSURE) * self.line_us, self._gain_dB(code))

    def limits(self) -> Limits:
        """Return what the device can be set to."""
        rows = self._source.limits(EXPOSURE)
        gain = (0, 0)
        if self.gain_of is not None:
            codes = self._source.limits(ANALOGUE_GAIN)
            gain = codes.min, codes.max
        low, high = map(self._gain_dB, gain)
        return Limits(max(rows.min, 1) * self.line_us, rows.max * self.line_us, low, high)

    def _gain_dB(self, code: int) -> float:
        return 0.0 if self.gain_of is None else 20 * log10(self.gain_of / (self.gain_of - code))
