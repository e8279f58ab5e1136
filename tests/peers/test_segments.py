"""Large datagrams that the kernel cuts: every receiver gets real packets, and they are used where that is so.

The kernel counts what goes over loopback before a receiver cuts it: a large datagram is one there.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest

from peers.netns import (
    ADDRESS,
    CAMTWIN,
    MODEL,
    WITHOUT_PACKET_SOCKETS,
    Namespace,
    RunningTwin,
    captured,
    sabotaged,
)
from peers.session import Session

FRAMES, SIDE, PACKET_BYTES = 3, 1024, 1500
PACKETS = FRAMES * SIDE**2 // PACKET_BYTES
RED = pytest.raises(AssertionError)


def frames_arrive(net: Namespace, prefix: Sequence[str] = ()) -> int:
    """All frames are whole; what the kernel counted on loopback meanwhile."""
    before = sent(net)
    size = ("--set", f"Width={SIDE}", "--set", f"Height={SIDE}")
    options = ("--packet-size", str(PACKET_BYTES), "--timeout", "3", "--frames", str(FRAMES), *size)
    got = net.aravis("grab", *options, prefix=prefix)
    assert [frame["status"] for frame in got["frames"]] == ["success"] * FRAMES
    return sent(net) - before


def sent(net: Namespace) -> int:
    return int(net.run("cat", "/sys/class/net/lo/statistics/tx_packets").stdout)


@pytest.mark.parametrize(
    ("lo", "damage", "works"),
    [
        ("off", None, nullcontext()),  # the kernel cuts for everybody
        ("on", None, nullcontext()),  # it does not, and a packet socket listens: sent one by one
        ("on", "datagrams-uncut", RED),
    ],
)
def test_a_packet_socket_gets_packets(lo, damage, works):
    with Namespace() as net:
        net.run("ethtool", "-K", "lo", "tx-udp-segmentation", lo)
        with RunningTwin(net, sabotaged(damage) if damage else CAMTWIN), works:
            assert frames_arrive(net) > PACKETS


def segmented(net: Namespace) -> str:
    """on or off: does loopback take large datagrams whole?"""
    (line,) = (x for x in net.run("ethtool", "-k", "lo").stdout.splitlines() if "tx-udp-segmentation" in x)
    return line.split()[1]


@pytest.mark.parametrize("before", ["on", "off"])
def test_loopback_is_tuned_while_a_twin_runs_and_then_as_it_was(before):
    with Namespace() as net:
        net.run("ethtool", "-K", "lo", "tx-udp-segmentation", before)
        with RunningTwin(net, CAMTWIN, "--tune-loopback"):
            assert segmented(net) == "off"
            assert frames_arrive(net) > PACKETS
        assert segmented(net) == before


def test_who_may_not_tune_is_told():
    with Namespace() as net:
        denied = ("setpriv", "--inh-caps=-net_admin", "--bounding-set=-net_admin")
        said = net.run(*denied, *CAMTWIN, "run", MODEL, "--tune-loopback", ok=False)
        assert said.returncode == 2
        wanted = (
            "camtwin: cannot turn tx-udp-segmentation off on lo: that needs the capability CAP_NET_ADMIN\n"
        )
        assert said.stderr == wanted


@pytest.mark.parametrize(("damage", "works"), [(None, nullcontext()), ("datagrams-small", RED)])
def test_without_packet_sockets_datagrams_are_large(damage, works):
    """As Aravis is for everybody but root: its plain socket gets packets all the same."""
    with Namespace() as net, RunningTwin(net, sabotaged(damage) if damage else CAMTWIN), works:
        assert frames_arrive(net, WITHOUT_PACKET_SOCKETS) < PACKETS / 2, "control is some, too"


@pytest.mark.parametrize(("damage", "works"), [(None, nullcontext()), ("datagrams-decided-once", RED)])
def test_a_packet_socket_that_opens_in_mid_stream_costs_a_frame_at_most(damage, works, tmp_path: Path):
    """Wireshark's capture begins while an Aravis without a packet socket streams."""
    file = tmp_path / "lo.pcap"
    with (
        Namespace() as net,
        RunningTwin(net, sabotaged(damage) if damage else CAMTWIN),
        Session(net, prefix=WITHOUT_PACKET_SOCKETS) as client,
    ):
        for name in ("Width", "Height"):
            client("set", name, SIDE)
        client("stream")
        assert client("frame")
        with captured(net, file, ADDRESS):
            assert all(client("frame") for _ in range(12)), "four may have waited in the client's buffers"
        fields = ("-T", "fields", "-e", "frame.len", "-e", "udp.payload")
        told = net.run("tshark", "-r", file, *fields, timeout=60).stdout.splitlines()
        packets = [(int(size), data[4:8]) for size, data in (line.split("\t") for line in told)]
        large = {block for size, block in packets if size > PACKET_BYTES + 14}
        small = {block for size, block in packets if size == PACKET_BYTES + 14}
        with works:
            assert len(large) <= 1
            assert len(small) >= 3
