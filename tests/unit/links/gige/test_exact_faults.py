"""Faults exactly where they are asked for: packets, the path, the control channel, block ids, the clock."""

import struct
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import camtwin
from camtwin.links.gige.faults import KINDS, Faults
from camtwin.links.gige.host import GevHost
from camtwin.testing.stage import Impossible
from camtwin.testing.twin import InProcess, Wanted, in_process
from camtwin.units import MS

CCP, SCP, SCDA, SCPS = 0xA00, 0xD00, 0xD18, 0xD04
PACKETS = 12  # of a frame: leader, 10 of payload, trailer
FIRE, WHOLE = 1 << 31, 1 << 30


def streaming(frames: int = 0) -> tuple[InProcess, GevHost]:
    wanted = Wanted(set=("Width=64", "Height=64", "ExposureTime=1000", "PixelFormat=Mono12"), render=False)
    twin = in_process(wanted, 1)
    host = twin.cam.host(1)
    payload = twin.cam.PayloadSize
    assert host.write(CCP, 2) == 0
    assert host.write(SCPS, -(-payload // 10 // 4) * 4 + 36) == 0
    assert host.write(SCDA, 0x0A00_0002) == 0
    assert host.write(SCP, 5000) == 0
    if frames:
        take(twin, frames)
    return twin, host


def take(twin: InProcess, frames: int) -> None:
    twin.cam.AcquisitionMode, twin.cam.AcquisitionFrameCount = "MultiFrame", frames
    twin.cam.AcquisitionStart()
    twin.cam.advance(200 * MS)


def places(host: GevHost) -> list[tuple[int, int]]:
    """(block, packet) of each packet that arrived, in order."""
    heads = (struct.unpack_from(">HHI", packet) for packet in host.packets)
    return [(block, kind & 0xFF_FFFF) for _, block, kind in heads]


WHOLE_FRAMES = [(block, packet) for block in (1, 2, 3) for packet in range(PACKETS)]


def test_these_packets_of_these_blocks_are_lost():
    twin, host = streaming()
    twin.inject("packets", drop=[(1, 5), (2, "leader"), (3, "trailer"), (3, 4)])
    take(twin, 3)
    lost = {(1, 5), (2, 0), (3, PACKETS - 1), (3, 4)}
    assert places(host) == [place for place in WHOLE_FRAMES if place not in lost]
    assert twin.cam.host(1).network.faults["drop"] == 4


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("drop", "duplicate", "corrupt", "delay")),
            st.integers(1, 3),
            st.integers(0, PACKETS - 1) | st.sampled_from(("leader", "trailer")),
        ),
        max_size=12,
    )
)
@settings(max_examples=25, deadline=None)
def test_what_is_reported_is_what_was_asked(asked):
    """Each packet arrives as often and as damaged as the list says, and no other is struck."""
    twin, host = streaming()
    lists = {kind: [place for each, *place in asked if each == kind] for kind in KINDS if kind != "reorder"}
    twin.inject("packets", **lists)
    take(twin, 3)
    exact = {
        kind: {(block, {"leader": 0, "trailer": PACKETS - 1}.get(at, at)) for block, at in places_}
        for kind, places_ in lists.items()
    }
    dropped = exact["drop"]
    arrived = Counter(places(host))
    assert arrived == {
        place: 1 + (place in exact["duplicate"]) for place in WHOLE_FRAMES if place not in dropped
    }
    counts = twin.cam.host(1).network.faults
    for kind, struck in exact.items():
        assert counts[kind] == len(struck - dropped if kind != "drop" else struck)
    _, other = streaming(3)
    same = dict(zip(places(other), other.packets, strict=True))
    damaged = {
        place for place, packet in zip(places(host), host.packets, strict=True) if packet != same[place]
    }
    assert damaged == exact["corrupt"] - dropped


def test_a_place_that_is_given_twice_strikes_the_resent_packet_too():
    import numpy as np

    faults = Faults(drop=[(3, 17), (3, 17), (3, 18)])
    packets = np.array([17, 18], np.uint64)
    struck = [faults.strikes(3, packets, np.full(2, n, np.uint64)).tolist() for n in range(3)]
    assert struck == [[1, 1], [1, 0], [0, 0]]


def test_a_path_carries_less_than_the_register_allows():
    twin, host = streaming()
    twin.inject("packets", mtu=1500)
    host.write(SCPS, 1500 | WHOLE | FIRE)
    assert [len(packet) for packet in host.packets] == [1500 - 28]
    host.packets.clear()
    host.write(SCPS, 1504 | WHOLE | FIRE)
    assert host.packets == []
    host.write(SCPS, 4000)
    take(twin, 2)
    short = [(1, 0), (1, 3), (1, 4), (2, 0), (2, 3), (2, 4)]  # the last packet of the payload has 228 bytes
    assert places(host) == short
    assert twin.cam.host(1).network.faults["mtu"] == 4


def test_an_acknowledge_is_late_for_this_register():
    twin, host = streaming()
    gain = twin.cam.twin.camera.tree.find("Gain").address
    twin.inject("late", register="Gain", by_ms=300, count=2)
    assert host.write(SCPS, 1500) == 0
    assert host.write(gain, 0) == 0xFFFF
    assert host.answers == []
    twin.cam.advance(300 * MS - 1)
    assert host.answers == []
    twin.cam.advance(1)
    assert [answer[:4].hex() for answer in host.answers] == ["00000083"]
    assert host.write(gain, 0) == 0xFFFF
    assert host.write(gain, 0) == 0, "the third is in time"


