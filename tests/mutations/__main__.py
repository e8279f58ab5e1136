"""Prove the checks of `camtwin verify` on twins with one thing wrong: `make mutations MODEL=... ONLY=PATTERN`.

Every mutation has to turn exactly its rows red. Those that do are kept as proofs, in camtwin/verify/proven.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Collection, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

import camtwin.verify
from camtwin.problem import Problem
from camtwin.report.terminal import hang, plain_console, plain_table, progress_bar
from camtwin.verify.claims import models
from camtwin.verify.proven import HOME, Proof, proofs, text
from mutations.registry import Break
from mutations.run import Trial, chosen, declared, run


def main(arguments: Sequence[str] | None = None) -> int:
    """Try what was asked for; the exit code: 1 if a mutation turns others red than its rows."""
    parser = ArgumentParser("make mutations", description=__doc__)
    parser.add_argument("model", choices=models())
    parser.add_argument(
        "--only", default="*", metavar="PATTERN", help="what proves rows like this, `baumer.roi.*`"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    asked = parser.parse_args(arguments)
    picked = chosen(asked.model, asked.only)
    trials = tried(asked.model, picked, asked.jobs)
    tell(plain_console(), trials)
    keep(asked.model, trials)
    return int(any(trial.problem for trial in trials))


def tried(model: str, picked: Sequence[Break], jobs: int) -> list[Trial]:
    """Try mutations; their trials in the same order."""
    trials: dict[str, Trial] = {}
    with progress_bar() as progress:
        task = progress.add_task("mutating", total=len(picked))
        for trial in run(model, picked, jobs):
            trials[trial.mutation.name] = trial
            progress.advance(task)
    return [trials[mutation.name] for mutation in picked]


def tell(console: Console, trials: Sequence[Trial]) -> None:
    """Print a line a trial, then all that differs."""
    table = plain_table()
    for name in ("", "Wrong", "Proves", "Dependants"):
        table.add_column(name, justify="right" if name in ("Proves", "Dependants") else "left")
    for t in trials:
        verdict = Text("differs", "red") if t.problem else Text("exact", "green")
        proves = len(t.mutation.proves)
        table.add_row(verdict, Text(t.mutation.name), str(proves), str(max(0, len(t.red) - proves)))
    console.print(table)
    bad = [t for t in trials if t.problem]
    for t in bad:
        console.print(Text.assemble("\n", (t.mutation.name, "bold red")))
        for line in t.problem.split("; "):
            hang(console, "  ", line)
    console.print(
        f"\n{len(trials)} mutations: {len(trials) - len(bad)} turn exactly their rows red, {len(bad)} do not"
    )


def keep(model: str, trials: Sequence[Trial]) -> None:
    """Write the proofs: those of before that still stand, and those of these trials."""
    home = Path(camtwin.verify.__file__).parent / HOME / f"{model}.tsv"
    home.write_text(text(model, updated(proofs(model), declared(model), trials)), encoding="ascii")


def updated(before: Collection[Proof], now: Collection[Proof], trials: Sequence[Trial]) -> set[Proof]:
    """Tell what is proven now: what these trials show, and what was shown of mutations that they leave out."""
    again = {trial.mutation.name for trial in trials}
    shown = {(row, t.mutation.name) for t in trials if not t.problem for row in t.mutation.proves}
    return shown | {proof for proof in set(before) & set(now) if proof[1] not in again}


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Problem as problem:
        sys.exit(f"mutations: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
