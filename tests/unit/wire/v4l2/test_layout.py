"""Structures of C: what a compiler would make of them, and that nothing is lost on the way."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated

from hypothesis import given
from hypothesis import strategies as some

from camtwin.wire.v4l2 import controls, video
from camtwin.wire.v4l2.layout import S64, U8, Chars, Layout, Numbers, array, joined, offsets


@dataclass(frozen=True)
class Inner(Layout):
    small: U8
    large: S64


@dataclass(frozen=True)
class Outer(Layout):
    first: U8
    inner: Inner
    name: Annotated[str, Chars(5)]
    rest: Annotated[tuple[int, ...], Numbers("H", 2)]


def test_fields_stand_where_their_alignment_wants_them():
    assert offsets(Outer) == {"first": 0, "inner": 8, "name": 24, "rest": 30}
    assert Outer.sizeof() == 40
    one = Outer(1, Inner(2, -3), "four", (5, 6))
    assert one.pack().hex(" ", 8) == (
        "0100000000000000 0200000000000000 fdffffffffffffff 666f757200000500 0600000000000000"
    )
    assert Outer.unpack(one.pack()) == one


def test_a_text_keeps_its_last_zero():
    assert Outer(0, Inner(0, 0), "overlong", (0, 0)).pack()[24:29] == b"over\0"


def test_a_packed_structure_has_no_gaps():
    assert controls.ExtControl.sizeof() == 20
    assert offsets(controls.ExtControl) == {"id": 0, "size": 4, "reserved2": 8, "value": 12}


@given(some.binary(min_size=88, max_size=88))
def test_any_bytes_are_a_buffer_and_none_of_its_numbers_is_lost(data: bytes):
    buffer = video.Buffer.unpack(data)
    again = video.Buffer.unpack(buffer.pack())
    assert again == buffer
    assert {each.name: getattr(again, each.name) for each in fields(buffer)}["index"] == int.from_bytes(
        data[:4], "little"
    )


@given(some.lists(some.builds(video.Size, *[some.integers(0, 2**32 - 1)] * 2)))
def test_arrays_are_structures_one_after_another(sizes: list[video.Size]):
    assert array(video.Size, joined(sizes)) == sizes


def test_an_array_ends_with_its_last_whole_structure():
    assert array(video.Size, bytes(15)) == [video.Size(0, 0)]
