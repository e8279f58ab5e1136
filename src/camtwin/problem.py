"""Errors that the user or the computer caused: reported in one line, without a traceback."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import ValidationError


class Problem(Exception):
    """A request that cannot be carried out; one line that names the thing, the value and the limit."""


class Missing(Problem):
    """A compiler, or files, that are not on this computer; one line that says what it needs."""


Why: TypeAlias = Literal["address", "readonly", "unavailable", "locked", "range", "storage"]


class Refused(Problem):
    """An access that a camera refuses, and why; each link has a status code for each reason."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why: Why = why


def nearest(word: str, known: Iterable[str]) -> str:
    """Return "; do you mean ...?" for a word that is almost one of those known, else nothing."""
    close = get_close_matches(word, known, 1)
    return f"; do you mean {close[0]}?" if close else ""


def first_fault(error: ValidationError) -> str:
    """Return the first thing that is wrong with data, as one line: where it stands, its value, the reason.

    Tables and lists are not shown: their place says more than their beginning.
    """
    first = error.errors(include_url=False)[0]
    context = first.get("ctx", {})
    if first["type"] == "union_tag_invalid":
        kind, kinds = context["tag"], context["expected_tags"].replace("'", "")
        where = [*first["loc"], context["discriminator"].strip("'")]
        shown, reason = f" {kind!r:.60}", f"is none of {kinds}{nearest(str(kind), kinds.split(', '))}"
    else:
        where, value = first["loc"], first["input"]
        shown = "" if isinstance(value, (dict, list, tuple)) else f" {value!r:.60}"
        text = first["msg"].removeprefix("Value error, ").replace("Input should", "must")
        reason = REASONS.get(first["type"], text)
    return f"{'.'.join(map(str, where))}{shown}: {reason}".lstrip(": ")


REASONS = {
    "missing": "is missing",
    "extra_forbidden": "is no word of this file",
    "union_tag_not_found": "does not say which kind it is",
}
"""Pydantic's reasons that do not speak of people's files."""
