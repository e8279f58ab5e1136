"""The page beyond one frame: noise, bursts, sets, lessons, and keeping what was done by hand."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from camtwin.rig.scenario.play import play
from camtwin.rig.scenario.schema import parse
from camtwin.studio import picture
from studio.conftest import Seen, until
from studio.test_page import frame_of


def frames(seen: Seen) -> tuple[np.ndarray, np.ndarray]:
    """Return the frame that the page shows and the one that it showed before, rendered anew."""
    view, image = seen.view, seen.cam.twin.image
    return seen.on_twin(image, view.shown.exposure), seen.on_twin(image, view._before.exposure)


def check_noise(seen: Seen) -> None:
    """Look at the difference of two frames: its pixels, and the noise of one frame."""
    page = seen.page
    page.evaluate("studio.link.ask('run', {pace: 1})")
    shown = page.evaluate("studio.frame.id")
    assert seen.until(f"studio.frame.id > {shown} + 1")
    seen.pause()
    if not page.query_selector("[data-look=noise]"):
        page.click("#view")
    page.click("[data-look=noise]")
    page.evaluate("document.querySelector('studio-picture').zoomTo(16)")
    assert seen.until("!!studio.tile && !!studio.frame.noise && studio.numbers.temporal !== undefined")
    now, before = frames(seen)
    difference = now.astype(int) - before
    tile = page.evaluate("(({x, y, w, h, codes}) => ({x, y, w, h, codes: [...codes]}))(studio.tile)")
    x, y, w, h = (tile[side] for side in "xywh")
    codes = np.reshape(tile["codes"], (h, w)) - 2048
    assert np.array_equal(codes, difference[y : y + h, x : x + w])
    x, y, w, h = page.evaluate("studio.numbers.region")
    sigma = difference[y : y + h, x : x + w].std() / np.sqrt(2)
    assert page.evaluate("studio.numbers.temporal") == pytest.approx(sigma, rel=1e-9)
    assert float(seen.text("[data-of='temporal noise']").split()[0]) == pytest.approx(sigma, abs=0.006)


def back(seen: Seen) -> None:
    """Show raw frames again, all of them."""
    if not seen.page.query_selector("[data-look=raw]"):
        seen.page.click("#view")
    seen.page.click("[data-look=raw]")
    seen.page.evaluate("document.querySelector('studio-picture').zoomTo(0)")
    seen.page.click("#view")


def test_noise_is_the_difference_of_two_frames(seen: Seen):
    check_noise(seen)
    back(seen)


def test_noise_of_half_a_difference_turns_red(seen: Seen, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(seen, "patience_s", 1.5)
    monkeypatch.setattr(picture.Difference, "sigma", lambda self, region: 1.0)
    with pytest.raises(AssertionError):
        check_noise(seen)
    back(seen)


def test_numbers_are_kept_over_time(seen: Seen):
    seen.page.click("#over")
    seen.page.evaluate("studio.link.ask('run', {pace: 1})")
    assert seen.until("studio.history.length > 2")
    seen.pause()
    assert seen.until("studio.history.at(-1).mean === studio.numbers.mean")
    times = seen.page.evaluate("studio.history.map(({t}) => t)")
    assert times == sorted(set(times))
    seen.page.click("#over")


def test_frame_is_saved_with_its_settings_and_seed(seen: Seen, tmp_path: Path):
    seen.pause()
    seen.page.click("#save")
    got: list[Path] = []

    def keep(download) -> None:
        path = tmp_path / download.suggested_filename
        download.save_as(path)
        got.append(path)

    seen.page.on("download", keep)
    seen.page.click("[data-kind=npy]")
    assert until(lambda: (seen.page.evaluate("0"), len(got) == 2)[1])
    array = next(path for path in got if path.suffix == ".npy")
    assert np.array_equal(np.load(array), frame_of(seen))
    metadata = json.loads(array.with_name(f"{array.name}.json").read_text())
    assert (metadata["seed"], metadata["settings"]["Width"]) == (7, 640)
    sizes = seen.page.evaluate(
        "async () => (await Promise.all(['tiff', 'dng'].map(kind => studio.link.fetch('save', {kind}))))"
        ".map(({parts}) => Object.values(parts)[0].length)"
    )
    assert min(sizes) > 640 * 480 * 2


def test_a_burst_is_saved_frame_by_frame(seen: Seen):
    seen.pause()
    exposures = []
    delivery = seen.cam.twin.camera.transmitter.on_delivery
    leave = delivery.subscribe(lambda transfer: exposures.append(transfer.exposure))
    if not seen.page.query_selector("#burst"):
        seen.page.click("#save")
    seen.page.fill("#burst", "3")
    seen.page.press("#burst", "Tab")
    with seen.page.expect_download() as saved:
        seen.page.click("[data-kind=npy]")
    leave()
    archive = zipfile.ZipFile(io.BytesIO(Path(saved.value.path()).read_bytes()))
    arrays = [name for name in archive.namelist() if name.endswith(".npy")]
    assert len(arrays) == len(exposures) == 3
    for name, exposure in zip(arrays, exposures, strict=True):
        image = np.load(io.BytesIO(archive.read(name)))
        assert np.array_equal(image, seen.on_twin(seen.cam.twin.image, exposure))
        metadata = json.loads(archive.read(f"{name}.json"))
        assert (metadata["frame_id"], metadata["seed"]) == (exposure.frame_id, 7)


def test_a_set_is_saved_and_loaded(seen: Seen, tmp_path: Path):
    page, cam = seen.page, seen.cam
    page.click("[data-tab=features]")
    for text in ("Gain=4", "TriggerSelector=FrameStart", "TriggerSource=Line2", "DeviceUserID=a = b"):
        seen.on_twin(cam.set, text)
    before = cam.twin.camera.settings
    with page.expect_download() as saved:
        page.click("#saveset")
    saved.value.save_as(tmp_path / "set.txt")
    lines = (tmp_path / "set.txt").read_text().splitlines()
    assert "Gain=4.0" in lines
    assert lines.index("TriggerSelector=FrameStart") < lines.index("TriggerSource=Line2")
    page.click("#factory")
    assert until(lambda: (cam.Gain, cam.Width) == (0.0, 4096))
    page.set_input_files("#setfile", tmp_path / "set.txt")
    assert until(lambda: (cam.Gain, cam.Width, cam.DeviceUserID) == (4.0, 640, "a = b"))
    now = cam.twin.camera.settings
    assert now.TriggerSource == before.TriggerSource
    assert (now.PixelFormat, now.ExposureTime_ns, now.Height) == ("Mono12", 8_000_000, 480)


def test_what_is_seen_of_time_is_exported(seen: Seen):
    """Save the diagram of a triggered frame as SVG and PNG: it has the rows, and the red mark."""
    page = seen.page
    seen.on_twin(seen.cam.set, "TriggerMode=On")
    seen.on_twin(seen.cam.set, "TriggerSource=Line0")
    line = seen.cam.lines["Line0"]
    seen.on_twin(lambda: line.pulse(500_000, period_ns=4_000_000, count=4))
    page.evaluate("studio.link.ask('run', {pace: 1})")
    assert seen.until("studio.counts.missed > 0")
    seen.pause()
    page.click("#marks")
    files: dict[str, bytes] = {}
    for kind in ("svg", "png"):
        page.click("#export")
        with page.expect_download() as saved:
            page.click(f"#exportbox [data-kind={kind}]")
        files[kind] = Path(saved.value.path()).read_bytes()
    root = ElementTree.fromstring(files["svg"])
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Line0 in", "exposure", "readout", "transfer"} <= set(texts)
    red = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--fail')")
    paths = [path.get("fill") for path in root.iter("{http://www.w3.org/2000/svg}path")]
    assert red.strip() in paths  # the sign of a missed trigger
    image = cv2.imdecode(np.frombuffer(files["png"], np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    assert image.shape[:2] == (round(height), round(width))
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 8
    seen.on_twin(seen.cam.set, "TriggerMode=Off")


def test_a_lesson_is_played_and_scrubbed(seen: Seen):
    page = seen.page
    page.click("[data-tab=scenario]")
    page.select_option("#which", "where-noise-comes-from")
    assert seen.until("studio.twin?.camera === 'cam' && !!studio.frame")
    assert page.evaluate("document.querySelectorAll('#lesson .par').length") == 5
    page.evaluate("document.querySelector('studio-scenario').play('where-noise-comes-from', 2500, false)")
    assert seen.until("studio.now === 2.5e9 && !studio.running && studio.twin.camera === 'cam'")
    assert (seen.cam.now, seen.cam.Gain, seen.cam.ExposureTime) == (2_500_000_000, 12.0, 1000.0)
    assert seen.until("document.querySelector('#lesson [aria-current=step] small')?.textContent === '2.0 s'")
    frames = seen.view.trace.delivered
    assert frames > 20  # of the time before, which was carried out at once
    assert seen.until(f"studio.counts.delivered === {frames} && studio.frames.size >= {frames}")
    page.evaluate("studio.link.ask('run', {pace: 'max'})")
    assert until(lambda: seen.cam.now == 5_000_000_000)
    assert seen.until("!studio.running")  # at its end


def test_what_was_done_by_hand_is_saved_as_a_scenario(seen: Seen, tmp_path: Path):
    seen.open("baumer-vcxg-124m")
    seen.on_twin(seen.cam.set, "Gain=5")
    seen.page.click("[data-tab=world]")
    seen.page.fill("#pulses", "3")
    seen.page.press("#pulses", "Tab")
    seen.page.click("#pulse")
    assert until(lambda: len(seen.cam.lines["Line0"].edges) == 6)
    seen.page.evaluate("studio.link.ask('pause')")
    seen.page.click("[data-tab=scenario]")
    with seen.page.expect_download() as saved:
        seen.page.click("#record")
    saved.value.save_as(tmp_path / "mine.toml")
    played = play(parse((tmp_path / "mine.toml").read_text()))
    assert played.cams["cam"].lines["Line0"].edges == seen.cam.lines["Line0"].edges
    assert played.cams["cam"].twin.camera.settings == seen.cam.twin.camera.settings
