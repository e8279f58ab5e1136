"""The two counts of frames: the camera's own, and that of the stream.

    frame id   rises by one with each frame that begins since power-on, from 1, and wraps at 2^32. The chunk
               FrameID has it.
    number     counts the same frames from 0, anew with each stream: when its channel opens and, where the
               link says so, when an acquisition starts. Links make their block ids of it, for images and for
               events.

So the two differ by a constant within one stream, and a frame that is never sent leaves a gap in both: that
is how a host finds out that the camera skipped it.
"""

from __future__ import annotations

from typing import Final

FRAME_ID_WRAP: Final = 1 << 32
MAX_KEPT: Final = 8
"""Frames whose numbers are kept: more than are triggered, exposed and read at the same time."""


class FrameNumbers:
    """Counts the frames of one camera. begun: frames since power-on."""

    def __init__(self) -> None:
        self.begun = 0
        self._next = 0
        self._numbers: dict[int, int] = {}  # by frame id, of the last frames

    @property
    def coming_id(self) -> int:
        """The frame id of the next frame."""
        return (self.begun + 1) % FRAME_ID_WRAP

    def begin(self) -> int:
        """Count a frame; return its frame id."""
        frame_id = self.coming_id
        self.begun += 1
        self._numbers[frame_id] = self._next
        self._next += 1
        if len(self._numbers) > MAX_KEPT:
            del self._numbers[next(iter(self._numbers))]
        return frame_id

    def of(self, frame_id: int) -> int:
        """Return the number in the stream of a frame that is under way, or of the next one."""
        return self._numbers.get(frame_id, self._next)

    def restart(self, under_way: int | None = None) -> None:
        """Count a new stream; a frame that is under way, and will be sent in it, is its first."""
        self._next = 0
        if under_way is not None:
            self._numbers[under_way] = 0
            self._next = 1
