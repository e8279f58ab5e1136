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


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of a data sheet, and its source."""

    path: str
    value: Any
    unit: str
    source: str
    assumed: bool


def split(name: str, data: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    """Return plain data, and its facts in the file's order. SheetInvalid if a number has no source."""
    facts: list[Fact] = []
    plain = {key: _section(name, key, value, facts) for key, value in data.items()}
    return plain, tuple(facts)


def rows(name: str, data: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    """Return plain data and facts of a sheet whose tables have one source per row, at any depth.

    A table with `value` is that value, one with a source is a row, any other holds more of them.
    """
    facts: list[Fact] = []
    plain = {key: _rows(name, key, value, facts) for key, value in data.items()}
    return plain, tuple(facts)


def _rows(name: str, path: str, value: object, facts: list[Fact]) -> Any:
    if not isinstance(value, Mapping):
        if "." in path:
            raise SheetInvalid(f"{name}: {path} must say its source")
        return value
    if "value" in value:
        return _entry(name, path, value, facts)
    if any(key in value for key in WHERE):
        values = {key: one for key, one in value.items() if key not in WHERE}
        facts.append(_fact(name, path, values, value))
        return values
    return {key: _rows(name, f"{path}.{key}", one, facts) for key, one in value.items()}


def _section(name: str, path: str, value: object, facts: list[Fact]) -> Any:
    if not isinstance(value, Mapping):
        return value  # a title or a reference: words, no numbers
    if path == "features":
        return {feature: _row(name, feature, row, facts) for feature, row in value.items()}
    return {key: _entry(name, f"{path}.{key}", entry, facts) for key, entry in value.items()}


def _entry(name: str, path: str, entry: object, facts: list[Fact]) -> Any:
    if not isinstance(entry, Mapping) or "value" not in entry:
        raise SheetInvalid(
            f"{name}: {path} must say {{ value = ..., source = ... }} or {{ value = ..., assumed = ... }}"
        )
    if unknown := entry.keys() - {"value", "unit", *WHERE}:
        raise SheetInvalid(f"{name}: {path} says {', '.join(sorted(unknown))}, which nothing uses")
    facts.append(_fact(name, path, entry["value"], entry))
    return entry["value"]


def _row(name: str, feature: str, row: object, facts: list[Fact]) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise SheetInvalid(f"{name}: features.{feature} must be a table, not {row!r}")
    values = {key: value for key, value in row.items() if key not in WHERE}
    if values or any(key in row for key in WHERE):
        facts.append(_fact(name, f"features.{feature}", values, row))
    return values


def _fact(name: str, path: str, value: object, row: Mapping[str, Any]) -> Fact:
    values = [key for key in WHERE if row.get(key)]
    if len(values) != 1:
        raise SheetInvalid(f"{name}: {path} must say either source or assumed, once")
    return Fact(path, value, str(row.get("unit", "")), str(row[values[0]]), values[0] == "assumed")
