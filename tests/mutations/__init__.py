"""Twins with one thing wrong: what proves that a check can fail.

A mutation changes the model's data sheet at a dotted path, or patches the running twin. It names the rows of
the ledger that it `proves`; rows that depend on the same thing stand in dependants/, with the reason. Those
rows must turn red under it, all of them and no others: `make mutations` measures the whole ledger on every
mutant, but for heavy checks (noise, tables of frame rates, automatic exposure), which run where a mutation names a row of
theirs.

Which rows are proven is data that `verify` reads (verify/proven); that each mutation does what it says is for
`make mutations` to tell, and for a slice of it in the tests.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Final

from pydantic import BaseModel

from camtwin.links.memory import Session
from camtwin.models import CameraSheet, RigSheet, load_rig, names
from camtwin.models import load as load_sheet
from camtwin.twins import build
from camtwin.twins.assembly import bits_per_s
from camtwin.verify import case as cases
from camtwin.verify.case import TRUE as AS_IT_IS
from camtwin.verify.case import World
from camtwin.verify.claims import family, load
from camtwin.verify.proven import Proof
from camtwin.verify.verdicts import Result, VerifyProblem, groups, measure, spread

GONE: Final = object()
"""In place of a value: the entry is taken out of the data sheet."""


@dataclass(frozen=True)
class Mutation:
    """One thing that is wrong.

    name        what, for people; unique
    proves      rows whose checks must fail; of several sheets, where cameras can have the same fault
    dependants  patterns of rows that depend on the same thing: all that match must fail, too
    about       heavy checks of these kinds are all run
    sheet       changes of the data sheet: dotted path -> new value, or a function of the old one
    patch       what is done to a fresh session; what it changes must be this twin's alone, and its tree of
                features is not
    """

    name: str
    proves: tuple[str, ...]
    dependants: tuple[str, ...] = ()
    about: frozenset[str] = frozenset()
    sheet: Mapping[str, Any] | None = None
    patch: Callable[[Session], object] | None = None

    def names(self, row: str) -> bool:
        """Must this row turn red?"""
        return row in self.proves or any(fnmatchcase(row, pattern) for pattern in self.dependants)

    def of(self, model: str) -> Mutation:
        """The same, as far as it is about the rows of one model."""
        mine = family(model)
        rows, others = ([n for n in part if n.startswith(mine)] for part in (self.proves, self.dependants))
        return replace(self, proves=tuple(rows), dependants=tuple(others))

    def world(self) -> World:
        """Twins with this one thing wrong."""
        sheets: dict[str, CameraSheet | RigSheet] = {}

        def sheet_of(model: str) -> CameraSheet | RigSheet:
            if model not in sheets:  # made once: cameras of one sheet share what hosts see of it
                twin = model in names()
                sheets[model] = load_sheet(model) if twin else load_rig(model)
                for path, value in (self.sheet or {}).items():
                    path = path if twin else path.removeprefix("rig.")
                    sheets[model] = changed(sheets[model], path, value)
            return sheets[model]

        def around(model: str) -> RigSheet:
            sheet = sheet_of(model)
            rig = sheet.rig if isinstance(sheet, CameraSheet) else sheet
            assert rig, "every model has one that there are claims of"
            return rig

        def open_mutant(
            model: str,
            *,
            scene: Any = None,
            seed: int = 0,
            render: bool = False,
            link_speed: str | int | None = "sheet",
        ) -> Session:
            sheet = sheet_of(model)
            assert isinstance(sheet, CameraSheet), "only what has a twin is opened"
            twin = build(sheet, scene, seed=seed, link_bits_per_s=bits_per_s(link_speed))
            cam = Session(twin, render=render)
            if self.patch:
                self.patch(cam)
            return cam

        return World(open_mutant, around)


@dataclass(frozen=True, slots=True)
class Trial:
    """A mutation, the rows that failed only with it and why, and what is not as declared."""

    mutation: Mutation
    red: Mapping[str, str]
    problem: str


MUTATIONS: Final[dict[str, Mutation]] = {}
TRUE: Final = ""
"""In place of a mutation's name: the twin as it is."""


