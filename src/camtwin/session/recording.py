"""Recordings on disk: frames, their times and ids, and events, which a twin plays.

A recording is a data sheet that names a file of frames in its folder, `frames = "frames.toml"`:

    format = 1
    settings = { PixelFormat = "Mono8", Width = 640, Height = 480 }   # pictures tell theirs themselves
    chunks = true                                                     # whether frames have chunk data
    [[frames]]
    file = "frames/000001.bin"     # bytes as they were sent; or codes, as PNG, TIFF or NPY
    timestamp_ns = 40_000_000      # by the camera's clock
    id = 7                         # block id on the link; without it, the one after the frame before
    [[events]]
    name = "ExposureEnd"           # entry of EventSelector
    timestamp_ns = 44_000_000
    id = 7
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from camtwin.camera.description import interface
from camtwin.camera.features.rates import payload_bytes as frame_bytes
from camtwin.camera.frames.player import Moment, RecordedEvent, RecordedFrame
from camtwin.camera.links import KINDS
from camtwin.files import FileProblem, load_raw
from camtwin.folders import TextProblem, load_text
from camtwin.models import CameraSheet
from camtwin.pixels import FORMATS, PixelFormat, pack
from camtwin.pixels.formats import payload_bytes
from camtwin.problem import first_fault
from camtwin.twins.played import RecordedChunks, Recording, RecordingInvalid, chunks_in, fixed

FORMAT: Final = 1
"""Version of the file of frames."""
MAX_BYTES: Final = 64 << 20
"""Limit of that file; a frame takes about 80 bytes of it."""
RAW: Final = ".bin"
"""Ending of files with bytes as they were sent."""
Time = Annotated[int, Field(ge=0, lt=1 << 63)]
Id = Annotated[int, Field(ge=0, lt=1 << 63)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class FrameEntry(Part):
    """A frame; `offset` is its OffsetX and OffsetY where they change."""

    file: str
    timestamp_ns: Time
    id: Id | None = None
    offset: Annotated[list[Id], Field(min_length=2, max_length=2)] | None = None


class EventEntry(Part):
    name: str
    timestamp_ns: Time
    id: Id | None = None


class FramesFile(Part):
    format: Annotated[int, Field(ge=1)]
    settings: dict[str, int | str] = {}
    chunks: bool = False
    frames: Annotated[list[FrameEntry], Field(min_length=1)]
    events: list[EventEntry] = []


def played(sheet: CameraSheet) -> tuple[CameraSheet, Recording]:
    """Return a recording and its sheet, as they are played.

    Raises:
        RecordingInvalid: names the file, and what is wrong with it
    """
    path = _place(sheet)
    known = _parsed(path)
    folder, block = path.parent, KINDS[sheet.link].first_block
    settings = dict(known.settings)
    first = folder / _inside(path, known.frames[0].file)
    if first.suffix != RAW:
        settings = _of_picture(first, sheet) | settings
    fmt = FORMATS.get(str(settings.get("PixelFormat")))
    if fmt is None:
        raise RecordingInvalid(f"{path}: settings.PixelFormat {settings.get('PixelFormat')!r:.60}: unknown")
    if missing := {"Width", "Height"} - settings.keys():
        raise RecordingInvalid(f"{path}: settings has no {', '.join(sorted(missing))}")
    image_bytes = payload_bytes(fmt, int(settings["Width"]), int(settings["Height"]))
    chunks = _chunks(first, sheet, image_bytes) if known.chunks else None
    played_as = fixed(sheet, Recording(settings, (), chunks))
    if first.suffix == RAW:
        _check_size(first, played_as)
    shape = int(settings["Height"]), int(settings["Width"])
    frames = [*_frames(path, known, fmt, block, shape)]
    ids = interface(sheet).tree.declared["EventSelector"].ids
    if strange := next((e.name for e in known.events if e.name not in ids), None):
        raise RecordingInvalid(f"{path}: events: its camera has no event {strange:.60}")
    events = [
        RecordedEvent(e.name, e.timestamp_ns, None if e.id is None else max(0, e.id - block))
        for e in known.events
    ]
    moments: list[Moment] = sorted([*frames, *events], key=lambda moment: moment.timestamp_ns)
    return played_as, Recording(settings, moments, chunks)


def _place(sheet: CameraSheet) -> Path:
    document = next(d for d in sheet.documents if "frames" in d.tables)
    return Path(document.folder) / _inside(Path(document.label), sheet.frames)


def _inside(of: Path, name: str) -> str:
    """Return the name of a file below the recording's folder."""
    if not name or name.startswith("/") or ".." in name.split("/") or not name.isprintable():
        raise RecordingInvalid(f"{of}: {name!r:.60} is no file in the recording's folder")
    return name


