"""The Linux kernel attaches the USB3 Vision twin by its own vhci_hcd, and stock Aravis streams in the guest.

`make test-vm`. Not a part of `make test`: it needs root once, for the machine's disk, and a minute or two.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
import viva_genicam

from peers.netns import HERE as PEERS
from peers.usb import UsbTwin
from vm.machine import HERE, PACE, boot, disk

SECONDS = 240
VIVA = Path(viva_genicam.__file__).parent / "_native.abi3.so"
"""viva-camctl: all of it is in here, and runs on the guest's own Python."""


@pytest.fixture(scope="module")
def said() -> list[str]:
    """Return the guest's output, from attaching to the twin's second life."""
    disk()
    twins = [UsbTwin(*PACE)]
    twins[0].__enter__()
    port = twins[0].port

    def told(line: str) -> None:
        if line == "== kill":
            twins[0].kill()
        if line == "== gone":
            twins.append(UsbTwin(*PACE, port=port))
            twins[-1].__enter__()

    try:
        job = f"set -- {port}\n" + (HERE / "job").read_text()
        lines = boot(job, SECONDS, told, (PEERS / "aravis_grab.py", VIVA))
    finally:
        twins[-1].__exit__()
    print("\n".join(lines))
    return [line.removeprefix("== ") for line in lines if line.startswith("== ")]


def check_grabbed(said: list[str], run: str, count: int) -> None:
    """One run of aravis_grab.py: every frame whole, in order, and none missing."""
    (text,) = (line.removeprefix(f"{run} ") for line in said if line.startswith(f"{run} "))
    got = json.loads(text)
    assert [frame["status"] for frame in got["frames"]] == ["success"] * count
    assert [frame["id"] for frame in got["frames"]] == list(range(count))
    assert got["stream"]["n_failures"] == 0


@pytest.mark.timeout(1500)
def test_the_kernel_enumerates_it(said):
    assert any(line.startswith("kernel 6.") for line in said)
    assert "attached" in said
    assert "speed 5000" in said
    assert "lsusb 4 endpoints, 0 complaints" in said


def test_aravis_lists_it_and_grabs_fifty_frames(said):
    assert any(re.match(r"listed Basler-2676\w+-4\d{7} \(USB3\)", line) for line in said)
    check_grabbed(said, "first", 50)


def test_viva_lists_it_and_receives_frames_with_chunks(said):
    """viva-genicam reaches USB cameras through the kernel alone; the region is what Aravis has set."""
    assert any(re.match(r"viva list 0 +2676:ba02 +Basler +acA4112-20um", line) for line in said)
    frame = r"viva frame #(\d+): 1024x1000 Mono8 block=(\d+) ts=(\d+) .*\nviva ChunkTimestamp = (\d+)"
    frames = [tuple(map(int, found)) for found in re.findall(frame, "\n".join(said))]
    assert [number[:2] for number in frames[:10]] == [(n, n - 1) for n in range(1, 11)]
    assert all(timestamp == chunk for _, _, timestamp, chunk in frames)


def test_viva_receives_events(said):
    """Three ends of exposure, of frames in a row, at the period of 10 Hz."""
    told = [line.removeprefix("viva event Event") for line in said if line.startswith("viva event Event")]
    values = [dict(line.split(" = ") for line in told[at : at + 3]) for at in (0, 3, 6)]
    numbers = [int(value["ExposureEndFrameID"]) for value in values]
    times = [int(value["ExposureEndTimestamp"]) for value in values]
    assert numbers == [numbers[0] + n for n in range(3)]
    assert [b - a for a, b in pairwise(times)] == [100_000_000] * 2


def test_detach_in_mid_stream_and_attach_again(said):
    assert "detached" in said
    assert not any(line.startswith("cut ") for line in said), "it had all of its thousand frames"
    assert "attached again" in said
    check_grabbed(said, "second", 10)


def test_the_twin_is_killed_and_comes_back(said):
    assert "gone" in said
    check_grabbed(said, "third", 10)


def test_the_kernel_has_nothing_to_complain_of(said):
    assert said[-1] == "end"
    assert not [line for line in said if re.search(r"BUG|Oops|WARNING", line)]
