"""Provenance: the source of each number of a data sheet.

In the TOML a number is never bare: `row_clocks = { value = 1598, source = "..." }`, or with `assumed = "why"`
if no source states it. A row of [features] has one source for all its numbers. `split` separates the plain
data from the list of facts, so that the code reads `sheet.readout.row_clocks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from camtwin.problem import Problem

WHERE = ("source", "assumed")


class SheetInvalid(Problem, ValueError):
    """A data sheet that cannot be used; one line that names file, entry, value and what is wanted."""


class RowInvalid(Problem):
    """A row that says no source, or what nothing uses; `path` is the row."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of a data sheet, and its source.

    row    it is a row of several numbers, by their names
    of     the other sheet that it is taken over from
    """

    path: str
    value: Any
    unit: str
    source: str
    assumed: bool
    row: bool = False
    of: str = ""


def split(data: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    """Return plain data, and its facts in the file's order. RowInvalid if a number has no source."""
    facts: list[Fact] = []
    plain = {key: _section(key, value, facts) for key, value in data.items()}
    return plain, tuple(facts)


def rows(data: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    """Return plain data and facts of a sheet whose tables have one source per row, at any depth.

    A table with `value` is that value, one with a source is a row, any other holds more of them.
    """
    facts: list[Fact] = []
    plain = {key: _rows(key, value, facts) for key, value in data.items()}
    return plain, tuple(facts)


def _rows(path: str, value: object, facts: list[Fact]) -> Any:
    if not isinstance(value, Mapping):
        if "." in path:
            raise RowInvalid(path, f"{path} must say its source")
        return value
    if "value" in value:
        return _entry(path, value, facts)
    if any(key in value for key in WHERE):
        values = {key: one for key, one in value.items() if key not in WHERE}
        facts.append(_fact(path, values, value, row_of=True))
        return values
    return {key: _rows(f"{path}.{key}", one, facts) for key, one in value.items()}


def _section(path: str, value: object, facts: list[Fact]) -> Any:
    if not isinstance(value, Mapping):
        return value  # a title or a reference: words, no numbers
    if path == "features":
        return {feature: _row(feature, row, facts) for feature, row in value.items()}
    return {key: _entry(f"{path}.{key}", entry, facts) for key, entry in value.items()}


def _entry(path: str, entry: object, facts: list[Fact]) -> Any:
    if not isinstance(entry, Mapping) or "value" not in entry:
        raise RowInvalid(
            path, f"{path} must say {{ value = ..., source = ... }} or {{ value = ..., assumed = ... }}"
        )
    if unknown := entry.keys() - {"value", "unit", *WHERE}:
        raise RowInvalid(path, f"{path} says {', '.join(sorted(unknown))}, which nothing uses")
    facts.append(_fact(path, entry["value"], entry))
    return entry["value"]


def _row(feature: str, row: object, facts: list[Fact]) -> dict[str, Any]:
    path = f"features.{feature}"
    if not isinstance(row, Mapping):
        raise RowInvalid(path, f"{path} must be a table, not {row!r:.60}")
    values = {key: value for key, value in row.items() if key not in WHERE}
    if values or any(key in row for key in WHERE):
        facts.append(_fact(path, values, row, row_of=True))
    return values


def _fact(path: str, value: object, row: Mapping[str, Any], *, row_of: bool = False) -> Fact:
    values = [key for key in WHERE if row.get(key)]
    if len(values) != 1:
        raise RowInvalid(path, f"{path} must say either source or assumed, once")
    if not isinstance(words := row[values[0]], str):
        raise RowInvalid(path, f"{path}.{values[0]} {words!r:.60}: must be words in quotes")
    return Fact(path, value, str(row.get("unit", "")), words, values[0] == "assumed", row_of)
