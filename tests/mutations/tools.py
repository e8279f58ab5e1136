"""Tools for breaking a twin: altered data sheets, disconnected parts, replaced methods."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import is_dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import BaseModel

from camtwin import models
from camtwin.session.frame import Frame
from camtwin.session.session import Session
from camtwin.twins import Twin
from camtwin.verify.claims import load

Wrong = Callable[[pytest.MonkeyPatch], object]
Picture = NDArray[np.uint16]
ROWS: Final = load("baumer-vcxg-124m")
WIRE: Final = {"SoftwareTrigger": "Software"}
"""Where the family spells it otherwise than the sheet."""
PARSERS: Final = {"": "parse", "rig": "parse_rig", "ecosystem": "parse_ecosystem"}
"""First word of a path -> the function that parses the sheet that it leads into; others: the camera's own."""
GONE: Final = object()
"""In place of a value: the entry is taken out of the data sheet."""


def rows(prefix: str) -> dict[str, str]:
    """Row -> value, of a list."""
    return {row: claim.value for row, claim in ROWS.items() if row.startswith(f"baumer.{prefix}.")}


# -- the package -------------------------------------------------------------------------------------
def everywhere(patch: pytest.MonkeyPatch, module: Any, name: str, wrong: object) -> None:
    """Put something in the place of a module's function or class, wherever it was imported by that name."""
    true = getattr(module, name)
    for place in [m for of, m in sys.modules.items() if of.partition(".")[0] == "camtwin"]:
        if vars(place).get(name) is true:
            patch.setattr(place, name, wrong)


def wrapped(patch: pytest.MonkeyPatch, owner: Any, name: str, wrong: Callable[..., Any]) -> None:
    """Put something around a method of a class, or a module's function: wrong(true one, *arguments)."""
    true = getattr(owner, name)
    patch.setattr(owner, name, lambda *args, **named: wrong(true, *args, **named))


def edited(text: str, old: str, new: str) -> str:
    """Return the text with every `old` replaced.

    A break that finds nothing to replace is an error of its own.
    """
    if old not in text:
        raise LookupError(f"nothing to sabotage: no {old!r}")
    return text.replace(old, new)


# -- data sheets -------------------------------------------------------------------------------------
def sheets(changes: Mapping[str, Any]) -> Wrong:
    """Alter data sheets: dotted path -> value, or a function of the old one; PARSERS has what leads elsewhere."""
    of: dict[str, dict[str, Any]] = {parser: {} for parser in PARSERS.values()}
    for path, new in changes.items():
        parser, rest = place(path)
        of[parser][rest] = new

    def wrong(patch: pytest.MonkeyPatch) -> None:
        for parser, mine in of.items():
            wrapped(patch, models, parser, partial(_parsed, mine))

    return wrong


def place(path: str) -> tuple[str, str]:
    """Return the function of `models` that parses the sheet of a path, and the path in that sheet."""
    first, _, rest = path.partition(".")
    return (PARSERS[first], rest) if first in PARSERS else (PARSERS[""], path)


def _parsed(changes: Mapping[str, Any], true: Callable[..., Any], *text: str) -> Any:
    return all_changed(true(*text), changes)


def all_changed(sheet: Any, changes: Mapping[str, Any]) -> Any:
    """Copy a data sheet with all of these changes, less those of things that it does not have.

    A module's checks read its sensor's sheet, too. A path that no sheet has turns nothing red, which the trial reports.
    """
    for path, value in changes.items():
        with suppress(KeyError, AttributeError):
            sheet = changed(sheet, path, value)
    return sheet


def changed(data: Any, path: str, value: Any) -> Any:
    """Return a copy of a data sheet with another value at a dotted path; KeyError if there is none."""
    step, _, rest = path.partition(".")
    if isinstance(data, Mapping):
        if not rest and value is GONE:
            return {key: kept for key, kept in data.items() if key != step}
        old = data.get(step) if not rest else data[step]
        return {**data, step: changed(old, rest, value) if rest else _new(value, old)}
    old = getattr(data, step)
    new = changed(old, rest, value) if rest else _new(value, old)
    if isinstance(data, BaseModel):
        return data.model_copy(update={step: new})
    if not is_dataclass(data) or isinstance(data, type):
        raise KeyError(path)
    return replace(data, **{step: new})


def _new(value: Any, old: Any) -> Any:
    return value(old) if callable(value) else value


# -- twins and sessions ------------------------------------------------------------------------------
def twins(change: Callable[[Twin], object]) -> Wrong:
    """Every twin is changed when it has been built, served or in process."""
    return lambda patch: wrapped(patch, Twin, "__init__", partial(_built, change))


