"""A timing diagram of what was played: for each camera its input, what it does, and its outputs.

Line0 in   level at the pin of the line that triggers; a missed trigger is a red arrow
delay      from the trigger to the exposure
exposure, readout, transfer
Line3 out  level at the pin of each output that moved

Red dashes are what began to be wrong, numbered, with their words below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import floor, log10
from typing import Final

from camtwin.report.canvas import Canvas, Point
from camtwin.rig.scenario.account import Account
from camtwin.rig.scenario.play import Played
from camtwin.units import Ns

LEFT, WIDTH, ROW, BAR, TOP = 150, 1000, 30, 18, 62
COLORS: Final = {
    "delay": "#c9ced6",
    "exposure": "#e0a100",
    "readout": "#3b7dd8",
    "transfer": "#1d7a46",
    "line": "#1b2430",
    "missed": "#c8102e",
}
QUIET, GRID, BAND = "#5a6675", "#e3e6ea", "#8d96a3"
MOST_BARS: Final = 4000
MOST_NOTES: Final = 16
DENSE_PX: Final = 0.5
"""Edges closer than this are drawn as a band."""
LABELLED_PX: Final = 80
Span = tuple[Ns, Ns]
Draw = Callable[[float], None]
"""Draws a row whose upper edge is at this y."""


def diagram(played: Played) -> Canvas:
    """The picture of a scenario, of the time that it says to show."""
    end_ms = played.ms(played.end_ns)
    low, high = played.scenario.show_ms or (0.0, end_ms)
    low = min(max(low, 0.0), end_ms)
    high = min(max(high, low + 1e-3), max(end_ms, low + 1e-3))
    zero = played.begun_ns or 0
    span = (zero + round(low * 1e6), zero + round(high * 1e6))
    picture = Canvas(LEFT + WIDTH + 30, 0, played.scenario.title or "Timing")
    y, rows = TOP + 18.0, list[tuple[float, Draw]]()
    for name, account in played.accounts.items():
        picture.text(20, y, name, size=14, bold=True)
        if not account.cam.twin.camera.powered:
            picture.text(LEFT, y, "without power", COLORS["missed"], size=11)
        y += 12
        for label, draw in _rows(picture, account, span):
            picture.text(LEFT - 12, y + BAR - 4, label, anchor="end")
            rows.append((y, draw))
            y += ROW
        y += 26
    bottom = y - 18
    for t in _ticks(low, high):
        x = LEFT + (t - low) / (high - low) * WIDTH
        picture.line([(x, TOP - 6), (x, bottom)], GRID)
        picture.text(x, bottom + 18, f"{t:g}", QUIET, size=11, anchor="middle")
    picture.text(LEFT + WIDTH, bottom + 36, "ms", QUIET, size=11, anchor="end")
    for at, draw in rows:
        draw(at)
    picture.text(20, 34, picture.title, size=15, bold=True)
    if any(name == "TriggerSkipped" for a in played.accounts.values() for _, name, _ in a.moments):
        _arrow(picture, LEFT + WIDTH - 82, 34, "missed")
        picture.text(LEFT + WIDTH, 34, "missed trigger", COLORS["missed"], size=11, anchor="end")
    picture.height = _notes(picture, played, span, bottom) + 24
    return picture


def _notes(picture: Canvas, played: Played, span: Span, bottom: float) -> float:
    """What began to be wrong, at its time and in its words; returns where that ends."""
    red, y = COLORS["missed"], bottom + 36
    before = played.begun_ns or 0  # what is wrong from the start is at the left edge
    shown = [n for n in played.notes if span[0] <= n.t_ns <= span[1] or n.t_ns < before]
    for number, note in enumerate(shown[:MOST_NOTES], 1):
        x = _x(note.t_ns, span)
        picture.line([(x, TOP - 6), (x, bottom)], red, dashed=True)
        close = sum(abs(_x(n.t_ns, span) - x) < 12 for n in shown[: number - 1])
        picture.text(x + 2 + 12 * close, TOP - 8, str(number), red, size=10)
        y += 18
        picture.text(20, y, f"{number}", red, size=11, bold=True)
        said = f"{played.ms(note.t_ns):.3f} ms   {note.word}   {note.where}: {note.reason}"
        picture.text(40, y, said, size=11)
    if (more := len(shown) - MOST_NOTES) > 0:
        y += 18
        picture.text(40, y, f"and {more} more", QUIET, size=11)
    return y


def _rows(picture: Canvas, account: Account, span: Span) -> Iterator[tuple[str, Draw]]:
    camera, moments = account.cam.twin.camera, account.moments
    source = camera.settings.TriggerSource["FrameStart"]
    triggers = [t for t, name, _ in moments if name == "FrameTrigger"]
    missed = [t for t, name, _ in moments if name == "TriggerSkipped"]
    bars, arrows = partial(_bars, picture, span), partial(_arrows, picture, span)
    for name, line in camera.lines.items():
        if not line.is_output and (name == source or line.edges):
            level = partial(_level, picture, span, line.edges)
            marks = partial(arrows, missed if name == source else [], "missed")
            yield f"{name} in", partial(_both, level, marks)
    if triggers and source not in camera.lines:
        yield source, partial(_both, partial(arrows, triggers, "line"), partial(arrows, missed, "missed"))
    skipped = set(missed)
    starts = [t for t, name, _ in moments if name == "ExposureStart"]
    if triggers:
        taken = [t for t in triggers if t not in skipped]
        wait = camera.settings.TriggerDelay_ns["FrameStart"]  # the trigger arrives when it has passed,
        wait += camera.line_timing.filter_ns if source in camera.lines else 0  # behind the input's filter
        yield "delay", partial(bars, "delay", list(zip([t - wait for t in taken], starts, strict=False)))
    yield "exposure", partial(bars, "exposure", _pairs(moments, "Exposure"))
    yield "readout", partial(bars, "readout", _pairs(moments, "Readout"))
    yield "transfer", partial(bars, "transfer", account.transfers)
    for name, line in camera.lines.items():
        if line.is_output and line.edges:
            yield f"{name} out", partial(_level, picture, span, line.edges)


def _both(one: Draw, other: Draw, y: float) -> None:
    one(y)
    other(y)


def _pairs(moments: Iterable[tuple[Ns, str, int | None]], what: str) -> list[tuple[Ns, Ns]]:
    made: list[tuple[Ns, Ns]] = []
    begun: dict[int | None, Ns] = {}
    for t, name, frame in moments:
        if name == f"{what}Start":
            begun[frame] = t
        elif name == f"{what}End" and frame in begun:
            made.append((begun.pop(frame), t))
    return made


def _x(t: Ns, span: Span) -> float:
    return LEFT + (min(max(t, span[0]), span[1]) - span[0]) / (span[1] - span[0]) * WIDTH


def _bars(picture: Canvas, span: Span, kind: str, bars: Iterable[tuple[Ns, Ns]], y: float) -> None:
    shown = [(start, end) for start, end in bars if end >= span[0] and start <= span[1]]
    for start, end in shown[:MOST_BARS]:
        x = _x(start, span)
        picture.rect(x, y + 2, max(_x(end, span) - x, 1.0), BAR - 4, fill=COLORS[kind])


def _level(picture: Canvas, span: Span, edges: Iterable[tuple[Ns, bool]], y: float) -> None:
    """A level as a line; where edges are closer than pixels, a filled band."""
    edges = list(edges)
    before = [level for t, level in edges if t < span[0]]
    shown = [(_x(t, span), then) for t, then in edges if span[0] <= t <= span[1]]
    level, high, low = (before[-1] if before else False), y + 2, y + BAR - 2
    points: list[Point] = [(LEFT, high if level else low)]
    bands = list[list[float]]()
    nexts = [x for x, _ in shown[1:]] + [LEFT + WIDTH] * bool(shown)
    for (x, then), after in zip(shown, nexts, strict=True):
        if after - x < DENSE_PX:
            if bands and x - bands[-1][1] < DENSE_PX:
                bands[-1][1] = after
            else:
                points.append((x, points[-1][1]))
                bands.append([x, after])
        else:
            points += [(x, points[-1][1]), (x, high if then else low)]
    picture.line([*points, (LEFT + WIDTH, points[-1][1])], COLORS["line"], 1.3)
    for x, end in bands:
        picture.rect(x, high, end - x, low - high, fill=BAND)
        if end - x > LABELLED_PX:
            rising = sum(then for at, then in shown if x <= at <= end)
            said = f"{rising} pulses"
            picture.text((x + end) / 2, low - 3, said, "#fff", size=11, anchor="middle")


def _arrows(picture: Canvas, span: Span, moments: Iterable[Ns], kind: str, y: float) -> None:
    shown = [t for t in moments if span[0] <= t <= span[1]]
    for t in shown[:MOST_BARS]:
        _arrow(picture, _x(t, span), y - 5, kind)
        picture.line([(_x(t, span), y - 6), (_x(t, span), y + BAR)], COLORS[kind], 1.5)


def _arrow(picture: Canvas, x: float, y: float, kind: str) -> None:
    picture.polygon([(x, y), (x - 4, y - 7), (x + 4, y - 7)], COLORS[kind])


def _ticks(low: float, high: float) -> list[float]:
    rough = (high - low) / 12
    power = 10.0 ** floor(log10(rough))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= rough)
    first = -(-low // step) * step
    return [round(first + i * step, 6) for i in range(int((high - first) / step) + 1)]
