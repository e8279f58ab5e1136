"""Break what programs get of a module as a video device."""

from __future__ import annotations

import dataclasses
import itertools
from errno import EINVAL, EIO
from typing import Any

import numpy as np
import pytest

from mutations.registry import sabotage
from mutations.tools import wrapped

DEVICES = ("devices",)
COUNTED = (
    "framos.acq.framerate.lane4",
    "framos.acq.framerate.lane2",
    "framos.driver.imx412.frame_rate",
    "framos.pkg.is.streaming",
    "framos.pkg.is.interfaces",
)
SET = ("framos.driver.imx412.gain", "framos.driver.imx412.exposure_time")
SAMPLES = (
    "framos.eco.reference_software",
    "framos.eco.sw.libsv",
    "framos.eco.sw.examples",
    "framos.pkg.purpose",
)
STREAMED = (
    *COUNTED,
    *SET,
    *SAMPLES,
    "framos.sensor.width",
    "framos.sensor.height",
    "framos.sensor.chromaticity",
    "framos.soft.driver",
    "framos.ref.jetson",
)


def refused(patch: pytest.MonkeyPatch, there: type, name: str, errno: int) -> None:
    """Let a call of a node fail."""
    from camtwin.links.v4l2.open_file import IoctlError

    def fails(*_: object) -> bytes:
        raise IoctlError(errno)

    patch.setattr(there, name, fails)


@sabotage(*COUNTED, about=DEVICES)
def video_frames_recounted(patch: pytest.MonkeyPatch) -> None:
    """Count frames by twos, as if every other one were lost, and date them 1 % too late."""
    from camtwin.links.v4l2.queue import BufferQueue

    true = BufferQueue.end_frame

    def wrong(self: BufferQueue, slot: Any, sequence: int, timestamp_ns: int, bytesused: int) -> None:
        true(self, slot, 2 * sequence, timestamp_ns * 101 // 100, bytesused)

    patch.setattr(BufferQueue, "end_frame", wrong)


@sabotage()
def video_frames_skipped(patch: pytest.MonkeyPatch) -> None:
    """Lose every third frame that there is a buffer for."""
    from camtwin.links.v4l2.queue import BufferQueue

    numbers = itertools.count()
    wrapped(
        patch, BufferQueue, "begin_frame", lambda true, self: (next(numbers) % 3 < 2 and true(self)) or None
    )


@sabotage()
def video_frames_renumbered(patch: pytest.MonkeyPatch) -> None:
    """Count the frames that a program gets, so that lost ones leave no gap."""
    from camtwin.links.v4l2.queue import BufferQueue

    true, counts = BufferQueue.end_frame, dict[int, int]()

    def wrong(self: BufferQueue, slot: Any, sequence: int, timestamp_ns: int, bytesused: int) -> None:
        counts[id(self)] = counts.get(id(self), -1) + 1
        true(self, slot, counts[id(self)], timestamp_ns, bytesused)

    patch.setattr(BufferQueue, "end_frame", wrong)


@sabotage()
def video_time_slow(patch: pytest.MonkeyPatch) -> None:
    """Let camera time pass 3 % too slowly."""
    from camtwin.links.base.runtime import WallRuntime

    def wrong(true: Any, self: WallRuntime, clock: Any, pace: float = 1.0, *more: Any) -> None:
        true(self, clock, pace * 0.97, *more)

    wrapped(patch, WallRuntime, "__init__", wrong)


@sabotage("framos.sensor.chromaticity", about=DEVICES)
def video_images_shifted(patch: pytest.MonkeyPatch) -> None:
    """Shift images by a column, so that the mosaic begins with another colour."""
    from camtwin.links.v4l2.formats import VideoFormat

    true = VideoFormat.data
    patch.setattr(VideoFormat, "data", lambda self, image: true(self, np.roll(image, 1, axis=1)))


@sabotage()
def video_colours_undefined(patch: pytest.MonkeyPatch) -> None:
    """Say no colour space."""
    from camtwin.links.v4l2.formats import VideoFormat

    wrapped(patch, VideoFormat, "pixels", lambda true, self: dataclasses.replace(true(self), colorspace=0))


@sabotage(*SET, "framos.driver.imx412.frame_rate", about=DEVICES)
def video_controls_dropped(patch: pytest.MonkeyPatch) -> None:
    """Accept values of controls, and set none."""
    from camtwin.links.v4l2.controls import Controls

    patch.setattr(Controls, "_apply", lambda self, file, values: None)


@sabotage()
def video_parts_misnamed(patch: pytest.MonkeyPatch) -> None:
    """Call the receiver like the capture node, and keep names of devices out of sysfs."""
    from camtwin.links.base import devices
    from camtwin.links.v4l2 import media

    patch.setattr(media, "DRIVER", "other")

    def without_names(true: Any, folders: Any, files: Any, *links: Any) -> Any:
        return true(
            folders, {path: text for path, text in files.items() if not path.endswith("/name")}, *links
        )

    wrapped(patch, devices, "Sysfs", without_names)


@sabotage(*STREAMED, about=DEVICES)
def video_streams_refused(patch: pytest.MonkeyPatch) -> None:
    """Refuse to stream."""
    from camtwin.links.v4l2.capture import Capture

    refused(patch, Capture, "stream_on", EIO)


@sabotage(
    *SET,
    "framos.soft.driver",
    "framos.eco.sw.subdev",
    "framos.eco.sw.libsv",
    "framos.driver.imx412.frame_rate",
    about=DEVICES,
)
def video_controls_untold(patch: pytest.MonkeyPatch) -> None:
    """Tell of no control that there is one."""
    from camtwin.links.v4l2.controls import Controls

    refused(patch, Controls, "_query_extended", EINVAL)


@sabotage("framos.eco.sw.subdev", "framos.sensor.chromaticity", about=DEVICES)
def video_codes_untold(patch: pytest.MonkeyPatch) -> None:
    """Tell of no format that the sub-device sends it."""
    from camtwin.links.v4l2.subdevice import SubdeviceNode

    refused(patch, SubdeviceNode, "_code", EINVAL)


@sabotage("framos.if.csi2", "framos.ref.jetson", about=DEVICES)
def video_links_disabled(patch: pytest.MonkeyPatch) -> None:
    """Enable no link of the media device."""
    from camtwin.links.v4l2 import media

    patch.setattr(media, "FIXED", 0)


@sabotage("framos.driver.modes.resolution", about=DEVICES)
def video_sizes_cut(patch: pytest.MonkeyPatch) -> None:
    """Leave out the fourth size of a format."""
    from camtwin.links.v4l2.format_calls import FormatCalls
    from camtwin.links.v4l2.open_file import IoctlError

    def told(true: Any, self: FormatCalls, data: bytes) -> bytes:
        if int.from_bytes(data[:4], "little") > 2:
            raise IoctlError(EINVAL)
        return true(self, data)

    wrapped(patch, FormatCalls, "_frame_size", told)


@sabotage("framos.driver.modes.format", about=DEVICES)
def video_formats_cut(patch: pytest.MonkeyPatch) -> None:
    """Leave out the last format."""
    from camtwin.links.v4l2.formats import Formats

    wrapped(patch, Formats, "names", lambda true, self: true(self)[:-1])


@sabotage("framos.eco.reference_software")
def video_library_silent(patch: pytest.MonkeyPatch) -> None:
    """Hand out no image from a module in process."""
    from camtwin.libsv.twin import ModuleSource

    patch.setattr(ModuleSource, "next", lambda self, timeout_ms: None)
