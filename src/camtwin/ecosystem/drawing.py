"""Answers as pictures: the chain from modules to a board, and a module's board with its optical centre."""

from __future__ import annotations

from textwrap import wrap
from typing import Final

from camtwin.ecosystem.answer import Answer
from camtwin.ecosystem.parts import Chain, Ecosystem, ecosystem
from camtwin.ecosystem.tables import on_board
from camtwin.models import RigSheet, load_rig
from camtwin.report.canvas import Canvas

MARGIN, BOX, WIDE, HIGH, GAP = 30, 184, 236, 78, 92
PITCH: Final = HIGH + 22
"""From one module to the next below it."""
MAX_CHAINS: Final = 12
VERDICTS: Final = {"verified": "green", "not verified": "yellow"}
PX_PER_MM: Final = 15
ARROW: Final = 7
TITLES: Final = ("Sensor module (FSM)", "Sensor adapter (FSA)", "Processor adapter (FPA)", "Processor board")


def drawn(answer: Answer) -> Canvas | None:
    """Draw an answer about chains or mechanics; None if it is about anything else, or has no chain."""
    name, *words = answer.question.split() or [""]
    eco = ecosystem()
    if name == "chain" and answer.rows:
        number = words[-1] if words[-1].isdecimal() else "1"
        parts = {row[:4]: str(row[answer.columns.index("verdict")]) for row in answer.rows}
        chains = [(chain, parts[chain.parts]) for chain in eco.chains if chain.parts in parts]
        return _chains(eco, answer, chains, int(number))
    if name == "mechanics":
        return _board(words[0], load_rig(eco.sheet.modules[words[0]].rig))
    return None


# -- chains --------------------------------------------------------------------------------------------
def _chains(eco: Ecosystem, answer: Answer, found: list[tuple[Chain, str]], number: int) -> Canvas:
    picture = Canvas(2 * MARGIN + 3 * BOX + WIDE + 3 * GAP, 0, answer.title)
    picture.text(MARGIN, 36, answer.title, size=15, bold=True)
    y = 66.0
    for i, title in enumerate(TITLES):
        picture.text(MARGIN + i * (BOX + GAP), y, title, "dim")
    y += 14
    for chain, verdict in found[:MAX_CHAINS]:
        shown = min(number, max(chain.max, 1))
        height = _chain(picture, eco, chain, verdict, shown, y)
        y += height + 34
    if len(found) > MAX_CHAINS:
        picture.text(MARGIN, y, f"and {len(found) - MAX_CHAINS} more chains", "dim")
        y += 24
    for note in answer.notes:
        for line in wrap(note, 150, break_on_hyphens=False):
            picture.text(MARGIN, y, line, "dim")
            y += 17
    picture.height = y + 10
    return picture


