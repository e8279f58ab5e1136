"""What a CSI-2 stream must say, and when, by docs/csi2.md: frames that are sent, and a judge of the stream.

The judge sees a stream through tests/csi2_decoder.py, which shares nothing with the encoder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

import csi2_decoder as decoder
from camtwin.wire.csi2 import dump, lanes, serial, stream
from compare import assert_same_bytes


@dataclass(frozen=True)
class Sent:
    """A frame that was put into a stream, and the times that docs/csi2.md gives its lines."""

    codes: NDArray[np.uint16]
    bits: int
    start_ns: int
    line_ns: Fraction
    number: int = 1
    registers: Mapping[int, int] = field(default_factory=dict)
    embedded_lines: int = 2
    channel: int = 0
    line_numbers: bool = False

    def frame(self) -> stream.SensorFrame:
        return stream.SensorFrame(**self.__dict__)


@dataclass(frozen=True)
class Link:
    lanes: int
    bits_per_s: int

    def encoded(self, *frames: stream.SensorFrame) -> bytes:
        """Return the dump of `frames`, which both of the encoder's ways must give."""
        to = lanes.Lanes(self.lanes, self.bits_per_s)
        fast = serial.encoded(frames, to).tobytes()
        assert_same_bytes(b"".join(dump.encode(record) for record in stream.records(frames, to)), fast)
        return dump.file_header() + fast

    def times(self, start_ns: int, sizes: list[int]) -> list[tuple[int, int, int]]:
        """Return when the lanes leave the stop state, when the first byte is sent, and when they are back."""
        bit_ns = Fraction(10**9, self.bits_per_s)
        times: list[tuple[int, int, int]] = []
        for size in sizes:
            first = start_ns + 50 + 145 + ceil(18 * bit_ns)
            last = first + ceil(8 * ceil(Fraction(size, self.lanes)) * bit_ns)
            times.append((start_ns, first, last + 60 + ceil(4 * bit_ns)))
            start_ns = times[-1][-1] + 100
        return times


FULL = Link(4, 2_100_000_000)
SMALL = Link(2, 1_000_000_000)


def judge(encoded: bytes, sent: list[Sent], link: Link) -> None:
    """Raise AssertionError or Wrong unless a stream says what was sent, when it should."""
    got = decoder.read(encoded)
    frames = decoder.frames(got)
    _same("channels", [f.channel for f in frames], [s.channel for s in sent])
    _same("numbers of lanes", {p.lanes for p in got.packets}, {link.lanes})
    for frame, put in zip(frames, sent, strict=True):
        _same("frame number", frame.number, put.number)
        _same("bits", frame.bits, put.bits)
        _same("lines numbered", frame.line_numbers, put.line_numbers)
        _same("rows and columns", frame.codes.shape, put.codes.shape)
        assert_same_bytes(frame.codes.tobytes(), put.codes.tobytes())
        _same("registers", frame.registers, put.registers)
        _same("channel meant", {p.meant for p in frame.packets}, {put.channel})
        times = zip(frame.packets, _expected_times(put, link), strict=True)
        for n, (packet, expected) in enumerate(times):
            _same(f"times of packet {n}", (packet.enter_ns, packet.time_ns, packet.leave_ns), expected)


def _same(what: str, got: object, expected: object) -> None:
    """AssertionError if they differ, in one line."""
    if got != expected:
        raise AssertionError(f"{what}: {got}, not {expected}")


def _expected_times(put: Sent, link: Link) -> Iterator[tuple[int, int, int]]:
    size = put.codes.shape[1] * put.bits // 8 + 6
    row = [4, size, 4] if put.line_numbers else [size]
    lines = [[4], *[[size]] * put.embedded_lines, *[row] * len(put.codes), [4]]
    for k, sizes in enumerate(lines):
        yield from link.times(floor(put.start_ns + k * put.line_ns), sizes)


def random_codes(rows: int, columns: int, bits: int, seed: int = 1) -> NDArray[np.uint16]:
    return np.random.default_rng(seed).integers(0, 1 << bits, (rows, columns), dtype=np.uint16)


def two_exposures(rhs1_lines: int) -> tuple[bytes, list[Sent]]:
    """Return a dump of two exposures, and the frames that docs/csi2.md makes of them."""
    line_ns, start_ns = Fraction(4512 * 10**9, 839_700_000), 1_000
    long, short = random_codes(6, 16, 10, 1), random_codes(6, 16, 10, 2)
    first = stream.SensorFrame(long, 10, start_ns, line_ns, 9, {0x00EA: 1, 0x00EB: 2})
    after = rhs1_lines + (rhs1_lines % 2 == 0)
    sent = [
        Sent(long, 10, start_ns, 2 * line_ns, 9, first.registers),
        Sent(short, 10, floor(start_ns + after * line_ns), 2 * line_ns, 9, first.registers, channel=1),
    ]
    return FULL.encoded(*stream.dol(first, short, rhs1_lines)), sent
