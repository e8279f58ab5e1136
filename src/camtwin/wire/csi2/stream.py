"""A frame as a stream in time: packets in their lines, marks around each, two exposures on two channels.

Lines are slots of time. A frame takes one after the other: frame start, embedded lines, the rows of the image
(each between line start and line end, if lines are numbered), frame end. Each packet is a burst of its own
between two marks. Two exposures (DOL) take turns: the long one has the even lines of its frame, the short one
the odd lines, later by the lines from the long readout of a row to its short one.

`records` is the readable reference; serial.py makes the same stream as bytes of a dump, at speed.

Sources: MIPI CSI-2 1.3, chapter on frame and line synchronisation. Slots, and the line in which frame start
and frame end are sent, are chosen here.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camtwin.pixels import CSI2_FORMATS, pack
from camtwin.units import Ns
from camtwin.wire.csi2 import embedded
from camtwin.wire.csi2.dump import Burst, LaneState, Mark, Record
from camtwin.wire.csi2.lanes import EXIT_NS, WAKE_UP_NS, Lanes
from camtwin.wire.csi2.packets import (
    HEADER_BYTES,
    MAX_FIELD,
    OVERHEAD_BYTES,
    RAW,
    DataType,
    crc,
    long_packet,
    short_packet,
)

LONG, SHORT = 0, 1
"""Virtual channels of the exposures of a DOL image."""
TILES_A_THREAD, MIN_TILE_ROWS = 8, 32
LINES_A_ROW: Final = 2
"""Lines from a row of an exposure to its next one where two exposures take turns."""


@dataclass(frozen=True, slots=True, eq=False)
class SensorFrame:
    """A frame as a sensor sends it.

    codes           (rows, columns) uint16: 10 or 12 bits
    start_ns        virtual time at which the line of its frame start begins
    line_ns         line time
    number          1 to 65535 and round again; 0: frames are not counted
    registers       in force for this frame, value by address, for its embedded lines
    embedded_lines  number of these lines
    channel         virtual channel
    line_numbers    whether each row stands between a line start and a line end packet
    lines_a_row     lines from a row to the next: 2 where another exposure has every other line
    """

    codes: NDArray[np.uint16]
    bits: int
    start_ns: Ns
    line_ns: Fraction
    number: int = 1
    registers: Mapping[int, int] = field(default_factory=dict)
    embedded_lines: int = embedded.LINES
    channel: int = 0
    line_numbers: bool = False
    lines_a_row: int = 1

    def __post_init__(self) -> None:
        rows, columns = self.codes.shape
        pixels = CSI2_FORMATS[self.bits].group[0] if self.bits in RAW else 0
        if not pixels:
            raise ValueError(f"pixels of {self.bits} bits are not in {', '.join(map(str, RAW))}")
        if not rows:
            raise ValueError("0 rows are below the minimum 1")
        if not columns or columns % pixels:
            raise ValueError(
                f"{columns} pixels a line are no multiple of the {pixels} that RAW{self.bits} packs"
            )
        if self.payload_bytes > MAX_FIELD:
            raise ValueError(f"a line of {self.payload_bytes} bytes is above the maximum {MAX_FIELD}")
        if self.line_numbers and rows > MAX_FIELD:
            raise ValueError(f"{rows} numbered lines are above the maximum {MAX_FIELD}")

    @property
    def payload_bytes(self) -> int:
        """Word count of a line."""
        return self.codes.shape[1] * self.bits // 8

    @property
    def first_row(self) -> int:
        """Slot of the first row, counted from that of the frame start."""
        return 1 + self.embedded_lines

    @property
    def slots(self) -> int:
        """Number of slots, from frame start to frame end."""
        return self.first_row + self.codes.shape[0] + 1

    @property
    def step_ns(self) -> Fraction:
        """Time from a slot to the next."""
        return self.lines_a_row * self.line_ns

    def times_ns(self) -> NDArray[np.int64]:
        """Return when each slot begins, to the nanosecond below."""
        return later_ns(self.slots, self.step_ns) + self.start_ns

    def busy_ns(self, lanes: Lanes) -> NDArray[np.int64]:
        """Return how long each slot occupies the lanes, up to the earliest next burst."""
        row, long = _row_ns(self, lanes), lanes.burst_ns(self.payload_bytes + OVERHEAD_BYTES)
        return _busy_ns(self.slots, self.embedded_lines, row, long, lanes.burst_ns(HEADER_BYTES))


@lru_cache(maxsize=16)
def _busy_ns(slots: int, embedded_lines: int, row: Ns, long: Ns, short: Ns) -> NDArray[np.int64]:
    """Return SensorFrame.busy_ns from that of a row, a long and a short packet; alike in most frames."""
    busy = np.full(slots, row)
    busy[[0, -1]] = short
    busy[1 : 1 + embedded_lines] = long
    busy.flags.writeable = False
    return busy


@lru_cache(maxsize=16)
def later_ns(slots: int, step_ns: Fraction) -> NDArray[np.int64]:
    """Return when slots begin after the first one: the same for each frame of a stream."""
    step, of = step_ns.as_integer_ratio()  # in Python: the numerators of odd clocks exceed 64 bits
    later = np.array([slot * step // of for slot in range(slots)], np.int64)
    later.flags.writeable = False
    return later


def dol(long: SensorFrame, short: NDArray[np.uint16], rhs1_lines: int) -> tuple[SensorFrame, SensorFrame]:
    """Return both exposures of a DOL image, the long one on channel 0 and the short one on channel 1.

    Args:
        long: the long exposure; the short one has its number, registers and line time.
        short: codes of the short exposure.
        rhs1_lines: lines from the readout of a row's long exposure to that of its short one (RHS1). The short
            one is sent in the line behind if this is even, because even lines belong to the long exposure.

    Raises:
        ValueError: rhs1_lines is below 1
    """
    if rhs1_lines < 1:
        raise ValueError(f"an RHS1 of {rhs1_lines} lines is below the minimum 1")
    first = replace(long, channel=LONG, lines_a_row=LINES_A_ROW)
    later_ns = int((rhs1_lines | 1) * long.line_ns)
    return first, replace(first, codes=short, channel=SHORT, start_ns=long.start_ns + later_ns)


def asleep(from_ns: Ns, until_ns: Ns, lanes: int) -> Iterator[Mark]:
    """Yield the marks of lanes in the ultra-low-power state; at `until_ns` they are in the stop state again.

    ValueError if there is no time to wake up.
    """
    if until_ns - from_ns <= WAKE_UP_NS:
        raise ValueError(f"{until_ns - from_ns} ns of sleep are not above the {WAKE_UP_NS} ns of waking up")
    yield Mark(from_ns, LaneState.ULPS, lanes)
    yield Mark(until_ns - WAKE_UP_NS, LaneState.WAKE, lanes)
    yield Mark(until_ns, LaneState.LP, lanes)


def records(frames: Sequence[SensorFrame], lanes: Lanes) -> Iterator[Record]:
    """Yield the stream of frames: one, or those whose lines take turns, in the order of time.

    ValueError if a line's packets do not fit into its time, or two frames want the lanes at once.
    """
    for frame in frames:
        check_fit(frame, lanes)
    times = [frame.times_ns() for frame in frames]
    check_apart(frames, times, [frame.busy_ns(lanes) for frame in frames], IDLE)
    yield from heapq.merge(*(_records(frame, lanes) for frame in frames), key=lambda record: record.time_ns)


def _records(frame: SensorFrame, lanes: Lanes) -> Iterator[Record]:
    for time_ns, packets in zip(frame.times_ns().tolist(), _packets(frame), strict=True):
        yield from slot_records(time_ns, packets, frame.channel, lanes)


def slot_records(time_ns: Ns, packets: Sequence[bytes], channel: int, lanes: Lanes) -> Iterator[Record]:
    """Yield the bursts of a line, each between its marks."""
    for packet in packets:
        data_ns = time_ns + lanes.entry_ns
        end_ns = data_ns + lanes.leave_ns(len(packet))
        yield Mark(time_ns, LaneState.HS, lanes.count)
        yield Burst(data_ns, channel, lanes.count, packet)
        yield Mark(end_ns, LaneState.LP, lanes.count)
        time_ns = end_ns + EXIT_NS


def _packets(frame: SensorFrame) -> Iterator[list[bytes]]:
    """Yield the packets of each slot."""
    (start, end), lines = around(frame, crc)
    yield start
    yield from ([packet] for packet in lines)
    for number, row in enumerate(frame.codes, 1):
        payload = pack(row[None], CSI2_FORMATS[frame.bits]).tobytes()
        packet = long_packet(frame.channel, RAW[frame.bits], payload)
        before, after = (
            [short_packet(frame.channel, kind, number)] * frame.line_numbers
            for kind in (DataType.LINE_START, DataType.LINE_END)
        )
        yield [*before, packet, *after]
    yield end


def around(
    frame: SensorFrame, checksum: Callable[[bytes], int]
) -> tuple[tuple[list[bytes], list[bytes]], list[bytes]]:
    """Return the packets of frame start and frame end, and those of the embedded lines."""
    start, end = (
        [short_packet(frame.channel, kind, frame.number)]
        for kind in (DataType.FRAME_START, DataType.FRAME_END)
    )
    payloads = embedded.encode(frame.registers, frame.codes.shape[1], frame.bits, frame.embedded_lines)
    lines = [long_packet(frame.channel, DataType.EMBEDDED, p.tobytes(), checksum) for p in payloads]
    return (start, end), lines


def _row_ns(frame: SensorFrame, lanes: Lanes) -> Ns:
    """Return how long the packets of a row occupy the lanes."""
    short = 2 * lanes.burst_ns(HEADER_BYTES) if frame.line_numbers else 0
    return short + lanes.burst_ns(frame.payload_bytes + OVERHEAD_BYTES)


@dataclass(frozen=True, slots=True)
class Occupied:
    """The lanes' last user, and the time from which on they are free again."""

    frame: SensorFrame | None
    until_ns: Ns


