"""The codec of commands and acknowledges."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camtwin.wire.gev import gvcp
from camtwin.wire.gev.gvcp import Ack, Command, Status, StatusError


def parse(command: int, body: bytes, flags: int = 1) -> gvcp.Body:
    data = struct.pack(">BBHHH", 0x42, flags, command, len(body), 1) + body
    header = gvcp.header_of(data)
    assert header is not None
    return gvcp.body_of(header, data)


REFUSALS = (Status.NOT_IMPLEMENTED, Status.INVALID_PARAMETER, Status.BAD_ALIGNMENT)


def outcome(header: gvcp.Header, data: bytes) -> Status:
    try:
        gvcp.body_of(header, data)
    except StatusError as refused:
        return refused.status
    return Status.SUCCESS


def status_of(command: int, body: bytes, flags: int = 1) -> Status:
    with pytest.raises(StatusError) as refused:
        parse(command, body, flags)
    return refused.value.status


@given(st.binary(max_size=700))
def test_any_bytes_are_a_command_or_a_status_or_nothing(data: bytes) -> None:
    header = gvcp.header_of(data)
    assert (header is None) == (len(data) < 8 or data[0] != 0x42)
    if header:
        assert outcome(header, data) in (Status.SUCCESS, *REFUSALS)


@given(st.sampled_from(list(Command)), st.binary(max_size=600), st.integers(0, 255))
def test_any_body_of_a_known_command_is_parsed_or_refused(command: Command, body: bytes, flags: int) -> None:
    data = struct.pack(">BBHHH", 0x42, flags, command, len(body), 1) + body
    assert outcome(gvcp.Header(flags, command, len(body), 1), data) in (Status.SUCCESS, *REFUSALS)


@given(st.lists(st.integers(0, 0x3FFF_FFFF).map(lambda n: 4 * n), min_size=1, max_size=135))
def test_readreg(addresses: list[int]) -> None:
    body = struct.pack(f">{len(addresses)}I", *addresses)
    assert parse(Command.READREG, body) == gvcp.ReadReg(tuple(addresses))


@given(
    st.lists(
        st.tuples(st.integers(0, 0x3FFF_FFFF).map(lambda n: 4 * n), st.integers(0, 0xFFFF_FFFF)),
        min_size=1,
        max_size=67,
    )
)
def test_writereg(writes: list[tuple[int, int]]) -> None:
    body = b"".join(struct.pack(">II", *write) for write in writes)
    assert parse(Command.WRITEREG, body) == gvcp.WriteReg(tuple(writes))


@pytest.mark.parametrize(
    ("command", "body", "status"),
    [
        (Command.READREG, b"", Status.INVALID_PARAMETER),
        (Command.READREG, bytes(6), Status.INVALID_PARAMETER),
        (Command.READREG, bytes(4 * 136), Status.INVALID_PARAMETER),
        (Command.WRITEREG, bytes(4), Status.INVALID_PARAMETER),
        (Command.READMEM, struct.pack(">IHH", 0, 0, 0), Status.INVALID_PARAMETER),
        (Command.READMEM, struct.pack(">IHH", 0, 0, 540), Status.INVALID_PARAMETER),
        (Command.READMEM, struct.pack(">IHH", 0, 0, 6), Status.BAD_ALIGNMENT),
        (Command.READMEM, struct.pack(">IHH", 2, 0, 4), Status.BAD_ALIGNMENT),
        (Command.READMEM, bytes(4), Status.INVALID_PARAMETER),
        (Command.WRITEMEM, bytes(4), Status.INVALID_PARAMETER),
        (Command.WRITEMEM, bytes(4 + 3), Status.BAD_ALIGNMENT),
        (Command.WRITEMEM, bytes(4 + 540), Status.INVALID_PARAMETER),
        (Command.DISCOVERY, bytes(4), Status.INVALID_PARAMETER),
        (Command.FORCEIP, bytes(55), Status.INVALID_PARAMETER),
        (Command.PACKETRESEND, bytes(20), Status.INVALID_PARAMETER),
        (Command.EVENT, bytes(16), Status.NOT_IMPLEMENTED),
        (Command.ACTION, bytes(11), Status.INVALID_PARAMETER),
        (0x7FFE, b"", Status.NOT_IMPLEMENTED),
    ],
)
def test_refused(command: int, body: bytes, status: Status) -> None:
    assert status_of(command, body) is status


@pytest.mark.parametrize("length", [3, 5, 0xFFFF])
def test_a_length_that_is_not_the_bodys_is_refused(length: int) -> None:
    data = struct.pack(">BBHHH", 0x42, 1, Command.READREG, length, 1) + bytes(4)
    header = gvcp.header_of(data)
    assert header is not None
    with pytest.raises(StatusError) as refused:
        gvcp.body_of(header, data)
    assert refused.value.status is Status.INVALID_PARAMETER


def test_resend_ids_are_24_bits_or_extended() -> None:
    body = struct.pack(">HHII", 0, 7, 0xFF00_0002, 0xFFFF_FFFF)
    assert parse(Command.PACKETRESEND, body, flags=0) == gvcp.PacketResend(0, 7, 2, 0xFF_FFFF, False)
    body = struct.pack(">HHIIQ", 0, 0, 2, 0x0123_4567, 1 << 40)
    assert parse(Command.PACKETRESEND, body, flags=0x10) == gvcp.PacketResend(
        0, 1 << 40, 2, 0x0123_4567, True
    )


@given(st.sampled_from(Status), st.sampled_from(Command), st.integers(0, 0xFFFF), st.binary(max_size=540))
def test_ack(status: Status, command: Command, request_id: int, payload: bytes) -> None:
    packed = Ack(status, command + 1, request_id, payload).pack()
    assert struct.unpack_from(">HHHH", packed) == (status, command + 1, len(payload), request_id)
    assert packed[8:] == payload
