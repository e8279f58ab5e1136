"""The page in Debian's chromium: every panel as a person drives it, judged by what the camera then did.

Each check is also run on a server with one thing wrong, and must fail there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from camtwin.planner import rates
from camtwin.studio import picture, world
from camtwin.studio.features import Features
from camtwin.studio.trace import Edges
from studio.conftest import Seen, until

IMPATIENT_s = 1.5
"""Patience with a server that has something wrong."""


def frame_of(seen: Seen) -> np.ndarray:
    """Return the frame that the page shows, rendered anew."""
    return seen.on_twin(seen.cam.twin.image, seen.view.shown.exposure)


def check_picture(seen: Seen) -> None:
    seen.pause()
    image = frame_of(seen)
    height, width = image.shape
    places = np.random.default_rng(3).integers(0, (width, height), (seen.places, 2)).tolist()
    found = seen.page.evaluate(
        """async places => {
          const picture = document.querySelector('studio-picture'), found = [];
          const text = id => document.getElementById(id)?.textContent ?? 'none';
          const digits = id => Number(text(id).replace(/[^0-9-]/g, '') || NaN);
          for (const [x, y] of places) {
            picture.point(x, y);
            while (studio.cursor?.x !== x || studio.cursor?.y !== y) await new Promise(go => setTimeout(go));
            await picture.updateComplete;
            found.push([digits('dn'), digits('electrons')]);
          }
          return found;
        }""",
        places,
    )
    parameters = seen.cam.twin.sheet.sensor.parameters
    K, black = parameters.gain_DN_per_e, parameters.pedestal_DN + seen.cam.BlackLevel
    for (x, y), (code, electrons) in zip(places, found, strict=True):
        assert code == image[y, x], (x, y)
        assert electrons == pytest.approx((image[y, x] - black) / K, abs=0.51), (x, y)


def check_tile(seen: Seen) -> None:
    """Zoom to pixels: the graphics card has the raw codes, and shows them between black and white."""
    seen.pause()
    seen.page.click("[data-zoom='32']")
    assert seen.until("!!studio.tile && studio.tile.w < 200")
    image = frame_of(seen)
    tile = seen.page.evaluate("(({x, y, w, h, codes}) => ({x, y, w, h, codes: [...codes]}))(studio.tile)")
    x, y, w, h = (tile[side] for side in "xywh")
    assert np.array_equal(np.reshape(tile["codes"], (h, w)), image[y : y + h, x : x + w])
    greys = seen.page.evaluate(
        """() => {
          const raw = document.getElementById('raw'), copy = document.createElement('canvas');
          copy.width = raw.width; copy.height = raw.height;
          const g = copy.getContext('2d'); g.drawImage(raw, 0, 0);
          const map = document.querySelector('studio-picture').mapped(studio.frame), found = [];
          for (let i = -3; i < 4; i++) {
            const x = studio.tile.x + (studio.tile.w >> 1) + i, y = studio.tile.y + (studio.tile.h >> 1);
            const at = [map.ox + (x + .5) * map.s, map.oy + (y + .5) * map.s];
            found.push([x, y, g.getImageData(...at, 1, 1).data[0]]);
          }
          return found;
        }"""
    )
    for x, y, grey in greys:
        assert grey == pytest.approx(image[y, x] / 4095 * 255, abs=1.0), (x, y)
    seen.page.click("[data-zoom='0']")
    assert seen.until("!studio.tile")


def check_numbers(seen: Seen) -> None:
    seen.pause()
    image = frame_of(seen)
    assert seen.until("studio.numbers?.frame === studio.frame.id")
    counts = np.array(seen.page.evaluate("[...studio.histogram]"))
    assert np.array_equal(counts, np.bincount(image.ravel(), minlength=4096))
    row = seen.page.evaluate("studio.numbers.row")
    assert np.array_equal(seen.page.evaluate("[...studio.profile]"), image[row])
    x, y, w, h = seen.page.evaluate("studio.numbers.region")
    part = image[y : y + h, x : x + w].astype(float)
    parameters = seen.cam.twin.sheet.sensor.parameters
    electrons = (part.mean() - parameters.pedestal_DN - seen.cam.BlackLevel) / parameters.gain_DN_per_e
    alone = np.sqrt(electrons) * parameters.gain_DN_per_e
    for name, value in (("mean", part.mean()), ("sigma", part.std()), ("shot noise alone", alone)):
        assert float(seen.text(f"[data-of='{name}']").split()[0]) == pytest.approx(value, abs=0.006), name


def check_features(seen: Seen) -> None:
    """Write features on both sides: each sees what the other wrote."""
    page, cam = seen.page, seen.cam
    page.click("[data-tab=features]")
    page.fill("#q", "Gain")
    seen.on_twin(cam.set, "Gain=3")
    assert seen.until("document.querySelector('[aria-label=Gain]')?.value === '3'")
    page.fill("[aria-label=Gain]", "6")
    page.press("[aria-label=Gain]", "Enter")
    assert until(lambda: cam.Gain == 6.0, seen.patience_s)
    page.click("#undo")
    assert until(lambda: cam.Gain == 3.0, seen.patience_s)
    assert seen.until("document.querySelector('[aria-label=Gain]').value === '3'")
    page.fill("[aria-label=Gain]", "600")
    page.press("[aria-label=Gain]", "Enter")
    assert seen.until(
        "document.getElementById('toast').textContent.includes('Gain 600 dB is above the maximum')"
    )
    assert page.input_value("[aria-label=Gain]") == "3"
    page.fill("#q", "PixelFormat")
    page.click("[data-name=PixelFormat] .name")
    assert seen.until("!!document.getElementById('note')")
    assert "while the acquisition runs" in seen.text("#note")
    seen.on_twin(cam.set, "Gain=0")
    page.fill("#q", "")


def check_time(seen: Seen) -> None:
    """Trigger too fast: edges, frames and misses are the camera's, and a red mark says why."""
    page, cam = seen.page, seen.cam
    page.evaluate("studio.link.ask('run', {pace: 1})")
    page.click("[data-tab=world]")
    if page.query_selector("#wire"):
        page.click("#wire")
        assert until(lambda: cam.TriggerMode == "On" and cam.TriggerSource == "Line0", seen.patience_s)
    before = len(cam.lines["Line0"].edges)
    for name, value in (("width", "500"), ("period", "4"), ("pulses", "12")):
        page.fill(f"#{name}", value)
        page.press(f"#{name}", "Tab")
    page.click("#pulse")
    assert until(lambda: len(cam.lines["Line0"].edges) == before + 24, seen.patience_s)
    seen.pause()
    assert page.evaluate("studio.lanes.get('Line0').edges") == [
        [t, int(up)] for t, up in cam.lines["Line0"].edges
    ]
    counts = seen.view.trace.counts()
    assert counts["missed"] > 0  # an exposure of 8 ms, a trigger each 4 ms
    assert seen.until(f"studio.counts.missed === {counts['missed']}")
    assert f"▼ {counts['missed']} missed" in seen.text("#marks")
    page.click("#marks")
    assert seen.until("document.getElementById('why').textContent.includes('was missed')")
    first = page.evaluate("studio.marks.find(mark => mark.kind === 'missed')")
    frame = page.evaluate("id => studio.frames.get(id)", first["frame"])
    assert frame["e0"] <= first["t"] <= frame.get("r1", first["t"])
    assert f"Frame {first['frame']} was still being" in first["why"]


