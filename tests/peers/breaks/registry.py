"""Where breaks are kept, and how they are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

BREAKS: dict[str, Callable[[], None]] = {}


def breaks(function: Callable[[], None]) -> Callable[[], None]:
    BREAKS[function.__name__.replace("_", "-")] = function
    return function


def replaced(package: Any, module: Any, name: str, wrapper: Callable[[Any], Any]) -> None:
    """Wrap module.name, and the same in the package that hands it on."""
    original = getattr(module, name)
    for place in (package, module):
        setattr(place, name, wrapper(original))


def edited(text: str, old: str, new: str) -> str:
    """The text with every `old` replaced; a break that finds nothing to break is an error of its own."""
    if old not in text:
        raise LookupError(f"nothing to sabotage: no {old!r}")
    return text.replace(old, new)
