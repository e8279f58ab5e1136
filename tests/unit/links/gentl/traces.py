"""Calls of GenTL programs as traces that can be kept, and done again.

A row is [thread, function, code, [argument ...]]. Handles are h1, h2, ... in the order in which they came.
Left out are waits that ended without an event, and bytes other than those that are written. Words stand for
what may change without a program's notice:

    asked   the size that the same question gave before
    file    the size of a module's description
    text    the size of a text
"""

from __future__ import annotations

import ctypes as c
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, Final, TypeAlias

from unit.links.gentl.calls import FOREVER, MODULES, SIGNATURES, SUCCESS, TIMEOUT, BufferInfo, Library

TEXT: Final = 1
TEXTS: Final = ("TLGetInterfaceID", "IFGetDeviceID", "DevGetDataStreamID", "GCGetPortURL", "GCGetLastError")
"""Functions that give texts, and do not say so by a type."""
FILE_SIZE: Final = 8  # URL_INFO_FILE_SIZE
MAX_REGISTER: Final = 512
"""Bytes of a register at most; reads of more are of descriptions."""
ROOM: Final = 1 << 16
WAIT_ms: Final = 20_000
Row: TypeAlias = list[Any]


class Reader:
    """Rows of a shim's notes."""

    def __init__(self) -> None:
        self.handles: dict[int, str] = {}
        self.threads: dict[int, int] = {}
        self.asked: dict[str, int] = {}

    def rows(self, notes: Iterable[str]) -> Iterator[Row]:
        idle: set[int] = set()  # threads whose next question would be about a wait that is left out
        for _, task, name, code, args in sorted(map(json.loads, notes)):
            if code == TIMEOUT and name == "EventGetData":
                idle.add(task)
            elif not (task in idle and name == "GCGetLastError"):
                idle.discard(task)
                thread = self.threads.setdefault(task, len(self.threads))
                yield [thread, name, code, self._arguments(name, code, args)]

    def _arguments(self, name: str, code: int, args: list[Any]) -> list[Any]:
        made = dict(zip(SIGNATURES[name], args, strict=True)) if name != "DSRevokeBuffer" else {}
        text = name in TEXTS or made.get("type") == [TEXT]
        question = json.dumps([name, *args[:-3]])
        got = [self._argument(name, kind, arg) for kind, arg in zip(SIGNATURES[name], args, strict=True)]
        if size := made.get("size"):
            present = made.get("to", [True])[0]
            file = name == "GCReadPort" and size[0] > MAX_REGISTER
            before = 0 if not present else "asked" if size[0] == self.asked.get(question) else size[0]
            after = "text" if text else size[1]
            got[-1 if name != "EventGetData" else -2] = ["file"] * 2 if file else [before, after]
            if not present and code == SUCCESS:
                self.asked[question] = size[1]
        return got

    def _argument(self, name: str, kind: str, arg: Any) -> Any:
        if kind in MODULES:
            return self.handles[arg] if arg else None
        match kind:
            case "handle" if arg and name != "DSRevokeBuffer":
                return [self.handles.setdefault(arg[0], f"h{len(self.handles) + 1}")] if arg[0] else arg
            case "handle" | "changed":
                return arg and [0]
            case "to":
                return arg[0]
            case "from" if name != "GCWritePort":
                return None
            case "user":
                return bool(arg)
            case _:
                return arg


