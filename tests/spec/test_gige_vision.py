"""GigE Vision on the wire, against bytes typed by hand.

Sources: GigE Vision 2.0 as published by its users: the command, acknowledge and register layouts in
Wireshark's packet-gvcp.c and packet-gvsp.c (the AIA's own contribution) and in Aravis' arvgvcpprivate.h and
arvgvspprivate.h. Each row names the part of the standard that it follows. None of the bytes were made by the
code under test.
"""

from __future__ import annotations

import pytest

from camtwin.wire.gev import gvsp
from camtwin.wire.gev.gvcp import Status
from unit.wire.gev.fakes import ME, Host

# (what, command, acknowledge). Addresses and values are those of unit/wire/fakes.py.
CONVERSATION = [
    # chapter "READREG": one address of 32 bits; the acknowledge has the value
    ("read CCP", "42 01 0080 0004 0001  00000a00", "0000 0081 0004 0001  00000000"),
    # chapter "WRITEREG": address, value; the acknowledge: 16 bits reserved, 16 bits number of writes done
    ("take control", "42 01 0082 0008 0002  00000a00 00000002", "0000 0083 0004 0002  0000 0001"),
    ("its holder's port", "42 01 0080 0004 0003  00000a04", "0000 0081 0004 0003  0000c350"),
    ("its holder's address", "42 01 0080 0004 0004  00000a14", "0000 0081 0004 0004  0a000009"),
    ("two registers", "42 01 0080 0008 0005  00000a00 00000938", "0000 0081 0008 0005  00000002 00000bb8"),
    # chapter "READMEM": address, 16 bits reserved, 16 bits count; the acknowledge repeats the address
    (
        "model",
        "42 01 0084 0008 0006  00000068 0000 0008",
        "0000 0085 000c 0006  00000068 4d 6f 64 65 6c 00 00 00",
    ),
    # chapter "WRITEMEM": address, data; the acknowledge: 16 bits reserved, 16 bits number of bytes
    (
        "user's name",
        "42 01 0086 000c 0007  000000e8 66 72 6f 6e 74 00 00 00",
        "0000 0087 0004 0007  0000 0008",
    ),
    (
        "and back",
        "42 01 0084 0008 0008  000000e8 0000 0008",
        "0000 0085 000c 0008  000000e8 66726f6e74000000",
    ),
    # chapter "Status codes"
    ("no such address", "42 01 0080 0004 0009  e0000000", "8003 0081 0000 0009"),
    ("40 bytes there", "42 01 0084 0008 000a  e0000000 0000 0028", "8003 0085 0000 000a"),
    ("unaligned", "42 01 0080 0004 000b  00000a01", "8005 0081 0000 000b"),
    ("read-only", "42 01 0082 0008 000c  00000000 00000000", "8004 0083 0004 000c  0000 0000"),
    ("EVENT is not for devices", "42 01 00c0 0010 000d" + "00" * 16, "8001 00c1 0000 000d"),
    # chapter "ACTION": device key, group key, group mask; the acknowledge has no body; the time is not for us
    ("ACTION", "42 01 0100 000c 000e  00000001 00000002 00000003", "0000 0101 0000 000e"),
    ("for others", "42 01 0100 000c 000e  0000000f 00000002 00000003", None),
    ("scheduled", "42 81 0100 0014 000e  00000001 00000002 00000003 0000000000000001", "8001 0101 0000 000e"),
    # chapter "GVCP header": without the acknowledge bit there is none
    ("unacknowledged", "42 00 0082 0008 000f  00000938 000001f4", None),
    ("but carried out", "42 01 0080 0004 0010  00000938", "0000 0081 0004 0010  000001f4"),
    ("no key", "41 01 0080 0004 0011  00000a00", None),
    # chapter "FORCEIP": MAC at 2, IP at 20, mask at 36, gateway at 52: to another device's MAC
    (
        "FORCEIP",
        "42 11 0004 0038 0012  0000 02ca aaaaaaaa"
        + "00" * 12
        + "0a000063"
        + "00" * 12
        + "ff000000"
        + "00" * 16,
        None,
    ),
    ("release", "42 01 0082 0008 0013  00000a00 00000000", "0000 0083 0004 0013  0000 0001"),
    ("denied", "42 01 0082 0008 0014  00000938 000001f4", "8006 0083 0004 0014  0000 0000"),
]


