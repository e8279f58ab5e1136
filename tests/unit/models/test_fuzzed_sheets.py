"""Fuzzed sheets: rows dropped, doubled, moved, with wrong types, units and limits: a twin, or one line."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from camtwin import models
from camtwin.problem import Problem
from camtwin.session.session import Session
from camtwin.twins import build

ROOM = files("camtwin.models")
CAMERAS: Final = {f.name: f.read_text() for f in (ROOM / "cameras").iterdir()}
VALUES: Final = (
    '"x"', "-1", "0", "1", "0.5", "1e300", "true", "[]", "{}", '""', "[1, 2]", "{ a = 1 }", "nan", "-0.0",
    "99999999999999999999", "2_000_000_000", '["Off"]', '"Line99"', "{ value = 1 }", "1979-05-27", "",
)  # fmt: skip
WORDS: Final = (
    "wdith",
    "min",
    "max",
    "inc",
    "default",
    "entries",
    "name",
    "like",
    "without",
    "value",
    "source",
)
VALUE = re.compile(r"""(?<==\s)("[^"]*"|[-\w.]+|\[[^\]]*\])""")
WORD = re.compile(r"\w+(?= = )")
LIKES = st.sampled_from(["a", "b", "c", "./a.toml", "ids-imx412", "", "../a", "\\u0000"])
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(("drop", "double", "value", "word", "character")),
        st.integers(0, 10_000),
        st.integers(0, 100),
        st.sampled_from(VALUES),
        st.sampled_from(WORDS),
        st.sampled_from(('"', "}", "=", "\\", "é", "[", "\0", "\n")),
    ),
    min_size=1,
    max_size=4,
)


def changed(text: str, change: tuple[str, int, int, str, str, str]) -> str:
    what, row, place, value, word, character = change
    lines = text.split("\n")
    row %= len(lines)
    line = lines[row]
    if what == "drop":
        del lines[row]
    elif what == "double":
        lines.insert(place * len(lines) // 101, line)
    elif what == "character":
        at = place * len(line) // 101
        lines[row] = line[:at] + character + line[at:]
    elif spots := [*(VALUE if what == "value" else WORD).finditer(line)]:
        spot = spots[place % len(spots)]
        lines[row] = line[: spot.start()] + (value if what == "value" else word) + line[spot.end() :]
    return "\n".join(lines)


def made(text: str) -> str:
    """Make a twin of a sheet; return what is told of the sheet, "" if it is used."""
    try:
        cam = Session(build(models.parse("fuzzed", text)), render=False)
        cam.advance(1)
        assert cam.xml
    except Problem as problem:
        return str(problem)
    return ""


@pytest.mark.parametrize("name", CAMERAS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=CHANGES)
def test_a_fuzzed_sheet_is_used_or_told_in_one_line(name, changes):
    text = CAMERAS[name]
    for change in changes:
        text = changed(text, change)
    told = made(text)
    assert "\n" not in told
    assert not told or len(told) < 600


@settings(max_examples=60, deadline=None)
@given(likes=st.tuples(LIKES, LIKES, LIKES))
def test_sheets_like_one_another_end(tmp_path_factory, likes):
    folder = tmp_path_factory.mktemp("sheets")
    for name, like in zip("abc", likes, strict=True):
        (folder / f"{name}.toml").write_text(f'like = "{like}"')
    try:
        models.load(str(folder / "a.toml"))
    except models.SheetInvalid as wrong:
        assert "\n" not in str(wrong)
