"""Answers to questions about an ecosystem, in columns and cells; drawings of them; a driver's image modes."""

from __future__ import annotations

import csv
from importlib.resources import files
from itertools import product

from camtwin import ecosystem, rig
from camtwin.ecosystem import ModesInvalid
from camtwin.verify.case import Case, said
from camtwin.verify.measures import CLAIM, measurement


def table(name: str) -> list[list[str]]:
    """Read a table that was typed from the sheet for the ledger; its columns are the first row."""
    text = (files("camtwin.verify") / "ledger" / "tables" / f"{name}.tsv").read_text("ascii")
    return [*csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)]


@measurement("answers")
def answers(case: Case, question: str, columns: str, *wanted: str) -> None:
    """Compare a column, or `a:b` joined, with the claim's words or those given: each once, in any order."""
    records = ecosystem.ask(question).records()
    found = {":".join(str(row[name]) for name in columns.split(":")) for row in records}
    case.equal(columns, sorted(found), sorted(wanted or case.claim.names))


@measurement("answers_has")
def answers_has(case: Case, question: str, column: str, *wanted: str, how: str = "a", rows: int = 0) -> None:
    """Find the claim's words, or those given, in an entry, in every or in no one; count rows."""
    cells = [str(cell).casefold() for cell in ecosystem.ask(question).column(column)]
    for word in wanted or case.claim.names:
        there = sum(word.casefold() in cell for cell in cells)
        good = {"a": there > 0, "every": there == len(cells) > 0, "no": there == 0}[how]
        case.that(f"{word!r} is in {how} {column}", good)
    if rows:
        case.equal("rows", len(cells), rows)


@measurement("answer_of")
def answer_of(case: Case, question: str, key: str, column: str, wanted: str = CLAIM, how: str = "is") -> None:
    """Compare a cell of the row with a cell `key` with the claim's value or a given one; how: is, has."""
    rows = [row for row in ecosystem.ask(question).records() if key in map(str, row.values())]
    case.equal(f"rows of {key}", len(rows), 1)
    cell, word = str(rows[0][column]).casefold(), case.claim.value if wanted == CLAIM else wanted
    good = word.casefold() in (cell if how == "has" else [cell])
    case.that(f"{column} of {key}, {cell!r}, {how} {word!r}", good)


@measurement("says")
def says(case: Case, question: str, holds: bool, *words: str) -> None:
    """Require that an answer holds, or does not, and says these words, or the claim's value."""
    answer = ecosystem.ask(question)
    case.equal("holds", answer.holds, holds)
    said = " ".join((answer.title, *answer.notes)).casefold()
    for word in words:
        case.that(f"it says {word!r}", (case.claim.value if word == CLAIM else word).casefold() in said)


@measurement("printed")
def printed(case: Case, question: str, name: str) -> None:
    """Compare each cell with the table as it was typed from the sheet."""
    answer, typed = ecosystem.ask(question), table(name)
    found = [[*answer.columns], *([str(cell) for cell in row] for row in answer.rows)]
    wrong = [row for row in (*found, *typed) if (row in found) != (row in typed)]
    case.equal(f"wrong rows of {len(typed) - 1}", wrong, [])


@measurement("combines")
def combines(case: Case, name: str, *verdicts: str) -> None:
    """Ask for each combination of a matrix: chains are at its cells, verified but for `mark=verdict`."""
    (columns, *rows), wanted = table(name), dict(one.split("=") for one in verdicts)
    places = [columns.index(part) for part in ("module", "sensor adapter", "processor adapter")]
    marks = {tuple(row[i] for i in places): row[-1] for row in rows}
    modules, fsas, fpas = (dict.fromkeys(parts) for parts in zip(*marks, strict=True))
    for module, fsa in product(modules, fsas):
        records = ecosystem.ask("chain", module, fsa).records()
        for fpa in fpas:
            mark = marks.get((module, fsa, fpa))
            verdict = wanted.get(f"{mark}/{module}", wanted.get(str(mark), "verified"))
            found = {row["verdict"] for row in records if row["processor adapter"] == fpa}
            case.equal(f"{module}, {fsa}, {fpa}", found, set() if mark is None else {verdict})


@measurement("draws")
def draws(case: Case, question: str, *words: str) -> None:
    """Draw an answer, and find these words in its picture."""
    picture = ecosystem.drawn(ecosystem.ask(question))
    texts = [shape.text for shape in picture.shapes] if picture else []
    case.equal("words that are not drawn", [word for word in words if word not in texts], [])


@measurement("carried")
def carried(case: Case, socket: str, adapter: str, carrier: str, board: str, other: str) -> None:
    """Plug the module onto its sensor adapter, onto another one and onto none: the first feeds each rail."""
    wires, fpa = [["fsa.processor", "fpa.1"]], {"kind": "processor adapter", "part": carrier, "board": board}
    pins = sorted({word for rail in case.around.rails.values() for word in rail.pins})
    for part, word in ((adapter, "clean"), (other, "no supply")):
        fsa = {"kind": "sensor adapter", "part": part}
        for cable in ({"from": "fsa.module", "into": f"cam.{socket}"}, None):
            report = rig.check(case.planned(wires, cable=cable, fsa=fsa, fpa=fpa))
            found = {said(report.words(f"cam.{pin} ")) for pin in pins}
            case.equal(f"rails with {part if cable else 'none'}", found, {word if cable else "no supply"})


@measurement("modes")
def modes(case: Case, name: str, sensor: str, low: int, high: int) -> None:
    """Count the modes of a file, and read it as it is written; more than the highest number are refused."""
    found = ecosystem.load_modes(name, sensor)
    case.within("modes", len(found), low, high)
    more = [found[0].model_copy(update={"active_h": found[0].active_h - 2 * i}) for i in range(high + 1)]
    for kept in (list(found), more[:-1], more):
        try:
            again = [*ecosystem.read_modes(name, ecosystem.modes_text(kept), sensor)]
        except ModesInvalid as refused:
            again = []
            case.saw(refused)
        case.equal(f"{len(kept)} modes are read back", again, kept if len(kept) <= high else [])
