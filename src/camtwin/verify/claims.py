"""The ledger: every claim that a data sheet makes, typed by hand a second time, as rows.

It is the second source that a twin is checked against, so nothing here is shared with models/: a slip in the
one shows against the other. `ledger/<model>.tsv` has a header and eight columns:

    id       a name that stays, `baumer.roi.width_min`; entries of a list share all but the end
    section  the heading of the sheet that it stands under
    claim    what is claimed, in words
    value    as the sheet prints it: a number, `min..max`, `a,b,c`, words, `absent`
    unit     of the value
    kind     behaviour (can be measured), identity (can be read), physical or software (can be looked up)
    check    how the claim is put to the test, in words
    measure  the measurements that do so, `limits:Width` (measures.py), or `later:` and why there is none yet
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal, cast, get_args

from camtwin.problem import Problem

Kind = Literal["behaviour", "identity", "physical", "software"]
COLUMNS: Final = ("id", "section", "claim", "value", "unit", "kind", "check", "measure")
ABSENT: Final = "absent"


class LedgerInvalid(Problem, ValueError):
    """A ledger that cannot be used; one line that names file, row and what is wrong."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One row, and the name of the ledger that it stands in."""

    id: str
    section: str
    claim: str
    value: str
    unit: str
    kind: Kind
    check: str
    measure: str = ""
    ledger: str = ""

    @property
    def absent(self) -> bool:
        """The sheet says that the camera has no such thing."""
        return self.value == ABSENT

    @property
    def number(self) -> float:
        """The value, where it is one number, `2^32` too. ValueError if it is not."""
        base, power, exponent = self.value.partition("^")
        return float(base) ** float(exponent) if power else float(self.value)

    @property
    def span(self) -> tuple[float, float]:
        """Lowest and highest of `min..max`. ValueError if it is none."""
        low, dots, high = self.value.partition("..")
        if not dots:
            raise ValueError(f"{self.id}: {self.value!r} is not a range")
        return float(low), float(high)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of `W x H`. ValueError if it is none."""
        width, _, height = self.value.partition(" x ")
        return int(width), int(height)

    @property
    def names(self) -> tuple[str, ...]:
        """The words of `a,b,c`; one word is a list of one."""
        return tuple(self.value.split(","))

    def rounded(self, value: float) -> float:
        """Round a value to as many digits as the claim's has behind its point."""
        return round(value, len(self.value.partition(".")[2]))

    @property
    def sheet(self) -> str:
        """Value and unit, for people."""
        return f"{self.value} {self.unit}".rstrip()


def models() -> list[str]:
    """Names of the models that there are ledgers of."""
    folder = files("camtwin.verify") / "ledger"
    return sorted(f.name.removesuffix(".tsv") for f in folder.iterdir() if f.name.endswith(".tsv"))


def family(model: str) -> str:
    """Tell what the ids of its rows begin with, `baumer.`; LedgerInvalid if there is no such ledger."""
    for name in load(model):
        return f"{name.partition('.')[0]}."
    raise LedgerInvalid(f"{model}: there is no ledger of its data sheet")


@cache
def load(model: str) -> Mapping[str, Claim]:
    """Return the claims about a model by id, in the sheet's order; empty if there is no ledger of that name.

    LedgerInvalid where a row cannot be read.
    """
    found = files("camtwin.verify") / "ledger" / f"{model}.tsv"
    if not found.is_file():
        return {}
    return parse(model, found.read_text("ascii"))


def parse(ledger: str, text: str) -> Mapping[str, Claim]:
    """Claims from the text of a ledger. LedgerInvalid names the row that cannot be read."""
    head, *rows = [*csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)] or [[]]
    if tuple(head) != COLUMNS:
        raise LedgerInvalid(f"{ledger}: the columns are {', '.join(head)}, wanted are {', '.join(COLUMNS)}")
    claims: dict[str, Claim] = {}
    for line, row in enumerate(rows, 2):
        if len(row) != len(COLUMNS):
            raise LedgerInvalid(f"{ledger}, line {line}: {len(row)} columns, wanted are {len(COLUMNS)}")
        name, section, text, value, unit, kind, check, measure = row
        if kind not in get_args(Kind):
            raise LedgerInvalid(
                f"{ledger}, line {line}: the kind {kind!r} is none of {', '.join(get_args(Kind))}"
            )
        if name in claims:
            raise LedgerInvalid(f"{ledger}, line {line}: {name} stands in two rows")
        claims[name] = Claim(name, section, text, value, unit, cast("Kind", kind), check, measure, ledger)
    return claims
