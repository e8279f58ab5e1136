"""`--pace`: camera time goes faster than the wall, and stock Aravis gets every frame, with true times."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import nullcontext

import pytest

import camtwin
from peers.aravis import grab
from peers.gvcp import CCP, Gvcp
from peers.netns import ADDRESS, CAMTWIN, HERE, MODEL, SYSTEM_PYTHON, Namespace, sabotaged, twin
from peers.test_rates import rate_Hz

SMALL = {"Width": 640, "Height": 480, "GevSCPSPacketSize": 1500, "ExposureTime": 4000.0}
FRAMES = 150  # 3 s at half the pace: 10 ms of a client that wakes late are a fifth of what is allowed
SCP = 0x0D00  # the stream channel's port; 0 while it is closed
HEARTBEAT_S = 3.0  # the bootstrap register's default


def virtual_ns(frames: int) -> list[int]:
    """Return the timestamps of these frames in virtual time, from the first one."""
    with camtwin.open(MODEL, render=False) as cam:
        for name, value in SMALL.items():
            setattr(cam, name, value)
        times = [f.timestamp_ns for f in cam.frames(frames)]
    return [t - times[0] for t in times]


def check_times(net: Namespace, frames: int = 40) -> None:
    """Frame periods by camera time are those of virtual time, to the camera's tick of 8 ns."""
    got = grab(net, "--packet-size", "1500", frames=frames, **SMALL)["frames"]
    assert [f["id"] for f in got] == list(range(1, frames + 1))
    times = [f["timestamp_ns"] - got[0]["timestamp_ns"] for f in got]
    assert all(abs(t - v) <= 8 for t, v in zip(times, virtual_ns(frames), strict=True))


def check_fast(net: Namespace, least: float, most: float) -> None:
    """Frames arrive so many times as often as camera time says."""
    got = grab(net, "--times-only", "--packet-size", "1500", frames=FRAMES, **SMALL)["frames"]
    arrived = [f["arrived_ns"] for f in got][10:]
    assert least < rate_Hz(arrived) / rate_Hz(virtual_ns(FRAMES)[10:]) < most


def check_killed_client(net: Namespace) -> None:
    """Control is free and the stream closed within the heartbeat timeout, though camera time ran on."""
    client = subprocess.Popen(
        [*net.prefix, SYSTEM_PYTHON, str(HERE / "aravis_grab.py"), "--times-only", "--frames", "1000000"],
        stdout=subprocess.DEVNULL,
    )
    with net.socket() as sock:
        twin = Gvcp(sock, ADDRESS)
        _until(lambda: twin.read_register(SCP) != 0, 10)
        time.sleep(1)
        client.send_signal(signal.SIGKILL)
        client.wait()
        _until(lambda: twin.read_register(CCP) == twin.read_register(SCP) == 0, HEARTBEAT_S + 1)


def _until(true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


@pytest.mark.parametrize("pace", ["0.5", "4", "max"])
def test_times_are_true_at_any_pace(pace):
    with twin("--pace", pace) as net:
        check_times(net)


@pytest.mark.parametrize("pace", ["4", "max"])
def test_times_by_the_wall_turn_red(pace):
    with twin("--pace", pace, command=sabotaged("timestamps-by-wall")) as net, pytest.raises(AssertionError):
        check_times(net)


@pytest.mark.parametrize(("pace", "least", "most"), [("0.5", 0.49, 0.51), ("max", 1.1, 99)])
def test_rate_at_a_pace(pace, least, most):
    with twin("--pace", pace, "--set", "TestPattern=Black") as net:
        check_fast(net, least, most)


def test_pace_ignored_turns_red():
    with (
        twin("--pace", "max", "--set", "TestPattern=Black", command=sabotaged("pace-ignored")) as net,
        pytest.raises(AssertionError),
    ):
        check_fast(net, 1.1, 99)


@pytest.mark.parametrize(
    ("damage", "works"),
    [(None, nullcontext()), ("heartbeat-endless", pytest.raises(AssertionError))],
)
def test_killed_client(damage, works):
    with twin("--pace", "max", command=sabotaged(damage) if damage else CAMTWIN) as net, works:
        check_killed_client(net)


def test_the_same_bytes_at_any_pace(tmp_path):
    """Repeat a host's session at pace max in virtual time: the same frames, byte for byte."""
    journal = tmp_path / "run.jsonl"
    with twin("--pace", "max", "--journal", str(journal)) as net:
        grab(net, frames=12, **SMALL)
    with Namespace() as net:
        again = json.loads(net.run(*CAMTWIN, "replay", str(journal), "--json").stdout)
    assert again["frames"] >= 12
    assert again["different"] == 0
