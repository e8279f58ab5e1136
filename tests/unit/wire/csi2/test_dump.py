"""Dumps: bytes typed by hand, any records there and back in any pieces, and hostile ones."""

from __future__ import annotations

import io
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camtwin.wire.csi2 import dump
from camtwin.wire.csi2.dump import Burst, DumpProblem, LaneState, Mark, Reader

times = st.integers(0, dump.MAX_NS)
lanes = st.integers(1, 4)
marks = st.builds(Mark, times, st.sampled_from(LaneState), lanes)
bursts = st.builds(Burst, times, st.none() | st.integers(0, 3), lanes, st.binary(min_size=1, max_size=40))
streams = st.lists(marks | bursts, max_size=12)

TYPED = bytes.fromhex(
    "43 53 49 32 44 55 4d 50  01 00 00 00 00 00 00 00"  # CSI2DUMP, version 1
    "40 42 0f 00 00 00 00 00  02 01 04 00 00 00 00 00"  # 1 ms: high speed, 4 lanes
    "0c 43 0f 00 00 00 00 00  01 00 04 00 04 00 00 00"  # a burst of 4 bytes on channel 0
    "00 01 00 1a"  # frame start, frame 1
    "00 00 00 00 01 00 00 00  02 00 02 00 00 00 00 00"  # 2^32 ns: stop state, 2 lanes
    "00 00 00 00 01 00 00 00  01 ff 01 00 01 00 00 00"  # a burst of 1 byte on a channel unknown
    "b8"
)
RECORDS = [
    Mark(1_000_000, LaneState.HS, 4),
    Burst(1_000_204, 0, 4, bytes.fromhex("0001001a")),
    Mark(1 << 32, LaneState.LP, 2),
    Burst(1 << 32, None, 1, b"\xb8"),
]


def written(records) -> bytes:
    file = io.BytesIO()
    dump.write(file.write, records)
    return file.getvalue()


def pieces(data: bytes, size: int):
    reader = Reader()
    for at in range(0, len(data), size):
        yield from reader.receive(data[at : at + size])
    reader.finish()


def test_bytes_by_hand():
    assert written(RECORDS) == TYPED
    assert list(dump.read(io.BytesIO(TYPED).read)) == list(zip((16, 32, 52, 68), RECORDS, strict=True))


@given(records=streams, size=st.integers(1, 60))
def test_records_come_back_in_any_pieces(records, size):
    assert [record for _, record in pieces(written(records), size)] == records


def test_over_a_socket():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        dump.write(ours.sendall, RECORDS)
        ours.shutdown(socket.SHUT_WR)
        assert [record for _, record in dump.read(theirs.recv)] == RECORDS


def changed(at: int, *values: int) -> bytes:
    return TYPED[:at] + bytes(values) + TYPED[at + len(values) :]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "byte 0: the dump ends within the header of a dump"),
        (TYPED[:9], "byte 9: the dump ends within the header of a dump"),
        (TYPED[:20], "byte 20: the dump ends within the record at byte 16"),
        (TYPED[:51], "byte 51: the dump ends within the record at byte 32"),
        (b"PNG" + TYPED, "byte 0: b'PNGCSI2D' is not b'CSI2DUMP', with which a dump begins"),
        (changed(8, 2), "byte 8: a dump of version 2; this reads version 1"),
        (changed(14, 1), "byte 10: bytes 10 to 15 of a dump are 0"),
        (changed(24, 3), "byte 16: a record of kind 3; 1 is a burst, 2 a mark"),
        (changed(25, 4), "byte 16: a mark of state 4 is not in 0..3"),
        (changed(28, 9), "byte 16: a mark with 9 bytes has none"),
        (changed(42, 5), "byte 32: 5 lanes are not in 1..4"),
        (changed(42, 0), "byte 32: 0 lanes are not in 1..4"),
        (changed(43, 7), "byte 32: the reserved byte of a record is 7, not 0"),
        (changed(41, 4), "byte 32: virtual channel 4 is not in 0..3, nor 255"),
        (changed(44, 0), "byte 32: a burst of 0 bytes is not in 1..65541"),
        (changed(44, 255, 255, 255, 255), "byte 32: a burst of 4294967295 bytes is not in 1..65541"),
    ],
)
def test_hostile_dumps_are_refused_in_one_line(data, problem):
    for size in (1, 7, 1000):
        with pytest.raises(DumpProblem) as error:
            list(pieces(data, size))
        if data[:3] == b"PNG" and size < 8:
            assert str(error.value).startswith("byte 0: b'P")
        else:
            assert str(error.value) == problem


def test_records_before_a_bad_one_are_read():
    received = Reader().receive(changed(60, 9))
    assert [next(received), next(received)] == [(16, RECORDS[0]), (32, RECORDS[1])]
    with pytest.raises(DumpProblem, match=r"^byte 52: a record of kind 9; 1 is"):
        next(received)


@given(st.binary(max_size=120), st.integers(1, 60))
def test_any_bytes_are_read_or_refused(data, size):
    for begin in (b"", TYPED[:16], TYPED[:40]):
        try:
            records = [record for _, record in pieces(begin + data, size)]
        except DumpProblem as problem:
            assert str(problem).startswith("byte ")
            assert "\n" not in str(problem)
        else:
            assert written(records) == begin + data


@pytest.mark.parametrize(
    "record",
    [
        Mark(-1, LaneState.LP, 1),
        Mark(1 << 64, LaneState.LP, 1),
        Mark(0, LaneState.LP, 5),
        Burst(0, 4, 1, b"\0"),
        Burst(0, 0, 1, b""),
        Burst(0, 0, 1, bytes(65542)),
    ],
)
def test_what_a_reader_would_refuse_is_not_written(record):
    with pytest.raises(ValueError, match=r" (is|are) not in "):
        dump.encode(record)
