"""Two percent of the packets are lost, and every frame is accounted for.

At 4 frames a second the one image that the camera remembers is there until Aravis has all of it: each frame
comes whole. At full rate the next frame overwrites it: a frame is whole, or the twin answered that packets of
it are gone. What the twin answered is read from its own capture (--pcap).

A slice runs among the other tests; `make loss` runs 200 frames.
"""

from __future__ import annotations

import mmap
import re
import struct
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from peers.gvcp import PORT
from peers.netns import CAMTWIN, Namespace, PeerError, RunningTwin, sabotaged
from peers.test_aravis import check_loss_heals

LOSS = ("--fault", "drop=0.02", "--set", "TestPattern=Black")
GONE = {0x800C: "unavailable", 0x8010: "not yet", 0x8011: "it and all before removed", 0x8012: "removed"}


def packets(file: Path):
    """(status, block id, packet id) of each packet of the stream in the twin's capture, in order."""
    with file.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = 24
        while at < len(data):
            (size,) = struct.unpack_from("<I", data, at + 8)
            source, to, _, status, block_id, form = struct.unpack_from(">HHIHHI", data, at + 16 + 34)
            if PORT not in (source, to):
                yield status, block_id, form & 0xFF_FFFF
            at += 16 + size


def check_accounted(
    net: Namespace, running: RunningTwin, capture: Path, packet_size: int, frames: int
) -> None:
    """Every frame at full rate: whole, or asked for too late and answered so, or never sent, and counted."""
    got = net.aravis("grab", "--frames", str(frames), "--times-only", "--packet-size", str(packet_size),
                     "--buffers", "20", "--patient", timeout=120)  # fmt: skip
    running.__exit__()
    whole = {f["id"] for f in got["frames"] if f["status"] == "success"}
    last = max(f["id"] for f in got["frames"])
    sent, refused, statuses = defaultdict(set), defaultdict(set), Counter()
    for status, block_id, packet_id in packets(capture):
        statuses[status] += 1
        (refused if status & 0x8000 else sent)[block_id].add(packet_id)
    count = -(-12_288_000 // (packet_size - 36)) + 2
    lost = [n for n in range(1, last + 1) if n not in whole]
    skipped = [n for n in lost if n not in sent]
    told = re.findall(r"(\d+) dropped", running.said[-1])
    print(f"{last} frames of {count} packets, {len(whole)} whole, {len(lost) - len(skipped)} lost,", end=" ")
    print(
        f"{len(skipped)} never sent;", {f"{s:#06x}": n for s, n in statuses.items()}, running.said[-1].strip()
    )
    assert set(statuses) <= {0, 0x0100, *GONE}
    assert statuses[0x0100] > 0
    assert len(skipped) <= sum(map(int, told))
    for n in whole:
        assert len(sent[n]) == count, "whole at the client, so all of it has left"
    for n in set(lost) - set(skipped):
        missing = set(range(count)) - sent[n]
        assert missing & refused[n], f"frame {n}: {len(missing)} packets never left, and nobody was told"


@pytest.mark.parametrize("packet_size", [1500, 9000])
def test_at_four_frames_a_second_all_is_healed(packet_size, request):
    with Namespace() as net, RunningTwin(net, CAMTWIN, *LOSS) as running:
        check_loss_heals(net, running, packet_size, request.config.getoption("--frames"))


@pytest.mark.parametrize("packet_size", [1500, 9000])
def test_at_full_rate_every_frame_is_accounted_for(packet_size, request, tmp_path):
    options = (*LOSS, "--pcap", str(tmp_path / "c"))
    with Namespace() as net, RunningTwin(net, CAMTWIN, *options) as running:
        check_accounted(net, running, tmp_path / "c", packet_size, request.config.getoption("--frames"))


@pytest.mark.parametrize("damage", ["resend-deaf", "faults-uncounted"])
def test_healing_turns_red(damage):
    with (
        Namespace() as net,
        RunningTwin(net, sabotaged(damage), *LOSS) as running,
        pytest.raises(AssertionError),
    ):
        check_loss_heals(net, running, 1500, frames=6)


def test_silence_turns_red(tmp_path):
    options = (*LOSS, "--pcap", str(tmp_path / "c"))
    with (
        Namespace() as net,
        RunningTwin(net, sabotaged("refusals-silent"), *options) as running,
        pytest.raises(AssertionError, match="nobody was told") as told,
    ):
        check_accounted(net, running, tmp_path / "c", 1500, 12)
    assert not isinstance(told.value, PeerError)
