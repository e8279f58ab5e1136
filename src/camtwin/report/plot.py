"""Plots: axes with round numbers, lines and points, on a canvas.

    plot("Responsivity", "photons", "DN", [Curve(x, y, points=True), Curve(x, line, "fit", dashed=True)])

The same data give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike

from camtwin.report.axis import Axis
from camtwin.report.canvas import Canvas, Point

WIDTH, HEIGHT = 560, 330
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 34, 44
SIZE = 11


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve. x, y: numbers. label: in the legend, if any. colour: by its name. points: dots, no line."""

    x: ArrayLike
    y: ArrayLike
    label: str = ""
    colour: str = "blue"
    points: bool = False
    dashed: bool = False


def plot(
    title: str, x_name: str, y_name: str, curves: Sequence[Curve], *, x_log: bool = False, y_log: bool = False
) -> Canvas:
    """Return a plot; curves are drawn in their order, cut off at the axes' ends."""
    drawing = Canvas(WIDTH, HEIGHT, title)
    x = Axis.over(_numbers(c.x for c in curves), LEFT, WIDTH - RIGHT, log=x_log)
    y = Axis.over(_numbers(c.y for c in curves), HEIGHT - BOTTOM, TOP, log=y_log, room=True)
    _grid(drawing, x, y)
    for curve in curves:
        _curve(drawing, curve, x, y)
    drawing.text(LEFT, 16, title, size=13, bold=True)
    middle = (x.begin + x.end) / 2, (y.begin + y.end) / 2
    drawing.text(middle[0], HEIGHT - 8, x_name, size=SIZE, anchor="middle", marked=True)
    drawing.text(14, middle[1], y_name, size=SIZE, anchor="middle", marked=True, turned=True)
    _legend(drawing, [c for c in curves if c.label])
    return drawing


def _numbers(data: Iterable[ArrayLike]) -> Iterator[float]:
    for values in data:
        yield from np.asarray(values, float).ravel().tolist()


def _grid(drawing: Canvas, x: Axis, y: Axis) -> None:
    for value in x.ticks():
        at = x.at(value)
        drawing.line([(at, y.end), (at, y.begin)], "line")
        drawing.text(at, y.begin + 15, x.label(value), "dim", size=SIZE, anchor="middle", marked=True)
    for value in y.ticks():
        at = y.at(value)
        drawing.line([(x.begin, at), (x.end, at)], "line")
        drawing.text(x.begin - 6, at + 4, y.label(value), "dim", size=SIZE, anchor="end", marked=True)


def _curve(drawing: Canvas, curve: Curve, x: Axis, y: Axis) -> None:
    both = zip(_numbers([curve.x]), _numbers([curve.y]), strict=True)
    places = [(a, b) for a, b in ((x.at(p), y.at(q)) for p, q in both) if isfinite(a + b)]
    if curve.points:
        inside = [p for p in places if x.begin <= p[0] <= x.end and y.end <= p[1] <= y.begin]
        if inside:
            drawing.dots(inside, curve.colour)
        return
    for part in _cut(places, (x.begin, x.end), (y.end, y.begin)):
        drawing.line(part, curve.colour, 1.5, dashed=curve.dashed)


def _cut(points: Sequence[Point], *limits: tuple[float, float]) -> list[list[Point]]:
    """Return the parts of a path within limits of x and y (Liang and Barsky, 1984)."""
    parts: list[list[Point]] = []
    for a, b in pairwise(points):
        begin, end = 0.0, 1.0
        for axis, (low, high) in enumerate(limits):
            way = b[axis] - a[axis]
            if not way:
                end = end if low <= a[axis] <= high else -1.0
                continue
            first, last = sorted(((low - a[axis]) / way, (high - a[axis]) / way))
            begin, end = max(begin, first), min(end, last)
        if begin > end:
            continue
        here, there = (
            s if t == whole else (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]))
            for t, whole, s in ((begin, 0.0, a), (end, 1.0, b))
        )
        if parts and parts[-1][-1] == here:
            parts[-1].append(there)
        else:
            parts.append([here, there])
    return parts


def _legend(drawing: Canvas, curves: Sequence[Curve]) -> None:
    at = WIDTH - RIGHT
    for curve in reversed(curves):
        at -= 7 * len(curve.label) + 4
        drawing.text(at, TOP - 7, curve.label, "dim", size=SIZE)
        if curve.points:
            drawing.dots([(at - 12, TOP - 11)], curve.colour)
        else:
            drawing.line([(at - 22, TOP - 11), (at - 4, TOP - 11)], curve.colour, 1.5, dashed=curve.dashed)
        at -= 30
