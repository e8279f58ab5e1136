"""The thread that sends: whole frames, in their time, and cut when they are told to be."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest

from camtwin.links.gige.send import sendmmsg
from camtwin.links.gige.send.segmentation import Segmentation
from camtwin.links.gige.send.sender import MAX_WAITING
from camtwin.units import MS, SEC
from camtwin.wire.gev.device import Target
from compare import assert_same_bytes
from unit.links.gige.receiver import LEADER, PAYLOAD, Receiver, payload
from unit.links.gige.send.sender_bench import PICTURE, Bench


def test_a_frame_arrives_whole(bench: Bench) -> None:
    bench.send(block_id=5)
    packets = bench.receiver.packets()
    assert_same_bytes(payload(packets), PICTURE.tobytes())
    assert {p.block_id for p in packets} == {5}
    assert {p.status for p in packets} == {0}
    assert len(packets) == 102
    bench.settle(lambda: bench.sender.stats.frames == 1)
    assert bench.sender.stats.bytes == 100_000 + 102 * 8 + 36 + 8


def test_the_payload_is_paced(bench: Bench) -> None:
    job = bench.send(ms=200)
    packets = bench.receiver.packets()
    start = job.start_ns / SEC
    # each takes 2 ms, so they leave one by one: 100 packets when their turn has come, the trailer at the end
    assert all(packet.at >= start + 0.002 * n for n, packet in enumerate(packets[1:]))
    bench.settle(lambda: bench.sender.stats.frames == 1)


def test_who_is_late_catches_up_by_a_quarter_only(bench: Bench) -> None:
    """Three frames of 0.2 s that were due a second ago take 3 x 0.2 s / 1.25, less a packet's 2 ms."""
    for block_id in (1, 2, 3):
        job = bench.job(block_id, ms=200)
        job.start_ns, job.end_ns = job.start_ns - SEC, job.end_ns - SEC
        bench.sender.send(job)
    packets = [packet for _ in range(3) for packet in bench.receiver.packets()]
    assert packets[-1].at - packets[0].at >= 0.6 / 1.25 - 0.003
    bench.settle(lambda: bench.sender.stats.frames == 3)
    assert bench.sender.stats.late == 3
    assert bench.sender.stats.worst_late_ns >= 800 * MS


def test_a_frame_is_sent_when_it_has_been_rendered(bench: Bench) -> None:
    job = bench.job(picture=None)
    bench.sender.send(job)
    assert bench.receiver.silence(0.05) == []
    job.payload.set_result(PICTURE)
    assert_same_bytes(payload(bench.receiver.packets()), PICTURE.tobytes())


def test_a_cut_frame_ends_without_a_trailer(bench: Bench) -> None:
    bench.send(ms=10_000)
    assert bench.receiver.packet().form == LEADER
    bench.sender.cut()
    rest = bench.receiver.silence(0.05)
    assert {p.form for p in rest} <= {PAYLOAD}
    bench.settle(lambda: bench.sender.stats.cut == 1)
    bench.send(2)
    assert_same_bytes(payload(bench.receiver.packets()), PICTURE.tobytes())
    assert bench.sender.stats.cut == 1


def test_cutting_ends_the_frame_under_way_and_all_that_wait(bench: Bench) -> None:
    jobs = [bench.job(n, ms=10_000) for n in (1, 2, 3)]
    for job in jobs:
        bench.sender.send(job)
    bench.receiver.packet()
    bench.sender.cut()
    bench.settle(lambda: bench.sender.stats.cut == 3)
    assert all(job.cut for job in jobs)


def test_a_frame_that_is_never_rendered_can_be_cut(bench: Bench) -> None:
    bench.sender.send(bench.job(picture=None))
    bench.sender.cut()
    bench.settle(lambda: bench.sender.stats.cut == 1)


@pytest.mark.parametrize("because", ["late", "large"])
def test_too_many_frames_are_dropped_and_counted(bench: Bench, because: str) -> None:
    jobs = [bench.job(n, picture=None) for n in range(1, MAX_WAITING + 4)]
    for job in jobs:
        if because == "late":
            job.start_ns -= 2 * SEC
        else:
            job.payload_bytes = 20_000_000
    bench.sender.send(jobs[0])
    bench.settle(lambda: bench.sender._current is jobs[0])
    for job in jobs[1:]:
        bench.sender.send(job)
    assert bench.sender.stats.dropped == 2
    assert [job.payload.cancelled() for job in jobs] == [False] * (MAX_WAITING + 1) + [True] * 2
    bench.sender.cut()


