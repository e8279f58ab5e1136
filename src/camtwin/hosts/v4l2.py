"""A V4L2 camera for the pipeline: raw frames by OpenCV, exposure and gain by V4L2 controls.

Thin: formats, buffers and streaming are OpenCV's. Linux only.
"""

from __future__ import annotations

import os
import struct
from types import TracebackType
from typing import Self

import numpy as np

from camtwin.hosts.problem import CameraProblem
from camtwin.isp.exposure import Exposure
from camtwin.isp.image import Payload
from camtwin.pixels import FORMATS, PixelFormat, payload_bytes

VIDIOC_G_CTRL, VIDIOC_S_CTRL = 0xC008561B, 0xC008561C
"""linux/videodev2.h: _IOWR('V', 27 and 28, struct v4l2_control), which is an id and a value, 32 bits each."""
EXPOSURE, ANALOGUE_GAIN = 0x00980911, 0x009E0903
"""linux/v4l2-controls.h: V4L2_CID_EXPOSURE, V4L2_CID_ANALOGUE_GAIN."""
FOURCC = {"BayerRG10": "RG10", "BayerGR10": "BA10", "BayerGB10": "GB10", "BayerBG10": "BG10"} | {
    "BayerRG12": "RG12", "BayerGR12": "BA12", "BayerGB12": "GB12", "BayerBG12": "BG12", "Mono8": "GREY",
}  # fmt: skip
"""V4L2's four letters of PFNC formats that lie alike in memory."""


class V4l2Camera:
    """A video device; use it as a context manager.

    path      /dev/video0
    format    PFNC's name; one of FOURCC
    line_us   time of a row, in which EXPOSURE counts
    black_DN  black level
    """

    def __init__(
        self, path: str, format: str, width: int, height: int, line_us: float, black_DN: float = 0.0
    ) -> None:
        import cv2

        if format not in FOURCC:
            raise CameraProblem(f"{path}: format {format} is none of {', '.join(FOURCC)}")
        self.path, self.line_us, self.black_DN = path, line_us, black_DN
        self.format: PixelFormat = FORMATS[format]
        self.width, self.height = width, height
        self._capture = cv2.VideoCapture(path, cv2.CAP_V4L2)
        if not self._capture.isOpened():
            raise CameraProblem(f"{path}: no video device that OpenCV can open")
        for name, value in (
            (cv2.CAP_PROP_CONVERT_RGB, 0),
            (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*FOURCC[format])),
            (cv2.CAP_PROP_FRAME_WIDTH, width),
            (cv2.CAP_PROP_FRAME_HEIGHT, height),
        ):
            self._capture.set(name, value)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        self._capture.release()

    def grab(self) -> Payload:
        """Return the next frame. CameraProblem if none comes, or one of another size."""
        good, data = self._capture.read()
        if not good:
            raise CameraProblem(f"{self.path}: no frame arrives")
        flat = np.ascontiguousarray(data).reshape(-1).view(np.uint8)
        expected = payload_bytes(self.format, self.width, self.height)
        if flat.size != expected:
            raise CameraProblem(
                f"{self.path}: frame of {flat.size} bytes is not the {expected} of {self.format.name}"
            )
        return Payload(flat, self.format, self.width, self.height, self.black_DN)

    def apply(self, wanted: Exposure, gain_code: int | None = None) -> None:
        """Set the exposure in whole rows, and the analogue gain where its code is given."""
        self.control(EXPOSURE, max(1, round(wanted.exposure_us / self.line_us)))
        if gain_code is not None:
            self.control(ANALOGUE_GAIN, gain_code)

    def used(self, gain_dB: float = 0.0) -> Exposure:
        """Return what the device is set to now."""
        return Exposure(self.control(EXPOSURE) * self.line_us, gain_dB)

    def control(self, number: int, value: int | None = None) -> int:
        """Return a control's value, after `value` was written if it is given."""
        import fcntl

        device = os.open(self.path, os.O_RDWR)
        try:
            request = VIDIOC_G_CTRL if value is None else VIDIOC_S_CTRL
            answer = fcntl.ioctl(device, request, control_bytes(number, value or 0))
        except OSError as error:
            raise CameraProblem(f"{self.path}: control {number:#010x}: {error.strerror}") from None
        finally:
            os.close(device)
        return struct.unpack("=Ii", answer)[1]


def control_bytes(number: int, value: int) -> bytes:
    """Return a struct v4l2_control."""
    return struct.pack("=Ii", number, value)
