"""Rights of hosts: privilege, switchover, heartbeat, and commands that are sent again."""

from __future__ import annotations

import struct

import pytest

from camtwin.units import MS, SEC
from camtwin.wire.gev import device as gev
from camtwin.wire.gev.gvcp import Status
from unit.wire.gev.fakes import (
    CCP,
    CONTROL,
    EXCLUSIVE,
    FEATURES,
    MAC,
    ME,
    MY_ADDRESS,
    OTHER,
    READMEM,
    READREG,
    RESEND,
    SCDA,
    SCP,
    WRITEMEM,
    WRITEREG,
    Host,
    force,
    packet,
    words,
)

# -- privilege -------------------------------------------------------------------------------------


def test_without_control_nobody_writes(host: Host) -> None:
    assert host.write(FEATURES, 1) == Status.ACCESS_DENIED
    assert host.write(SCP, 1) == Status.ACCESS_DENIED
    assert host.ask(WRITEMEM, words(FEATURES, 1))[0] == Status.ACCESS_DENIED
    assert host.read(FEATURES) == 0x0001_0203


def test_control(controller: Host) -> None:
    assert controller.write(FEATURES, 1) == 0
    assert controller.read(CCP, OTHER) == CONTROL
    assert (controller.read(0xA04), controller.read(0xA14)) == (ME[1], MY_ADDRESS)
    assert controller.read(FEATURES, OTHER) == 1
    assert controller.write(FEATURES, 2, OTHER) == Status.ACCESS_DENIED
    assert controller.write(CCP, CONTROL, OTHER) == Status.ACCESS_DENIED
    assert controller.write(CCP, 0, OTHER) == Status.ACCESS_DENIED
    same_host_other_port = (ME[0], ME[1] + 1)
    assert controller.write(FEATURES, 2, same_host_other_port) == Status.ACCESS_DENIED


def test_exclusive(host: Host) -> None:
    host.write(CCP, EXCLUSIVE)
    assert host.ask(READREG, words(FEATURES), OTHER)[0] == Status.ACCESS_DENIED
    assert host.ask(READMEM, struct.pack(">IHH", 0x48, 0, 32), OTHER)[0] == Status.ACCESS_DENIED
    assert host.read(FEATURES) == 0x0001_0203
    assert host.write(CCP, CONTROL) == 0  # its holder may step down
    assert host.read(FEATURES, OTHER) == 0x0001_0203


def test_release(controller: Host) -> None:
    controller.write(SCDA, MY_ADDRESS)
    controller.write(SCP, 4000)
    controller.write(0x960, 1 << 30)
    controller.stream.told.clear()
    assert controller.write(CCP, 0) == 0
    assert controller.stream.told == ["close", "end"]
    assert [controller.read(at) for at in (CCP, SCP, SCDA, 0xA04, 0xA14, 0x960)] == [0] * 6
    assert controller.device.target is None
    assert controller.write(CCP, CONTROL, OTHER) == 0


def test_releasing_what_nobody_holds_ends_nothing(host: Host) -> None:
    assert host.write(CCP, 0) == 0
    assert host.stream.told == []


# -- hand-over -------------------------------------------------------------------------------------


KEY = 0x95C
SWITCHOVER = 4


def handed(key: int, privilege: int = CONTROL) -> int:
    return key << 16 | privilege


def test_control_is_handed_over_to_who_has_the_key(controller: Host) -> None:
    controller.write(SCDA, MY_ADDRESS)
    controller.write(SCP, 4000)
    assert controller.write(KEY, 0xABCD_1234) == 0  # 16 bits
    assert controller.write(CCP, handed(0x1234), OTHER) == Status.ACCESS_DENIED  # not offered yet
    assert controller.write(CCP, CONTROL | SWITCHOVER) == 0
    assert controller.read(CCP) == CONTROL | SWITCHOVER
    for wrong in (0, 0x1235, 0xABCD):
        assert controller.write(CCP, handed(wrong), OTHER) == Status.ACCESS_DENIED
    for privilege in (0, SWITCHOVER):
        assert controller.write(CCP, handed(0x1234, privilege), OTHER) == Status.ACCESS_DENIED
    controller.now = 2 * SEC
    controller.stream.told.clear()
    assert controller.write(CCP, handed(0x1234), OTHER) == 0
    assert controller.read(CCP) == CONTROL  # the key is not told
    assert (controller.read(0xA04), controller.read(0xA14)) == (OTHER[1], 0x0A00_0008)
    assert controller.stream.told == []  # the stream goes on, to where it went
    assert controller.device.target == gev.Target("10.0.0.9", 4000, False)
    assert controller.device.next_timer() == 5 * SEC  # the heartbeat is the new one's
    assert controller.write(FEATURES, 1) == Status.ACCESS_DENIED
    assert controller.write(FEATURES, 1, OTHER) == 0


