"""How a running twin is made wrong: parts that do not hear, methods that do something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from camtwin.camera.signals import heard
from camtwin.links.memory import Frame, Session
from camtwin.verify.claims import load

Patch = Callable[[Session], object]
Picture = NDArray[np.uint16]
ROWS: Final = load("baumer-vcxg-124m")
WIRE: Final = {"SoftwareTrigger": "Software", "ReadoutActive": "ReadOutActive"}
"""Where the family spells it otherwise than the sheet."""


def rows(prefix: str) -> dict[str, str]:
    """Row -> value, of a list."""
    return {row: claim.value for row, claim in ROWS.items() if row.startswith(f"baumer.{prefix}.")}


def _what(call: Any) -> str:
    """`Timer.start`: whose method a route leads to."""
    method: Any = call.func if isinstance(call, partial) else call
    return f"{type(method.__self__).__name__}.{method.__name__}"


def deaf(part: str, source: str, activation: str = "AnyEdge") -> Patch:
    """A part of the camera, `Timer.start`, does not hear a source."""
    moments = heard(source, activation)

    def patch(cam: Session) -> None:
        signals = cam.twin.camera.signals
        connect = signals.connect

        def connected(routes: dict[str, list[Any]]) -> None:
            connect(
                {m: [c for c in calls if m not in moments or _what(c) != part] for m, calls in routes.items()}
            )

        signals.__dict__["connect"] = connected

    return patch


def tell(wrong: Callable[[str, Callable[[str], None]], object]) -> Patch:
    """Events go another way to the host: wrong(name, tell)."""

    def patch(cam: Session) -> None:
        events = cam.twin.camera.events
        true = events.notify
        events.__dict__["notify"] = lambda name, t, frame: wrong(name, lambda said: true(said, t, frame))

    return patch


def swallow(event: str) -> Patch:
    """An event is never told."""
    return tell(lambda name, say: None if name == event else say(name))


def late_flash(*, up: int, down: int) -> Patch:
    """Line3 follows ExposureActive so many ns later, as it rises and as it falls."""

    def patch(cam: Session) -> None:
        line, clock, camera = cam.lines["Line3"], cam.twin.clock, cam.twin.camera
        true = line.follow

        def follow(level: bool) -> None:
            flash = camera.settings.LineSource["Line3"] == "ExposureActive"
            clock.at(clock.now + (up if level else down), true, level) if flash else true(level)

        line.__dict__["follow"] = follow

    return patch


def always(moment: str, part: Callable[[Any], Callable[[], object]], unless: Callable[[Any], bool]) -> Patch:
    """A part hears a moment that nobody chose for it."""

    def patch(cam: Session) -> None:
        camera = cam.twin.camera
        true = camera.signals.connect

        def connected(routes: dict[str, list[Any]]) -> None:
            if not unless(camera.settings):
                routes.setdefault(moment, []).append(part(camera))
            true(routes)

        camera.signals.__dict__["connect"] = connected

    return patch


def other(part: str, name: str, wrong: Callable[..., Any]) -> Patch:
    """A method of a part of the camera is replaced: wrong(true method, *arguments)."""

    def patch(cam: Session) -> None:
        it: Any = cam.twin.camera
        for step in filter(None, part.split(".")):
            it = getattr(it, step)
        true = getattr(it, name)
        it.__dict__[name] = lambda *args, **more: wrong(true, *args, **more)

    return patch


def also_entry(feature: str, entry: str) -> Patch:
    """An enumeration offers an entry more."""

    def patch(cam: Session) -> None:
        true = cam.entries
        cam.__dict__["entries"] = lambda name: (*true(name), entry) if name == feature else true(name)

    return patch


def scaled(factor: float) -> Callable[[Any], Any]:
    """A number that is off by a factor."""
    return lambda old: type(old)(old * factor)


def without(*names: str) -> Callable[[Any], Any]:
    """A list of entries that lacks some."""
    return lambda old: [entry for entry in old if entry not in names]


def picture(change: Callable[[Picture, Any], Picture]) -> Patch:
    """Pictures are changed after all that the camera does: change(DN, exposure) -> DN."""

    def patch(cam: Session) -> None:
        renderer = cam.twin.renderer
        true = renderer.image
        renderer.__dict__["image"] = lambda exposure: change(true(exposure), exposure)

    return patch


def setting(**wrong: Callable[[Any], Any]) -> Patch:
    """Exposures are rendered with other settings than they were taken with, by attribute of Settings."""

    def patch(cam: Session) -> None:
        renderer = cam.twin.renderer
        true = renderer.image

        def image(exposure: Any) -> Picture:
            s = exposure.settings
            s = replace(s, **{name: change(getattr(s, name)) for name, change in wrong.items()})
            return true(replace(exposure, settings=s))

        renderer.__dict__["image"] = image

    return patch


def exposed(change: Callable[[Any], Any]) -> Patch:
    """Exposures are other than the camera says when they are rendered."""

    def patch(cam: Session) -> None:
        renderer = cam.twin.renderer
        true = renderer.image
        renderer.__dict__["image"] = lambda exposure: true(change(exposure))

    return patch


def transmitter(change: Callable[[int, Any, int], int]) -> Patch:
    """Frames take another time on the link: change(ns, settings, bytes) -> ns."""

    def patch(cam: Session) -> None:
        timing = cam.twin.camera.transmitter.timing

        class Wrong:
            wire = getattr(timing, "wire", None)
            bytes_per_s = timing.bytes_per_s

            def transfer_ns(self, settings: Any, payload_bytes: int) -> int:
                return change(timing.transfer_ns(settings, payload_bytes), settings, payload_bytes)

        cam.twin.camera.transmitter.timing = Wrong()

    return patch


def machine(name: str, wrong: Callable[[Any, Any], Any]) -> Patch:
    """A method of the acquisition machine is replaced: wrong(machine, true method) -> what it gives."""

    def patch(cam: Session) -> None:
        acquisition = cam.twin.camera.acquisition
        true = getattr(acquisition, name)
        setattr(acquisition, name, lambda: wrong(acquisition, true))

    return patch


def action(name: str, wrong: Callable[[Any, Any], Any]) -> Patch:
    """An action of the acquisition's table is replaced: wrong(machine, true action) -> the next event."""

    def patch(cam: Session) -> None:
        acquisition = cam.twin.camera.acquisition
        true = getattr(acquisition, name)
        for row, (does, then) in acquisition._rows.items():
            if does == true:
                acquisition._rows[row] = partial(wrong, acquisition, true), then

    return patch


