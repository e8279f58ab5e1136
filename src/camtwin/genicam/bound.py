"""A feature bound to one model, and the errors of binding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from camtwin.genicam.device import Key
from camtwin.genicam.dialect import Order
from camtwin.genicam.nodes import Boolean, Bound, Feature, Numeric
from camtwin.problem import Problem

RULE_RESULT = Boolean("Result of a rule about another feature.", value=0)


class SheetError(ValueError):
    """A data sheet that does not fit the feature declarations; `row` is the row at fault, if it is one."""

    def __init__(self, message: str, feature: str = "") -> None:
        super().__init__(message)
        self.row = f"features.{feature}" if feature else ""


class NoSuchFeature(Problem, AttributeError):
    """The model has no feature of that name."""


@dataclass(eq=False)
class Node:
    """One feature of one model.

    here       whether the model has it; if not, its setting keeps the default
    link       whose standard places registers
    entries    an enumeration's entries by declared name, with their values on the wire
    words      the same by the names that this model's hosts see; `names` is the reverse
    keys       register offset of each selected entry; {None: 0} without selectors
    strides    bytes from one entry of each of its selectors to the next
    ids        of events and chunks, by the entry that stands for them
    chunk      id of the chunk that holds its value, and its position there
    rules      by plane: Value, Min, Max, Available, Locked, Can_<entry>
    access     RO, RW or WO
    joint      features that take on each value that a host writes to this one
    low, high, inc  constant limits and step; None without one
    """

    feature: Feature[Any]
    row: Mapping[str, Any]
    here: bool
    link: str = ""
    entries: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    strides: list[int] = field(default_factory=list)
    keys: dict[Key, int] = field(default_factory=dict)
    ids: Mapping[str, int] = field(default_factory=dict)
    chunk: tuple[int, int] | None = None
    rules: dict[str, Bound] = field(default_factory=dict)

    def __post_init__(self) -> None:
        f = self.feature
        usual = "RO" if f.chunk else "WO" if f.do else "RW" if f.stored or f.put else "RO"
        self.access = f.elsewhere or self.row.get("access", usual)
        self.joint: tuple[str, ...] = tuple(self.row.get("joint", ()))
        self.low, self.high, self.inc = (self.number(name) for name in ("min", "max", "inc"))

    @property
    def address(self) -> int:
        """Address of the value: the row's, the standard's, or a hash of the name, independent of others."""
        if "Value" in (own := self.row.get("at", {})):
            return own["Value"]
        place = self.feature.at.get(self.link, self._own)
        return place[0] if isinstance(place, tuple) else place

    @property
    def _own(self) -> int:
        return 0x1_0000 + (crc32(self.feature.name.encode()) & 0x07FF_FFF0)

    def content(self, held: Any, order: Order) -> bytes:
        """Return the bytes of its register while the setting holds this value."""
        f = self.feature
        shown: Any = held if isinstance(held, bytes) else f.shown(held)
        return f.pack(self.words[shown] if self.words else shown, order)

    def number(self, name: str) -> Any:
        """Return a constant limit: the data sheet's, else the declaration's, else None.

        A model's register may be shorter than the declared limits.
        """
        limit = self.row.get(name, getattr(self.feature, name, None))
        if not isinstance(limit, (int, float)):
            return None
        if isinstance(self.feature, Numeric) and name in ("min", "max"):
            least, most = self.feature.span
            return max(limit, least) if name == "min" else min(limit, most)
        return limit

    def registers(self) -> list[tuple[str, int, Feature[Any]]]:
        """Return (plane, address, coding) of its value and of everything that rules decide.

        With A the hash of the name, the minimum is at 0x1000_0000 + A, the maximum at 0x2000_0000 + A;
        entries follow from 0x5000_0000. A row may place each of them by `at`.
        """
        planes = [
            "Value",
            "Min",
            "Max",
            "Available",
            "Locked",
            *(p for p in self.rules if p.startswith("Can_")),
        ]
        own = self.row.get("at", {})
        return [
            (
                p,
                own.get(p, (i << 28) + self._own if i else self.address),
                self.feature if i < 3 else RULE_RESULT,
            )
            for i, p in enumerate(planes)
            if i == 0 or (p in self.rules and not self.rules[p].same)
        ]
