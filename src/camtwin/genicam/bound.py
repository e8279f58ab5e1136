"""A feature as one model has it, and the words for what goes wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from camtwin.genicam.device import Key
from camtwin.genicam.nodes import Boolean, Bound, Feature
from camtwin.problem import Problem

ASK = Boolean("What a rule says of another feature.", value=0)


class SheetError(ValueError):
    """A data sheet that does not fit the declarations."""


class NoSuchFeature(Problem, AttributeError):
    """This model has no feature of that name."""


@dataclass(eq=False)
class Node:
    """One feature, as this model has it.

    here       the model has it; if not, its setting keeps the default
    link       whose standard places registers
    entries    names of an enumeration's entries, with their values on the wire
    words      the same, spelled as hosts of this model see them; `names` is the way back
    keys       offset of each selected entry; {None: 0} without selectors
    strides    bytes from one entry of each of its selectors to the next
    rules      by plane: Value, Min, Max, Available, Locked, Can_<entry>
    access     RO, RW or WO
    joint      features that take each value that a host gives this one
    low, high, inc  constant limits and step, None where there are none
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
    rules: dict[str, Bound] = field(default_factory=dict)

    def __post_init__(self) -> None:
        f = self.feature
        usual = "RO" if f.chunk else "WO" if f.do else "RW" if f.stored or f.put else "RO"
        self.access = f.elsewhere or usual
        self.joint: tuple[str, ...] = tuple(self.row.get("joint", ()))
        self.low, self.high, self.inc = (self.number(name) for name in ("min", "max", "inc"))

    @property
    def address(self) -> int:
        """Of the value: the standard's, or a hash of the name, which never moves, whatever is declared."""
        place = self.feature.at.get(self.link, self._own)
        return place[0] if isinstance(place, tuple) else place

    @property
    def _own(self) -> int:
        return 0x1_0000 + (crc32(self.feature.name.encode()) & 0x07FF_FFF0)

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
