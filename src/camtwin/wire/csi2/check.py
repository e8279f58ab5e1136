"""The check of a stream: everything that is wrong with it, named by frame, line and byte.

Packets are examined one by one; those with swapped lanes are put right by the order that makes them sound. A
short packet is too short to say so by itself: it waits for the next long one. What a frame says as a whole
is known at its end: which rows are missing (from line numbers, or from the time between rows) and whether it
ends early (its height stands in its embedded data, or is that of the frame before).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from camtwin.units import Ns
from camtwin.wire.csi2 import embedded
from camtwin.wire.csi2.dump import Burst, DumpProblem, LaneState, Mark, Record
from camtwin.wire.csi2.examine import Kind, Packet, Wrong, examine, in_order, lane_order, whole
from camtwin.wire.csi2.lanes import WAKE_UP_NS
from camtwin.wire.csi2.packets import HEADER_BYTES, MAX_FIELD, RAW
from camtwin.wire.csi2.places import Part, Place, part_of
from camtwin.wire.csi2.rows import Finding, OpenFrame, Row, gone_at_end, height_of, lines_of, moved, runs

BITS: Final = {int(data_type): bits for bits, data_type in RAW.items()}
MAX_WAITING: Final = 64
"""Short packets that wait for a long one: more than four channels have between two lines."""
NEXT: Final = {
    LaneState.LP: (LaneState.HS, LaneState.ULPS),
    LaneState.HS: (LaneState.LP,),
    LaneState.ULPS: (LaneState.WAKE,),
    LaneState.WAKE: (LaneState.LP,),
}
"""Which states follow which."""


class Checker:
    """Checks a stream, record by record.

    rows     that each frame must have; None: what its embedded data say, or as many as the frame before
    frames   that came, by now; likewise packets and errors
    """

    def __init__(self, rows: int | None = None) -> None:
        self.frames = self.packets = self.errors = 0
        self._rows = rows
        self._open: dict[int, OpenFrame] = {}
        self._numbers: dict[int, int] = {}
        self._heights: dict[int, int] = {}
        self._short: dict[int, int] = {}
        self._embedded: dict[int, int] = {}
        self._few_embedded: dict[int, int] = {}
        self._state, self._state_ns, self._carried = LaneState.LP, 0, False
        self._marked = False
        self._time_ns: Ns = 0
        self._order: tuple[int, ...] | None = None
        self._waiting: list[tuple[int, Burst]] = []
        self._channel = 0

    def see(self, offset: int, record: Record) -> Iterator[Finding]:
        """Yield what is known to be wrong now."""
        for finding in self._see(offset, record):
            self.errors += 1
            yield finding

    def finish(self) -> Iterator[Finding]:
        """Yield what is wrong at the stream's end."""
        for finding in self._finish():
            self.errors += 1
            yield finding

    # -- records ---------------------------------------------------------------------------------
    def _see(self, offset: int, record: Record) -> Iterator[Finding]:
        if record.time_ns < self._time_ns:
            text = f"{record.time_ns} ns is before the record before, {self._time_ns} ns"
            yield Finding(Kind.TIME, offset, record.time_ns, None, None, text)
        self._time_ns = record.time_ns
        if isinstance(record, Mark):
            yield from self._mark(offset, record)
        else:
            yield from self._lanes_of(offset, record)
            yield from self._burst(offset, record)

    def _finish(self) -> Iterator[Finding]:
        yield from self._settle(None)
        for frame in list(self._open.values()):
            yield from self._close(frame, None, None)

    def _mark(self, offset: int, mark: Mark) -> Iterator[Finding]:
        problem = ""
        if mark.state not in NEXT[self._state]:
            problem = f"{mark.state.name} does not follow {self._state.name}"
        elif mark.state is LaneState.LP and self._state is LaneState.HS and not self._carried:
            problem = "the lanes return to LP without a burst"
        elif self._state is LaneState.WAKE and mark.time_ns - self._state_ns < WAKE_UP_NS:
            problem = (
                f"the lanes wake up in {mark.time_ns - self._state_ns} ns, below the minimum {WAKE_UP_NS}"
            )
        if problem:
            yield Finding(Kind.MARK, offset, mark.time_ns, None, None, problem)
        self._state, self._state_ns, self._carried, self._marked = mark.state, mark.time_ns, False, True

    def _lanes_of(self, offset: int, burst: Burst) -> Iterator[Finding]:
        problem = ""
        if self._marked and self._state is not LaneState.HS:
            problem = f"a burst in state {self._state.name}"
        elif self._marked and self._carried:
            problem = "a second burst without a return to LP"
        if problem:
            yield Finding(Kind.MARK, offset, burst.time_ns, None, None, problem)
        self._carried = True

    def _burst(self, offset: int, burst: Burst) -> Iterator[Finding]:
        """Yield the errors of a burst; a short one waits for what the next long one says of the lanes."""
        self.packets += 1
        if len(burst.data) <= HEADER_BYTES:
            self._waiting.append((offset, burst))
            if len(self._waiting) >= MAX_WAITING:
                yield from self._settle(None)
            return
        order = None if whole(burst.data) else lane_order(burst.data, burst.lanes)
        yield from self._settle(order)
        packet = in_order(burst.data, order) if order else None
        yield from self._packet(offset, burst, packet or examine(burst.data))

    def _settle(self, order: tuple[int, ...] | None) -> Iterator[Finding]:
        """Yield the errors of short packets that waited, given the order of lanes of what comes next.

        Of two ways to read one, take that which fits into the stream.
        """
        waiting, self._waiting = self._waiting, []
        for offset, burst in waiting:
            read = [examine(burst.data)] if whole(burst.data) else []
            for known in dict.fromkeys((self._order, order)):
                if known and len(known) == burst.lanes and (packet := in_order(burst.data, known)):
                    read.append(packet)
            if order == self._order:
                read.reverse()
            packet = next(filter(self._fits, read), read[0] if read else examine(burst.data))
            yield from self._packet(offset, burst, packet)
        self._order = order

    def _fits(self, packet: Packet) -> bool:
        """Tell whether a short packet's number is what the stream leads to expect."""
        assert packet.header
        channel, number = packet.header.channel, packet.header.field
        frame, part = self._open.get(channel), part_of(packet.header.data_type)
        if part is Part.FRAME_START:
            return frame is None and self._follows(channel, number)
        if frame is None:
            return False
        if part is Part.FRAME_END:
            return number == frame.number
        return number == len(frame.rows) + (part is Part.LINE_START)

    def _follows(self, channel: int, number: int) -> bool:
        """Tell whether a frame number follows the one before: by one, from 1 again, or 0 as ever."""
        last = self._numbers.get(channel)
        return last is None or number in (last % MAX_FIELD + 1, 1) or not (last or number)

    # -- packets ---------------------------------------------------------------------------------
    def _packet(self, offset: int, burst: Burst, packet: Packet) -> Iterator[Finding]:
        if packet.header is None:
            yield from self._unread(offset, burst, packet)
            return
        channel, part = packet.header.channel, part_of(packet.header.data_type)
        self._channel = channel
        if part is Part.FRAME_START:
            yield from self._frame_start(offset, burst, packet)
            return
        if part is Part.OTHER and channel not in self._open:
            place = Place(channel, None, part)
            yield from (_finding(wrong, offset, burst, place) for wrong in packet.wrong)
            return
        frame = self._frame(channel, offset, burst)
        if part is Part.FRAME_END:
            yield from self._frame_end(frame, offset, burst, packet)
        elif part in (Part.LINE_START, Part.LINE_END):
            self._line_mark(frame, part, offset, burst, packet)
        elif part is Part.EMBEDDED:
            self._embedded_line(frame, offset, burst, packet)
        elif part is Part.IMAGE:
            self._row(frame, offset, burst, packet, packet.header.data_type)
        else:
            self._note(frame, offset, burst, packet.wrong, part, None)

    def _unread(self, offset: int, burst: Burst, packet: Packet) -> Iterator[Finding]:
        """Take a packet without a readable header for what it probably is."""
        channel = self._channel if burst.channel is None else burst.channel
        if len(packet.data) <= HEADER_BYTES:
            frame = self._open.get(channel)
            if frame is None:
                yield from (
                    _finding(w, offset, burst, Place(channel, None, Part.OTHER)) for w in packet.wrong
                )
                self._open[channel] = OpenFrame(channel, None, burst.time_ns)
                self._numbers.pop(channel, None)
            else:
                frame.unread += 1
                self._note(frame, offset, burst, packet.wrong, Part.OTHER, None)
            return
        frame = self._frame(channel, offset, burst)
        if not frame.rows and len(frame.embedded) < self._embedded.get(channel, embedded.LINES):
            self._embedded_line(frame, offset, burst, packet)
        else:
            self._row(frame, offset, burst, packet, frame.data_type)

    def _frame(self, channel: int, offset: int, burst: Burst) -> OpenFrame:
        """Return the open frame of a channel; without one, begin it where its frame start is missing."""
        if channel not in self._open:
            frame = self._open[channel] = OpenFrame(channel, None, burst.time_ns)
            missing = Wrong(Kind.FRAME_START, None, "no frame start before it")
            frame.findings.append((_finding(missing, offset, burst, Place(channel, None, Part.OTHER)), False))
        return self._open[channel]

    def _frame_start(self, offset: int, burst: Burst, packet: Packet) -> Iterator[Finding]:
        assert packet.header
        channel, number = packet.header.channel, packet.header.field
        if before := self._open.get(channel):
            yield from self._close(before, burst, None)
        place = Place(channel, number, Part.FRAME_START)
        yield from (_finding(wrong, offset, burst, place) for wrong in packet.wrong)
        if not self._follows(channel, number):
            text = f"frame {number} follows frame {self._numbers[channel]}"
            yield _finding(Wrong(Kind.FRAME_NUMBER, 1, text), offset, burst, place)
        self._numbers[channel] = number
        self._open[channel] = OpenFrame(channel, number, burst.time_ns)

    def _frame_end(self, frame: OpenFrame, offset: int, burst: Burst, packet: Packet) -> Iterator[Finding]:
        assert packet.header
        self._note(frame, offset, burst, packet.wrong, Part.FRAME_END, None)
        if frame.number is not None and packet.header.field != frame.number:
            text = f"frame end {packet.header.field} of frame {frame.number}"
            self._note(frame, offset, burst, [Wrong(Kind.FRAME_NUMBER, 1, text)], Part.FRAME_END, None)
        yield from self._close(frame, burst, burst.time_ns)

    def _line_mark(self, frame: OpenFrame, part: Part, offset: int, burst: Burst, packet: Packet) -> None:
        assert packet.header
        number, wrong = packet.header.field, list(packet.wrong)
        line = len(frame.rows)
        if part is Part.LINE_START:
            frame.line_start, frame.numbered = number, True
        else:
            line = max(0, line - 1)
            last = frame.rows[-1].number if frame.rows else None
            if last is not None and number != last:
                wrong.append(Wrong(Kind.LINE_NUMBER, 1, f"line end {number} of line {last}"))
            frame.line_start = None
        self._note(frame, offset, burst, wrong, part, line)

    def _embedded_line(self, frame: OpenFrame, offset: int, burst: Burst, packet: Packet) -> None:
        payload = bytes(packet.payload) if packet.sound else None
        self._note(frame, offset, burst, packet.wrong, Part.EMBEDDED, len(frame.embedded))
        frame.embedded.append((burst.time_ns, payload))
        frame.line_start = None

    def _row(
        self, frame: OpenFrame, offset: int, burst: Burst, packet: Packet, data_type: int | None
    ) -> None:
        wrong, line = list(packet.wrong), len(frame.rows)
        size = len(packet.payload)
        frame.data_type = frame.data_type or data_type
        if any(w.kind is Kind.WORD_COUNT for w in wrong):
            pass
        elif frame.row_bytes is None:
            frame.row_bytes = size
        elif size != frame.row_bytes:
            wrong.append(Wrong(Kind.WORD_COUNT, 1, f"{size} bytes, but {frame.row_bytes} in the rows before"))
        number = frame.line_start
        if frame.numbered and number is None and not frame.forgiven():
            wrong.append(Wrong(Kind.LINE_NUMBER, None, "no line start before it"))
        frame.line_start = None
        self._note(frame, offset, burst, wrong, Part.IMAGE, line)
        frame.rows.append(Row(burst.time_ns, number))

    def _note(
        self,
        frame: OpenFrame,
        offset: int,
        burst: Burst,
        wrong: Iterable[Wrong],
        part: Part,
        line: int | None,
    ) -> None:
        place = Place(frame.channel, frame.number, part, line)
        of_rows = line is not None and part is not Part.EMBEDDED
        frame.findings += [(_finding(w, offset, burst, place), of_rows) for w in wrong]

    # -- a frame as a whole ----------------------------------------------------------------------
    def _close(self, frame: OpenFrame, by: Burst | None, end_ns: Ns | None) -> Iterator[Finding]:
        """Yield a frame's errors, now that it has ended: by its frame end at end_ns, or without one."""
        del self._open[frame.channel]
        if frame.number is None and not (frame.rows or frame.embedded or frame.findings):
            return  # it was taken for a frame because of a short packet that could not be read
        self.frames += 1
        time_ns = self._time_ns if by is None else by.time_ns
        registers = self._registers(frame)
        stated = self._rows or height_of(registers)
        height = stated or self._heights.get(frame.channel)
        embedded_lost = max(0, self._embedded.get(frame.channel, 0) - len(frame.embedded))
        lines = lines_of(frame, height, embedded_lost)
        for finding, of_rows in frame.findings:
            yield moved(finding, lines) if of_rows else finding
        count = lines[-1] + 1 if lines else 0
        missing = sorted(set(range(count)) - set(lines))
        if height and count < height and end_ns is not None and lines:
            gone = gone_at_end(frame, end_ns)
            missing += range(count, min(height, count + gone))
            count = min(height, count + gone)
        if embedded_lost:
            place = Place(frame.channel, frame.number, Part.EMBEDDED)
            text = f"{len(frame.embedded)} of {self._embedded[frame.channel]} lines"
            yield Finding(Kind.LOST_LINE, None, time_ns, place, None, text)
        for first, last in runs(missing):
            place = Place(frame.channel, frame.number, Part.IMAGE, first)
            text = "the line is missing" if first == last else f"lines {first} to {last} are missing"
            yield Finding(Kind.LOST_LINE, None, time_ns, place, None, text)
        if height and count < height:
            place = Place(frame.channel, frame.number, Part.FRAME_END)
            yield Finding(Kind.SHORT_FRAME, None, time_ns, place, None, f"{count} of {height} lines")
        elif stated and count > stated:
            place = Place(frame.channel, frame.number, Part.FRAME_END)
            yield Finding(Kind.LINE_NUMBER, None, time_ns, place, None, f"{count} lines, not {stated}")
        if end_ns is None and not frame.forgiven():
            place = Place(frame.channel, frame.number, Part.FRAME_END)
            yield Finding(Kind.FRAME_END, None, time_ns, place, None, "no frame end")
        if end_ns is not None and (count >= (height or 0) or count == self._short.get(frame.channel)):
            self._heights[frame.channel] = count  # two short frames alike: another mode
        self._short[frame.channel] = count
        if not embedded_lost or len(frame.embedded) == self._few_embedded.get(frame.channel):
            self._embedded[frame.channel] = len(frame.embedded)
        self._few_embedded[frame.channel] = len(frame.embedded)

    def _registers(self, frame: OpenFrame) -> dict[int, int]:
        """Return what the embedded lines say; note what cannot be read."""
        registers: dict[int, int] = {}
        bits = BITS.get(frame.data_type or 0)
        for number, (time_ns, payload) in enumerate(frame.embedded):
            if payload is None or bits is None:
                continue
            try:
                registers |= embedded.decode([payload], bits)
            except embedded.EmbeddedError as error:
                place = Place(frame.channel, frame.number, Part.EMBEDDED, number)
                byte = HEADER_BYTES + error.byte
                found = Finding(Kind.EMBEDDED, None, time_ns, place, byte, error.reason)
                frame.findings.append((found, False))
        return registers


def check(records: Iterable[tuple[int, Record]], checker: Checker | None = None) -> Iterator[Finding]:
    """Yield all errors of a stream, as `dump.read` yields its records; a dump's own error is the last."""
    checker = checker or Checker()
    try:
        for offset, record in records:
            yield from checker.see(offset, record)
    except DumpProblem as problem:
        yield from checker.finish()
        checker.errors += 1
        yield Finding(Kind.DUMP, None, 0, None, None, str(problem))
        return
    yield from checker.finish()


def _finding(wrong: Wrong, offset: int, burst: Burst, place: Place) -> Finding:
    return Finding(wrong.kind, offset, burst.time_ns, place, wrong.byte, wrong.text)
