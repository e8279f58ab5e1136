"""Frame rates on the wall's clock: what stock Aravis receives is what virtual time says.

The clock is that of the client's process, and the twin's rates in virtual time are held to the data sheet in
tests/unit/camera/frames/test_rates.py. The camera makes a test pattern: what is timed is the link, not how
fast this computer renders.
"""

from __future__ import annotations

import pytest

import camtwin
from peers.netns import MODEL, Namespace, sabotaged, twin
from peers.test_aravis import grab

SECONDS = 3.3  # at least 3, so that 10 ms of a client that wakes late are 0.3 %
SETTLED = 5  # frames until the image memory is full and the link sets the rate
FIXED = {"ExposureTime": 15.0, "TestPattern": "Black"}
JUMBO = 9000
ROWS = {
    "full frame": (4096, 3000),
    "UHD": (3840, 2160),
    "Full HD": (1920, 1080),
    "VGA": (640, 480),
}


def rate_Hz(moments_ns: list[int]) -> float:
    return (len(moments_ns) - 1) * 1e9 / (moments_ns[-1] - moments_ns[0])


def virtual_Hz(width: int, height: int, frames: int) -> float:
    """Return the rate at which these very frames arrive in virtual time."""
    with camtwin.open(MODEL, render=False) as cam:
        for name, value in {"Width": width, "Height": height, "GevSCPSPacketSize": JUMBO, **FIXED}.items():
            setattr(cam, name, value)
        return rate_Hz([f.received_ns for f in cam.frames(frames)][SETTLED:])


def check_rate(net: Namespace, width: int, height: int) -> None:
    frames = SETTLED + 1 + int(SECONDS * virtual_Hz(width, height, 100))
    expected = pytest.approx(virtual_Hz(width, height, frames), rel=0.01)
    got = grab(net, "--times-only", "--packet-size", str(JUMBO), frames=frames,
               Width=width, Height=height, **FIXED)["frames"]  # fmt: skip
    assert [f["id"] for f in got] == list(range(1, frames + 1))
    arrived = [f["arrived_ns"] for f in got][SETTLED:]
    assert arrived[-1] - arrived[0] > 3e9
    assert rate_Hz(arrived) == expected


@pytest.mark.parametrize("row", ROWS)
def test_rate(row):
    with twin() as net:
        check_rate(net, *ROWS[row])


def test_slow_pacing_turns_red():
    with (
        twin(command=sabotaged("pacing-slow")) as net,
        pytest.raises(AssertionError, match="comparison failed"),
    ):
        check_rate(net, *ROWS["VGA"])
