"""A camera's nodes together: video node, sub-device and media device around one driver.

with CameraNodes(driver, image, runtime, about) as nodes:
    await runtime.run()
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from camtwin.links.base.devices import CameraDevice
from camtwin.links.base.runtime import WallRuntime
from camtwin.links.v4l2.contract import Pixels
from camtwin.links.v4l2.controls import Controls
from camtwin.links.v4l2.formats import Formats
from camtwin.links.v4l2.media import MediaNode
from camtwin.links.v4l2.node import DRIVER
from camtwin.links.v4l2.server import NodeServer
from camtwin.links.v4l2.stream import Frame, FrameSource, NodeStream
from camtwin.links.v4l2.subdevice import SubdeviceNode
from camtwin.links.v4l2.video import VideoNode
from camtwin.models.mode_file import ImageMode
from camtwin.problem import Problem

F = TypeVar("F", bound=Frame)


@dataclass(frozen=True, slots=True)
class About:
    """Facts that programs are told of a camera.

    sensor   name of the sensor's sub-device, as Linux has it: driver, bus and address
    array    size of all pixels of the sensor
    convert  whether there are formats that the server makes: 8 bits a pixel, and packed ones
    still    whether one image is repeated as long as nothing is set
    shared   whether several programs can have frames at once
    number   of the nodes; None: the first that is free
    """

    model: str
    serial: str
    sensor: str
    array: tuple[int, int]
    convert: bool = False
    still: bool = False
    shared: bool = False
    number: int | None = None


class CameraNodes(Generic[F]):
    """The nodes of one camera; a context manager, in the loop that runs.

    before  is called before each command of the driver's
    first   is called before a program opens a node while none has one open

    Raises:
        LinkProblem: in one line, if the nodes cannot be had
    """

    def __init__(
        self,
        driver: FrameSource[F],
        image: Callable[[F], Pixels],
        runtime: WallRuntime,
        about: About,
        *,
        before: Callable[[], None] = lambda: None,
        first: Callable[[], None] = lambda: None,
    ) -> None:
        self.driver, self.runtime, self._before = driver, runtime, before
        self.server = NodeServer(about.number, about.model, runtime.fail, first)
        self.number = number = self.server.number
        bus_info = f"platform:{DRIVER}.{number}"
        names, devices = CameraDevice.names(number), CameraDevice.nodes(number)
        self.controls = Controls(driver, self._command, lambda: self.stream.monotonic_ns())
        self.video = VideoNode(
            names[0],
            devices[0],
            card=about.model,
            bus_info=bus_info,
            driver=driver,
            formats=Formats(driver.modes, convert=about.convert),
            controls=self.controls,
            shared=about.shared,
            command=self._command,
            sweep=self.server.sweep,
        )
        self.stream = NodeStream(driver, image, self.video, runtime, still=about.still)
        self.video.stream = self.stream
        self.subdevice = SubdeviceNode(names[1], devices[1], self.video, about.array)
        self.media = MediaNode(
            names[2],
            devices[2],
            model=about.model,
            serial=about.serial,
            bus_info=bus_info,
            sensor=about.sensor,
            subdevice=devices[1],
            capture=f"{DRIVER} capture",
            video=devices[0],
        )
        self._leave = driver.on_control.subscribe(lambda _: self.video.formats.mode_changed())

    def reload(self, modes: Sequence[ImageMode]) -> None:
        """Give the driver other modes, and programs their formats.

        Raises:
            Problem: a program has buffers, or the driver cannot have these modes
        """
        if self.video.busy:
            raise Problem("the list of modes: not while a program has buffers")
        self._command(lambda: self.driver.reload(modes))
        self.video.formats.reload()
        self.subdevice.reload()

    def _command(self, call: Callable[[], None]) -> None:
        def carry_out() -> None:
            self._before()
            call()

        self.runtime.command(carry_out)

    def __enter__(self) -> Self:
        self.server.serve((self.video, self.subdevice, self.media))
        return self

    def __exit__(self, *_: object) -> None:
        self.video.close()
        self.server.close()
        self.stream.dispose()
        self.controls.leave()
        self._leave()
