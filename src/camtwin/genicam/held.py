"""Features that no declaration knows: they stand in the tree and hold what is written, and nothing follows.

A row of the data sheet that `holds` a kind of value declares one: `Glow = { holds = "Integer", max = 9 }`.
With `chunk = [ID, POSITION]` its value is in frames that carry this chunk, which those of a recording may do.
Each model that has such rows has Settings of its own, with a field for each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from keyword import iskeyword
from typing import Any, Final, TypeVar, cast

from camtwin.genicam.bound import SheetError
from camtwin.genicam.nodes import (
    Boolean,
    Chapter,
    Command,
    Enumeration,
    Feature,
    Float,
    Integer,
    Register,
    Selector,
    String,
)

C = TypeVar("C", bound=Chapter)
CHAPTER: Final = "CustomControl"
"""Category of those whose row names none."""
TEXT: Final = "Holds what is written; the twin does nothing with it."
MAX_HELD: Final = 10_000
"""Limit of such features of a model."""


class Held:
    """Marks features that hold what is written; their whole name is that of their row."""

    attr: str

    @property
    def declared(self) -> str:
        return self.attr


class HeldInteger(Held, Integer):
    pass


class HeldFloat(Held, Float):
    pass


class HeldBoolean(Held, Boolean):
    pass


class HeldString(Held, String):
    pass


class HeldEnumeration(Held, Enumeration):
    pass


class HeldSelector(Held, Selector):
    pass


class HeldCommand(Held, Command):
    pass


class HeldRegister(Held, Register):
    """Bytes, in a sheet as hexadecimal digits."""

    def held(self, shown: str | bytes) -> bytes:
        return bytes.fromhex(shown) if isinstance(shown, str) else shown


KINDS: Final[Mapping[str, type[Feature[Any]]]] = {
    "Integer": HeldInteger,
    "Float": HeldFloat,
    "Boolean": HeldBoolean,
    "String": HeldString,
    "Enumeration": HeldEnumeration,
    "Command": HeldCommand,
    "Register": HeldRegister,
}


def with_held(settings: type[C], sheet: Mapping[str, Mapping[str, Any]]) -> type[C]:
    """Return the settings of a model whose sheet has rows that hold values; others' stay as they are.

    Raises:
        SheetError: a row has the name of a declared feature, or its kind or selectors cannot be
    """
    rows = {name: row for name, row in sheet.items() if "holds" in row}
    if not rows:
        return settings
    if len(rows) > MAX_HELD:
        raise SheetError(f"{len(rows)} rows hold values: at most {MAX_HELD}")
    selectors = {selector for row in sheet.values() for selector in _names(row.get("by"))}
    own: dict[str, Feature[Any]] = {}
    for name, row in rows.items():
        if hasattr(settings, name) or iskeyword(name) or name.startswith("_"):
            reason = (
                "cannot hold a value under this name; give the row another one, and this one as its `name`"
            )
            raise SheetError(f"{name}: {reason}", name)
        if missing := [s for s in _names(row.get("by")) if s not in sheet]:
            raise SheetError(f"{name}.by {missing[0]:.60}: this model has no such feature", name)
        own[name] = _declared(name, row, selects=name in selectors)
    made = type(settings.__name__, (settings,), {**own, "__module__": settings.__module__})
    model = cast("type[C]", made)
    for name, feature in own.items():
        object.__setattr__(feature, "chapter", str(rows[name].get("chapter", CHAPTER)))
    return model


def _names(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _declared(name: str, row: Mapping[str, Any], *, selects: bool) -> Feature[Any]:
    kind = row["holds"]
    if kind not in KINDS:
        raise SheetError(f"{name}.holds {kind!r:.60}: must be one of {', '.join(KINDS)}", name)
    make: Any = HeldSelector if kind == "Enumeration" and selects else KINDS[kind]
    words: dict[str, Any] = {
        "by": tuple(_names(row.get("by"))),
        "visibility": row.get("visibility", "Expert"),
        "custom": not row.get("standard", False),
    }
    if kind == "Command":
        words["do"] = _nothing
    if "chunk" in row:
        if kind in ("Command", "Register"):
            raise SheetError(f"{name}.chunk: a {kind} is in no chunk", name)
        words["chunk"] = name, 0  # the row has its place
    if kind in ("Integer", "Float"):
        words |= {"unit": row.get("unit", ""), "form": row.get("form", "")}
    if kind == "Float":
        words |= {"min": -1e300, "max": 1e300}
    if kind == "Integer":
        bits = 8 * _length(row, 4)
        low, high = (
            (-(1 << bits - 1), (1 << bits - 1) - 1) if row.get("signed") is True else (0, (1 << bits) - 1)
        )
        words |= {"min": max(low, -(2**63)), "max": min(high, 2**63 - 1)}
    if kind in ("Integer", "Float"):
        low, high = (row.get(word, words[word]) for word in ("min", "max"))
        numbers = isinstance(low, int | float) and isinstance(high, int | float)
        words["default"] = max(low, min(0, high)) if numbers else 0
    if kind == "Register":
        words["default"] = bytes(_length(row, 4))
        _check_digits(name, row)
    if kind == "Enumeration":
        entries = row.get("entries")
        if not isinstance(entries, Mapping) or not entries:
            raise SheetError(f"{name}.entries: must be a table of names and numbers", name)
        words["entries"] = entries
    return make(row.get("doc") or TEXT, **words)


def _check_digits(name: str, row: Mapping[str, Any]) -> None:
    """Check that the bytes of a register are as many hexadecimal digits as it has."""
    default, length = row.get("default"), _length(row, 4)
    digits = default if isinstance(default, str) else "" if default is None else " "
    if (digits or default is not None) and not re.fullmatch(rf"[0-9A-Fa-f]{{{2 * length}}}", digits):
        raise SheetError(f"{name}.default: must be {2 * length} hexadecimal digits", name)


def _length(row: Mapping[str, Any], usual: int) -> int:
    length = row.get("length", usual)
    return length if isinstance(length, int) and 0 < length <= 65536 else usual


def _nothing(*_: object) -> None:
    """Do nothing: the command is held by the tree only."""
