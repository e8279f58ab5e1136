"""A sensor module that programs use as /dev/videoN, its sub-device, its media device and its I2C bus.

    camtwin run framos-fsm-imx412
    camtwin exec -- v4l2-ctl -d /dev/video10 --all

The module stands behind its driver (camera/module): what programs set becomes registers over the bus, where
other programs may look on. Each module of a run is on a carrier of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from camtwin import models
from camtwin.camera.module.driver import ModuleFrame
from camtwin.links.base.link import LinkStatus
from camtwin.links.base.runtime import WallRuntime
from camtwin.links.i2c import trace
from camtwin.links.i2c.link import BusOptions
from camtwin.links.i2c.server import BusServer
from camtwin.links.v4l2.camera import About, CameraNodes
from camtwin.problem import Problem
from camtwin.subscribers import Leave
from camtwin.twins import Twin
from camtwin.twins.module import Carrier, Module
from camtwin.wire.csi2.cci import Done, Message

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class VideoOptions:
    """A module's nodes and modes.

    number   of the nodes; None: the first that is free
    modes    mode file of the package or a path; None: that of the most lanes
    convert, still, shared   as in About
    """

    number: int | None = None
    modes: str | None = None
    convert: bool = False
    still: bool = False
    shared: bool = False


def module_of(twin: Twin, options: VideoOptions, bus_hz: int) -> Module:
    """Return a twin's module, powered, on a carrier of its own.

    Raises:
        Problem: a mode file does not fit
        UnknownModel: there is no such mode file
    """
    sheet = models.load_module(twin.sheet.name)
    driver = models.load_driver(sheet.driver)
    name = options.modes or sheet.modes[max(sheet.modes, key=int)]
    modes = models.load_modes(name, driver.sensor)
    carrier = Carrier(twin.clock, sheet, bus_hz=bus_hz)
    return Module(twin, carrier, driver, modes, inck_MHz=modes[0].mclk_khz / 1000)


class ModuleLink:
    """A module with its nodes and its bus; an asynchronous context manager."""

    def __init__(self, twin: Twin, runtime: WallRuntime, video: VideoOptions, bus: BusOptions) -> None:
        self.twin, self.runtime, self.video = twin, runtime, video
        self.network = self.stream = None
        self._read = self._stamp()
        self.module = module_of(twin, video, bus.hz)
        self.bus = BusServer(
            runtime,
            hz=bus.hz,
            number=bus.number,
            name=f"camtwin {twin.sheet.name}",
            record=bus.record,
            bus=self.module.carrier.bus,
        )
        self.nodes: CameraNodes[ModuleFrame]
        self._opened = contextlib.AsyncExitStack()

    @property
    def where(self) -> str:
        """The place where programs find it, for people."""
        return f"/dev/video{self.nodes.number}, i2c-{self.bus.number}"

    @property
    def advice(self) -> str:
        """An example for people."""
        return f"""For a program that uses /dev/video{self.nodes.number}:
  camtwin exec -- v4l2-ctl -d /dev/video{self.nodes.number} --all"""

    async def reachable(self) -> None:
        """Wait until the first frame need not wait for kernels."""
        await asyncio.wrap_future(self.nodes.stream.prepare(self.twin.prepare))

    def status(self) -> LinkStatus:
        """Return figures for the status line."""
        stream, files = self.nodes.stream, self.nodes.server.files
        return LinkStatus(
            model=self.twin.sheet.model,
            client=f"{files} on video{self.nodes.number}" if files else None,
            frames=stream.frames,
            bytes=stream.bytes,
            skipped_frames=stream.lost,
        )

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as opened:
            await opened.enter_async_context(self.bus)
            module, sensor = self.module, self.module.sensor
            array = self.twin.sheet.sensor.parameters
            about = About(
                model=self.twin.sheet.title,
                serial=self.twin.camera.serial,
                sensor=f"{self.twin.sheet.sensor.name} {self.bus.number}-{sensor.address:04x}",
                array=(array.width, array.height),
                convert=self.video.convert,
                still=self.video.still,
                shared=self.video.shared,
                number=self.video.number,
            )
            self.nodes = CameraNodes(
                module.driver,
                module.image,
                self.runtime,
                about,
                before=self.bus.paced.settle,
                first=self._read_again,
            )
            opened.enter_context(self.nodes)
            leaving: list[Leave] = [
                sensor.stream.on_frame.subscribe(
                    lambda frame: self.nodes.controls.frame_begins(frame.number - 1)
                ),
                module.carrier.on_transfer.subscribe(self._record),
            ]
            for leave in leaving:
                opened.callback(leave)
            self._opened = opened.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._opened.aclose()

    def _read_again(self) -> None:
        """Read a mode file that has changed since; one that is refused is told of, and changes nothing."""
        if (stamp := self._stamp()) == self._read:
            return
        self._read = stamp
        try:
            modes = models.load_modes(self.video.modes or "", self.module.driver.sheet.sensor)
            self.nodes.reload(modes)
        except Problem as problem:
            log.warning("%s; the modes stay as they are", problem)

    def _stamp(self) -> object:
        """Return what changes with the mode file that the user has given."""
        name = self.video.modes or ""
        try:
            found = Path(name).stat() if name.endswith(models.MODES) else None
        except OSError:
            return "missing"
        return found and (found.st_mtime_ns, found.st_size, found.st_ino)

    def _record(self, messages: Sequence[Message], done: Done) -> None:
        """Log a transfer of the driver's, beside those of programs."""
        self.bus.remark("\n".join(trace.lines(self.bus.number, messages, done)))
