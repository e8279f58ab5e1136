"""A twin whose images come from a recording.

Its frames have the bytes that were recorded, so what decides them is fixed: the size and format of the image,
and which chunks there are, also of those that camtwin does not know. Frames of a picture's codes get the
chunks that the camera would have sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from camtwin.camera import Exposure
from camtwin.camera.features.chunk_data_control import NAMES
from camtwin.camera.frames.player import Moment, Player, RecordedFrame
from camtwin.camera.reports.chunks import own_bytes
from camtwin.camera.settings import Settings
from camtwin.genicam.nodes import Integer, Order
from camtwin.genicam.row_words import words_of
from camtwin.models import CameraSheet
from camtwin.pixels import FORMATS, unpack
from camtwin.problem import Problem
from camtwin.twins.assembly import NoTruth, Twin, placed
from camtwin.twins.render.truth import Truth
from camtwin.wire.chunks import HEADER_BYTES, split

CHUNKS: Final = {"ChunkModeActive", "ChunkSelector", "ChunkEnable"}


@dataclass(frozen=True)
class RecordedChunks:
    """Chunks of a frame.

    names        of those that the model has a name for
    extra_bytes  bytes more than if the twin itself sent the chunks of these names
    image_id     id of the image's chunk; None if no image was sent
    """

    names: frozenset[str]
    extra_bytes: int
    image_id: int | None


class RecordingInvalid(Problem):
    """A recording that cannot be played; one line that names the file."""


@dataclass(frozen=True)
class Recording:
    """A recording: settings by feature, frames and events in the order of their times.

    chunks  those that its frames carry; None: the frames have none
    """

    settings: Mapping[str, int | str]
    moments: Sequence[Moment]
    chunks: RecordedChunks | None


@dataclass(frozen=True)
class PlayedTwin(Twin):
    """A twin that plays a recording; each exposure's `world` is the frame."""

    def prepare(self) -> None:
        """Do nothing: no image is rendered."""

    def render(self, exposure: Exposure, out: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
        payload = self._frame(exposure).payload()
        if payload.nbytes == exposure.image_bytes != exposure.payload_bytes:  # a picture's codes
            tail = np.frombuffer(super().tail(exposure, payload.data), np.uint8)
            return placed(np.concatenate((payload[: payload.nbytes * exposure.has_image], tail)), out)
        return placed(payload, out)

    def image(self, exposure: Exposure) -> NDArray[np.uint16]:
        s, payload = exposure.settings, self._frame(exposure).payload()
        return unpack(payload[: exposure.image_bytes], exposure.pixel_format, s.Width, s.Height)

    def tail(self, exposure: Exposure, image: bytes | memoryview = b"") -> bytes:
        return self.render(exposure)[exposure.image_bytes * exposure.has_image :].tobytes()

    def truth(self, exposure: Exposure) -> Truth:
        raise NoTruth(f"{self.sheet.name}: plays recorded frames, of which there is no truth")

    def _frame(self, exposure: Exposure) -> RecordedFrame:
        return cast("RecordedFrame", exposure.world)


def chunks_in(payload: bytes, ids: Mapping[str, int], order: Order, image_bytes: int) -> RecordedChunks:
    """Return the chunks of a payload.

    No description tells the id of the image, so the first chunk is the image if it has as many bytes.

    ids          of the chunks that the model has a name for
    image_bytes  of an image with the recording's settings

    Raises:
        ValueError: the payload does not consist of chunks
    """
    if not payload:
        raise ValueError("is empty")
    *others, (first, data) = split(payload, order)
    image = first if len(data) == image_bytes or first == ids.get("Image") else None
    if image is None:
        others.append((first, data))
    names = {number: name for name, number in ids.items() if name != "Image"}
    found = {name for number, _ in others if (name := names.get(number))}
    extra = sum(len(data) + HEADER_BYTES for _, data in others)
    extra -= sum(own_bytes(name) + HEADER_BYTES for name in found if name in NAMES)
    return RecordedChunks(frozenset({*found, *(("Image",) if image is not None else ())}), extra, image)


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
        chunks, row = recording.chunks, features["ChunkSelector"]
        entries = row.get("entries", row.get("ids", {}))
        if chunks.image_id is not None:
            row["ids"] = {**row.get("ids", {}), "Image": chunks.image_id}
        carried = {name: name in chunks.names for name in entries}
        features["ChunkEnable"] |= {"default": carried, "access": "RO"}
        features["ChunkExtraBytes"] = {"hidden": True, "default": chunks.extra_bytes}
    memory = sheet.memory.model_copy(update={"size_bytes": None, "free_run_images": None})
    return sheet.model_copy(update={"features": features, "memory": memory})


def play(twin_of: Callable[..., Twin], recording: Recording) -> PlayedTwin:
    """Return a twin that plays a recording; `twin_of` builds it from the acquisition of its camera."""
    twin = twin_of(acquisition=partial(Player, moments=recording.moments))
    return PlayedTwin(twin.sheet, twin.clock, twin.camera, twin.renderer)
