"""What `camtwin verify` prints: a table for people, JSON for programs, and how far it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from camtwin import __version__, models
from camtwin.lab import mutations as wrong
from camtwin.lab.verify import Result, claims_of, counts, ordered
from camtwin.lab.verify import verify as measured

COLOURS = {"pass": "green", "fail": "red", "open": "yellow"}


def verify(
    model: str,
    pattern: str,
    jobs: int,
    *,
    every: bool = False,
    as_json: bool = False,
    write: Callable[[str], object] | None = None,
) -> int:
    """Verify and tell; the exit code: 1 if a claim does not hold. `write` is given the HTML report."""
    title = models.load(model).title
    claims = claims_of(model, pattern)
    results: list[Result] = []
    with _progress() as progress:
        task = progress.add_task("measuring", total=len(claims))
        for result in measured(model, claims, jobs=jobs, proven=wrong.proven()):
            results.append(result)
            progress.advance(task)
    results = ordered(results, model)
    if write:
        from camtwin.lab import report

        write(report.html(model, title, results, __version__))
    if as_json:
        document = {"model": model, "claims": [result.row() for result in results]}
        Console(soft_wrap=True, highlight=False, markup=False).print(json.dumps(document, indent=2))
    else:
        _tell(title, results, every)
    return int(any(result.verdict == "fail" for result in results))


def mutations(model: str, pattern: str, jobs: int) -> int:
    """Try every mutation and tell; the exit code: 1 if one turns others red than its rows."""
    models.load(model)
    chosen = wrong.chosen(pattern)
    bad = 0
    console = Console(highlight=False, soft_wrap=True)
    with _progress() as progress:
        task = progress.add_task("mutating", total=len(chosen))
        for trial in wrong.run(model, chosen, jobs):
            progress.advance(task)
            if said := trial.problem:
                bad += 1
                console.print(f"[red]{trial.mutation.name}[/]: {said}")
    console.print(f"{len(chosen)} mutations, {len(chosen) - bad} of them turn their rows red and no others")
    return int(bad > 0)


def _progress() -> Progress:
    """Told on stderr, and only on a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _tell(title: str, results: Sequence[Result], every: bool) -> None:
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, expand=True)
    table.add_column("", no_wrap=True, width=4)
    for name, ratio in (("Row", 4), ("Claim", 4), ("Sheet", 3), ("Measured, and why", 7)):
        table.add_column(name, ratio=ratio, overflow="fold")
    shown = [r for r in results if every or r.verdict != "pass"]
    for r in shown:
        c, colour = r.claim, COLOURS[r.verdict]
        why = f"[{colour}]{_plain(r.reason)}[/]" if r.reason else ""
        said = "\n".join(text for text in (_plain(r.measured), why) if text)
        table.add_row(f"[{colour}]{r.verdict}[/]", _plain(c.id), _plain(c.claim), _plain(c.sheet), said)
    if shown:
        console.print(table)
    found = ", ".join(f"[{COLOURS[v]}]{n} {v}[/]" for v, n in counts(results).items())
    console.print(f"{title}: {len(results)} claims, {found}")


def _plain(text: str) -> str:
    """Brackets are the sheet's, and no markup."""
    return text.replace("[", r"\[")
