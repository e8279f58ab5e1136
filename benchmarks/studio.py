"""Measure how fast the studio shows 12 MP frames, their age, a whole tree, and a diagram of many edges.

    python benchmarks/studio.py

Each step is measured alone: rendering, preview, and the page with one update again and again. The ceiling is
cores / their sum. A tree (the model's features again and again, up to 616) and a timing diagram are measured
beside a bare page that draws as much. At last stock Aravis takes frames of a twin that a page is attached to.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright

from camtwin.studio import picture, serve
from camtwin.studio.guard import Guard
from camtwin.studio.page import View
from camtwin.studio.picture import Shown, electrons_of
from camtwin.studio.twins import Twins

MODEL = "baumer-vcxg-124m"
SECONDS = 10.0
EDGES, FEATURES = 1_000_000, 616
FRAMES, ADDRESS = 200, "127.83.0.9"
GRAB = Path(__file__).parent.parent / "tests" / "peers" / "aravis_grab.py"
AGAIN = """async count => {
  const times = [];
  for (let i = 0; i < count; i++) {
    const begin = performance.now();
    await studio.take(window.kept[0], window.kept[1]);
    await new Promise(done => requestAnimationFrame(done));
    times.push(performance.now() - begin);
  }
  return times;
}"""
KEEP = """() => new Promise(done => {
  const before = studio.link.onUpdate;
  studio.link.onUpdate = (update, parts) => {
    before(update, parts);
    if (!parts.jpeg) return;
    studio.link.onUpdate = before;
    window.kept = [{...update, features: undefined}, parts];
    done(true);
  };
})"""
TREE = """features => {
  const own = studio.descriptions, tree = document.querySelector('studio-features');
  const many = Array.from({length: features}, (_, i) => {
    const like = own[i % own.length], name = like.name + '_' + i;
    studio.states[name] = studio.states[like.name];
    return {...like, name};
  });
  const show = nodes => { studio.descriptions = nodes; tree.requestUpdate(); tree.performUpdate(); };
  const page = document.createElement('div');
  page.style.cssText = 'position:fixed;inset:0;overflow:auto';
  document.body.append(page);
  const draw = call => {
    const begin = performance.now();
    call();
    document.body.offsetHeight;
    return performance.now() - begin;
  };
  const times = {own: [], bare: []};
  tree.level = 3;
  let count = 0, shown = 0;
  for (let i = 0; i < 9; i++) {
    show([]);
    page.replaceChildren();
    document.body.offsetHeight;
    times.own.push(draw(() => show(many)));
    count = tree.querySelectorAll('*').length;
    shown = tree.querySelectorAll('.feat').length;
    show([]);
    document.body.offsetHeight;
    times.bare.push(draw(() => {
      for (let i = 0; i < count; i++) {
        const one = document.createElement('span');
        one.textContent = 'Feature ' + i;
        page.append(one);
      }
    }));
  }
  page.remove();
  show(own);
  const middle = all => all.sort((a, b) => a - b)[all.length >> 1];
  return {nodes: count, features: shown, own: middle(times.own), bare: middle(times.bare)};
}"""
LINES = """edges => {
  const all = Array.from({length: edges}, (_, i) => [i * 1000, (i + 1) % 2]);
  const lane = {out: false, level: false, edges: all};
  studio.lanes.set('Line0', lane);
  const time = document.querySelector('studio-time');
  studio.now = edges * 1000;
  time.see(0, studio.now);
  const of = call => { const begin = performance.now(); call(); return performance.now() - begin; };
  time.paint();
  const own = of(() => time.paint());
  const canvas = document.createElement('canvas');
  Object.assign(canvas, {width: 900, height: 250});
  const g = canvas.getContext('2d');
  const bare = of(() => {
    g.beginPath();
    for (const [t, level] of all) {
      const x = t / studio.now * 900;
      g.lineTo(x, level ? 200 : 20);
      g.lineTo(x, level ? 20 : 200);
    }
    g.stroke();
    g.getImageData(0, 0, 1, 1);
  });
  return {own, bare};
}"""


def steps(view: View) -> tuple[float, float]:
    """Return the seconds of rendering and of the preview of a frame, each alone."""
    assert view.shown
    exposure, renders, previews = view.shown.exposure, list[float](), list[float]()
    for _ in range(10):
        begin = time.perf_counter()
        image = view.cam.twin.image(exposure)
        renders.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        picture.preview(Shown(exposure, image, electrons_of(view.cam, exposure), 0), 0, 255)
        previews.append(time.perf_counter() - begin)
    return median(renders), median(previews)


def shown_rate(page: Page, seconds: float) -> tuple[float, float]:
    """Return frames shown a second, and the median age in ms of frames as they are shown."""
    return tuple(
        page.evaluate(
            """async seconds => {
              const ages = [], age = () => (studio.now - studio.frames.get(studio.frame.id)?.t1) / 1e6;
              const leave = studio.on(['picture'], () => ages.push(age()));
              const begin = performance.now();
              await new Promise(done => setTimeout(done, seconds * 1000));
              leave();
              const taken = (performance.now() - begin) / 1000;
              return [ages.length / taken, ages.sort((a, b) => a - b)[ages.length >> 1] ?? NaN];
            }""",
            seconds,
        )
    )


def view_of(twins: Twins) -> View:
    """Return the only page's view."""
    (row,) = twins.inspect()
    calls = twins[row["name"]].paced.on_slice._calls.values()
    return next(each.__self__ for each in calls if isinstance(getattr(each, "__self__", None), View))  # pyright: ignore[reportFunctionMemberAccess]