def mutate(
    name: str,
    *proves: str,
    about: Iterable[str] = (),
    sheet: Mapping[str, Any] | None = None,
    patch: Callable[[Session], object] | None = None,
) -> None:
    """Declare a mutation."""
    if name in MUTATIONS:
        raise ValueError(f"two mutations are called {name!r}")
    MUTATIONS[name] = Mutation(name, proves, dependants().get(name, ()), frozenset(about), sheet, patch)


@lru_cache
def dependants() -> Mapping[str, tuple[str, ...]]:
    """Mutation -> patterns of the rows that turn red besides those it proves."""
    found: dict[str, tuple[str, ...]] = {}
    for file in sorted(Path(__file__).with_name("dependants").iterdir()):
        _, *rows = csv.reader(file.read_text("ascii").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
        mine = family(file.name.removesuffix(".tsv"))
        for mutation, patterns, _ in rows:
            found[mutation] = found.get(mutation, ()) + tuple(f"{mine}{name}" for name in patterns.split())
    return found


@lru_cache
def load_mutations() -> None:
    """Import every chapter, so that its mutations are declared."""
    for module in iter_modules(__path__):
        if module.name != "__main__":
            import_module(f"{__name__}.{module.name}")
    if strangers := dependants().keys() - MUTATIONS.keys():
        raise ValueError(f"dependants/ names mutations that are none: {', '.join(sorted(strangers))}")


def proofs(model: str) -> list[Proof]:
    """Pair the rows of a model with the mutations that are declared to turn them red."""
    load_mutations()
    return [(row, m.name) for m in MUTATIONS.values() for row in m.of(model).proves]


def chosen(model: str, pattern: str = "*") -> list[Mutation]:
    """Mutations that prove a row of a model like this. VerifyProblem if there are none."""
    load_mutations()
    mine = [m.of(model) for m in MUTATIONS.values()]
    found = [m for m in mine if any(fnmatchcase(row, pattern) or pattern in row for row in m.proves)]
    if not found:
        raise VerifyProblem(f"{model}: no mutation proves a row like {pattern!r}")
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

    exact  all checks that are not heavy every time, so that what else turns red is seen; else those of the
           rows that the mutation names
    """
    cases.load_checks()
    rows = [row for row in load(model) if row in cases.CHECKS]
    always = {row for row in rows if exact and cases.CHECKS[row] not in cases.HEAVY}
    tasks = {m.name: tuple(_concerned(m, rows, always)) for m in mutations}
    needed = {row for task in tasks.values() for row in task}
    tasks = {TRUE: tuple(row for row in rows if row in needed), **tasks}
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
            yield judge(MUTATIONS[name].of(model), results, before)


def _concerned(mutation: Mutation, rows: Sequence[str], always: Collection[str]) -> Iterator[str]:
    """Rows to measure: the usual ones, those of the mutation, and all others that share a check with them."""
    own = {cases.CHECKS[row] for row in rows if mutation.names(row)}
    own |= {fn for fn, kind in cases.HEAVY.items() if kind in mutation.about}
    for row in rows:
        if row in always or (mutation.names(row) if not always else cases.CHECKS[row] in own):
            yield row


def judge(mutation: Mutation, results: Iterable[Result], before: Mapping[str, str]) -> Trial:
    """Are the rows that turned red those that the mutation names? `before`: verdicts of the twin as it is."""
    results = list(results)
    ran = {r.claim.id for r in results}
    red = {r.claim.id: r.reason for r in results if r.verdict == "fail" and before[r.claim.id] != "fail"}
    wanted = {row for row in ran if mutation.names(row)}
    said = [f"{row} has no check" for row in mutation.proves if row not in ran]
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
    cases.load_checks()
    load_mutations()
    world = AS_IT_IS if name == TRUE else MUTATIONS[name].world()
    world.around(model)  # raises: no check shall fail for it
    ledger = load(model)
    return name, [r for group in groups(ledger[row] for row in rows) for r in measure(model, group, world)]
