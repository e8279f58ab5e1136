"""Every GVCP message, typed by hand: decoder and encoder each against the bytes alone.

Source of each layout: the chapter of GigE Vision 2.0 that has the message's name, as Wireshark's
packet-gvcp.c (the AIA's own contribution) and Aravis' arvgvcpprivate.h tell it. The device decodes commands
and encodes acknowledges, and messages of its own.
"""

from __future__ import annotations

import struct

import pytest

from camtwin.wire.gev import gvcp
from camtwin.wire.gev.gvcp import Ack, Body, Status, StatusError
from unit.wire.gev.fakes import ME, OTHER, Host

# What, the command, what it says.
COMMANDS: list[tuple[str, str, Body]] = [
    ("DISCOVERY, directed", "42 01 0002 0000 ffff", gvcp.Discovery()),
    ("DISCOVERY, the acknowledge may be broadcast", "42 11 0002 0000 0001", gvcp.Discovery()),
    (
        "FORCEIP: 2 reserved, MAC, 12 reserved, address, 12 reserved, mask, 12 reserved, gateway",
        "42 01 0004 0038 0002  0000 02ca11223344 000000000000000000000000 0a000063"
        " 000000000000000000000000 ffffff00 000000000000000000000000 0a0000fe",
        gvcp.ForceIp(bytes.fromhex("02ca11223344"), 0x0A00_0063, 0xFFFF_FF00, 0x0A00_00FE),
    ),
    (
        "PACKETRESEND: channel, block16, 8 reserved, first24, 8 reserved, last24",
        "42 00 0040 000c 0003  0000 fffe 00000001 00ffffff",
        gvcp.PacketResend(0, 0xFFFE, 1, 0xFF_FFFF, False),
    ),
    (
        "PACKETRESEND, 64-bit ids: channel, 16 reserved, first32, last32, block64",
        "42 10 0040 0014 0004  0001 0000 01000001 ffffffff 0123456789abcdef",
        gvcp.PacketResend(1, 0x0123_4567_89AB_CDEF, 0x0100_0001, 0xFFFF_FFFF, True),
    ),
    ("READREG: address", "42 01 0080 0004 0005  00000a00", gvcp.ReadReg((0xA00,))),
    (
        "READREG: three addresses",
        "42 01 0080 000c 0006  00000a00 00000938 fffffffc",
        gvcp.ReadReg((0xA00, 0x938, 0xFFFF_FFFC)),
    ),
    (
        "WRITEREG: address, value, again and again",
        "42 01 0082 0010 0007  00000d18 0a000009 00000d00 0000c350",
        gvcp.WriteReg(((0xD18, 0x0A00_0009), (0xD00, 50_000))),
    ),
    ("READMEM: address, 16 reserved, count", "42 01 0084 0008 0008  f0000000 0000 0218",
     gvcp.ReadMem(0xF000_0000, 536)),
    ("WRITEMEM: address, data", "42 01 0086 0008 0009  000000e8 66726f6e", gvcp.WriteMem(0xE8, b"fron")),
    ("ACTION: device key, group key, group mask", "42 01 0100 000c 000a  11223344 55667788 0000000f",
     gvcp.Action(0x1122_3344, 0x5566_7788, 0xF)),
    ("ACTION, scheduled: time64", "42 81 0100 0014 000b  11223344 55667788 0000000f 0123456789abcdef",
     gvcp.Action(0x1122_3344, 0x5566_7788, 0xF, 0x0123_4567_89AB_CDEF)),
]  # fmt: skip

