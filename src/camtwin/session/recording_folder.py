"""The folder of a recording while it is written; `recording.py` says what its file of frames holds."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from camtwin.pixels import PixelFormat
from camtwin.session.recording import FORMAT, RAW

FRAMES: Final = "frames"
"""Folder of the frames' bytes."""
FILE: Final = "frames.toml"


class RecordingFolder:
    """Writes frames, and last the events, into a folder that exists; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / FRAMES).mkdir()
        self._file = (folder / FILE).open("w", encoding="utf-8")
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        self._file.close()

    def begin(self, fmt: PixelFormat, width: int, height: int, *, chunks: bool) -> None:
        """Write what all frames have in common."""
        self._file.write(f"format = {FORMAT}\nchunks = {str(chunks).lower()}\n")
        size = f"Width = {width}, Height = {height}"
        self._file.write(f'settings = {{ {size}, PixelFormat = "{fmt.name}" }}\n')

    def frame(self, data: NDArray[np.uint8], block: int, timestamp_ns: int, offset: tuple[int, int]) -> None:
        """Write a frame: its bytes, its id on the link, its time, and OffsetX and OffsetY."""
        self._count += 1
        name = f"{FRAMES}/{self._count:06}{RAW}"
        data.tofile(self._folder / name)
        self._put("frames", file=name, timestamp_ns=timestamp_ns, id=block, offset=[*offset])

    def event(self, name: str, timestamp_ns: int, block: int | None) -> None:
        """Write an event, and the id of its frame."""
        self._put("events", name=name, timestamp_ns=timestamp_ns, id=block)

    def _put(self, table: str, **words: object) -> None:
        said = (
            f'{k} = "{v}"' if isinstance(v, str) else f"{k} = {v}" for k, v in words.items() if v is not None
        )
        self._file.write(f"\n[[{table}]]\n" + "\n".join(said) + "\n")
