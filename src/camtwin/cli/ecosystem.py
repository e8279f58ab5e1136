"""The command that answers questions about modules, adapters and boards: ecosystem."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camtwin.cli.common import SAVE, AsJson, UsageProblem, command, drawing_writer
from camtwin.cli.help import CHECK

if TYPE_CHECKING:
    from rich.console import Console

    from camtwin.ecosystem import Answer

MIN_WIDE = 24
"""Columns of a terminal that the widest column of a table needs at least."""


def _words(incomplete: str) -> list[str]:
    """Return the questions and parts that begin so, for the shell's completion."""
    from camtwin.ecosystem import QUESTIONS, ecosystem

    known = [*QUESTIONS, *ecosystem().kinds]
    return [word for word in known if word.casefold().startswith(incomplete.casefold())]


@command(
    CHECK,
    """
# The questions that it answers
camtwin ecosystem
# Boards that take four of a module
camtwin ecosystem boards FSM-IMX412 4
# How a module connects to a board, and is it verified
camtwin ecosystem chain FSM-IMX412 TX2 --draw chain.svg
# Lanes that 45 frames a second of full resolution need
camtwin ecosystem lanes FSM-IMX412 4056x3040 45
camtwin ecosystem buy FSM-IMX412 Nano 2 --json
""",
)
def ecosystem(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[QUESTION] [WORD]...",
            help="Question, and what it is about: parts by name or the end of it (IMX412, TX2, FT1/A), "
            "a number. Parts without a question ask how they connect.",
            show_default=False,
            autocompletion=_words,
        ),
    ] = None,
    as_json: AsJson = False,
    draw: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw the chain, or the module's board, to FILE.svg or FILE.png.",
            show_default=False,
            rich_help_panel=SAVE,
        ),
    ] = None,
) -> None:
    """Answer what goes with what among FRAMOS sensor modules, adapters and boards.

    The answers are those of the FSM-IMX412 data sheet: its tables 1 to 6, connector, supplies and offers.
    Exit code 1 if the answer is no, with the reason and what goes instead.
    """
    from camtwin.ecosystem import ask
    from camtwin.ecosystem.drawing import drawn

    write = drawing_writer(draw)
    answer = ask(*words or ())
    picture = drawn(answer) if draw else None
    if draw and picture is None:
        raise UsageProblem("--draw shows `chain` with parts that connect, or `mechanics` with a module")
    if picture:
        write(lambda: picture)
    print(json.dumps(answer.row(), indent=2)) if as_json else _tell(answer)
    raise typer.Exit(not answer.holds)


def _tell(answer: Answer) -> None:
    """Print an answer for people: a table, or where it is too wide, a block for each row."""
    from camtwin.report.terminal import DIM, hang, plain_console

    console = plain_console()
    console.print(answer.title, style="bold" if answer.holds else "bold red")
    records = [{name: _shown(cell) for name, cell in record.items()} for record in answer.records()]
    names = [name for name in answer.columns if any(record[name] for record in records)]
    rows = [[record[name] for name in names] for record in records]
    if not _table(console, names, rows):
        wide = max(map(len, names)) + 2
        for row in rows:
            label, *labels = [f"{name:{wide}}" for name in names]
            for text, cell in zip([f"{label}  ", *(f"  {name}" for name in labels)], row, strict=True):
                if cell:
                    hang(console, text, cell, label_style=DIM)
    for note in answer.notes:
        hang(console, "- ", note, label_style=DIM)


def _table(console: Console, names: list[str], rows: list[list[str]]) -> bool:
    """Print a table whose widest column may be broken; False if even so it is too wide for the terminal."""
    from camtwin.report.terminal import DIM, plain_table

    table = plain_table()
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    room = console.width - sum(widths) - 2 * len(widths) + max(widths, default=0)
    if not rows or room < min(MIN_WIDE, max(widths)):
        return not rows
    for name, width in zip(names, widths, strict=True):
        most = room if width == max(widths) else None
        table.add_column(name, no_wrap=most is None, max_width=most, header_style=DIM)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    return True


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
