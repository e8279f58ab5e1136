"""A sheet as text: its tables, its schema version, and the line that a problem is on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NoReturn

from camtwin.models.provenance import Fact, RowInvalid, SheetInvalid, rows, split
from camtwin.numbers import NumberInvalid, finite
from camtwin.problem import Problem, nearest

SCHEMA: Final = 1
"""Version of what sheets say and how. A sheet names it as `schema = 1`; one that does not is of version 1."""
HEADER: Final = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
KEY: Final = re.compile(r"""\s*("[^"]*"|'[^']*'|[\w.-]+)\s*=""")


@dataclass(frozen=True, slots=True)
class Document:
    """A sheet's text. label: its path, or its name in the package; messages begin with it."""

    label: str
    text: str

    @property
    def folder(self) -> str:
        """The folder it lies in, with the slash; "" in the package or where camtwin runs."""
        folder, slash, _ = self.label.rpartition("/")
        return folder + slash

    @property
    def tables(self) -> Mapping[str, Any]:
        """The sheet as TOML reads it, each number finite, without its schema version. SheetInvalid."""
        return _tables(self)

    def plain(self, *, by_section: bool) -> tuple[dict[str, Any], tuple[Fact, ...]]:
        """Return plain data and facts; by_section: outside [features] a row is one number (`split`)."""
        try:
            return (split if by_section else rows)(self.tables)
        except RowInvalid as wrong:
            raise invalid([self], wrong.path, str(wrong)) from None
        except RecursionError:
            raise SheetInvalid(f"{self.label}: is nested too deeply") from None

    def line(self, path: str, *, section: bool = False) -> int | None:
        """Return the line of a row, `readout.row_clocks`, or where its section begins; None if not there."""
        inside = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            if header := HEADER.match(line):
                inside = f"{_bare(header[1])}."
                if section and f"{path}.".startswith(inside):
                    return number
            elif key := KEY.match(line):
                row = f"{inside}{_bare(key[1])}."
                if f"{path}.".startswith(row) or (section and row.startswith(f"{path}.")):
                    return number
        return None


def invalid(documents: Iterable[Document], path: str, message: str) -> SheetInvalid:
    """Return a problem with a row: named by the sheet that has the row, with its line where there is one."""
    known = list(documents)
    for section in (False, True):
        for document in known:
            if path and (number := document.line(path, section=section)):
                return SheetInvalid(f"{document.label}: {message} (line {number})")
    return SheetInvalid(f"{known[0].label}: {message}")


@lru_cache(maxsize=64)
def _tables(document: Document) -> Mapping[str, Any]:
    try:
        data = finite(tomllib.loads(document.text))
    except (tomllib.TOMLDecodeError, NumberInvalid) as error:
        raise SheetInvalid(f"{document.label}: {error}") from None
    except (RecursionError, ValueError) as error:  # of a number with too many digits
        reason = "is nested too deeply" if isinstance(error, RecursionError) else error
        raise SheetInvalid(f"{document.label}: {reason}") from None
    _check_version(document, data.pop("schema", SCHEMA))
    return data


def _check_version(document: Document, version: object) -> None:
    if not isinstance(version, int) or isinstance(version, bool):
        raise invalid([document], "schema", f"schema {version!r:.60}: must be a whole number, {SCHEMA}")
    if version > SCHEMA:
        reason = (
            f"schema {version} is newer than {SCHEMA}, the newest that this camtwin reads: update camtwin"
        )
        raise invalid([document], "schema", reason)
    if version < SCHEMA:
        reason = f"schema {version} is older than {SCHEMA}, the oldest that this camtwin reads"
        raise invalid([document], "schema", f"{reason}: see what `camtwin new` writes today")


def _bare(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))


class NoSuchRow(Problem):
    """A row that is to be left out, and is not there."""


def refuse_unknown(row: str, known: Iterable[str]) -> NoReturn:
    """Refuse the name of a row that is not there, with the nearest one that is."""
    raise NoSuchRow(f"without {row}: there is no such row{nearest(row, known)}")
