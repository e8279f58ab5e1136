"""Fifty full frames at `--pace max`, none lost, by each way that a client may take its packets.

By a packet socket, as Aravis does as root, or by a plain one, as it does for everybody else; and from a twin
that may write to loopback itself, or may not. What the kernel counts of UDP says which way they came.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from peers.netns import CAMTWIN, WITHOUT_PACKET_SOCKETS, Namespace, RunningTwin, sabotaged, settings

FRAMES = 50
FULL = {"PixelFormat": "Mono8", "Width": 4096, "Height": 3000}
PACKETS = {size: 4096 * 3000 // (size - 36) for size in (576, 1500, 9000)}
PLAIN, PACKET = WITHOUT_PACKET_SOCKETS, ()


def check_frames(net: Namespace, packet_bytes: int, client: Sequence[str], frames: int = FRAMES) -> int:
    """All are whole, at the first attempt; how many UDP packets came in until the stream ended."""
    before = udp_datagrams(net)
    options = ("--packet-size", str(packet_bytes), "--frames", str(frames), *settings(FULL))
    got = net.aravis("grab", *options, timeout=90, prefix=client)
    assert [frame["status"] for frame in got["frames"]] == ["success"] * frames
    assert {got["stream"][name] for name in ("n_failures", "n_resent_packets", "n_missing_packets")} == {0}
    return udp_datagrams(net) - before


def udp_datagrams(net: Namespace) -> int:
    """Return the number of packets that the kernel had for UDP sockets, whether they had room or not."""
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
    with Namespace() as net:
        with RunningTwin(net, (*twins, *CAMTWIN), "--pace", "max") as running:
            came = check_frames(net, packet_bytes, client)
        sent = int(re.findall(r"(\d+) frames", "".join(running.said))[-1])
        assert sent >= FRAMES
        assert least < came / sent / PACKETS[packet_bytes] < most


def test_small_packets_for_a_plain_socket() -> None:
    """The kernel counts more than twice the bytes of a packet of 576: fewer of them leave at once."""
    with Namespace() as net, RunningTwin(net, CAMTWIN, "--pace", "max"):
        check_frames(net, 576, PLAIN, frames=10)


@pytest.mark.parametrize(
    ("damage", "client"),
    [
        ("queue-unheeded", PLAIN),  # the client's queue runs over
        ("direct-always", PLAIN),  # what goes into loopback itself never reaches a UDP socket
        ("wire-lossy+resend-deaf", PACKET),
    ],
)
def test_turns_red(damage: str, client: Sequence[str]) -> None:
    with (
        Namespace() as net,
        RunningTwin(net, sabotaged(damage), "--pace", "max"),
        pytest.raises(AssertionError),
    ):
        check_frames(net, 1500, client, frames=10)
