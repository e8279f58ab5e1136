"""Break what programs get of a module as a video device."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from mutations.registry import sabotage
from mutations.tools import wrapped


@sabotage()
def video_frames_recounted(patch: pytest.MonkeyPatch) -> None:
    """Count frames by twos, as if every other one were lost, and date them 1 % too late."""
    from camtwin.links.v4l2.queue import BufferQueue

    true = BufferQueue.end_frame

    def wrong(self: BufferQueue, slot: Any, sequence: int, timestamp_ns: int, bytesused: int) -> None:
        true(self, slot, 2 * sequence, timestamp_ns * 101 // 100, bytesused)

    patch.setattr(BufferQueue, "end_frame", wrong)


@sabotage()
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


@sabotage()
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
