"""Requests of programs to a bus: golden bytes, limits, and hostile bytes."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camtwin.wire import i2c
from camtwin.wire.csi2.cci import Done, Message, Read, Refusal, Write

ID = bytes.fromhex("0000000f 02 001a 0000 0002 0016 001a 0001 0002")
"""i2ctransfer w2@0x1a 0x00 0x16 r2, typed by hand."""
ADDRESSES = st.integers(0, 0xFFFE)
MESSAGES = st.one_of(
    st.builds(Write, ADDRESSES, st.binary(max_size=40)),
    st.builds(Read, ADDRESSES, st.integers(0, i2c.MAX_DATA)),
)
CASES: list[Message] = [Write(0x1A, b"\0\x16"), Read(0x1A, 2)]


def parsed(request: bytes, own: int = 0) -> i2c.Request:
    assert i2c.size(request[:4]) == len(request) - 4
    return i2c.parse(request[4:], own)


def test_golden_bytes():
    assert i2c.request(CASES) == ID
    assert parsed(ID) == i2c.Transfer(tuple(CASES))
    assert parsed(bytes.fromhex("00000003 01 0010")) == i2c.SetAddress(0x10)
    assert i2c.answer(2, [b"\x05", b"\x77"]) == bytes.fromhex("00000006 00000002 0577")
    assert i2c.answer(-errno.ENXIO) == bytes.fromhex("00000004 fffffffa")


def test_own_is_the_address_of_the_connection():
    request = parsed(bytes.fromhex("0000000e 02 ffff 0001 0001 ffff 0000 0001 07"), own=0x10)
    assert request == i2c.Transfer((Read(0x10, 1), Write(0x10, b"\7")))


@pytest.mark.parametrize("flags", ["0010", "0011", "0400", "4000", "8000"])
def test_liberties_are_not_supported(flags):
    assert parsed(bytes.fromhex(f"00000007 02 001a {flags} 0000")) == i2c.Unsupported()


@given(st.lists(MESSAGES, min_size=1, max_size=i2c.MAX_MESSAGES))
def test_whatever_is_asked_for_arrives(messages):
    assert parsed(i2c.request(messages)) == i2c.Transfer(tuple(messages))


@given(st.binary(max_size=80), st.sampled_from([b"", b"\1", b"\2", ID[4:], ID[4:17]]))
def test_hostile_bytes_are_a_request_or_a_protocol_error(noise, start):
    try:
        request = i2c.parse(start + noise, 0x1A)
    except i2c.ProtocolError:
        return
    if isinstance(request, i2c.Transfer):
        assert 1 <= len(request.messages) <= i2c.MAX_MESSAGES
        assert all(isinstance(one, Write) or one.length <= i2c.MAX_DATA for one in request.messages)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "00",
        "01",
        "01 001a 00",
        "02",
        "02 001a 0000 00",
        "02 001a 0000 0002 00",
        "02 001a 0001 2001",
        "02" + "001a 0001 0001" * 43,
    ],
)
def test_no_request(body):
    with pytest.raises(i2c.ProtocolError):
        i2c.parse(bytes.fromhex(body), 0)


def test_the_largest_request_and_one_above_it():
    most = i2c.request([Write(0x1A, bytes(i2c.MAX_DATA))] * i2c.MAX_MESSAGES)
    assert len(parsed(most).messages) == i2c.MAX_MESSAGES  # type: ignore[union-attr]
    for size in (0, i2c.MAX_REQUEST + 1, 1 << 31):
        with pytest.raises(i2c.ProtocolError):
            i2c.size(size.to_bytes(4, "big"))


@pytest.mark.parametrize(
    ("refusal", "result"),
    [
        (None, 2),
        (Refusal(0, 0), -errno.ENXIO),
        (Refusal(1, 0), -errno.ENXIO),
        (Refusal(0, 3), -errno.EREMOTEIO),
    ],
)
def test_results_are_those_of_linux(refusal, result):
    assert i2c.result(Done(0, 1, (), refusal), 2) == result
