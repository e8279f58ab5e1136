"""Sanitizers judge the producer while nine threads of a program do everything at once (consumer.c)."""

from __future__ import annotations

from pathlib import Path

import pytest

from unit.links.gentl.calls import Library, Opened
from unit.links.gentl.sanitized import FAULTS, SANITIZERS, built, consumed, spoilt
from unit.links.gentl.serving import Serving

ORDERS = 6
"""Sessions that end each in a way of its own."""
CALLS = 3000
"""Calls of each of nine threads; valgrind judges them in peers/test_gentl_valgrind.py."""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture(scope="module", autouse=True)
def small(library: Library, serving: Serving) -> None:
    """Let the camera send small frames, as the consumer's buffers are."""
    opened = Opened(library)
    for feature, value in {"TriggerMode": 0, "Width": 64, "Height": 64}.items():
        assert serving.write(opened, feature, value) == 0
    opened.close()


@pytest.mark.parametrize("sanitizer", SANITIZERS)
def test_sanitizers_are_content(sanitizer: str, serving: Serving, tmp_path: Path) -> None:
    program = built(SANITIZERS[sanitizer], tmp_path)
    assert f"{ORDERS} frames" in consumed(program, "orders", ORDERS, serving)
    consumed(program, "threads", CALLS, serving)


@pytest.mark.parametrize("sanitizer", FAULTS)
def test_they_find_faults(
    sanitizer: str, serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = spoilt(monkeypatch, sanitizer)
    program = built(SANITIZERS[sanitizer], tmp_path)
    with pytest.raises(AssertionError, match=said):
        consumed(program, "orders", ORDERS, serving)
