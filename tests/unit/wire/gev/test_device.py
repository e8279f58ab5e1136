"""The device side of GigE Vision: its registers, who is there, and that nothing brings it down."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camtwin.wire.gev import bootstrap
from camtwin.wire.gev import device as gev
from camtwin.wire.gev.gvcp import Status
from camtwin.wire.gev.ports import NetworkLocation
from unit.wire.gev.fakes import (
    CCP,
    CONTROL,
    EXCLUSIVE,
    FEATURES,
    MAC,
    ME,
    OTHER,
    READMEM,
    READREG,
    SCCFG,
    SCP,
    SCPS,
    SCSP,
    WRITEMEM,
    WRITEREG,
    Host,
    force,
    words,
)

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
    assert controller.read(0x954) == 1 << 18 | 0b1111


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
    assert host.network.moves == [0x0A00_0063, 0]
    host.device.set_location(NetworkLocation(0xA9FE_0102, 0xFFFF_0000, 0, 40_002, 41_002))
    registers = (0x024, 0x034, 0x044, SCSP, 0xB1C)
    assert [host.read(at) for at in registers] == [0xA9FE_0102, 0xFFFF_0000, 0, 40_002, 41_002]


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
