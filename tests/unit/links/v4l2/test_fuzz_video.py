"""A little of the fuzz that `make fuzz` does at length."""

from __future__ import annotations

import os

import pytest

from unit.links.v4l2.fuzz_video import MAX_GROWTH_BYTES, fuzz


@pytest.mark.parametrize("seed", [1, 2])
def test_random_messages_leave_the_server_whole(seed, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    before = len(os.listdir("/proc/self/fd"))
    assert fuzz(5000, seed) < MAX_GROWTH_BYTES
    assert len(os.listdir("/proc/self/fd")) <= before + 2
