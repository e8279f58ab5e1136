"""Measure what a test with a small camera costs: 200 of them under pytest -n 2, beside the cameras alone.

    python benchmarks/small_tests.py

The floor is 200 cameras that are opened one after the other in one process, with a frame of 64 x 64 each.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from importlib.metadata import entry_points
from pathlib import Path

import camtwin

COUNT, LIMIT_s = 200, 15.0
TESTS = f"""
import pytest

@pytest.mark.parametrize("n", range({COUNT}))
@pytest.mark.camtwin("baumer-vcxg-124m", scene="flat", set=["Width=64", "Height=64"])
def test_small(twin, n):
    twin.cam.ExposureTime = 1000 + n
    (frame,) = twin.cam.grab()
    assert frame.image.shape == (64, 64)
    assert twin.seen.writes == [("ExposureTime", 1000 + n)]
"""


def floor_s() -> float:
    """Return the seconds of the cameras alone, after a first one."""
    begin = 0.0
    for number in range(COUNT + 1):
        with camtwin.open("baumer-vcxg-124m", scene="flat", seed=number) as cam:
            cam.Width, cam.Height = 64, 64
            cam.grab()
        begin = begin or time.perf_counter()
    return time.perf_counter() - begin


def tests_s() -> float:
    """Return the seconds of the tests, pytest and its workers included."""
    installed = any(point.value == "camtwin.testing.plugin" for point in entry_points(group="pytest11"))
    plugin = () if installed else ("-p", "camtwin.testing.plugin")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_small.py").write_text(TESTS)
        begin = time.perf_counter()
        command = [sys.executable, "-m", "pytest", *plugin, "-q", "-n", "2", "-p", "no:cacheprovider"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - begin


if __name__ == "__main__":
    alone, tests = floor_s(), tests_s()
    print(f"{COUNT} small tests, -n 2: {tests:.1f} s (limit {LIMIT_s:g}); the cameras alone: {alone:.1f} s")
    sys.exit(tests > LIMIT_s)