@pytest.mark.parametrize("privilege", [CONTROL, CONTROL | SWITCHOVER, EXCLUSIVE])
def test_what_privilege_is_handed_over(controller: Host, privilege: int) -> None:
    controller.write(KEY, 7)
    controller.write(CCP, CONTROL | SWITCHOVER)
    assert controller.write(CCP, handed(7, privilege), OTHER) == 0
    assert controller.read(CCP, OTHER) == privilege


def test_exclusive_access_is_not_handed_over(controller: Host) -> None:
    controller.write(KEY, 7)
    assert controller.write(CCP, EXCLUSIVE | SWITCHOVER) == 0
    assert controller.read(CCP) == EXCLUSIVE
    assert controller.write(CCP, handed(7), OTHER) == Status.ACCESS_DENIED


def test_a_key_cannot_be_read_and_ends_with_control(controller: Host) -> None:
    controller.write(KEY, 7)
    assert controller.ask(READREG, words(KEY))[0] == Status.ACCESS_DENIED
    assert controller.write(KEY, 8, OTHER) == Status.ACCESS_DENIED
    controller.write(CCP, 0)
    controller.write(CCP, CONTROL | SWITCHOVER)
    assert controller.write(CCP, handed(7), OTHER) == Status.ACCESS_DENIED


def test_a_key_opens_nothing_where_nobody_is_in_control(host: Host) -> None:
    assert host.write(CCP, handed(0xFFFF, SWITCHOVER)) == 0
    assert host.device.controller is None
    assert host.write(CCP, handed(0xFFFF)) == 0
    assert host.read(CCP) == CONTROL


# -- commands sent again ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "body"), [(WRITEREG, words(FEATURES, 5)), (WRITEMEM, words(FEATURES, 5, 6))]
)
def test_a_write_sent_again_is_acknowledged_again_and_not_done_again(
    controller: Host, command: int, body: bytes
) -> None:
    data = packet(command, body, 77)
    first = controller.device.receive(data, ME, 0)
    assert len(controller.camera.written) == 1
    resend = packet(RESEND, struct.pack(">HHII", 0, 5, 10, 12), 78, flags=0)
    assert controller.device.receive(resend, ME, 0) == []
    assert controller.device.receive(data, OTHER, 0) != first  # denied: it is not OTHER's
    controller.now = SEC
    assert controller.device.receive(data, ME, SEC) == first
    assert len(controller.camera.written) == 1
    assert controller.device.next_timer() == 4 * SEC  # but the host is alive
    assert controller.device.receive(packet(command, body, 79), ME, SEC)[0].data[8:] == first[0].data[8:]
    assert len(controller.camera.written) == 2


@pytest.mark.parametrize(("pauses_s", "writes"), [((2, 2, 2), 1), ((2.001,), 2), ((1, 3, 1), 2), ((60,), 2)])
def test_a_copy_after_a_longer_pause_is_a_new_command(
    controller: Host, pauses_s: tuple[float, ...], writes: int
) -> None:
    data, now = packet(WRITEREG, words(FEATURES, 5), 77), 0
    controller.write(0x954, 1)  # no heartbeat: the host is silent in between
    controller.device.receive(data, ME, now)
    before = len(controller.camera.written) - 1
    for pause_s in pauses_s:
        now += int(pause_s * SEC)
        controller.device.receive(data, ME, now)
    assert len(controller.camera.written) - before == writes


