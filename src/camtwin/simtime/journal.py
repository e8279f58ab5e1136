"""The journal: every external command with its virtual time, and its results.

A run repeats bit for bit from its start and its commands. A journal is text, a JSON value a line:

    {"camtwin": "...", ...}                     how the twin was made
    ["write", t_ns, address, "hex"]             a host wrote registers
    ["command", t_ns, "pulse", ...]             an external command that is no register: a wire, an action
    ["log", t_ns, "text"]                       a report of the camera: an event, a refused write
    ["frame", start_ns, frame_id, "digest"]     a frame was rendered; digest of its bytes
    ["end", t_ns]                               the twin was switched off; without it the run was cut short

Lines are in the order in which things happened, so a replay carries out a line at its time, never before the
line above it. The last line of a killed run may be incomplete: a line without its end was not written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from camtwin.problem import Problem
from camtwin.units import Ns

FORMAT = 2  # 1 had no log lines


class JournalBroken(Problem, ValueError):
    """A journal that cannot be replayed; one line that names the line and its fault."""


@dataclass(frozen=True, slots=True)
class Write:
    """A host wrote `data` at `address`."""

    t_ns: Ns
    address: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Log:
    """A report of the camera."""

    t_ns: Ns
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """An external command that is not a write: its word and its arguments."""

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


Line: TypeAlias = Write | Command | Log | Frame | End


def digest(payload: bytes | memoryview) -> str:
    """Return the digest of a frame's bytes: the first 128 bits of their SHA-256."""
    return hashlib.sha256(payload).hexdigest()[:32]


def event(name: str, frame_id: int | None) -> str:
    """Format an event of the camera for a log line."""
    return name if frame_id is None else f"{name} of frame {frame_id}"


def refusal(refused: Exception) -> str:
    """Format a refused write for a log line."""
    return f"refused: {refused}"


class Recorder:
    """Writes a journal line by line; `put` takes a line of text with its end."""

    def __init__(self, put: Callable[[str], object], start: dict[str, Any]) -> None:
        self._put = put
        self._line({"camtwin": FORMAT, **start})

    def write(self, t_ns: Ns, address: int, data: bytes) -> None:
        self._line(["write", t_ns, address, data.hex()])

    def log(self, t_ns: Ns, text: str) -> None:
        self._line(["log", t_ns, text])

    def command(self, t_ns: Ns, word: str, args: tuple[int | str, ...]) -> None:
        self._line(["command", t_ns, word, *args])

    def frame(self, start_ns: Ns, frame_id: int, payload: bytes | memoryview) -> None:
        self._line(["frame", start_ns, frame_id, digest(payload)])

    def end(self, t_ns: Ns) -> None:
        self._line(["end", t_ns])

    def _line(self, value: object) -> None:
        self._put(json.dumps(value) + "\n")


def read(lines: Iterable[str]) -> tuple[dict[str, Any], Iterator[Line]]:
    """Return how the twin was made, and the lines that follow. JournalBroken if a line is malformed."""
    numbered = enumerate(lines, 1)
    _, first = next(numbered, (1, "null"))
    start = _value(1, first)
    if not isinstance(start, dict) or not isinstance(version := start.get("camtwin"), int):
        raise JournalBroken(f"line 1 is not the first line of a journal of format {FORMAT}")
    if version != FORMAT:
        raise JournalBroken(
            f"a journal of format {version}, which this version cannot read; it reads format {FORMAT}"
        )
    return start, (_parse(number, _value(number, text)) for number, text in numbered if text.endswith("\n"))


def _value(number: int, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise JournalBroken(f"line {number} is not JSON: {text.strip()[:40]!r}") from None


def _parse(number: int, value: Any) -> Line:
    try:
        match value:
            case ["write", int(t_ns), int(address), str(data)]:
                return Write(t_ns, address, bytes.fromhex(data))
            case ["command", int(t_ns), str(word), *args] if all(isinstance(a, int | str) for a in args):
                return Command(t_ns, word, tuple(args))
            case ["log", int(t_ns), str(text)]:
                return Log(t_ns, text)
            case ["frame", int(t_ns), int(frame_id), str(text)]:
                return Frame(t_ns, frame_id, text)
            case ["end", int(t_ns)]:
                return End(t_ns)
    except ValueError:
        pass
    raise JournalBroken(f"line {number} does not belong in a journal: {json.dumps(value)[:60]}")
