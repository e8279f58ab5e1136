"""Applications on every model that fits: GStreamer's aravissrc, Aravis' own calls, a host after a killed one.

Each check runs on the twin, and on a sabotaged one, where the very same function has to fail.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from peers import netns, usb
from peers.netns import ADDRESS, CAMTWIN, HERE, SYSTEM_PYTHON, Namespace, PeerError, RunningTwin, sabotaged
from peers.session import Session
from peers.usb import UsbTwin

GIGE, USB, COLOUR = netns.MODEL, usb.MODEL, "ids-imx412"
MODELS = (GIGE, USB, COLOUR)
MONO = (GIGE, USB)
"""The colour camera has no black level, and GStreamer no caps for its maker's own packed formats."""
HEARTBEAT_s = 3
STARTS = 20


class Place(NamedTuple):
    """A running twin as its hosts reach it: a command that runs them there, and its address."""

    model: str
    prefix: Sequence[str]
    address: str

    def run(self, script: str, *args: str, timeout: float = 100) -> Any:
        """Return the JSON that one of this folder's scripts prints."""
        command = [*self.prefix, SYSTEM_PYTHON, str(HERE / script), self.address, *args]
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
        if done.returncode:
            raise PeerError(f"{script}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout)


@contextmanager
def served(model: str, command: Sequence[str | Path] = CAMTWIN) -> Iterator[Place]:
    if model == GIGE:
        with Namespace() as net, RunningTwin(net, command):
            yield Place(model, net.prefix, ADDRESS)
    else:
        with UsbTwin(model=model, command=command) as twin:
            yield Place(model, twin.prefix, "usb")


def check_own_calls(place: Place) -> None:
    """Set black level and frame rate by the calls that Aravis has for them; frames come at that rate."""
    said = place.run("aravis_api.py")
    if place.model == COLOUR:
        assert said["black_level"] is None
    else:
        most = {GIGE: 255.0, USB: 511.0}[place.model]
        assert said["black_level"] == {"bounds": [0.0, most], "before": 0.0, "after": 32.0}
    assert said["rate"]["after"] == 5.0
    assert said["intervals_ms"] == pytest.approx([200.0] * 3, abs=0.01)


def check_rate_by_caps(place: Place) -> None:
    (start,) = place.run("gst_camera.py", "--rate", "10/1", "--read", "AcquisitionFrameRate", "--frames", "4")
    assert (start["error"], start["sizes"]) == (None, [320 * 240])
    assert "framerate=(fraction)10/1" in start["caps"]
    assert float(start["read"]["AcquisitionFrameRate"]) == 10.0
    assert start["intervals_ms"][:3] == pytest.approx([100.0] * 3, abs=0.01)


def check_black_level_by_features(place: Place) -> None:
    (start,) = place.run("gst_camera.py", "--features", "BlackLevel=32", "--read", "BlackLevel")
    assert start["error"] is None
    assert float(start["read"]["BlackLevel"]) == 32.0


def check_starts(place: Place) -> None:
    """Start and stop one pipeline again and again: it streams each time."""
    starts = place.run("gst_camera.py", "--frames", "2", "--starts", str(STARTS), "--rate", "20/1")
    assert [start["error"] for start in starts] == [None] * STARTS
    assert [start["sizes"] for start in starts] == [[320 * 240]] * STARTS


def check_after_a_killed_host(place: Place) -> None:
    """Kill a host that streams and has locked parameters: the next one sets them, and streams."""
    with Session(place, address=place.address) as first:
        first("stream")
        assert first("set", "TLParamsLocked", 1) is True
        assert first("frame") == "success"
        height = first("get", "Height")
        assert "error" in str(first("set", "Height", 320))
    time.sleep(HEARTBEAT_s + 1 if place.model == GIGE else 0.5)
    with Session(place, address=place.address) as second:
        assert second("get", "TLParamsLocked") == "0"
        assert second("get", "Height") == height
        assert second("set", "Height", 320) is True
        second("stream")
        assert second("frame") == "success"


CHECKS = {
    "own calls": (check_own_calls, MODELS, "rates-unheard"),
    "rate by caps": (check_rate_by_caps, MONO, "rates-unheard"),
    "black level by features": (check_black_level_by_features, MONO, "black-level-unheard"),
    "starts": (check_starts, MONO, "starts-run-out"),
    "after a killed host": (check_after_a_killed_host, MODELS, "lock-outlives"),
}


@pytest.mark.parametrize(("name", "model"), [(name, m) for name, (_, fit, _) in CHECKS.items() for m in fit])
def test_applications(name, model):
    with served(model) as place:
        CHECKS[name][0](place)


@pytest.mark.parametrize(
    ("name", "model"), [(name, m) for name, (_, fit, _) in CHECKS.items() for m in fit[:2]]
)
def test_turns_red(name, model):
    check, _, sabotage = CHECKS[name]
    with served(model, sabotaged(sabotage)) as place, pytest.raises(AssertionError):
        check(place)
