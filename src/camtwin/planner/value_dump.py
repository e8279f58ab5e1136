"""Values of a camera's features, from `arv-tool values` or a .pfs of pylon."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from camtwin.genicam.foreign import real
from camtwin.genicam.formula import Value
from camtwin.problem import Problem

ARV: Final = re.compile(r"\s*(\w+)\s*:\s*(?:\[[RWO -]{2}\])?\s*'([A-Za-z_]\w*)' = (.*)")
PFS: Final = re.compile(r"([A-Za-z_]\w*)(?:\{[^}]*\})?\t(.*)")
MAX_LINES: Final = 100_000


class ValuesInvalid(Problem):
    """A file that is no dump of values; one line that says why."""


def parse(text: str) -> Mapping[str, Value | str]:
    """Return values by the names of features: numbers where they are, else words.

    Raises:
        ValuesInvalid: no line of it has the form of arv-tool or of pylon
    """
    found: dict[str, Value | str] = {}
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise ValuesInvalid(f"has {len(lines)} lines: at most {MAX_LINES}")
    for line in lines:
        if arv := ARV.fullmatch(line[:1000].rstrip()):
            found[arv[2]] = _arv(arv[1], arv[3])
        elif not line.startswith("#") and (pfs := PFS.fullmatch(line[:1000].rstrip())):
            found[pfs[1]] = read(pfs[2])
    if not found:
        raise ValuesInvalid("has no values: write it with `arv-tool-0.8 values`, or save a .pfs in pylon")
    return found


def read(text: str) -> Value | str:
    """Return a number if the text is one, else the text."""
    number = real(text)
    return text if number is None else number


def _arv(kind: str, text: str) -> Value | str:
    if text[:1] == "'":
        return text[1:].rpartition("'")[0]
    if kind == "Boolean":
        return int(text.strip() == "true")
    return read(text.split(" ")[0])
