"""The gate for numbers from outside: finite, in range, named with their unit when they are refused.

Data classes of files have the same gate in pydantic, `allow_inf_nan=False`; the command line has it in
`HelpCommand`, for every option.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, isfinite
from operator import index
from typing import SupportsFloat, SupportsIndex, TypeVar

from camtwin.problem import Problem

T = TypeVar("T")


class NumberInvalid(Problem, ValueError):
    """A number that is none, or out of range; names the thing, the value and the limit."""


def number(
    name: str,
    value: SupportsFloat,
    unit: str = "",
    *,
    low: float = -inf,
    high: float = inf,
    above: float = -inf,
) -> float:
    """Return a number from outside as a float.

    Args:
        name: what the number is, as the user calls it.
        value: the number.
        unit: its unit, for the message.
        low: the minimum.
        high: the maximum.
        above: a limit below the number, which is not allowed itself.

    Raises:
        NumberInvalid: it is no number, not finite, or out of range
    """
    try:
        real = float(value)
    except (TypeError, ValueError, OverflowError):
        raise NumberInvalid(f"{name} {value!r:.60} is not a number") from None
    if not isfinite(real):
        raise NumberInvalid(f"{name} {real} is not a finite number")
    text = f"{name} {real:.12g} {unit}".rstrip()
    if real < low:
        raise NumberInvalid(f"{text} is below the minimum {low:.12g} {unit}".rstrip())
    if real > high:
        raise NumberInvalid(f"{text} is above the maximum {high:.12g} {unit}".rstrip())
    if real <= above:
        raise NumberInvalid(f"{text} is not above {above:.12g} {unit}".rstrip())
    return real


def whole(
    name: str, value: SupportsIndex, unit: str = "", *, low: int | None = None, high: int | None = None
) -> int:
    """Return a whole number from outside as an int; the arguments are those of `number`.

    Raises:
        NumberInvalid: it is no whole number, or out of range
    """
    try:
        real = index(value)
    except TypeError:
        raise NumberInvalid(
            f"{name} {value!r:.60} is not a whole number {f'of {unit}' * bool(unit)}".rstrip()
        ) from None
    if low is not None and real < low:
        raise NumberInvalid(
            f"{name} {real} {unit} is below the minimum {low} {unit}".replace("  ", " ").rstrip()
        )
    if high is not None and real > high:
        raise NumberInvalid(
            f"{name} {real} {unit} is above the maximum {high} {unit}".replace("  ", " ").rstrip()
        )
    return real


def finite(data: T, path: str = "") -> T:
    """Return plain data after checking that each number in it is finite; `path` is where it stands.

    Raises:
        NumberInvalid: names the place of the first one that is not
    """
    if isinstance(data, float):
        number(path, data)
    elif isinstance(data, Mapping):
        for key, value in data.items():
            finite(value, f"{path}.{key}" if path else str(key))
    elif isinstance(data, list | tuple):
        for place, value in enumerate(data):
            finite(value, f"{path}.{place}" if path else str(place))
    return data
