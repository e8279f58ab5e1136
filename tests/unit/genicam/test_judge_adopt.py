"""The judge of adopted descriptions: it finds none worse in ours, and finds one that is."""

from __future__ import annotations

from typing import Any

import pytest

from unit.genicam import judge_adopt
from unit.genicam.small_camera import DESCRIPTION


def test_no_node_of_an_adopted_twin_fails_where_the_cameras_own_does_not() -> None:
    judged = judge_adopt.judge(DESCRIPTION.encode())
    assert len(judged.adopted.behaves) + len(judged.adopted.holds) >= 15
    assert judged.worse == []


def test_a_node_that_fails_in_the_twin_alone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = judge_adopt.failures

    def spoiled(xml: str, *args: Any) -> dict[str, str]:
        longer = xml.replace("0x20000</Address><Length>4<", "0x20000</Address><Length>9<")
        return asked(longer if "Width_Value" in xml else xml, *args)

    monkeypatch.setattr(judge_adopt, "failures", spoiled)
    assert judge_adopt.judge(DESCRIPTION.encode()).worse == ["Width"]