def sessions(change: Callable[[Session], object]) -> Wrong:
    """Every session is changed when it has been opened, in process."""
    return lambda patch: wrapped(patch, Session, "__init__", partial(_built, change))


def _built(
    change: Callable[[Any], object], true: Callable[..., None], it: Any, *args: Any, **named: Any
) -> None:
    true(it, *args, **named)
    change(it)


def both(*wrongs: Wrong) -> Wrong:
    """Several things are wrong at once."""

    def wrong(patch: pytest.MonkeyPatch) -> None:
        for one in wrongs:
            one(patch)

    return wrong


def answers(name: str, wrong: Callable[..., Any]) -> Wrong:
    """Replace a session's method: wrong(true method, session, *arguments)."""
    return lambda patch: wrapped(patch, Session, name, wrong)


def _what(call: Any) -> str:
    """`Timer.start`: whose method a route leads to."""
    method: Any = call.func if isinstance(call, partial) else call
    return f"{type(method.__self__).__name__}.{method.__name__}"


def deaf(part: str, source: str, activation: str = "AnyEdge") -> Wrong:
    """Disconnect a part of the camera, `Timer.start`, from a source."""

    def alter(twin: Twin) -> None:
        signals = twin.camera.signals
        moments = signals.moments_of(source, activation)
        connect = signals.connect

        def connected(routes: dict[str, list[Any]]) -> None:
            connect(
                {m: [c for c in calls if m not in moments or _what(c) != part] for m, calls in routes.items()}
            )

        signals.__dict__["connect"] = connected

    return twins(alter)


def tell(wrong: Callable[[str, Callable[[str], None]], object]) -> Wrong:
    """Events go another way to the host: wrong(name, tell)."""

    def alter(twin: Twin) -> None:
        events = twin.camera.events
        true = events.notify
        events.__dict__["notify"] = lambda name, *of: wrong(name, lambda said: true(said, *of))

    return twins(alter)


def swallow(event: str) -> Wrong:
    """Suppress an event."""
    return tell(lambda name, say: None if name == event else say(name))


def late_flash(*, up: int, down: int) -> Wrong:
    """Line3 follows ExposureActive so many ns later, as it rises and as it falls."""

    def alter(twin: Twin) -> None:
        line, clock, camera = twin.camera.lines["Line3"], twin.clock, twin.camera
        true = line.follow

        def follow(level: bool) -> None:
            flash = camera.settings.LineSource["Line3"] == "ExposureActive"
            clock.at(clock.now + (up if level else down), true, level) if flash else true(level)

        line.__dict__["follow"] = follow

    return twins(alter)


def always(moment: str, part: Callable[[Any], Callable[[], object]], unless: Callable[[Any], bool]) -> Wrong:
    """Connect a part to a moment that was not selected for it."""

    def alter(twin: Twin) -> None:
        camera = twin.camera
        true = camera.signals.connect

        def connected(routes: dict[str, list[Any]]) -> None:
            if not unless(camera.settings):
                routes.setdefault(moment, []).append(part(camera))
            true(routes)

        camera.signals.__dict__["connect"] = connected

    return twins(alter)


def other(part: str, name: str, wrong: Callable[..., Any]) -> Wrong:
    """Replace a method of a part of the camera: wrong(true method, *arguments)."""

    def alter(twin: Twin) -> None:
        it: Any = twin.camera
        for step in filter(None, part.split(".")):
            it = getattr(it, step)
        true = getattr(it, name)
        it.__dict__[name] = lambda *args, **more: wrong(true, *args, **more)

    return twins(alter)


def also_entry(feature: str, entry: str) -> Wrong:
    """Add an entry to an enumeration."""
    return answers(
        "entries", lambda true, cam, name: (*true(cam, name), entry) if name == feature else true(cam, name)
    )


def scaled(factor: float) -> Callable[[Any], Any]:
    """Scale a number by a factor."""
    return lambda old: type(old)(old * factor)


def without(*names: str) -> Callable[[Any], Any]:
    """Entries, listed or numbered, that lack some."""

    def lacking(old: Any) -> Any:
        kept = [entry for entry in old if entry not in names]
        return {entry: old[entry] for entry in kept} if isinstance(old, dict) else kept

    return lacking


def picture(change: Callable[[Picture, Any], Picture]) -> Wrong:
    """Pictures are changed after all that the camera does: change(DN, exposure) -> DN."""

    def alter(twin: Twin) -> None:
        renderer = twin.renderer
        true = renderer.image
        renderer.__dict__["image"] = lambda exposure: change(true(exposure), exposure)

    return twins(alter)


