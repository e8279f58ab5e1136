"""Whatever list of faults is asked for, a host's packets show exactly it, and the link reports exactly it."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from camtwin.testing.twin import Wanted, in_process
from camtwin.units import MS

BLOCKS: Final = 4
PACKET_BYTES: Final = 1036
LAST: Final = 64 * 64 // 1000 + 2
"""The trailer of a frame of 64 x 64 bytes, in packets of 1000."""
KINDS: Final = ("drop", "duplicate", "reorder", "corrupt")
Packets = list[tuple[tuple[int, int], bytes]]


def received(**faults: list[tuple[int, int]]) -> tuple[Packets, Counter[str]]:
    """Return the packets that a host has, ((block, packet), bytes), and how many faults are reported."""
    small = ("Width=64", "Height=64", "ExposureTime=1000", "AcquisitionMode=MultiFrame")
    twin = in_process(Wanted(set=(*small, f"AcquisitionFrameCount={BLOCKS}"), render=False), seed=7)
    host = twin.cam.host(1)
    for register, value in ((0xA00, 2), (0xD04, PACKET_BYTES), (0xD18, 0x0A00_0002), (0xD00, 5000)):
        host.write(register, value)
    if faults:
        twin.inject("packets", **faults)
    twin.cam.AcquisitionStart()
    twin.cam.advance(500 * MS)
    packets = [
        ((int.from_bytes(data[2:4], "big"), int.from_bytes(data[5:8], "big")), bytes(data))
        for data in host.packets
    ]
    struck = Counter({kind: count for kind, count in twin.session._network.faults.items() if count})
    twin.close()
    return packets, struck


@cache
def whole() -> dict[tuple[int, int], bytes]:
    """Return the packets of a network without faults."""
    packets, struck = received()
    assert struck == {}
    assert [place for place, _ in packets] == [(b, p) for b in range(1, BLOCKS + 1) for p in range(LAST + 1)]
    return dict(packets)


PLACES = st.lists(st.tuples(st.integers(1, BLOCKS), st.integers(0, LAST)), max_size=8, unique=True)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.fixed_dictionaries(dict.fromkeys(KINDS, PLACES)))
def test_what_is_reported_and_received_is_what_was_asked(faults):
    clean = whole()
    packets, struck = received(**{kind: places for kind, places in faults.items() if places})
    drop = {*faults["drop"]}
    asked = {kind: {*places} - (drop if kind != "drop" else set()) for kind, places in faults.items()}
    counts = Counter(place for place, _ in packets)
    assert clean.keys() - counts.keys() == asked["drop"]
    assert {place for place, count in counts.items() if count == 2} == asked["duplicate"]
    assert max(counts.values(), default=1) <= 2
    assert {place for place, data in packets if data != clean[place]} == asked["corrupt"]
    for kind in ("drop", "duplicate", "corrupt"):
        assert struck[kind] == len(asked[kind])
