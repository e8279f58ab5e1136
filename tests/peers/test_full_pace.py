"""Fifty full frames at `--pace max`, none lost, by each way that a client may take its packets.

By a packet socket, as Aravis does as root, or by a plain one, as it does for everybody else; and from a twin
that may write to loopback itself, or may not. What the kernel counts of UDP says which way they came.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import pytest

from peers.netns import CAMTWIN, Namespace, RunningTwin, sabotaged, settings

FRAMES = 50
WITHOUT_PACKET_SOCKETS = ("setpriv", "--inh-caps=-net_raw", "--bounding-set=-net_raw")
FULL = {"PixelFormat": "Mono8", "Width": 4096, "Height": 3000}
PACKETS = {1500: 4096 * 3000 // 1464, 9000: 4096 * 3000 // 8964}
PLAIN, PACKET = WITHOUT_PACKET_SOCKETS, ()
RED = pytest.raises(AssertionError)


def check_frames(net: Namespace, packet_bytes: int, client: Sequence[str], frames: int = FRAMES) -> float:
    """All are whole, at the first attempt; how many UDP packets came in for each, in frames."""
    before = udp_datagrams(net)
    options = ("--packet-size", str(packet_bytes), "--frames", str(frames), *settings(FULL))
    got = net.aravis("grab", *options, timeout=90, prefix=client)
    assert [frame["status"] for frame in got["frames"]] == ["success"] * frames
    assert {got["stream"][name] for name in ("n_failures", "n_resent_packets", "n_missing_packets")} == {0}
    return (udp_datagrams(net) - before) / frames / PACKETS[packet_bytes]


def udp_datagrams(net: Namespace) -> int:
    """How many packets the kernel had for UDP sockets, whether they had room or not."""
    names, values = (
        line.split() for line in net.run("cat", "/proc/net/snmp").stdout.splitlines() if line[:4] == "Udp:"
    )
    counts = dict(zip(names[1:], map(int, values[1:]), strict=True))
    return counts["InDatagrams"] + counts["RcvbufErrors"]


@pytest.mark.parametrize("packet_bytes", [1500, 9000])
@pytest.mark.parametrize(
    ("twins", "client", "least", "most"),
    [
        (PACKET, PACKET, 0.0, 0.1),  # straight into loopback, once nobody is seen to read the UDP socket
        (PLAIN, PACKET, 0.8, 1.2),  # all through UDP, which Aravis does not read
        (PACKET, PLAIN, 0.8, 1.2),
    ],
)
def test_fifty_frames(
    twins: Sequence[str], client: Sequence[str], least: float, most: float, packet_bytes: int
) -> None:
    with Namespace() as net, RunningTwin(net, (*twins, *CAMTWIN), "--pace", "max"):
        assert least < check_frames(net, packet_bytes, client) < most


@pytest.mark.parametrize(
    ("damage", "client", "works"),
    [
        ("queue-unheeded", PLAIN, RED),  # the client's queue runs over
        ("direct-always", PLAIN, RED),  # what goes into loopback itself never reaches a UDP socket
        ("wire-lossy+resend-deaf", PACKET, RED),
    ],
)
def test_turns_red(damage: str, client: Sequence[str], works: AbstractContextManager) -> None:
    with Namespace() as net, RunningTwin(net, sabotaged(damage), "--pace", "max"), works:
        check_frames(net, 1500, client, frames=10)
