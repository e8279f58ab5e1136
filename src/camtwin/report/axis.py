"""An axis: from numbers to places on a drawing, with round numbers to mark.

axis = Axis(0.0, 500.0, 150, 1150)      # 0 to 500 ms on 1000 pixels
axis.at(20.0), axis.ticks(12), axis.label(50.0)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, inf, isfinite, log10, nan
from typing import Final

MAX_DECADES: Final = 8
"""Limits of decades of a logarithmic axis made for data, which cuts off values far below."""
ROOM: Final = 0.05
"""Margin beside the data, relative to their range."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from `low` to `high` on the pixels `begin` to `end`."""

    low: float
    high: float
    begin: float
    end: float
    log: bool = False

    @classmethod
    def over(
        cls, values: Iterable[float], begin: float, end: float, *, log: bool = False, room: bool = False
    ) -> Axis:
        """Return an axis that holds the finite ones of these values.

        room: leave some beside them, and begin at 0 where that is near.
        """
        finite = [v for v in values if isfinite(v) and (v > 0 or not log)] or [1.0, 10.0]
        low, high = min(finite), max(finite)
        if log:
            low = max(min(low, high / 10), high / 10**MAX_DECADES)
            beside = (high / low) ** 0.04
            return cls(low / beside, high * beside, begin, end, True)
        if room:
            beside = ROOM * ((high - low) or abs(high) or 1.0)
            low, high = (low if low < 0 else max(0.0, low - beside)), high + beside
            low = 0.0 if 0 < low < 0.3 * high else low - beside * (low < 0)
        if low == high:
            low, high = low - 0.5, high + 0.5
        return cls(low, high, begin, end)

    def at(self, value: float) -> float:
        """Return the place of a number; nan or infinite where it has none."""
        low, high = self.low, self.high
        if self.log:
            low, high = log10(low), log10(high)
            value = log10(value) if value > 0 else -inf if value == 0 else nan
        return self.begin + (value - low) / (high - low) * (self.end - self.begin)

    def clamped(self, value: float) -> float:
        """Return the place of a number, or the end of the axis that it lies beyond."""
        return self.at(min(max(value, self.low), self.high))

    def ticks(self, about: int = 6) -> list[float]:
        """Return round numbers on it, 1, 2 or 5 times a power of ten apart, at most `about` steps of them."""
        if self.log:
            first, last = floor(log10(self.low)), ceil(log10(self.high))
            every = max(1, ceil((last - first) / about))
            parts = (1, 2, 5) if last - first <= 2 else (1,)
            ticks = [m * 10.0**e for e in range(first, last + 1, every) for m in parts]
            return [v for v in ticks if self.low * (1 - 1e-9) <= v <= self.high * (1 + 1e-9)]
        step = _step((self.high - self.low) / about)
        return [i * step for i in range(ceil(self.low / step - 1e-6), floor(self.high / step + 1e-6) + 1)]

    def label(self, value: float) -> str:
        """Return a tick's number with the digits that tell it from the next; a power of ten as `10^4`."""
        digits = 6
        if not self.log and (largest := max(abs(self.low), abs(self.high))):
            digits = max(digits, ceil(log10(largest / (self.high - self.low))) + 3)
        text = f"{value:.{digits}g}"
        if "e" not in text:
            return "0" if text == "-0" else text
        mantissa, _, exponent = text.partition("e")
        return ("" if mantissa == "1" else f"{mantissa}·") + f"10^{int(exponent)}"


def _step(least: float) -> float:
    """Return 1, 2 or 5 times a power of ten, `least` or the next above it."""
    power = 10.0 ** floor(log10(least))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= least * (1 - 1e-9))