class Player:
    """A library that does the calls of a trace again, each on a thread like the one it was on.

    unlike  what was not as in the trace, a line each
    """

    def __init__(self, library: Library) -> None:
        self.lib = library
        self.unlike: list[str] = []
        self.handles: dict[str, int] = {}
        self.asked: dict[str, int] = {}
        self.data: dict[str, bytes] = {}  # of each event, the last one
        self.memory: list[Any] = []

    def play(self, rows: Iterable[Row]) -> list[str]:
        """Do calls again, and return what is unlike."""
        threads: dict[int, ThreadPoolExecutor] = {}
        with ExitStack() as ending:
            for number, (thread, name, code, args) in enumerate(rows, 1):
                if thread not in threads:
                    threads[thread] = ending.enter_context(ThreadPoolExecutor(1))
                threads[thread].submit(self._call, f"{number} {name}", name, code, args).result()
        return self.unlike

    def _differ(self, where: str, what: str, is_now: object, was: object) -> None:
        if is_now != was:
            self.unlike.append(f"{where}: {what} {is_now}, was {was}")

    def _call(self, where: str, name: str, code: int, args: list[Any]) -> None:
        kinds = SIGNATURES[name]
        question = json.dumps([name, *args[:-3]])
        places = [self._place(name, kind, arg, args, question) for kind, arg in zip(kinds, args, strict=True)]
        passed = [
            c.addressof(each) if isinstance(each, c._SimpleCData | c.Array) else each for each in places
        ]
        now = self.lib(name, *passed)
        self._differ(where, "code", now, code)
        if now == code:
            for kind, arg, place in zip(kinds, args, places, strict=True):
                self._compare(where, name, kind, arg, place)
        named = dict(zip(kinds, zip(args, places, strict=True), strict=False))
        if now == SUCCESS and "size" in named and not named.get("to", (True,))[0]:
            self.asked[question] = named["size"][1].value
        if now == SUCCESS and name == "EventGetData":
            self.data[args[0]] = named["to"][1].raw[: named["size"][1].value]

    def _place(self, name: str, kind: str, arg: Any, args: list[Any], question: str) -> Any:
        """Return what is passed for an argument."""
        if kind in MODULES:
            return self.handles[arg] if arg else None
        match kind:
            case "id":
                return arg if arg is None else arg.encode()
            case "wait":
                return WAIT_ms if name == "EventGetData" else arg
            case "to":
                return c.create_string_buffer(ROOM + self._file(args[0], args)) if arg else None
            case "from" if name == "GCWritePort":
                return c.create_string_buffer(bytes.fromhex(arg))
            case "from":
                length = args[SIGNATURES[name].index("length")]
                self.memory.append(c.create_string_buffer(self.data.get(args[0], b""), max(length, 1)))
                return self.memory[-1]
            case "size" if arg:
                before = {"asked": self.asked.get(question, 0), "file": self._file(args[0], args)}
                return c.c_size_t(before[arg[0]] if isinstance(arg[0], str) else arg[0])
            case "stack":
                entries = (BufferInfo * len(arg))()
                for entry, (cmd, _, _, _, present) in zip(entries, arg, strict=True):
                    self.memory.append(c.create_string_buffer(ROOM))
                    entry.cmd, entry.size = cmd, ROOM
                    entry.data = c.addressof(self.memory[-1]) if present else None
                return entries
            case "handle":
                return arg and c.c_void_p()
            case "type" | "code":
                return arg and c.c_int32()
            case "count":
                return arg and c.c_uint32()
            case "changed":
                return arg and c.c_uint8()
            case "user":
                return 1 if arg else None
            case "number":
                return arg % (FOREVER + 1)
            case _:
                return arg

    def _file(self, port: str, args: list[Any]) -> int:
        """Return the size of a port's description, if that is what is read; else 0."""
        if ["file"] * 2 not in args:
            return 0
        return self.lib.value("GCGetPortURLInfo", self.handles[port], 0, FILE_SIZE)

    def _compare(self, where: str, name: str, kind: str, arg: Any, place: Any) -> None:
        if arg is None or place is None:
            return
        match kind:
            case "handle" if name != "DSRevokeBuffer" and arg[0]:
                known = self.handles.setdefault(arg[0], place.value)
                self._differ(where, "handle", place.value, known)
            case "type" | "code" | "count":
                self._differ(where, kind, place.value, arg[0])
            case "size" if arg[1] == "text":
                self._differ(where, "text", place.value > 0, True)
            case "size" if arg[1] != "file":
                self._differ(where, "size", place.value, arg[1])
            case "stack":
                for entry, (cmd, kind_was, size, result, _) in zip(place, arg, strict=True):
                    self._differ(where, f"result of {cmd}", entry.result, result)
                    if result == SUCCESS:
                        self._differ(where, f"type of {cmd}", entry.type, kind_was)
                    if result == SUCCESS and kind_was != TEXT:
                        self._differ(where, f"size of {cmd}", entry.size, size)
            case _:
                pass


def rows_of(notes: Iterable[str]) -> list[Row]:
    """Return the rows of a shim's notes."""
    return list(Reader().rows(notes))
