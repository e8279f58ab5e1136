"""Messages between programs and the server of a video device."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from camtwin.wire.v4l2 import ioctls as io
from camtwin.wire.v4l2 import messages as m


def test_a_request_as_bytes():
    message = m.request(m.IOCTL, io.STREAMON, b"\1\0\0\0", size=4, blocking=False)
    assert message.hex(" ", 4) == "01000000 01000000 12560440 04000000 01000000"
    assert m.parse(message) == m.Request(m.IOCTL, io.STREAMON, b"\1\0\0\0", 4, blocking=False)


def test_an_answer_as_bytes():
    assert m.answer(-22, b"\1", tokens=2).hex() == "eaffffff0200000001"


def test_a_null_pointer_has_no_data():
    message = m.request(m.IOCTL, io.QUERYCAP, size=104, null=True)
    assert m.parse(message) == m.Request(m.IOCTL, io.QUERYCAP, b"", 104, null=True)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"", "a request of 0 bytes is not within 16 .. 65536"),
        (bytes(15), "15 bytes"),
        (bytes(70_000), "70000 bytes"),
        (m.HEAD.pack(9, 0, 0, 0), "there is no call 9"),
        (m.HEAD.pack(m.MMAP, 0, 0, 0) + bytes(15), "15 bytes are no offset and length"),
        (m.request(m.IOCTL, io.STREAMON, bytes(3), size=4), "3 bytes is not that of ioctl 0x40045612"),
        (m.request(m.IOCTL, io.STREAMON, bytes(8), size=8), "is not that of ioctl"),
    ],
)
def test_what_is_no_request(message: bytes, why: str):
    with pytest.raises(m.ProtocolError, match=why):
        m.parse(message)


@given(some.binary(max_size=200))
def test_any_bytes_are_a_request_or_a_protocol_error(data: bytes):
    try:
        request = m.parse(data)
    except m.ProtocolError:
        return
    assert request.call in (m.IOCTL, m.MMAP, m.READ, m.POLL)
