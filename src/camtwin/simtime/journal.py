"""The journal: every command from outside, with its virtual time, and what came of it.

A run repeats bit for bit from its start and its commands. A journal is text, a JSON value a line:

    {"camtwin": "...", ...}                     how the twin was made
    ["write", t_ns, address, "hex"]             a host wrote registers
    ["command", t_ns, "pulse", ...]             a wire, an action: from outside, and no register
    ["frame", start_ns, frame_id, "digest"]     a frame was rendered; digest of its bytes
    ["end", t_ns]                               the twin was switched off; without it the run was cut short

Lines stand in the order in which things happened, so a replay does a line's work at its time, never before
the line above it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from camtwin.units import Ns

FORMAT = 1


class JournalBroken(ValueError):
    """A journal that cannot be replayed; one line that names the line and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Write:
    """A host wrote `data` at `address`."""

    t_ns: Ns
    address: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Command:
    """Something came from outside that was no write: its word, and what it takes."""

    t_ns: Ns
    word: str
    args: tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame whose exposure began at t_ns, and the digest of its bytes."""

    t_ns: Ns
    frame_id: int
    digest: str


@dataclass(frozen=True, slots=True)
class End:
    """The twin was switched off."""

    t_ns: Ns


Line: TypeAlias = Write | Command | Frame | End


def digest(payload: bytes | memoryview) -> str:
    """What a frame's bytes are compared by: the first 128 bits of their SHA-256."""
    return hashlib.sha256(payload).hexdigest()[:32]


class Recorder:
    """Writes a journal line by line; `put` takes a line of text with its end."""

    def __init__(self, put: Callable[[str], object], start: dict[str, Any]) -> None:
        self._put = put
        self._line({"camtwin": FORMAT, **start})

    def write(self, t_ns: Ns, address: int, data: bytes) -> None:
        self._line(["write", t_ns, address, data.hex()])

    def command(self, t_ns: Ns, word: str, args: tuple[int | str, ...]) -> None:
        self._line(["command", t_ns, word, *args])

    def frame(self, start_ns: Ns, frame_id: int, payload: bytes | memoryview) -> None:
        self._line(["frame", start_ns, frame_id, digest(payload)])

    def end(self, t_ns: Ns) -> None:
        self._line(["end", t_ns])

    def _line(self, value: Any) -> None:
        self._put(json.dumps(value) + "\n")


def read(lines: Iterable[str]) -> tuple[dict[str, Any], Iterator[Line]]:
    """How the twin was made, and the lines that follow. JournalBroken where a line is none."""
    numbered = enumerate(lines, 1)
    _, first = next(numbered, (1, "null"))
    start = _value(1, first)
    if not isinstance(start, dict) or start.get("camtwin") != FORMAT:
        raise JournalBroken(f"line 1 does not begin a journal of format {FORMAT}")
    return start, (_parse(number, _value(number, text)) for number, text in numbered)


def _value(number: int, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise JournalBroken(f"line {number} is not JSON: {text.strip()[:40]!r}") from None


def _parse(number: int, value: Any) -> Line:
    try:
        match value:
            case ["write", int(t_ns), int(address), str(data)]:
                return Write(t_ns, address, bytes.fromhex(data))
            case ["command", int(t_ns), str(word), *args] if all(isinstance(a, int | str) for a in args):
                return Command(t_ns, word, tuple(args))
            case ["frame", int(t_ns), int(frame_id), str(said)]:
                return Frame(t_ns, frame_id, said)
            case ["end", int(t_ns)]:
                return End(t_ns)
    except ValueError:
        pass
    raise JournalBroken(f"line {number} is no line of a journal: {json.dumps(value)[:60]}")
