"""Judge the memory of camtwin.cti by valgrind: no error and nothing lost, however its modules are closed.

`make soak` has ten times as much done.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from peers.gentl import small_frames
from peers.test_libusb import VALGRIND
from unit.links.gentl.sanitized import built, consumed, spoilt
from unit.links.gentl.serving import Serving

KINDS = ("--errors-for-leak-kinds=definite,indirect,possible",)
"""The C library keeps a block of each thread's storage that belonged to a library which has been closed."""
ORDERS, CALLS = 6, 100
SOAK = 10
TIMEOUT_s = 110


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path))


@pytest.fixture
def small(own_folders: None) -> Iterator[Serving]:
    with small_frames() as serving:
        yield serving


def test_valgrind_is_content(small: Serving, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    frames = request.config.getoption("--frames")
    assert isinstance(frames, int)
    count = SOAK if frames >= 200 else 1
    program = [*VALGRIND, *KINDS, *built("", tmp_path)]
    said = consumed(program, "orders", ORDERS * count, small, timeout=TIMEOUT_s * count)
    assert f"{ORDERS * count} frames" in said
    consumed(program, "threads", CALLS * count, small, timeout=TIMEOUT_s * count)


def test_it_finds_a_leak(small: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt(monkeypatch, "address")
    with pytest.raises(AssertionError, match="definitely lost"):
        consumed([*VALGRIND, *KINDS, *built("", tmp_path)], "orders", 1, small)
