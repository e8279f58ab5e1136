"""`--pace` of a USB3 Vision camera: stock Aravis gets every frame, with true times, as fast as it asks."""

from __future__ import annotations

import re
from typing import Any

import pytest

import camtwin
from peers.netns import sabotaged
from peers.test_rates import rate_Hz
from peers.usb import MODEL, UsbTwin

SLOW = {"Width": 640, "Height": 480, "AcquisitionFrameRateEnable": True, "AcquisitionFrameRate": 10.0}
FRAMES = 40  # 2 s at twice the pace: 10 ms of a client that wakes late are a tenth of what is allowed


def check(twin: UsbTwin, *args: str, least: float = 3.0, most: float = 999.0) -> None:
    """Frames come so many times as often as their timestamps say, which are those of virtual time."""
    features: dict[str, Any] = {name: str(value).lower() for name, value in SLOW.items()}
    got = twin.grab("--timeout", "3", *args, frames=FRAMES, **features)["frames"]
    assert [f["id"] for f in got] == list(range(FRAMES))
    with camtwin.open(MODEL, render=False) as cam:
        for name, value in SLOW.items():
            setattr(cam, name, value)
        virtual = [f.timestamp_ns for f in cam.frames(FRAMES)]
    stamps = [f["timestamp_ns"] for f in got]
    assert [t - stamps[0] for t in stamps] == [t - virtual[0] for t in virtual]
    assert least < rate_Hz([f["arrived_ns"] for f in got]) / rate_Hz(stamps) < most


@pytest.mark.parametrize(("pace", "least", "most"), [("2", 1.9, 2.1), ("max", 3.0, 999.0)])
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_frames_come_faster_than_camera_time_says(pace, least, most, mode):
    with UsbTwin("--pace", pace) as twin:
        check(twin, "--usb-mode", mode, least=least, most=most)


def test_a_client_with_two_buffers_sets_the_pace():
    """Nothing is dropped that it has no buffer for yet: camera time stands until it asks.

    It holds each for a moment: Aravis 0.8.26 forgets a buffer that comes back while the callback of its
    trailer still runs (ctx->buffer = NULL follows the push in arvuvstream.c).
    """
    with UsbTwin("--pace", "max") as twin:
        check(twin, "--usb-mode", "async", "--buffers", "2", "--hold", "0.005")


SLOW_FRAMES, HOLD_S = 12, 0.4


def check_slow_host(twin: UsbTwin) -> None:
    """Take 0.4 s a frame, with two buffers, of a camera that makes 10 a second: its memory skips the rest."""
    small = {**SLOW, "Width": 624}  # in steps of 12 or of 16
    features: dict[str, Any] = {name: str(value).lower() for name, value in small.items()}
    options = ("--usb-mode", "async", "--buffers", "2", "--hold", str(HOLD_S))
    got = twin.grab(*options, frames=SLOW_FRAMES, **features)["frames"]
    blocks = [f["id"] for f in got]
    assert blocks == sorted(set(blocks))
    assert blocks[-1] > 2 * SLOW_FRAMES, "frames were skipped, and block ids say so"
    ages_s = [(f["arrived_ns"] - f["timestamp_ns"]) / 1e9 for f in got]
    assert max(ages_s) - min(ages_s) < 5 * HOLD_S, "two buffers, two images in memory, one on the link"
    twin.__exit__()
    assert re.search(r"[1-9]\d* skipped: the host is too slow", "".join(twin.said))
    assert "this computer is too slow" not in "".join(twin.said)


@pytest.mark.parametrize("model", [MODEL, "ids-imx412"])
def test_a_slow_host_gets_fresh_frames_with_gaps(model):
    with UsbTwin(model=model) as twin:
        check_slow_host(twin)


def test_a_slow_host_that_the_camera_does_not_notice_turns_red():
    with UsbTwin(command=sabotaged("usb-host-unnoticed")) as twin, pytest.raises(AssertionError):
        check_slow_host(twin)


@pytest.mark.parametrize("damage", ["pace-ignored", "usb-room-unheard", "timestamps-by-wall"])
def test_turns_red(damage):
    with UsbTwin("--pace", "max", command=sabotaged(damage)) as twin, pytest.raises(AssertionError):
        check(twin)
