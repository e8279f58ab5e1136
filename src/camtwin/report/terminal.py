"""Terminal output: a label with text indented beside it, as wide as the terminal."""

from __future__ import annotations

from textwrap import wrap
from typing import Final

from rich import box
from rich.console import Console
from rich.control import strip_control_codes
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

DIM: Final = "bright_black"
MIN_COLUMNS: Final = 20
"""Columns that a text gets, however narrow the terminal."""


def plain_console() -> Console:
    """Return a console with colours on a terminal only; text is printed without markup."""
    console = Console(highlight=False, markup=False, emoji=False)
    console.size = console.size  # asked once, not for each line
    return console


def hang(console: Console, label: str, text: str, *, label_style: str = "", style: str = "") -> None:
    """Print a label and a text; further lines are indented to the text's start, without trailing blanks."""
    width, begin = max(console.width, MIN_COLUMNS + len(label)), " " * len(label)
    lines = wrap(text, width, initial_indent=begin, subsequent_indent=begin, break_on_hyphens=False)
    said = label + "\n".join(lines)[len(label) :]
    if console.color_system is None:  # the same without rich, in less time: a sheet has hundreds
        console.file.write(strip_control_codes(said) + "\n")
        return
    out = Text(said, style)
    out.stylize(label_style, 0, len(label))
    console.print(out, soft_wrap=True)


def plain_table() -> Table:
    """Return a table without lines."""
    return Table(box=None, pad_edge=False)


def number_table() -> Table:
    """Return a table with a line below its head."""
    return Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)


def fits(console: Console, table: Table) -> bool:
    """Tell whether the terminal is wide enough not to truncate a number."""
    return console.measure(table, options=console.options.update(width=1000)).minimum <= console.width


def progress_bar() -> Progress:
    """Return a progress bar on stderr, shown on a terminal only."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