def test_a_frame_after_one_that_was_dropped_says_so(bench: Bench) -> None:
    """Flag 2 of extended headers, in each packet; the one after it has it no more."""
    jobs = [bench.job(n, picture=None) for n in range(1, MAX_WAITING + 4)]
    for job in jobs:
        job.target = Target("127.0.0.1", bench.receiver.port, True)
        job.start_ns, job.end_ns = job.start_ns - 2 * SEC, job.end_ns - 2 * SEC
    bench.sender.send(jobs[0])
    bench.settle(lambda: bench.sender._current is jobs[0])
    for job in jobs[1 : MAX_WAITING + 2]:
        bench.sender.send(job)
    assert bench.sender.stats.dropped == 1
    jobs[0].payload.set_result(PICTURE)
    bench.settle(lambda: bench.sender._current is jobs[1])
    for job in jobs[MAX_WAITING + 2 :]:
        bench.sender.send(job)
    for job in jobs[1:]:
        if not job.payload.cancelled():
            job.payload.set_result(PICTURE)
    bench.settle(lambda: bench.sender.stats.frames == MAX_WAITING + 2)
    bench.receiver.sock.settimeout(0.1)
    flags: dict[int, set[str]] = {}
    with contextlib.suppress(TimeoutError):
        while data := bench.receiver.sock.recv(2048):
            flags.setdefault(int.from_bytes(data[8:16], "big"), set()).add(data[:4].hex())
    assert flags.pop(jobs[MAX_WAITING + 2].block_id) == {"00000002"}
    assert set(map(frozenset, flags.values())) == {frozenset({"00000000"})}


def test_many_small_frames_may_wait(bench: Bench) -> None:
    jobs = [bench.job(n, picture=None) for n in range(1, 40)]
    for job in jobs:
        bench.sender.send(job)
    assert bench.sender.stats.dropped == 0
    bench.sender.cut()


# -- the network -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [576, 1500, 8228])
def test_a_test_packet_has_its_size(bench: Bench, size: int) -> None:
    bench.sender.probe(Target("127.0.0.1", bench.receiver.port, False), size, True)
    packet = bench.receiver.packet()
    assert len(packet.data) + 8 == size - 28
    assert packet.block_id == 0


class Allowed(Segmentation):
    """Whoever listens."""

    def cuts(self, address: str) -> bool:
        return True


@pytest.mark.parametrize("packet_bytes", [1036, 536])
def test_what_the_kernel_cuts_is_the_stream_and_nothing_else(packet_bytes: int) -> None:
    """A test packet larger than the stream's stays whole, and so do packets of another size after it."""
    bench = Bench(segmentation=Allowed("lo"))
    for size in (packet_bytes, 9000, packet_bytes):
        job = bench.job()
        job.packet_bytes = size
        bench.sender.send(job)
        packets = bench.receiver.packets()
        assert_same_bytes(payload(packets), PICTURE.tobytes())
        assert len(packets[1].data) == size - 36
        bench.sender.probe(job.target, 8228, True)
        assert len(bench.receiver.packet().data) == 8228 - 36
    bench.close()
    assert bench.problems == []


def test_a_receiver_that_has_gone_is_harmless(bench: Bench) -> None:
    job = bench.job()
    with Receiver() as gone:
        port = gone.port
    job.target = Target("127.0.0.1", port, False)
    bench.sender.send(job)
    bench.settle(lambda: bench.sender.stats.frames == 1)
    bench.send(2)
    assert_same_bytes(payload(bench.receiver.packets()), PICTURE.tobytes())


def test_a_network_that_refuses_costs_packets_and_no_more(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = iter(range(10))
    real = sendmmsg._sendmmsg

    def grumpy(*args: int) -> int:
        if next(refusals, None) is not None:
            sendmmsg.ctypes.set_errno(sendmmsg.errno.EPERM)  # a firewall's answer
            return -1
        return real(*args)

    monkeypatch.setattr(sendmmsg, "_sendmmsg", grumpy)
    bench.send()
    packets = bench.receiver.packets()
    assert [p.packet_id for p in packets] == [0, *range(11, 102)]
    assert bench.sender.stats.lost == 10


def test_without_sendmmsg_all_is_the_same(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sendmmsg, "_sendmmsg", None)
    bench.send()
    assert_same_bytes(payload(bench.receiver.packets()), PICTURE.tobytes())


# -- ends ------------------------------------------------------------------------------------------


def test_a_rendering_that_fails_is_told() -> None:
    bench = Bench()
    job = bench.job(picture=None)
    job.payload.set_exception(RuntimeError("no kernel"))
    bench.sender.send(job)
    bench.settle(lambda: bool(bench.problems))
    assert [str(p) for p in bench.problems] == ["no kernel"]
    bench.close()


def test_a_picture_of_another_size_is_told() -> None:
    bench = Bench()
    bench.sender.send(bench.job(picture=PICTURE[:-1]))
    bench.settle(lambda: bool(bench.problems))
    assert "99999 bytes was rendered, not 100000" in str(bench.problems[0])
    bench.close()


@pytest.mark.parametrize("state", ["idle", "rendering", "sending"])
def test_closing_takes_no_time_and_leaves_no_thread(state: str) -> None:
    before = threading.active_count()
    bench = Bench()
    if state != "idle":
        bench.sender.send(bench.job(ms=10_000, picture=PICTURE if state == "sending" else None))
        bench.settle(lambda: bench.sender._current is not None)
    start = time.monotonic()
    bench.close()
    assert time.monotonic() - start < 1
    assert threading.active_count() == before
    assert bench.problems == []
