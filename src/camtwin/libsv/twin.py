"""A sensor module in process as a source of the library, in virtual time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import numpy as np

from camtwin.camera.module.driver import ModuleFrame
from camtwin.libsv.camera import Camera
from camtwin.libsv.images import Image, ImageInfo
from camtwin.libsv.source import DriverControl, MenuEntry, Range
from camtwin.models import ImageMode
from camtwin.problem import Problem
from camtwin.subscribers import Leave
from camtwin.twins.module import Module
from camtwin.units import SEC

MS: Final = SEC // 1000
RATE: Final = "frame_rate"
"""Key of the control of the frame rate, in frames per 1e6 s."""
RATE_UNIT: Final = 1_000_000


def camera_of(module: Module, name: str = "") -> Camera:
    """Return a camera over a module in process; name: what it is called, or else its model's name."""
    return Camera(ModuleSource(module, name or module.twin.sheet.name))


class ModuleSource:
    """The driver of a module. Images that find no free buffer are lost, as with a driver in a kernel."""

    def __init__(self, module: Module, name: str) -> None:
        self.name, self.driver_name = name, module.driver.sheet.sensor
        self._module, self._driver = module, module.driver
        self._arrived: deque[tuple[int, ModuleFrame]] = deque()
        self._free: deque[int] = deque()
        self._leave: Leave | None = None

    def controls(self) -> Sequence[DriverControl]:
        """Return the driver's controls."""
        return [
            DriverControl(
                one.id,
                one.name,
                tuple(MenuEntry(str(entry), i) for i, entry in enumerate(one.menu)) if one.menu else None,
            )
            for one in self._driver.controls
        ]

    def limits(self, id: int) -> Range:
        """Return the range of a control now."""
        return Range(*self._driver.limits(id))

    def get(self, id: int) -> int:
        """Return the value of a control."""
        return self._driver.get(id)

    def set(self, id: int, value: int) -> None:
        """Set a control. Problem if the driver refuses."""
        self._driver.set({id: value})

    @property
    def _mode(self) -> ImageMode:
        return self._driver.modes[self._driver.mode]

    def formats(self) -> Sequence[str]:
        """Return the pixel formats of the modes."""
        return list(dict.fromkeys(mode.fourcc for mode in self._driver.modes))

    def sizes(self, pixel_format: str) -> Sequence[tuple[int, int]]:
        """Return the sizes of a pixel format."""
        modes = [mode for mode in self._driver.modes if mode.fourcc == pixel_format]
        return list(dict.fromkeys((mode.active_w, mode.active_h) for mode in modes))

    def intervals_s(self, pixel_format: str, size: tuple[int, int]) -> Sequence[Fraction]:
        """Return the shortest interval of a format and size."""
        return [
            Fraction(mode.framerate_factor, mode.max_framerate)
            for mode in self._driver.modes
            if (mode.fourcc, (mode.active_w, mode.active_h)) == (pixel_format, size)
        ][:1]

    def info(self) -> ImageInfo:
        """Return the format of the mode that is selected."""
        mode = self._mode
        stride = 2 * mode.active_w
        return ImageInfo(mode.active_w, mode.active_h, mode.fourcc, stride, stride * mode.active_h)

    def set_format(self, pixel_format: str, size: tuple[int, int]) -> None:
        """Select the first mode of a format whose size comes nearest. Problem while a stream runs."""
        modes = list(enumerate(self._driver.modes))
        some = [(i, mode) for i, mode in modes if mode.fourcc == pixel_format]
        if not some:
            raise Problem(f"{self.name}: no mode has the pixel format {pixel_format}")
        distance = {i: abs(mode.active_w - size[0]) + abs(mode.active_h - size[1]) for i, mode in some}
        self._driver.select(min(distance, key=lambda i: distance[i]))

    def interval_s(self) -> Fraction:
        """Return the interval of frames that is set."""
        return Fraction(RATE_UNIT, self._driver.get(self._driver.control(RATE).id))

    def set_interval_s(self, interval: Fraction) -> None:
        """Set the interval of frames. Problem if the mode has no such rate."""
        self._driver.set({self._driver.control(RATE).id: round(RATE_UNIT / interval)})

    def start(self, buffers: int) -> None:
        """Start the stream into so many buffers. Problem if the sensor does not answer."""
        self._arrived.clear()
        self._free = deque(range(buffers))
        self._leave = self._driver.on_frame.subscribe(self._take)
        self._driver.start()

    def stop(self) -> None:
        """End the stream."""
        if self._leave:
            self._leave()
        self._leave = None
        self._driver.stop()

    def next(self, timeout_ms: int | None) -> Image | None:
        """Return the next image; time goes on until it has arrived, or for so long."""
        clock = self._module.clock
        end_ns = None if timeout_ms is None else clock.now + timeout_ms * MS
        while not self._arrived:
            due_ns = clock.next_time()
            if due_ns is None:
                raise Problem(f"{self.name}: no frame will arrive")
            if end_ns is not None and due_ns > end_ns:
                clock.advance_to(end_ns)
                return None
            clock.advance_to(due_ns)
        buffer, frame = self._arrived.popleft()
        codes = np.ascontiguousarray(self._module.image(frame), "<u2")
        data = codes.reshape(-1).view(np.uint8)
        return Image(frame.number, buffer, frame.timestamp_ns, self.info(), data, self._give_back)

    def _take(self, frame: ModuleFrame) -> None:
        if self._free:
            self._arrived.append((self._free.popleft(), frame))

    def _give_back(self, image: Image) -> None:
        if self._leave and image.buffer_id not in self._free:
            self._free.append(image.buffer_id)
