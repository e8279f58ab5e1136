"""Pages of the command line, made of the program's help."""

from __future__ import annotations

import re
from pathlib import Path

import typer
from typer.core import TyperGroup

from camtwin.cli import app
from camtwin.cli.manual import ManualEntry, entries


def write(folder: Path) -> None:
    """Write a page of all commands: commands.md."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    lines = [
        "# Commands",
        "Made of the program's own help: `camtwin COMMAND -h` says the same, `camtwin --man` as a manual page.",
    ]
    heading = ""
    for entry in entries(root):
        depth = entry.words.count(" ")
        if entry.heading != heading and depth == 1:
            heading = entry.heading
            lines += ["", f"## {heading}"]
        lines += described(entry, "#" * (2 + max(depth, 0)))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "commands.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def described(entry: ManualEntry, level: str) -> list[str]:
    """Return a command in Markdown."""
    lines = [
        "",
        f"{level} {entry.words}",
        f"```text\n{entry.words} {entry.usage}\n```",
        "",
        prose(entry.text),
    ]
    for title, rows in entry.sections.items():
        lines += ["", f"| {title} | |", "|---|---|"]
        lines += [f"| {code(name)} | {cell(text)} |" for name, text in rows]
    if entry.examples:
        lines += ["", "```sh", *entry.examples, "```"]
    return lines


def code(text: str) -> str:
    """Return a text as code in a cell."""
    return f"`{text}`".replace("|", r"\|")


def prose(text: str) -> str:
    """Return a help text as paragraphs; what Markdown would take for markup is escaped, but for code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        part if part.startswith("`") else re.sub(r"([*_<>\[\]|])", r"\\\1", part) for part in parts
    )


def cell(text: str) -> str:
    """Return a text for a cell of a table."""
    return prose(" ".join(text.split()))
