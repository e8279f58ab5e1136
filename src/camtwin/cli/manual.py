"""The manual of the command line, made from its help: commands as data, and the page that `man` shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from camtwin.cli.help import Rows, sections, subcommands

if TYPE_CHECKING:
    from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True, slots=True)
class ManualEntry:
    """A command as the manual has it.

    words     that call it, `camtwin lab emva`
    heading   under which the help lists it
    usage     what follows the words
    text      the help: a first sentence, then paragraphs
    sections  headings of arguments and options, with their rows
    examples  command lines, and `#` comments
    group     whether it only has commands
    """

    words: str
    heading: str
    usage: str
    text: str
    sections: dict[str, Rows]
    examples: tuple[str, ...]
    group: bool


def entries(
    command: TyperCommand | TyperGroup, words: str = "camtwin", heading: str = ""
) -> Iterator[ManualEntry]:
    """Yield a command and all below it, in the order of the help."""
    from typer._click import Context
    from typer.core import TyperGroup

    ctx = Context(command, info_name=words, help_option_names=["-h", "--help"])
    group = isinstance(command, TyperGroup)
    yield ManualEntry(
        words,
        heading,
        " ".join(command.collect_usage_pieces(ctx)),
        (command.help or "").strip(),
        sections(command, ctx),
        tuple((command.epilog or "").splitlines()),
        group,
    )
    if group:
        for title, commands in subcommands(command, ctx).items():
            for name, each in commands.items():
                yield from entries(each, f"{words} {name}", title)


def roff(root: TyperGroup, version: str) -> str:
    """Return the page for `man`: man(7), with every command in it."""
    top, *commands = entries(root)
    lines = [
        f'.TH CAMTWIN 1 "" "camtwin {version}" "User commands"',
        ".SH NAME",
        f"camtwin \\- {_roff(top.text[:1].lower() + top.text[1:].rstrip('.'))}",
        ".SH SYNOPSIS",
        f".B camtwin\n{_roff(top.usage)}",
        *_options(top),
    ]
    heading = ""
    for entry in commands:
        if entry.heading != heading and entry.words.count(" ") == 1:
            heading = entry.heading
            lines.append(f'.SH "{_roff(heading.upper())}"')
        lines += [f'.SS "{_roff(f"{entry.words} {entry.usage}")}"', *_paragraphs(entry.text)]
        lines += [*_options(entry), *_examples(entry)]
    return "\n".join([*lines, ".SH EXAMPLES", *_examples(top, label=False), ""])


def _roff(text: str) -> str:
    """Escape a line of text for roff.

    >>> print(_roff("--set NAME=VALUE, ./a"))
    \\-\\-set NAME=VALUE, ./a
    """
    text = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return re.sub(r"^([.'])", r"\\&\1", text)


def _paragraphs(text: str) -> list[str]:
    parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]
    return [line for part in parts for line in (".PP", _roff(part))]


def _options(entry: ManualEntry) -> list[str]:
    lines: list[str] = []
    for heading, rows in entry.sections.items():
        lines += [".PP", f"{_roff(heading)}:"]
        for name, text in rows:
            lines += [".TP", f".B {_roff(name)}", _roff(" ".join(text.split()))]
    return lines


def _examples(entry: ManualEntry, *, label: bool = True) -> list[str]:
    if not entry.examples:
        return []
    return [*([".PP", "Examples:"] if label else []), ".PP", ".nf", *map(_roff, entry.examples), ".fi"]