IDLE: Final = Occupied(None, -(1 << 62))


def check_apart(
    frames: Sequence[SensorFrame],
    times_ns: Sequence[NDArray[np.int64]],
    busy_ns: Sequence[NDArray[np.int64]],
    before: Occupied,
) -> Occupied:
    """Return who has the lanes last; ValueError if a line begins while those of another frame are sent.

    times_ns, busy_ns: when lines of each frame begin, and how long each occupies the lanes. before: the state
    in which an earlier part of the stream has left them.
    """
    of = np.repeat(np.arange(len(frames)), [len(times) for times in times_ns])
    starts = np.concatenate(times_ns)
    if not starts.size:
        return before
    order = np.argsort(starts, kind="stable")
    of, starts = of[order], starts[order]
    free = starts + np.concatenate(busy_ns)[order]
    late = np.flatnonzero(starts < np.concatenate(([before.until_ns], free[:-1])))
    if late.size:
        at = int(late[0])
        last = frames[of[at - 1]] if at else before.frame
        known = f"{_called(last)} leaves them" if last else "they are free"
        until_ns = int(free[at - 1]) if at else before.until_ns
        raise ValueError(
            f"{_called(frames[of[at]])} needs the lanes at {int(starts[at])} ns, before {known} "
            f"at {until_ns} ns"
        )
    return Occupied(frames[of[-1]], int(free[-1]))


def _called(frame: SensorFrame) -> str:
    return f"frame {frame.number} of channel {frame.channel}"


def check_fit(frame: SensorFrame, lanes: Lanes) -> None:
    """Raise ValueError if a line's packets do not fit into its time."""
    needed_ns = _row_ns(frame, lanes)
    if needed_ns > frame.line_ns:
        raise ValueError(
            f"a line of {frame.payload_bytes} bytes takes {needed_ns} ns on {lanes.count} lanes of "
            f"{lanes.bits_per_s} bit/s; the line time is {float(frame.line_ns):.0f} ns"
        )
