"""Lines for a terminal: a label, and a text that hangs beside it, as wide as the terminal is."""

from __future__ import annotations

from textwrap import wrap
from typing import Final

from rich.console import Console
from rich.text import Text

LEAST: Final = 20
"""Columns that a text gets, however narrow the terminal."""


def plain_console() -> Console:
    """Colours on a terminal alone; what is printed is text, and no markup."""
    return Console(highlight=False, markup=False, emoji=False)


def hang(console: Console, label: str, text: str, *, label_style: str = "", style: str = "") -> None:
    """Print them; the lines after the first begin below the text's begin, and none ends in blanks."""
    width, begin = max(console.width, LEAST + len(label)), " " * len(label)
    lines = wrap(text, width, initial_indent=begin, subsequent_indent=begin, break_on_hyphens=False)
    out = Text(label + "\n".join(lines)[len(label) :], style)
    out.stylize(label_style, 0, len(label))
    console.print(out, soft_wrap=True)
