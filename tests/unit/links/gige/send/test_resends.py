"""Packets that are asked for again: sent while they are kept, refused in the standard's words when not."""

from __future__ import annotations

import socket

import pytest

from camtwin.wire.gev.device import Target
from camtwin.wire.gev.gvcp import PacketResend, Status
from compare import assert_same_bytes
from unit.links.gige.receiver import PAYLOAD, TRAILER, payload
from unit.links.gige.send.sender_bench import PACKET_BYTES, PICTURE, Bench


def test_packets_of_the_last_frame_are_sent_again(bench: Bench) -> None:
    bench.send(block_id=7)
    first = bench.receiver.packets()
    bench.resend(7, 3, 5)
    again = [bench.receiver.packet() for _ in range(3)]
    assert [(p.status, p.block_id, p.form, p.packet_id) for p in again] == [
        (Status.PACKET_RESEND, 7, PAYLOAD, n) for n in (3, 4, 5)
    ]
    assert [p.data for p in again] == [p.data for p in first[3:6]]
    bench.settle(lambda: bench.sender.stats.resent == 3)


def test_packets_with_64_bit_ids_are_sent_again(bench: Bench) -> None:
    """Their status stays success and a flag says it, as it does of those that are gone."""
    job = bench.job(block_id=1 << 40)
    job.target = Target("127.0.0.1", bench.receiver.port, True)
    bench.sender.send(job)
    bench.settle(lambda: bench.sender.stats.frames == 1)
    count = -(-100_000 // (PACKET_BYTES - 28 - 20))
    sock = bench.receiver.sock
    sent = [sock.recv(2048) for _ in range(count + 2)]
    assert {packet[:4].hex() for packet in sent} == {"00000000"}
    request = PacketResend(0, 1 << 40, 0, 0xFFFF_FFFF, True)
    bench.sender.resend(request, False)
    again = [sock.recv(2048) for _ in range(count + 2)]
    assert {packet[:4].hex() for packet in again} == {"00000001"}
    assert sorted(packet[4:] for packet in again) == sorted(packet[4:] for packet in sent)
    for extended_status, status in ((False, "800c"), (True, "8012")):
        bench.sender.resend(PacketResend(0, 7, 3, 3, True), extended_status)
        assert sock.recv(2048).hex() == f"{status}0001" + "83000000" + f"{7:016x}" + f"{3:08x}"


@pytest.mark.parametrize("extended", [False, True])
def test_who_asks_in_the_other_kind_of_ids_asks_for_another_block(bench: Bench, extended: bool) -> None:
    bench.send(block_id=7)
    bench.receiver.packets()
    bench.sender.resend(PacketResend(0, 7, 1, 1, extended), True)
    assert bench.receiver.packet().status == (Status.PACKET_REMOVED if extended else Status.PACKET_RESEND)


@pytest.mark.parametrize(("do_not_fragment", "discover"), [(True, 3), (False, 0)])
def test_do_not_fragment_is_the_sockets(bench: Bench, do_not_fragment: bool, discover: int) -> None:
    """IP_MTU_DISCOVER (10) of <linux/in.h>: IP_PMTUDISC_PROBE sets the bit, IP_PMTUDISC_DONT does not."""
    for first in (not do_not_fragment, do_not_fragment):  # it follows each frame
        job = bench.job()
        job.do_not_fragment = first
        bench.sender.send(job)
        bench.receiver.packets()
    assert bench.sock.getsockopt(socket.IPPROTO_IP, 10) == discover


@pytest.mark.parametrize("packet_bytes", [576, 1500, 9000])
def test_the_last_packet_is_as_short_as_what_is_left(bench: Bench, packet_bytes: int) -> None:
    job = bench.job()
    job.packet_bytes = packet_bytes
    bench.sender.send(job)
    packets = bench.receiver.packets()
    assert_same_bytes(payload(packets), PICTURE.tobytes())
    sizes = [20 + 8 + 8 + len(p.data) for p in packets[1:-1]]
    full, rest = divmod(100_000, packet_bytes - 36)
    assert sizes == [packet_bytes] * full + [rest + 36]


def test_all_of_a_frame_can_be_sent_again(bench: Bench) -> None:
    bench.send(block_id=7)
    first = bench.receiver.packets()
    bench.resend(7, 0, 0xFF_FFFF)  # all ones: to the end
    again = bench.receiver.packets()
    assert [p.data for p in again] == [p.data for p in first]
    assert {p.status for p in again} == {Status.PACKET_RESEND}
    assert again[-1].form == TRAILER


def test_the_memory_holds_one_image(bench: Bench) -> None:
    """Check that a frame is gone, and reported so, as soon as the next one begins to leave."""
    bench.send(block_id=1)
    bench.receiver.packets()
    bench.resend(1, 1, 1)
    assert bench.receiver.packet().status == Status.PACKET_RESEND
    bench.send(block_id=2, ms=10_000)
    while bench.receiver.packet().packet_id < 1:  # the leader
        pass
    bench.resend(1, 1, 2)
    gone = [bench.receiver.packet() for _ in range(2)]
    assert [(p.status, p.block_id, p.packet_id, p.data) for p in gone] == [
        (Status.PACKET_UNAVAILABLE, 1, 1, b""),
        (Status.PACKET_UNAVAILABLE, 1, 2, b""),
    ]
    bench.resend(1, 1, 1, extended_status=True)
    assert bench.receiver.packet().status == Status.PACKET_REMOVED
    bench.sender.cut()


def test_what_has_not_been_sent_yet_is_not_sent_again(bench: Bench) -> None:
    bench.send(block_id=7, ms=100_000)
    seen = [bench.receiver.packet() for _ in range(2)]  # the leader and the first packet
    bench.resend(7, seen[-1].packet_id, seen[-1].packet_id + 1, extended_status=True)
    answers = [bench.receiver.packet() for _ in range(2)]
    assert [(p.status, p.packet_id) for p in answers] == [
        (Status.PACKET_RESEND, seen[-1].packet_id),
        (Status.PACKET_NOT_YET_AVAILABLE, seen[-1].packet_id + 1),
    ]
    bench.resend(7, 2, 2)  # who does not know that code is told nothing: the packet is on its way
    assert bench.receiver.silence(0.05) == []
    bench.sender.cut()


def test_an_absurd_request_gets_a_bounded_answer(bench: Bench) -> None:
    bench.send(block_id=7)
    bench.receiver.packets()
    bench.resend(99, 0, 0xFF_FFFF)
    answers = [bench.receiver.packet() for _ in range(512)]
    assert {p.status for p in answers} == {Status.PACKET_UNAVAILABLE}
    assert bench.receiver.silence(0.1) == []


def test_of_many_that_are_gone_the_last_says_it_of_all_before_it(bench: Bench) -> None:
    """0x8011: this packet and all previous ones have been removed."""
    bench.send(block_id=7)
    bench.receiver.packets()
    bench.resend(99, 1, 8000, extended_status=True)
    answers = [bench.receiver.packet() for _ in range(513)]
    assert [(p.status, p.block_id, p.packet_id) for p in answers] == [
        *((0x8012, 99, n) for n in range(1, 513)),
        (0x8011, 99, 8000),
    ]
    bench.resend(99, 1, 2, extended_status=True)
    assert [bench.receiver.packet().status for _ in range(2)] == [0x8012] * 2
    assert bench.receiver.silence(0.1) == []


def test_after_the_stream_has_closed_nothing_can_be_asked_for(bench: Bench) -> None:
    bench.send(block_id=7)
    bench.receiver.packets()
    bench.sender.forget()
    bench.resend(7, 1, 1)
    assert bench.receiver.packet().status == Status.PACKET_UNAVAILABLE