def setting(**wrong: Callable[[Any], Any]) -> Wrong:
    """Exposures are rendered with other settings than they were taken with, by attribute of Settings."""

    def alter(twin: Twin) -> None:
        # a sensor's registers come before its renderer
        by = twin if twin.camera.modes.driver else twin.renderer
        true = by.image

        def image(exposure: Any) -> Picture:
            s = exposure.settings
            s = replace(s, **{name: change(getattr(s, name)) for name, change in wrong.items()})
            return true(replace(exposure, settings=s))

        by.__dict__["image"] = image

    return twins(alter)


def exposed(change: Callable[[Any], Any]) -> Wrong:
    """Exposures are other than the camera says when they are rendered."""

    def alter(twin: Twin) -> None:
        renderer = twin.renderer
        true = renderer.image
        renderer.__dict__["image"] = lambda exposure: true(change(exposure))

    return twins(alter)


def machine(name: str, wrong: Callable[[Any, Any], Any]) -> Wrong:
    """Replace a method of the acquisition machine: wrong(machine, true method) -> its result."""

    def alter(twin: Twin) -> None:
        acquisition = twin.camera.acquisition
        true = getattr(acquisition, name)
        setattr(acquisition, name, lambda: wrong(acquisition, true))

    return twins(alter)


def action(name: str, wrong: Callable[[Any, Any], Any]) -> Wrong:
    """Replace an action of the acquisition's table: wrong(machine, true action) -> the next event."""

    def alter(twin: Twin) -> None:
        acquisition = twin.camera.acquisition
        true = getattr(acquisition, name)
        for row, (does, then) in acquisition._rows.items():
            if does == true:
                acquisition._rows[row] = partial(wrong, acquisition, true), then

    return twins(alter)


def ready(wrong: Callable[[Any, Any, int], int]) -> Wrong:
    """Change the moment from which the next frame may begin: wrong(machine, settings, ns) -> ns."""
    return machine("ready_at", lambda m, true: wrong(m, m.host.settings, true()))


def sensor(change: Callable[[int, Any], int]) -> Wrong:
    """Rows cost another time: change(rows, settings) -> rows that it takes as long as."""

    def alter(twin: Twin) -> None:
        camera = twin.camera
        true = camera.sensor

        class Wrong:
            base_ns = true.base_ns
            row_times = true.row_times

            def readout_ns(self, rows: int) -> int:
                return true.readout_ns(change(rows, camera.settings))

        camera.__dict__["sensor"] = Wrong()

    return twins(alter)


def timed(change: Callable[[Any], Any]) -> Wrong:
    """Frames are sent with other settings than they were taken with: change(settings) -> settings."""

    def alter(twin: Twin) -> None:
        timing = twin.camera.transmitter.timing

        class Wrong:
            wire = getattr(timing, "wire", None)
            bytes_per_s = timing.bytes_per_s
            through, with_block_ids, packets = timing.through, timing.with_block_ids, timing.packets

            def transfer_ns(self, settings: Any, payload_bytes: int) -> int:
                return timing.transfer_ns(change(settings), payload_bytes)

        twin.camera.transmitter.timing = Wrong()

    return twins(alter)


def framed(change: Callable[[Frame], Frame]) -> Wrong:
    """Frames arrive otherwise than they were sent."""
    return answers("_frame", lambda true, cam, transfer: change(true(cam, transfer)))


def written(**wrong: Callable[[Any], Any]) -> Wrong:
    """Values that a host writes to these features arrive as others: wrong(value) -> value."""
    return answers(
        "__setattr__",
        lambda true, cam, name, value: true(cam, name, wrong[name](value) if name in wrong else value),
    )


def read(**wrong: Callable[[Any], Any]) -> Wrong:
    """Values that a host reads of these features are others than the camera has: wrong(value) -> value."""

    def misread(true: Any, cam: Session, name: str) -> Any:
        value = true(cam, name)
        return wrong[name](value) if name in wrong else value

    return answers("__getattr__", misread)


def restarted(**wrong: Any) -> Wrong:
    """After a power cycle these features are written, selectors first: the factory's settings are others."""

    def alter(cam: Session) -> None:
        true = cam.twin.camera.power_cycle

        def power_cycle() -> None:
            true()
            for name, value in wrong.items():
                setattr(cam, name, value)

        cam.twin.camera.__dict__["power_cycle"] = power_cycle

    return sessions(alter)