@contextmanager
def command(*args: str, awaits: str) -> Iterator[str]:
    """Run camtwin; yield what it is awaited for."""
    line = [sys.executable, "-m", "camtwin", *args]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        try:
            yield next(found[0] for text in running.stdout if (found := re.search(awaits, text)))
        finally:
            running.terminate()


def beside_aravis(browser: Browser) -> None:
    """Print what stock Aravis receives at the camera's rate while a page shows the same frames."""
    with (
        command("run", MODEL, "--bind", ADDRESS, awaits="ready at"),
        command("studio", "--attach", ADDRESS, "--no-browser", awaits=r"http://\S+") as url,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(url)
        ask = ["--address", ADDRESS, "--packet-size", "9000", "--frames", str(FRAMES), "--times-only"]
        with subprocess.Popen(["/usr/bin/python3", str(GRAB), *ask], stdout=subprocess.PIPE) as client:
            while not page.evaluate("!!window.studio?.frame"):
                time.sleep(0.1)
            rate, age_ms = shown_rate(page, SECONDS)
            got = json.loads(client.communicate()[0])
        frames = [frame for frame in got["frames"] if frame["status"] == "success"]
        spans = frames[-1]["timestamp_ns"] - frames[0]["timestamp_ns"]
        camera_Hz = (frames[-1]["id"] - frames[0]["id"]) * 1e9 / spans
        lost = frames[-1]["id"] - frames[0]["id"] + 1 - len(frames)
        asked = got["stream"]["n_resend_requests"]
        losses = f"{lost} of {FRAMES} frames lost, {asked} packets asked again"
        print(f"beside Aravis, {camera_Hz:.2f} fps: {losses}; shown {rate:.2f} fps, {age_ms:.0f} ms late")


def main() -> None:
    """Measure, and print a line for each figure."""
    listening = serve.listen("127.0.0.1", 0)
    _, port = serve.address_of(listening)
    gate, twins = Guard.on("127.0.0.1", port), Twins()
    server = serve.server(serve.application(gate, {"models": [MODEL]}, twins))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
    thread.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"http://127.0.0.1:{port}/#{gate.token}")
        while not page.evaluate("!!window.studio?.frame"):
            time.sleep(0.1)
        camera_Hz = page.evaluate("studio.rates.fps")
        rate, age_ms = shown_rate(page, SECONDS)
        page.evaluate(KEEP)
        page.evaluate("studio.link.ask('pause')")
        view = view_of(twins)
        render_s, preview_s = view.paced.call(steps, view).result()
        browser_s = median(page.evaluate(AGAIN, 20)) / 1e3
        cores = len(os.sched_getaffinity(0))
        alone_s = render_s + preview_s + browser_s
        wanted = min(camera_Hz, 0.7 * cores / alone_s)
        ms = {"render": render_s, "preview": preview_s, "page": browser_s}
        alone = ", ".join(f"{name} {seconds * 1e3:.1f} ms" for name, seconds in ms.items())
        ceiling = f"the camera's {camera_Hz:.2f}, or 0.7 of {cores / alone_s:.2f}"
        print(f"12 MP frames, each step alone: {alone}")
        print(f"shown {rate:.2f} fps; wanted {wanted:.2f}: {ceiling}")
        print(f"age when shown, after arrival: {age_ms:.0f} ms; the steps alone {alone_s * 1e3:.0f} ms")
        tree, lines = page.evaluate(TREE, FEATURES), page.evaluate(LINES, EDGES)
        nodes = f"{tree['features']} features, {tree['nodes']} nodes"
        print(f"tree of {nodes}: {tree['own']:.0f} ms; as many nodes alone {tree['bare']:.0f} ms")
        print(f"diagram of {EDGES} edges: {lines['own']:.0f} ms; as many alone {lines['bare']:.0f} ms")
        page.close()
        server.should_exit = True
        thread.join()
        beside_aravis(browser)
        browser.close()


if __name__ == "__main__":
    main()
