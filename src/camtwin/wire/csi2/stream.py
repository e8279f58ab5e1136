"""A frame as a stream in time: packets in their lines, marks around each, two exposures on two channels.

Lines are slots of time. A frame takes one after the other: frame start, embedded lines, the rows of the image
(each between line start and line end, if lines are numbered), frame end. Each packet is a burst of its own
between two marks. Two exposures (DOL) take turns: the long one has the even lines of its frame, the short one
the odd lines, later by the lines from the long readout of a row to its short one.

`records` is the readable reference, `encoded` the same stream as bytes of a dump, at speed.

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
from camtwin.units import SEC, Ns
from camtwin.wire.csi2 import dump, embedded
from camtwin.wire.csi2.dump import Burst, LaneState, Mark, Record
from camtwin.wire.csi2.lanes import EXIT_NS, WAKE_UP_NS, Lanes
from camtwin.wire.csi2.packets import (
    MAX_FIELD,
    OVERHEAD_BYTES,
    RAW,
    DataType,
    Header,
    crc,
    long_packet,
    short_packet,
)

LONG, SHORT = 0, 1
"""Virtual channels of the exposures of a DOL image."""
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
        if not rows or not columns or columns % pixels:
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

    def times_ns(self) -> NDArray[np.int64]:
        """Return when each slot begins, to the nanosecond below."""
        step = self.lines_a_row * self.line_ns
        return self.start_ns + np.arange(self.slots) * step.numerator // step.denominator


def dol(long: SensorFrame, short: NDArray[np.uint16], rhs1_lines: int) -> tuple[SensorFrame, SensorFrame]:
    """Return both exposures of a DOL image, the long one on channel 0 and the short one on channel 1.

    Args:
        long: the long exposure; the short one has its number, registers and line time.
        short: codes of the short exposure.
        rhs1_lines: lines from the readout of a row's long exposure to that of its short one (RHS1). The short
            one is sent in the line behind if this is even, because even lines belong to the long exposure.
    """
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

    ValueError if a line's packets do not fit into its time.
    """
    for frame in frames:
        _check_fit(frame, lanes)
    yield from heapq.merge(*(_records(frame, lanes) for frame in frames), key=lambda record: record.time_ns)


def _records(frame: SensorFrame, lanes: Lanes) -> Iterator[Record]:
    for time_ns, packets in zip(frame.times_ns().tolist(), _packets(frame), strict=True):
        yield from _slot(time_ns, packets, frame.channel, lanes)


def _slot(time_ns: Ns, packets: Sequence[bytes], channel: int, lanes: Lanes) -> Iterator[Record]:
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
    around, lines = _around(frame, crc)
    yield around[0]
    yield from ([packet] for packet in lines)
    for number, row in enumerate(frame.codes, 1):
        payload = pack(row[None], CSI2_FORMATS[frame.bits]).tobytes()
        packet = long_packet(frame.channel, RAW[frame.bits], payload)
        start, end = (
            [short_packet(frame.channel, kind, number)] * frame.line_numbers
            for kind in (DataType.LINE_START, DataType.LINE_END)
        )
        yield [*start, packet, *end]
    yield around[1]


