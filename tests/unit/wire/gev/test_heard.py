"""Event messages as a host reads them: bytes typed from GigE Vision's EVENT and EVENTDATA commands."""

from camtwin.wire.gev.gvcp import NO_CHANNEL, Message, header_of, messages_from

TWO = bytes.fromhex(
    "42 01 00c0 0020 00070000 9001 0000 0005 00000000000001000000 9002 ffff 0000 0000000000000200"
)
EXTENDED = bytes.fromhex("42 11 00c0 0018 0008  0000 9001 0000 0000 0000000100000005 0000000000000100")
DATA = bytes.fromhex("42 01 00c2 0014 0009  0000 9003 0000 0005 0000000000000300 deadbeef")


def heard(data: bytes) -> list[Message]:
    header = header_of(data)
    return messages_from(header, data) if header else []


def test_an_event_message_has_one_event_or_more() -> None:
    assert heard(TWO) == [Message(0x9001, 0x100, 0, 5), Message(0x9002, 0x200, NO_CHANNEL, 0)]
    assert heard(EXTENDED) == [Message(0x9001, 0x100, 0, 0x1_0000_0005)]


def test_event_data_follows_one_event() -> None:
    assert heard(DATA) == [Message(0x9003, 0x300, 0, 5, bytes.fromhex("deadbeef"))]


def test_what_is_no_event_message_has_none() -> None:
    assert heard(TWO[:-1]) == heard(b"") == heard(b"\0" * 40) == []
    assert heard(bytes.fromhex("42 01 00c0 0000 0007")) == []
    assert heard(bytes.fromhex("42 01 0080 0004 0007 00000a00")) == []
