"""Formats, sizes and frame intervals of a video node, as programs ask for and set them."""

from __future__ import annotations

from collections.abc import Callable
from errno import EINVAL, EIO
from fractions import Fraction
from math import gcd
from typing import Final, Protocol

from camtwin.links.v4l2.capture import READ_BUFFERS
from camtwin.links.v4l2.contract import FRAME_RATE, Driver
from camtwin.links.v4l2.formats import Formats, VideoFormat
from camtwin.links.v4l2.open_file import IoctlError, OpenFile
from camtwin.problem import Problem
from camtwin.wire.v4l2 import ioctls as io
from camtwin.wire.v4l2 import video as v

MICRO: Final = 1_000_000


class FormatNode(Protocol):
    """The node that formats are set at."""

    def fixed(self, file: OpenFile, /) -> bool:
        """Tell whether others have buffers of the present format, which therefore stays.

        Raises:
            IoctlError: no file may set it now
        """
        ...


class FormatCalls:
    """The format of a node, the calls that tell of it, and those that set it.

    format   that frames have now
    command  carries out a call of the driver's at the present camera time
    """

    def __init__(
        self,
        driver: Driver,
        formats: Formats,
        node: FormatNode,
        command: Callable[[Callable[[], None]], None],
    ) -> None:
        self.driver, self.formats, self.node, self.command = driver, formats, node, command
        self.format = formats.of_mode(driver.mode)
        self.frame_rate = driver.control(FRAME_RATE).id
        self.calls: dict[int, Callable[[OpenFile, bytes], bytes]] = {
            io.ENUM_FMT: lambda _, data: self._format_name(data),
            io.G_FMT: lambda _, data: self._get_format(data),
            io.TRY_FMT: lambda _, data: self._try_format(data)[0],
            io.ENUM_FRAMESIZES: lambda _, data: self._frame_size(data),
            io.ENUM_FRAMEINTERVALS: lambda _, data: self._frame_interval(data),
            io.G_PARM: lambda _, data: self._parameters(data),
            io.S_FMT: self._set_format,
            io.S_PARM: lambda _, data: self._set_parameters(data),
        }

    def drive(self, call: Callable[[], None]) -> None:
        """Carry out a call of the driver's. IoctlError if that fails."""
        try:
            self.command(call)
        except Problem:
            raise IoctlError(EIO) from None

    def reload(self) -> None:
        """Follow a driver whose list of modes has changed; the first one is selected."""
        self.formats = Formats(self.driver.modes, convert=self.formats.convert)
        self.format = self.formats.of_mode(self.driver.mode)

    def mode_changed(self) -> None:
        """Follow a driver that has been set to another mode: by a control, or by the sub-device."""
        if self.format.mode != self.driver.mode:
            self.format = self.formats.of_mode(self.driver.mode)

    # -- formats -----------------------------------------------------------------------------------------
    def _format_name(self, data: bytes) -> bytes:
        asked, names = v.FormatDescription.unpack(data), self.formats.names()
        if asked.type != v.CAPTURE or asked.index >= len(names):
            raise IoctlError(EINVAL)
        one = names[asked.index]
        flags = v.FMT_EMULATED if one.emulated else 0
        return v.FormatDescription(
            asked.index, v.CAPTURE, flags, one.description, v.fourcc(one.fourcc), asked.mbus_code
        ).pack()

    def _get_format(self, data: bytes) -> bytes:
        if v.Format.unpack(data).type != v.CAPTURE:
            raise IoctlError(EINVAL)
        return _format(self.format)

    def _try_format(self, data: bytes) -> tuple[bytes, VideoFormat]:
        asked = v.Format.unpack(data)
        if asked.type != v.CAPTURE:
            raise IoctlError(EINVAL)
        pixels = v.PixFormat.unpack(asked.pix)
        one = self.formats.nearest(pixels.pixelformat, pixels.width, pixels.height)
        return _format(one), one

    def _set_format(self, file: OpenFile, data: bytes) -> bytes:
        told, one = self._try_format(data)
        if self.node.fixed(file):
            return _format(self.format)
        self.drive(lambda: self.driver.select(one.mode))
        self.format = one
        return told

    def _frame_size(self, data: bytes) -> bytes:
        asked = v.FrameSize.unpack(data)
        sizes = self.formats.sizes(asked.pixel_format)
        if asked.index >= len(sizes):
            raise IoctlError(EINVAL)
        one = sizes[asked.index]
        size = v.Size(one.width, one.height).pack()
        return v.FrameSize(
            asked.index, asked.pixel_format, v.FRAME_SIZE_DISCRETE, size.ljust(24, b"\0")
        ).pack()

    # -- frame intervals -----------------------------------------------------------------------------------
    def _frame_interval(self, data: bytes) -> bytes:
        asked = v.FrameInterval.unpack(data)
        size = asked.width, asked.height
        found = [one for one in self.formats.sizes(asked.pixel_format) if (one.width, one.height) == size]
        if asked.index or not found:
            raise IoctlError(EINVAL)
        fastest = round(self.formats.modes[found[0].mode].fps * MICRO)
        slowest = self.driver.limits(self.frame_rate)[0]
        step = v.Fraction(1, 1)
        interval = v.IntervalRange(interval_of(fastest), interval_of(slowest), step).pack()
        return v.FrameInterval(0, asked.pixel_format, *size, v.FRAME_INTERVAL_CONTINUOUS, interval).pack()

    def _parameters(self, data: bytes) -> bytes:
        if v.StreamParameters.unpack(data).type != v.CAPTURE:
            raise IoctlError(EINVAL)
        rate = self.driver.get(self.frame_rate)
        told = v.CaptureParameters(v.CAP_TIMEPERFRAME, 0, interval_of(rate), 0, READ_BUFFERS)
        return v.StreamParameters(v.CAPTURE, told.pack().ljust(200, b"\0")).pack()

    def _set_parameters(self, data: bytes) -> bytes:
        asked = v.StreamParameters.unpack(data)
        if asked.type != v.CAPTURE:
            raise IoctlError(EINVAL)
        self._set_interval(v.CaptureParameters.unpack(asked.parameters).timeperframe)
        return self._parameters(data)

    def _set_interval(self, wanted: v.Fraction) -> None:
        """Set the time of a frame, as near as the mode allows; without one: the shortest."""
        lowest, highest, step, _ = self.driver.limits(self.frame_rate)
        rate = highest
        if wanted.numerator and wanted.denominator:
            rate = round(Fraction(wanted.denominator * MICRO, wanted.numerator))
        rate = min(max(rate, lowest), highest)
        self.drive(lambda: self.driver.set({self.frame_rate: rate - (rate - lowest) % step}))


def _format(one: VideoFormat) -> bytes:
    return v.Format(v.CAPTURE, one.pixels().pack().ljust(200, b"\0")).pack()


def interval_of(rate: int) -> v.Fraction:
    """Return the time of a frame at a rate in 1e-6 frames/s."""
    common = gcd(rate, MICRO)
    return v.Fraction(MICRO // common, rate // common)
