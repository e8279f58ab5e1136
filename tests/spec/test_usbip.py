"""USB/IP: golden bytes, typed from the kernel's Documentation/usb/usbip_protocol.rst."""

from __future__ import annotations

import pytest

from camtwin.wire.u3v import usbip

CAMERA = usbip.Exported("1-1", 1, 2, 5, 0x2676, 0xBA02, 0x0100, (0xEF, 2, 1), ((0xEF, 5, 0), (0xEF, 5, 2)))
DEVICE_TAIL = bytes.fromhex("00000001 00000002 00000005 2676 ba02 0100 ef 02 01 01 01 02")


def urbs(*parts: bytes) -> list[usbip.Message]:
    parser = usbip.Parser()
    parser.imported = True
    return [message for part in parts for message in parser.feed(part)]


def test_operations():
    assert [*usbip.Parser().feed(bytes.fromhex("0111 8005 00000000"))] == [usbip.DevList()]
    took = bytes.fromhex("0111 8003 00000000") + b"1-1".ljust(32, b"\0")
    assert [*usbip.Parser().feed(took)] == [usbip.Import("1-1")]


def test_device_list():
    reply = usbip.devlist_reply([CAMERA])
    assert reply[:12] == bytes.fromhex("0111 0005 00000000 00000001")
    assert len(reply) == 12 + 312 + 2 * 4
    assert reply[12 + 256 : 12 + 288] == b"1-1".ljust(32, b"\0")
    assert reply[12 + 288 : 12 + 312] == DEVICE_TAIL
    assert reply[-8:] == bytes.fromhex("ef050000 ef050200")


def test_import():
    reply = usbip.import_reply(CAMERA)
    assert reply[:8] == bytes.fromhex("0111 0003 00000000")
    assert len(reply) == 8 + 312
    assert reply[-24:] == DEVICE_TAIL
    assert usbip.import_reply(None, usbip.ST_NODEV) == bytes.fromhex("0111 0003 00000004")


def test_open():
    """camtwin's own operation, with a code that USB/IP has not given away."""
    opened = bytes.fromhex("0111 80ca 00000000") + b"1-2".ljust(32, b"\0")
    assert [*usbip.Parser().feed(opened)] == [usbip.Open("1-2")]
    reply = usbip.import_reply(CAMERA, code=usbip.REP_OPEN)
    assert reply[:8] == bytes.fromhex("0111 00ca 00000000")
    assert reply[8:] == usbip.import_reply(CAMERA)[8:]


def test_submit():
    control = bytes.fromhex(
        "00000001 0000000d 0001000f 00000001 00000000"  # SUBMIT, sequence 13, device, IN, endpoint 0
        "00000200 00000040 ffffffff 00000000 00000004 80 06 0001 0000 4000"
    )
    assert urbs(control) == [usbip.Submit(13, 0x80, 64, bytes.fromhex("8006000100004000"))]
    out = bytes.fromhex(
        "00000001 0000000e 0001000f 00000000 00000001"
        "00000000 00000003 00000000 ffffffff 00000000 0000000000000000 aabbcc"
    )
    assert urbs(out[:50], out[50:]) == [usbip.Submit(14, 0x01, 3, bytes(8), b"\xaa\xbb\xcc")]


def test_unlink():
    asked = bytes.fromhex("00000002 00000010 0001000f 00000000 00000000 0000000d") + bytes(24)
    assert urbs(asked) == [usbip.Unlink(16, 13)]
    taken_back = bytes.fromhex("00000004 00000010 00000000 00000000 00000000 ffffff98") + bytes(24)
    assert usbip.unlink_reply(16, True) == taken_back  # -104: ECONNRESET
    assert usbip.unlink_reply(16, False) == taken_back[:20] + bytes(28)


def test_submit_reply():
    assert usbip.submit_reply(13, 18) == (
        bytes.fromhex("00000003 0000000d 00000000 00000000 00000000 00000000 00000012") + bytes(20)
    )
    stalled = usbip.submit_reply(13, 0, usbip.EPIPE)
    assert stalled[20:28] == bytes.fromhex("ffffffe0 00000000")  # -32
    assert len(stalled) == usbip.URB_BYTES


@pytest.mark.parametrize(
    ("imported", "data", "message"),
    [
        (False, "0106 8005 00000000", "version 0x0106 is not 0x0111"),
        (False, "0111 0005 00000000", "operation 0x0005 is unknown"),
        (True, "00000007" + "00" * 44, "command 0x7"),
        (True, "00000001 00000001 00000000 00000000 00000001 00000000 7fffffff" + "00" * 20, "a request of"),
        (True, "00000001 00000001 00000000 00000001 00000001 00000000 ffffffff" + "00" * 20, "a request of"),
        (True, "00000001 00000001 00000000 00000001 00000099" + "00" * 28, "endpoint 153"),
        (
            True,
            "00000001 00000001 00000000 00000001 00000001" + "00" * 12 + "00000003" + "00" * 12,
            "3 packets",
        ),
    ],
)
def test_what_no_host_says(imported, data, message):
    parser = usbip.Parser()
    parser.imported = imported
    with pytest.raises(usbip.ProtocolError, match=message):
        list(parser.feed(bytes.fromhex(data)))
