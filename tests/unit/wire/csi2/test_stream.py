"""A frame in time: what is sent when, and the bytes at speed beside the readable reference."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camtwin.pixels import CSI2_FORMATS, unpack
from camtwin.wire.csi2 import dump, embedded, stream
from camtwin.wire.csi2.dump import Burst, LaneState, Mark
from camtwin.wire.csi2.lanes import Lanes, distribute, merge, swapped, unswapped
from camtwin.wire.csi2.packets import DataType, read_header
from camtwin.wire.csi2.serial import encoded, encoded_images
from camtwin.wire.csi2.stream import SensorFrame, asleep, dol, records

LANES = Lanes(4, 2_100_000_000)
LINE_NS = Fraction(4512 * 1_000_000_000, 840_000_000)


def frame(rows: int = 3, columns: int = 16, bits: int = 10, **changes) -> SensorFrame:
    codes = np.random.default_rng(rows + bits).integers(0, 1 << bits, (rows, columns), np.uint16)
    return SensorFrame(codes, bits, 1_000_000, LINE_NS, **{"registers": {0x0202: 6, 0x0203: 0x40}, **changes})


def headers(frames, lanes=LANES):
    bursts = [record for record in records(frames, lanes) if isinstance(record, Burst)]
    return [(burst.time_ns, read_header(burst.data)[0]) for burst in bursts]


def test_a_frame_is_start_embedded_lines_rows_and_end():
    sent = headers([frame(rows=2, number=7)])
    assert [(header.data_type, header.field) for _, header in sent] == [
        (DataType.FRAME_START, 7),
        (DataType.EMBEDDED, 20),
        (DataType.EMBEDDED, 20),
        (DataType.RAW10, 20),
        (DataType.RAW10, 20),
        (DataType.FRAME_END, 7),
    ]
    first = 1_000_000 + LANES.entry_ns
    assert [time_ns for time_ns, _ in sent] == [first + slot * 37600 // 7 for slot in range(6)]


def test_numbered_lines():
    sent = headers([frame(rows=2, line_numbers=True, embedded_lines=0, registers={}, channel=2)])
    assert [(h.channel, h.data_type, h.field) for _, h in sent] == [
        (2, DataType.FRAME_START, 1),
        (2, DataType.LINE_START, 1),
        (2, DataType.RAW10, 20),
        (2, DataType.LINE_END, 1),
        (2, DataType.LINE_START, 2),
        (2, DataType.RAW10, 20),
        (2, DataType.LINE_END, 2),
        (2, DataType.FRAME_END, 1),
    ]


@pytest.mark.parametrize("bits", [10, 12])
def test_pixels_and_registers_come_back(bits):
    sent = frame(rows=5, columns=40, bits=bits)
    bursts = [r.data for r in records([sent], LANES) if isinstance(r, Burst)]
    assert embedded.decode([data[4:-2] for data in bursts[1:3]], bits) == sent.registers
    rows = [unpack(data[4:-2], CSI2_FORMATS[bits], 40, 1)[0] for data in bursts[3:-1]]
    assert np.array_equal(rows, sent.codes)


def test_each_burst_lies_between_its_marks():
    """On 4 lanes of 2.1 Gb/s: 50 + 145 ns and 18 bits to the first byte; 60 ns and 4 bits behind the last."""
    hs, burst, lp = list(records([frame()], LANES))[3:6]
    begin = 1_000_000 + 37600 // 7
    assert hs == Mark(begin, LaneState.HS, 4)
    assert isinstance(burst, Burst)
    assert (burst.time_ns, len(burst.data)) == (begin + 50 + 145 + 9, 26)
    assert lp == Mark(burst.time_ns + 27 + 60 + 2, LaneState.LP, 4)  # 7 bytes on the longest lane


def test_times_of_lanes():
    two = Lanes(2, 1_000_000_000)
    assert (two.entry_ns, two.data_ns(7), two.leave_ns(7)) == (213, 32, 96)
    assert two.burst_ns(7) == 213 + 96 + 100


@pytest.mark.parametrize(
    ("count", "rate", "problem"),
    [
        (0, 10**9, r"0 lanes are not in 1\.\.4"),
        (5, 10**9, r"5 lanes are not in 1\.\.4"),
        (4, 79_999_999, r"a lane rate of 79999999 bit/s is not in 80000000\.\.2500000000"),
        (4, 2_500_000_001, r"a lane rate of 2500000001 bit/s is not in 80000000\.\.2500000000"),
    ],
)
def test_no_such_lanes(count, rate, problem):
    with pytest.raises(ValueError, match=f"^{problem}$"):
        Lanes(count, rate)
    assert [Lanes(1, rate).bits_per_s for rate in (80_000_000, 2_500_000_000)] == [80_000_000, 2_500_000_000]


@given(data=st.binary(max_size=50), count=st.integers(1, 4))
def test_bytes_go_round_robin_and_come_back(data, count):
    lanes = distribute(data, count)
    assert [len(lane) for lane in lanes] == [(len(data) + count - 1 - k) // count for k in range(count)]
    for at, byte in enumerate(data):
        assert lanes[at % count][at // count] == byte
    assert merge(lanes) == data


@given(data=st.binary(max_size=50), order=st.permutations(range(4)), count=st.integers(2, 4))
def test_swapped_lanes_and_back(data, order, count):
    """A receiver merges what is on its lanes, which end a byte earlier in other places than it expects."""
    order = [lane for lane in order if lane < count]
    lanes = distribute(data, count)
    arrived = swapped(data, order)
    assert arrived == merge([lanes[lane] for lane in order])
    assert unswapped(arrived, order) == data


def test_two_exposures_take_turns():
    """The short one on channel 1, RHS1 lines behind and one more, as even lines belong to the long one."""
    long = frame(rows=6)
    pair = dol(long, long.codes[::-1], rhs1_lines=4)
    rows = [
        (header.channel, time_ns) for time_ns, header in headers(pair) if header.data_type == DataType.RAW10
    ]
    assert [channel for channel, _ in rows] == [0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1]
    of_long, of_short = ([t for c, t in rows if c == channel] for channel in (0, 1))
    first = long.start_ns + LANES.entry_ns
    assert of_long == [first + 2 * (3 + row) * 37600 // 7 for row in range(6)]
    for one, other in zip(of_long, of_short, strict=True):
        assert abs(other - one - 5 * LINE_NS) <= 1
    times = [record.time_ns for record in records(pair, LANES)]
    assert times == sorted(times)


def test_an_odd_rhs1_is_kept():
    long, short = dol(frame(), frame().codes, rhs1_lines=25)
    assert short.start_ns - long.start_ns == int(25 * LINE_NS)


@pytest.mark.parametrize("lines", [0, -1])
def test_a_short_exposure_that_is_not_behind_the_long_one(lines):
    with pytest.raises(ValueError, match=rf"^an RHS1 of {lines} lines is below the minimum 1$"):
        dol(frame(), frame().codes, rhs1_lines=lines)


def colliding(ns: int) -> list[SensorFrame]:
    """Return two frames, the second so long after the last line of the first begins."""
    one = frame(number=7)
    return [one, replace(one, number=8, channel=1, start_ns=int(one.times_ns()[-1]) + ns)]


def test_a_frame_waits_until_the_lanes_are_free():
    free_ns = LANES.burst_ns(4)
    after, early = colliding(free_ns), colliding(free_ns - 1)
    assert len(list(records(after, LANES))) == 42
    pieces = encoded_images([[one] for one in after], LANES)
    assert encoded(after, LANES).tobytes() == b"".join(piece.tobytes() for piece in pieces)
    begins_ns = early[1].start_ns
    problem = (
        f"^frame 8 of channel 1 needs the lanes at {begins_ns} ns, "
        f"before frame 7 of channel 0 leaves them at {begins_ns + 1} ns$"
    )
    with pytest.raises(ValueError, match=problem):
        list(records(early, LANES))
    with pytest.raises(ValueError, match=problem):
        encoded(early, LANES)
    with pytest.raises(ValueError, match=problem):
        list(encoded_images([[one] for one in early], LANES))


def test_an_image_that_comes_too_late_to_be_in_order():
    one, two = colliding(LANES.burst_ns(4))
    before = replace(one, number=6, start_ns=one.start_ns - 1000)
    problem = (
        r"^frame 6 of channel 0 needs the lanes at 999000 ns, before frame 7 of channel 0 leaves them at "
    )
    with pytest.raises(ValueError, match=problem):
        list(encoded_images([[one], [two], [before]], LANES))


def test_lines_of_an_odd_clock_are_at_their_times():
    """A clock that 251 * 253 divides: numerators of line times do not fit 64 bits."""
    line_ns = Fraction(65_535 * 1_000_000_000 * 251 * 253, 25_200_000_000 // 3)
    sent = replace(frame(rows=3040, columns=4), line_ns=line_ns, start_ns=0)
    assert [int(sent.times_ns()[slot]) for slot in (1, 3042)] == [int(line_ns), int(3042 * line_ns)]


def test_sleep():
    assert list(asleep(5, 3_000_005, 2)) == [
        Mark(5, LaneState.ULPS, 2),
        Mark(2_000_005, LaneState.WAKE, 2),
        Mark(3_000_005, LaneState.LP, 2),
    ]
    with pytest.raises(ValueError, match=r"^1000000 ns of sleep are not above the 1000000 ns of waking up$"):
        list(asleep(0, 1_000_000, 2))


def test_lanes_sleep_between_images_where_there_is_time():
    free_ns = LANES.burst_ns(4)
    last_ns = int(frame().times_ns()[-1]) + free_ns
    for gap_ns, states in ((1_000_100, 0), (1_000_101, 3)):
        images = [[frame()], [replace(frame(number=2), start_ns=last_ns + gap_ns)]]
        pieces = [piece.tobytes() for piece in encoded_images(images, LANES, sleeps=True)]
        plain = [piece.tobytes() for piece in encoded_images(images, LANES)]
        marks = [] if not states else list(asleep(last_ns, last_ns + gap_ns - 100, 4))
        assert len(marks) == states
        assert b"".join(pieces) == plain[0] + b"".join(map(dump.encode, marks)) + plain[1]


@settings(deadline=None)  # the first call compiles
@given(
    rows=st.integers(1, 5),
    columns=st.integers(4, 40),
    bits=st.sampled_from([10, 12]),
    lanes=st.integers(1, 4),
    numbered=st.booleans(),
    lines=st.integers(1, 3),
    two=st.booleans(),
)
def test_the_bytes_at_speed_are_the_references(rows, columns, bits, lanes, numbered, lines, two):
    one = frame(rows, columns * 4, bits, line_numbers=numbered, embedded_lines=lines, channel=lanes - 1)
    frames = dol(one, one.codes[::-1], 2 * rows) if two else [one]
    link = Lanes(lanes, 2_100_000_000)
    expected = b"".join(map(dump.encode, records(frames, link)))
    assert encoded(frames, link).tobytes() == expected
    kept = np.zeros(len(expected), np.uint8)
    assert encoded(frames, link, kept) is kept
    assert kept.tobytes() == expected


@pytest.mark.parametrize("threads", [2, 3, 50])
def test_any_number_of_threads(threads):
    one = frame(rows=101, columns=48)
    frames = dol(one, one.codes[::-1], 4)
    assert encoded(frames, LANES, threads=threads).tobytes() == encoded(frames, LANES).tobytes()


@pytest.mark.parametrize("gap_lines", [8, 30, 60])
def test_images_that_overlap_are_in_the_order_of_time(gap_lines):
    """The short exposure of an image ends after the long one of the next, and the one after, has begun."""
    images = []
    for number in range(1, 5):
        long = frame(rows=9, number=number)
        long = replace(long, start_ns=long.start_ns + int(number * 26 * LINE_NS))
        images.append(dol(long, long.codes[::-1], gap_lines))
    pieces = list(encoded_images(images, LANES))
    expected = list(records([one for image in images for one in image], LANES))
    assert b"".join(piece.tobytes() for piece in pieces) == b"".join(map(dump.encode, expected))
    assert len(pieces) == 4
    assert list(encoded_images([], LANES)) == []


def test_a_full_line_fits_on_four_lanes_and_not_on_two():
    full = frame(rows=1, columns=4056)
    assert len(list(records([full], LANES))) == 15
    with pytest.raises(ValueError, match=r"^a line of 5070 bytes takes \d+ ns on 2 lanes of "):
        list(records([full], Lanes(2, 2_100_000_000)))
    with pytest.raises(ValueError, match=r"the line time is 5371 ns$"):
        encoded([frame(rows=1, columns=4056, line_numbers=True)], LANES)


def test_a_code_above_its_bits_is_named():
    wrong = frame()
    wrong.codes[1, 2] = 1024
    with pytest.raises(ValueError, match=r"^DN 1024 is above the RAW10 maximum 1023$"):
        encoded([wrong], LANES)
    with pytest.raises(ValueError, match=r"^DN 1024 is above the RAW10 maximum 1023$"):
        list(records([wrong], LANES))


@pytest.mark.parametrize(
    ("shape", "bits", "problem"),
    [
        ((2, 4), 8, "pixels of 8 bits are not in 10, 12"),
        ((2, 6), 10, "6 pixels a line are no multiple of the 4 that RAW10 packs"),
        ((2, 3), 12, "3 pixels a line are no multiple of the 2 that RAW12 packs"),
        ((0, 6), 10, "0 rows are below the minimum 1"),
        ((2, 0), 10, "0 pixels a line are no multiple"),
        ((1, 52432), 10, "a line of 65540 bytes is above the maximum 65535"),
    ],
)
def test_frames_that_cannot_be_sent(shape, bits, problem):
    with pytest.raises(ValueError, match=f"^{problem}"):
        SensorFrame(np.zeros(shape, np.uint16), bits, 0, LINE_NS)


@pytest.mark.parametrize("columns", [2, 4, 6, 34, 40])
def test_lines_of_any_length(columns):
    """Two pixels of RAW12 fill no word of the kernel's; views and read-only codes are taken as well."""
    codes = frame(rows=3, columns=80, bits=12).codes[:, 4 : 4 + columns]
    codes.flags.writeable = columns != 6
    sent = SensorFrame(codes, 12, 0, LINE_NS, embedded_lines=0)
    assert encoded([sent], LANES).tobytes() == b"".join(map(dump.encode, records([sent], LANES)))


def test_channels_of_exposures():
    assert (stream.LONG, stream.SHORT) == (0, 1)
