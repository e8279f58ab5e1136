"""A stream of frames as the bytes of a dump, at speed; stream.records is its readable reference.

A slot's bytes have a known length and time, so the place of each in the dump is known before any is written.
Rows go there by the kernel, which packs them, adds the CRC and copies what stands around them, later by the
frame's start; all else is written by the reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from camtwin.pixels import CSI2_FORMATS, pack
from camtwin.tiles import share
from camtwin.units import SEC, Ns
from camtwin.wire.csi2 import dump
from camtwin.wire.csi2.dump import LaneState
from camtwin.wire.csi2.lanes import EXIT_NS, WAKE_UP_NS, Lanes
from camtwin.wire.csi2.packets import (
    CRC_BYTES,
    HEADER_BYTES,
    OVERHEAD_BYTES,
    RAW,
    DataType,
    Header,
    short_packet,
)
from camtwin.wire.csi2.stream import (
    IDLE,
    Occupied,
    SensorFrame,
    around,
    asleep,
    check_apart,
    check_fit,
    later_ns,
    slot_records,
)

TILES_A_THREAD: Final = 32
MIN_TILE_ROWS: Final = 32


def encoded(
    frames: Sequence[SensorFrame], lanes: Lanes, out: NDArray[np.uint8] | None = None, threads: int = 1
) -> NDArray[np.uint8]:
    """Return the bytes of a dump that `records` describes, without the file's header.

    out: an array to use again, if it has the size. threads: the caller's and helpers that share rows.
    ValueError as there, and for a code above its bits.
    """
    parts = [_whole(frame, lanes) for frame in frames]
    _check_apart(parts, IDLE)
    return _written(parts, out, threads)


def encoded_images(
    images: Iterable[Sequence[SensorFrame]], lanes: Lanes, threads: int = 1, *, sleeps: bool = False
) -> Iterator[NDArray[np.uint8]]:
    """Yield the bytes of a dump of image after image, each one frame or two exposures, in the order of time.

    The short exposure of an image may end after the long one of the next has begun: what is later than the
    next image's start waits for it. sleeps: between images the lanes are in the ultra-low-power state, where
    there is time to wake up. ValueError as for `encoded`.
    """
    waiting: list[_Part] = []
    lanes_are = IDLE
    for frames in images:
        parts = [_whole(frame, lanes) for frame in frames]
        begin_ns = min(frame.start_ns for frame in frames)
        if early := [part.cut(begin_ns)[0] for part in waiting]:
            lanes_are = _check_apart(early, lanes_are)
            yield _written(early, None, threads)
            if sleeps:
                yield from _sleep(lanes_are.until_ns, begin_ns - EXIT_NS, lanes)
        waiting = [part.cut(begin_ns)[1] for part in waiting] + parts
        waiting = [part for part in waiting if part.begin < part.end]
    if waiting:
        _check_apart(waiting, lanes_are)
        yield _written(waiting, None, threads)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Some slots of a frame, begin to end."""

    body: _Body
    begin: int
    end: int

    @property
    def slots(self) -> slice:
        return slice(self.begin, self.end)

    def cut(self, at_ns: Ns) -> tuple[_Part, _Part]:
        """Return the slots that begin before a time, and the others."""
        at = int(np.searchsorted(self.body.times_ns, at_ns))
        at = min(max(at, self.begin), self.end)
        return replace(self, end=at), replace(self, begin=at)


def _whole(frame: SensorFrame, lanes: Lanes) -> _Part:
    return _Part(_Body(frame, lanes), 0, frame.slots)


def _check_apart(parts: Sequence[_Part], before: Occupied) -> Occupied:
    times = [part.body.times_ns[part.slots] for part in parts]
    busy = [part.body.busy_ns[part.slots] for part in parts]
    frames = [part.body.frame for part in parts]
    if len(parts) == 1 and len(times[0]) and times[0][0] >= before.until_ns:
        return Occupied(frames[0], int(times[0][-1] + busy[0][-1]))  # lines of one frame are apart: they fit
    return check_apart(frames, times, busy, before)


def _sleep(from_ns: Ns, until_ns: Ns, lanes: Lanes) -> Iterator[NDArray[np.uint8]]:
    if until_ns - from_ns > WAKE_UP_NS:
        marks = b"".join(map(dump.encode, asleep(from_ns, until_ns, lanes.count)))
        yield np.frombuffer(marks, np.uint8)


def _written(parts: Sequence[_Part], out: NDArray[np.uint8] | None, threads: int) -> NDArray[np.uint8]:
    """Return the bytes of slots, in the order of time."""
    sizes = np.concatenate([part.body.sizes[part.slots] for part in parts])
    if len(parts) == 1:
        ends = np.cumsum(sizes)
    else:
        order = np.argsort(np.concatenate([part.body.times_ns[part.slots] for part in parts]), kind="stable")
        ends = np.empty(len(sizes), np.int64)
        ends[order] = np.cumsum(sizes[order])
    begins = np.split(ends - sizes, np.cumsum([part.end - part.begin for part in parts])[:-1])
    total = int(sizes.sum())
    if out is None or out.size != total:
        out = np.empty(total, np.uint8)
    for part, at in zip(parts, begins, strict=True):
        for slot, data in part.body.others.items():
            if part.begin <= slot < part.end:
                first = at[slot - part.begin]
                out[first : first + len(data)] = np.frombuffer(data, np.uint8)
        _put_rows(part, at, out, threads)
    return out


