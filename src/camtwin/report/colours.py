"""Colours by name for drawings and pages: on white paper, on a dark screen, in print.

A drawing or page names a colour; the writer of a file or page picks one of its three values. `red`, `green`
and `yellow` stand for verdicts and are names that a terminal knows, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Colour(NamedTuple):
    """A colour as hexadecimal RGB. printed: on paper, in a page of either scheme; empty: as `light`."""

    light: str
    dark: str
    printed: str = ""


COLOURS: Final[Mapping[str, Colour]] = {
    # what carries the rest
    "ink": Colour("#1c2127", "#e4e8ec", "#000000"),
    "dim": Colour("#5c6670", "#97a1ab", "#444444"),
    "grey": Colour("#8a949e", "#77828d"),
    "shade": Colour("#c9ced6", "#4a545e"),
    "line": Colour("#d8dde2", "#333b44", "#bbbbbb"),
    "tint": Colour("#eef3f8", "#1b2632"),
    "field": Colour("#f4f6f8", "#1d2329"),
    "paper": Colour("#ffffff", "#14181c"),
    # what it is about; each is legible as text on paper, but amber
    "red": Colour("#c62828", "#ff7b72", "#aa0000"),
    "yellow": Colour("#9a6700", "#e0b050", "#6b4700"),
    "green": Colour("#1a7f4b", "#4cc38a", "#06612f"),
    "blue": Colour("#2f6fbf", "#7fb2f0"),
    "teal": Colour("#00897b", "#4dd0c0"),
    "amber": Colour("#e0a100", "#e0b050"),
}


def css() -> str:
    """Return the colours as variables of a page, `var(--ink)`: by the reader's scheme, and in print."""
    light, dark, printed = (
        "".join(f"--{name}:{values[i] or values[0]};" for name, values in COLOURS.items()) for i in range(3)
    )
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
        f"@media print{{:root{{{printed}}}}}\n"
    )