# What, status, the acknowledge's code, id, body; the bytes.
ACKNOWLEDGES = [
    ("DISCOVERY_ACK", Status.SUCCESS, 0x03, 0xFFFF, bytes(0xF8), "0000 0003 00f8 ffff" + "00" * 0xF8),
    ("FORCEIP_ACK has no body", Status.SUCCESS, 0x05, 2, b"", "0000 0005 0000 0002"),
    ("READREG_ACK: the values", Status.SUCCESS, 0x81, 6, b"\0\0\0\2\0\0\x0b\xb8",
     "0000 0081 0008 0006 00000002 00000bb8"),
    ("WRITEREG_ACK: 16 reserved, index", Status.SUCCESS, 0x83, 7, b"\0\0\0\2",
     "0000 0083 0004 0007 0000 0002"),
    ("READMEM_ACK: address, data", Status.SUCCESS, 0x85, 8, b"\0\0\0\xe8fron",
     "0000 0085 0008 0008 000000e8 66726f6e"),
    ("WRITEMEM_ACK: 16 reserved, index", Status.SUCCESS, 0x87, 9, b"\0\0\0\4",
     "0000 0087 0004 0009 0000 0004"),
    ("PENDING_ACK: 16 reserved, ms to completion", Status.SUCCESS, 0x89, 11, b"\0\0\x02\xbc",
     "0000 0089 0004 000b 0000 02bc"),
    ("ACTION_ACK has no body", Status.SUCCESS, 0x101, 10, b"", "0000 0101 0000 000a"),
    ("not implemented", Status.NOT_IMPLEMENTED, 0x101, 10, b"", "8001 0101 0000 000a"),
    ("invalid parameter", Status.INVALID_PARAMETER, 0x83, 10, b"\0\0\0\0", "8002 0083 0004 000a 00000000"),
    ("invalid address", Status.INVALID_ADDRESS, 0x85, 10, b"", "8003 0085 0000 000a"),
    ("write protect", Status.WRITE_PROTECT, 0x83, 10, b"\0\0\0\1", "8004 0083 0004 000a 0000 0001"),
    ("bad alignment", Status.BAD_ALIGNMENT, 0x81, 10, b"", "8005 0081 0000 000a"),
    ("access denied", Status.ACCESS_DENIED, 0x05, 10, b"", "8006 0005 0000 000a"),
    ("busy", Status.BUSY, 0x83, 10, b"\0\0\0\0", "8007 0083 0004 000a 0000 0000"),
    ("error", Status.ERROR, 0x05, 10, b"", "8fff 0005 0000 000a"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "says"), [row[1:] for row in COMMANDS], ids=[row[0] for row in COMMANDS])
def test_decoder(command: str, says: Body) -> None:
    data = bytes.fromhex(command)
    header = gvcp.header_of(data)
    assert header is not None
    assert (header.flags, header.command, header.length, header.request_id) == struct.unpack(
        ">xBHHH", data[:8]
    )
    assert gvcp.body_of(header, data) == says


@pytest.mark.parametrize(
    ("status", "code", "request_id", "body", "expected"),
    [row[1:] for row in ACKNOWLEDGES],
    ids=[row[0] for row in ACKNOWLEDGES],
)
def test_encoder(status: Status, code: int, request_id: int, body: bytes, expected: str) -> None:
    assert Ack(status, code, request_id, body).pack() == bytes.fromhex(expected)


def test_pending_ack() -> None:
    assert gvcp.pending_ack(11, 700).pack() == bytes.fromhex("0000 0089 0004 000b 0000 02bc")


@pytest.mark.parametrize("command", [row[1] for row in COMMANDS], ids=[row[0] for row in COMMANDS])
def test_a_byte_more_or_less_is_no_such_command(command: str) -> None:
    for data in (bytes.fromhex(command) + b"\0", bytes.fromhex(command)[:-1]):
        header = gvcp.header_of(data)
        if header is None:
            assert len(data) < 8
            continue
        with pytest.raises(StatusError) as refused:
            gvcp.body_of(header, data)
        assert refused.value.status is Status.INVALID_PARAMETER


