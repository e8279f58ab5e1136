"""Stock Aravis for tests: grabbing frames, carrying out steps with features."""

from __future__ import annotations

import json

from peers.netns import Namespace, settings

RATE_4 = ("--set", "AcquisitionFrameRateEnable=true", "--set", "AcquisitionFrameRate=4")


def grab(net: Namespace, *args: str, frames: int = 3, **features: str | float) -> dict:
    """Grab frames with these features set (in order); every one must come complete, at the first attempt."""
    got = net.aravis("grab", "--frames", str(frames), *settings(features), *args)
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
