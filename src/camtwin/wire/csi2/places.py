"""Places in a stream: which frame and line of which channel a packet belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from camtwin.wire.csi2.packets import DataType, Header


class Part(StrEnum):
    """Parts of a frame, as people read them."""

    FRAME_START = "frame start"
    EMBEDDED = "embedded line"
    LINE_START = "line start"
    IMAGE = "line"
    LINE_END = "line end"
    FRAME_END = "frame end"
    OTHER = "packet"


_PARTS = {
    DataType.FRAME_START: Part.FRAME_START,
    DataType.FRAME_END: Part.FRAME_END,
    DataType.LINE_START: Part.LINE_START,
    DataType.LINE_END: Part.LINE_END,
    DataType.EMBEDDED: Part.EMBEDDED,
    DataType.RAW10: Part.IMAGE,
    DataType.RAW12: Part.IMAGE,
}


def part_of(data_type: int) -> Part:
    """Return the part that packets of a data type are.

    >>> str(part_of(0x2B)), str(part_of(0x3F))
    ('line', 'packet')
    """
    return next((part for known, part in _PARTS.items() if known == data_type), Part.OTHER)


@dataclass(frozen=True, slots=True)
class Place:
    """A packet's place.

    frame  number in the frame start; None: not known
    line   counted from 0, rows and embedded lines by themselves; None where there are no lines
    """

    channel: int
    frame: int | None
    part: Part
    line: int | None = None

    def __str__(self) -> str:
        """Return it as people read it: `channel 0 frame 3 line 17`."""
        frame = "" if self.frame is None else f" frame {self.frame}"
        line = "" if self.line is None else f" {self.line}"
        return f"channel {self.channel}{frame} {self.part}{line}"


class Tracker:
    """Follows a stream, packet by packet, and says where each belongs."""

    def __init__(self) -> None:
        self._frames: dict[int, int] = {}
        self._lines: dict[tuple[int, Part], int] = {}

    def see(self, header: Header) -> Place:
        """Return the place of the packet that comes next."""
        channel, part = header.channel, part_of(header.data_type)
        line = None
        if part is Part.FRAME_START:
            self._frames[channel] = header.field
            for lines in (Part.EMBEDDED, Part.IMAGE):
                self._lines[channel, lines] = 0
        elif part in (Part.EMBEDDED, Part.IMAGE):
            line = self._lines.get((channel, part), 0)
            self._lines[channel, part] = line + 1
        elif part in (Part.LINE_START, Part.LINE_END):
            line = max(0, self._lines.get((channel, Part.IMAGE), 0) - (part is Part.LINE_END))
        return Place(channel, self._frames.get(channel), part, line)
