"""Dumps: a CSI-2 stream as records in a file or on a socket; docs/csi2.md describes them to the byte.

    file     "CSI2DUMP", version, zeros: 16 bytes; then records
    record   time in ns, kind, code, lanes, 0, length of the payload: 16 bytes; then the payload

Everything is little-endian. A burst has the bytes of one high-speed transmission as its payload, in their
order before they are shared out to lanes; its code is the virtual channel. A mark has no payload; its code is
the state that the lanes enter. Whoever reads gets records as bytes come in.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

import numpy as np

from camtwin.problem import Problem
from camtwin.units import Ns
from camtwin.wire.csi2.lanes import MAX_LANES
from camtwin.wire.csi2.packets import MAX_CHANNEL, MAX_FIELD, OVERHEAD_BYTES

MAGIC: Final = b"CSI2DUMP"
VERSION: Final = 1
FILE: Final = struct.Struct("<8sHHI")
RECORD: Final = struct.Struct("<QBBBBI")
COLUMNS: Final = np.dtype(
    [("time", "<u8"), ("kind", "u1"), ("code", "u1"), ("lanes", "u1"), ("zero", "u1"), ("length", "<u4")]
)
"""RECORD for numpy: the headers of many records at once."""
BURST, MARK = 1, 2
UNKNOWN_CHANNEL: Final = 0xFF
MAX_PAYLOAD: Final = MAX_FIELD + OVERHEAD_BYTES
"""Longest payload of a record: a long packet with the largest word count."""
MAX_NS: Final = (1 << 64) - 1
CHUNK_BYTES: Final = 1 << 16


class DumpProblem(Problem):
    """Bytes that are no dump; one line that names the byte at which that shows."""


class LaneState(IntEnum):
    """States that lanes enter, and marks say."""

    LP = 0
    HS = 1
    ULPS = 2
    WAKE = 3


@dataclass(frozen=True, slots=True)
class Burst:
    """The bytes of one high-speed transmission, a packet.

    time_ns  virtual time of its first byte
    channel  virtual channel that the transmitter meant; None: a receiver made the dump
    lanes    number of lanes it was shared out to
    """

    time_ns: Ns
    channel: int | None
    lanes: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """The virtual time at which `lanes` lanes enter a state."""

    time_ns: Ns
    state: LaneState
    lanes: int


Record: TypeAlias = Burst | Mark


def file_header() -> bytes:
    """Return the bytes with which a dump begins."""
    return FILE.pack(MAGIC, VERSION, 0, 0)


def encode(record: Record) -> bytes:
    """Return a record's bytes; ValueError for a number that a reader would refuse."""
    kind, code, payload = (
        (MARK, int(record.state), b"")
        if isinstance(record, Mark)
        else (BURST, UNKNOWN_CHANNEL if record.channel is None else record.channel, record.data)
    )
    if not 0 <= record.time_ns <= MAX_NS:
        raise ValueError(f"time {record.time_ns} ns is not in 0..{MAX_NS}")
    if problem := _wrong(kind, code, record.lanes, 0, len(payload)):
        raise ValueError(problem)
    return RECORD.pack(record.time_ns, kind, code, record.lanes, 0, len(payload)) + payload


class Reader:
    """Reads a dump piece by piece.

    offset  of the next record in the dump
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._begun = False
        self.offset = 0

    def receive(self, data: bytes) -> Iterator[tuple[int, Record]]:
        """Yield the records that are whole now, each with its offset in the dump. Raises DumpProblem."""
        self._data += data
        at = 0
        try:
            while (size := self._ready(at)) is not None:
                if self._begun:
                    yield self.offset, self._record(at)
                self._begun = True
                at += size
                self.offset += size
        finally:
            del self._data[:at]

    def finish(self) -> None:
        """Raise DumpProblem if the dump ends within a record."""
        if not self._begun or self._data:
            end = self.offset + len(self._data)
            what = f"the record at byte {self.offset}" if self._begun else "the header of a dump"
            raise DumpProblem(f"byte {end}: the dump ends within {what}")

    def _ready(self, at: int) -> int | None:
        """Return the size of the header or record at `at`; None if it is not whole yet."""
        there = len(self._data) - at
        if not self._begun:
            start = bytes(self._data[: len(MAGIC)])
            if start != MAGIC[: len(start)]:
                raise DumpProblem(f"byte 0: {start!r} is not {MAGIC!r}, with which a dump begins")
            if there < FILE.size:
                return None
            _, version, *zeros = FILE.unpack_from(self._data, at)
            if version != VERSION:
                raise DumpProblem(f"byte 8: a dump of version {version}; this reads version {VERSION}")
            if any(zeros):
                raise DumpProblem("byte 10: bytes 10 to 15 of a dump are 0")
            return FILE.size
        if there < RECORD.size:
            return None
        _, kind, code, lanes, zero, length = RECORD.unpack_from(self._data, at)
        if problem := _wrong(kind, code, lanes, zero, length):
            raise DumpProblem(f"byte {self.offset}: {problem}")
        size = RECORD.size + length
        return size if there >= size else None

    def _record(self, at: int) -> Record:
        time_ns, kind, code, lanes, _, length = RECORD.unpack_from(self._data, at)
        if kind == MARK:
            return Mark(time_ns, LaneState(code), lanes)
        begin = at + RECORD.size
        channel = None if code == UNKNOWN_CHANNEL else code
        return Burst(time_ns, channel, lanes, bytes(self._data[begin : begin + length]))


def read(take: Callable[[int], bytes]) -> Iterator[tuple[int, Record]]:
    """Yield the records of a dump, each with its offset, as they come in. Raises DumpProblem.

    take: returns up to that many bytes, none at the end: a file's `read` or a socket's `recv`.
    """
    reader = Reader()
    while data := take(CHUNK_BYTES):
        yield from reader.receive(data)
    reader.finish()


def write(put: Callable[[bytes], object], records: Iterable[Record]) -> None:
    """Write a dump, record by record: `put` is a file's `write` or a socket's `sendall`."""
    put(file_header())
    for record in records:
        put(encode(record))


def _wrong(kind: int, code: int, lanes: int, zero: int, length: int) -> str:
    """Return what is wrong with a record's header; empty if nothing is."""
    if kind not in (BURST, MARK):
        return f"a record of kind {kind}; {BURST} is a burst, {MARK} a mark"
    if not 1 <= lanes <= MAX_LANES:
        return f"{lanes} lanes are not in 1..{MAX_LANES}"
    if zero:
        return f"the reserved byte of a record is {zero}, not 0"
    if kind == MARK:
        if code > max(LaneState):
            return f"a mark of state {code} is not in 0..{max(LaneState):d}"
        return f"a mark with {length} bytes has none" if length else ""
    if code > MAX_CHANNEL and code != UNKNOWN_CHANNEL:
        return f"virtual channel {code} is not in 0..{MAX_CHANNEL}, nor {UNKNOWN_CHANNEL}"
    if not 1 <= length <= MAX_PAYLOAD:
        return f"a burst of {length} bytes is not in 1..{MAX_PAYLOAD}"
    return ""
