"""Call again what stock Harvesters and VmbPy called: kinds, sizes and codes are as they were.

tests/golden/record_gentl.py records it.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from golden.record_gentl import SESSIONS, recorded
from unit.links.gentl.calls import ERROR, Library
from unit.links.gentl.serving import Serving
from unit.links.gentl.traces import Player, Row

MODEL = "baumer-vcxg-124m"
INT32 = 5
FUNCTIONS = 48
"""Functions that the programs call in all."""


def played(lib: Library, rows: list[Row]) -> list[str]:
    with Serving(MODEL):
        return Player(lib).play(rows)


def test_the_traces_are_whole() -> None:
    called = {row[1] for name in SESSIONS for row in recorded(name)}
    assert len(called) == FUNCTIONS


@pytest.mark.parametrize("name", SESSIONS)
def test_a_program_calls_again(name: str, lib: Library) -> None:
    assert played(lib, recorded(name)) == []


def test_what_differs_is_found(lib: Library) -> None:
    """Say of answers of every kind that they were others, and have exactly these found."""
    rows = deepcopy(recorded("gentl-vmbpy"))
    said: list[str] = []

    def first(name: str, what: str, like: Callable[[list[Any]], bool] = lambda args: True) -> Row:
        number, row = next(
            (n, row) for n, row in enumerate(rows, 1) if row[1] == name and not row[2] and like(row[3])
        )
        said.append(f"{number} {name}: {what}")
        return row

    first("EventKill", "code 0, was -1001")[2] = ERROR
    first("TLGetNumInterfaces", "count 3, was 2")[3][1] = [2]
    numbers = first("IFGetDeviceInfo", "size 4, was 8", lambda args: args[3] == [INT32])[3]
    said.append(said[-1].replace("size 4, was 8", f"type {INT32}, was {INT32 + 1}"))
    numbers[-1], numbers[3] = [4, 8], [INT32 + 1]
    first("DSGetBufferInfoStacked", "type of 3 8, was 9")[3][2][0][1] = 9
    found = played(lib, rows)
    assert sorted(found) == sorted(said)