def _chain(picture: Canvas, eco: Ecosystem, chain: Chain, verdict: str, number: int, top: float) -> float:
    """Draw one chain with so many modules; return its height."""
    s, native = eco.sheet, eco.native(chain.module)
    first, output = next(iter(s.outputs)), chain.output
    x = [MARGIN + i * (BOX + GAP) for i in range(4)]
    height = PITCH * number - (PITCH - HIGH)
    adapters = -(-number // s.processor_adapters[chain.fpa].modules)
    lanes = f"{chain.lanes} lanes" if chain.lanes else ""
    for n in range(number):
        y = top + n * PITCH
        _box(picture, x[0], y, HIGH, chain.module, native, "tint")
        _box(picture, x[1], y, HIGH, chain.fsa, "supplies, clock, power-up", "field")
        _link(picture, x[0] + BOX, x[1], y + HIGH / 2, native, native == first)
        _link(picture, x[1] + BOX, x[2], y + HIGH / 2, output, output == first, lanes)
    for n in range(adapters):
        part = height / adapters - (PITCH - HIGH) * (adapters - 1) / adapters
        y = top + n * (part + PITCH - HIGH)
        _box(picture, x[2], y, part, chain.fpa, f"{lanes} to a module" if lanes else output, "field")
        _link(picture, x[2] + BOX, x[3], y + part / 2, output, output == first)
    _box(picture, x[3], top, height, chain.board, f"{verdict}\ndriver: {chain.count.text}", "tint", WIDE)
    picture.rect(x[3], top, 5, height, fill=VERDICTS.get(verdict, "red"))
    return height


def _box(
    picture: Canvas, x: float, y: float, height: float, name: str, what: str, fill: str, width: float = BOX
) -> None:
    picture.rect(x, y, width, height, round=6, fill=fill, stroke="grey")
    small = [line for part in what.split("\n") for line in wrap(part, int(width / 5.2))]
    at = y + height / 2 - 7.5 * len(small) + 5
    picture.text(x + 14, at, name, size=13, bold=True)
    for line in small:
        at += 15
        picture.text(x + 14, at, line, "dim", size=11)


def _link(
    picture: Canvas, begin: float, end: float, y: float, label: str, native: bool, below: str = ""
) -> None:
    """Draw an arrow with its kind of data: green for native CSI-2, amber for what needs conversion."""
    colour = "green" if native else "amber"
    picture.line([(begin, y), (end - ARROW, y)], colour, 3)
    picture.polygon([(end - ARROW - 2, y - 5), (end, y), (end - ARROW - 2, y + 5)], colour)
    middle = (begin + end) / 2
    for n, line in enumerate(reversed(wrap(label, 13))):
        picture.text(middle, y - 8 - 13 * n, line, "ink", size=11, anchor="middle")
    picture.text(middle, y + 17, below, "dim", size=11, anchor="middle")


# -- a module's board ------------------------------------------------------------------------------------
def _board(module: str, sheet: RigSheet) -> Canvas:
    """Draw a module's outline from the side of the lens, the sensor's image on it, and the optical centre."""
    say = sheet.record
    wide, high = say["mechanics.width"], say["mechanics.height"]
    columns, rows = say["sensor.pixels"]
    left, top, scale = 110, 112, PX_PER_MM
    picture = Canvas(left + wide * scale + 300, top + high * scale + 36, f"Board of the {module}")
    picture.text(MARGIN, 36, picture.title, size=15, bold=True)
    picture.text(MARGIN, 56, "seen from the lens, lengths in mm", "dim")
    picture.rect(left, top, wide * scale, high * scale, fill="field", stroke="ink", round=4)
    corners = [on_board(sheet, *at) for at in ((0, 0), (columns, rows))]
    (x0, y0), (x1, y1) = ((left + x * scale, top + y * scale) for x, y in corners)
    picture.rect(x0, y0, x1 - x0, y1 - y0, fill="tint", stroke="blue")
    cx, cy = ((left, top)[i] + at * scale for i, at in enumerate(on_board(sheet, columns / 2, rows / 2)))
    right, bottom = left + wide * scale, top + high * scale
    picture.line([(left - 8, cy), (right + 8, cy)], "dim", dashed=True)
    picture.line([(cx, top - 8), (cx, bottom + 8)], "dim", dashed=True)
    picture.circle(cx, cy, 4, fill="red")
    _dimension(picture, (left, top - 26), (right, top - 26), f"{wide:g}", "paper")
    _dimension(picture, (left - 30, top), (left - 30, bottom), f"{high:g}", "paper")
    _dimension(picture, (x0, y1 + 24), (x1, y1 + 24), f"{(x1 - x0) / scale:.3f}", "field")
    _dimension(picture, (x0 - 24, y0), (x0 - 24, y1), f"{(y1 - y0) / scale:.3f}", "field")
    x, y = on_board(sheet, columns / 2, rows / 2)
    words = (
        ("optical centre", f"{x:.2f}, {y:.2f} from the corner", "red"),
        ("image", f"{columns} x {rows} pixels of {say['sensor.pixel_width']:g} um", "blue"),
        ("connector", sheet.connectors["board"].part if "board" in sheet.connectors else "", "ink"),
        ("not in the sheet's text", "depth, holes, place of the connector", "dim"),
    )
    at = top + 12
    for title, text, colour in words:
        picture.text(right + 34, at, title, colour, size=13, bold=True)
        picture.text(right + 34, at + 17, text, "ink")
        at += 52
    return picture


def _dimension(
    picture: Canvas, a: tuple[float, float], b: tuple[float, float], text: str, paper: str
) -> None:
    """Draw a dimension line between two points, across or down, with its number on it."""
    (x0, y0), (x1, y1) = a, b
    across = y0 == y1
    picture.line([a, b], "ink")
    for x, y in (a, b):
        picture.line([(x, y - 5), (x, y + 5)] if across else [(x - 5, y), (x + 5, y)], "ink")
    x, y = ((x0 + x1) / 2, y0 - 6) if across else (x0 - 6, (y0 + y1) / 2)
    half = 3.7 * len(text)
    behind = (x - half, y - 11, 2 * half, 14) if across else (x - 11, y - half, 14, 2 * half)
    picture.rect(*behind, fill=paper)  # so that no line crosses the number
    picture.text(x, y, text, anchor="middle", turned=not across)
