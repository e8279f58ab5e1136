"""Every fault on purpose is found where it was made, and nothing else; sound streams have no findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camtwin.wire.csi2 import dump, faults
from camtwin.wire.csi2.check import Checker, Finding, check
from camtwin.wire.csi2.dump import Burst, LaneState, Mark, Record
from camtwin.wire.csi2.examine import Kind
from camtwin.wire.csi2.faults import NoSuchPlace
from camtwin.wire.csi2.lanes import Lanes
from camtwin.wire.csi2.packets import DataType, long_packet, short_packet
from camtwin.wire.csi2.places import Part, Place
from camtwin.wire.csi2.stream import SensorFrame, asleep, dol, records

ROWS, COLUMNS = 8, 32
LINE_NS = Fraction(4512 * 1_000_000_000, 840_000_000)
FRAME_NS = 100 * LINE_NS


@cache
def stream(
    count: int = 3, lanes: int = 4, bits: int = 10, two: bool = False, **changes
) -> tuple[Record, ...]:
    """Return frames 1 to count, of 8 rows, which their embedded data say."""
    out: list[Record] = []
    for number in range(1, count + 1):
        codes = np.random.default_rng(number).integers(0, 1 << bits, (ROWS, COLUMNS), np.uint16)
        start_ns = int(number * FRAME_NS)
        registers = {0x034E: 0, 0x034F: ROWS}
        frame = SensorFrame(codes, bits, start_ns, LINE_NS, number, registers, **changes)
        frames = dol(frame, codes[::-1], 6) if two else [frame]
        out += records(frames, Lanes(lanes, 2_100_000_000))
    return tuple(out)


def found(stream: Iterable[Record], **options) -> list[Finding]:
    offsets: list[tuple[int, Record]] = []
    at = dump.FILE.size
    for record in stream:
        offsets.append((at, record))
        at += len(dump.encode(record))
    return list(check(offsets, Checker(**options)))


def told(stream: Iterable[Record], **options) -> list[tuple[Kind, str, int | None]]:
    """Return the kind, place and byte of each finding."""
    return [(f.kind, str(f.place), f.byte) for f in found(stream, **options)]


IMAGE = Place(0, 2, Part.IMAGE, 5)


@pytest.mark.parametrize("numbered", [False, True])
@pytest.mark.parametrize("two", [False, True])
@pytest.mark.parametrize("lanes", [1, 2, 3, 4])
@pytest.mark.parametrize("bits", [10, 12])
def test_nothing_is_wrong_with_a_sound_stream(bits, lanes, two, numbered):
    assert found(stream(bits=bits, lanes=lanes, two=two, line_numbers=numbered)) == []


@given(byte=st.integers(0, 3), bit=st.integers(0, 7), part=st.sampled_from(Part), numbered=st.booleans())
@settings(deadline=None)
def test_a_wrong_header_bit_is_corrected_and_named(byte, bit, part, numbered):
    if part is Part.OTHER or (not numbered and part in (Part.LINE_START, Part.LINE_END)):
        return
    line = {Part.EMBEDDED: 1, Part.FRAME_START: None, Part.FRAME_END: None}.get(part, 5)
    place = Place(0, 2, part, line)
    damaged = faults.flip_bit(stream(line_numbers=numbered), place, byte, bit)
    (finding,) = found(damaged)
    assert (finding.kind, finding.place, finding.byte) == (Kind.ECC_CORRECTED, place, byte)
    assert finding.text == f"bit {bit} of the header is wrong, the ECC corrects it"


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        (IMAGE, "channel 0 frame 2 line 5"),
        (Place(0, 2, Part.EMBEDDED, 0), "channel 0 frame 2 embedded line 0"),
        (Place(0, 2, Part.FRAME_END), "channel 0 frame 2 packet"),
        (Place(0, 2, Part.FRAME_START), "channel 0 packet"),
        (Place(0, 2, Part.LINE_START, 5), "channel 0 frame 2 packet"),
        (Place(0, 2, Part.LINE_END, 5), "channel 0 frame 2 packet"),
    ],
)
def test_two_wrong_header_bits_are_detected_and_cause_nothing_else(place, shown):
    numbered = place.part in (Part.LINE_START, Part.LINE_END)
    damaged = faults.flip_bit(stream(line_numbers=numbered), place, 1, 0)
    damaged = faults.flip_bit(damaged, place, 2, 7)
    assert told(damaged) == [(Kind.ECC, shown, 0)]


@given(byte=st.integers(4, 45), bit=st.integers(0, 7), bits=st.sampled_from([10, 12]))
@settings(deadline=None)
def test_a_wrong_bit_of_payload_or_crc_is_found_by_byte_and_bit(byte, bit, bits):
    (finding,) = found(faults.flip_bit(stream(bits=bits), IMAGE, byte, bit))
    size = COLUMNS * bits // 8
    assert (finding.kind, finding.place, finding.byte) == (Kind.CRC, IMAGE, 4 + size)
    assert finding.text.endswith(f"; one wrong bit if it is byte {byte} bit {bit}")


def test_a_wrong_bit_of_a_long_line_is_one_of_two():
    """The CRC repeats after 32767 bits: farther bits look alike."""
    payload = bytes(6000)
    packet = bytearray(long_packet(0, DataType.RAW12, payload))
    packet[100] ^= 4
    (finding,) = [f for f in found([Burst(0, 0, 4, bytes(packet))]) if f.kind is Kind.CRC]
    assert "byte 100 bit 2" in finding.text
    assert finding.text.count(" bit ") == 3


def test_two_wrong_bits_of_payload():
    damaged = faults.flip_bit(faults.flip_bit(stream(), IMAGE, 9, 1), IMAGE, -3, 1)
    (finding,) = found(damaged)
    assert finding.kind is Kind.CRC
    assert finding.text.endswith("; more than one bit is wrong")


def test_an_embedded_line_with_a_wrong_bit_says_nothing():
    place = Place(0, 2, Part.EMBEDDED, 0)
    assert told(faults.flip_bit(stream(), place, 6, 1)) == [(Kind.CRC, str(place), 44)]


@pytest.mark.parametrize("line", range(ROWS))
@pytest.mark.parametrize("numbered", [False, True])
def test_a_lost_line(line, numbered):
    damaged = list(faults.lose_line(stream(line_numbers=numbered), 0, 2, line))
    assert told(damaged) == [(Kind.LOST_LINE, f"channel 0 frame 2 line {line}", None)]


def test_lines_behind_a_lost_one_keep_their_numbers():
    damaged = faults.flip_bit(stream(), IMAGE, 10, 0)
    damaged = [*faults.lose_line(faults.lose_line(damaged, 0, 2, 2), 0, 2, 2)]
    assert told(damaged) == [
        (Kind.CRC, "channel 0 frame 2 line 5", 44),
        (Kind.LOST_LINE, "channel 0 frame 2 line 2", None),
    ]
    assert [*found(damaged)][-1].text == "lines 2 to 3 are missing"


@pytest.mark.parametrize("line", [0, 1])
@pytest.mark.parametrize("frame", [1, 2])
def test_a_lost_embedded_line(line, frame):
    """No row is taken for a lost one; how many embedded lines there should be, the frame before says."""
    damaged = list(faults.lose_line(stream(4), 0, frame, line, Part.EMBEDDED))
    expected = [] if frame == 1 else [(Kind.LOST_LINE, "channel 0 frame 2 embedded line", None)]
    assert told(damaged) == expected


def test_times_that_no_frame_has_cost_no_memory():
    late = [
        replace(r, time_ns=r.time_ns + (1 << 62) * (k > 60)) if isinstance(r, Burst) else r
        for k, r in enumerate(stream())
    ]
    assert len(found([r for r in late if isinstance(r, Burst)])) < 10


@pytest.mark.parametrize("line", range(1, ROWS))
def test_a_short_frame(line):
    damaged = list(faults.shorten(stream(), 0, 2, line))
    assert told(damaged) == [(Kind.SHORT_FRAME, "channel 0 frame 2 frame end", None)]
    assert found(damaged)[0].text == f"{line} of 8 lines"


def test_a_short_frame_beside_those_before():
    """Without embedded data, the frame before says how many lines there are, or the caller does."""
    bare = [r for r in stream(4) if not (isinstance(r, Burst) and r.data[0] == DataType.EMBEDDED)]
    bare = [r for r in bare if isinstance(r, Burst)]
    damaged = list(faults.shorten(bare, 0, 2, 6))
    assert [finding.text for finding in found(damaged)] == ["6 of 8 lines"]
    fewer = faults.shorten(faults.shorten(faults.shorten(bare, 0, 2, 6), 0, 3, 6), 0, 4, 6)
    assert [f.place.frame for f in found(fewer) if f.place] == [2, 3]  # from then on it is another mode
    damaged = list(faults.shorten(bare, 0, 1, 6))
    assert [finding.text for finding in found(damaged, rows=8)] == ["6 of 8 lines"]


@pytest.mark.parametrize("word_count", [0, 39, 41, 45, 65535])
def test_a_wrong_word_count(word_count):
    (finding,) = found(faults.miscount(stream(), IMAGE, word_count))
    assert (finding.kind, finding.place, finding.byte) == (Kind.WORD_COUNT, IMAGE, 1)
    assert finding.text == f"word count {word_count}, but 40 bytes of payload"


def test_a_line_of_another_length():
    out = [*stream()]
    at = next(k for k, r in enumerate(out) if isinstance(r, Burst) and len(r.data) > 4 and k > 60)
    burst = out[at]
    assert isinstance(burst, Burst)
    out[at] = Burst(burst.time_ns, 0, 4, long_packet(0, DataType.RAW10, bytes(35)))
    assert [(f.kind, f.text) for f in found(out)] == [
        (Kind.WORD_COUNT, "35 bytes, but 40 in the rows before")
    ]


@pytest.mark.parametrize("order", [(1, 0, 2, 3), (3, 2, 1, 0), (1, 2, 3, 0)])
@pytest.mark.parametrize("line", [0, 5])
def test_swapped_lanes_of_a_line(order, line):
    (finding,) = found(faults.swap_lanes(stream(), 0, 2, order, line))
    assert (finding.kind, finding.place) == (Kind.LANE_SWAP, Place(0, 2, Part.IMAGE, line))
    assert finding.text == "lanes are swapped: " + ", ".join(
        f"{lane} on {k}" for k, lane in enumerate(order) if lane != k
    )


@pytest.mark.parametrize("order", [(1, 0), (1, 0, 2), (0, 3, 2, 1), (2, 3, 1, 0)])
def test_swapped_lanes_of_a_frame(order):
    """Short packets too, but for those whose bytes are the same again."""
    lanes = len(order)
    damaged = list(faults.swap_lanes(stream(lanes=lanes), 0, 2, order))
    sound = [r for r in stream(lanes=lanes) if isinstance(r, Burst)]
    differ = [
        one.data != other.data
        for one, other in zip(sound, (r for r in damaged if isinstance(r, Burst)), strict=True)
    ]
    findings = found(damaged)
    assert {finding.kind for finding in findings} == {Kind.LANE_SWAP}
    assert len(findings) == sum(differ) >= 2 + ROWS


def test_a_missing_frame_end():
    assert told(faults.lose_frame_end(stream(), 0, 2)) == [
        (Kind.FRAME_END, "channel 0 frame 2 frame end", None)
    ]
    assert told(faults.lose_frame_end(stream(), 0, 3)) == [
        (Kind.FRAME_END, "channel 0 frame 3 frame end", None)
    ]


def test_a_missing_frame_start():
    bursts = [r for r in stream() if isinstance(r, Burst)]
    del bursts[12]  # of frame 2
    assert told(bursts)[0] == (Kind.FRAME_START, "channel 0 packet", None)
    assert {kind for kind, *_ in told(bursts)} == {Kind.FRAME_START, Kind.FRAME_NUMBER}


def test_faults_of_one_exposure_are_found_on_its_channel():
    damaged = faults.lose_line(stream(two=True), 1, 2, 3)
    damaged = faults.flip_bit(damaged, IMAGE, 20, 3)
    damaged = faults.lose_frame_end(damaged, 1, 3)
    assert told(damaged) == [
        (Kind.CRC, "channel 0 frame 2 line 5", 44),
        (Kind.LOST_LINE, "channel 1 frame 2 line 3", None),
        (Kind.FRAME_END, "channel 1 frame 3 frame end", None),
    ]


def shorts(*packets: tuple[DataType, int]) -> list[Record]:
    return [Burst(k, 0, 4, short_packet(0, *packet)) for k, packet in enumerate(packets)]


def test_frame_numbers():
    start, end = DataType.FRAME_START, DataType.FRAME_END
    ok = [
        (start, 65534),
        (end, 65534),
        (start, 65535),
        (end, 65535),
        (start, 1),
        (end, 1),
        (start, 2),
        (end, 2),
    ]
    assert found(shorts(*ok)) == []
    assert [(f.kind, f.text) for f in found(shorts((start, 1), (end, 1), (start, 4), (end, 5)))] == [
        (Kind.FRAME_NUMBER, "frame 4 follows frame 1"),
        (Kind.FRAME_NUMBER, "frame end 5 of frame 4"),
    ]
    assert found(shorts((start, 0), (end, 0), (start, 0), (end, 0))) == []


def test_short_packets_alone_do_not_pile_up():
    """A stream without long packets is checked as it comes."""
    checker = Checker()
    for k in range(1000):
        kind, number = DataType(k % 2), k // 2 + 1
        for finding in checker.see(k, Burst(k, 0, 4, short_packet(0, kind, number))):
            pytest.fail(str(finding))
        assert checker.frames >= k // 2 - 32
    assert [*checker.finish()] == []
    assert checker.frames == 500


def line_numbers(*numbers: int) -> list[Record]:
    """Return a frame whose line starts and line ends have these numbers, in turn."""
    packets = [short_packet(0, DataType.FRAME_START, 1)]
    for start, end in zip(numbers[::2], numbers[1::2], strict=True):
        packets += [
            short_packet(0, DataType.LINE_START, start),
            long_packet(0, DataType.RAW10, bytes(5)),
            short_packet(0, DataType.LINE_END, end),
        ]
    packets.append(short_packet(0, DataType.FRAME_END, 1))
    return [Burst(k, 0, 4, packet) for k, packet in enumerate(packets)]


def test_line_numbers():
    assert found(line_numbers(1, 1, 2, 2, 3, 3)) == []
    assert [(f.kind, str(f.place), f.text) for f in found(line_numbers(1, 1, 2, 9, 3, 3))] == [
        (Kind.LINE_NUMBER, "channel 0 frame 1 line end 1", "line end 9 of line 2")
    ]
    without = line_numbers(1, 1, 2, 2)
    del without[4]
    assert [(f.kind, str(f.place), f.text) for f in found(without)] == [
        (Kind.LINE_NUMBER, "channel 0 frame 1 line 1", "no line start before it")
    ]


def test_other_packets():
    burst = Burst(0, 0, 4, long_packet(0, DataType.BLANKING, b"ab"))
    assert [(f.kind, f.text) for f in found([burst])] == [(Kind.DATA_TYPE, "data type 0x11 is no image's")]
    assert [(f.kind, f.text) for f in found([Burst(0, 0, 4, b"abc")])] == [
        (Kind.PACKET, "a packet of 3 bytes has no header")
    ]


@pytest.mark.parametrize(
    ("states", "problem"),
    [
        ([(0, LaneState.HS), (9, LaneState.LP)], "the lanes return to LP without a burst"),
        ([(0, LaneState.WAKE)], "WAKE does not follow LP"),
        ([(0, LaneState.ULPS), (1, LaneState.LP)], "LP does not follow ULPS"),
        (
            [(0, LaneState.ULPS), (1, LaneState.WAKE), (500, LaneState.LP)],
            "the lanes wake up in 499 ns, below the minimum 1000000",
        ),
    ],
)
def test_marks(states, problem):
    assert [(f.kind, f.text) for f in found([Mark(t, state, 4) for t, state in states])] == [
        (Kind.MARK, problem)
    ]


def test_sleep_is_sound_and_bursts_have_their_marks():
    assert found([*stream(), *asleep(5_000_000, 7_000_000, 4)]) == []
    fs = short_packet(0, DataType.FRAME_START, 1), short_packet(0, DataType.FRAME_END, 1)
    both = [Mark(0, LaneState.HS, 4), *(Burst(k, 0, 4, packet) for k, packet in enumerate(fs))]
    assert [f.text for f in found(both)] == ["a second burst without a return to LP"]
    late = [Mark(0, LaneState.LP, 4), *both[1:]]
    assert "a burst in state LP" in [f.text for f in found(late)]


def test_time_goes_on():
    assert [f.text for f in found([*asleep(5, 2_000_000, 4), Mark(7, LaneState.HS, 4)])] == [
        "7 ns is before the record before, 2000000 ns"
    ]


def test_a_dump_that_ends_early_is_the_last_finding():
    data = dump.file_header() + b"".join(map(dump.encode, stream(1)))
    reader = dump.Reader()

    def pieces():
        yield from reader.receive(data[:-30])
        reader.finish()

    *others, last = check(pieces())
    assert [f.kind for f in others] == [Kind.FRAME_END]
    assert last.kind is Kind.DUMP
    assert str(last) == f"byte {len(data) - 30}: the dump ends within the record at byte {len(data) - 36}"


def test_a_finding_reads_as_one_line():
    (finding,) = found(faults.flip_bit(stream(1), Place(0, 1, Part.IMAGE, 0), 0, 6))
    assert str(finding) == (
        "channel 0 frame 1 line 0: byte 0: bit 6 of the header is wrong, the ECC corrects it "
        f"(record at byte {finding.offset})"
    )


@pytest.mark.parametrize(
    "fault",
    [
        lambda s: faults.flip_bit(s, Place(0, 9, Part.IMAGE, 0), 0, 0),
        lambda s: faults.flip_bit(s, IMAGE, 46, 0),
        lambda s: faults.miscount(s, Place(0, 2, Part.IMAGE, 8), 1),
        lambda s: faults.lose_line(s, 1, 2, 0),
        lambda s: faults.shorten(s, 0, 2, 8),
        lambda s: faults.lose_frame_end(s, 0, 4),
        lambda s: faults.swap_lanes(s, 0, 9, (1, 0, 2, 3)),
        lambda s: faults.swap_lanes(s, 0, 2, (1, 0)),
        lambda s: faults.swap_lanes(s, 0, 2, (1, 0, 2, 3), 8),
    ],
)
def test_a_fault_where_there_is_nothing_is_refused(fault):
    with pytest.raises(NoSuchPlace):
        list(fault(stream()))


hostile = st.lists(
    st.builds(
        Burst,
        st.integers(0, 99),
        st.none() | st.integers(0, 3),
        st.integers(1, 4),
        st.binary(min_size=1, max_size=60),
    )
    | st.builds(Mark, st.integers(0, 99), st.sampled_from(LaneState), st.integers(1, 4))
    | st.sampled_from([r for r in stream(2, line_numbers=True) if isinstance(r, Burst)]),
    max_size=12,
)


@given(hostile)
@settings(deadline=None)
def test_any_stream_is_checked(records):
    for finding in found(records):
        assert "\n" not in str(finding)
