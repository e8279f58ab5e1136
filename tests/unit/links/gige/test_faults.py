"""A bad network on purpose: packets that are struck are those that were asked for, and are counted."""

from __future__ import annotations

import time

import numpy as np
import pytest

from camtwin.links.gige.faults import DELAY_NS, DROP, Faults
from camtwin.units import SEC
from compare import assert_same_bytes
from unit.links.gige.send.sender_bench import PICTURE, Bench


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
    faults = Faults.parse([f"{kind}=0.1"], seed=3)
    assert faults
    bench = Bench(faults)
    begun = time.monotonic()  # the receiver may hear the first packets late
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
        assert min(late[n] for n in hit) - begun > DELAY_NS / SEC / 2
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
    """Compare the share struck of n packets with p, within five standard deviations; each attempt anew."""
    n, p = 200_000, 0.02
    ids = np.arange(n, dtype=np.uint64)
    faults = Faults.parse([f"{kind}={p}"], seed=5)
    assert faults
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
