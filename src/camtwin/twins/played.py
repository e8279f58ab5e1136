"""A twin whose images come from a recording.

Its frames have the bytes that were recorded, so what decides them is fixed: the size and format of the image,
and which chunks there are. Frames of a picture's codes get the chunks that the camera would have sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from camtwin.camera import Exposure
from camtwin.camera.frames.player import Moment, Player, RecordedFrame
from camtwin.camera.reports.chunks import FEATURES
from camtwin.camera.settings import Settings
from camtwin.genicam.nodes import Integer, Order
from camtwin.genicam.row_words import words_of
from camtwin.models import CameraSheet
from camtwin.pixels import FORMATS, unpack
from camtwin.problem import Problem
from camtwin.twins.assembly import NoTruth, Twin, placed
from camtwin.twins.render.truth import Truth
from camtwin.wire.chunks import split, tag

CHUNKS: Final = {"ChunkModeActive", "ChunkSelector", "ChunkEnable"}


class RecordingInvalid(Problem):
    """A recording that cannot be played; one line that names the file."""


@dataclass(frozen=True)
class Recording:
    """A recording: settings by feature, frames and events in the order of their times.

    chunks  names of those that its frames carry; None: the frames have none
    """

    settings: Mapping[str, int | str]
    moments: Sequence[Moment]
    chunks: frozenset[str] | None


@dataclass(frozen=True)
class PlayedTwin(Twin):
    """A twin that plays a recording; each exposure's `world` is the frame."""

    def prepare(self) -> None:
        """Do nothing: no image is rendered."""

    def render(self, exposure: Exposure, out: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
        payload = self._frame(exposure).payload()
        if payload.nbytes == exposure.payload_bytes:  # as it was sent, or an image that has no chunks
            return placed(payload, out)
        if exposure.has_image and payload.nbytes == exposure.image_bytes:
            tail = np.frombuffer(super().tail(exposure, payload.data), np.uint8)
            return placed(np.concatenate((payload, tail)), out)
        return placed(np.frombuffer(self._of_known_chunks(payload.tobytes()), np.uint8), out)

    def image(self, exposure: Exposure) -> NDArray[np.uint16]:
        s, payload = exposure.settings, self._frame(exposure).payload()
        return unpack(payload[: exposure.image_bytes], exposure.pixel_format, s.Width, s.Height)

    def tail(self, exposure: Exposure, image: bytes | memoryview = b"") -> bytes:
        return self.render(exposure)[exposure.image_bytes * exposure.has_image :].tobytes()

    def truth(self, exposure: Exposure) -> Truth:
        raise NoTruth(f"{self.sheet.name}: plays recorded frames, of which there is no truth")

    def _frame(self, exposure: Exposure) -> RecordedFrame:
        return cast("RecordedFrame", exposure.world)

    def _of_known_chunks(self, payload: bytes) -> bytes:
        """Return a payload without the chunks that camtwin does not know."""
        order = self.camera.tree.order
        kept = [*known_chunks(payload, self.camera.chunk_ids, order)]
        return b"".join(data + tag(number, len(data), order) for _, number, data in reversed(kept))


def known_chunks(payload: bytes, ids: Mapping[str, int], order: Order) -> Iterator[tuple[str, int, bytes]]:
    """Yield name, id and data of each chunk of a payload that camtwin knows, the last one first.

    Raises:
        ValueError: the payload does not consist of chunks
    """
    names = {number: name for name, number in ids.items()}
    for number, data in split(payload, order):
        name = names.get(number, "")
        if name == "Image" or len(data) == sum(f.length for f in FEATURES.get(name, ())) > 0:
            yield name, number, data


def fixed(sheet: CameraSheet, recording: Recording) -> CameraSheet:
    """Return a recording's sheet as it is played: its features take nothing else than what was recorded.

    Raises:
        RecordingInvalid: the camera cannot have these settings
    """
    features = {name: dict(row) for name, row in sheet.features.items()}
    for name, value in recording.settings.items():
        feature = Settings.features.get(name)
        if feature is None or name not in features:
            raise RecordingInvalid(f"{sheet.name}: its camera has no feature {name:.60}")
        row = features[name]
        if isinstance(feature, Integer) and {"min", "max"} <= words_of(feature).keys():
            row |= {"min": value, "max": value, "default": value}
            row.pop("inc", None)
        elif name == "PixelFormat":
            entries: Any = row["entries"]
            if value not in FORMATS or value not in entries:
                raise RecordingInvalid(f"{sheet.name}: its camera has no PixelFormat {value!r:.60}")
            row |= {
                "entries": {value: entries[value]} if isinstance(entries, Mapping) else [value],
                "default": value,
            }
        else:
            row |= {"default": value, "access": "RO"}
    if recording.chunks is not None:
        if missing := CHUNKS - features.keys():
            raise RecordingInvalid(f"{sheet.name}: its camera has no chunks: there is no {min(missing)}")
        features["ChunkModeActive"] |= {"default": True, "access": "RO"}
        entries = features["ChunkSelector"].get("ids", {})
        features["ChunkEnable"] |= {
            "default": {name: name in recording.chunks for name in entries},
            "access": "RO",
        }
    memory = sheet.memory.model_copy(update={"size_bytes": None, "free_run_images": None})
    return sheet.model_copy(update={"features": features, "memory": memory})


def play(twin_of: Callable[..., Twin], recording: Recording) -> PlayedTwin:
    """Return a twin that plays a recording; `twin_of` builds it from the acquisition of its camera."""
    twin = twin_of(acquisition=partial(Player, moments=recording.moments))
    return PlayedTwin(twin.sheet, twin.clock, twin.camera, twin.renderer)