def _around(
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


def _check_fit(frame: SensorFrame, lanes: Lanes) -> None:
    short = 2 * lanes.burst_ns(4) if frame.line_numbers else 0
    needed_ns = short + lanes.burst_ns(frame.payload_bytes + OVERHEAD_BYTES)
    if needed_ns > frame.line_ns:
        raise ValueError(
            f"a line of {frame.payload_bytes} bytes takes {needed_ns} ns on {lanes.count} lanes of "
            f"{lanes.bits_per_s} bit/s; the line time is {float(frame.line_ns):.0f} ns"
        )


# -- at speed -----------------------------------------------------------------------------------------
def encoded(
    frames: Sequence[SensorFrame], lanes: Lanes, out: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """Return the bytes of a dump that `records` describes, without the file's header.

    out: an array to use again, if it has the size. ValueError as there, and for a code above its bits.
    """
    from camtwin.wire.csi2 import kernels

    bodies = [_Body(frame, lanes) for frame in frames]
    times = np.concatenate([body.times_ns for body in bodies])
    sizes = np.concatenate([body.sizes for body in bodies])
    order = np.argsort(times, kind="stable")
    ends = np.empty(len(times), np.int64)
    ends[order] = np.cumsum(sizes[order])
    begins = np.split(ends - sizes, np.cumsum([len(body.sizes) for body in bodies])[:-1])
    total = int(sizes.sum())
    if out is None or out.size != total:
        out = np.empty(total, np.uint8)
    for body, at in zip(bodies, begins, strict=True):
        frame = body.frame
        for slot, data in body.others.items():
            out[at[slot] : at[slot] + len(data)] = np.frombuffer(data, np.uint8)
        rows = np.ascontiguousarray(at[frame.first_row : -1])
        words, size = _words(frame.codes), frame.payload_bytes
        seen = int(kernels.put_lines(words, size, frame.bits, body.before, body.after, out, rows))
        if seen >> frame.bits:
            pack(frame.codes, CSI2_FORMATS[frame.bits])  # names the code
    return out


def _words(codes: NDArray[np.uint16]) -> NDArray[np.uint64]:
    """Return codes four to a word, read-only so that one compiled kernel takes all; no copy if they allow."""
    odd = -codes.shape[1] % 4
    words = np.ascontiguousarray(np.pad(codes, ((0, 0), (0, odd))) if odd else codes, "<u2").view("<u8")
    words.flags.writeable = False
    return words


def warm_up() -> None:
    """Compile the kernels, or load them from numba's cache, so that the first frame need not wait."""
    from camtwin.wire.csi2 import kernels

    encoded([SensorFrame(np.zeros((1, 4), np.uint16), 10, 0, Fraction(SEC), embedded_lines=0)], Lanes(1, SEC))
    kernels.crc(np.frombuffer(b"", np.uint8))


class _Body:
    """The bytes of a frame beside its pixels.

    times_ns, sizes  of each slot
    others           bytes of the slots without pixels, by slot
    before, after    (rows, any) uint8: what stands around each row's payload and CRC
    """

    def __init__(self, frame: SensorFrame, lanes: Lanes) -> None:
        from camtwin.wire.csi2 import kernels

        _check_fit(frame, lanes)
        self.frame, self._lanes = frame, lanes
        self.times_ns = frame.times_ns()
        (start, end), lines = _around(frame, kernels.checksum)
        slots = {0: start, **{1 + i: [line] for i, line in enumerate(lines)}, frame.slots - 1: end}
        self.others = {
            slot: b"".join(map(dump.encode, _slot(int(self.times_ns[slot]), packets, frame.channel, lanes)))
            for slot, packets in slots.items()
        }
        self.before, self.after = self._around_rows()
        row = self.before.shape[1] + frame.payload_bytes + 2 + self.after.shape[1]
        self.sizes = np.full(frame.slots, row)
        for slot, data in self.others.items():
            self.sizes[slot] = len(data)

    def _around_rows(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        frame, lanes = self.frame, self._lanes
        rows = frame.codes.shape[0]
        size = frame.payload_bytes + OVERHEAD_BYTES
        header = np.frombuffer(Header(frame.channel, RAW[frame.bits], frame.payload_bytes).encode(), np.uint8)
        at = self.times_ns[frame.first_row : -1]
        before: list[NDArray[np.uint8]] = []
        if frame.line_numbers:
            before += self._burst(at, 4)
            before.insert(2, _numbers(frame.channel, DataType.LINE_START, rows))
            at = at + lanes.burst_ns(4)
        mark, burst, end = self._burst(at, size)
        before += [mark, burst, np.broadcast_to(header, (rows, 4))]
        after = [end]
        if frame.line_numbers:
            mark, burst, end = self._burst(at + lanes.burst_ns(size), 4)
            after += [mark, burst, _numbers(frame.channel, DataType.LINE_END, rows), end]
        return np.concatenate(before, axis=1), np.concatenate(after, axis=1)

    def _burst(self, at: NDArray[np.int64], size: int) -> list[NDArray[np.uint8]]:
        """Return the records around the packets of many slots: mark, the burst's header, mark."""
        lanes, first = self._lanes, at + self._lanes.entry_ns
        return [
            _headers(at, dump.MARK, LaneState.HS, lanes.count, 0),
            _headers(first, dump.BURST, self.frame.channel, lanes.count, size),
            _headers(first + lanes.leave_ns(size), dump.MARK, LaneState.LP, lanes.count, 0),
        ]


def _headers(times_ns: NDArray[np.int64], kind: int, code: int, lanes: int, length: int) -> NDArray[np.uint8]:
    """Return the headers of records, (n, 16) uint8."""
    headers = np.zeros(len(times_ns), dump.COLUMNS)
    headers["time"] = times_ns
    for name, value in (("kind", kind), ("code", code), ("lanes", lanes), ("length", length)):
        headers[name] = value
    return headers.view(np.uint8).reshape(len(times_ns), dump.RECORD.size)


@lru_cache(8)
def _numbers(channel: int, kind: DataType, count: int) -> NDArray[np.uint8]:
    """Return short packets with the numbers 1 to count, (count, 4) uint8."""
    packets = b"".join(short_packet(channel, kind, number) for number in range(1, count + 1))
    return np.frombuffer(packets, np.uint8).reshape(count, 4)
