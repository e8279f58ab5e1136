"""Timing diagram of a scenario: for each camera its input, its activity, and its outputs.

Line0 in   level at the pin of the line that triggers; a missed trigger is a red arrow
delay      from the trigger to the exposure
exposure, readout, transfer
Line3 out  level at the pin of each output that moved

Numbered red dashes mark the beginnings of problems, which are listed below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from camtwin.report.axis import Axis
from camtwin.report.canvas import Canvas, Point
from camtwin.rig.bench.notes import Note
from camtwin.rig.scenario.account import Account
from camtwin.units import Ns

LEFT, WIDTH, ROW, BAR, TOP = 150, 1000, 30, 18, 62
COLOURS: Final[Mapping[str, str]] = {
    "delay": "shade",
    "exposure": "amber",
    "readout": "blue",
    "transfer": "green",
    "level": "ink",
    "trigger": "ink",
    "missed": "red",
}
MAX_BARS: Final = 4000
MAX_NOTES: Final = 16
DENSE_PX: Final = 0.5
"""Edges closer than this are drawn as a band."""
LABELLED_PX: Final = 80
Draw = Callable[[float], None]
"""Draws a row whose upper edge is at this y."""


class Run(Protocol):
    """A run as it is drawn; ScenarioRun is one."""

    @property
    def title(self) -> str: ...
    @property
    def show_ms(self) -> tuple[float, float] | None:
        """The time to show; None: all of it."""
        ...

    @property
    def begun_ns(self) -> Ns | None: ...
    @property
    def end_ns(self) -> Ns: ...
    @property
    def accounts(self) -> Mapping[str, Account]: ...
    @property
    def notes(self) -> Sequence[Note]: ...
    def ms(self, t_ns: Ns) -> float: ...


def diagram(played: Run) -> Canvas:
    """Draw a run, over the time that it says to show."""
    end_ms = played.ms(played.end_ns)
    low, high = played.show_ms or (0.0, end_ms)
    low = min(max(low, 0.0), end_ms)
    high = min(max(high, low + 1e-3), max(end_ms, low + 1e-3))
    zero = played.begun_ns or 0
    x = Axis(zero + round(low * 1e6), zero + round(high * 1e6), LEFT, LEFT + WIDTH)
    ms = Axis(low, high, x.begin, x.end)
    picture = Canvas(LEFT + WIDTH + 30, 0, played.title or "Timing")
    y, rows = TOP + 18.0, list[tuple[float, Draw]]()
    for name, account in played.accounts.items():
        picture.text(20, y, name, size=14, bold=True)
        if not account.cam.twin.camera.powered:
            picture.text(LEFT, y, "without power", COLOURS["missed"], size=11)
        y += 12
        for label, draw in _rows(picture, account, x):
            picture.text(LEFT - 12, y + BAR - 4, label, anchor="end")
            rows.append((y, draw))
            y += ROW
        y += 26
    bottom = y - 18
    for t in ms.ticks(12):
        at = ms.at(t)
        picture.line([(at, TOP - 6), (at, bottom)], "line")
        picture.text(at, bottom + 18, ms.label(t), "dim", size=11, anchor="middle")
    picture.text(LEFT + WIDTH, bottom + 36, "ms", "dim", size=11, anchor="end")
    for at, draw in rows:
        draw(at)
    picture.text(20, 34, picture.title, size=15, bold=True)
    if any(name == "TriggerSkipped" for a in played.accounts.values() for _, name, _ in a.moments):
        _arrow(picture, LEFT + WIDTH - 82, 34, "missed")
        picture.text(LEFT + WIDTH, 34, "missed trigger", COLOURS["missed"], size=11, anchor="end")
    picture.height = _notes(picture, played, x, bottom) + 24
    return picture


def _notes(picture: Canvas, played: Run, x: Axis, bottom: float) -> float:
    """Draw the beginnings of problems and list them; return where the list ends."""
    red, y = COLOURS["missed"], bottom + 36
    before = played.begun_ns or 0  # initial problems are at the left edge
    shown = [n for n in played.notes if x.low <= n.t_ns <= x.high or n.t_ns < before]
    for number, note in enumerate(shown[:MAX_NOTES], 1):
        at = x.clamped(note.t_ns)
        picture.line([(at, TOP - 6), (at, bottom)], red, dashed=True)
        close = sum(abs(x.clamped(n.t_ns) - at) < 12 for n in shown[: number - 1])
        picture.text(at + 2 + 12 * close, TOP - 8, str(number), red, size=10)
        y += 18
        picture.text(20, y, f"{number}", red, size=11, bold=True)
        text = f"{played.ms(note.t_ns):.3f} ms   {note.word}   {note.where}: {note.reason}"
        picture.text(40, y, text, size=11)
    if (more := len(shown) - MAX_NOTES) > 0:
        y += 18
        picture.text(40, y, f"and {more} more", "dim", size=11)
    return y


def _rows(picture: Canvas, account: Account, x: Axis) -> Iterator[tuple[str, Draw]]:
    camera, moments = account.cam.twin.camera, account.moments
    source = camera.settings.TriggerSource["FrameStart"]
    triggers = [t for t, name, _ in moments if name == "FrameTrigger"]
    missed = [t for t, name, _ in moments if name == "TriggerSkipped"]
    bars, arrows = partial(_bars, picture, x), partial(_arrows, picture, x)
    for name, line in camera.lines.items():
        if not line.is_output and (name == source or line.edges):
            level = partial(_level, picture, x, line.edges)
            marks = partial(arrows, missed if name == source else [], "missed")
            yield f"{name} in", partial(_both, level, marks)
    if triggers and source not in camera.lines:
        yield source, partial(_both, partial(arrows, triggers, "trigger"), partial(arrows, missed, "missed"))
    if triggers:
        yield "delay", partial(bars, "delay", account.delays)
    yield "exposure", partial(bars, "exposure", _pairs(moments, "Exposure"))
    yield "readout", partial(bars, "readout", _pairs(moments, "Readout"))
    yield "transfer", partial(bars, "transfer", account.transfers)
    for name, line in camera.lines.items():
        if line.is_output and line.edges:
            yield f"{name} out", partial(_level, picture, x, line.edges)


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


def _bars(picture: Canvas, x: Axis, kind: str, bars: Iterable[tuple[Ns, Ns]], y: float) -> None:
    shown = [(start, end) for start, end in bars if end >= x.low and start <= x.high]
    for start, end in shown[:MAX_BARS]:
        at = x.clamped(start)
        picture.rect(at, y + 2, max(x.clamped(end) - at, 1.0), BAR - 4, fill=COLOURS[kind])


def _level(picture: Canvas, x: Axis, edges: Iterable[tuple[Ns, bool]], y: float) -> None:
    """Draw a level as a line; edges closer than pixels become a filled band."""
    edges = list(edges)
    before = [level for t, level in edges if t < x.low]
    shown = [(x.at(t), then) for t, then in edges if x.low <= t <= x.high]
    level, high, low = (before[-1] if before else False), y + 2, y + BAR - 2
    points: list[Point] = [(x.begin, high if level else low)]
    bands = list[list[float]]()
    nexts = [at for at, _ in shown[1:]] + [x.end] * bool(shown)
    for (at, then), after in zip(shown, nexts, strict=True):
        if after - at < DENSE_PX:
            if bands and at - bands[-1][1] < DENSE_PX:
                bands[-1][1] = after
            else:
                points.append((at, points[-1][1]))
                bands.append([at, after])
        else:
            points += [(at, points[-1][1]), (at, high if then else low)]
    picture.line([*points, (x.end, points[-1][1])], COLOURS["level"], 1.3)
    for begin, end in bands:
        picture.rect(begin, high, end - begin, low - high, fill="grey")
        if end - begin > LABELLED_PX:
            rising = sum(then for at, then in shown if begin <= at <= end)
            text = f"{rising} pulses"
            picture.text((begin + end) / 2, low - 3, text, "paper", size=11, anchor="middle")


def _arrows(picture: Canvas, x: Axis, moments: Iterable[Ns], kind: str, y: float) -> None:
    shown = [t for t in moments if x.low <= t <= x.high]
    for t in shown[:MAX_BARS]:
        at = x.at(t)
        _arrow(picture, at, y - 5, kind)
        picture.line([(at, y - 6), (at, y + BAR)], COLOURS[kind], 1.5)


def _arrow(picture: Canvas, x: float, y: float, kind: str) -> None:
    picture.polygon([(x, y), (x - 4, y - 7), (x + 4, y - 7)], COLOURS[kind])