def test_a_conversation() -> None:
    host = Host()
    for what, command, ack in CONVERSATION:
        replies = host.device.receive(bytes.fromhex(command), ME, host.now)
        said = [reply.data.hex() for reply in replies]
        assert said == ([bytes.fromhex(ack).hex()] if ack else []), what


@pytest.mark.parametrize("flags", ["01", "11", "19"], ids=["directed", "may broadcast", "global"])
def test_discovery(flags: str) -> None:
    """Chapter "DISCOVERY": no body; request id 0xFFFF is echoed; the answer is registers 0x00 to 0xF7."""
    (reply,) = Host().device.receive(bytes.fromhex(f"42 {flags} 0002 0000 ffff"), ME, 0)
    expected = bytes.fromhex(
        "0000 0003 00f8 ffff"
        "0002 0000"  # 00 version 2.0
        "8000 0001"  # 04 device mode: big-endian, transmitter, UTF-8
        "0000 02ca 1122 3344"  # 08 MAC address, 16 bits reserved before it
        "0000 0007"  # 10 IP configurations: persistent 1, DHCP 2, LLA 4
        "0000 0006"  # 14 the one in force
        "000000000000000000000000"  # 18
        "0a00 0001"  # 24 IP address
        "000000000000000000000000"  # 28
        "ff00 0000"  # 34 subnet mask
        "000000000000000000000000"  # 38
        "0000 0000"  # 44 gateway
    )
    assert reply.data[:80] == expected
    texts = [(0x48, 32, b"Maker"), (0x68, 32, b"Model"), (0x88, 32, b"1.0"), (0xA8, 48, b"digital twin")]
    texts += [(0xD8, 16, b"700012345678"), (0xE8, 16, b"bench")]
    for at, length, text in texts:
        assert reply.data[8 + at : 8 + at + length] == text.ljust(length, b"\0")
    assert len(reply.data) == 8 + 0xF8


# Chapter "Bootstrap registers": address, value of a device with one of each: interface, stream, messages.
REGISTERS = [
    (0x0600, 0x0000_0001),  # network interfaces
    (0x0900, 0x0000_0001),  # message channels
    (0x0904, 0x0000_0001),  # stream channels
    (0x0908, 0x0000_0001),  # action signals
    (0x0910, 0x0000_0001),  # active links
    (0x092C, 0xC000_0000),  # stream capability: SCSP, 16-bit block ids
    (0x0930, 0x8000_0000),  # message capability: MCSP
    # GVCP capability: user name 31, serial 30, heartbeat disable 29, link speed 28, application's port 27,
    # extended status 1.1 22 and 2.0 18, switchover 21, unconditional action 20, ACTION 6, PENDING_ACK 5,
    # EVENTDATA 4, EVENT 3, resend 2, WRITEMEM 1, concatenation 0
    (0x0934, 0xF874_007F),
    (0x093C, 0x0000_0000),  # ticks per second: 10^9
    (0x0940, 0x3B9A_CA00),
    (0x0964, 0x0000_0001),  # a single link
    (0x0B1C, 0x0000_A028),  # messages' source port
    (0x0D1C, 0x0000_9C40),  # the stream's source port
    (0x0D20, 0x0000_0000),
]


@pytest.mark.parametrize(("address", "value"), REGISTERS, ids=lambda n: f"{n:#x}")
def test_bootstrap_register(address: int, value: int) -> None:
    assert Host().read(address) == value


# Chapter "GVSP": a full frame of 4096 x 3000 in Mono8 (PFNC 0x01080001), 12,288,000 B, at 1500 B a packet.
FULL = gvsp.Image(4096, 3000, 0, 0, 0x0108_0001, 0x0000_0001_0000_0008)
LEADER = "0000 0001 00000001 00000008 01080001 00001000 00000bb8 00000000 00000000 0000 0000"
TRAILER = "0000 0001 00000bb8"  # 16 bits reserved, payload type image, height


