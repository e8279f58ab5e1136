"""A studio in a thread of the tests, so that they see what the camera then did, and one browser for all."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from camtwin.session.session import Session
from camtwin.studio import serve
from camtwin.studio.guard import Guard
from camtwin.studio.twins import Twins

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_s = 60.0
FIRST = {
    "scene": "chart",
    "seed": 7,
    "settings": ("PixelFormat=Mono12", "Width=640", "Height=480", "ExposureTime=8000"),
}


def until(what: Callable[[], object], seconds: float = PATIENCE_s) -> bool:
    """Look until something is true; False if it has not been within so many seconds."""
    ends = time.monotonic() + seconds
    while not what():
        if time.monotonic() > ends:
            return False
        time.sleep(0.01)
    return True


@dataclass
class Running:
    """A server that listens, its gate and its twins."""

    port: int
    gate: Guard
    twins: Twins

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/#{self.gate.token}"


@pytest.fixture(scope="session")
def studio() -> Iterator[Running]:
    listening = serve.listen("127.0.0.1", 0)
    _, port = serve.address_of(listening)
    gate, twins = Guard.on("127.0.0.1", port), Twins()
    server = serve.server(serve.application(gate, {**FIRST, "models": []}, twins))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
    thread.start()
    yield Running(port, gate, twins)
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()
    assert twins.inspect() == []  # each ended with its page


@dataclass
class Seen:
    """A page in the browser, and the twin that it shows."""

    page: Page
    studio: Running
    patience_s: float = PATIENCE_s
    places: int = 200
    complaints: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.page.evaluate("studio.twin.name")

    @property
    def cam(self) -> Session:
        return self.studio.twins[self.name].cam

    def on_twin(self, call: Callable[..., Any], *args: Any) -> Any:
        """Carry out a call on the twin's thread."""
        return self.studio.twins[self.name].paced.call(call, *args).result()

    def until(self, script: str) -> bool:
        """Look until a script of the page returns something true."""
        return until(lambda: self.page.evaluate(script), self.patience_s)

    def text(self, selector: str) -> str:
        return self.page.evaluate("s => document.querySelector(s)?.textContent ?? ''", selector)

    def open(self, model: str) -> None:
        """Open a camera, and wait for its first frame."""
        chooser = f"[data-model={model}]"
        if self.page.query_selector(chooser):
            self.page.click(chooser)
        else:
            self.page.select_option("#another", model)
        assert self.until(f"studio.stage === 'live' && studio.twin.model === '{model}' && !!studio.frame")

    def pause(self) -> None:
        """Stop time, and wait until the page shows the newest frame."""
        self.page.evaluate("studio.link.ask('pause')")
        assert self.until("!studio.running")
        self.settle()

    def settle(self) -> None:
        """Wait until the page shows the newest frame, has asked for more, and nothing came."""
        view = self.view

        def settled() -> bool:
            newest = view._newest.exposure.frame_id
            sent = view._credit and not view.trace.pending and view.shown.exposure.frame_id == newest
            return sent and self.page.evaluate("studio.frame?.id") == newest

        assert until(settled, self.patience_s)

    @property
    def view(self) -> Any:
        """The server's side of the page."""
        from camtwin.studio.page import View

        on_slice = self.studio.twins[self.name].paced.on_slice
        calls = (getattr(call, "__self__", None) for call in on_slice._calls.values())
        return next(each for each in calls if isinstance(each, View))


@pytest.fixture(scope="module")  # Playwright keeps a loop in this thread; later tests want their own
def seen(studio: Running) -> Iterator[Seen]:
    assert CHROMIUM.exists(), "chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme="light")
        page.set_default_timeout(PATIENCE_s * 1000)
        here = Seen(page, studio)
        page.on("pageerror", lambda error: here.complaints.append(str(error)))
        page.on("console", lambda said: here.complaints.append(said.text) if said.type == "error" else None)
        page.goto(studio.url)
        assert here.until("window.studio?.stage === 'choose'")
        here.open("baumer-vcxg-124m")
        yield here
        assert here.complaints == []
        browser.close()
    assert until(lambda: studio.twins.inspect() == [])
