"""The threads that render: shared by twins, no more than processors, gone with the last twin."""

from __future__ import annotations

import threading

import pytest

from camtwin.links.base import render_pool as rendering
from camtwin.links.base.render_pool import Rendering


def threads() -> int:
    return sum(thread.name.startswith("render") for thread in threading.enumerate())


@pytest.fixture(autouse=True)
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "threads", lambda: 3)


def test_twins_share_them_and_the_last_one_ends_them() -> None:
    twins, gate = [Rendering() for _ in range(8)], threading.Event()
    asked = [twin.submit(gate.wait) for twin in twins for _ in range(2)]
    assert threads() == 3
    gate.set()
    assert all(future.result(1) for future in asked)
    for twin in twins[1:]:
        twin.close()
    assert twins[0].submit(max, 1, 2).result(1) == 2
    twins[0].close()
    twins[0].close()
    assert threads() == 0


def test_who_leaves_waits_for_what_has_begun_and_nobody_else() -> None:
    leaving, staying = Rendering(), Rendering()
    begun, gate, other = threading.Event(), threading.Event(), threading.Event()

    def last_frame() -> str:
        begun.set()
        gate.wait()
        return "whole"

    under_way = leaving.submit(last_frame)
    others = [staying.submit(other.wait) for _ in range(3)]  # one waits for the third thread
    waiting = leaving.submit(str)
    assert begun.wait(1)
    threading.Timer(0.05, gate.set).start()
    leaving.close()
    assert under_way.result(0) == "whole"
    assert waiting.cancelled()
    assert not any(future.done() for future in others)
    other.set()
    staying.close()
    assert threads() == 0
