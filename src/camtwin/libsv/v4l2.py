"""V4L2 devices as sources of the library, by ioctl: real ones, and twins under `camtwin exec`."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import re
import select
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from camtwin.libsv.camera import Camera
from camtwin.libsv.images import Image, ImageInfo
from camtwin.libsv.source import DriverControl, MenuEntry, Range
from camtwin.problem import Problem
from camtwin.units import SEC
from camtwin.wire.v4l2 import controls as c
from camtwin.wire.v4l2 import ioctls
from camtwin.wire.v4l2 import video as v
from camtwin.wire.v4l2.layout import Layout

NODES: Final = 64
VALUES: Final = (c.INTEGER, c.BOOLEAN, c.MENU, c.INTEGER_MENU, c.INTEGER64)
"""Types of controls that are one number."""
US: Final = 1000
T = TypeVar("T", bound=Layout)


def get_all_cameras() -> list[Camera]:
    """Return all devices that capture images and that this user can open, by their numbers."""
    cameras: list[Camera] = []
    for number in range(NODES):
        try:
            cameras.append(get_camera(f"/dev/video{number}"))
        except Problem:
            continue
    return cameras


def get_camera(node: str) -> Camera:
    """Return the camera at a node. Problem, in one line, if there is none."""
    return Camera(V4l2Source(node))


class V4l2Source:
    """A V4L2 capture device and the buffers of its stream, mapped once."""

    def __init__(self, node: str) -> None:
        if not re.fullmatch(r"/dev/video\d+", node):
            raise Problem(f"{node} is no node of a camera, like /dev/video0")
        self.name = node
        try:
            self._fd = os.open(node, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as problem:
            raise Problem(f"{node}: {problem.strerror}") from None
        self._maps: list[mmap.mmap] = []
        try:
            device = v.Capability.unpack(self._call(ioctls.QUERYCAP, bytes(v.Capability.sizeof())))
            needed = v.CAP_VIDEO_CAPTURE | v.CAP_STREAMING
            if device.device_caps & needed != needed:
                raise Problem(f"{node} is no device that captures images in streams")
        except Problem:
            os.close(self._fd)
            raise
        self.driver_name = device.driver

    def close(self) -> None:
        """Close the device; a stream ends."""
        self._unmap()
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            self.close()

    def _call(self, request: int, argument: bytes) -> bytes:
        """Carry out an ioctl. Problem that names the device and the reason."""
        try:
            return self._ioctl(request, argument)
        except OSError as problem:
            raise Problem(f"{self.name}: {problem.strerror}") from None

    def _ioctl(self, request: int, argument: bytes) -> bytes:
        data = bytearray(argument)
        fcntl.ioctl(self._fd, request, data)
        return bytes(data)

    def _all(self, request: int, kind: type[T], first: bytes) -> Iterator[T]:
        """Yield the answers of an enumeration: `first` with an index from 0 on, which it begins with."""
        for index in range(1 << 16):
            try:
                yield kind.unpack(self._ioctl(request, index.to_bytes(4, "little") + first[4:]))
            except OSError:
                return

    # -- controls --------------------------------------------------------------------------------
    def controls(self) -> Sequence[DriverControl]:
        """Return the controls that are one number."""
        found: list[DriverControl] = []
        id = 0
        while True:
            try:
                query = c.QueryExtControl(id | c.NEXT_CTRL).pack()
                one = c.QueryExtControl.unpack(self._ioctl(ioctls.QUERY_EXT_CTRL, query))
            except OSError:
                return found
            id = one.id
            if one.type in VALUES and not one.nr_of_dims and not one.flags & c.DISABLED:
                menu = tuple(self._menu(one)) if one.type in (c.MENU, c.INTEGER_MENU) else None
                found.append(DriverControl(one.id, one.name, menu))

    def _menu(self, one: c.QueryExtControl) -> Iterator[MenuEntry]:
        for index in range(one.minimum, one.maximum + 1):
            try:
                query = c.QueryMenu(one.id, index, bytes(32), 0).pack()
                item = c.QueryMenu.unpack(self._ioctl(ioctls.QUERYMENU, query)).item
            except OSError:
                continue
            if one.type == c.INTEGER_MENU:
                yield MenuEntry(str(int.from_bytes(item[:8], "little", signed=True)), index)
            else:
                yield MenuEntry(item.partition(b"\0")[0].decode("ascii", "replace"), index)

    def limits(self, id: int) -> Range:
        """Return the range of a control now."""
        one = c.QueryExtControl.unpack(self._call(ioctls.QUERY_EXT_CTRL, c.QueryExtControl(id).pack()))
        return Range(one.minimum, one.maximum, one.step, one.default_value)

    def get(self, id: int) -> int:
        """Return the value of a control."""
        return self._value(ioctls.G_EXT_CTRLS, id, 0)

    def set(self, id: int, value: int) -> None:
        """Set a control. Problem if the driver refuses."""
        self._value(ioctls.S_EXT_CTRLS, id, value)

    def _value(self, request: int, id: int, value: int) -> int:
        query = c.QueryExtControl.unpack(self._call(ioctls.QUERY_EXT_CTRL, c.QueryExtControl(id).pack()))
        wide = query.type == c.INTEGER64
        one = np.frombuffer(bytearray(c.ExtControl(id, 0, 0, value).pack()), np.uint8)
        call = c.ExtControls(c.CURRENT_VALUES, 1, 0, 0, (0,), int(one.ctypes.data))
        self._call(request, call.pack())
        got = c.ExtControl.unpack(one.tobytes()).value
        if wide:
            return got
        return int.from_bytes((got & 0xFFFF_FFFF).to_bytes(4, "little"), "little", signed=True)

    # -- formats ---------------------------------------------------------------------------------
    def formats(self) -> Sequence[str]:
        """Return the pixel formats."""
        first = v.FormatDescription(0, v.CAPTURE, 0, "", 0).pack()
        return [_text(one.pixelformat) for one in self._all(ioctls.ENUM_FMT, v.FormatDescription, first)]

    def sizes(self, pixel_format: str) -> Sequence[tuple[int, int]]:
        """Return the sizes of a pixel format that are no ranges."""
        first = v.FrameSize(0, v.fourcc(pixel_format), 0, bytes(24)).pack()
        every = self._all(ioctls.ENUM_FRAMESIZES, v.FrameSize, first)
        sizes = [v.Size.unpack(one.size) for one in every if one.type == v.FRAME_SIZE_DISCRETE]
        return [(size.width, size.height) for size in sizes]

    def intervals_s(self, pixel_format: str, size: tuple[int, int]) -> Sequence[Fraction]:
        """Return the intervals of a format and size; of a range, the shortest."""
        first = v.FrameInterval(0, v.fourcc(pixel_format), *size, 0, bytes(24)).pack()
        every = self._all(ioctls.ENUM_FRAMEINTERVALS, v.FrameInterval, first)
        return [_fraction(v.Fraction.unpack(one.interval)) for one in every]

    def _format(self, request: int, pix: v.PixFormat | None = None) -> v.PixFormat:
        body = pix.pack() if pix else b""
        call = v.Format(v.CAPTURE, body.ljust(200, b"\0"))
        return v.PixFormat.unpack(v.Format.unpack(self._call(request, call.pack())).pix)

    def info(self) -> ImageInfo:
        """Return the format that is set."""
        pix = self._format(ioctls.G_FMT)
        return ImageInfo(pix.width, pix.height, _text(pix.pixelformat), pix.bytesperline, pix.sizeimage)

    def set_format(self, pixel_format: str, size: tuple[int, int]) -> None:
        """Set the format; the driver takes the size that comes nearest. Problem while a stream runs."""
        wanted = v.PixFormat(*size, v.fourcc(pixel_format), v.FIELD_NONE, 0, 0, 0, 0, 0, 0, 0, 0)
        got = self._format(ioctls.S_FMT, wanted)
        if got.pixelformat != wanted.pixelformat:
            raise Problem(f"{self.name}: no pixel format {pixel_format}")

    def _rate(self, request: int, interval: v.Fraction) -> Fraction:
        parameters = v.CaptureParameters(0, 0, interval).pack().ljust(200, b"\0")
        answer = self._call(request, v.StreamParameters(v.CAPTURE, parameters).pack())
        got = v.CaptureParameters.unpack(v.StreamParameters.unpack(answer).parameters)
        return _fraction(got.timeperframe)

    def interval_s(self) -> Fraction:
        """Return the interval of frames."""
        return self._rate(ioctls.G_PARM, v.Fraction(0, 1))

    def set_interval_s(self, interval: Fraction) -> None:
        """Set the interval of frames; the driver takes the one that comes nearest."""
        small = interval.limit_denominator(1_000_000_000)
        self._rate(ioctls.S_PARM, v.Fraction(small.numerator, small.denominator))

    # -- streams ---------------------------------------------------------------------------------
    def _buffer(self, index: int) -> v.Buffer:
        return v.Buffer(index, v.CAPTURE, 0, 0, 0, v.Time(), v.Timecode(), 0, v.MMAP, 0, 0)

    def _request(self, count: int) -> int:
        call = v.RequestBuffers(count, v.CAPTURE, v.MMAP).pack()
        return v.RequestBuffers.unpack(self._call(ioctls.REQBUFS, call)).count

    def start(self, buffers: int) -> None:
        """Map so many buffers, or as many as the driver gives, and start. Problem if it refuses."""
        try:
            for index in range(self._request(buffers)):
                one = v.Buffer.unpack(self._call(ioctls.QUERYBUF, self._buffer(index).pack()))
                self._maps.append(mmap.mmap(self._fd, one.length, offset=one.place))
                self._call(ioctls.QBUF, self._buffer(index).pack())
            self._call(ioctls.STREAMON, v.CAPTURE.to_bytes(4, "little"))
        except (Problem, OSError):
            self._unmap()
            raise

    def stop(self) -> None:
        """End the stream and give the buffers back."""
        self._call(ioctls.STREAMOFF, v.CAPTURE.to_bytes(4, "little"))
        self._unmap()
        self._request(0)

    def _unmap(self) -> None:
        """Forget the buffers; memory that an image still shows stays until it is gone."""
        self._maps.clear()

    def next(self, timeout_ms: int | None) -> Image | None:
        """Return the next image of the stream, or None if none arrives in time. Problem if it has failed."""
        while True:
            try:
                data = self._ioctl(ioctls.DQBUF, self._buffer(0).pack())
                return self._image(v.Buffer.unpack(data))
            except OSError as problem:
                if problem.errno != errno.EAGAIN:
                    raise Problem(f"{self.name}: the stream has ended: {problem.strerror}") from None
            waiting = select.poll()
            waiting.register(self._fd, select.POLLIN)
            ready = waiting.poll(timeout_ms)
            if not ready:
                return None
            if ready[0][1] & (select.POLLERR | select.POLLHUP):
                raise Problem(f"{self.name}: the stream has ended")

    def _image(self, one: v.Buffer) -> Image:
        data: NDArray[np.uint8] = np.frombuffer(self._maps[one.index], np.uint8)[: one.bytesused]
        time_ns = one.timestamp.seconds * SEC + one.timestamp.fraction * US
        return Image(one.sequence, one.index, time_ns, self.info(), data, self._give_back)

    def _give_back(self, image: Image) -> None:
        if self._maps:
            self._call(ioctls.QBUF, self._buffer(image.buffer_id).pack())


def _text(number: int) -> str:
    return number.to_bytes(4, "little").decode("ascii", "replace")


def _fraction(interval: v.Fraction) -> Fraction:
    return Fraction(interval.numerator, interval.denominator or 1)