def test_a_refusal_sent_again_is_the_same_refusal(controller: Host) -> None:
    data = packet(WRITEREG, words(0xE8, 1, 0x600, 2), 77)
    first = controller.device.receive(data, ME, 0)
    assert first[0].data[:2] == Status.WRITE_PROTECT.to_bytes(2, "big")
    assert controller.device.receive(data, ME, 0) == first
    assert len(controller.camera.written) == 1


def test_a_write_without_acknowledge_is_done_once_as_well(controller: Host) -> None:
    data = packet(WRITEREG, words(FEATURES, 5), 77, flags=0)
    assert [controller.device.receive(data, ME, 0) for _ in range(3)] == [[], [], []]
    assert len(controller.camera.written) == 1


def test_a_release_sent_again_is_acknowledged_again(controller: Host) -> None:
    data = packet(WRITEREG, words(CCP, 0), 77)
    assert controller.device.receive(data, ME, 0) == controller.device.receive(data, ME, 0)
    assert controller.stream.told == ["close", "end"]


def test_after_another_command_the_same_bytes_are_a_new_command(controller: Host) -> None:
    data = packet(WRITEREG, words(FEATURES, 5), 77)
    for _ in range(2):
        controller.device.receive(data, ME, 0)
        controller.read(CCP)
    assert len(controller.camera.written) == 2


def test_when_control_is_lost_what_was_acknowledged_is_forgotten(host: Host) -> None:
    data = packet(WRITEREG, words(CCP, CONTROL), 77)
    for now in (0, 10 * SEC):
        host.device.receive(data, ME, now)
        assert host.device.controller == ME


def test_reads_sent_again_are_read_again(controller: Host) -> None:
    data = packet(READREG, words(FEATURES), 77)
    controller.device.receive(data, ME, 0)
    controller.camera.put(FEATURES, words(9))
    assert controller.device.receive(data, ME, 0)[0].data[8:] == words(9)


@pytest.mark.parametrize("command", [0x02, 0x04, READREG, WRITEREG, READMEM, WRITEMEM])
def test_request_id_0_is_reserved(controller: Host, command: int) -> None:
    body = {0x02: b"", 0x04: force(MAC), READREG: words(CCP), READMEM: words(CCP, 4)}
    (reply,) = controller.device.receive(
        packet(command, body.get(command, words(FEATURES, 5)), 0), ME, controller.now
    )
    assert reply.data == struct.pack(">HHHH", Status.INVALID_PARAMETER, command + 1, 0, 0)
    assert controller.camera.written == []


# -- heartbeat -------------------------------------------------------------------------------------


def test_silence_frees_control_and_ends_the_stream(controller: Host) -> None:
    assert controller.device.next_timer() == 3 * SEC
    controller.device.tick(3 * SEC - 1)
    assert controller.device.controller == ME
    controller.device.tick(3 * SEC)
    assert controller.device.controller is None
    assert controller.stream.told == ["close", "end"]
    assert controller.device.next_timer() is None


@pytest.mark.parametrize("command", [0x02, READREG, 0x7FFE])
def test_any_command_of_the_controller_is_a_heartbeat(controller: Host, command: int) -> None:
    controller.now = 2 * SEC
    controller.send(command, words(CCP) if command == READREG else b"", flags=0)
    assert controller.device.next_timer() == 5 * SEC


def test_commands_of_others_are_none(controller: Host) -> None:
    controller.now = 2 * SEC
    controller.read(CCP, OTHER)
    assert controller.device.next_timer() == 3 * SEC


def test_a_command_that_comes_too_late_finds_control_gone(controller: Host) -> None:
    controller.now = 3 * SEC
    assert controller.write(FEATURES, 1) == Status.ACCESS_DENIED


def test_the_timeout_is_the_cameras(controller: Host) -> None:
    assert controller.write(0x938, 500) == 0
    assert controller.device.next_timer() == 500 * MS


def test_the_heartbeat_can_be_disabled(controller: Host) -> None:
    assert controller.write(0x954, 1) == 0
    assert controller.device.next_timer() is None
    controller.device.tick(1000 * SEC)
    assert controller.device.controller == ME
