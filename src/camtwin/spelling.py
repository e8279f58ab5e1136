"""Letters that an encoding or a font lacks, spelt in those of ASCII."""

from __future__ import annotations

import unicodedata
from typing import Final

SPELT: Final = {"μ": "u", "–": "-", "—": "-", "−": "-", "×": "x", "≤": "<=", "≥": ">="}
"""Characters as they are typed where there are none but ASCII's."""


def spelt(character: str) -> str:
    """Spell a character: η as eta, ≤ as <=, ä as a, an unknown one as ?."""
    if character in SPELT:
        return SPELT[character]
    name = unicodedata.name(character, "").split()
    if name[:3] == ["GREEK", "SMALL", "LETTER"]:
        return name[3].lower()
    return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode() or "?"


def latin(text: str) -> str:
    """Return a text in letters of Latin-1."""
    return "".join(each if each <= "\xff" else spelt(each) for each in text)
