"""Aravis and tshark see faults exactly where they were asked for: packets by name, a path with a hole."""

from __future__ import annotations

from pathlib import Path

import pytest

from peers.netns import CAMTWIN, Namespace, RunningTwin, sabotaged, settings
from peers.test_wireshark import PAYLOAD, captured, fields

PACKET_SIZE, FRAMES = 1500, 5
SMALL = settings(
    {"Width": 256, "Height": 128, "AcquisitionFrameRateEnable": "true", "AcquisitionFrameRate": 4}
)
LAST = 256 * 128 // (PACKET_SIZE - 36) + 2  # of a frame's packets: its trailer
LOST = {(2, 5), (2, 6), (3, LAST), (4, 1)}
DROP = "drop=" + ",".join(f"{block}:{'trailer' if packet == LAST else packet}" for block, packet in LOST)
HOLE = 4000


def sent(net: Namespace, file: Path, address: str = "127.0.0.1") -> list[tuple[int, int, int]]:
    """(block, packet, status) of each packet of the stream, as tshark reads them."""
    ports = fields(net, file, "udp.srcport", "udp.dstport")
    streams = {source for source, to in ports if "3956" not in (source, to)}
    decode = tuple(a for port in streams for a in ("-d", f"udp.port=={port},gvsp"))
    rows = fields(
        net, file, "gvsp.blockid16", "gvsp.packetid24", "gvsp.status", options=(*decode, "-Y", "gvsp")
    )
    return [(int(block, 0), int(packet, 0), int(status, 0)) for block, packet, status in rows]


def check_packets(net: Namespace, tmp: Path) -> None:
    """Aravis gets each frame whole, asks for the packets that were named, and tshark misses no other."""
    with captured(net, tmp / "lo.pcapng"):
        got = net.aravis(
            "grab", "--frames", str(FRAMES), *SMALL, "--packet-size", str(PACKET_SIZE), "--patient"
        )
    assert [frame["status"] for frame in got["frames"]] == ["success"] * FRAMES
    packets = sent(net, tmp / "lo.pcapng")
    first = {(block, packet) for block, packet, status in packets if status == 0}
    everything = {(block, packet) for block in range(1, FRAMES + 1) for packet in range(LAST + 1)}
    assert everything - first == LOST
    assert {(block, packet) for block, packet, status in packets if status == 0x0100} == LOST
    assert got["stream"]["n_resent_packets"] == len(LOST)


ONCE = {"duplicate": (2, 5), "reorder": (3, 4), "delay": (4, 2), "corrupt": (5, 3)}
"""A packet of each kind but `drop`."""
ODDLY = tuple(a for kind, (block, packet) in ONCE.items() for a in ("--fault", f"{kind}={block}:{packet}"))
HEADER_BYTES = 8


def check_kinds(net: Namespace, tmp: Path) -> None:
    """tshark reads packets twice, late, overtaken and damaged where that was asked for, and nowhere else."""
    with captured(net, tmp / "lo.pcapng"):
        got = net.aravis(
            "grab", "--frames", str(FRAMES), *SMALL, "--packet-size", str(PACKET_SIZE), "--patient"
        )
    assert [frame["status"] for frame in got["frames"]] == ["success"] * FRAMES
    packets = [(b, p) for b, p, status in sent(net, tmp / "lo.pcapng") if status == 0]
    late, after = packets.index(ONCE["delay"]), packets.index((4, 3))
    assert late > after
    del packets[late]
    expected = [(block, packet) for block in range(1, FRAMES + 1) for packet in range(LAST + 1)]
    expected.remove(ONCE["delay"])
    twice, overtaken = (expected.index(ONCE[kind]) for kind in ("duplicate", "reorder"))
    expected[overtaken : overtaken + 2] = reversed(expected[overtaken : overtaken + 2])
    expected.insert(twice, ONCE["duplicate"])
    assert packets == expected
    assert damaged(net, tmp / "lo.pcapng") == {ONCE["corrupt"]}
    black, *_ = (frame["sha256"] for frame in got["frames"])
    assert [frame["sha256"] == black for frame in got["frames"]] == [True] * 4 + [False]


def damaged(net: Namespace, file: Path) -> set[tuple[int, int]]:
    """Return the packets of black images that are not black."""
    places = set[tuple[int, int]]()
    for to, text in fields(net, file, "udp.dstport", "udp.payload"):
        data = bytes.fromhex(text)
        if to != "3956" and data[4] == PAYLOAD and any(data[HEADER_BYTES:]):
            places.add((int.from_bytes(data[2:4], "big"), int.from_bytes(data[5:8], "big")))
    return places


def check_hole(net: Namespace) -> None:
    """Aravis finds by test packets how much the path carries, though the register allows more."""
    got = net.aravis("grab", "--frames", "2", *SMALL)
    assert [frame["status"] for frame in got["frames"]] == ["success"] * 2
    size = int(net.arv_tool("control", "GevSCPSPacketSize").split("=")[1].split()[0])
    assert HOLE // 2 < size <= HOLE


@pytest.mark.parametrize("command", [CAMTWIN, sabotaged("exact-faults-beside")], ids=["", "beside"])
def test_these_packets_are_lost_and_no_other(tmp_path, command):
    with Namespace() as net, RunningTwin(net, command, "--fault", DROP):
        if command is CAMTWIN:
            check_packets(net, tmp_path)
        else:
            with pytest.raises(AssertionError):
                check_packets(net, tmp_path)


@pytest.mark.parametrize("command", [CAMTWIN, sabotaged("exact-faults-beside")], ids=["", "beside"])
def test_these_packets_are_late_or_odd_and_no_other(tmp_path, command):
    with Namespace() as net, RunningTwin(net, command, *ODDLY, "--set", "TestPattern=Black"):
        if command is CAMTWIN:
            check_kinds(net, tmp_path)
        else:
            with pytest.raises(AssertionError):
                check_kinds(net, tmp_path)


@pytest.mark.parametrize("command", [CAMTWIN, sabotaged("path-hole-for-probes-only")], ids=["", "probes"])
def test_the_path_has_a_hole(command):
    with Namespace() as net, RunningTwin(net, command, "--fault", f"mtu={HOLE}"):
        if command is CAMTWIN:
            check_hole(net)
        else:
            with pytest.raises(AssertionError):
                check_hole(net)