# What, what it says, with 64-bit block ids, acknowledged; the bytes, with request id 5.
MESSAGES = [
    ("EVENT: 16 reserved, event, channel, block16, timestamp64", gvcp.Message(0x9007, 0x0123_4567_89AB_CDEF),
     False, True, "42 01 00c0 0010 0005  0000 9007 ffff 0000 0123456789abcdef"),
    ("EVENT that nobody has to acknowledge", gvcp.Message(3, 8, 0, 0xBEEF),
     False, False, "42 00 00c0 0010 0005  0000 0003 0000 beef 0000000000000008"),
    ("EVENT, 64-bit ids: 16 reserved, event, channel, 16 reserved, block64, timestamp64",
     gvcp.Message(3, 8, 0, 0x1_0000_BEEF), True, True,
     "42 11 00c0 0018 0005  0000 0003 0000 0000 000000010000beef 0000000000000008"),
    ("EVENTDATA: as EVENT, then data", gvcp.Message(4, 8, 0, 1, b"\1\2\3\4"),
     False, True, "42 01 00c2 0014 0005  0000 0004 0000 0001 0000000000000008 01020304"),
    ("EVENTDATA, 64-bit ids", gvcp.Message(4, 8, 0, 1, b"\1\2\3\4"),
     True, True, "42 11 00c2 001c 0005  0000 0004 0000 0000 0000000000000001 0000000000000008 01020304"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("message", "extended", "acknowledged", "expected"),
    [row[1:] for row in MESSAGES],
    ids=[row[0] for row in MESSAGES],
)
def test_messages(message: gvcp.Message, extended: bool, acknowledged: bool, expected: str) -> None:
    assert message.pack(5, extended=extended, ack_required=acknowledged) == bytes.fromhex(expected)


# (who, what, command, acknowledge): hand-over of control, commands sent again, the address.
FORCE = "0000 02ca11223344" + "00" * 12 + "{}" + "00" * 12 + "ff000000" + "00" * 12 + "00000000"
CONVERSATION = [
    (ME, "control, to be handed over", "42 01 0082 0008 0001 00000a00 00000006",
     "0000 0083 0004 0001 00000001"),
    (ME, "the key", "42 01 0082 0008 0002 0000095c 0000beef", "0000 0083 0004 0002 00000001"),
    (ME, "which nobody reads", "42 01 0080 0004 0003 0000095c", "8006 0081 0000 0003"),
    (OTHER, "no key", "42 01 0082 0008 0001 00000a00 00000002", "8006 0083 0004 0001 00000000"),
    (OTHER, "the key", "42 01 0082 0008 0002 00000a00 beef0002", "0000 0083 0004 0002 00000001"),
    (OTHER, "is not told", "42 01 0080 0004 0003 00000a00", "0000 0081 0004 0003 00000002"),
    (ME, "no longer", "42 01 0082 0008 0004 00000938 000001f4", "8006 0083 0004 0004 00000000"),
    (OTHER, "the second is refused",
     "42 01 0082 0018 0004 00000938 000001f4 00000000 00000000 00000938 000003e8",
     "8004 0083 0004 0004 00000001"),
    (OTHER, "the second is unaligned", "42 01 0082 0010 0005 00000938 000001f5 00000939 00000000",
     "8005 0083 0004 0005 00000001"),
    (OTHER, "the third is nowhere", "42 01 0080 000c 0006 00000938 00000a00 00000100",
     "8003 0081 0008 0006 000001f5 00000002"),
    (OTHER, "after 4 bytes comes read-only", "42 01 0086 000c 0007 00000a00 00000002 00000000",
     "8004 0087 0004 0007 00000004"),
    (OTHER, "3 bytes", "42 01 0084 0008 0008 00000048 0000 0003", "8005 0085 0000 0008"),
    (OTHER, "none", "42 01 0084 0008 0009 00000048 0000 0000", "8002 0085 0000 0009"),
    (OTHER, "the most", "42 01 0084 0008 000a 00010000 0000 021c", "8002 0085 0000 000a"),
    (OTHER, "id 0", "42 01 0080 0004 0000 00000a00", "8002 0081 0000 0000"),
    (ME, "FORCEIP under control", "42 01 0004 0038 0005" + FORCE.format("0a000063"), "8006 0005 0000 0005"),
    (OTHER, "release", "42 01 0082 0008 000b 00000a00 00000000", "0000 0083 0004 000b 00000001"),
    (OTHER, "sent again", "42 01 0082 0008 000b 00000a00 00000000", "0000 0083 0004 000b 00000001"),
    (ME, "FORCEIP", "42 01 0004 0038 0006" + FORCE.format("0a000063"), "0000 0005 0000 0006"),
    (ME, "its address", "42 01 0080 0004 0007 00000024", "0000 0081 0004 0007 0a000063"),
    (ME, "FORCEIP, not to be had", "42 01 0004 0038 0008" + FORCE.format("0a000064"), "8fff 0005 0000 0008"),
    (ME, "FORCEIP, the address cycle again", "42 01 0004 0038 0009" + FORCE.format("00000000"), None),
    (ME, "its address", "42 01 0080 0004 000a 00000024", "0000 0081 0004 000a 0a000001"),
]  # fmt: skip


def test_a_conversation_of_three() -> None:
    host = Host()
    for peer, what, command, ack in CONVERSATION:
        said = [reply.data.hex() for reply in host.device.receive(bytes.fromhex(command), peer, 0)]
        assert said == ([bytes.fromhex(ack).hex()] if ack else []), what
