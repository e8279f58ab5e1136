"""Parts of an ecosystem by name, the chains that they form, and how many modules a board takes.

A chain is a module, the sensor adapter that carries it, a processor adapter and a board.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from typing import Final

from camtwin.ecosystem.answer import NoAnswer, listed
from camtwin.models import EcosystemSheet, load_ecosystem
from camtwin.models.ecosystem_sheet import Footnote

KINDS: Final = ("module", "sensor adapter", "processor adapter", "board", "development kit")
NONE_LISTED: Final = "no driver listed"


@dataclass(frozen=True)
class Count:
    """Modules that a board takes with a driver; number is None where the sheet gives none but a text."""

    printed: str
    number: int | None
    text: str
    basis: str


@dataclass(frozen=True)
class Chain:
    """A module, adapters and board that the compatibility matrices join.

    lanes: of CSI-2, to the module. note: the footnote that concerns it. max: modules that the processor
    adapters connect and the driver supports.
    """

    module: str
    fsa: str
    fpa: str
    board: str
    output: str
    lanes: int | None
    max: int
    count: Count
    note: Footnote | None = None

    @property
    def parts(self) -> tuple[str, str, str, str]:
        return self.module, self.fsa, self.fpa, self.board

    @property
    def supported(self) -> bool:
        return not (self.note and self.module in self.note.refuses)

    @property
    def verdict(self) -> str:
        if not self.supported:
            return "not supported"
        return "verified" if not self.note or self.note.verified else "not verified"


@dataclass(frozen=True)
class Ecosystem:
    """Facts of a sheet, by part."""

    sheet: EcosystemSheet

    # -- names -----------------------------------------------------------------------------------------
    @cached_property
    def kinds(self) -> dict[str, str]:
        """Kind of each part."""
        s = self.sheet
        tables = (s.modules, s.sensor_adapters, s.processor_adapters, s.boards, s.kits)
        return {part: kind for kind, table in zip(KINDS, tables, strict=True) for part in table}

    def named(self, kind: str) -> list[str]:
        """Return the parts of a kind."""
        return [part for part, one in self.kinds.items() if one == kind]

    def find(self, text: str) -> list[str]:
        """Return the parts that a name, or a part of it, can mean: those of the first kind that has any."""
        wanted = _words(text)
        if wanted[:1] == [self.sheet.name]:
            wanted = wanted[1:]
        colourless = [re.sub(r"(?<=\d)c$", "", word) for word in wanted]  # FSM-IMX412C is its colour variant
        for kind in KINDS:
            for asked in (wanted, colourless):
                if there := [part for part in self.named(kind) if asked and _within(asked, _words(part))]:
                    return [part for part in there if _words(part) == asked] or there
        return []

    def part(self, text: str, kind: str = "") -> str:
        """Return the part that is meant, of this kind if one is given.

        Raises:
            NoAnswer: there is none, or several
        """
        found = [part for part in self.find(text) if kind in ("", self.kinds[part])]
        if len(found) == 1:
            return found[0]
        what = kind or "part"
        if found:
            raise NoAnswer(f"{text!r} can be {listed(found, 'or')}: name one of them")
        known = [part for part in self.kinds if kind in ("", self.kinds[part])]
        if other := self.find(text):
            raise NoAnswer(f"{other[0]} is a {self.kinds[other[0]]}, no {what}: there are {', '.join(known)}")
        ends = {" ".join(_words(part)[i:]): part for part in known for i in (0, 1)}
        asked = " ".join(wanted := _words(text))
        close = get_close_matches(asked, ends, 3, 0.7) if wanted else []
        best = min(close, key=lambda end: _differ(asked, end), default="")
        firsts = known if kind else [self.named(one)[0] for one in KINDS]
        more = (
            f"; do you mean {ends[best]}?"
            if best
            else f": {what}s are {listed(firsts)}{'' if kind else ', ...'}"
        )
        raise NoAnswer(f"no {what} {text!r:.60}{more}")

    def split(self, words: Sequence[str]) -> list[str]:
        """Return parts from words, of which several may be one name: `NVIDIA Jetson TX2`."""
        found, rest = [], list(words)
        while rest:
            lengths = range(len(rest), 0, -1)
            n = next((n for n in lengths if len(self.find(" ".join(rest[:n]))) == 1), 1)
            found.append(self.part(" ".join(rest[:n])))
            rest = rest[n:]
        return found

    # -- what goes with what ---------------------------------------------------------------------------
    @cached_property
    def chains(self) -> tuple[Chain, ...]:
        """All chains of the compatibility matrices."""
        return tuple(self._chains())

    def _chains(self) -> Iterator[Chain]:
        for fsa, adapter in self.sheet.sensor_adapters.items():
            for module in adapter.modules:
                for fpa, mark in adapter.on.items():
                    processor, note = self.sheet.processor_adapters[fpa], self.sheet.footnotes.get(mark)
                    concerned = note if note and (not note.verified or module in note.refuses) else None
                    lanes = processor.lanes if adapter.output == next(iter(self.sheet.outputs)) else None
                    for board in processor.boards:
                        count = self.count(module, board)
                        room = processor.modules * processor.per_board
                        most = room if count.number is None else min(room, count.number)
                        yield Chain(module, fsa, fpa, board, adapter.output, lanes, most, count, concerned)

    def joined(self, parts: Sequence[str]) -> list[Chain]:
        """Return the chains that contain all of these parts."""
        return [chain for chain in self.chains if set(parts) <= set(chain.parts)]

    def count(self, module: str, board: str) -> Count:
        """Return how many modules a board takes, as table 1 prints it and as it is read."""
        cells = self.sheet.modules[module].boards
        if not cells:
            return Count("", None, NONE_LISTED, "not in table 1")
        column = self.sheet.boards[board].column
        printed = cells[self.sheet.tables["1"].columns.index(column)]
        reading = self.sheet.readings.get(column)
        if printed or not reading:
            return _count(printed, printed, "Table 1")
        like = cells[self.sheet.tables["1"].columns.index(reading.like)] if reading.like else reading.text
        return _count(printed, like, self.source(f"readings.{column}"))

    def native(self, module: str) -> str:
        """Return the kind of data that a module sends."""
        first, *others = self.sheet.outputs
        return next((kind for kind in others if module in self.sheet.outputs[kind].modules), first)

    def source(self, path: str) -> str:
        """Return the source of a fact; an assumption says that it is one."""
        fact = next(fact for fact in self.sheet.facts if fact.path == path)
        return f"assumed: {fact.source}" if fact.assumed else fact.source


def _count(printed: str, text: str, basis: str) -> Count:
    if text == "-":
        return Count(printed, 0, "not supported", basis)
    if text.isdecimal():
        return Count(printed, int(text), f"{text} modules" if text != "1" else "1 module", basis)
    return Count(printed, None, text or NONE_LISTED, basis)


def _differ(one: str, other: str) -> int:
    """Tell how far from the end two texts first differ."""
    same = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return len(one) - same


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s/_()-]+", text.casefold()) if word]


def _within(words: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether words follow each other somewhere in others."""
    return any(other[i : i + len(words)] == words for i in range(len(other) - len(words) + 1))


@cache
def ecosystem(name: str = "framos") -> Ecosystem:
    """Return a maker's ecosystem."""
    return Ecosystem(load_ecosystem(name))
