"""A client on this computer that stops for a moment, in real time: it is waited for, as its socket is small.

1500 packets of a camera's full speed come in 18 ms; a socket's default queue holds 92.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext

import pytest

from peers.netns import CAMTWIN, HERE, WITHOUT_PACKET_SOCKETS, Namespace, RunningTwin, sabotaged, settings

PAUSE_ms, FRAMES = 15, 15
FULL = {"PixelFormat": "Mono8", "Width": 4096, "Height": 3000}


def check_pauses(net: Namespace) -> None:
    pausing = (sys.executable, str(HERE / "pausing.py"), str(PAUSE_ms))
    options = ("--packet-size", "1500", "--frames", str(FRAMES), "--times-only", *settings(FULL))
    got = net.aravis("grab", *options, timeout=90, prefix=(*WITHOUT_PACKET_SOCKETS, *pausing))
    assert [frame["status"] for frame in got["frames"]] == ["success"] * FRAMES
    assert {got["stream"][name] for name in ("n_failures", "n_resent_packets", "n_missing_packets")} == {0}


@pytest.mark.parametrize(
    ("damage", "works"), [(None, nullcontext()), ("queue-unheeded", pytest.raises(AssertionError))]
)
def test_a_client_that_stops_for_a_moment(damage, works) -> None:
    with Namespace() as net, RunningTwin(net, sabotaged(damage) if damage else CAMTWIN), works:
        check_pauses(net)
