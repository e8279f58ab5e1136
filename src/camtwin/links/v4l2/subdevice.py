"""The sensor's sub-device: formats on its pad, crop, and the same controls as the video node's.

A format that is tried is the open file's own; one that is set selects the driver's mode. There is no frame
interval: of a raw sensor it is a matter of blanking (Linux, "Writing camera sensor drivers").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from errno import EBUSY, EINVAL
from typing import Final

from camtwin.links.v4l2.contract import Driver
from camtwin.links.v4l2.node import VERSION, Node
from camtwin.links.v4l2.open_file import IoctlError, OpenFile
from camtwin.links.v4l2.video import VideoNode
from camtwin.models.mode_file import ImageMode
from camtwin.wire.v4l2 import ioctls as io
from camtwin.wire.v4l2 import subdevice as s
from camtwin.wire.v4l2 import video as v

WHENCE: Final = (s.TRY, s.ACTIVE)


class SubdeviceNode(Node):
    """The sub-device of the sensor of a video node; `array` is the size of all its pixels."""

    def __init__(self, name: str, device: tuple[int, int], video: VideoNode, array: tuple[int, int]) -> None:
        self.video, self.array = video, array
        calls: dict[int, Callable[[OpenFile, bytes], bytes]] = {
            **video.controls.calls,
            io.SUBDEV_QUERYCAP: lambda *_: s.SubdeviceCapability(VERSION, 0).pack(),
            io.SUBDEV_ENUM_MBUS_CODE: lambda _, data: self._code(data),
            io.SUBDEV_ENUM_FRAME_SIZE: lambda _, data: self._size(data),
            io.SUBDEV_G_FMT: self._get_format,
            io.SUBDEV_S_FMT: self._set_format,
            io.SUBDEV_G_SELECTION: self._selection,
            io.SUBDEV_S_SELECTION: self._set_selection,
            io.SUBDEV_G_CROP: self._crop,
            io.SUBDEV_S_CROP: self._crop,
            io.LOG_STATUS: lambda *_: b"",
        }
        super().__init__(name, device, calls)

    def opened(self, file: OpenFile) -> None:
        super().opened(file)
        self.video.controls.opened(file)

    def closed(self, file: OpenFile) -> None:
        super().closed(file)
        self.video.controls.closed(file)

    @property
    def _driver(self) -> Driver:
        return self.video.formats.driver

    @property
    def _modes(self) -> list[tuple[int, ImageMode]]:
        return [(code_of(mode), mode) for mode in self._driver.modes]

    def _mode(self, file: OpenFile, which: int) -> int:
        """Return the number of the mode that is tried, or that is set."""
        tried = file.try_format
        return tried if which == s.TRY and isinstance(tried, int) else self._driver.mode

    @staticmethod
    def _check(pad: int, which: int = s.ACTIVE) -> None:
        if pad != 0 or which not in WHENCE:
            raise IoctlError(EINVAL)

    # -- what there is ---------------------------------------------------------------------------------
    def _code(self, data: bytes) -> bytes:
        asked = s.BusCode.unpack(data)
        self._check(asked.pad, asked.which)
        codes = list(dict.fromkeys(code for code, _ in self._modes))
        if asked.index >= len(codes):
            raise IoctlError(EINVAL)
        return s.BusCode(0, asked.index, codes[asked.index], asked.which).pack()

    def _size(self, data: bytes) -> bytes:
        asked = s.PadFrameSize.unpack(data)
        self._check(asked.pad, asked.which)
        sizes = [(mode.active_w, mode.active_h) for code, mode in self._modes if code == asked.code]
        if asked.index >= len(sizes):
            raise IoctlError(EINVAL)
        width, height = sizes[asked.index]
        return s.PadFrameSize(asked.index, 0, asked.code, width, width, height, height, asked.which).pack()

    def reload(self) -> None:
        """Follow a driver whose list of modes has changed: what has been tried is of the old one."""
        for file in self.files:
            file.try_format = None

    # -- format ------------------------------------------------------------------------------------------
    def _format(self, mode: int) -> v.BusFormat:
        code, one = self._modes[mode]
        return v.BusFormat(one.active_w, one.active_h, code)

    def _get_format(self, file: OpenFile, data: bytes) -> bytes:
        asked = s.PadFormat.unpack(data)
        self._check(asked.pad, asked.which)
        return s.PadFormat(asked.which, 0, self._format(self._mode(file, asked.which))).pack()

    def _set_format(self, file: OpenFile, data: bytes) -> bytes:
        asked = s.PadFormat.unpack(data)
        self._check(asked.pad, asked.which)
        mode = self._nearest(asked.format)
        if asked.which == s.TRY:
            file.try_format = mode
        elif mode != self._driver.mode:
            if self.video.busy:
                raise IoctlError(EBUSY)
            self.video.formats.drive(lambda: self._driver.select(mode))
            self.video.formats.mode_changed()
        return s.PadFormat(asked.which, 0, self._format(mode)).pack()

    def _nearest(self, wanted: v.BusFormat) -> int:
        """Return the mode of this code, if there is one, and of the nearest size."""

        def apart(number: int) -> tuple[bool, int]:
            code, mode = self._modes[number]
            size = abs(mode.active_w - wanted.width) + abs(mode.active_h - wanted.height)
            return code != wanted.code, size

        return min(range(len(self._modes)), key=apart)

    # -- selection ---------------------------------------------------------------------------------------
    def _rectangle(self, file: OpenFile, which: int, target: int) -> v.Rectangle:
        """Return a rectangle in the sensor's pixels. IoctlError if there is none of this target."""
        width, height = self.array
        if target in (v.SEL_NATIVE_SIZE, v.SEL_CROP_BOUNDS, v.SEL_CROP_DEFAULT):
            return v.Rectangle(0, 0, width, height)
        if target != v.SEL_CROP:
            raise IoctlError(EINVAL)
        mode = self._driver.modes[self._mode(file, which)]
        step = mode.binning * mode.scale
        return v.Rectangle(mode.crop_left, mode.crop_top, mode.active_w * step, mode.active_h * step)

    def _selection(self, file: OpenFile, data: bytes) -> bytes:
        asked = s.PadSelection.unpack(data)
        self._check(asked.pad, asked.which)
        found = self._rectangle(file, asked.which, asked.target)
        return replace(asked, r=found, reserved=(0,) * 8).pack()

    def _set_selection(self, file: OpenFile, data: bytes) -> bytes:
        """Return the crop as it is: a mode decides it."""
        if s.PadSelection.unpack(data).target != v.SEL_CROP:
            raise IoctlError(EINVAL)
        return self._selection(file, data)

    def _crop(self, file: OpenFile, data: bytes) -> bytes:
        asked = s.PadCrop.unpack(data)
        self._check(asked.pad, asked.which)
        return s.PadCrop(asked.which, 0, self._rectangle(file, asked.which, v.SEL_CROP)).pack()


def code_of(mode: ImageMode) -> int:
    """Return the number of a mode's format on the link."""
    return s.BUS_CODES[mode.pixel_phase, mode.csi_pixel_bit_depth]
