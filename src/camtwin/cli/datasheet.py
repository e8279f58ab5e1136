"""The output of `camtwin show`: a data sheet in chapters, with the source of each value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from camtwin.camera import Settings
from camtwin.camera.links import KINDS
from camtwin.genicam.nodes import Chapter
from camtwin.models import CameraSheet, Fact
from camtwin.report.terminal import DIM, hang, plain_console

LONG = 400
"""Limit of the text of a value, such as the bytes of registers."""
HEADINGS = {"gige": "GigE link", "record": "On record, not a feature"}


def tell(sheet: CameraSheet, facts: Iterable[Fact], sensor: Iterable[Fact]) -> None:
    """Print these facts of the camera and of its sensor, with the source of each."""
    console = plain_console()
    console.print(sheet.title, style="bold")
    link = KINDS[sheet.link].title
    hang(
        console,
        "",
        f"{sheet.sensor.title}, {link}. Below each value: its source, a chapter of the {sheet.document}.",
    )
    for heading, entries in chapters(sheet, facts, sensor).items():
        console.print(f"\n{heading}", style="bold")
        width = max(len(name) for name, _ in entries)
        for name, fact in entries:
            label, assumed = f"  {name:{width}}  ", "assumed: " * fact.assumed
            if value := f"{plain(fact.value)} {fact.unit}".strip():
                hang(console, label, value)
                label = " " * len(label)
            hang(console, label, assumed + fact.source, style="yellow" if assumed else DIM)


def chapters(
    sheet: CameraSheet, facts: Iterable[Fact], sensor: Iterable[Fact]
) -> dict[str, list[tuple[str, Fact]]]:
    """Return headings with the facts below each, by name; those of the sensor have one of their own."""
    found: dict[str, list[tuple[str, Fact]]] = {}
    for fact in facts:
        part, _, name = fact.path.partition(".")
        found.setdefault(_heading(part, name), []).append((name, fact))
    for fact in sensor:
        found.setdefault(f"Sensor {sheet.sensor.title}", []).append((fact.path.partition(".")[2], fact))
    return found


def _heading(part: str, name: str) -> str:
    """Return the chapter of a feature, such as AcquisitionControl; for other facts the part of the sheet."""
    if part == "features":
        chapters = (c.__name__ for c in Settings.__bases__ if issubclass(c, Chapter) and name in c.features)
        return next(chapters, "Holds what is written, nothing follows")
    return HEADINGS.get(part, part.capitalize())


def plain(value: object) -> str:
    """Return a value as people read it: `min 0; max 48`, `entries Off, On`."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {plain(part)}" for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(plain, value))
    if isinstance(value, bool):
        return "on" if value else "off"
    text = str(value)
    return text if len(text) <= LONG else f"{text[:LONG]}... ({len(text)} characters)"