def test_one_command_is_refused_with_this_status_and_not_carried_out():
    twin, host = streaming()
    width = twin.cam.twin.camera.tree.find("Width").address
    twin.inject("refuse", register="Width", status="BUSY")
    assert host.write(width, 128) == 0x8007
    assert twin.cam.Width == 64
    assert host.write(width, 128) == 0
    assert twin.cam.Width == 128
    twin.inject("refuse", register=CCP, status="ERROR")
    assert host.write(CCP, 2) == 0x8FFF


def test_a_privilege_is_lost_at_a_moment():
    twin, host = streaming()
    twin.inject("revoke", at_frame=5)
    twin.cam.AcquisitionStart()
    twin.cam.advance(100 * MS)
    assert host.write(SCPS, 1500) == 0x8006
    assert {block for block, _ in places(host)} in ({1, 2, 3}, {1, 2, 3, 4}), "nothing leaves once it is lost"
    assert len(twin.seen.exposures) == 5
    assert host.write(CCP, 2) == 0


def test_a_block_has_a_wrong_id():
    twin, host = streaming()
    twin.inject("misnumber", block=2, wrong=7)
    take(twin, 3)
    assert places(host) == [(7 if block == 2 else block, packet) for block, packet in WHOLE_FRAMES]


@pytest.mark.parametrize("by_ms", [500.0, -2.0])
def test_a_timestamp_jumps(by_ms):
    twin, host = streaming()
    twin.inject("jump", by_ms=by_ms, at_ms=twin.cam.now / MS + 2.5)
    take(twin, 4)
    leaders = [packet for packet, (_, at) in zip(host.packets, places(host), strict=True) if at == 0]
    stamps = [struct.unpack_from(">Q", leader, 12)[0] for leader in leaders]
    steps = [(late - early) / MS for early, late in pairwise(stamps)]
    usual = [(late - early) / MS for early, late in pairwise(twin.seen.exposures)]
    beyond = [round(step - each, 3) for step, each in zip(steps, usual, strict=True)]
    assert sorted(beyond) == sorted([0, 0, by_ms])


def test_a_slow_host_lets_images_wait():
    twin, host = streaming()
    twin.inject("slow", for_ms=100)
    twin.cam.AcquisitionMode, twin.cam.AcquisitionFrameCount = "MultiFrame", 2
    twin.cam.AcquisitionStart()
    twin.cam.advance(99 * MS)
    assert host.packets == []
    twin.cam.advance(50 * MS)
    assert places(host) == WHOLE_FRAMES[: 2 * PACKETS]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("drop=3:x", "fault drop '3:x' is no number within 0 to 1, and no list such as 3:17,4:leader"),
        ("drop=0:3", "fault drop: there is no packet 0:3; blocks begin at 1"),
        ("drop=1:-2", "fault drop: there is no packet 1:-2; blocks begin at 1"),
        ("mtu=5", "fault mtu 5 is not within 68 to 65535"),
        ("mtu=x", "fault mtu 'x' is no number of bytes"),
    ],
)
def test_a_list_that_is_none_is_told(fault, message):
    with pytest.raises(ValueError, match=message):
        Faults.parse([fault])


def test_lists_are_parsed():
    faults = Faults.parse(["drop=3:17,3:leader,4:trailer", "delay=0.5", "mtu=1500"])
    assert faults
    assert not faults.none
    assert faults.drop == [(3, 17), (3, 0), (4, -1)]
    assert (faults.delay, faults.mtu, faults.shares) == (0.5, 1500, (0, 0, 0, 0.5, 0))
    assert Faults(seed=7).none


@pytest.mark.parametrize(
    ("word", "parameters", "message"),
    [
        ("misnumber", {"block": 0, "wrong": 2}, "block 0: block ids of cam begin at 1"),
        ("transfers", {"stall": [(1, 1)]}, "cam sends no transfers: its link is GigE Vision"),
        ("refuse", {"register": "Gain", "status": "TIRED"}, "status"),
        ("late", {"register": "Gainn", "by_ms": 1}, "no feature Gainn; do you mean Gain?"),
        ("packets", {"drop": [(0, 1)]}, "there is no packet 0:1"),
        ("packets", {"drop": [(1, "middle")]}, "drop"),
    ],
)
def test_what_cannot_happen_is_told(word, parameters, message):
    twin, _ = streaming()
    with pytest.raises(Exception, match=message) as told:
        twin.inject(word, **parameters)
    assert "\n" not in str(told.value)


def test_a_bus_gives_no_privileges():
    twin = in_process(Wanted("basler-aca4112-20um", render=False), 1)
    with pytest.raises(ValueError, match="cam gives no privileges: its link is USB3 Vision"):
        twin.inject("revoke")
    with pytest.raises(Impossible, match="on no network"):
        twin.inject("packets", drop=0.5)


def test_a_journal_with_a_jump_and_a_wrong_id_repeats():
    from camtwin.camera.commands import replay_command

    cam = camtwin.open("baumer-vcxg-124m", render=False)
    said = []
    cam.twin.camera.on_command.subscribe(lambda t_ns, word, args: said.append((word, args)))
    cam.twin.camera.jump_timestamp(5 * MS)
    cam.twin.camera.misnumber(3, 9)
    other = camtwin.open("baumer-vcxg-124m", render=False)
    for word, args in said:
        replay_command(other.twin.camera, word, *args)
    assert other.twin.camera.timestamp == cam.twin.camera.timestamp == 5 * MS
    assert other.twin.camera.transmitter.misnumbered == {3: 9}
