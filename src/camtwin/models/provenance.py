"""Where each number of a data sheet comes from.

In the TOML a number is never bare: `row_clocks = { value = 1598, source = "..." }`, or with `assumed = "why"`
where no source says it. A row of [features] says it once for all its numbers. `split` takes the plain data
and the list of what was said apart, so that the code reads `sheet.readout.row_clocks`.
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
    """One entry of a data sheet, and what it rests on."""

    path: str
    value: Any
    unit: str
    source: str
    assumed: bool


def split(name: str, data: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    """Plain data, and its facts in the file's order. SheetInvalid where a number has no source."""
    facts: list[Fact] = []
    plain = {key: _section(name, key, value, facts) for key, value in data.items()}
    return plain, tuple(facts)


def rows(name: str, data: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    """The same of a sheet whose tables say their source once a row, at any depth.

    A table with `value` is that value, one with a source is a row, any other holds more of them."""
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
        said = {key: one for key, one in value.items() if key not in WHERE}
        facts.append(_fact(name, path, said, value))
        return said
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
    said = {key: value for key, value in row.items() if key not in WHERE}
    if said or any(key in row for key in WHERE):
        facts.append(_fact(name, f"features.{feature}", said, row))
    return said


def _fact(name: str, path: str, value: object, row: Mapping[str, Any]) -> Fact:
    said = [key for key in WHERE if row.get(key)]
    if len(said) != 1:
        raise SheetInvalid(f"{name}: {path} must say either source or assumed, once")
    return Fact(path, value, str(row.get("unit", "")), str(row[said[0]]), said[0] == "assumed")
