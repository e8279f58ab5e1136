"""Plots as SVG that stands in a page: axes with round numbers, lines and points, light or dark by its style.

    plot("Responsivity", "photons", "DN", [Curve(x, y, points=True), Curve(x, line, "fit", dashed=True)])

The same data give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite, log10
from typing import Any

import numpy as np

WIDTH, HEIGHT = 560, 330
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 34, 44
TICKS = 6
DECADES = 8
"""Of a logarithmic axis, at most: what is far below is cut; and one at least."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One curve. x, y: numbers. label: in the legend, if any. colour: which of the page's, 0 to 4, or 5 for
    what stands behind. points: dots instead of a line."""

    x: Any
    y: Any
    label: str = ""
    colour: int = 0
    points: bool = False
    dashed: bool = False


@dataclass(frozen=True)
class Axis:
    """From numbers to places: `low` to `high` on `begin` to `end` pixels."""

    low: float
    high: float
    begin: float
    end: float
    log: bool = False

    def at(self, values: Any) -> Any:
        v = np.asarray(values, float)
        low, high = self.low, self.high
        if self.log:
            low, high = log10(low), log10(high)
            with np.errstate(divide="ignore", invalid="ignore"):
                v = np.log10(v)
        return self.begin + (v - low) / (high - low) * (self.end - self.begin)

    def ticks(self) -> list[float]:
        """Round numbers on it."""
        if self.log:
            first, last = floor(log10(self.low)), ceil(log10(self.high))
            every = max(1, ceil((last - first) / TICKS))
            parts = (1, 2, 5) if last - first <= 2 else (1,)
            found = [m * 10.0**e for e in range(first, last + 1, every) for m in parts]
            return [v for v in found if self.low * (1 - 1e-9) <= v <= self.high * (1 + 1e-9)]
        step = _round_step((self.high - self.low) / TICKS)
        return [i * step for i in range(ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9) + 1)]


def plot(
    title: str, x_name: str, y_name: str, curves: Sequence[Curve], *, x_log: bool = False, y_log: bool = False
) -> str:
    """One plot; curves in the order in which they are drawn."""
    x = _axis([c.x for c in curves], LEFT, WIDTH - RIGHT, x_log, zero=False)
    y = _axis([c.y for c in curves], HEIGHT - BOTTOM, TOP, y_log, zero=True)
    inside = f'x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}"'
    clip = f"c{abs(hash_of(title)) % 10**8}"
    parts = [
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        f'<clipPath id="{clip}"><rect {inside}/></clipPath>',
        f'<text class="title" x="{LEFT}" y="16">{escape(title)}</text>',
        *_grid(x, y),
        f'<g clip-path="url(#{clip})">',
        *(_drawn(c, x, y) for c in curves),
        "</g>",
        f'<text class="name" x="{(LEFT + WIDTH - RIGHT) / 2:g}" y="{HEIGHT - 8}" text-anchor="middle">'
        f"{_marked(x_name)}</text>",
        f'<text class="name" transform="translate(14 {(TOP + HEIGHT - BOTTOM) / 2:g}) rotate(-90)" '
        f'text-anchor="middle">{_marked(y_name)}</text>',
        *_legend([c for c in curves if c.label]),
        "</svg>",
    ]
    return "".join(parts)


def _marked(text: str) -> str:
    """What follows an underscore stands below."""
    low = r'<tspan dy="3" font-size="8">\1</tspan><tspan dy="-3">&#8203;</tspan>'
    return re.sub(r"_([\w.]+)", low, escape(text))


def hash_of(text: str) -> int:
    """A number that is the same in every run."""
    from zlib import crc32

    return crc32(text.encode())


def _axis(data: Sequence[Any], begin: float, end: float, log: bool, *, zero: bool) -> Axis:
    values = np.concatenate([np.asarray(d, float).ravel() for d in data] or [np.array([0.0, 1.0])])
    values = values[np.isfinite(values) & ((values > 0) | (not log))]
    if not values.size:
        values = np.array([1.0, 10.0])
    low, high = float(values.min()), float(values.max())
    if log:
        low = max(min(low, high / 10), high / 10**DECADES)
        room = (high / low) ** 0.04
        return Axis(low / room, high * room, begin, end, True)
    if zero:
        room = 0.05 * ((high - low) or abs(high) or 1.0)
        low, high = (low if low < 0 else max(0.0, low - room)), high + room
        low = 0.0 if 0 < low < 0.3 * high else low - room * (low < 0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    return Axis(low, high, begin, end)


def _round_step(step: float) -> float:
    """1, 2 or 5 times a power of ten."""
    power = 10.0 ** floor(log10(step))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= step * (1 - 1e-9))


def _grid(x: Axis, y: Axis) -> list[str]:
    parts = []
    for value in x.ticks():
        at = float(x.at(value))
        parts.append(f'<path class="grid" d="M{at:.1f} {y.end:g}V{y.begin:g}"/>')
        parts.append(f'<text x="{at:.1f}" y="{y.begin + 15:g}" text-anchor="middle">{_number(value)}</text>')
    for value in y.ticks():
        at = float(y.at(value))
        parts.append(f'<path class="grid" d="M{x.begin:g} {at:.1f}H{x.end:g}"/>')
        parts.append(f'<text x="{x.begin - 6:g}" y="{at + 4:.1f}" text-anchor="end">{_number(value)}</text>')
    return parts


def _number(value: float) -> str:
    text = f"{value:.6g}"
    if "e" not in text:
        return "0" if text == "-0" else text
    mantissa, _, exponent = text.partition("e")
    lifted = f'<tspan dy="-4" font-size="8">{int(exponent)}</tspan>'
    return f"10{lifted}" if mantissa == "1" else f"{mantissa}·10{lifted}"


def _drawn(curve: Curve, x: Axis, y: Axis) -> str:
    places = [
        (a, b) for a, b in zip(x.at(curve.x).tolist(), y.at(curve.y).tolist(), strict=True) if isfinite(a + b)
    ]
    places = [(min(max(a, -1e4), 1e4), min(max(b, -1e4), 1e4)) for a, b in places]
    kind = f"k{curve.colour}"
    if curve.points:
        dots = "".join(f"M{a:.1f} {b:.1f}h0" for a, b in places)
        return f'<path class="dots {kind}" d="{dots}"/>'
    line = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in places) if places else ""
    return f'<path class="line {kind}{" dashed" if curve.dashed else ""}" d="{line}"/>'


def _legend(curves: Sequence[Curve]) -> list[str]:
    parts, at = [], WIDTH - RIGHT
    for curve in reversed(curves):
        at -= 7 * len(curve.label) + 4
        parts.append(f'<text x="{at}" y="{TOP - 7}">{escape(curve.label)}</text>')
        kind = f"{'dots' if curve.points else 'line'} k{curve.colour}{' dashed' if curve.dashed else ''}"
        d = f"M{at - 12} {TOP - 11}h0" if curve.points else f"M{at - 22} {TOP - 11}h18"
        parts.append(f'<path class="{kind}" d="{d}"/>')
        at -= 30
    return parts
