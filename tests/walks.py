"""Walks through the house: which files of camtwin a call enters, from which room to which.

Calls are seen by `sys.setprofile`, on this thread only. A compiled kernel counts as one with the file that
calls it, and so does the loop that shares rows among threads; what Python itself makes up (a dataclass's
__init__) is no file. The rooms' floors stand in pyproject.toml, in import-linter's contract of layers: that
is the one home of their order.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import camtwin

ROOT = str(Path(camtwin.__file__).parent) + "/"
PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
UNSEEN = ("/kernels.py", "/tiles.py")


@cache
def floors() -> Mapping[str, int]:
    """Floor of each room: 0 at the bottom, rooms that may not import each other on one."""
    contracts = tomllib.loads(PYPROJECT.read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (c["layers"] for c in contracts if c["type"] == "layers" and c["containers"] == ["camtwin"])
    rooms = ([name.strip(" ()") for name in layer.split("|")] for layer in reversed(layers))
    return {room: floor for floor, there in enumerate(rooms) for room in there}


def room(file: str) -> str:
    """Return the room of a file: its folder, or the file itself."""
    return file.split("/")[0].removesuffix(".py")


class Call(NamedTuple):
    """A call of a function in file `callee` by one in `caller`; "" where the walk began."""

    caller: str
    callee: str
    function: str

    @property
    def climbs(self) -> bool:
        """Whether it goes up, from a room into one on a higher floor."""
        return bool(self.caller) and floors()[room(self.callee)] > floors()[room(self.caller)]

    def __str__(self) -> str:
        return f"{self.caller or 'here'} -> {self.callee}: {self.function}"


@dataclass
class Walk:
    """All calls into camtwin's files, in their order."""

    calls: list[Call] = field(default_factory=list)

    @property
    def files(self) -> list[str]:
        """The files entered, in order of first entry."""
        return list(dict.fromkeys(call.callee for call in self.calls))

    @property
    def entries(self) -> list[Call]:
        """The calls that come into a room from another one."""
        return [call for call in self.calls if room(call.caller) != room(call.callee)]

    @property
    def climbs(self) -> list[Call]:
        """Calls up into a higher room."""
        return [call for call in self.calls if call.climbs]

    @property
    def returns(self) -> list[Call]:
        """Entries into a room on a higher floor than one that was entered before: the walk goes up again."""
        lowest, up = len(floors()), []
        for call in self.entries:
            floor = floors()[room(call.callee)]
            if floor > lowest:
                up.append(call)
            lowest = min(lowest, floor)
        return up

    def __str__(self) -> str:
        rooms = " > ".join(dict.fromkeys(room(call.callee) for call in self.entries))
        return "\n".join((f"{len(self.files)} files, {len(self.calls)} calls, {rooms}", *self.files))


def traced(work: Callable[[], object]) -> Walk:
    """Return the walk of a call."""
    walk = Walk()

    def see(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and (callee := _file(frame)):
            caller = next(filter(None, map(_file, _callers(frame))), "")
            walk.calls.append(Call(caller, callee, frame.f_code.co_qualname))

    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(None)
    return walk


def _callers(frame: FrameType) -> Iterator[FrameType]:
    while (above := frame.f_back) is not None:
        yield above
        frame = above


def _file(frame: FrameType) -> str:
    path = frame.f_code.co_filename
    return path.removeprefix(ROOT) if path.startswith(ROOT) and not path.endswith(UNSEEN) else ""