def check_rate(seen: Seen) -> None:
    """Set a frame rate: it is the limit, and the change that lifts it is named."""
    seen.page.click("[data-tab=rate]")
    seen.on_twin(cam_set := seen.cam.set, "TriggerMode=Off")
    seen.on_twin(cam_set, "AcquisitionFrameRateEnable=1")
    seen.on_twin(cam_set, "AcquisitionFrameRate=20")
    assert seen.until("document.getElementById('fps').textContent === '20.00 fps'")
    assert seen.until(
        "document.getElementById('limit').textContent.includes('The frame rate setting is the limit')"
    )
    assert "AcquisitionFrameRateEnable off" in seen.text(".trys")
    seen.on_twin(cam_set, "AcquisitionFrameRateEnable=0")


def check_world(seen: Seen) -> None:
    page, camera = seen.page, seen.cam.twin.camera
    page.click("[data-tab=world]")
    page.click("#cable")
    assert until(lambda: not camera.plugged, seen.patience_s)
    assert seen.until("document.getElementById('cable').textContent === 'Plug it in'")
    assert "cam.world.unplug()" in seen.text("#equals") or 'do = "unplug"' in seen.text("#equals")
    page.click("#cable")
    assert until(lambda: camera.plugged, seen.patience_s)
    assert seen.until("document.getElementById('cable').textContent === 'Pull data cable'")


