"""A USB host in process: enumeration, control and frames as bytes, in virtual time."""

import struct

import pytest

import camtwin
from camtwin.session.session import NoUsb

BASLER = "basler-aca4112-20um"
READMEM = 0x0800


def read(usb, address, length):
    command = struct.pack("<IHHHHQHH", 0x43563355, 0x4000, READMEM, 12, 7, address, 0, length)
    return usb.send(command)


def test_it_enumerates_and_reads():
    cam = camtwin.open(BASLER, render=False)
    usb = cam.usb()
    device = usb.setup(struct.pack("<BBHHH", 0x80, 6, 1 << 8, 0, 18))
    assert device
    assert (len(device), device[1], device[8:10]) == (18, 1, (0x2676).to_bytes(2, "little"))
    assert usb.setup(struct.pack("<BBHHH", 0x80, 6, 99 << 8, 0, 18)) is None
    answer = read(usb, 0x44, 64)
    assert answer
    assert answer[12:].partition(b"\0")[0] == b"acA4112-20um"


def test_without_a_stream_nothing_comes_and_the_session_has_its_frames():
    cam = camtwin.open(BASLER, render=False)
    usb = cam.usb()
    assert len(cam.grab(2)) == 2
    assert usb.transfers == []


def test_a_camera_without_usb_says_so():
    with pytest.raises(NoUsb, match=r"baumer-vcxg-124m has no USB: its link is gige"):
        camtwin.open("baumer-vcxg-124m", render=False).usb()
