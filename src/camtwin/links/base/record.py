"""Record a twin's run to a file, and rebuild the twin from such a file."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from camtwin.camera import Exposure
from camtwin.simtime import journal
from camtwin.simtime.journal import JournalBroken, Line, Recorder
from camtwin.twins import Twin

MAX_LINE: Final = 1 << 20
"""Characters of a journal's line; a device that is read as a journal has no end of one."""


@dataclass(frozen=True)
class RecordedTwin(Twin):
    """A twin that reports each rendered frame to a journal."""

    recorder: Recorder

    def render(self, exposure: Exposure, out: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
        payload = super().render(exposure, out)
        self.recorder.frame(exposure.start_ns, exposure.frame_id, payload.data)
        return payload


@contextlib.contextmanager
def recorded(twin: Twin, path: Path | None, start: dict[str, Any]) -> Iterator[Twin]:
    """Record the twin to `path` until the context ends; without a path yield the twin itself.

    start  the arguments that rebuild the twin, which `reopen` hands to its maker
    """
    if path is None:
        yield twin
        return
    with path.open("w", buffering=1) as file:
        lock = threading.Lock()  # writes come from the event loop, frames from the thread that renders

        def put(line: str) -> None:
            with lock:
                file.write(line)

        recorder = Recorder(put, start)
        camera = twin.camera
        leaving = [
            camera.on_write.subscribe(recorder.write),
            camera.on_command.subscribe(recorder.command),
            camera.on_refusal.subscribe(lambda t_ns, refused: recorder.log(t_ns, journal.refusal(refused))),
            camera.on_moment.subscribe(lambda t_ns, *what: recorder.log(t_ns, journal.event(*what))),
        ]
        try:
            yield RecordedTwin(twin.sheet, twin.clock, twin.camera, twin.renderer, recorder)
        finally:
            for leave in leaving:
                leave()
            recorder.end(twin.clock.now)


@contextlib.contextmanager
def reopen(path: Path, make: Callable[..., Any]) -> Iterator[tuple[Twin, Iterator[Line]]]:
    """Yield the recorded twin, rebuilt, and the journal's remaining lines.

    Args:
        make: called with the recorded arguments by name; returns a session

    Raises:
        JournalBroken: the file is not a journal
    """
    with path.open(encoding="utf-8", errors="backslashreplace") as file:  # a line that is no text is no JSON
        start, lines = journal.read(iter(partial(file.readline, MAX_LINE), ""))
        arguments = {name: value for name, value in start.items() if name != "camtwin"}
        try:
            session = make(**arguments)
        except TypeError as error:
            raise JournalBroken(f"{path} does not say how the twin was made: {error}") from None
        yield session.twin, lines
