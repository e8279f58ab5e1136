"""Twins with one thing wrong: what proves that a check can fail.

A mutation changes the model's data sheet at a dotted path, or patches the running twin, and says which rows
of the ledger it must turn red: those that it `proves`, and those that depend on the same thing (`also`,
patterns). Every other cheap check must stay as it was; heavy checks run where a mutation names their rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

from pydantic import BaseModel

from camtwin.lab import case as cases
from camtwin.lab.case import Opener, open_twin
from camtwin.lab.claims import load
from camtwin.lab.verify import Result, VerifyProblem, groups, measure, spread
from camtwin.links.memory import Session
from camtwin.models import load as load_sheet
from camtwin.twins import build
from camtwin.twins.assembly import bits_per_s

GONE: Final = object()
"""In place of a value: the entry is taken out of the data sheet."""


@dataclass(frozen=True)
class Mutation:
    """One thing that is wrong.

    name    what, for people; unique
    proves  rows whose checks must fail
    also    patterns of rows that depend on the same thing; each has a row that fails
    sheet   changes of the data sheet: dotted path -> new value, or a function of the old one
    patch   what is done to a fresh session
    """

    name: str
    proves: tuple[str, ...]
    also: tuple[str, ...] = ()
    sheet: Mapping[str, Any] | None = None
    patch: Callable[[Session], object] | None = None

    def names(self, row: str) -> bool:
        return row in self.proves or any(fnmatchcase(row, pattern) for pattern in self.also)

    def opener(self) -> Opener:
        """What opens a twin with this one thing wrong."""
        sheets: dict[str, Any] = {}  # one sheet for all: twins of the same one share its interface

        def open_mutant(
            model: str, *, scene: Any, seed: int, render: bool, link_speed: str | int | None
        ) -> Session:
            if model not in sheets:
                sheets[model] = load_sheet(model)
                for path, value in (self.sheet or {}).items():
                    sheets[model] = changed(sheets[model], path, value)
            cam = Session(
                build(sheets[model], scene, seed=seed, link_bits_per_s=bits_per_s(link_speed)), render=render
            )
            if self.patch:
                self.patch(cam)
            return cam

        return open_mutant


@dataclass(frozen=True, slots=True)
class Trial:
    """A mutation, the rows that failed only with it, and why they are not the declared ones."""

    mutation: Mutation
    red: Mapping[str, str]
    problem: str


MUTATIONS: Final[dict[str, Mutation]] = {}


def mutate(
    name: str,
    *proves: str,
    also: Iterable[str] = (),
    sheet: Mapping[str, Any] | None = None,
    patch: Callable[[Session], object] | None = None,
) -> None:
    """Declare a mutation."""
    if name in MUTATIONS:
        raise ValueError(f"two mutations are called {name!r}")
    MUTATIONS[name] = Mutation(name, proves, tuple(also), sheet, patch)


@lru_cache
def load_mutations() -> None:
    """Import every chapter, so that its mutations are declared."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")


def proven() -> set[str]:
    """Rows that a mutation is declared to turn red."""
    load_mutations()
    return {row for mutation in MUTATIONS.values() for row in mutation.proves}


def chosen(pattern: str) -> list[Mutation]:
    """Mutations that prove a row like this. VerifyProblem if there are none."""
    load_mutations()
    found = [
        m for m in MUTATIONS.values() if any(fnmatchcase(row, pattern) or pattern in row for row in m.proves)
    ]
    if not found:
        raise VerifyProblem(f"no mutation proves a row like {pattern!r}")
    return found


def changed(data: Any, path: str, value: Any) -> Any:
    """A copy of a data sheet with another value at a dotted path; KeyError if there is none."""
    step, _, rest = path.partition(".")
    if isinstance(data, Mapping):
        if not rest and value is GONE:
            return {key: kept for key, kept in data.items() if key != step}
        old = data.get(step) if not rest else data[step]
        return {**data, step: changed(old, rest, value) if rest else _new(value, old)}
    old = getattr(data, step)
    new = changed(old, rest, value) if rest else _new(value, old)
    if isinstance(data, BaseModel):
        return data.model_copy(update={step: new})
    if not is_dataclass(data) or isinstance(data, type):
        raise KeyError(path)
    return replace(data, **{step: new})


def _new(value: Any, old: Any) -> Any:
    return value(old) if callable(value) else value


# -- the run ---------------------------------------------------------------------------------------
def run(model: str, mutations: Sequence[Mutation], jobs: int = 1, *, exact: bool = True) -> Iterator[Trial]:
    """Try each mutation on a fresh twin; trials come in no order.

    exact  all cheap checks every time, so that what else turns red is seen; else those of its own rows
    """
    cases.load_checks()
    rows = load(model)
    heavy = [row for row in rows if cases.CHECKS.get(row) in cases.HEAVY]
    needed = [row for row in heavy if any(m.names(row) for m in mutations)]
    cheap = [row for row in rows if row in cases.CHECKS and row not in heavy]
    if not exact:
        needed = sorted({row for m in mutations for row in m.proves if row in cases.CHECKS})
        cheap = []
    before = {r.claim.id: r.verdict for r in _results(model, cheap + needed, open_twin)}
    tasks = [
        (
            model,
            m.name,
            tuple(cheap + [row for row in needed if (m.names(row) if exact else row in m.proves)]),
        )
        for m in mutations
    ]
    found = map(_work, tasks) if jobs == 1 or len(tasks) == 1 else spread(_work, tasks, jobs)
    for name, results in found:
        yield judge(MUTATIONS[name], results, before, exact)


def judge(
    mutation: Mutation, results: Iterable[Result], before: Mapping[str, str], exact: bool = True
) -> Trial:
    """Are the rows that turned red those that the mutation names? `before`: verdicts of the twin as it is."""
    red = {r.claim.id: r.reason for r in results if r.verdict == "fail" and before[r.claim.id] != "fail"}
    said = [f"{row} fails without it, too" for row in mutation.proves if before.get(row) == "fail"]
    said += [f"{row} stays green" for row in mutation.proves if row not in red and before.get(row) != "fail"]
    said += [f"{row} turns red: {reason}" for row, reason in red.items() if not mutation.names(row)]
    if exact:
        said += [
            f"no row like {p} turns red" for p in mutation.also if not any(fnmatchcase(row, p) for row in red)
        ]
    return Trial(mutation, red, "; ".join(said))


def _results(model: str, rows: Iterable[str], opener: Opener) -> list[Result]:
    ledger = load(model)
    return [r for group in groups(ledger[row] for row in rows) for r in measure(model, group, opener)]


def _work(task: tuple[str, str, tuple[str, ...]]) -> tuple[str, list[Result]]:
    model, name, rows = task
    cases.load_checks()
    load_mutations()
    return name, _results(model, rows, MUTATIONS[name].opener())
