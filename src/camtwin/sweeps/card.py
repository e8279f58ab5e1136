"""The data card of a sweep: README.md beside the data, in the form that dataset hubs read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import camtwin
from camtwin import models
from camtwin.sweeps.cells import Sweep
from camtwin.sweeps.collect import Collected

MAX_ASSUMED = 30
KINDS = {
    "frame": "raw codes of the sensor",
    "electrons": "mean electrons of each pixel, before chance: docs/truth.md",
    "defects": "1 where a pixel is hot or dead",
    "clean": "the mean code of each pixel: the image without the noise of its moment",
}


def card(sweep: Sweep, made: Collected, text: str) -> str:
    """Return the card. text: the sweep's file."""
    return "\n".join(_lines(sweep, made, text)) + "\n"


def _lines(sweep: Sweep, made: Collected, text: str) -> Iterator[str]:
    plan, title = sweep.plan, sweep.plan.title or Path(sweep.name).stem
    licence = plan.scene_licence or "not stated by who made the sweep"
    yield from ("---", f"pretty_name: {title!r}", "license: other")
    yield from ("tags: [synthetic, raw-images, camtwin]", "---")
    yield from (
        f"# {title}",
        "Synthetic raw images of digital twins of cameras: no camera took them.",
        "",
    )
    yield from ("## What it is", f"- {made.done} cells, {made.failed} failed; {made.frames} images")
    yield f"- kept: {', '.join(plan.keep)}"
    yield f"- test share {plan.test_share:g}, split by scene: no scene is in both"
    for name in made.arrays:
        yield f"- frames.zarr/{name}: {KINDS[name.rpartition('/')[2]]}"
    if plan.format != "zarr" and "frames" in plan.keep:
        yield f"- images/CELL-FRAME.{plan.format}: {KINDS['frame']}"
    yield from ("- cells.parquet: a row for each cell; frames.parquet: a row for each image", "")
    yield "## How it was made"
    yield f"camtwin {camtwin.__version__}, code {sweep.asked.code[:12]}; the same file makes the same bytes:"
    yield from ("```toml", text.strip(), "```", "")
    yield "## Sources"
    sheets = {name: _load(sweep, name) for name in plan.models}
    for name, sheet in sheets.items():
        yield f"- {name}: {sheet.title}, sensor {sheet.sensor.name}; {sheet.document}"
    yield ""
    yield "## Assumptions"
    for name, sheet in sheets.items():
        assumed = [fact for fact in sheet.facts if fact.assumed]
        yield f"{name}: {len(assumed)} numbers that no data sheet gives, all in `camtwin show {name}`:"
        yield from (f"- {fact.path}: {fact.source}" for fact in assumed[:MAX_ASSUMED])
    yield from ("", "## Licence", f"Scenes: {licence}.")
    yield "The images are made by camtwin (Apache-2.0); names of cameras are trademarks of their owners."


def _load(sweep: Sweep, name: str) -> models.CameraSheet:
    beside = Path(sweep.asked.folder) / name
    return models.load(str(beside) if name.endswith(".toml") and beside.exists() else name)