def _parsed(path: Path) -> FramesFile:
    try:
        text = load_text(str(path), MAX_BYTES)
        if text is None:
            raise RecordingInvalid(f"{path}: there is no such file")
        data = tomllib.loads(text)
    except (TextProblem, tomllib.TOMLDecodeError) as wrong:
        raise RecordingInvalid(str(wrong) if isinstance(wrong, TextProblem) else f"{path}: {wrong}") from None
    except (RecursionError, ValueError) as wrong:
        raise RecordingInvalid(f"{path}: {str(wrong)[:60] or 'is nested too deeply'}") from None
    version = data.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise RecordingInvalid(f"{path}: format {version}: this camtwin plays up to {FORMAT}")
    try:
        return FramesFile.model_validate(data)
    except ValidationError as wrong:
        raise RecordingInvalid(f"{path}: {first_fault(wrong)}") from None


def _of_picture(path: Path, sheet: CameraSheet) -> dict[str, int | str]:
    """Return the settings that a picture tells: its size, and a format with its bits."""
    codes = _codes(path)
    entries = sheet.features["PixelFormat"].get("entries", ())
    own = [FORMATS[name] for name in entries if name in FORMATS and not FORMATS[name].packed]
    wide = codes.dtype != np.uint8
    fits = [fmt for fmt in own if (fmt.bits > 8) == wide]
    found = max(fits, key=lambda fmt: fmt.bits, default=None)
    height, width = codes.shape
    return {"Width": width, "Height": height, **({"PixelFormat": found.name} if found else {})}


def _codes(path: Path) -> NDArray[Any]:
    try:
        return load_raw(path)
    except (FileProblem, OSError) as wrong:
        raise RecordingInvalid(f"{path}: {getattr(wrong, 'strerror', None) or wrong}") from None


def _chunks(path: Path, sheet: CameraSheet, image_bytes: int) -> RecordedChunks:
    tree = interface(sheet).tree
    selector = tree.declared["ChunkSelector"]
    ids = {name: number for name, number in selector.ids.items() if name in {*selector.entries, "Image"}}
    try:
        return chunks_in(_bytes(path).tobytes(), ids, tree.order, image_bytes)
    except ValueError as wrong:
        raise RecordingInvalid(f"{path}: {wrong}") from None


def _bytes(path: Path) -> NDArray[np.uint8]:
    try:
        return np.fromfile(path, np.uint8)
    except OSError as wrong:
        raise RecordingInvalid(f"{path}: {wrong.strerror or wrong}") from None


def _check_size(path: Path, sheet: CameraSheet) -> None:
    """Check that the camera sends as many bytes with these settings as the first frame has."""
    length, needed = len(_bytes(path)), frame_bytes(interface(sheet).tree.factory())
    if length != needed:
        raise RecordingInvalid(f"{path}: has {length} bytes; with these settings its camera sends {needed}")


def _frames(
    path: Path, known: FramesFile, fmt: PixelFormat, block: int, shape: tuple[int, int]
) -> Iterator[RecordedFrame]:
    number, length = 0, 0
    for entry in known.frames:
        file = path.parent / _inside(path, entry.file)
        if entry.id is not None:
            if entry.id < block:
                raise RecordingInvalid(f"{path}: id {entry.id}: the first block of the link is {block}")
            number = entry.id - block
        if file.suffix == RAW:
            length = _checked_length(file, length)
        load = partial(_bytes, file) if file.suffix == RAW else partial(_packed, file, fmt, shape)
        offset = (entry.offset[0], entry.offset[1]) if entry.offset else None
        yield RecordedFrame(number, entry.timestamp_ns, load, offset)
        number += 1


def _checked_length(file: Path, before: int) -> int:
    """Return the length of a frame's file, which all of them share."""
    try:
        length = file.stat().st_size
    except OSError as wrong:
        raise RecordingInvalid(f"{file}: {wrong.strerror or wrong}") from None
    if before and length != before:
        raise RecordingInvalid(f"{file}: has {length} bytes, and the frames before it {before}")
    return length


def _packed(path: Path, fmt: PixelFormat, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture's codes as bytes of a format."""
    codes = _codes(path)
    if codes.shape != shape:
        size = f"{codes.shape[1]} x {codes.shape[0]}"
        raise RecordingInvalid(f"{path}: has {size} pixels, and the recording {shape[1]} x {shape[0]}")
    if codes.max(initial=0) > fmt.highest_DN:
        raise RecordingInvalid(f"{path}: has codes above {fmt.highest_DN}, the highest of {fmt.name}")
    return pack(codes.astype(np.uint16), fmt)
