"""A page for each model: its features as a host sees them after power-on, and its numbers with their sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from commands import cell

import camtwin
from camtwin.camera.links import KINDS
from camtwin.cli.datasheet import chapters, plain
from camtwin.models import CameraSheet, Fact, load, names
from camtwin.studio.features import Features

WIDEST = 120
"""Entries or values in characters, beyond which a cell is cut; the program has them whole."""


def write(folder: Path) -> None:
    """Write models/NAME.md of each model, and models/index.md."""
    (folder / "models").mkdir(parents=True, exist_ok=True)
    rows = []
    for name in names():
        sheet = load(name)
        (folder / "models" / f"{name}.md").write_text(
            "\n".join(described(name, sheet)) + "\n", encoding="utf-8"
        )
        facts = facts_of(sheet)
        assumed = sum(fact.assumed for fact in facts)
        rows.append(
            f"| [{sheet.title}]({name}.md) | {sheet.sensor.title} | {KINDS[sheet.link].title} "
            f"| {len(facts)} | {assumed} |"
        )
    lines = [
        "# Models",
        "Made of the data sheets in the package. An assumption is a number that no public source gives; its reason stands beside it.",
        "",
        "| model | sensor | link | entries | of them assumed |",
        "|---|---|---|---|---|",
        *rows,
        "",
        "```{toctree}\n:hidden:\n",
        *names(),
        "```",
    ]
    (folder / "models" / "index.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def facts_of(sheet: CameraSheet) -> list[Fact]:
    """Return what the sheets of a camera, of what it stands in, and of its sensor say."""
    return [*sheet.facts, *(sheet.rig.facts if sheet.rig else ()), *sheet.sensor.facts]


def described(name: str, sheet: CameraSheet) -> list[str]:
    """Return the page of a model."""
    lines = [
        f"# {sheet.title}",
        f"{sheet.sensor.title}, {KINDS[sheet.link].title}. Sources are chapters of the {sheet.document} "
        f"where no other one is named. `camtwin show {name}` prints the same.",
    ]
    if "AcquisitionStart" in sheet.features:
        lines += ["", "## Features", "As a host sees them after power-on.", *features(name, sheet)]
    lines += ["", "## Numbers and sources"]
    around = sheet.rig.facts if sheet.rig else ()
    for heading, facts in chapters(sheet, [*sheet.facts, *around], sheet.sensor.facts).items():
        lines += [
            "",
            f"### {heading}: sources" if heading.endswith("Control") else f"### {heading}",
            "",
            "| | value | source |",
            "|---|---|---|",
        ]
        for path, fact in facts:
            value = f"{plain(fact.value)} {fact.unit}".strip()
            source = f"**assumed:** {cell(fact.source)}" if fact.assumed else cell(fact.source)
            lines.append(f"| `{path}` | {cell(short(value))} | {source} |")
    return lines


def features(name: str, sheet: CameraSheet) -> list[str]:
    """Return tables of features, a chapter each."""
    lines: list[str] = []
    with camtwin.open(name, render=False) as cam:
        tree = Features(cam)
        states = tree.states()
        chapter = ""
        for row in sorted(tree.described(), key=lambda row: row["chapter"]):
            if row["chapter"] != chapter:
                chapter = row["chapter"]
                lines += [
                    "",
                    f"### {chapter}",
                    "",
                    "| feature | value | may be | does |",
                    "|---|---|---|---|",
                ]
            state = states[row["name"]]
            lines.append(
                f"| `{row['name']}`<br>{row['kind']}, {state['access']} | {cell(short(value_of(row, state)))} "
                f"| {cell(short(range_of(row, state)))} | {cell(row['doc'])} |"
            )
    return lines


def value_of(row: dict[str, Any], state: dict[str, Any]) -> str:
    """Return the value after power-on with its unit."""
    if state.get("value") is None:
        return ""
    return f"{plain(state['value'])} {row.get('unit') or ''}".strip()


def range_of(row: dict[str, Any], state: dict[str, Any]) -> str:
    """Return what may be written now."""
    if "entries" in state:
        return ", ".join(state["entries"])
    if state.get("min") is None:
        return ""
    step = f", in steps of {row['inc']}" if row.get("inc") not in (None, 1) else ""
    return f"{state['min']} to {state['max']}{step}"


def short(text: str) -> str:
    """Cut what is long."""
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}..."
