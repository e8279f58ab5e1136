"""Questions about an ecosystem: `ask("boards FSM-IMX412 4")`.

A question is a word and what it is about: parts by their names or the ends of them, a number, a feature. One
that cannot be answered is refused in one line with the nearest right one; a `no` is an answer that does not
hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from camtwin.ecosystem import tables
from camtwin.ecosystem.answer import Answer, Cell, NoAnswer, listed
from camtwin.ecosystem.parts import Chain, Ecosystem, ecosystem
from camtwin.models import Fact, RigSheet, has_modes, load_modes, load_rig
from camtwin.problem import nearest

MAX_NUMBER: Final = 1000
SIZE: Final = re.compile(r"\d+x\d+")
NUMBER: Final = re.compile(r"(\d+(?:\.\d+)?)(?:fps|hz|x)?", re.IGNORECASE)
LANES: Final = (2, 4)
Ask = Callable[[Ecosystem, list[str], "float | None"], Answer]


@dataclass(frozen=True)
class Question:
    """A question: its words for people, and an example."""

    ask: Ask
    about: str
    text: str
    example: str


def ask(*words: str, of: str = "framos") -> Answer:
    """Answer a question, in words or as one text.

    Raises:
        NoAnswer: it cannot be answered; names the nearest right question
    """
    eco = ecosystem(of)
    asked = [word for text in words for word in text.split()]
    if not asked:
        return _overview(eco)
    name, *about = asked
    if name.casefold() not in QUESTIONS:
        if not eco.find(name) and (close := get_close_matches(name.casefold(), QUESTIONS, 1)):
            again = " ".join([*close, *about])
            raise NoAnswer(f"no question {name!r:.60}; do you mean `{again:.200}`?")
        if not eco.find(name) and not any(each.isdigit() for each in name):
            raise NoAnswer(f"no question and no part {name!r:.60}: ask {listed([*QUESTIONS], 'or')}")
        parts = eco.split([word for word in asked if not NUMBER.fullmatch(word)])
        name, about = ("part" if len(parts) == 1 else "chain"), asked
    number, rest = _number(about if name.casefold() != "table" else [], about)
    return QUESTIONS[name.casefold()].ask(eco, rest, number)


def _number(numbers: Sequence[str], words: list[str]) -> tuple[float | None, list[str]]:
    """Take a number out of words: a count of modules, frames per second."""
    found = [word for word in numbers if NUMBER.fullmatch(word)]
    if len(found) > 1:
        raise NoAnswer(f"{listed(found)} are {len(found)} numbers: one is enough")
    if not found:
        return None, words
    match = NUMBER.fullmatch(found[0])
    value = float(match[1]) if match and len(match[1]) < 10 else MAX_NUMBER + 1
    if not 0 < value <= MAX_NUMBER:
        raise NoAnswer(f"{found[0]:.30} is not a number from 1 to {MAX_NUMBER}")
    return value, [word for word in words if word != found[0]]


def _whole(number: float | None) -> int:
    if number is not None and number != int(number):
        raise NoAnswer(f"{number:g} is no number of modules")
    return int(number or 1)


def _only(name: str, parts: Sequence[str], *wanted: str) -> None:
    """Refuse a question that is about other parts than it needs."""
    if len(parts) != len(wanted):
        question = QUESTIONS[name]
        got = listed(parts) if parts else "nothing"
        raise NoAnswer(f"{name} is about {question.about}, not {got}; for example `{question.example}`")


def _overview(eco: Ecosystem) -> Answer:
    rows = tuple((name, f"{one.about}: {one.text}", one.example) for name, one in QUESTIONS.items())
    counts = [f"{len(eco.named(kind))} {kind}s" for kind in dict.fromkeys(eco.kinds.values())]
    return Answer("", eco.sheet.title, ("question", "about", "example"), rows, (f"It has {listed(counts)}.",))


# -- parts ---------------------------------------------------------------------------------------------
def _part(eco: Ecosystem, words: list[str], number: float | None) -> Answer:
    parts = eco.split(words)
    _only("part", parts, "part")
    (name,) = parts
    rows = [(what, value, source) for what, value, source in tables.described(eco, name) if value]
    return Answer(f"part {name}", f"{name}: {eco.kinds[name]}", ("property", "value", "source"), tuple(rows))


def _boards(eco: Ecosystem, words: list[str], number: float | None) -> Answer:
    parts = eco.split(words)
    _only("boards", parts, "module")
    module, wanted = eco.part(parts[0], "module"), _whole(number)
    found = {chain.board: chain for chain in eco.joined([module])}
    rows = [(board, eco.count(module, board), found.get(board)) for board in eco.sheet.boards]
    fits = [(b, n, c) for b, n, c in rows if number is None or (c and c.supported and c.max >= wanted)]
    cells = tuple((b, n.number, n.text, n.printed, c.fpa if c else None, n.basis) for b, n, c in fits)
    which = f"that take {wanted} {module}" if number is not None else f"and how many {module} they take"
    notes = () if fits else (f"no board takes {wanted} {module}: {_most(found)}",)
    columns = ("board", "modules", "driver", "printed", "processor adapter", "basis")
    marks = tuple(
        f"{board}: {eco.sheet.footnotes[mark].text}"
        for board, mark in eco.sheet.modules[module].notes.items()
        if board in (row[0] for row in cells)
    )
    question = f"boards {module}" + (f" {wanted}" if number is not None else "")
    return Answer(question, f"Boards {which}", columns, cells, notes + marks, bool(fits))


def _most(found: dict[str, Chain]) -> str:
    best = max((chain for chain in found.values()), key=lambda chain: chain.max)
    return f"at most {best.max} on {best.board}; ask `boards {best.module} {best.max}`"


# -- chains --------------------------------------------------------------------------------------------
CHAIN: Final = (
    *("module", "sensor adapter", "processor adapter", "board"),
    *("data", "lanes", "max modules", "verdict", "driver"),
)


def _chain(eco: Ecosystem, words: list[str], number: float | None) -> Answer:
    parts, wanted = eco.split(words), _whole(number)
    if not parts:
        _only("chain", parts, "module", "board")
    found = eco.joined(parts)
    question = " ".join(["chain", *parts, *([str(wanted)] if number is not None else [])])
    title = f"Chains with {listed(parts)}"
    if not found:
        return Answer(question, title, CHAIN, (), _impossible(eco, parts), False)
    rows: list[tuple[Cell, ...]] = []
    notes: dict[str, None] = {}
    for chain in found:
        verdict = chain.verdict
        if chain.supported and wanted > chain.max:
            verdict = f"takes {chain.max} at most"
            notes[
                f"{chain.board} with {chain.fpa} takes {chain.max} {chain.module}, {wanted} are refused"
            ] = None
        if chain.note:
            notes[chain.note.text] = None
        rows.append(
            (*chain.parts, tables.data(eco, chain), chain.lanes, chain.max, verdict, chain.count.text)
        )
    holds = any(chain.supported and wanted <= chain.max for chain in found)
    if not holds and any(chain.supported for chain in found):
        notes[_most({chain.board: chain for chain in eco.joined(parts[:1])})] = None
    elif not holds:
        notes.update(dict.fromkeys(_instead(eco, parts)))
    return Answer(question, title, CHAIN, tuple(rows), tuple(notes), holds)


def _impossible(eco: Ecosystem, parts: Sequence[str]) -> tuple[str, ...]:
    """Tell which two parts do not go together, and what does."""
    for i, one in enumerate(parts):
        for other in parts[i + 1 :]:
            if eco.kinds[one] == eco.kinds[other]:
                return (f"{one} and {other} are both {eco.kinds[one]}s: a chain has one of each",)
            if not eco.joined([one, other]):
                kind = eco.kinds[other]
                good = _of_kind(eco, eco.joined([one]), kind)
                differ = listed(list(eco.sheet.criteria.values()))
                why = f"; sensor adapters differ by {differ}" if kind == "sensor adapter" else ""
                with_ = f"{one} goes with {listed(good, 'or')}, not with {other}{why}"
                return (with_, *_instead(eco, [part for part in parts if part != other]))
    return (f"{listed(parts)} are in no chain together", *_instead(eco, parts[:1]))


def _instead(eco: Ecosystem, parts: Sequence[str]) -> tuple[str, ...]:
    good = [chain for n in range(len(parts), 0, -1) for chain in eco.joined(parts[:n]) if chain.supported]
    return (f"ask `chain {' '.join(good[0].parts)}`",) if good else ()


def _of_kind(eco: Ecosystem, chains: Sequence[Chain], kind: str) -> list[str]:
    there = {part for chain in chains for part in chain.parts}
    return [part for part in eco.named(kind) if part in there]


def _buy(eco: Ecosystem, words: list[str], number: float | None) -> Answer:
    parts, wanted = eco.split(words), _whole(number)
    _only("buy", parts, "module", "board")
    module, board = (next((p for p in parts if eco.kinds[p] == kind), "") for kind in ("module", "board"))
    if not module or not board:
        raise NoAnswer(f"buy needs a module and a board; for example `{QUESTIONS['buy'].example}`")
    way = _chain(eco, [module, board], float(wanted))
    question, title = f"buy {module} {board} {wanted}", f"To buy for {wanted} {module} on {board}"
    columns = ("pieces", "part", "why")
    if not way.holds:
        return Answer(question, title, columns, (), way.notes, False)
    chain = next(c for c in eco.joined([module, board]) if c.supported and wanted <= c.max)
    return Answer(question, title, columns, *tables.shopping(eco, chain, wanted))


# -- what a driver has, modes, connectors ------------------------------------------------------------------
def _driver(eco: Ecosystem, words: list[str], number: float | None) -> Answer:
    parts = [word for word in words if eco.find(word)]
    wanted = " ".join(word for word in words if word not in parts)
    if not words:
        _only("driver", parts, "module")
    modules = [eco.part(part, "module") for part in parts] or eco.named("module")
    columns = ("module", "table", "feature", "printed", "meaning")
    return Answer(
        " ".join(["driver", *(modules if parts else []), *([wanted] if wanted else [])]),
        f"What the driver and the examples have{f' of {wanted!r}' if wanted else ''}",
        columns,
        tuple(tables.features(eco, modules, wanted)),
        tuple(f"Table {n} is of {listed(t.scope)}." for n, t in eco.sheet.tables.items() if t.scope),
    )


def _rig(eco: Ecosystem, name: str, words: list[str]) -> tuple[str, RigSheet, list[str]]:
    """Return the module that a question is about, its rig sheet, and the words left."""
    parts = [word for word in words if eco.find(word)]
    _only(name, parts, "module")
    module = eco.part(parts[0], "module")
    known = [one for one, row in eco.sheet.modules.items() if row.rig]
    if module not in known:
        raise NoAnswer(f"{name}: the sheet has no such data of {module}; ask `{name} {known[0]}`")
    return module, load_rig(eco.sheet.modules[module].rig), [word for word in words if word not in parts]


def _lanes(eco: Ecosystem, words: list[str], number: float | None) -> Answer:
    module, sheet, rest = _rig(eco, "lanes", words)
    sizes = [word for word in rest if SIZE.fullmatch(word)]
    if strange := [word for word in rest if word not in sizes]:
        raise NoAnswer(f"lanes: {strange[0]!r:.60} is neither a size, 1920x1080, nor a frame rate, 45")
    name = eco.sheet.modules[module].rig
    sensor = str(sheet.record["sensor.register_sheet"])
    files = {n: load_modes(f"{name}-{n}-lanes", sensor) for n in LANES if has_modes(f"{name}-{n}-lanes")}
    known = list(dict.fromkeys((mode.size, mode.fourcc) for modes in files.values() for mode in modes))
    if unknown := [size for size in sizes if size not in (one for one, _ in known)]:
        there = listed(list(dict.fromkeys(size for size, _ in known)))
        raise NoAnswer(f"{module} has no mode of {unknown[0]}: it has {there}")
    rows: list[tuple[Cell, ...]] = []
    for size, fourcc in known:
        if sizes and size not in sizes:
            continue
        fps = {
            n: next((m.fps for m in modes if (m.size, m.fourcc) == (size, fourcc)), 0.0)
            for n, modes in files.items()
        }
        needed = next((n for n, most in fps.items() if (number or max(fps.values())) <= most), None)
        rows.append((size, fourcc, *fps.values(), number or max(fps.values()), needed))
    columns = ("size", "format", *(f"fps on {n} lanes" for n in files), "fps", "lanes needed")
    holds = any(row[-1] for row in rows)
    notes = () if holds else (f"no mode reaches {number:g} frames/s on {max(files)} lanes",)
    two = [fpa for fpa, one in eco.sheet.processor_adapters.items() if one.lanes < max(files)]
    notes += tuple(f"{fpa} has {eco.sheet.processor_adapters[fpa].lanes} lanes to a module." for fpa in two)
    asked = " ".join(["lanes", module, *sizes, *([f"{number:g}"] if number else [])])
    return Answer(asked, f"Lanes that the modes of {module} need", columns, tuple(rows), notes, holds)


def _pins(eco: Ecosystem, words: list[str], number: float | None) -> Answer:
    module, sheet, rest = _rig(eco, "pins", words)
    ((socket, held),) = sheet.pins.items()
    nets = dict.fromkeys(pin.name for pin in held.values())
    if unknown := [word for word in rest if word.upper() not in nets]:
        raise NoAnswer(f"pins: {module} has no net {unknown[0]!r:.60}: it has {', '.join(nets)}")
    wanted = {word.upper() for word in rest} or set(nets)
    rows = tuple(
        (int(n), pin.name) for n, pin in held.items() if pin.name in wanted and number in (None, int(n))
    )
    part = sheet.connectors[socket]
    notes = (f"{part.part}, {part.positions} positions; mates with {listed(part.mates)}",)
    return Answer(
        " ".join(["pins", module, *rest]), f"Pins of {module}", ("pin", "net"), rows, notes, bool(rows)
    )


def _supplies(eco: Ecosystem, words: list[str], number: float | None) -> Answer:
    module, sheet, _ = _rig(eco, "supplies", words)
    rows: list[tuple[Cell, ...]] = []
    for rail, one in sheet.rails.items():
        rows.append(("supply", rail, one.volts, "V", ", ".join(pin.partition(".")[2] for pin in one.pins)))
    clock = _fact(sheet, "clock.inck")
    pins = [n for held in sheet.pins.values() for n, pin in held.items() if pin.name == "INCK"]
    rows += [("clock", "INCK", MHz, clock.unit, ", ".join(pins)) for MHz in clock.value]
    columns = ("kind", "net", "value", "unit", "pins")
    return Answer(f"supplies {module}", f"Supplies and clocks of {module}", columns, tuple(rows))


def _fact(sheet: RigSheet, name: str) -> Fact:
    return next(fact for fact in sheet.facts if fact.path == f"record.{name}")


def _mechanics(eco: Ecosystem, words: list[str], number: float | None) -> Answer:
    module, sheet, _ = _rig(eco, "mechanics", words)
    return tables.mechanics(module, sheet)


# -- the document --------------------------------------------------------------------------------------
def _offers(eco: Ecosystem, words: list[str], number: float | None) -> Answer:
    wanted, groups = " ".join(words), eco.sheet.offers
    chosen = {name: group for name, group in groups.items() if wanted.casefold() in (name, "")}
    about, concerned = wanted, set[str]()
    if not chosen:
        if not eco.find(wanted):
            close = nearest(wanted.casefold(), groups)
            raise NoAnswer(f"no offers {wanted!r:.60}: groups are {listed([*groups])}{close}")
        about, chosen = eco.part(wanted), groups
        concerned = {about, *(chain.board for chain in eco.joined([about]))}
    cells = tuple(
        (name, one.item, one.terms, one.phase, ", ".join(one.of))
        for name, group in chosen.items()
        for one in group.values()
        if not (concerned and one.of) or concerned & {*one.of}
    )
    title = f"Materials and services{f': {about}' if about else ''}"
    columns, notes = ("group", "item", "terms", "phase", "for"), tuple(eco.sheet.terms.values())
    return Answer(f"offers {about}".rstrip(), title, columns, cells, notes)


def _table(eco: Ecosystem, words: list[str], number: float | None) -> Answer:
    known = eco.sheet.tables
    if len(words) != 1 or words[0] not in known:
        got = f"no table {' '.join(words)!r:.60}" if words else "table of which number"
        raise NoAnswer(f"{got}: there are {listed([*known])}; for example `table 5`")
    return tables.printed(eco, words[0])


def _contents(eco: Ecosystem, words: list[str], number: float | None) -> Answer:
    rows = tuple((section, title, int(page)) for section, title, page in eco.sheet.contents["sections"])
    return Answer("contents", f"Contents of the {eco.sheet.document}", ("section", "title", "page"), rows)


QUESTIONS: Final[dict[str, Question]] = {
    "part": Question(_part, "a part", "what is known of it", "part FSA-FT1/A"),
    "boards": Question(_boards, "a module, and how many", "boards that take so many", "boards FSM-IMX412 4"),
    "chain": Question(
        _chain, "parts, and how many modules", "how they connect, and is it verified", "chain IMX412 TX2"
    ),
    "buy": Question(_buy, "a module, a board, and how many", "what must be bought", "buy IMX412 Nano 2"),
    "driver": Question(
        _driver, "modules, a feature, or both", "what the driver has", "driver IMX412 Broadcast"
    ),
    "lanes": Question(
        _lanes, "a module, a size, a frame rate", "lanes that a mode needs", "lanes IMX412 4056x3040 45"
    ),
    "pins": Question(_pins, "a module, a net", "pins of its connector", "pins IMX412 XVS"),
    "supplies": Question(_supplies, "a module", "its supplies and clocks", "supplies IMX412"),
    "mechanics": Question(_mechanics, "a module", "its board, and where the sensor lies", "mechanics IMX412"),
    "offers": Question(_offers, "a group, a part, or nothing", "materials and services", "offers services"),
    "table": Question(_table, "a number from 1 to 6", "a table of the data sheet", "table 5"),
    "contents": Question(_contents, "nothing", "the chapters of the data sheet", "contents"),
}
