"""Sheets that are like another one: rows taken over, changed and left out, each with its source.

A sheet with `like = "baumer-vcxg-124m"` has all that the other one has, but for the rows that it gives
itself. A row of several numbers, `Width = { max = 2048, source = "..." }`, changes these and keeps the rest.
`without = ["features.Test*", "area"]` leaves out rows and sections.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from camtwin.models.documents import refuse_unknown
from camtwin.models.provenance import Fact

Sheet = tuple[dict[str, Any], tuple[Fact, ...]]
"""Plain data, and its facts in the file's order."""


def over(own: Sheet, other: Sheet, name: str) -> Sheet:
    """Return a sheet laid over the one it is like, whose name is said in the source of what comes from it.

    Raises:
        NoSuchRow: it leaves out what is not there
    """
    left_out = own[0].get("without", [])
    plain = {key: value for key, value in own[0].items() if key not in ("like", "without")}
    parents, facts = left(other, left_out)
    rows = {fact.path: fact for fact in own[1]}
    return _merged(plain, parents, rows, ""), (*_inherited(facts, rows, name), *own[1])


def _merged(own: Mapping[str, Any], other: Mapping[str, Any], rows: Mapping[str, Fact], path: str) -> Any:
    both = dict(other)
    for key, value in own.items():
        place, before = f"{path}{key}", other.get(key)
        if not isinstance(value, Mapping) or not isinstance(before, Mapping):
            both[key] = value
        elif (fact := rows.get(place)) is None:
            both[key] = _merged(value, before, rows, f"{place}.")
        else:
            both[key] = {**before, **value} if fact.row else value
    return both


def _inherited(facts: Sequence[Fact], rows: Mapping[str, Fact], name: str) -> list[Fact]:
    """Return the facts that remain of the other sheet, without numbers that the rows give anew."""
    kept: list[Fact] = []
    for fact in facts:
        own, value = rows.get(fact.path), fact.value
        if own and fact.row and own.row:
            value = {key: one for key, one in fact.value.items() if key not in own.value}
        if own and not (fact.row and own.row and value):
            continue
        said = fact.source if fact.of else f"as {name}: {fact.source}"
        kept.append(replace(fact, value=value, source=said, of=fact.of or name))
    return kept


def left(sheet: Sheet, patterns: Sequence[str]) -> Sheet:
    """Return a sheet without the rows and sections of these names, in which * stands for any letters.

    Raises:
        NoSuchRow: nothing is left out by one of them
    """
    plain, facts = sheet
    for pattern in patterns:
        names = [*_names(plain, "")]
        if not any(fnmatchcase(name, pattern) for name in names):
            refuse_unknown(pattern, names)
        plain = _rest(plain, pattern, "")
    kept = {*_names(plain, "")}
    return plain, tuple(fact for fact in facts if fact.path in kept)


def _names(plain: Mapping[str, Any], path: str) -> list[str]:
    names: list[str] = []
    for key, value in plain.items():
        names.append(f"{path}{key}")
        if isinstance(value, Mapping):
            names += _names(value, f"{path}{key}.")
    return names


def _rest(plain: Mapping[str, Any], pattern: str, path: str) -> dict[str, Any]:
    return {
        key: _rest(value, pattern, f"{path}{key}.") if isinstance(value, Mapping) else value
        for key, value in plain.items()
        if not fnmatchcase(f"{path}{key}", pattern)
    }
