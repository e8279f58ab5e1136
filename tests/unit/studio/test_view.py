"""A page's view of a twin, without a page."""

from __future__ import annotations

import json
import time
from threading import Event
from typing import Any

import pytest

from camtwin.isp import Calibration
from camtwin.studio import page
from camtwin.studio.page import View
from camtwin.studio.twins import Twins


def test_time_goes_on_while_colours_are_computed(monkeypatch: pytest.MonkeyPatch):
    computed, updates = Event(), list[dict[str, Any]]()

    def slow(model: str) -> Calibration:
        assert computed.wait(60)
        return Calibration(model)

    monkeypatch.setattr(page, "of_model", slow)
    twins = Twins()
    running = twins.create("ids-imx412", scene="flat", settings=("Width=360", "Height=240"))

    def send(data: bytes) -> None:
        updates.append(json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")]))
        running.paced.call(view.do, "ack", {})

    def begin() -> View:
        view = View(running, send)
        running.cam.twin.camera.start()
        return view

    def until(what: Any) -> bool:
        ends = time.monotonic() + 60
        while not what() and time.monotonic() < ends:
            time.sleep(0.01)
        return bool(what())

    view = running.paced.call(begin).result()
    running.paced.call(view.do, "begin", {}).result()
    running.paced.call(view.do, "look", {"as": "colour"}).result()
    running.paced.call(view.do, "run", {"pace": 1}).result()
    assert until(lambda: len([update for update in updates if "frame" in update]) > 1)  # raw, meanwhile
    frames = [update["frame"] for update in updates if "frame" in update]
    assert not any("coloured" in frame for frame in frames)
    running.paced.call(view.do, "pause", {}).result()
    computed.set()
    assert until(lambda: any(update.get("frame", {}).get("coloured") for update in updates))
    twins.close()
