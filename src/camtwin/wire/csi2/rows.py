"""A frame as it came, what was found in it, and which lines its rows are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from statistics import median
from typing import Final

from camtwin.units import Ns
from camtwin.wire.csi2.examine import Kind
from camtwin.wire.csi2.packets import MAX_FIELD
from camtwin.wire.csi2.places import Place

HEIGHT: Final = (0x034E, 0x034F)
"""Registers of the number of rows (CCS: y_output_size)."""
GAP: Final = 1.5
"""Row times without a row that mean one is missing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An error in a stream.

    offset   of the record in the dump; None where something is missing
    time_ns  of the record, or of the one that shows what is missing
    place    None: of the lanes or the dump
    byte     of the packet
    """

    kind: Kind
    offset: int | None
    time_ns: Ns
    place: Place | None
    byte: int | None
    text: str

    def document(self) -> dict[str, object]:
        """Return it as names and values for JSON; frame, line and byte as numbers."""
        place = self.place
        return {
            "kind": str(self.kind),
            "text": self.text,
            "channel": place and place.channel,
            "frame": place and place.frame,
            "part": place and str(place.part),
            "line": place and place.line,
            "byte": self.byte,
            "offset": self.offset,
            "time_ns": self.time_ns,
        }

    def __str__(self) -> str:
        """Return it in one line."""
        where = "" if self.place is None else f"{self.place}: "
        byte = "" if self.byte is None else f"byte {self.byte}: "
        at = "" if self.offset is None else f" (record at byte {self.offset})"
        return f"{where}{byte}{self.text}{at}"


@dataclass(slots=True)
class Row:
    """A row that came: when, its number if lines are numbered."""

    time_ns: Ns
    number: int | None


@dataclass(slots=True)
class OpenFrame:
    """A frame as far as it has come.

    unread     short packets whose headers could not be read: they may be what seems to be missing
    findings   with the count of rows at which each was found, in place of its line
    """

    channel: int
    number: int | None
    time_ns: Ns
    rows: list[Row] = field(default_factory=list)
    embedded: list[tuple[Ns, bytes | None]] = field(default_factory=list)
    findings: list[tuple[Finding, bool]] = field(default_factory=list)
    row_bytes: int | None = None
    data_type: int | None = None
    line_start: int | None = None
    numbered: bool = False
    unread: int = 0

    def forgiven(self) -> bool:
        """Tell whether an unreadable short packet can be what is missing, and count it as that."""
        there = self.unread > 0
        self.unread -= there
        return there


def moved(finding: Finding, lines: list[int]) -> Finding:
    """Return a finding with its line's own number in place of the count of rows before it."""
    assert finding.place
    assert finding.place.line is not None
    line = finding.place.line
    if line < len(lines):
        line = lines[line]
    elif lines:
        line = lines[-1] + 1
    return replace(finding, place=replace(finding.place, line=line))


def height_of(registers: dict[int, int]) -> int | None:
    """Return the number of rows that registers say; None if they do not."""
    high, low = (registers.get(address) for address in HEIGHT)
    return None if high is None or low is None else high << 8 | low


def row_time(frame: OpenFrame) -> float:
    """Return the time from row to row; 0 if it is not known."""
    times = [time_ns for time_ns, _ in frame.embedded] + [row.time_ns for row in frame.rows]
    steps = [after - before for before, after in pairwise(times)]
    return median(steps) if len(steps) > 1 else 0


def lines_of(frame: OpenFrame, height: int | None, embedded_lost: int) -> list[int]:
    """Return the line of each row that came: by its number, or by the time since the row before.

    The time before the first row may be that of embedded lines which are missing, or too long by itself.
    """
    row_ns = row_time(frame)
    lines: list[int] = []
    before_ns = frame.embedded[-1][0] if frame.embedded else None
    for row in frame.rows:
        line = lines[-1] + 1 if lines else 0
        if row.number:
            line = max(line, row.number - 1)
        elif row_ns > 0 and before_ns is not None and row.time_ns - before_ns > GAP * row_ns:
            line += round((row.time_ns - before_ns) / row_ns) - 1 - (0 if lines else embedded_lost)
        line = min(line, MAX_FIELD)  # hostile times cost no memory
        lines.append(max(line, lines[-1] + 1 if lines else 0))
        before_ns = row.time_ns
    if lines and height and not frame.numbered:
        early = max(0, min(lines[0], lines[-1] + 1 - height))
        lines = [line - early for line in lines]
    return lines


def runs(lines: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last of each run of lines that follow each other.

    >>> list(runs([1, 4, 5, 6]))
    [(1, 1), (4, 6)]
    """
    for _, group in groupby(enumerate(lines), key=lambda pair: pair[1] - pair[0]):
        run = [line for _, line in group]
        yield run[0], run[-1]


def gone_at_end(frame: OpenFrame, end_ns: Ns) -> int:
    """Return how many rows there was time for between the last row and the frame end."""
    row_ns = row_time(frame)
    return max(0, round((end_ns - frame.rows[-1].time_ns) / row_ns) - 1) if row_ns > 0 else 0