def ready(wrong: Callable[[Any, Any, int], int]) -> Patch:
    """The moment from which the next frame may begin is another: wrong(machine, settings, ns) -> ns."""
    return machine("ready_at", lambda m, true: wrong(m, m.host.settings, true()))


def sensor(change: Callable[[int, Any], int]) -> Patch:
    """Rows cost another time: change(rows, settings) -> rows that it takes as long as."""

    def patch(cam: Session) -> None:
        camera = cam.twin.camera
        true = camera.sensor

        class Wrong:
            base_ns = true.base_ns
            row_times = true.row_times

            def readout_ns(self, rows: int) -> int:
                return true.readout_ns(change(rows, camera.settings))

        camera.__dict__["sensor"] = Wrong()

    return patch


def timed(change: Callable[[Any], Any]) -> Patch:
    """Frames are sent with other settings than they were taken with: change(settings) -> settings."""

    def patch(cam: Session) -> None:
        timing = cam.twin.camera.transmitter.timing

        class Wrong:
            wire = getattr(timing, "wire", None)
            bytes_per_s = timing.bytes_per_s

            def transfer_ns(self, settings: Any, payload_bytes: int) -> int:
                return timing.transfer_ns(change(settings), payload_bytes)

        cam.twin.camera.transmitter.timing = Wrong()

    return patch


def framed(change: Callable[[Frame], Frame]) -> Patch:
    """Frames arrive otherwise than they were sent."""

    def patch(cam: Session) -> None:
        true = cam._frame
        cam.__dict__["_frame"] = lambda transfer: change(true(transfer))

    return patch


def written(**wrong: Callable[[Any], Any]) -> Patch:
    """What a host writes to these features arrives as another value: wrong(value) -> value."""

    class Misheard(Session):
        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, wrong[name](value) if name in wrong else value)

    def patch(cam: Session) -> None:
        object.__setattr__(cam, "__class__", Misheard)  # what else is set is a feature

    return patch


def read(**wrong: Callable[[Any], Any]) -> Patch:
    """What a host reads of these features is another value than the camera has: wrong(value) -> value."""

    class Misread(Session):
        def __getattr__(self, name: str) -> Any:
            value = super().__getattr__(name)
            return wrong[name](value) if name in wrong else value

    def patch(cam: Session) -> None:
        object.__setattr__(cam, "__class__", Misread)

    return patch


def restarted(**wrong: Any) -> Patch:
    """After a power cycle these features are written, selectors first: the factory's settings are others."""

    def patch(cam: Session) -> None:
        true = cam.twin.camera.power_cycle

        def power_cycle() -> None:
            true()
            for name, value in wrong.items():
                setattr(cam, name, value)

        cam.twin.camera.__dict__["power_cycle"] = power_cycle

    return patch
