"""Print what `camtwin verify` found: claims for people, JSON for programs, and how far it is.

For people the news comes first: what fails in full, then what is open by reason, then sections and sums. What
passes is shown on demand. Lines are as wide as the terminal, and in colour only there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from camtwin import __version__, models
from camtwin.models import CameraSheet, RigSheet
from camtwin.report.terminal import DIM, hang, plain_console, plain_table, progress_bar
from camtwin.verify.claims import Claim, parse
from camtwin.verify.proven import proven, proven_by_measurement
from camtwin.verify.verdicts import Result, claims_of, counts, ordered
from camtwin.verify.verdicts import verify as measured

COLOURS = {"pass": "green", "fail": "red", "open": "yellow"}
INDENT = 6


def verify(
    model: str,
    pattern: str,
    jobs: int,
    *,
    every: bool = False,
    as_json: bool = False,
    write: Callable[[str], object] | None = None,
    ledger: Mapping[str, Claim] | None = None,
) -> int:
    """Verify a model and print the results; return the exit code, 1 if a claim does not hold.

    write   is given the HTML report
    ledger  claims of one's own; those of the package if None
    """
    sheet = _sheet(model)
    ledger = _own_ledger(model) if ledger is None else ledger
    claims = claims_of(model, pattern, ledger)
    known = (proven(model) if ledger is None else None) or proven_by_measurement(claims)
    results: list[Result] = []
    with progress_bar() as progress:
        task = progress.add_task("measuring", total=len(claims))
        for result in measured(model, claims, jobs=jobs, proven=known):
            results.append(result)
            progress.advance(task)
    results = ordered(results, claims)
    if write:
        from camtwin.verify import report

        twin = isinstance(sheet, CameraSheet)
        write(report.html(sheet.name, sheet.title, sheet.document, results, __version__, twin=twin))
    if as_json:
        document = {"model": sheet.name, "claims": [result.row() for result in results]}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        _tell(plain_console(), sheet.title, results, every)
    return int(any(result.verdict == "fail" for result in results))


def _own_ledger(model: str) -> Mapping[str, Claim] | None:
    """Return the claims of the ledger that lies beside a user's own sheet; None if there is none."""
    found = models.ledger_beside(model)
    return parse(*found) if found else None


def _sheet(model: str) -> CameraSheet | RigSheet:
    """Load the sheet of a model, or of what surrounds one that there is no twin of. UnknownModel."""
    alone = model in models.rig_names() and not models.has_twin(model)
    return models.load_rig(model) if alone else models.load(model)


# -- for people ------------------------------------------------------------------------------------
def _tell(console: Console, title: str, results: Sequence[Result], every: bool) -> None:
    found = {v: [r for r in results if r.verdict == v] for v in COLOURS}
    for result in [*found["fail"], *(found["pass"] if every else ())]:
        _claim(console, result)
    _reasons(console, "open", "", found["open"])
    if not every:
        _reasons(console, "pass", " in part", [r for r in found["pass"] if r.reason])
    _sections(console, results)
    sums = Text(f"{title}: {len(results)} claim{'s' * (len(results) != 1)}")
    for verdict, number in counts(results).items():
        sums.append(", ").append(f"{number} {verdict}", COLOURS[verdict] if number else "")
    console.print(sums)


def _claim(console: Console, r: Result) -> None:
    """Print a claim in full: what it is, what the sheet says, what was measured, and why it fails."""
    c, colour = r.claim, COLOURS[r.verdict]
    hang(console, f"{r.verdict}  ", c.id, label_style=f"bold {colour}", style="bold")
    told = {"claim": c.claim, "sheet": c.sheet, "measured": r.measured, "but": r.reason}
    for label, text in told.items():
        if text:
            failed = label == "but" and r.verdict == "fail"
            label = f"{'':{INDENT}}{label:10}"
            hang(console, label, text, label_style=DIM, style=colour if failed else "")
    console.print()


def _reasons(console: Console, verdict: str, part: str, results: Sequence[Result]) -> None:
    """Print rows by reason: how many, and their names without what all of them begin with."""
    for reason in dict.fromkeys(r.reason for r in results):
        rows = [r.claim.id for r in results if r.reason == reason]
        said = f"{len(rows)}{part}, {reason}"
        hang(console, f"{verdict}  ", said, label_style=f"bold {COLOURS[verdict]}")
        hang(console, " " * INDENT, _short(rows), style=DIM)
        console.print()


def _short(rows: Iterable[str]) -> str:
    """`baumer.conn.data`, `baumer.conn.process` -> `conn.data, .process`."""
    names = [name.partition(".")[2].rpartition(".") for name in rows]
    parts: list[str] = []
    for head, group in groupby(names, key=lambda name: name[0]):
        first, *others = [end for *_, end in group]
        parts.append(", ".join([f"{head}.{first}".lstrip("."), *(f".{end}" for end in others)]))
    return "; ".join(parts)


def _sections(console: Console, results: Sequence[Result]) -> None:
    table = plain_table()
    table.add_column("Section", overflow="fold")
    for verdict in COLOURS:
        table.add_column(verdict, justify="right", min_width=4)
    for section in dict.fromkeys(r.claim.section for r in results):
        numbers = counts(r for r in results if r.claim.section == section)
        cells = (Text(str(n), COLOURS[v]) if n else Text("-", DIM) for v, n in numbers.items())
        table.add_row(Text(section), *cells)
    console.print(table)
    console.print()
