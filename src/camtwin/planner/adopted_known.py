"""Rows that are being made, and what is known for them: a description, values, a user's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from camtwin.genicam.foreign_features import ForeignFeature
from camtwin.genicam.formula import Value

Row = dict[str, Any]
NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
"""Names that a feature, an entry or a chapter may have here."""
SIZES: Final = {"Width": ("WidthMax", "SensorWidth"), "Height": ("HeightMax", "SensorHeight")}


@dataclass
class Rows:
    """Rows by name, and what is to be said of them.

    guessed   by row, the words whose numbers nobody knows
    why_held  names of features that only hold values, and why
    left_out  names that the twin does not have, and why
    moved     names whose register is not where the camera has it, and why
    from_dump rows that a value dump, or --set, took part in
    """

    rows: dict[str, Row] = field(default_factory=dict[str, Row])
    features: dict[str, str] = field(default_factory=dict[str, str])
    guessed: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    why_held: dict[str, str] = field(default_factory=dict[str, str])
    left_out: dict[str, str] = field(default_factory=dict[str, str])
    moved: dict[str, str] = field(default_factory=dict[str, str])
    from_dump: set[str] = field(default_factory=set[str])


@dataclass(frozen=True)
class Known:
    """Knowledge of one camera.

    values  what a dump says, by names of features; `given` what the user says, by `Name` or `Name.max`
    base    rows of the sheet that this camera is like
    played  whether its chunks come from a recording
    out     the rows that are made
    """

    features: Mapping[str, ForeignFeature]
    values: Mapping[str, Value | str]
    given: Mapping[str, Value | str]
    base: Mapping[str, Mapping[str, Any]]
    link: str
    played: bool = False
    out: Rows = field(default_factory=Rows)

    def told(self, name: str, word: str) -> Value | str:
        """Return what the user says of a limit, None if nothing."""
        told = self.given.get(f"{name}.{word}")
        if told is not None:
            self.out.from_dump.add(name)
        return told

    def number(self, names: tuple[str, ...]) -> float | None:
        """Return the value of the first of these features that has a number."""
        for name in names:
            for source in (self.given, self.values):
                if isinstance(value := source.get(name), int | float):
                    return value
            if (feature := self.features.get(name)) and isinstance(feature.value, int | float):
                return feature.value
        return None

    def selected(self, by: tuple[str, ...]) -> str:
        """Return the entry that the one selector of a feature selects in the dump, "" if it is not known."""
        selector = self.features.get(by[0]) if len(by) == 1 else None
        if selector is None:
            return ""
        value = self.given.get(by[0], self.values.get(by[0], selector.value))
        word = next((e for e, wire in selector.entries.items() if value in (e, wire)), "")
        row = self.out.rows.get(by[0], {})
        entry = next((e for e, shown in row.get("words", {}).items() if shown == word), word)
        return entry if entry in row.get("entries", {}) else ""


def fitting(text: str, length: int) -> str:
    """Return as much of a text as a register of so many bytes holds."""
    return text.encode()[:length].decode(errors="ignore").strip()


def printable(text: str) -> str:
    """Return at most 1000 characters of a text, spaces for those that cannot be shown."""
    return "".join(c if c.isprintable() else " " for c in text)[:1000]
