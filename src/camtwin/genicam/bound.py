"""A feature as one model has it, and the words for what goes wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from zlib import crc32

from camtwin.genicam.nodes import Boolean, Feature
from camtwin.problem import Problem

ASK = Boolean("What a rule says of another feature.", value=0)


class SheetError(ValueError):
    """A data sheet that does not fit the declarations."""


class NoSuchFeature(Problem, AttributeError):
    """This model has no feature of that name."""


Why = Literal["address", "readonly", "unavailable", "locked", "range", "storage"]


class Refused(Problem):
    """An access the camera does not carry out, and why; it names the thing, the value and the limit."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why = why


class At(NamedTuple):
    """Where and when a rule is asked."""

    settings: Any
    device: Any
    key: Any = None  # the selected entry, or a tuple of them


@dataclass(frozen=True)
class Bound:
    """A rule ready to run, and what makes its result stale."""

    fn: Callable[[At], Any]
    needs: tuple[str, ...] = ()  # settable features it depends on
    live: bool = False  # depends on the camera's state or time
    same: str = ""  # it only repeats this feature


@dataclass(eq=False)
class Node:
    """One feature, as this model has it."""

    feature: Feature[Any]
    row: Mapping[str, Any]
    here: bool  # the model has it; if not, its setting keeps the default
    entries: Mapping[str, int] = field(default_factory=dict)
    strides: list[int] = field(default_factory=list)  # of its selectors
    keys: dict[Any, int] = field(
        default_factory=dict
    )  # offset of each selected entry; {None: 0} without selectors
    rules: dict[str, Bound] = field(
        default_factory=dict
    )  # by plane: Value, Min, Max, Available, Locked, Can_<entry>
    link: str = ""  # whose standard places registers

    @property
    def words(self) -> dict[str, int]:
        """Entries as hosts see them, with their values on the wire."""
        return {self.feature.shown(entry): wire for entry, wire in self.entries.items()}

    @property
    def address(self) -> int:
        """Of the value: the standard's, or a hash of the name, which never moves, whatever is declared."""
        place = self.feature.at.get(self.link, self._own)
        return place[0] if isinstance(place, tuple) else place

    @property
    def _own(self) -> int:
        return 0x1_0000 + (crc32(self.feature.name.encode()) & 0x07FF_FFF0)

    @property
    def joint(self) -> tuple[str, ...]:
        """Features that take each value that a host gives this one."""
        return tuple(self.row.get("joint", ()))

    @property
    def access(self) -> str:
        f = self.feature
        return f.elsewhere or ("RO" if f.chunk else "WO" if f.do else "RW" if f.stored or f.put else "RO")

    def number(self, name: str) -> Any:
        """A constant limit: the data sheet's, else the declaration's, else None."""
        said = self.row.get(name, getattr(self.feature, name, None))
        return said if isinstance(said, (int, float)) else None

    def registers(self) -> list[tuple[str, int, Feature[Any]]]:
        """(plane, address, coding) of its value and of whatever rules decide: where A is the name's hash, the
        minimum is at 0x1000_0000 + A, the maximum at 0x2000_0000 + A; entries follow from 0x5000_0000."""
        planes = [
            "Value",
            "Min",
            "Max",
            "Available",
            "Locked",
            *(p for p in self.rules if p.startswith("Can_")),
        ]
        return [
            (p, (i << 28) + self._own if i else self.address, self.feature if i < 3 else ASK)
            for i, p in enumerate(planes)
            if i == 0 or (p in self.rules and not self.rules[p].same)
        ]
