"""The page beside a camera that another program uses: who it is, what it reads and writes, its frames."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, sync_playwright

from camtwin.links.background import Background
from camtwin.links.kind import ServedTwin
from camtwin.session.session import Session, connect
from camtwin.studio import attached, serve
from camtwin.studio.guard import Guard
from peers.gvcp import CCP, CONTROL, Gvcp
from studio.conftest import CHROMIUM, PATIENCE_s, until

ADDRESS = "127.83.0.1"
SETTINGS = ("Width=320", "Height=240", "ExposureTime=4000", "TriggerMode=On", "TriggerSource=Software")


@dataclass
class Beside:
    """A page beside a served camera, and a client of its own kind."""

    page: Page
    cam: Session
    client: Gvcp
    served: Background

    def until(self, script: str, seconds: float = PATIENCE_s) -> bool:
        return until(lambda: self.page.evaluate(script), seconds)

    def address(self, name: str) -> int:
        return self.cam.twin.camera.tree.find(name).address


@pytest.fixture(scope="module")
def beside() -> Iterator[Beside]:
    cam = connect("baumer-vcxg-124m", scene="chart", render=False)
    for text in SETTINGS:
        cam.set(text)
    listening = serve.listen("127.0.0.1", 0)
    gate = Guard.on(*serve.address_of(listening))
    with (
        listening,
        Background([ServedTwin(cam.twin, ADDRESS)]) as served,
        sync_playwright() as playwright,
    ):
        assert served._loop
        pages = asyncio.run_coroutine_threadsafe(
            serve.serve_attached(listening, gate, served.links), served._loop
        )
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"http://127.0.0.1:{serve.address_of(listening)[1]}/#{gate.token}")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((ADDRESS, 0))
            here = Beside(page, cam, Gvcp(sock, ADDRESS), served)
            assert here.until("window.studio?.stage === 'live'")
            yield here
            browser.close()
        assert until(lambda: not cam.twin.camera.on_request)  # the page has left nothing behind
        pages.cancel()


def check_log(beside: Beside, seconds: float = PATIENCE_s) -> None:
    """Read and write as a client: the page says who it is, and which features."""
    page, client, cam = beside.page, beside.client, beside.cam
    page.click("[data-tab=clients]")
    client.write_register(CCP, CONTROL)
    width = 320 if cam.Width != 320 else 336
    client.write_register(beside.address("Width"), width)
    assert cam.Width == width
    client.read_register(beside.address("Height"))
    host, port = client.sock.getsockname()
    assert beside.until(f"document.getElementById('client')?.textContent === '{host}:{port}'", seconds)
    rows = "[...document.querySelectorAll('#log > span')].map(span => span.textContent)"
    for text in (f"Width = {width}", "Height"):
        assert beside.until(f"{rows}.includes('{text}')", seconds), text
    assert beside.until("studio.states.Width.value === " + str(width), seconds)


def test_the_log_says_what_a_client_does(beside: Beside):
    check_log(beside)
    with pytest.raises(AssertionError):
        beside.client.write_register(beside.address("Width"), 3)
    assert beside.until("document.querySelector('#log .refused') !== null")


def test_a_description_is_one_line_of_the_log(beside: Beside):
    beside.client.xml()
    told = "[...studio.log.values()].filter(entry => entry.text === 'GenICam description')"
    assert beside.until(f"{told}.length === 1 && {told}[0].times > 10")


def test_a_log_that_hears_nothing_turns_red(beside: Beside, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(attached.Log, "changes", lambda self: [])
    with pytest.raises(AssertionError):
        check_log(beside, 1.5)


def test_frames_are_shown_as_they_were_sent(beside: Beside):
    """Take a frame by hand: the page shows it, and its raw values are the frame's."""
    camera = beside.cam.twin.camera
    beside.served.call(camera.start)
    beside.served.call(beside.cam.set, "TriggerSoftware")
    assert beside.until("studio.frame?.width === " + str(beside.cam.Width))
    found = beside.page.evaluate("studio.link.ask('pixel', {x: 100, y: 50})")
    exposure = next(
        call.__self__.shown.exposure
        for call in camera.on_feature._calls.values()
        if type(call.__self__).__name__ == "View"
    )
    assert found["dn"] == beside.cam.twin.image(exposure)[50, 100]


@pytest.mark.parametrize(("word", "who"), [("dropped", "This computer"), ("skipped", "The host")])
def test_frames_that_no_program_got_are_told(
    beside: Beside, monkeypatch: pytest.MonkeyPatch, word: str, who: str
):
    """Have a link say that it did not send 3 frames: the page no longer says that every frame arrived."""
    counts = attached.Attached.counts
    monkeypatch.setattr(attached.Attached, "counts", lambda self: counts(self) | {word: 3})
    assert beside.until(f"studio.verdicts[1].text === '3 frames {word}'")
    assert beside.page.evaluate("studio.verdicts[1].more").startswith(f"{who} is too slow")


def test_time_belongs_to_the_client(beside: Beside):
    answer = beside.page.evaluate("studio.link.ask('pause').catch(problem => problem.message)")
    assert "in real time" in answer
    assert beside.page.query_selector("#run") is None
    assert beside.page.query_selector("#another") is None
    refused = beside.page.evaluate("studio.link.ask('create', {model: 'ids-imx412'}).catch(p => p.message)")
    assert "opens no others" in refused
