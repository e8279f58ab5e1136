"""The tutorials do what they say, as written."""

from __future__ import annotations

from pathlib import Path

import pytest

from walkthrough import Walk

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"
ELSEWHERE = {"losing-packets.md": "tests/peers/test_tutorials.py"}
"""Those that need a client that is not ours."""
WALKS = {
    "trigger-and-flash.md": {"file": 1, "python": 2, "command": 3},
    "camera-in-ci.md": {"file": 2, "python": 0, "command": 2},
    "measuring.md": {"file": 0, "python": 3, "command": 0},
    "lens-and-exposure.md": {"file": 0, "python": 1, "command": 3},
}


@pytest.mark.parametrize("page", WALKS)
def test_each_step_does_as_it_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    assert Walk(TUTORIALS / page, tmp_path).begin().ran == WALKS[page]


def test_no_tutorial_is_left_out():
    assert {path.name for path in TUTORIALS.glob("*.md")} == WALKS.keys() | ELSEWHERE.keys()


def test_a_walk_notices_what_a_page_gets_wrong(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1)\n```\n```text\n2\n```\n")
    with pytest.raises(AssertionError):
        Walk(page, tmp_path).begin()
