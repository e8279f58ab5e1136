"""The stream channel: where it goes, test packets, and who may ask for packets again."""

from __future__ import annotations

import struct

from camtwin.wire.gev import device as gev
from camtwin.wire.gev import gvcp
from camtwin.wire.gev.gvcp import Status
from unit.wire.gev.fakes import CCP, CONTROL, ME, MY_ADDRESS, OTHER, RESEND, SCDA, SCP, SCPS, Host, words


def test_the_stream_opens_where_the_controller_says(controller: Host) -> None:
    controller.write(SCDA, MY_ADDRESS)
    assert controller.device.target is None
    controller.write(SCP, 0xFFF0_0FA0)
    assert controller.device.target == gev.Target("10.0.0.9", 4000, False)
    assert controller.read(SCP) == 4000
    controller.write(0x960, 1 << 30)
    assert controller.device.target == gev.Target("10.0.0.9", 4000, True)
    controller.write(SCP, 0)
    assert controller.device.target is None
    assert controller.stream.told == ["open", "close"]


def test_a_stream_is_not_aimed_at_others() -> None:
    host = Host()
    host.write(CCP, CONTROL)
    assert host.write(SCDA, 0x0A00_0008) == Status.INVALID_PARAMETER
    assert host.write(SCDA, 0xFFFF_FFFF) == Status.INVALID_PARAMETER
    assert host.read(SCDA) == 0
    assert host.write(SCDA, 0xEF01_0203) == 0  # multicast
    free = Host(any_destination=True)
    free.write(CCP, CONTROL)
    assert free.write(SCDA, 0x0A00_0008) == 0


def test_the_test_packet(controller: Host) -> None:
    controller.write(SCDA, MY_ADDRESS)
    controller.write(SCP, 4000)
    controller.stream.told.clear()
    assert controller.write(SCPS, 1 << 31 | 1 << 30 | 3000) == 0
    assert controller.camera.written[-1] == (SCPS, words(1 << 30 | 3000))  # without the fire bit
    assert controller.stream.told == [(gev.Target("10.0.0.9", 4000, False), 3000, True)]
    assert controller.read(SCPS) == 1 << 30 | 3000
    assert controller.write(SCPS, 1500) == 0
    assert len(controller.stream.told) == 1


def test_no_test_packet_without_a_stream(controller: Host) -> None:
    assert controller.write(SCPS, 1 << 31 | 1500) == 0
    assert controller.stream.told == []


def test_resends_come_from_the_control_or_the_stream_socket(controller: Host) -> None:
    controller.write(SCDA, MY_ADDRESS)
    controller.write(SCP, 4000)
    controller.stream.told.clear()
    body = struct.pack(">HHII", 0, 5, 10, 12)
    asked = gvcp.PacketResend(0, 5, 10, 12, False)
    for peer in (ME, (ME[0], 4000)):
        for flags in (0, 1):
            assert controller.send(RESEND, body, peer, flags) == []  # never acknowledged
    assert controller.send(RESEND, body, OTHER, 0) == []
    assert controller.stream.told == [(asked, False)] * 4
    for version in (1 << 2, 1 << 18):
        controller.write(0x954, 0)
        controller.send(RESEND, body, ME, 0)
        assert controller.stream.told[-1] == (asked, False)
        controller.write(0x954, version)
        controller.send(RESEND, body, ME, 0)
        assert controller.stream.told[-1] == (asked, True)
