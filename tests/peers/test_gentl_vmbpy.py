"""Stock VmbPy, over VmbC, takes a twin for a camera of a GenTL producer.

Each check is run on a sabotaged twin, too, and fails there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from peers.gentl import PYTHONPATH, GentlTwins, let_in
from peers.netns import HERE, sabotaged

EXPOSURE_us = 2500.0
TICK_ns = 8
RATE = 40.0
MODES = ["Full", "Read", "Exclusive"]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return let_in(tmp_path_factory.mktemp("vmbpy"))


def session(package: Path) -> Any:
    path = os.pathsep.join((str(package), PYTHONPATH))
    done = subprocess.run(
        [sys.executable, HERE / "vmbpy_session.py", "VCXG-124M"],
        env={**os.environ, "PYTHONPATH": path},
        text=True,
        capture_output=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check_list(got: Any, twins: GentlTwins) -> None:
    assert [vendor for vendor, _ in got["layers"]] == ["camtwin"]
    kinds = [["camtwin-gev", "GEV"], ["camtwin-u3v", "U3V"], ["camtwin-custom", "Custom"]]
    assert got["interfaces"] == kinds
    gev, usb = twins.serials
    assert got["cameras"] == {
        "VCXG-124M": [f"Baumer-VCXG-124M-{gev}", gev, MODES],
        "acA4112-20um": [f"Basler-acA4112-20um-{usb}", usb, MODES],
    }


def check_features(got: Any, _: GentlTwins) -> None:
    assert got["exposure"] == EXPOSURE_us
    assert "is not within [15.0, 60000000.0]" in got["above the limit"]
    assert got["stream"] == ["GigEVision", 2]
    assert got["local"] >= 10


def check_frames(got: Any, _: GentlTwins) -> None:
    for mode in ("AnnounceFrame", "AllocAndAnnounceFrame"):
        assert [frame[0] for frame in got[mode]] == list(range(1, 16)), mode
        assert all(whole and shape == [480, 640, 1] for _, whole, shape, *_ in got[mode]), mode
        assert all(different > 2 for *_, different, _ in got[mode]), "noise"
        stamps = [frame[4] for frame in got[mode]]
        assert all(abs(b - a - 1e9 / RATE) <= TICK_ns for a, b in pairwise(stamps)), mode


def check_chunks(got: Any, _: GentlTwins) -> None:
    assert got["chunks"] == [EXPOSURE_us] * 3


def check_events(got: Any, _: GentlTwins) -> None:
    assert len(got["heard"]) == len(got["triggered"]) == 3
    late = [heard - taken for heard, taken in zip(got["heard"], got["triggered"], strict=True)]
    assert all(abs(ns - EXPOSURE_us * 1000) <= TICK_ns for ns in late), late


CHECKS: dict[Callable[[Any, GentlTwins], None], str] = {
    check_list: "gentl-id-nameless",
    check_features: "gentl-exposure-stays",
    check_frames: "gentl-frames-uncounted",
    check_chunks: "gentl-chunks-unsaid",
    check_events: "gentl-events-unsaid",
}
"""Each check, and what is wrong with a twin that it has to find."""


@pytest.fixture(scope="module")
def seen(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, GentlTwins]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        with GentlTwins() as twins:
            yield session(package), twins


@pytest.mark.parametrize("check", CHECKS)
def test_vmbpy(check: Callable[[Any, GentlTwins], None], seen: tuple[Any, GentlTwins]) -> None:
    check(*seen)


def test_they_turn_red(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run one session on a twin with all of this wrong."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with GentlTwins(command=sabotaged("+".join(CHECKS.values()))) as twins:
        got = session(package)
        for check in CHECKS:
            with pytest.raises(AssertionError):
                check(got, twins)
