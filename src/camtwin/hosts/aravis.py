"""A GigE Vision or USB3 Vision camera, by Aravis where that is installed.

Thin: discovery, streaming and GenICam are Aravis' (aravis_library.py).
"""

from __future__ import annotations

import contextlib
import ctypes
from ctypes import byref, c_double, c_int64, c_size_t
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from camtwin.hosts.aravis_library import SUCCESS, call, text
from camtwin.hosts.problem import CameraProblem
from camtwin.isp.exposure import Exposure, Limits
from camtwin.isp.image import Payload
from camtwin.pixels import FORMATS

TIMEOUT_us: Final = 2_000_000
MIN_BUFFERS, MAX_BUFFERS = 4, 128
BUFFER_BYTES: Final = 512 << 20
"""Memory for frames that wait for the program, as far as that makes more than the fewest buffers."""
MAX_XML_BYTES: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Received:
    """A frame, or what has come of one. whole: nothing of it is missing. id: its block id on the link."""

    whole: bool
    id: int
    timestamp_ns: int
    width: int
    height: int
    offset: tuple[int, int]
    pixel_format: int
    chunks: bool
    data: NDArray[np.uint8]


class AravisDevice:
    """A camera that Aravis finds; a context manager, in which it streams. `close` leaves it.

    name  its id or address; the first that is found if None

    Raises:
        CameraProblem: there is none, or it does not answer
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name or "Aravis"
        try:
            self._camera = call("arv_camera_new", None if name is None else text(name))
            if not self._camera:
                raise CameraProblem("no camera is found")
        except CameraProblem as problem:
            raise CameraProblem(f"{self.name}: {problem}") from None
        self._device = call("arv_camera_get_device", self._camera)
        self._stream: int | None = None

    def close(self) -> None:
        """Leave the camera."""
        self._leave_stream()
        if self._camera:
            call("g_object_unref", self._camera)
        self._camera = None

    def _leave_stream(self) -> None:
        if self._stream:
            call("g_object_unref", self._stream)
        self._stream = None

    @property
    def has_network(self) -> bool:
        """Whether it is a GigE Vision camera."""
        return bool(call("arv_camera_is_gv_device", self._camera))

    # -- features ----------------------------------------------------------------------------------------
    def xml(self) -> bytes:
        """Return the camera's description."""
        size = c_size_t()
        at = call("arv_device_get_genicam_xml", self._device, byref(size))
        if not at or size.value > MAX_XML_BYTES:
            raise CameraProblem(f"{self.name}: its description has {size.value} bytes")
        return ctypes.string_at(at, size.value)

    def read(self, address: int, length: int) -> bytes:
        """Read the camera's memory."""
        data = ctypes.create_string_buffer(length)
        call("arv_device_read_memory", self._device, address, length, data)
        return data.raw

    def write(self, address: int, word: int) -> None:
        """Write a register of 32 bits."""
        call("arv_device_write_register", self._device, address, word)

    def set(self, setting: str) -> None:
        """Write a feature, `Name=Value`, or execute a command."""
        call("arv_device_set_features_from_string", self._device, text(setting))

    def value(self, name: str, kind: str) -> float | str:
        """Return the value of a feature of a kind of node: words of enumerations, numbers otherwise."""
        if kind in ("Enumeration", "String"):
            found = call("arv_device_get_string_feature_value", self._device, text(name))
            return (found or b"").decode(errors="replace")
        kinds = {"Integer": "integer", "Float": "float", "Boolean": "boolean"}
        return call(f"arv_device_get_{kinds[kind]}_feature_value", self._device, text(name))

    def available(self, name: str) -> bool:
        """Tell whether a feature is available now."""
        return bool(call("arv_device_is_feature_available", self._device, text(name)))

    def bounds(self, name: str, kind: str) -> tuple[float, float]:
        """Return the minimum and maximum of a number, `Integer` or `Float`."""
        number = c_int64 if kind == "Integer" else c_double
        low, high = number(), number()
        function = f"arv_device_get_{kind.lower()}_feature_bounds"
        call(function, self._device, text(name), byref(low), byref(high))
        return low.value, high.value

    def increment(self, name: str) -> int:
        """Return the increment of a whole number."""
        return call("arv_device_get_integer_feature_increment", self._device, text(name))

    # -- frames ------------------------------------------------------------------------------------------
    @property
    def payload_bytes(self) -> int:
        """Bytes of a frame with the present settings."""
        return call("arv_camera_get_payload", self._camera)

    def __enter__(self) -> Self:
        try:
            self._stream = call("arv_camera_create_stream", self._camera, None, None)
            size = self.payload_bytes
            for _ in range(max(MIN_BUFFERS, min(MAX_BUFFERS, BUFFER_BYTES // max(1, size)))):
                buffer = call("arv_buffer_new_allocate", size)
                call("arv_stream_push_buffer", self._stream, buffer)
            call("arv_camera_start_acquisition", self._camera)
        except CameraProblem as problem:
            self._leave_stream()
            raise CameraProblem(f"{self.name}: {problem}") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        with contextlib.suppress(CameraProblem):  # it may be gone
            call("arv_camera_stop_acquisition", self._camera)
        self._leave_stream()

    def next(self, timeout_us: int = TIMEOUT_us) -> Received | None:
        """Return the next frame, or what has come of it; None if none comes in time."""
        buffer = call("arv_stream_timeout_pop_buffer", self._stream, timeout_us)
        if not buffer:
            return None
        try:
            get = lambda what: call(f"arv_buffer_get_{what}", buffer)  # noqa: E731
            whole, size = get("status") == SUCCESS, c_size_t()
            at = call("arv_buffer_get_data", buffer, byref(size)) if whole else None
            return Received(
                whole,
                get("frame_id"),
                get("timestamp"),
                get("image_width"),
                get("image_height"),
                (get("image_x"), get("image_y")),
                get("image_pixel_format"),
                bool(call("arv_buffer_has_chunks", buffer)),
                np.frombuffer(ctypes.string_at(at, size.value), np.uint8) if at else np.zeros(0, np.uint8),
            )
        finally:
            call("arv_stream_push_buffer", self._stream, buffer)


class AravisCamera(AravisDevice):
    """A camera for the pipeline of `camtwin.isp`.

    black_DN  black level at the depth of its pixel format
    """

    def __init__(self, name: str | None = None, black_DN: float = 0.0) -> None:
        super().__init__(name)
        self.black_DN = black_DN
        self._has_gain = self.available("Gain")

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        super().__exit__(kind, value, at)
        self.close()

    def grab(self) -> Payload:
        """Return the next whole frame. CameraProblem if none comes."""
        for _ in range(8):
            frame = self.next()
            if frame is None:
                break
            if frame.whole:
                return self._payload(frame)
        raise CameraProblem(f"{self.name}: no whole frame came within {TIMEOUT_us / 1e6:g} s")

    def _payload(self, frame: Received) -> Payload:
        fmt = next((f for f in FORMATS.values() if f.code == frame.pixel_format), None)
        if fmt is None:
            known = ", ".join(FORMATS)
            raise CameraProblem(f"pixel format {frame.pixel_format:#010x} is unknown; known are {known}")
        return Payload(frame.data, fmt, frame.width, frame.height, self.black_DN)

    def apply(self, wanted: Exposure) -> None:
        """Set exposure time and gain."""
        self._set("ExposureTime", wanted.exposure_us)
        if self._has_gain:
            self._set("Gain", wanted.gain_dB)

    def _set(self, name: str, number: float) -> None:
        call("arv_device_set_float_feature_value", self._device, text(name), number)

    def used(self) -> Exposure:
        """Return what the camera is set to now; frames on their way may have older settings."""
        gain_dB = float(self.value("Gain", "Float")) if self._has_gain else 0.0
        return Exposure(float(self.value("ExposureTime", "Float")), gain_dB)

    def limits(self) -> Limits:
        """Return what the camera can be set to."""
        low_dB, high_dB = self.bounds("Gain", "Float") if self._has_gain else (0.0, 0.0)
        return Limits(*self.bounds("ExposureTime", "Float"), low_dB, high_dB)
