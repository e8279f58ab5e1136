"""A page's view of its twin: words that it sends, and updates that it gets. Runs on the twin's thread.

An update goes out when there is something new and the page has shown the one before: the newest frame wins,
nothing queues.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from math import inf
from threading import Thread
from time import monotonic
from typing import Any, Final

from camtwin.camera import Settings, Transfer
from camtwin.hosts.calibration import of_model
from camtwin.isp import Calibration
from camtwin.numbers import whole
from camtwin.planner.rates import Rates, rates_of
from camtwin.problem import Problem, Refused, nearest
from camtwin.studio import export, picture, region, verdicts, world
from camtwin.studio.attached import Log, Wall
from camtwin.studio.features import Features, code
from camtwin.studio.picture import Difference, Region, Shown
from camtwin.studio.record import Recorder
from camtwin.studio.trace import Edges, Trace
from camtwin.studio.twins import Running

SLOW_s: Final = 0.25
"""Shortest time between two looks at every feature while nothing is written."""
LOOKS: Final = ("raw", "colour", "noise")
"""Ways to show an image."""
SHORT_s: Final = 0.04
"""Shortest time between two updates."""
Answer = tuple[dict[str, Any], dict[str, bytes]]
Aside = Callable[[Callable[[], Shown], Callable[[Shown], None]], None]


class View:
    """One twin as one page sees it.

    send   takes an update as bytes; called on the twin's thread
    aside  carries out a call on another thread, and then one with its result on the twin's; None: images are
           rendered on the twin's thread
    """

    def __init__(self, running: Running, send: Callable[[bytes], None], aside: Aside | None = None) -> None:
        self.running, self.cam, self.paced = running, running.cam, running.paced
        self._send, self._aside, self._rendering = send, aside, False
        self.features, self.trace = Features(self.cam), self._traced()
        self.recorder = Recorder(self.cam, running.settings, running.scene)
        self.edges = Edges(self.cam)
        self.around = world.Surround(
            self.cam, self.trace, running.scene, attached=running.attached is not None
        )
        self.shown: Shown | None = None
        self._newest: Transfer | None = None
        self._credit = False
        self._open = False
        self._wants_picture = self._wants_numbers = self._wants_features = True
        self._tile: Region | None = None
        self._low_high: tuple[int, int] | None = None
        self._as, self._before = "raw", None
        self._colours: Future[Calibration] | None = None
        self._awaits_colours = False
        self._row = -1
        self._region: Region | None = None
        self._sent_s = self._looked_s = 0.0
        self._sent_ns = -1
        self._rates: tuple[Settings, float | None, Rates] | None = None
        self._wanted_Hz: float | None = None
        self._last: dict[str, Any] = {}
        self.log = Log(self.cam.twin.camera) if running.attached else None
        self._leaving = [
            self.cam.twin.camera.transmitter.on_delivery.subscribe(self._arrive),
            self.cam.twin.camera.on_feature.subscribe(self._wrote),
            self.paced.on_slice.subscribe(self._slice),
        ]

    def _traced(self) -> Trace:
        if self.running.run is None:
            return Trace(self.cam)
        account = self.running.run.accounts[self.running.camera]
        return Trace(self.cam, lambda: account.faults, lambda: account.cause)

    def _arrive(self, transfer: Transfer) -> None:
        if transfer.exposure.has_image:
            self._newest = transfer

    def _wrote(self, *_: object) -> None:
        """Notice a write, whoever it is by."""
        self._wants_features = True

    # -- words -----------------------------------------------------------------------------------
    def do(self, word: object, given: Mapping[str, Any]) -> Answer:
        """Carry out a word of the page; return what it gets, and files by name.

        Raises:
            Problem: there is no such word, or it cannot be carried out
        """
        if not isinstance(word, str) or word not in WORDS:
            raise Problem(f"no word {word!r:.40}{nearest(str(word), WORDS)}")
        try:
            answer = WORDS[word](self, given)
        except (KeyError, TypeError, ValueError) as wrong:
            if isinstance(wrong, Problem):
                raise
            raise Problem(f"{word}: {wrong!r:.120} is missing or wrong") from None
        if word not in QUIET:
            self._wants_features, self._sent_s = True, 0.0
        return answer if isinstance(answer, tuple) else (answer or {}, {})

    def _begin(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Open the view: everything that is kept goes out."""
        self._open = self._credit = True
        self.trace.again()
        self.edges.again()
        self._last = {}
        self._sent_ns = -1
        self._wants_picture = self._wants_numbers = True
        self.features.changes()
        return {
            **self.running.row(),
            "features": self.features.described(),
            "states": self.features.states(),
            "link": _link(self.running),
            "scenes": dict(world.SCENES),
            "attached": self.running.attached is not None,
        }

    def _ack(self, given: Mapping[str, Any]) -> None:
        self._credit = True

    def _run(self, given: Mapping[str, Any]) -> None:
        pace = given.get("pace")
        self.paced.run(inf if pace == "max" else pace)

    def _pause(self, given: Mapping[str, Any]) -> None:
        self.paced.pause()

    def _step(self, given: Mapping[str, Any]) -> None:
        self.paced.step(lambda: self.trace.seen)

    def _set(self, given: Mapping[str, Any]) -> dict[str, Any]:
        value = given.get("value", 1)
        if not isinstance(value, bool | int | float | str):
            raise Problem(f"{given['name']}: {value!r:.40} is no value")
        self.features.write(str(given["name"]), value)
        return {"value": self.features.states()[str(given["name"])].get("value")}

    def _restart_with(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Stop the acquisition, write features, start again: for those that are locked meanwhile."""
        was = self.cam.twin.camera.acquiring
        self.cam.AcquisitionStop()  # the frame under way keeps the settings it began with
        try:
            self.features.write_all({**given.get("before", {})}, {**given["set"]})
        finally:
            if was:
                self.cam.AcquisitionStart()
        return {}

    def _frame_region(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Set Width, Height and offsets to a region of the image that is shown, on the model's grid."""
        sides = region.on_grid(self.cam, self._now_shown(), _region(given["region"]))
        self._restart_with({"set": {**sides}, "before": {"OffsetX": 0, "OffsetY": 0}})
        camera = self.cam.twin.camera
        return {name: camera.tree.get(camera, name) for name in ("Width", "Height", "OffsetX", "OffsetY")}

    def _undo(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Undo the last write; stop the acquisition for it if that locks it."""
        camera = self.cam.twin.camera
        try:
            return {"name": self.features.undo()}
        except Refused as refused:
            if refused.why != "locked" or not camera.acquiring:
                raise
        self.cam.AcquisitionStop()
        try:
            return {"name": self.features.undo()}
        finally:
            self.cam.AcquisitionStart()

    def _factory(self, given: Mapping[str, Any]) -> dict[str, Any]:
        was = self.cam.twin.camera.acquiring
        left = self.features.factory_reset()
        if was:
            self.cam.AcquisitionStart()
        return {"left": left}

    def _feature(self, given: Mapping[str, Any]) -> dict[str, Any]:
        name = str(given["name"])
        return {"why": self.features.why(name), "code": code(self.cam, name)}

    def _look(self, given: Mapping[str, Any]) -> None:
        """Show a raw tile, or the preview, between two codes."""
        if "tile" in given:
            self._tile = None if given["tile"] is None else _region(given["tile"])
        if "window" in given:
            window = given["window"]
            self._low_high = None if window is None else (whole("low", window[0]), whole("high", window[1]))
        if "as" in given:
            if given["as"] not in LOOKS:
                raise Problem(f"no look {given['as']!r:.20}; there are {', '.join(LOOKS)}")
            self._as = given["as"]
            if self._as == "colour" and self._colours is None:  # takes seconds, in which time goes on
                self._colours = Future()
                Thread(target=self._calibrate, args=(self._colours,), daemon=True).start()
        self._wants_picture = self._wants_numbers = True

    def _measure(self, given: Mapping[str, Any]) -> None:
        """Choose the row of the profile and the region of the statistics."""
        if "row" in given:
            self._row = whole("row", given["row"])
        if "region" in given:
            self._region = _region(given["region"])
        self._wants_numbers = True

    def _pixel(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return self._now_shown().pixel(whole("x", given["x"]), whole("y", given["y"]))

    def _save(self, given: Mapping[str, Any]) -> Answer:
        return export.saved(self.running, self.around.scene, self._now_shown(), str(given["kind"]))

    def _burst(self, given: Mapping[str, Any]) -> Answer:
        """Let time pass until so many frames have arrived; return all of them."""
        if isinstance(self.paced, Wall):
            raise Problem("programs use this camera, in real time: bursts are for cameras of this page")
        return export.burst(
            self.running, self.paced, self.around.scene, whole("count", given["count"]), str(given["kind"])
        )

    def _saved_set(self, given: Mapping[str, Any]) -> Answer:
        """Return every feature that differs from the factory's, as lines of NAME=VALUE."""
        text = "".join(f"{line}\n" for line in self.features.as_lines())
        return {}, {f"{self.cam.twin.sheet.name}-set.txt": text.encode()}

    def _load_set(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Write the lines of a set; the acquisition stops for it. Return those that were refused."""
        was = self.cam.twin.camera.acquiring
        self.cam.AcquisitionStop()
        try:
            return {"refused": self.features.take_lines(str(given["text"]).splitlines())}
        finally:
            if was:
                self.cam.AcquisitionStart()

    def _now_shown(self) -> Shown:
        if self.shown is None:
            raise Problem("no frame has arrived yet")
        return self.shown

    def _want(self, given: Mapping[str, Any]) -> None:
        fps = given.get("fps")
        self._wanted_Hz = None if fps is None else max(float(fps), 1e-3)
        self._rates = None

    def _inject(self, given: Mapping[str, Any]) -> dict[str, Any]:
        word, parameters = str(given["word"]), dict(given.get("with", {}))
        lines = world.inject(self.around, word, parameters)
        self.recorder.did(word, lines["toml"], parameters)
        return lines

    def _recorded(self, given: Mapping[str, Any]) -> Answer:
        """Return what was done by hand as the file of a scenario."""
        if self.running.run is not None:
            raise Problem("this camera is part of a scenario, which is a file already")
        return {}, {f"{self.cam.twin.sheet.name}-by-hand.toml": self.recorder.text().encode()}

    def close(self) -> None:
        """Send nothing until the next `begin`."""
        self._open = False

    def leave(self) -> None:
        """See nothing more of a twin that outlives its page."""
        self.close()
        for leave in self._leaving:
            leave()
        for part in (self.trace, self.recorder, *([self.log] if self.log else [])):
            part.close()

    # -- updates ---------------------------------------------------------------------------------
    def _slice(self) -> None:
        """Send an update if the page has shown the last one and there is something new."""
        now_s = monotonic()
        if not (self._open and self._credit) or now_s - self._sent_s < SHORT_s:
            return
        newest, shown = self._newest, self.shown
        if self._awaits_colours and self._colours and self._colours.done():
            self._wants_picture = True
        fresh = newest is not None and (shown is None or newest.exposure is not shown.exposure)
        if not (
            fresh or self._wants_picture or self._wants_numbers or self._wants_features
            or self.trace.pending or self.cam.now != self._sent_ns
        ):  # fmt: skip
            return
        if fresh and newest is not None and not self._rendering:
            self._show(newest)
        head, parts = self._update(now_s)
        self._credit, self._sent_s, self._sent_ns = False, monotonic(), self.cam.now
        self._send(picture.packed(head, parts))

    def _show(self, transfer: Transfer) -> None:
        electrons = picture.electrons_of(self.cam, transfer.exposure)

        def render() -> Shown:
            return Shown(
                transfer.exposure, self.cam.twin.image(transfer.exposure), electrons, transfer.end_ns
            )

        if self._aside is None:
            return self._take(render())
        self._rendering, window = True, self._low_high

        def prepare() -> Shown:
            shown = render()
            picture.preview(shown, *(window or (0, shown.white)))  # is kept with it
            return shown

        self._aside(prepare, self._take)

    def _take(self, shown: Shown) -> None:
        """Show a frame that is rendered."""
        self._before = self.shown
        self.shown, self._rendering = shown, False
        self._wants_picture = self._wants_numbers = True

    def _update(self, now_s: float) -> tuple[dict[str, Any], dict[str, bytes]]:
        head: dict[str, Any] = {
            "event": "update",
            "now": self.cam.now,
            "running": self.paced.running,
            "pace": "max" if self.paced.pace == inf else self.paced.pace,
            "trace": self.trace.changes(),
            "lines": self.edges.changes(),
            "received": self.trace.recent_Hz(),
        }
        counts: dict[str, Any] = {}
        if self.log and self.running.attached:
            counts = self.running.attached.counts()
            head |= {"log": self.log.changes(), "clients": counts | {"peers": [*self.log.peers]}}
        parts: dict[str, bytes] = {}
        if self.shown and self._wants_picture:
            self._add_picture(self.shown, head, parts)
        if self.shown and self._wants_numbers:
            self._add_numbers(self.shown, head, parts)
        if self._wants_features or now_s - self._looked_s > SLOW_s:
            self._looked_s, self._wants_features = now_s, False
            rates = self._present_rates()
            slow = {
                "rates": rates.row(),
                "world": world.state(self.around),
                "undo": self.features.undoable,
                "acquiring": self.cam.twin.camera.acquiring,
                "verdicts": verdicts.of(self.cam, self.shown, self.trace, rates, counts),
            }
            head |= {key: value for key, value in slow.items() if self._last.get(key) != value}
            self._last |= slow
            if changed := self.features.changes():
                head["features"] = changed
        return head, parts

    def _add_picture(self, shown: Shown, head: dict[str, Any], parts: dict[str, bytes]) -> None:
        self._wants_picture = False
        low, high = self._low_high or (0, shown.white)
        noise = self._difference(shown)
        head["frame"] = shown.head() | ({"noise": noise.head()} if noise else {})
        if self._tile is not None:
            image = noise.image if noise else shown.image
            parts["tile"], head["tile"] = picture.tile(image, self._tile)
            return
        if noise:
            parts["jpeg"], parts["mask"], *size = noise.preview()
        elif self._as == "colour" and shown.exposure.pixel_format.mosaic and self._coloured:
            parts["jpeg"], parts["mask"], *size = picture.coloured(shown, self._coloured)
            head["frame"]["coloured"] = True
        else:
            parts["jpeg"], parts["mask"], *size = picture.preview(shown, low, high)
        head["preview"] = size

    def _calibrate(self, colours: Future[Calibration]) -> None:
        """Compute the colours of the model's sensor; on a thread of its own."""
        try:
            colours.set_result(of_model(self.cam.twin.sheet.name))
        except BaseException as problem:
            colours.set_exception(problem)

    @property
    def _coloured(self) -> Calibration | None:
        """The colours of the model's sensor; None until they are computed, and where they cannot be."""
        colours = self._colours
        self._awaits_colours = colours is None or not colours.done()
        if colours is None or not colours.done() or colours.exception():
            return None
        return colours.result()

    def _difference(self, shown: Shown) -> Difference | None:
        """Return the difference to the frame before, for the noise view; None without one, or two frames."""
        if self._as != "noise":
            return None
        with suppress(Problem):
            if "noise" not in shown._once:
                shown._once["noise"] = Difference.of(shown, self._before)
            return shown._once["noise"]
        return None

    def _add_numbers(self, shown: Shown, head: dict[str, Any], parts: dict[str, bytes]) -> None:
        self._wants_numbers = False
        height, width = shown.image.shape
        row = min(self._row if self._row >= 0 else height // 2, height - 1)
        region = self._region or (width // 2 - 64, height // 2 - 64, 128, 128)
        head["numbers"] = {"frame": shown.exposure.frame_id, "row": row, **shown.statistics(region)}
        if noise := self._difference(shown):
            head["numbers"]["temporal"] = noise.sigma(region)
        parts["histogram"] = shown.histogram.astype("<u4").tobytes()
        parts["profile"] = shown.profile(row).astype("<u2").tobytes()

    def _present_rates(self) -> Rates:
        camera = self.cam.twin.camera
        known = self._rates
        if known is None or known[0] is not camera.settings or known[1] != self._wanted_Hz:
            known = (camera.settings, self._wanted_Hz, rates_of(camera, self._wanted_Hz))
            self._rates = known
        return known[2]


QUIET: Final = frozenset({"ack", "pixel", "look", "measure", "feature", "save", "recorded"})
"""Words that change no feature."""
WORDS: Final[Mapping[str, Callable[[View, Mapping[str, Any]], Answer | dict[str, Any] | None]]] = {
    "begin": View._begin,
    "ack": View._ack,
    "run": View._run,
    "pause": View._pause,
    "step": View._step,
    "region": View._frame_region,
    "set": View._set,
    "restart": View._restart_with,
    "undo": View._undo,
    "factory": View._factory,
    "feature": View._feature,
    "look": View._look,
    "measure": View._measure,
    "pixel": View._pixel,
    "save": View._save,
    "burst": View._burst,
    "set_saved": View._saved_set,
    "set_loaded": View._load_set,
    "want": View._want,
    "inject": View._inject,
    "recorded": View._recorded,
}


def _region(given: Iterable[int]) -> Region:
    x, y, width, height = (whole("a region's side", side) for side in given)
    return x, y, width, height


def _link(running: Running) -> str:
    from camtwin.camera.links import KINDS

    return KINDS[running.cam.twin.sheet.link].title