CHECKS: dict[Callable[[Seen], None], Callable[[pytest.MonkeyPatch], None]] = {
    check_picture: lambda patch: patch.setattr(
        picture.Electrons,
        "of",
        lambda self, code: code / self.K_DN_per_e,  # without the offset
    ),
    check_tile: lambda patch: patch.setattr(picture, "tile", _shifted),
    check_numbers: lambda patch: patch.setattr(
        picture, "histogram", lambda image, codes: np.bincount(image.ravel() // 2 * 2, minlength=codes)
    ),
    check_features: lambda patch: patch.setattr(Features, "changes", lambda self: {}),
    check_time: lambda patch: patch.setattr(Edges, "changes", _swapped),
    check_rate: lambda patch: patch.setattr(rates, "longest", lambda limits: (limits[0].name,)),
    check_world: lambda patch: patch.setattr(world, "state", lambda on: STALE),
}
"""Each check, and what is wrong with the server that it must notice."""
STALE = {"scene": "chart", "ambient_C": 25.0, "inside_C": 25.0, "held_C": None, "status": "Normal"}
STALE |= {"powered": True, "plugged": True, "fetching": True, "drop": 0.0, "network": True}
whole_tile, true_edges = picture.tile, Edges.changes


def _shifted(image: np.ndarray, region: picture.Region) -> tuple[bytes, picture.Region]:
    data, place = whole_tile(image, region)
    return data[2:] + data[:2], place


def _swapped(self: Edges) -> dict[str, object]:
    lines = true_edges(self)
    for line in lines.values():
        line["edges"] = [[t, 1 - level] for t, level in line["edges"]]
    return lines


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_panel(seen: Seen, check: Callable[[Seen], None]):
    check(seen)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_panel_of_a_sabotaged_server(
    seen: Seen, check: Callable[[Seen], None], monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        CHECKS[check](patch)
        renew(seen)
        patch.setattr(seen, "patience_s", IMPATIENT_s)
        patch.setattr(seen, "places", 3)
        with pytest.raises(AssertionError):
            check(seen)
    seen.page.evaluate("document.querySelector('studio-picture').zoomTo(0)")
    seen.cam.world.plug()
    renew(seen)


def renew(seen: Seen) -> None:
    """Let the server compute everything anew, and the page forget the numbers that it has."""
    seen.pause()
    # The answer comes behind whatever was on its way: none of it outlives the page's memory.
    seen.page.evaluate(
        "studio.link.ask('pause').then(() => { studio.numbers = studio.histogram = studio.profile = null })"
    )
    view = seen.view

    def forget() -> None:
        if view.shown:
            view.shown._once.clear()
        view._rates, view._wants_picture, view._wants_numbers, view._wants_features = None, True, True, True

    seen.on_twin(forget)


def test_region_by_mouse_sets_the_camera(seen: Seen):
    page, cam = seen.page, seen.cam
    seen.on_twin(cam.set, "TriggerMode=Off")
    page.evaluate("studio.link.ask('run', {pace: 1})")
    page.click("#region")
    box = page.evaluate("(r => [r.x, r.y])(document.getElementById('pic').getBoundingClientRect())")
    s, ox, oy = page.evaluate(
        "(m => [m.s, m.ox, m.oy])(document.querySelector('studio-picture').mapped(studio.frame))"
    )
    x, y, w, h = 101, 83, 321, 205  # of the image; none of them on the grid of 16 columns
    page.mouse.move(box[0] + ox + x * s, box[1] + oy + y * s)
    page.mouse.down()
    page.mouse.move(box[0] + ox + (x + w) * s, box[1] + oy + (y + h) * s, steps=3)
    page.mouse.up()
    # The page writes one feature after the other.
    assert until(lambda: cam.Width < 640 and cam.Height < 480 and cam.OffsetX > 0 and cam.OffsetY > 0)
    for name, drawn, size in (
        ("OffsetX", x, None),
        ("OffsetY", y, None),
        ("Width", w, 640),
        ("Height", h, 480),
    ):
        grid = cam.increment(name) or 1
        assert getattr(cam, name) % grid == 0
        assert getattr(cam, name) == pytest.approx(drawn, abs=grid + 2 / s), name
        assert size is None or getattr(cam, name) < size
    assert seen.until(f"studio.frame.width === {cam.Width} && studio.frame.height === {cam.Height}")
    page.click("#undo")
    assert until(lambda: (cam.Width, cam.Height, cam.OffsetX, cam.OffsetY) == (640, 480, 0, 0))
    assert seen.until("studio.frame.width === 640")


def test_time_passes_at_a_pace_and_by_steps(seen: Seen):
    page = seen.page
    seen.pause()
    now = seen.cam.now
    page.click("#step")
    assert until(lambda: seen.cam.now > now)
    assert seen.until(f"studio.now === {seen.cam.now} && !studio.running")
    page.evaluate("studio.link.ask('run', {pace: 'max'})")
    assert until(lambda: seen.cam.now > now + 5_000_000_000)
    seen.pause()


def test_texts_of_a_camera_stay_texts(seen: Seen):
    hostile = "<img src=x>\"'\\#"
    seen.on_twin(seen.cam.__setattr__, "DeviceUserID", hostile)
    seen.page.click("[data-tab=features]")
    seen.page.fill("#q", "DeviceUserID")
    seen.page.click("[data-name=DeviceUserID] .name")
    assert seen.until("!!document.getElementById('code')?.textContent")
    assert seen.page.evaluate("document.querySelectorAll('img').length") == 0
    assert seen.page.title() == "camtwin studio"
    found: dict[str, object] = {}
    taken = type("Taken", (), {"__setattr__": lambda _, name, value: found.update({name: value})})()
    exec(seen.text("#code"), {"cam": taken})
    assert found == {"DeviceUserID": hostile}
    seen.on_twin(seen.cam.__setattr__, "DeviceUserID", "")


def test_a_camera_on_usb_opens_beside_it(seen: Seen):
    seen.page.evaluate("studio.link.ask('pause')")
    seen.open("basler-aca4112-20um")
    assert len(seen.page.query_selector_all(".cams .btn")) == 2
    assert seen.page.evaluate("studio.link !== null && studio.twin.link") == "USB3 Vision"
    check_numbers(seen)
