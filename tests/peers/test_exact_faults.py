"""Aravis and tshark see faults exactly where they were asked for: packets by name, a path with a hole."""

from __future__ import annotations

from pathlib import Path

import pytest

from peers.netns import CAMTWIN, Namespace, RunningTwin, sabotaged, settings
from peers.test_wireshark import captured, fields

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


@pytest.mark.parametrize("command", [CAMTWIN, sabotaged("path-hole-for-probes-only")], ids=["", "probes"])
def test_the_path_has_a_hole(command):
    with Namespace() as net, RunningTwin(net, command, "--fault", f"mtu={HOLE}"):
        if command is CAMTWIN:
            check_hole(net)
        else:
            with pytest.raises(AssertionError):
                check_hole(net)
