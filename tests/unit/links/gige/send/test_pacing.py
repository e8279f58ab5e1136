"""Pacing: by the link's speed, or at pace max by losses and clients; slow clients."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camtwin.links.gige.send.job import Job
from camtwin.links.gige.send.pacing import (
    FALL,
    MAX_HELD_NS,
    MIN_SPEED,
    RISE,
    START,
    Eager,
    FrameTiming,
    OnSchedule,
    Pacing,
)
from camtwin.links.gige.send.receiver import Receiver
from camtwin.links.gige.send.sender import Sender
from camtwin.units import MS
from camtwin.wire.gev import gvsp
from camtwin.wire.gev.device import Target
from camtwin.wire.gev.gvcp import PacketResend

FRAME_NS = 20 * MS  # by the modelled link: five packets a millisecond


def frame(pacing: Eager, start_ns: int, packets: int = 100) -> int:
    """Send a frame whose bursts leave as soon as they may; return its end."""
    plan = FrameTiming(0, FRAME_NS, packets, 1500)
    pacing.begin(plan)
    now = start_ns
    for _ in range(packets // plan.burst):
        now = max(now, pacing.due_ns())
        pacing.sent(plan.burst, now)
    now = max(now, pacing.due_ns())
    assert pacing.end(now) == 0
    return now


@pytest.mark.parametrize(
    ("frame_ms", "packet_bytes", "delay_us", "burst"),
    [
        (10, 1500, 0, 20),  # two milliseconds
        (1, 1500, 0, 42),  # 64 kB
        (14, 9000, 0, 7),
        (0, 65_000, 0, 1),
        (31, 1500, 200, 3),  # a millisecond: each takes 306 us
        (310, 1500, 2000, 1),
        (1, 9000, 1, 7),
    ],
)
def test_a_burst_is_two_milliseconds_or_one_where_a_delay_is_asked_for(
    frame_ms: int, packet_bytes: int, delay_us: int, burst: int
) -> None:
    assert FrameTiming(0, frame_ms * MS, 100, packet_bytes, delay_us * 1000).burst == burst


@pytest.mark.parametrize("factor", [START, RISE])
def test_the_rate_rises_while_nobody_misses_anything(factor: float) -> None:
    """Quickly at first, gently once there was a loss."""
    pacing, now = Eager(), 1
    if factor == RISE:
        pacing.asked_again(began_ns=1, now=2)
        pacing.speed = 1.0
    durations = []
    for _ in range(4):
        began, now = now, frame(pacing, now)
        durations.append(now - began)
    expected = [FRAME_NS / factor**n for n in range(4)]
    # two bursts of ten stand at the start: who wakes late may make up for one
    assert durations == pytest.approx(expected, rel=0.11)


def test_the_rate_stays_near_what_was_reached() -> None:
    """A computer that sends no faster than three times the link: the limit stays below five."""
    pacing, now = Eager(), 0
    for _ in range(50):
        pacing.begin(FrameTiming(0, FRAME_NS, 100, 1500))
        for _ in range(10):
            now = max(now + FRAME_NS // 30, pacing.due_ns())
            pacing.sent(10, now)
        now += FRAME_NS // 30
        pacing.end(now)
    assert 3 < pacing.speed < 5


def test_one_loss_is_one_fall() -> None:
    pacing = Eager()
    pacing.speed = 10.0
    pacing.begin(FrameTiming(0, FRAME_NS, 100, 1500))
    pacing.asked_again(began_ns=1000, now=5000)
    assert pacing.speed == pytest.approx(10 * FALL)
    pacing.asked_again(began_ns=1000, now=6000)  # the same frame, and one that left before the fall
    pacing.asked_again(began_ns=4000, now=7000)
    assert pacing.speed == pytest.approx(10 * FALL)
    pacing.end(8000)
    assert pacing.speed == pytest.approx(10 * FALL), "a frame that somebody missed packets of raises nothing"
    pacing.asked_again(began_ns=9000, now=9500)
    assert pacing.speed == pytest.approx(10 * FALL**2)


def test_being_held_up_is_a_loss_that_nobody_tells_of() -> None:
    pacing = Eager()
    pacing.speed = 4.0
    pacing.begin(FrameTiming(0, FRAME_NS, 100, 1500))
    pacing.sent(10, 500 * MS)  # however long the picture took
    pacing.sent(10, 510 * MS)
    assert pacing.speed == 4.0
    pacing.sent(10, 530 * MS)
    assert pacing.speed == pytest.approx(4 * FALL)
    for n in range(10):
        pacing.sent(1, 600 * MS + n * 300 * MS)
    assert pacing.speed == 1.0, "the camera's own speed, which it had to keep anyway"


def test_there_is_a_least_rate() -> None:
    pacing = Eager()
    for n in range(1, 100):
        pacing.asked_again(began_ns=n * 1000 + 1, now=n * 1000 + 2)
    assert pacing.speed == MIN_SPEED


def leave(plan: FrameTiming, late_ns: list[int]) -> list[int]:
    """Return the times at which bursts leave that are each so much late."""
    pacing, now, moments = OnSchedule(), 0, []
    pacing.begin(plan)
    pacing.sent(0, now)
    for late in late_ns:
        now = max(now, pacing.due_ns()) + late
        moments.append(now)
        pacing.sent(plan.burst, now)
    return moments


@given(st.lists(st.integers(0, 20 * MS), min_size=2, max_size=20))
def test_the_delay_that_a_host_set_is_kept_however_late(late_ns: list[int]) -> None:
    """212 us a packet, of which 200 are the host's: on the mean there is no less, whatever came between."""
    plan = FrameTiming(0, 102 * 200_000 + 100 * 12_000, 100, 1500, delay_ns=200_000)
    assert plan.step_ns == 212_000
    moments = leave(plan, late_ns)
    assert moments[-1] - moments[0] >= (len(moments) - 1) * plan.burst * 212_000