def _put_rows(part: _Part, at: NDArray[np.int64], out: NDArray[np.uint8], threads: int) -> None:
    """Write the rows of a part, each to the place of its slot in `out`."""
    from camtwin.wire.csi2 import kernels

    body, frame = part.body, part.body.frame
    begin, end = max(part.begin, frame.first_row), min(part.end, frame.slots - 1)
    if begin >= end:
        return
    rows = slice(begin - frame.first_row, end - frame.first_row)
    at = np.ascontiguousarray(at[begin - part.begin : end - part.begin])
    codes, before, after = body.codes[rows], body.before.data[rows], body.after.data[rows]
    times, ns = (body.before.times, body.after.times), frame.start_ns
    tile = max(MIN_TILE_ROWS, -(-len(codes) // (TILES_A_THREAD * threads)))
    seen: list[int] = []

    def put(number: int) -> None:
        some = slice(number * tile, (number + 1) * tile)
        around = before[some], times[0], after[some], times[1]
        seen.append(int(kernels.put_lines(codes[some], frame.bits, *around, ns, out, at[some])))

    share(put, -(-len(codes) // tile), threads)
    if max(seen) >> frame.bits:
        pack(frame.codes, CSI2_FORMATS[frame.bits])  # names the code


def warm_up() -> None:
    """Compile the kernels, or load them from numba's cache, so that the first frame need not wait."""
    from camtwin.wire.csi2 import kernels

    encoded([SensorFrame(np.zeros((1, 4), np.uint16), 10, 0, Fraction(SEC), embedded_lines=0)], Lanes(1, SEC))
    kernels.crc(np.frombuffer(b"", np.uint8))


class _Body:
    """The bytes of a frame beside its pixels.

    times_ns, sizes  of each slot
    busy_ns          of each slot: how long it occupies the lanes
    others           bytes of the slots without pixels, by slot
    codes            of its rows, contiguous and read-only
    before, after    what stands around each row's payload and CRC, in a frame that starts at 0
    """

    def __init__(self, frame: SensorFrame, lanes: Lanes) -> None:
        from camtwin.wire.csi2 import kernels

        check_fit(frame, lanes)
        self.frame, self._lanes = frame, lanes
        self.times_ns, self.busy_ns = frame.times_ns(), frame.busy_ns(lanes)
        (start, end), lines = around(frame, kernels.checksum)
        slots = {0: start, **{1 + i: [line] for i, line in enumerate(lines)}, frame.slots - 1: end}
        self.others = {
            slot: b"".join(
                map(dump.encode, slot_records(int(self.times_ns[slot]), packets, frame.channel, lanes))
            )
            for slot, packets in slots.items()
        }
        height, width = frame.codes.shape
        rows = _Rows(
            height, width, frame.bits, frame.channel, frame.line_numbers, frame.first_row, frame.step_ns
        )
        self.before, self.after = _around_rows(rows, lanes)
        self.codes = np.ascontiguousarray(frame.codes, "<u2").view()
        self.codes.flags.writeable = False  # so that one compiled kernel takes all
        row = self.before.data.shape[1] + frame.payload_bytes + CRC_BYTES + self.after.data.shape[1]
        self.sizes = np.full(frame.slots, row)
        for slot, data in self.others.items():
            self.sizes[slot] = len(data)


class _Rows(NamedTuple):
    """Properties of a frame that the records around its rows depend on, its start apart."""

    rows: int
    columns: int
    bits: int
    channel: int
    numbered: bool
    first_slot: int
    step_ns: Fraction


@dataclass(frozen=True, slots=True, eq=False)
class _Around:
    """Bytes that stand on one side of each row, in a frame that starts at 0.

    data   (rows, any) uint8
    times  where in a row's bytes the times of records stand
    """

    data: NDArray[np.uint8]
    times: NDArray[np.int64]


@lru_cache(8)
def _around_rows(rows: _Rows, lanes: Lanes) -> tuple[_Around, _Around]:
    """Return what stands before each row's payload and behind its CRC, alike for all frames of a stream."""
    size = rows.columns * rows.bits // 8
    header = np.frombuffer(Header(rows.channel, RAW[rows.bits], size).encode(), np.uint8)
    at = later_ns(rows.first_slot + rows.rows, rows.step_ns)[rows.first_slot :]
    before: list[NDArray[np.uint8]] = []
    if rows.numbered:
        mark, burst, end = _burst(at, HEADER_BYTES, rows.channel, lanes)
        before += [mark, burst, _numbers(rows.channel, DataType.LINE_START, rows.rows), end]
        at = at + lanes.burst_ns(HEADER_BYTES)
    mark, burst, end = _burst(at, size + OVERHEAD_BYTES, rows.channel, lanes)
    before += [mark, burst, np.broadcast_to(header, (rows.rows, HEADER_BYTES))]
    after = [end]
    if rows.numbered:
        at = at + lanes.burst_ns(size + OVERHEAD_BYTES)
        mark, burst, end = _burst(at, HEADER_BYTES, rows.channel, lanes)
        after += [mark, burst, _numbers(rows.channel, DataType.LINE_END, rows.rows), end]
    return _joined(before), _joined(after)


def _joined(columns: Sequence[NDArray[np.uint8]]) -> _Around:
    """Join records and packets of each row; what is as long as a record's header is one."""
    begins = np.cumsum([0, *(column.shape[1] for column in columns)]).tolist()
    is_record = [column.shape[1] == dump.RECORD.size for column in columns]
    times = [begin for begin, record in zip(begins, is_record, strict=False) if record]
    return _Around(np.concatenate(columns, axis=1), np.array(times, np.int64))


def _burst(at: NDArray[np.int64], size: int, channel: int, lanes: Lanes) -> list[NDArray[np.uint8]]:
    """Return the records around the packets of many slots: mark, the burst's header, mark."""
    first = at + lanes.entry_ns
    return [
        _headers(at, dump.MARK, LaneState.HS, lanes.count, 0),
        _headers(first, dump.BURST, channel, lanes.count, size),
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
