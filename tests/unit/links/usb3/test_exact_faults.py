"""Transfers of a bus that go wrong exactly where they are asked for, and its control channel."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camtwin.links.usb3.host import UsbHost
from camtwin.testing.twin import InProcess, Wanted, in_process
from camtwin.units import MS
from camtwin.wire.u3v import bootstrap, gencp, usb

LEADER, TRAILER = b"U3VL", b"U3VT"


def write(address: int, value: int, size: int = 4) -> bytes:
    body = struct.pack("<Q", address) + value.to_bytes(size, "little")
    return gencp.HEADER.pack(gencp.PREFIX, gencp.ACK_REQUESTED, gencp.Command.WRITEMEM, len(body), 1) + body


def status(ack: bytes | None) -> int:
    assert ack is not None
    return gencp.HEADER.unpack_from(ack)[1]


def streaming() -> tuple[InProcess, UsbHost]:
    wanted = Wanted("basler-aca4112-20um", set=("Width=64", "Height=64", "ExposureTime=1000"), render=False)
    twin = in_process(wanted, 1)
    host = twin.cam.usb()
    for register, value in (
        (bootstrap.MAX_LEADER, 1024),
        (bootstrap.MAX_PAYLOAD, 1024),
        (bootstrap.PAYLOAD_COUNT, 4),
        (bootstrap.MAX_TRAILER, 1024),
        (bootstrap.STREAM_CONTROL, 1),
    ):
        assert status(host.send(write(register, value))) == 0
    return twin, host


def take(twin: InProcess, frames: int) -> None:
    before = len(twin.seen.exposures)
    twin.cam.AcquisitionStart()
    while len(twin.seen.exposures) < before + frames:
        twin.cam.advance(MS // 10)
    twin.cam.AcquisitionStop()
    twin.cam.advance(100 * MS)


def test_transfers_go_wrong_where_they_are_asked_for():
    twin, host = streaming()
    twin.inject("transfers", short=[(0, 2), (1, "leader")], babble=[(1, 3), (2, "trailer")])
    take(twin, 3)
    sizes = [len(transfer) for transfer in host.transfers]
    plain = [52, 1024, 1024, 1024, 1024, 32]
    first, second, third = [*plain], [*plain], [*plain]
    first[2], second[0] = 512, 26
    del second[3], third[5]
    assert sizes == [*first, *second, *third]
    host.transfers.clear()
    take(twin, 1)
    assert [len(transfer) for transfer in host.transfers] == plain, "each happens once"


def test_an_endpoint_halts_until_the_host_clears_it():
    twin, host = streaming()
    twin.inject("transfers", stall=[(1, 3)])
    take(twin, 3)
    assert [transfer[:4] for transfer in host.transfers].count(LEADER) == 2
    assert [transfer[:4] for transfer in host.transfers].count(TRAILER) == 1
    assert host.stream_halted
    get_status = struct.pack("<BBHHH", 0x82, 0, 0, usb.STREAM_IN, 2)
    assert host.setup(get_status) == b"\1\0"
    clear_halt = struct.pack("<BBHHH", 0x02, 1, 0, usb.STREAM_IN, 0)
    assert host.setup(clear_halt) == b""
    host.transfers.clear()
    take(twin, 1)
    assert len(host.transfers) == 6


SIZES = [52, 1024, 1024, 1024, 1024, 32]
PARTS = st.integers(1, 4) | st.sampled_from(("leader", "trailer"))
KINDS = st.sampled_from(("short", "babble", "stall"))


@given(st.dictionaries(st.tuples(st.integers(0, 2), PARTS), KINDS, max_size=10))
@settings(max_examples=20, deadline=None)
def test_what_is_reported_is_what_was_asked(asked):
    """Each transfer is as long as the list says, none is more; from a stall on the endpoint is halted."""
    twin, host = streaming()
    lists = {
        kind: [at for at, each in asked.items() if each == kind] for kind in ("short", "babble", "stall")
    }
    twin.inject("transfers", **lists)
    take(twin, 3)
    expected, halted = list[int](), False
    for block in range(3):
        for number, size in enumerate(SIZES):
            place = (block, {0: "leader", 5: "trailer"}.get(number, number))
            halted = halted or asked.get(place) == "stall"
            if not halted and asked.get(place) != "babble":
                expected.append(size // 2 if asked.get(place) == "short" else size)
    assert [len(transfer) for transfer in host.transfers] == expected
    assert host.stream_halted is halted


@given(st.lists(st.tuples(st.sampled_from(("late", "refuse")), st.integers(1, 2)), max_size=4))
@settings(max_examples=15, deadline=None)
def test_the_control_channel_is_late_and_refuses_as_often_as_asked(asked):
    """A refused command is not late; both are counted down in the order in which they were asked for."""
    twin, host = streaming()
    gain = twin.cam.twin.camera.tree.find("Gain").address
    for word, count in asked:
        parameters = {"by_ms": 20} if word == "late" else {"status": "ACCESS_DENIED"}
        twin.inject(word, register="Gain", count=count, **parameters)
    counts = {name: sum(count for word, count in asked if word == name) for name in ("late", "refuse")}
    answers = list[str]()
    for _ in range(10):
        ack = host.send(write(gain, 0, 8))
        twin.cam.advance(20 * MS)
        answers.append("late" if ack is None else "refuse" if status(ack) == 0x8006 else "")
    assert answers.count("refuse") == counts["refuse"]
    assert answers.count("late") == len(host.late) == counts["late"]
    assert answers[sum(counts.values()) :] == [""] * (10 - sum(counts.values()))


def test_the_control_channel_is_late_and_refuses():
    twin, host = streaming()
    gain = twin.cam.twin.camera.tree.find("Gain").address
    twin.inject("refuse", register="Gain", status="ACCESS_DENIED")
    assert status(host.send(write(gain, 0, 8))) == 0x8006
    twin.inject("late", register="Gain", by_ms=20)
    assert host.send(write(gain, 0, 8)) is None
    twin.cam.advance(20 * MS)
    assert [status(ack) for ack in host.late] == [0]


def test_a_block_has_a_wrong_id():
    twin, host = streaming()
    twin.inject("misnumber", block=1, wrong=9)
    take(twin, 3)
    ids = [struct.unpack_from("<Q", each, 8)[0] for each in host.transfers if each[:4] in (LEADER, TRAILER)]
    assert ids == [0, 0, 9, 9, 2, 2]


@pytest.mark.parametrize("place", [(-1, 1), (0, "middle"), (0, -3)])
def test_a_place_that_is_none_is_told(place):
    twin, _ = streaming()
    with pytest.raises(ValueError, match="transfers"):
        twin.inject("transfers", stall=[place])