def test_who_is_late_catches_up_a_quarter_faster_than_the_link() -> None:
    """A frame of 20 ms that begins 100 ms late: one burst's time is made up for at once."""
    plan = FrameTiming(0, FRAME_NS, 100, 1500)
    moments = leave(plan, [100 * MS] + 9 * [0])
    step = FRAME_NS // 100 * plan.burst
    assert moments[-1] - moments[0] == pytest.approx((9 / 1.25 - 1) * step, abs=10)


def test_who_was_held_up_catches_up_and_keeps_the_delay() -> None:
    """After 100 ms the link goes a quarter faster, 12 us become 9.6; the host's 200 us stay."""
    plan = FrameTiming(0, 102 * 200_000 + 100 * 12_000, 100, 1500, delay_ns=200_000)
    moments = leave(plan, [0, 100 * MS] + 10 * [0])
    gaps = [after - before for before, after in pairwise(moments[3:])]  # one burst is made up for at once
    assert gaps == [pytest.approx(209_600 * plan.burst, abs=10)] * len(gaps)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """As towards a client on another computer, whose socket nobody can look at."""
    monkeypatch.setattr(Receiver, "has_room", lambda self, now: True)


class Deaf(Eager):
    """As if nobody had asked."""

    def asked_again(self, began_ns: int, now: int) -> None:
        pass

    def end(self, now: int) -> int:
        self.speed += 1
        return 0


def slow_client(pacing: Pacing, every: int = 40, pause_ms: int = 3, frames: int = 60) -> list[int]:
    """Return the losses of each frame for a client that sleeps after so many packets.

    It has the default buffer.
    """
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.bind(("127.0.0.1", 0))
    client.settimeout(0.3)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    picture = np.zeros(1_464_000, np.uint8)
    lost = dict.fromkeys(range(1, frames + 1), 1000)
    sender = Sender(sock, lambda _: None, pacing=pacing)

    def take() -> None:
        count, expected = 0, 1
        while True:
            try:
                header = client.recv(0x1_0000)[:8]
            except TimeoutError:
                return
            count += 1
            if count % every == 0:
                time.sleep(pause_ms / 1000)
            block, form, packet = int.from_bytes(header[2:4]), header[4], int.from_bytes(header[5:8])
            if header[:2] != b"\0\0":
                continue  # sent again
            if form == gvsp.Format.LEADER:
                expected = 1
            elif form == gvsp.Format.PAYLOAD:
                lost[block] -= 1
                if packet > expected:
                    sender.resend(PacketResend(0, block, expected, packet - 1, False), False)
                expected = packet + 1

    thread = threading.Thread(target=take)
    thread.start()
    try:
        for block_id in lost:
            payload: Future = Future()
            payload.set_result(picture)
            target = Target("127.0.0.1", client.getsockname()[1], False)
            image = gvsp.Image(1464, 1000, 0, 0, 0x0108_0001, 8)
            # by its link 50 MB/s; a client that sleeps 3 ms after 40 packets takes about 18
            now = time.monotonic_ns()
            sender.send(Job(image, block_id, picture.size, payload, target, 1500, True, now, now + 30 * MS))
            while sender.unfinished:
                time.sleep(0.001)
            if isinstance(pacing, OnSchedule):
                assert sender.stats.worst_late_ns < MAX_HELD_NS + 30 * MS
        thread.join()
    finally:
        sender.close()
        client.close()
        sock.close()
    return list(lost.values())


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(("pacing", "works"), [(Eager, nullcontext()), (Deaf, pytest.raises(AssertionError))])
def test_a_slow_client_elsewhere_soon_loses_nothing(
    pacing: type[Eager], works: AbstractContextManager
) -> None:
    lost = slow_client(pacing())
    assert sum(lost[:10]) > 100, "it is too slow for the link"
    with works:
        assert sum(n == 0 for n in lost[20:]) >= 30


def test_a_slow_client_on_this_computer_loses_nothing() -> None:
    assert sum(slow_client(Eager())) == 0


BREAKS = (1500, 15, 10)  # packets, then ms: 500 packets of the link


def test_who_stops_for_a_moment_is_waited_for_in_real_time() -> None:
    assert sum(slow_client(OnSchedule(), *BREAKS)) == 0


@pytest.mark.usefixtures("elsewhere")
def test_but_not_elsewhere() -> None:
    assert sum(slow_client(OnSchedule(), *BREAKS)) > 1000


def test_who_is_too_slow_loses_as_he_would_of_a_camera() -> None:
    assert sum(slow_client(OnSchedule(), 40, 10, frames=10)) > 2000
