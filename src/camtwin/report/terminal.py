"""Lines for a terminal: a label, and a text that hangs beside it, as wide as the terminal is."""

from __future__ import annotations

from textwrap import wrap
from typing import Final

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

DIM: Final = "bright_black"
MIN_COLUMNS: Final = 20
"""That a text gets, however narrow the terminal."""


def plain_console() -> Console:
    """Colours on a terminal alone; what is printed is text, and no markup."""
    return Console(highlight=False, markup=False, emoji=False)


def hang(console: Console, label: str, text: str, *, label_style: str = "", style: str = "") -> None:
    """Print them; the lines after the first begin below the text's begin, and none ends in blanks."""
    width, begin = max(console.width, MIN_COLUMNS + len(label)), " " * len(label)
    lines = wrap(text, width, initial_indent=begin, subsequent_indent=begin, break_on_hyphens=False)
    out = Text(label + "\n".join(lines)[len(label) :], style)
    out.stylize(label_style, 0, len(label))
    console.print(out, soft_wrap=True)


def plain_table() -> Table:
    """A table without lines."""
    return Table(box=None, pad_edge=False)


def number_table() -> Table:
    """A table with a line below its head."""
    return Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)


def fits(console: Console, table: Table) -> bool:
    """Whether the terminal is wide enough not to cut a number."""
    return console.measure(table, options=console.options.update(width=1000)).minimum <= console.width


def progress_bar() -> Progress:
    """How far something is, told on stderr, and only on a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
