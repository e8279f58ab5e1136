"""What tests ask of stock Aravis: to grab frames, to do steps with features."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

from peers.netns import Namespace

RATE_4 = ("--set", "AcquisitionFrameRateEnable=true", "--set", "AcquisitionFrameRate=4")


def grab(net: Namespace, *args: str, frames: int = 3, **features: str | float) -> dict:
    """Grab frames with these features set (in order); every one must come complete, at the first attempt."""
    settings = [a for name, value in features.items() for a in ("--set", f"{name}={value}")]
    got = net.aravis("grab", "--frames", str(frames), *settings, *args)
    assert [f["status"] for f in got["frames"]] == ["success"] * frames
    lost = (
        "n_failures",
        "n_underruns",
        "n_missing_frames",
        "n_missing_packets",
        "n_error_packets",
        "n_size_mismatch_errors",
        "n_ignored_packets",
        "n_duplicated_packets",
        "n_resend_requests",
    )
    assert {name: got["stream"][name] for name in lost} == dict.fromkeys(lost, 0)
    return got


def steps(net: Namespace, *each: tuple) -> list:
    return net.aravis("features", json.dumps(each))


def at_best(check: Callable[..., object], *args: Any, tries: int = 3, **named: Any) -> None:
    """The check, tried again: other work on this computer may have cost a frame."""
    for _ in range(tries - 1):
        with contextlib.suppress(AssertionError):
            check(*args, **named)
            return
    check(*args, **named)
