"""The proof that each check of `camtwin verify` can fail: a ledger is measured on twins with one thing wrong.

The rows that a break names, those that it proves and their dependants, must turn red, all of them and no
others. Heavy checks (noise, tables of frame rates, automatic exposure) run where a break names a row of
theirs, or is about them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from camtwin.rig import sheet_of
from camtwin.verify import measures
from camtwin.verify.claims import Claim, load
from camtwin.verify.proven import Proof
from camtwin.verify.verdicts import Result, VerifyProblem, groups, measure, spread
from mutations import registry
from mutations.registry import Break

TRUE: Final = ""
"""In place of a break's name: the twin as it is."""
ERRORS: Final = ("AttributeError", "ImportError", "NameError", "TypeError")
"""What a break raises that no longer fits the code; a twin that is only wrong does not."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A break, the rows that failed only with it and why, and what is not as declared."""

    mutation: Break
    red: Mapping[str, str]
    problem: str


def declared(model: str) -> list[Proof]:
    """Pair the rows of a model with the breaks that are declared to turn them red."""
    return [(row, b.name) for b in registry.load().values() for row in b.of(model).proves]


def chosen(model: str, pattern: str = "*") -> list[Break]:
    """Return the breaks that prove a row of a model and match. VerifyProblem if there are none."""
    mine = [b.of(model) for b in registry.load().values()]
    found = [b for b in mine if any(fnmatchcase(row, pattern) or pattern in row for row in b.proves)]
    if not found:
        raise VerifyProblem(f"{model}: no mutation proves a row like {pattern!r}")
    return found


def run(model: str, mutations: Sequence[Break], jobs: int = 1, *, exact: bool = True) -> Iterator[Trial]:
    """Try each mutation on a fresh twin; trials come in no order.

    exact  all checks that are not heavy every time, so that what else turns red is seen; else those of the
           rows that the mutation names
    """
    measures.load()
    rows = [claim for claim in load(model).values() if measures.steps(claim)]
    always = {claim.id for claim in rows if exact and not measures.kinds(claim)}
    tasks = {m.name: tuple(_concerned(m, rows, always)) for m in mutations}
    needed = {row for task in tasks.values() for row in task}
    tasks = {TRUE: tuple(claim.id for claim in rows if claim.id in needed), **tasks}
    work = [(model, name, task) for name, task in tasks.items()]
    before: dict[str, str] = {}
    waiting: list[tuple[str, list[Result]]] = []
    for name, results in map(_work, work) if jobs == 1 else spread(_work, work, jobs):
        if name == TRUE:
            before = {r.claim.id: r.verdict for r in results}
        else:
            waiting.append((name, results))
        while before and waiting:
            name, results = waiting.pop()
            yield judge(registry.load()[name].of(model), results, before)


def _concerned(mutation: Break, rows: Sequence[Claim], always: Collection[str]) -> Iterator[str]:
    """Return the rows to measure.

    These are the usual ones, those of the mutation, and all others that share a heavy measurement with them
    or concern the same thing.
    """
    own = {step.measurement for claim in rows if mutation.names(claim.id) for step in measures.steps(claim)}
    for claim in rows:
        if not always:
            concerned = mutation.names(claim.id)
        else:
            shares = any(step.measurement in own for step in measures.steps(claim))
            concerned = claim.id in always or shares or measures.kinds(claim) & mutation.about
        if concerned:
            yield claim.id


def judge(mutation: Break, results: Iterable[Result], before: Mapping[str, str]) -> Trial:
    """Judge whether the rows that turned red are those that the mutation names.

    before: verdicts of the unbroken twin.
    """
    results = list(results)
    ran = {r.claim.id for r in results}
    red = {r.claim.id: r.reason for r in results if r.verdict == "fail" and before[r.claim.id] != "fail"}
    wanted = {row for row in ran if mutation.names(row)}
    said = [f"{row} has no check" for row in mutation.proves if row not in ran]
    said += [
        f"{row} turns red by an error of the break: {why}"
        for row, why in red.items()
        if why.startswith(ERRORS)
    ]
    for row in sorted(wanted - red.keys()):
        said.append(f"{row} fails without it, too" if before[row] == "fail" else f"{row} stays green")
    said += [f"{row} turns red: {reason}" for row, reason in red.items() if row not in wanted]
    said += [
        f"no row is like {pattern}"
        for pattern in mutation.dependants
        if not any(fnmatchcase(row, pattern) for row in ran)
    ]
    return Trial(mutation, red, "; ".join(said))


def _work(task: tuple[str, str, tuple[str, ...]]) -> tuple[str, list[Result]]:
    model, name, rows = task
    measures.load()
    with registry.broken(*registry.named(name)) if name != TRUE else nullcontext():
        sheet_of(model)  # raises: no check shall fail for it
        ledger = load(model)
        return name, [r for group in groups(ledger[row] for row in rows) for r in measure(model, group)]
