"""The device side of GigE Vision: registers, privilege, heartbeat, and that nothing brings it down."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from camtwin.units import MS, SEC
from camtwin.wire import bootstrap, gev, gvcp
from camtwin.wire.gvcp import Status
from unit.wire.fakes import FEATURES, MAC, ME, OTHER, Host

READREG, WRITEREG, READMEM, WRITEMEM, RESEND = 0x80, 0x82, 0x84, 0x86, 0x40
CCP, SCP, SCPS, SCPD, SCDA, SCSP, SCCFG = 0xA00, 0xD00, 0xD04, 0xD08, 0xD18, 0xD1C, 0xD24
EXCLUSIVE, CONTROL = 1, 2
MY_ADDRESS = 0x0A00_0009


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def controller(host: Host) -> Host:
    assert host.write(CCP, CONTROL) == 0
    return host


def words(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers)


def force(mac: bytes, address: int = 0x0A00_0063, netmask: int = 0xFF00_0000, gateway: int = 0) -> bytes:
    return struct.pack(">2x6s12xI12xI12xI", mac, address, netmask, gateway)


# -- robustness ------------------------------------------------------------------------------------


ANYTHING = st.one_of(st.binary(max_size=600), st.binary(max_size=600).map(lambda data: b"\x42\x01\0" + data))


@given(st.lists(ANYTHING, max_size=5))
def test_random_bytes_never_raise(datagrams: list[bytes]) -> None:
    host = Host()
    for data in datagrams:
        assert len(host.device.receive(data, ME, 0)) <= 1


ADDRESSES = st.one_of(
    st.sampled_from([r.address for r in bootstrap.TABLE]),
    st.integers(0, 0x3000).map(lambda n: 4 * n),
    st.integers(FEATURES // 4, FEATURES // 4 + 80).map(lambda n: 4 * n),
    st.integers(0, 0xFFFF_FFFF),
)
BODIES = st.one_of(
    st.tuples(st.just(READREG), st.lists(ADDRESSES, max_size=140).map(lambda a: words(*a))),
    st.tuples(
        st.just(WRITEREG),
        st.lists(st.tuples(ADDRESSES, st.integers(0, 0xFFFF_FFFF)), max_size=4).map(
            lambda pairs: b"".join(words(*pair) for pair in pairs)
        ),
    ),
    st.tuples(st.just(READMEM), st.tuples(ADDRESSES, st.integers(0, 600)).map(lambda t: words(*t))),
    st.tuples(
        st.just(WRITEMEM), st.tuples(ADDRESSES, st.binary(max_size=64)).map(lambda t: words(t[0]) + t[1])
    ),
    st.tuples(st.sampled_from([0x02, 0x04, 0xC0, 0x100, 0x7FFF, 0xFFFF]), st.binary(max_size=60)),
)


@given(st.lists(st.tuples(BODIES, st.sampled_from([ME, OTHER])), max_size=8))
def test_each_command_has_exactly_one_answer(commands: list[tuple[tuple[int, bytes], gev.Peer]]) -> None:
    host = Host()
    for (command, body), peer in commands:
        replies = host.send(command, body, peer)
        if command == 0x100 and len(body) == 12:
            assert replies == []  # nobody is in control, or it does not concern this device
            continue
        if command == 0x04 and len(body) == 56 and (body[2:8] != MAC or not any(body[20:24])):
            assert replies == []  # FORCEIP for another device
            continue
        (reply,) = replies
        status, ack, length, request_id = struct.unpack_from(">HHHH", reply.data)
        assert (ack, length, request_id) == (command + 1 & 0xFFFF, len(reply.data) - 8, host.request_id)
        assert status == 0 or status in set(Status)
        assert len(reply.data) <= 8 + 4 + 536
        assert host.send(command, body, peer, flags=0) == []  # unasked, the same goes unanswered


@given(st.integers(0, 0x200).map(lambda n: 4 * n), st.integers(1, 134).map(lambda n: 4 * n))
def test_readmem_reads_what_readreg_reads(address: int, count: int) -> None:
    host = Host()
    status, body = host.ask(READMEM, struct.pack(">IHH", address, 0, count))
    singles = [host.ask(READREG, words(at)) for at in range(address, address + count, 4)]
    if status == 0:
        assert body == words(address) + b"".join(word for _, word in singles)
    else:
        assert status in {single for single, _ in singles if single}


def test_what_no_gvcp_command_is_meets_silence(host: Host) -> None:
    for data in (b"", b"\x42", b"\x43" + bytes(7), b"\x00" * 20):
        assert host.device.receive(data, ME, 0) == []


# -- registers -------------------------------------------------------------------------------------


def test_the_table_is_in_order_and_without_overlap() -> None:
    ends = [r.address + r.length for r in bootstrap.TABLE]
    assert all(end <= r.address for end, r in zip(ends, bootstrap.TABLE[1:], strict=False))
    assert ends[-1] <= bootstrap.END


@pytest.mark.parametrize(
    ("address", "value"),
    [
        (0x008, 0x0000_02CA),
        (0x00C, 0x1122_3344),
        (0x024, 0x0A00_0001),
        (0x034, 0xFF00_0000),
        (0x044, 0),
        (0x600, 1),
        (0x670, 1000),
        (0x938, 3000),
        (CCP, 0),
        (SCSP, 40_000),
        (SCPS, 1 << 30 | 1500),
        (0x200, int.from_bytes(b"Loca", "big")),
        (0x400, 0),
    ],
)
def test_reset_values(host: Host, address: int, value: int) -> None:
    assert host.read(address) == value


def test_the_url_is_512_bytes_in_one_piece(host: Host) -> None:
    status, body = host.ask(READMEM, struct.pack(">IHH", 0x200, 0, 512))
    assert (status, body[4:]) == (0, b"Local:a.zip;F0000000;1A2B".ljust(512, b"\0"))


def test_a_range_mixes_the_links_registers_and_the_cameras(host: Host) -> None:
    status, body = host.ask(READMEM, struct.pack(">IHH", SCP, 0, 12))
    assert (status, body[4:]) == (0, words(0, 1 << 30 | 1500, 0))


@pytest.mark.parametrize("address", [0x100, 0x64C, 0x900 - 4, 0x9000, 0xE000_0000, 0xFFFF_FFFC])
def test_what_does_not_exist_is_an_invalid_address(controller: Host, address: int) -> None:
    assert controller.ask(READREG, words(address)) == (Status.INVALID_ADDRESS, b"")
    assert controller.write(address, 0) == Status.INVALID_ADDRESS
    assert controller.ask(READMEM, struct.pack(">IHH", address, 0, 40))[0] == Status.INVALID_ADDRESS


@pytest.mark.parametrize(
    "register",
    [r for r in bootstrap.TABLE if r.access == "RO" and r.length == 4],
    ids=lambda r: f"{r.address:#x}",
)
def test_read_only_registers_are_protected(controller: Host, register: bootstrap.Register) -> None:
    before = controller.read(register.address)
    assert controller.write(register.address, ~before & 0xFFFF_FFFF) == Status.WRITE_PROTECT
    assert controller.read(register.address) == before


def test_bits_outside_the_mask_stay(controller: Host) -> None:
    assert controller.write(SCCFG, 0x40) == 0  # Aravis writes it, whatever SCC says
    assert controller.read(SCCFG) == 0
    assert controller.write(0x954, 0xFFFF_FFFF) == 0
    assert controller.read(0x954) == 1 << 18 | 0b1101


def test_several_registers_stop_at_the_first_error(controller: Host) -> None:
    assert controller.ask(READREG, words(0xA04, FEATURES, 0x100, 0xA00)) == (
        Status.INVALID_ADDRESS,
        words(ME[1], 0x0001_0203),
    )
    status, body = controller.ask(WRITEREG, words(FEATURES, 7, 0x600, 2, FEATURES, 8))
    assert (status, body) == (Status.WRITE_PROTECT, words(1))
    assert controller.read(FEATURES) == 7
    assert controller.ask(WRITEREG, words(FEATURES, 1, FEATURES + 4, 2)) == (0, words(2))


def test_writemem_goes_through_table_and_camera(controller: Host) -> None:
    data = words(4711, 1 << 30 | 9000, 80)  # SCP, SCPS, SCPD
    assert controller.ask(WRITEMEM, words(SCP) + data) == (0, words(12))
    assert controller.ask(READMEM, struct.pack(">IHH", SCP, 0, 12)) == (0, words(SCP) + data)
    status, body = controller.ask(WRITEMEM, words(FEATURES + 252) + bytes(8))
    assert (status, body) == (Status.INVALID_ADDRESS, words(0))


def test_a_run_of_the_cameras_is_written_in_one_piece(controller: Host) -> None:
    controller.ask(WRITEMEM, words(FEATURES) + bytes(64))
    assert controller.camera.written == [(FEATURES, bytes(64))]


def test_timestamp(controller: Host) -> None:
    controller.camera.time_ns = (5 << 32) + 800
    assert controller.write(0x944, 2) == 0
    assert (controller.read(0x948), controller.read(0x94C)) == (5, 800)
    assert controller.write(0x944, 1) == 0
    assert controller.camera.time_ns == 0
    assert controller.read(0x94C) == 800
    assert controller.ask(READREG, words(0x944))[0] == Status.ACCESS_DENIED


# -- who is there ----------------------------------------------------------------------------------


def test_discovery_is_a_copy_of_the_registers(host: Host) -> None:
    host.write(CCP, EXCLUSIVE, OTHER)
    status, body = host.ask(0x02)
    assert (status, len(body)) == (0, 0xF8)
    for address, value in ((0x0, 0x2_0000), (0x8, 0x02CA), (0xC, 0x1122_3344), (0x24, 0x0A00_0001)):
        assert int.from_bytes(body[address : address + 4], "big") == value
    assert body[0x48:] == host.device.device.read(0x48, 0xB0)
    assert body[0x18:0x24] == bytes(12)


def test_force_ip_is_for_one_device(host: Host) -> None:
    for body in (force(MAC[::-1]), force(bytes(6)), force(b"\xff" * 6)):
        assert host.send(0x04, body) == []
    assert host.network.moves == []


def test_force_ip_moves_the_device(host: Host) -> None:
    assert host.ask(0x04, force(MAC, 0x0A00_0063, 0xFFFF_FF00, 0x0A00_00FE)) == (0, b"")
    assert host.network.moves == [0x0A00_0063]
    assert [host.read(at) for at in (0x024, 0x034, 0x044)] == [0x0A00_0063, 0xFFFF_FF00, 0x0A00_00FE]
    assert host.read(SCSP) == 40_001
    assert host.ask(0x02)[1][0x24:0x28] == bytes([10, 0, 0, 99])


def test_force_ip_0_starts_the_address_cycle_again_and_tells_nobody(host: Host) -> None:
    host.ask(0x04, force(MAC, 0x0A00_0063, 0xFFFF_FF00, 0x0A00_00FE))
    assert host.send(0x04, force(MAC, 0)) == []
    assert [host.read(at) for at in (0x024, 0x034, 0x044)] == [0x0A00_0001, 0xFF00_0000, 0]


@pytest.mark.parametrize("holder", [ME, OTHER])
def test_nobody_moves_a_camera_under_control(host: Host, holder: gev.Peer) -> None:
    host.write(CCP, CONTROL, holder)
    for address in (0x0A00_0063, 0):
        assert host.ask(0x04, force(MAC, address)) == (Status.ACCESS_DENIED, b"")
    assert host.send(0x04, force(MAC[::-1])) == []
    assert host.network.moves == []


@pytest.mark.parametrize(
    ("address", "netmask", "status"),
    [
        (0x0A00_0055, 0xFF00_0000, Status.ERROR),  # this computer does not have it
        (0xE000_0001, 0xFF00_0000, Status.INVALID_PARAMETER),  # a group
        (0xFFFF_FFFF, 0xFF00_0000, Status.INVALID_PARAMETER),
        (0x0000_0063, 0xFF00_0000, Status.INVALID_PARAMETER),
        (0x0A00_0000, 0xFF00_0000, Status.INVALID_PARAMETER),  # the net
        (0x0AFF_FFFF, 0xFF00_0000, Status.INVALID_PARAMETER),  # its broadcast
        (0x0A00_0063, 0x00FF_0000, Status.INVALID_PARAMETER),
        (0x0A00_0063, 0, Status.INVALID_PARAMETER),
    ],
)
def test_an_address_that_cannot_be_had_changes_nothing(
    host: Host, address: int, netmask: int, status: Status
) -> None:
    assert host.ask(0x04, force(MAC, address, netmask)) == (status, b"")
    assert host.network.moves == []
    assert [host.read(at) for at in (0x024, 0x034, SCSP)] == [0x0A00_0001, 0xFF00_0000, 40_000]


@pytest.mark.parametrize("command", [0xC0, 0xC2, 0x02FF])
def test_not_implemented(host: Host, command: int) -> None:
    assert host.ask(command, bytes(12)) == (Status.NOT_IMPLEMENTED, b"")


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


def packet(command: int, body: bytes, request_id: int, flags: int = 1) -> bytes:
    return struct.pack(">BBHHH", 0x42, flags, command, len(body), request_id) + body


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


# -- stream ----------------------------------------------------------------------------------------


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


# -- the register model, step by step --------------------------------------------------------------


class RegisterModel(RuleBasedStateMachine):
    """Two hosts, a few registers and time, against the plainest model of them."""

    def __init__(self) -> None:
        super().__init__()
        self.host = Host()
        self.held: dict[int, int] = {}
        self.owner: gev.Peer | None = None
        self.privilege = 0
        self.heard = 0

    def _touch(self, peer: gev.Peer) -> None:
        """Time has passed: who was silent for too long has lost control before this command."""
        if self.owner and self.host.now - self.heard >= 3 * SEC:
            self._free()
        if peer == self.owner:
            self.heard = self.host.now

    def _free(self) -> None:
        self.owner, self.privilege = None, 0
        self.held.clear()

    @rule(ns=st.integers(0, 4 * SEC))
    def wait(self, ns: int) -> None:
        self.host.now += ns

    @rule(peer=st.sampled_from([ME, OTHER]), value=st.sampled_from([0, EXCLUSIVE, CONTROL]))
    def privileges(self, peer: gev.Peer, value: int) -> None:
        self._touch(peer)
        status = self.host.write(CCP, value, peer)
        if self.owner not in (None, peer):
            assert status == Status.ACCESS_DENIED
            return
        assert status == 0
        if value:
            self.owner, self.privilege, self.heard = peer, value, self.host.now
        else:
            self._free()

    @rule(
        peer=st.sampled_from([ME, OTHER]),
        register=st.sampled_from([(SCP, 0xFFFF), (0x954, 1 << 18 | 4), (0x960, 1 << 30), (SCCFG, 0)]),
        value=st.integers(0, 0xFFFF_FFFF),
    )
    def writes(self, peer: gev.Peer, register: tuple[int, int], value: int) -> None:
        self._touch(peer)
        address, mask = register
        status = self.host.write(address, value & ~1 if address == 0x954 else value, peer)
        assert status == (0 if peer == self.owner else Status.ACCESS_DENIED)
        if status == 0:
            self.held[address] = value & mask

    @rule(peer=st.sampled_from([ME, OTHER]), address=st.sampled_from([CCP, SCP, 0x954, 0x960, SCCFG]))
    def reads(self, peer: gev.Peer, address: int) -> None:
        self._touch(peer)
        status, body = self.host.ask(READREG, words(address), peer)
        if self.privilege == EXCLUSIVE and peer != self.owner:
            assert status == Status.ACCESS_DENIED
            return
        expected = self.privilege if address == CCP else self.held.get(address, 0)
        assert (status, int.from_bytes(body, "big")) == (0, expected)

    @precondition(lambda self: self.owner is not None and self.host.now - self.heard < 3 * SEC)
    @invariant()
    def timer(self) -> None:
        assert self.host.device.next_timer() == self.heard + 3 * SEC


TestRegisterModel = RegisterModel.TestCase
TestRegisterModel.settings = settings(max_examples=60, stateful_step_count=30)
