"""A GigE Vision or USB3 Vision camera for the pipeline, by Aravis where that is installed.

Thin: discovery, streaming and GenICam are Aravis'. Debian: gir1.2-aravis-0.8, python3-gi.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import numpy as np

from camtwin.hosts.v4l2 import CameraProblem
from camtwin.isp.exposure import Exposure, Limits
from camtwin.isp.image import Payload
from camtwin.pixels import FORMATS

TIMEOUT_us = 2_000_000


class AravisCamera:
    """A camera that Aravis finds; use it as a context manager.

    name      its id or address; the first that is found if None
    black_DN  black level at the depth of its pixel format
    """

    def __init__(self, name: str | None = None, black_DN: float = 0.0) -> None:
        try:
            import gi  # pyright: ignore[reportMissingImports]

            gi.require_version("Aravis", "0.8")
            from gi.repository import Aravis  # pyright: ignore[reportMissingImports]
        except (ImportError, ValueError):
            raise CameraProblem("Aravis is not installed; Debian: gir1.2-aravis-0.8, python3-gi") from None
        try:
            self._camera = Aravis.Camera.new(name)
        except Exception as error:  # GLib.Error, known only where gi is
            raise CameraProblem(f"{name or 'Aravis'}: {error}") from None
        self.black_DN, self._good = black_DN, Aravis.BufferStatus.SUCCESS
        self._stream = self._camera.create_stream(None, None)
        for _ in range(4):
            self._stream.push_buffer(Aravis.Buffer.new_allocate(self._camera.get_payload()))

    def __enter__(self) -> Self:
        self._camera.start_acquisition()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        self._camera.stop_acquisition()

    def grab(self) -> Payload:
        """Return the next whole frame. CameraProblem if none comes."""
        for _ in range(8):
            buffer = self._stream.timeout_pop_buffer(TIMEOUT_us)
            if buffer is None:
                break
            try:
                if buffer.get_status() == self._good:
                    return self._payload(buffer)
            finally:
                self._stream.push_buffer(buffer)
        raise CameraProblem(f"no whole frame came within {TIMEOUT_us / 1e6:g} s")

    def _payload(self, buffer: Any) -> Payload:
        code = buffer.get_image_pixel_format() & 0xFFFFFFFF
        fmt = next((f for f in FORMATS.values() if f.code == code), None)
        if fmt is None:
            raise CameraProblem(f"pixel format {code:#010x} is unknown; known are {', '.join(FORMATS)}")
        data = np.frombuffer(bytes(buffer.get_data()), np.uint8)
        return Payload(data, fmt, buffer.get_image_width(), buffer.get_image_height(), self.black_DN)

    def apply(self, wanted: Exposure) -> None:
        """Set exposure time and gain."""
        self._camera.set_exposure_time(wanted.exposure_us)
        if self._camera.is_gain_available():
            self._camera.set_gain(wanted.gain_dB)

    def used(self) -> Exposure:
        """Return what the camera is set to now; frames on their way may have older settings."""
        gain_dB = self._camera.get_gain() if self._camera.is_gain_available() else 0.0
        return Exposure(self._camera.get_exposure_time(), gain_dB)

    def limits(self) -> Limits:
        """Return what the camera can be set to."""
        low_us, high_us = self._camera.get_exposure_time_bounds()
        low_dB, high_dB = self._camera.get_gain_bounds() if self._camera.is_gain_available() else (0.0, 0.0)
        return Limits(low_us, high_us, low_dB, high_dB)
