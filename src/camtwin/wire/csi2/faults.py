"""Faults on purpose: a stream in, the same stream with one thing wrong out.

Each fault has a place: a frame by its number, a line counted from 0, and where it matters a byte of the
packet (0 to 3 is the header, the last two are the CRC). `check` finds each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from camtwin.wire.csi2.dump import Burst, LaneState, Record
from camtwin.wire.csi2.lanes import swapped
from camtwin.wire.csi2.packets import HEADER_BYTES, Header, read_header
from camtwin.wire.csi2.places import Part, Place, Tracker

OF_A_LINE = (Part.LINE_START, Part.IMAGE, Part.LINE_END)
Group = list[Record]
"""A burst with its marks, or a mark that belongs to none."""


FORMS = (
    "flip:FRAME,LINE,BYTE.BIT",
    "count:FRAME,LINE,WORDS",
    "swap:FRAME,ORDER",
    "swap:FRAME,LINE,ORDER",
    "lose:FRAME,LINE",
    "short:FRAME,LINE",
    "end:FRAME",
)
"""Faults as users write them.

LINE is a row, e0 or e1 an embedded line, start or end the frame's; ORDER is the lanes of the transmitter by
those of the receiver, 1023. `flip@1:` is on virtual channel 1.
"""
Fault: TypeAlias = Callable[[Iterable[Record]], Iterator[Record]]


class NoSuchPlace(ValueError):
    """The stream has no packet at the place of a fault."""


def parse(text: str) -> Fault:
    """Return the fault that a user wrote; ValueError names the form of that kind.

    >>> parse("flip:2,17,120.9")
    Traceback (most recent call last):
    ValueError: flip:2,17,120.9: bit 9 is not in 0..7
    """
    word, _, rest = text.partition(":")
    kind, _, on = word.partition("@")
    forms = [form for form in FORMS if form.startswith(f"{kind}:")]
    if not forms:
        raise ValueError(f"{text}: no fault {kind!r}; there are {', '.join(FORMS)}")
    try:
        return _read(kind, int(on or 0), rest.split(","))
    except (ValueError, IndexError) as error:
        if str(error).startswith("bit "):
            raise ValueError(f"{text}: {error}") from None
        raise ValueError(f"{text}: is not {' or '.join(forms)}") from None


def _read(kind: str, channel: int, words: list[str]) -> Fault:
    frame, last = int(words[0]), words[-1]
    if len(words) != {"end": 1, "flip": 3, "count": 3, "swap": len(words)}.get(kind, 2):
        raise IndexError
    if kind == "end":
        return lambda records: lose_frame_end(records, channel, frame)
    if kind == "swap":
        order, line = [int(lane) for lane in last], int(words[1]) if len(words) > 2 else None
        return lambda records: swap_lanes(records, channel, frame, order, line)
    place = _place(channel, frame, words[1])
    if kind == "flip":
        byte, bit = map(int, last.split("."))
        if not 0 <= bit <= 7:
            raise ValueError(f"bit {bit} is not in 0..7")
        return lambda records: flip_bit(records, place, byte, bit)
    if kind == "count":
        count = int(last)
        return lambda records: miscount(records, place, count)
    if place.line is None:
        raise ValueError
    row, part = place.line, place.part
    if kind == "lose":
        return lambda records: lose_line(records, channel, frame, row, part)
    return lambda records: shorten(records, channel, frame, row)


def _place(channel: int, frame: int, line: str) -> Place:
    if line in ("start", "end"):
        return Place(channel, frame, Part.FRAME_START if line == "start" else Part.FRAME_END)
    part = Part.EMBEDDED if line.startswith("e") else Part.IMAGE
    return Place(channel, frame, part, int(line.removeprefix("e")))


def flip_bit(records: Iterable[Record], place: Place, byte: int, bit: int) -> Iterator[Record]:
    """Yield the stream with one wrong bit in the packet at a place.

    Args:
        byte: of the packet; negative ones count from its end.
        bit: 0 to 7, 0 the lowest, which is the first on the wire.

    Raises:
        NoSuchPlace: there is no such packet, or none so long.
    """

    def damaged(burst: Burst) -> Burst:
        if not -len(burst.data) <= byte < len(burst.data):
            raise NoSuchPlace(f"{place} has {len(burst.data)} bytes, none is byte {byte}")
        data = bytearray(burst.data)
        data[byte] ^= 1 << bit
        return replace(burst, data=bytes(data))

    yield from _changed(records, place, damaged)


def miscount(records: Iterable[Record], place: Place, word_count: int) -> Iterator[Record]:
    """Yield the stream with another word count, and its right ECC, in the header of the packet at a place."""

    def damaged(burst: Burst) -> Burst:
        header, _ = read_header(burst.data)
        wrong = Header(header.channel, header.data_type, word_count).encode()
        return replace(burst, data=wrong + burst.data[HEADER_BYTES:])

    yield from _changed(records, place, damaged)


def swap_lanes(
    records: Iterable[Record], channel: int, frame: int, order: Sequence[int], line: int | None = None
) -> Iterator[Record]:
    """Yield the stream as it arrives where lane k of the receiver is lane order[k] of the transmitter.

    line: of this line alone; None: of all packets of the frame. NoSuchPlace as for `flip_bit`.
    """
    hit = False
    for group, place in _placed(records):
        if place and (place.channel, place.frame) == (channel, frame) and _in_line(place, line):
            hit = True
            if sorted(order) != list(range(group[0].lanes)):
                raise NoSuchPlace(f"lanes {', '.join(map(str, order))} are not the stream's {group[0].lanes}")
            yield from (replace(r, data=swapped(r.data, order)) if isinstance(r, Burst) else r for r in group)
        else:
            yield from group
    _require(hit, f"channel {channel} frame {frame}" + ("" if line is None else f" line {line}"))


def lose_line(
    records: Iterable[Record], channel: int, frame: int, line: int, part: Part = Part.IMAGE
) -> Iterator[Record]:
    """Yield the stream without a row: its packet, and its line start and line end if it has them.

    part: Part.EMBEDDED loses an embedded line instead.
    """
    hit = False
    for group, place in _placed(records):
        here = place and (place.channel, place.frame) == (channel, frame)
        if place and here and (_in_line(place, line) if part is Part.IMAGE else _is(place, part, line)):
            hit = True
        else:
            yield from group
    _require(hit, f"channel {channel} frame {frame} line {line}")


def shorten(records: Iterable[Record], channel: int, frame: int, line: int) -> Iterator[Record]:
    """Yield the stream in which a frame ends before a row, with its frame end at the time of that row."""
    end_ns: int | None = None
    for group, place in _placed(records):
        if place and (place.channel, place.frame) == (channel, frame):
            if place.part in OF_A_LINE and place.line is not None and place.line >= line:
                end_ns = group[0].time_ns if end_ns is None else end_ns
                continue
            if place.part is Part.FRAME_END and end_ns is not None:
                earlier_ns = group[0].time_ns - end_ns
                yield from (replace(r, time_ns=r.time_ns - earlier_ns) for r in group)
                continue
        yield from group
    _require(end_ns is not None, f"channel {channel} frame {frame} line {line}")


def lose_frame_end(records: Iterable[Record], channel: int, frame: int) -> Iterator[Record]:
    """Yield the stream without the frame end of a frame."""
    lost = Place(channel, frame, Part.FRAME_END)
    hit = False
    for group, place in _placed(records):
        if place == lost:
            hit = True
        else:
            yield from group
    _require(hit, str(lost))


def _changed(records: Iterable[Record], at: Place, change: Callable[[Burst], Burst]) -> Iterator[Record]:
    hit = False
    for group, place in _placed(records):
        if place == at:
            hit = True
            yield from (change(record) if isinstance(record, Burst) else record for record in group)
        else:
            yield from group
    _require(hit, str(at))


def _require(hit: bool, what: str) -> None:
    if not hit:
        raise NoSuchPlace(f"the stream has no {what}")


def _is(place: Place, part: Part, line: int) -> bool:
    return (place.part, place.line) == (part, line)


def _in_line(place: Place, line: int | None) -> bool:
    return line is None or (place.part in OF_A_LINE and place.line == line)


def _placed(records: Iterable[Record]) -> Iterator[tuple[Group, Place | None]]:
    """Yield bursts with the marks around them, each with its place; other marks by themselves."""
    tracker = Tracker()
    group: Group = []
    place: Place | None = None
    for record in records:
        begins = place if isinstance(record, Burst) else record.state is not LaneState.LP
        if begins and group:
            yield group, place
            group, place = [], None
        group.append(record)
        if isinstance(record, Burst):
            place = tracker.see(read_header(record.data)[0])
        elif record.state is not LaneState.HS:
            yield group, place
            group, place = [], None
    if group:
        yield group, place
