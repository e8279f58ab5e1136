"""A C program that opens a video device by fopen, and reads frames as from a file.

The check is run on a twin in the light, too, and fails there.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from peers.netns import HERE
from peers.test_v4l2 import BYTES, ModuleTwin

SIZE = BYTES["4056"]
DARK_DN = 64.0
"""Codes of dark pixels: the module's usual black level, of 10 bits."""


def check(tmp_path: Path, twin: ModuleTwin) -> None:
    program = tmp_path / "stdio"
    if not program.exists():
        subprocess.run(["cc", "-O1", "-Wall", "-Werror", "-o", program, HERE / "v4l2_stdio.c"], check=True)
    about, frames, closed, made, again = twin.run(program, f"/dev/video{twin.number}", str(SIZE)).splitlines()
    assert about == "0 camtwin 1"
    one, two, different, mean = frames.split()
    assert (int(one), int(two), different) == (SIZE, SIZE, "1")
    assert abs(float(mean) - DARK_DN) < 0.5
    assert (closed, made, again) == ("0 -1", "0", "0 ENXIO")


def test_a_program_reads_frames_as_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with ModuleTwin("--pace", "max", "--scene", "flat:1") as twin:
        check(tmp_path, twin)
    with ModuleTwin("--pace", "max", "--scene", "flat:2e5") as twin, pytest.raises(AssertionError):
        check(tmp_path, twin)
