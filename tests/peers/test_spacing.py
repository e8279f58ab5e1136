"""The delay that a host sets between packets (GevSCPD), on the wire: Wireshark's capture of what Aravis gets.

Expected times are typed from the standard and from Ethernet, not from the twin: a packet of 1500 bytes takes
1538 bytes of a gigabit, the camera's own pause between packets a few more.
"""

from __future__ import annotations

from itertools import groupby, pairwise
from pathlib import Path

import pytest

from peers.aravis import grab
from peers.netns import ADDRESS, Namespace, captured, sabotaged, twin

PACKET_BYTES = 1500
WIRE_NS = (PACKET_BYTES + 38) * 8
PAUSE_NS = 50 * 8  # at the most: a few tens of bytes (the model's gap_bytes)
PAYLOAD = 3
SLACK = {"AcquisitionFrameRateEnable": "true", "AcquisitionFrameRate": 4}  # who is late is so for one frame
FRAMES, WIDTH, HEIGHT = 4, 512, 256
TOGETHER_NS = 100_000  # what leaves in one burst is seen within this


def times_ns(net: Namespace, file: Path, delay_ns: int) -> list[list[int]]:
    """Return the times at which Wireshark saw the full payload packets of the frames that Aravis got."""
    settings = {"Width": WIDTH, "Height": HEIGHT, "GevSCPD": delay_ns, **SLACK}
    with captured(net, file, ADDRESS):
        grab(net, "--packet-size", str(PACKET_BYTES), frames=FRAMES, **settings)
    wanted = ("-Y", f"frame.len == {PACKET_BYTES + 14}")
    fields = ("-T", "fields", "-e", "frame.time_epoch", "-e", "udp.payload")
    told = net.run("tshark", "-r", file, *wanted, *fields, timeout=60).stdout.splitlines()
    packets = []
    for at, data in (line.split("\t") for line in told):
        seconds, fraction = at.split(".")
        if int(data[8:10], 16) == PAYLOAD and data[:4] == "0000":
            packets.append((data[4:8], int(seconds) * 10**9 + int(fraction.ljust(9, "0"))))
    frames = [[at for _, at in frame] for _, frame in groupby(packets, key=lambda packet: packet[0])]
    # the last is cut when Aravis stops, and a busy computer's capture has gaps
    return [frame for frame in frames if len(frame) == WIDTH * HEIGHT // (PACKET_BYTES - 36)]


def check_spacing(net: Namespace, tmp: Path, delay_ns: int) -> None:
    """Compare the mean gap with the one set; at most a millisecond's packets come together.

    A computer may make gaps longer, so only one frame must be within 2 %; they are never shorter.
    """
    least, most = WIRE_NS + delay_ns, WIRE_NS + delay_ns + PAUSE_NS
    gaps, together = [], []
    for frame in times_ns(net, tmp / "lo.pcap", delay_ns):
        bursts = runs(frame)
        assert len(bursts) > 1
        # the last burst is as long as what is left
        gaps.append((frame[-bursts[-1]] - frame[0]) / (len(frame) - bursts[-1]))
        together.append(max(bursts))
    assert min(gaps) > 0.98 * least, gaps
    assert min(gaps) < 1.02 * most, gaps
    assert min(together) <= max(1, 10**6 // least) * 2, together


def runs(moments: list[int]) -> list[int]:
    """Return the numbers of packets that come together."""
    counts = [1]
    for before, now in pairwise(moments):
        if now - before < TOGETHER_NS:
            counts[-1] += 1
        else:
            counts.append(1)
    return counts


@pytest.mark.parametrize("delay_ns", [200_000, 2_000_000])
def test_packet_delay(delay_ns, tmp_path):
    with twin("--set", "TestPattern=Black") as net:
        check_spacing(net, tmp_path, delay_ns)


@pytest.mark.parametrize("damage", ["packets-bunched", "packet-delay-forgotten"])
def test_turns_red(damage, tmp_path):
    with twin("--set", "TestPattern=Black", command=sabotaged(damage)) as net, pytest.raises(AssertionError):
        check_spacing(net, tmp_path, 200_000)
