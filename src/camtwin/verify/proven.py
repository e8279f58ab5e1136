"""The rows that are proven: mutations of the twin have turned them red, and no others than they should.

A behaviour that nothing can make fail is no proof. `make mutations` tries what can be wrong with a twin, and
keeps in `proven/<model>.tsv`, row by row, which mutation proves what.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from importlib.resources import files
from typing import Final

from camtwin.verify.claims import LedgerInvalid, load

COLUMNS: Final = ("id", "mutation")
HOME: Final = "proven"
"""The folder beside this module that keeps the files."""
Proof = tuple[str, str]
"""A row, and the mutation that turns it red."""


def proofs(model: str) -> list[Proof]:
    """Read the proofs of a model's rows; there are none if nobody has tried a mutation of it."""
    found = files("camtwin.verify") / HOME / f"{model}.tsv"
    if not found.is_file():
        return []
    _, *rows = csv.reader(found.read_text("ascii").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [(row, mutation) for row, mutation in rows]


def proven(model: str) -> frozenset[str]:
    """Name the rows of a model that are proven."""
    return frozenset(row for row, _ in proofs(model))


def text(model: str, pairs: Iterable[Proof]) -> str:
    """Write proofs, in the order of the ledger. LedgerInvalid if one is of a row that it does not have."""
    place = {row: i for i, row in enumerate(load(model))}
    pairs = set(pairs)
    if strangers := {row for row, _ in pairs} - place.keys():
        raise LedgerInvalid(f"{model}: the ledger has no row {', '.join(sorted(strangers))}")
    lines = [
        "\t".join(pair) for pair in (COLUMNS, *sorted(pairs, key=lambda pair: (place[pair[0]], pair[1])))
    ]
    return "\n".join(lines) + "\n"