def test_standard_ids() -> None:
    """1464 B of data a packet (1500 - 20 - 8 - 8), so 8394 packets, and the trailer is 8395 = 0x20cb."""
    block = gvsp.frame_packets(FULL, 12_288_000, 0x0102, 1500)
    assert block.leader == bytes.fromhex("0000 0102 01 000000" + LEADER)
    assert block.headers.shape == (8394, 8)
    assert block.headers[0].tobytes() == bytes.fromhex("0000 0102 03 000001")
    assert block.headers[0x1234].tobytes() == bytes.fromhex("0000 0102 03 001235")
    assert block.headers[-1].tobytes() == bytes.fromhex("0000 0102 03 0020ca")
    assert block.trailer == bytes.fromhex("0000 0102 02 0020cb" + TRAILER)


def test_extended_ids() -> None:
    """1452 B of data a packet (1500 - 20 - 8 - 20), so 8463 packets, and the trailer is 8464 = 0x2110."""
    block = gvsp.frame_packets(FULL, 12_288_000, 0x1_0000_0002, 1500, extended=True)
    ids = "0000 0000 {} 000000 0000000100000002 {}"
    assert block.leader == bytes.fromhex(ids.format("81", "00000000") + LEADER)
    assert block.headers.shape == (8463, 20)
    assert block.headers[0].tobytes() == bytes.fromhex(ids.format("83", "00000001"))
    assert block.headers[-1].tobytes() == bytes.fromhex(ids.format("83", "0000210f"))
    assert block.trailer == bytes.fromhex(ids.format("82", "00002110") + TRAILER)


def test_region_and_offset() -> None:
    """Height is the region's, in leader and trailer; offsets follow the sizes."""
    region = gvsp.Image(640, 480, 1024, 7, 0x010C_0047, 16)  # Mono12p
    block = gvsp.frame_packets(region, 460_800, 1, 9000)
    assert block.leader.hex().endswith(
        "010c0047 00000280 000001e0 00000400 00000007 0000 0000".replace(" ", "")
    )
    assert block.trailer == bytes.fromhex("0000 0001 02 000035 0000 0001 000001e0")


def test_resent_and_refused() -> None:
    """Check status codes: PACKET_RESEND 0x0100 is a success; PACKET_UNAVAILABLE 0x800C.

    Extended headers have a flag, bit 0, instead.
    """
    block = gvsp.frame_packets(FULL, 3000, 3, 1500)
    assert gvsp.resent(block.headers[:1], False).tobytes() == bytes.fromhex("0100 0003 03 000001")
    block = gvsp.frame_packets(FULL, 3000, 3, 1500, extended=True)
    marked = gvsp.resent(block.headers[:1], True).tobytes()
    assert marked == bytes.fromhex("0000 0001 83 000000 0000000000000003 00000001")
    refused = gvsp.unavailable(3, 9, False, Status.PACKET_UNAVAILABLE)
    assert refused == bytes.fromhex("800c 0003 03 000009")
    removed = gvsp.unavailable(3, 9, False, Status.PACKET_REMOVED)
    assert removed == bytes.fromhex("8012 0003 03 000009")
    not_yet = gvsp.unavailable(3, 9, True, Status.PACKET_NOT_YET_AVAILABLE)
    assert not_yet == bytes.fromhex("8010 0001 83 000000 0000000000000003 00000009")


def test_resent_whole() -> None:
    """Leader, payload and trailer alike, and 64-bit ids in what is refused."""
    refused = gvsp.unavailable(0x0123_4567_89AB_CDEF, 0x0100_0001, True, Status.PACKET_UNAVAILABLE)
    assert refused == bytes.fromhex("800c 0001 83 000000 0123456789abcdef 01000001")
    for form, byte in ((gvsp.Format.LEADER, "01"), (gvsp.Format.TRAILER, "02")):
        header = gvsp.packet_header(form, 0x0102, 7, False, Status.PACKET_RESEND)
        assert header == bytes.fromhex(f"0100 0102 {byte} 000007")
        header = gvsp.packet_header(form, 0x0102, 7, True, flags=gvsp.FLAG_RESEND)
        assert header == bytes.fromhex(f"0000 0001 8{byte[1]} 000000 0000000000000102 00000007")


def test_the_test_packet() -> None:
    """Chapter "SCPS": a packet of block 0 that fills the size; what it holds is nobody's business."""
    assert gvsp.probe_packet(576) == bytes.fromhex("0000 0000 03 000000") + bytes(576 - 20 - 8 - 8)
