"""The thread that sends: whole frames, in their time, cut when they are told to be, and sent again."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import numpy as np
import pytest
from numpy.typing import NDArray

from camtwin.links import sendmmsg
from camtwin.links.faults import DELAY_NS, DROP, Faults
from camtwin.links.sender import MOST_WAITING, Job, Sender
from camtwin.units import MS, SEC
from camtwin.wire import gvsp
from camtwin.wire.gev import Target
from camtwin.wire.gvcp import PacketResend, Status
from compare import assert_same_bytes
from unit.links.receiver import LEADER, PAYLOAD, TRAILER, Receiver, payload

IMAGE = gvsp.Image(400, 250, 0, 0, 0x0108_0001, 8)
PICTURE: NDArray[np.uint8] = (np.arange(100_000) % 251).astype(np.uint8)
PACKET_BYTES = 1036  # 1000 bytes of data: 100 packets


class Bench:
    """A sender, its receiver, and jobs for it."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.receiver = Receiver()
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        self.problems: list[BaseException] = []
        self.sock, self.sender = sock, Sender(sock, self.problems.append, faults)

    def job(self, block_id: int = 1, ms: int = 0, picture: NDArray[np.uint8] | None = PICTURE) -> Job:
        future: Future[NDArray[np.uint8]] = Future()
        if picture is not None:
            future.set_result(picture)
        now = time.monotonic_ns()
        target = Target("127.0.0.1", self.receiver.port, False)
        return Job(IMAGE, block_id, 100_000, future, target, PACKET_BYTES, True, now, now + ms * MS)

    def send(self, block_id: int = 1, ms: int = 0) -> Job:
        job = self.job(block_id, ms)
        self.sender.send(job)
        return job

    def resend(self, block_id: int, first: int, last: int, extended_status: bool = False) -> None:
        self.sender.resend(PacketResend(0, block_id, first, last, False), extended_status)

    def settle(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + 3
        while not done():
            assert time.monotonic() < end, "it does not happen"
            time.sleep(0.002)

    def close(self) -> None:
        self.sender.close()
        self.sock.close()
        self.receiver.sock.close()


@pytest.fixture
def bench() -> Iterator[Bench]:
    it = Bench()
    yield it
    it.close()
    assert it.problems == []


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
    # 64 kB at a time: 61 packets at the start, 39 when their turn has come, and the trailer at the end
    assert packets[62].at >= start + 0.121
    assert packets[-1].at >= start + 0.2
    bench.settle(lambda: bench.sender.stats.frames == 1)


def test_who_is_late_catches_up_by_a_quarter_only(bench: Bench) -> None:
    """Three frames of 0.2 s that were due a second ago take 3 x 0.2 s / 1.25, less a burst's 0.13 s."""
    for block_id in (1, 2, 3):
        job = bench.job(block_id, ms=200)
        job.start_ns, job.end_ns = job.start_ns - SEC, job.end_ns - SEC
        bench.sender.send(job)
    packets = [packet for _ in range(3) for packet in bench.receiver.packets()]
    assert packets[-1].at - packets[0].at >= 0.6 / 1.25 - 0.13
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
    jobs = [bench.job(n, picture=None) for n in range(1, MOST_WAITING + 4)]
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
    assert [job.payload.cancelled() for job in jobs] == [False] * (MOST_WAITING + 1) + [True] * 2
    bench.sender.cut()


def test_many_small_frames_may_wait(bench: Bench) -> None:
    jobs = [bench.job(n, picture=None) for n in range(1, 40)]
    for job in jobs:
        bench.sender.send(job)
    assert bench.sender.stats.dropped == 0
    bench.sender.cut()


# -- resends ---------------------------------------------------------------------------------------


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
    """As soon as the next frame begins to leave, the one before it is gone, and said to be."""
    bench.send(block_id=1)
    bench.receiver.packets()
    bench.resend(1, 1, 1)
    assert bench.receiver.packet().status == Status.PACKET_RESEND
    bench.send(block_id=2, ms=10_000)
    while bench.receiver.packet().packet_id < 61:  # the leader and the first burst
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
    bench.send(block_id=7, ms=10_000)
    seen = [bench.receiver.packet() for _ in range(1 + 61)]  # the leader and the first burst
    bench.resend(7, seen[-1].packet_id, seen[-1].packet_id + 1, extended_status=True)
    answers = [bench.receiver.packet() for _ in range(2)]
    assert [(p.status, p.packet_id) for p in answers] == [
        (Status.PACKET_RESEND, seen[-1].packet_id),
        (Status.PACKET_NOT_YET_AVAILABLE, seen[-1].packet_id + 1),
    ]
    bench.resend(7, 62, 62)  # who does not know that code is told nothing: the packet is on its way
    assert bench.receiver.silence(0.05) == []
    bench.sender.cut()


def test_an_absurd_request_gets_a_bounded_answer(bench: Bench) -> None:
    bench.send(block_id=7)
    bench.receiver.packets()
    bench.resend(99, 0, 0xFF_FFFF)
    answers = [bench.receiver.packet() for _ in range(512)]
    assert {p.status for p in answers} == {Status.PACKET_UNAVAILABLE}
    assert bench.receiver.silence(0.1) == []


def test_after_the_stream_has_closed_nothing_can_be_asked_for(bench: Bench) -> None:
    bench.send(block_id=7)
    bench.receiver.packets()
    bench.sender.forget()
    bench.resend(7, 1, 1)
    assert bench.receiver.packet().status == Status.PACKET_UNAVAILABLE


# -- faults ----------------------------------------------------------------------------------------


def struck(faults: Faults, attempt: int = 0) -> list[int]:
    """Ids of the packets of block 7 that are struck, leader to trailer."""
    ids = np.arange(102, dtype=np.uint64)
    return np.flatnonzero(faults.strikes(7, ids, np.full(102, attempt, np.uint64))).tolist()


def test_lost_packets_do_not_arrive_and_heal() -> None:
    faults = Faults(drop=0.2, seed=3)
    bench = Bench(faults)
    bench.send(block_id=7)
    packets = bench.receiver.silence(0.1)
    missing = [n for n in range(102) if n not in {p.packet_id for p in packets}]
    assert missing == struck(faults)
    assert 3 < len(missing) < 40
    lost, left, attempt = len(missing), missing, 0
    got = {p.packet_id: p.data for p in packets}
    while left:
        attempt += 1
        for n in left:
            bench.resend(7, n, n)
        got |= {p.packet_id: p.data for p in bench.receiver.silence(0.1)}
        left = [n for n in left if n in struck(faults, attempt)]
        lost += len(left)
        assert [n for n in range(102) if n not in got] == left
    assert lost > len(missing), "resends are struck, too"
    assert_same_bytes(b"".join(got[n] for n in range(1, 101)), PICTURE.tobytes())
    assert bench.sender.faults == dict.fromkeys(("duplicate", "reorder", "delay", "corrupt"), 0) | {
        "drop": lost
    }
    bench.close()
    assert bench.problems == []


@pytest.mark.parametrize("kind", ["duplicate", "reorder", "delay", "corrupt"])
def test_faults_that_lose_nothing(kind: str) -> None:
    faults = Faults(**{kind: 0.1}, seed=3)
    bench = Bench(faults)
    bench.send(block_id=7)
    packets = bench.receiver.silence(0.1)
    bench.close()
    ids, hit = [p.packet_id for p in packets], struck(faults)
    data = {p.packet_id: p.data for p in packets}
    wrong = [n for n in range(1, 101) if data[n] != PICTURE.tobytes()[(n - 1) * 1000 : n * 1000]]
    if kind == "reorder":
        hit = [n for n in hit if n < 101]
        assert sorted(ids) == list(range(102))
        assert ids != sorted(ids)
        assert all(ids.index(n) > ids.index(n + 1) for n in hit if n + 1 not in hit)
    elif kind == "duplicate":
        assert ids == sorted([*range(102), *hit])
    elif kind == "delay":
        assert sorted(ids) == list(range(102))
        assert ids[-len(hit) :] == hit
        late = {p.packet_id: p.at for p in packets}
        assert min(late[n] for n in hit) - packets[0].at > DELAY_NS / SEC / 2
    else:
        assert ids == list(range(102))
        assert wrong == [n for n in hit if 1 <= n <= 100]
        for n in wrong:
            sent = PICTURE.tobytes()[(n - 1) * 1000 : n * 1000]
            assert sum((a ^ b).bit_count() for a, b in zip(data[n], sent, strict=True)) == 1
    assert wrong == [] or kind == "corrupt"
    assert len(hit) > 3
    assert bench.sender.faults[kind] == len(hit)
    assert bench.problems == []


@pytest.mark.parametrize("kind", ["drop", "duplicate", "reorder", "delay", "corrupt"])
def test_the_share_is_struck(kind: str) -> None:
    """Of n packets a share p, within five standard deviations, and each attempt anew."""
    n, p = 200_000, 0.02
    ids = np.arange(n, dtype=np.uint64)
    faults = Faults(**{kind: p}, seed=5)
    first, second = (faults.strikes(1, ids, np.full(n, a, np.uint64)) > 0 for a in (0, 1))
    deviation = (n * p * (1 - p)) ** 0.5
    assert abs(first.sum() - n * p) < 5 * deviation
    assert abs((first & second).sum() - n * p * p) < 5 * (n * p * p) ** 0.5
    assert np.array_equal(first, faults.strikes(1, ids, np.zeros(n, np.uint64)) > 0)
    part = faults.strikes(1, ids[1000:1100], np.zeros(100, np.uint64)) > 0
    assert np.array_equal(part, first[1000:1100])


def test_kinds_are_independent() -> None:
    n = 100_000
    struck = Faults(drop=0.5, corrupt=0.5).strikes(1, np.arange(n, dtype=np.uint64), np.zeros(n, np.uint64))
    assert abs((struck == DROP).sum() - n / 4) < 5 * (n * 3 / 16) ** 0.5


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["dorp=0.1"], "no fault 'dorp'; there are drop, duplicate, reorder, delay, corrupt"),
        (["drop=1.5"], "fault drop 1.5 is not within 0 to 1"),
        (["drop=nan"], "fault drop nan is not within 0 to 1"),
        (["delay=soon"], "fault delay 'soon' is no number within 0 to 1"),
        (["drop"], "fault drop '' is no number within 0 to 1"),
        (["drop=0.1", "drop=0.2"], "fault drop is given twice"),
    ],
)
def test_what_is_no_fault_is_told(texts: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Faults.parse(texts)


# -- the network -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [576, 1500, 8228])
def test_a_test_packet_has_its_size(bench: Bench, size: int) -> None:
    bench.sender.probe(Target("127.0.0.1", bench.receiver.port, False), size, True)
    packet = bench.receiver.packet()
    assert len(packet.data) + 8 == size - 28
    assert packet.block_id == 0


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
