"""The registry of breaks: how they are declared, made and mended."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules, walk_packages
from typing import Any, Final

import pytest

import camtwin
from camtwin import models
from camtwin.ecosystem import parts
from camtwin.verify.claims import family
from mutations import breaks
from mutations.tools import Wrong, sheets

HERE: Final = Path(__file__).parent


@dataclass(frozen=True)
class Break:
    """One thing that is wrong.

    name        what, for people; unique
    proves      rows whose checks must fail; of several sheets, where cameras can have the same fault
    dependants  patterns of rows that depend on the same thing: all that match must fail, too
    about       heavy checks of these kinds are all run
    sheet       changes of data sheets: dotted path -> new value, or a function of the old one
    wrong       what is done to the package, or to each twin that is built
    """

    name: str
    proves: tuple[str, ...] = ()
    dependants: tuple[str, ...] = ()
    about: frozenset[str] = frozenset()
    sheet: Mapping[str, Any] | None = None
    wrong: Wrong | None = None

    def names(self, row: str) -> bool:
        """Must this row turn red?"""
        return row in self.proves or any(fnmatchcase(row, pattern) for pattern in self.dependants)

    def of(self, model: str) -> Break:
        """Return this break, restricted to the rows of one model."""
        mine = family(model)
        rows, others = ([n for n in part if n.startswith(mine)] for part in (self.proves, self.dependants))
        return replace(self, proves=tuple(rows), dependants=tuple(others))

    def make(self, patch: pytest.MonkeyPatch) -> None:
        """Break it, until the patch is undone."""
        if self.sheet:
            sheets(self.sheet)(patch)
        if self.wrong:
            self.wrong(patch)


BREAKS: Final[dict[str, Break]] = {}


def mutate(
    name: str,
    *proves: str,
    about: Iterable[str] = (),
    sheet: Mapping[str, Any] | None = None,
    patch: Wrong | None = None,
) -> None:
    """Declare a break by what it changes."""
    if name in BREAKS:
        raise ValueError(f"two breaks are called {name!r}")
    BREAKS[name] = Break(name, proves, dependants().get(name, ()), frozenset(about), sheet, patch)


def sabotage(*proves: str, about: Iterable[str] = ()) -> Callable[[Wrong], Wrong]:
    """Declare a function as a break that has its name, with dashes."""

    def declare(wrong: Wrong) -> Wrong:
        mutate(wrong.__name__.replace("_", "-"), *proves, about=about, patch=wrong)
        return wrong

    return declare


@lru_cache
def dependants() -> Mapping[str, tuple[str, ...]]:
    """Break -> patterns of the rows that turn red besides those it proves."""
    found: dict[str, tuple[str, ...]] = {}
    for file in sorted((HERE / "dependants").iterdir()):
        _, *rows = csv.reader(file.read_text("ascii").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
        mine = family(file.name.removesuffix(".tsv"))
        for name, patterns, _ in rows:
            found[name] = found.get(name, ()) + tuple(f"{mine}{pattern}" for pattern in patterns.split())
    return found


@lru_cache
def load() -> Mapping[str, Break]:
    """Import every chapter, so that its breaks are declared."""
    for module in iter_modules(breaks.__path__):
        import_module(f"{breaks.__name__}.{module.name}")
    if strangers := dependants().keys() - BREAKS.keys():
        raise ValueError(f"dependants/ names breaks that are none: {', '.join(sorted(strangers))}")
    return BREAKS


def named(names: str) -> list[Break]:
    """Return the breaks of `name+name`. LookupError names an unknown one."""
    found = load()
    if strangers := set(names.split("+")) - found.keys():
        raise LookupError(f"no break is called {', '.join(sorted(strangers))}")
    return [found[name] for name in names.split("+")]


@contextmanager
def broken(*breaks: Break) -> Iterator[None]:
    """Make breaks, and mend them. Data sheets are read anew, and with them what is made of them."""
    everything()
    try:
        with pytest.MonkeyPatch.context() as patch:
            forget()
            for one in breaks:
                one.make(patch)
            yield
    finally:
        forget()


@lru_cache
def everything() -> None:
    """Import the whole package: what is imported later would keep what is broken now."""
    for module in walk_packages(camtwin.__path__, "camtwin."):
        if not module.name.endswith("__main__"):
            import_module(module.name)


def forget() -> None:
    models.forget()
    parts.ecosystem.cache_clear()
