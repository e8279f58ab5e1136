"""An answer: a table with a title, and what stands below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from camtwin.problem import Problem

Cell: TypeAlias = str | int | float | None


class NoAnswer(Problem, ValueError):
    """A question that has no answer; one line that names what is wrong, and the nearest right question."""


@dataclass(frozen=True)
class Answer:
    """An answer to a question.

    question: as it was understood, in the words that ask it again. holds: false if it is a refusal, which
    says why in `notes`, with the nearest right question.
    """

    question: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    holds: bool = True

    def column(self, name: str) -> list[Cell]:
        """Return the cells of a column.

        Raises:
            NoAnswer: there is no such column
        """
        if name not in self.columns:
            raise NoAnswer(f"{self.question}: no column {name!r}: there are {', '.join(self.columns)}")
        return [row[self.columns.index(name)] for row in self.rows]

    def records(self) -> list[dict[str, Cell]]:
        """Return each row as a mapping by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def row(self) -> dict[str, object]:
        """Return the answer as `--json` prints it."""
        return {
            "question": self.question,
            "title": self.title,
            "holds": self.holds,
            "answers": self.records(),
            "notes": list(self.notes),
        }


def listed(names: Sequence[str], last: str = "and") -> str:
    """Format names as people do: `a, b and c`."""
    return f" {last} ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
