"""The rows that are proven: mutations of the twin have turned them red, and no others than they should.

A behaviour that nothing can make fail is no proof. `make mutations` tries what can be wrong with a twin, and
keeps in `proven/<model>.tsv`, row by row, which mutation proves what. Of a ledger that is not in the package
nobody has tried rows: there it is enough that each measurement of a row is known to fail on a wrong twin.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from importlib.resources import files
from typing import Final

from camtwin.verify import measures
from camtwin.verify.claims import Claim, LedgerInvalid, load, models

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


def proven_by_measurement(claims: Iterable[Claim]) -> frozenset[str]:
    """Name the rows whose every measurement has, by itself, turned a row of a ledger in the package red."""
    measures.load()
    shown: set[str] = set()
    for model in models():
        rows = load(model)
        for row in proven(model):
            names = {step.measurement.name for step in measures.steps(rows[row])}
            shown |= names if len(names) == 1 else set()
    return frozenset(
        claim.id for claim in claims if all(s.measurement.name in shown for s in measures.steps(claim))
    )


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
