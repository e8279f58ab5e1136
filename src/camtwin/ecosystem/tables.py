"""Rows of answers: what is known of a part, cells of the printed tables, shopping lists, mechanics."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final

from camtwin.ecosystem.answer import Answer, Cell, NoAnswer, listed
from camtwin.ecosystem.parts import Chain, Ecosystem
from camtwin.models import RigSheet, load_rig

BLANK: Final = "Blank"
NOT_STATED: Final = "not stated"
MATRICES: Final = ("5", "6")
PLACES: Final = ("sensor adapter", "data output", "module", "processor adapter", "footnote")
"""Columns that a matrix may have."""
Described = tuple[str, str, str]
"""A property, its value and its source."""


def data(eco: Ecosystem, chain: Chain) -> str:
    """Tell which data a chain carries, and where it is converted."""
    native = eco.native(chain.module)
    kind = eco.sheet.outputs[native]
    if native == next(iter(eco.sheet.outputs)):
        return kind.text
    if chain.output == native:
        return f"{native} to the board: {kind.text}"
    return f"{native}, which {chain.fsa} converts to {chain.output}: {kind.text}"


# -- a part --------------------------------------------------------------------------------------------
def described(eco: Ecosystem, name: str) -> Iterator[Described]:
    """Yield what is known of a part."""
    s, kind = eco.sheet, eco.kinds[name]
    match kind:
        case "module":
            yield from _module(eco, name)
        case "sensor adapter":
            adapter = s.sensor_adapters[name]
            source = eco.source(f"sensor_adapters.{name}")
            yield "carries", listed(adapter.modules), source
            yield "data output", adapter.output, source
            for fpa, mark in adapter.on.items():
                note = f", footnote {mark}: {s.footnotes[mark].text}" if mark else ""
                yield "plugs into", f"{fpa}{note}", source
            for criterion, words in s.criteria.items():
                value = s.gives.get(name, {}).get(criterion)
                path = f"gives.{name}.{criterion}" if value else f"criteria.{criterion}"
                yield words, value or NOT_STATED, eco.source(path)
        case "processor adapter":
            adapter, source = s.processor_adapters[name], eco.source(f"processor_adapters.{name}")
            yield "modules", str(adapter.modules), source
            yield "lanes to a module", str(adapter.lanes), source
            yield "fits", listed(adapter.boards, "or"), source
            yield "takes", listed([fsa for fsa, one in s.sensor_adapters.items() if name in one.on]), source
        case "board":
            board, source = s.boards[name], eco.source(f"boards.{name}")
            yield "supported", "yes" if board.supported else "hardware only, no driver package", source
            yield "family", board.family, source
            yield "supported kit", board.kit, source
            yield "software version", board.software, source
            fits = [fpa for fpa, one in s.processor_adapters.items() if name in one.boards]
            yield "processor adapter", listed(fits, "or"), source
            kits = [kit for kit, one in s.kits.items() if name in one.boards]
            yield "development kits", listed(kits), "Recommended Devkit(s)"
        case _:
            kit, source = s.kits[name], eco.source(f"kits.{name}")
            yield "module", kit.module, source
            yield "boards", listed(kit.boards, "or"), source
            for offer in s.offers["software"].values():
                if set(kit.boards) & set(offer.of):
                    yield "software", offer.item, offer.terms


def _module(eco: Ecosystem, name: str) -> Iterator[Described]:
    s, chains = eco.sheet, eco.joined([name])
    native = eco.native(name)
    yield "data output", f"{native}: {s.outputs[native].text}", eco.source(f"outputs.{native}")
    yield "map colour", s.outputs[native].colour, eco.source(f"outputs.{native}")
    for column in ("fsa", "fpa", "board"):
        parts = list(dict.fromkeys(str(getattr(chain, column)) for chain in chains if chain.supported))
        what = {"fsa": "sensor adapters", "fpa": "processor adapters", "board": "boards"}[column]
        yield what, listed(parts), "Tables 5 and 6"
    yield (
        "development kits",
        listed([kit for kit, one in s.kits.items() if one.module == name]),
        "Accessories",
    )
    if not (rig := s.modules[name].rig):
        return
    sheet = load_rig(rig)
    for fact in sheet.facts:
        if fact.path.startswith(("record.", "environment.", "lens.")):
            text = f"{_plain(fact.value)} {fact.unit}".rstrip()
            yield fact.path.removeprefix("record."), text, fact.source


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


# -- tables --------------------------------------------------------------------------------------------
def _cell(eco: Ecosystem, table: str, letters: str, i: int) -> str:
    return eco.sheet.tables[table].cells[letters[i]]


def _letters(eco: Ecosystem, table: str, module: str) -> str:
    row = eco.sheet.modules[module]
    return {"2": row.driver, "3": row.libargus, "4": row.opencv}[table]


def printed(eco: Ecosystem, number: str) -> Answer:
    """Return a table with its cells as they are printed; the matrices have a row for each combination."""
    s, table = eco.sheet, eco.sheet.tables[number]
    notes = [f"{cell}: {means}" for cell, means in s.legend.get(number, {}).items()]
    rows: list[tuple[Cell, ...]] = []
    if number in MATRICES:
        for fsa, one in s.sensor_adapters.items():
            for module in one.modules if one.table == number else ():
                for fpa, mark in one.on.items():
                    cells = (fsa, one.output, module, fpa, mark)
                    places: dict[str, Cell] = dict(zip(PLACES, cells, strict=True))
                    rows.append(tuple(places[name] for name in table.columns))
        notes += _footnotes(eco, [str(row[-1]) for row in rows])
        return Answer(f"table {number}", table.title, table.columns, tuple(rows), tuple(notes))
    for module, row in s.modules.items():
        if number == "1" and row.boards:
            marks = {s.boards[board].column: mark for board, mark in row.notes.items()}
            counts = zip(table.columns, row.boards, strict=True)
            rows.append((module, *(f"{n} [{marks[c]}]" if c in marks else n for c, n in counts)))
            notes += _footnotes(eco, list(marks.values()))
        elif number != "1" and (letters := _letters(eco, number, module)):
            rows.append((module, *(_cell(eco, number, letters, i) for i in range(len(letters)))))
    if number == "1":
        notes += [f"{column}: {eco.source(f'readings.{column}')}" for column in s.readings]
    if table.scope:
        notes.append(f"The table is of {listed(table.scope)}.")
    return Answer(f"table {number}", table.title, ("module", *table.columns), tuple(rows), tuple(notes))


def _footnotes(eco: Ecosystem, marks: Sequence[str]) -> list[str]:
    used = [mark for mark in eco.sheet.footnotes if mark in marks]
    return [f"{mark}: {eco.sheet.footnotes[mark].text}" for mark in used]


def features(eco: Ecosystem, modules: Sequence[str], wanted: str) -> Iterator[tuple[Cell, ...]]:
    """Yield what tables 2 to 4 say of these modules, of the features whose names have `wanted` in them.

    Raises:
        NoAnswer: no feature is called so
    """
    tables = {number: table for number, table in eco.sheet.tables.items() if table.cells}
    known = list(dict.fromkeys(column for table in tables.values() for column in table.columns))
    names = {column: _squeezed(column) for column in known}
    if not any(_squeezed(wanted) in name for name in names.values()):
        close = get_close_matches(_squeezed(wanted), names.values(), 1)
        of = next((column for column, name in names.items() if name in close), "")
        more = f"; do you mean {of}?" if of else f": there are {', '.join(known)}"
        raise NoAnswer(f"driver: no feature {wanted!r:.60}{more}")
    for module in modules:
        for number, table in tables.items():
            letters = _letters(eco, number, module)
            for i, column in enumerate(table.columns if letters else ()):
                if _squeezed(wanted) in names[column]:
                    cell = _cell(eco, number, letters, i)
                    yield module, int(number), column, cell, eco.sheet.legend[number][cell or BLANK]


def _squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


# -- shopping and mechanics ----------------------------------------------------------------------------
def shopping(
    eco: Ecosystem, chain: Chain, wanted: int
) -> tuple[tuple[tuple[Cell, ...], ...], tuple[str, ...]]:
    """Return the rows and notes of a shopping list for so many modules on a chain's board."""
    s, rows = eco.sheet, list[tuple[Cell, ...]]()
    kits = [kit for kit, one in s.kits.items() if one.module == chain.module and chain.board in one.boards]
    adapters = -(-wanted // s.processor_adapters[chain.fpa].modules)
    inside = len(kits[:1])
    if kits:
        rows.append((1, kits[0], "a module with its adapters, and the only way to drivers and software"))
    for n, part, why in (
        (wanted - inside, chain.module, "sensor module"),
        (wanted - inside, chain.fsa, "sensor adapter, one to a module"),
        (adapters - inside, chain.fpa, "processor adapter"),
    ):
        if n > 0:
            rows.append((n, part, f"{why}{', besides that of the kit' if inside else ''}"))
    rows.append((1, s.boards[chain.board].kit or chain.board, "processor board, from its maker"))
    rows.append((wanted, "lens and mount", s.offers["hardware"]["accessories"].item))
    notes = [] if kits else [f"No development kit of {chain.module} for {chain.board} is named in the sheet."]
    software = [o for o in s.offers["software"].values() if chain.board in o.of]
    notes += [f"{o.item}: {o.terms}." for o in software] or [f"Driver: {chain.count.text.rstrip('.')}."]
    notes += [f"{o.item}: {o.terms}." for o in s.offers["sources"].values()]
    if chain.note:
        notes.append(chain.note.text)
    return tuple(rows), tuple(notes)


def on_board(sheet: RigSheet, column: float, row: float) -> tuple[float, float]:
    """Return where a point of the sensor, in pixels, lies on its board, in mm from the upper left corner."""
    say = sheet.record
    centre = (say["mechanics.width"] / 2, say["mechanics.height"] / 2)
    if say["mechanics.optical_center"] != "board centre":
        raise NoAnswer(f"{sheet.title}: the sheet does not say where on the board the sensor lies")
    pitch_mm = (say["sensor.pixel_width"] / 1e3, say["sensor.pixel_height"] / 1e3)
    (x, y), (columns, rows) = centre, say["sensor.pixels"]
    return x + (column - columns / 2) * pitch_mm[0], y + (row - rows / 2) * pitch_mm[1]


def mechanics(module: str, sheet: RigSheet) -> Answer:
    """Return the measures of a module, and where on its board the sensor's image lies."""
    facts = {fact.path.removeprefix("record."): fact for fact in sheet.facts}
    rows: list[tuple[Cell, ...]] = []
    for name in ("mechanics.width", "mechanics.height", "mechanics.depth", "mechanics.optical_center"):
        fact = facts[name]
        rows.append((name.partition(".")[2].replace("_", " "), _plain(fact.value), fact.unit, fact.source))
    columns, lines = sheet.record["sensor.pixels"]
    for what, at in (
        ("first pixel", (0, 0)),
        ("image centre", (columns / 2, lines / 2)),
        ("last pixel", (columns, lines)),
    ):
        x, y = on_board(sheet, *at)
        rows.append(
            (f"{what} at {at[0]:g} x {at[1]:g}", f"{x:.3f} x {y:.3f}", "mm", "image centred on the board")
        )
    notes = (
        "Places are counted from the board's upper left corner.",
        "Assumed: columns run along its width, rows along its height; the figure is not in the sheet's text.",
    )
    return Answer(
        f"mechanics {module}", f"Board of {module}", ("what", "value", "unit", "source"), tuple(rows), notes
    )
