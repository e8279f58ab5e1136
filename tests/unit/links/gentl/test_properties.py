"""Sequences of calls that no consumer should make: any function, any handle, NULL, sizes that do not fit.

Whatever the order, each call ends with a code that the standard has, tells the same code and a text as its
thread's last error, and writes no byte behind the room that it was given. Then everything works again.
"""

from __future__ import annotations

import ctypes as c
import random
import threading
from collections.abc import Sequence
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unit.links.gentl.calls import FOREVER, SIGNATURES, BufferInfo, Entry, Library, Opened
from unit.links.gentl.serving import Serving

ROOM: Final = 4096
"""Bytes of each argument that is memory; as many again behind them are to stay as they are."""
UNTOUCHED: Final = b"\xa5"
SIZES: Final = (0, 1, 4, 7, 8, 16, 24, 100, 300, ROOM)
LENGTHS: Final = (0, 1, 8, 64, 300, ROOM)
HUGE: Final = 1 << 62
MADE: Final = {
    "TLOpen": "system",
    "TLOpenInterface": "interface",
    "IFOpenDevice": "device",
    "DevGetPort": "port",
    "DevOpenDataStream": "stream",
    "DSAnnounceBuffer": "buffer",
    "DSAllocAndAnnounceBuffer": "buffer",
    "GCRegisterEvent": "event",
}
"""The kind of handle that a function gives."""
PORTS: Final = ("system", "interface", "device", "stream", "port", "buffer")
THREADS: Final = 9


class Caller:
    """Calls functions with arguments that chance chooses, and checks what becomes of each."""

    def __init__(
        self, lib: Library, chance: random.Random, addresses: tuple[int, ...], handles: dict[str, list[int]]
    ) -> None:
        self.lib, self.chance, self.handles = lib, chance, handles
        self.addresses = (*addresses, 0, 3, 0x48, 0x1000, 0xC000, 0xC010, 0x10_0000, 0x7000_0000, FOREVER)
        self.kept: list[Any] = []  # memory that the library may still write to

    def memory(self) -> Any:
        data = c.create_string_buffer(UNTOUCHED * 2 * ROOM, 2 * ROOM)
        self.kept.append(data)
        return data

    def handle(self, kind: str) -> int | None:
        """Return a handle that fits in three of four cases."""
        fits = [h for k in (PORTS if kind == "port" else (kind,)) for h in self.handles.get(k, [])]
        every = [None, 0xDEAD, *(h for each in self.handles.values() for h in each)]
        return self.chance.choice(fits if fits and self.chance.random() < 0.75 else every)

    def arguments(self, kinds: Sequence[str]) -> tuple[list[Any], list[tuple[Any, int]]]:
        """Return arguments, and memory with the room that the function is told of."""
        chance, rooms, values = self.chance, [], []
        size, length = c.c_size_t(chance.choice(SIZES)), chance.choice(LENGTHS)
        for kind in kinds:
            if chance.random() < 0.06 and kind in (
                "to",
                "size",
                "type",
                "handle",
                "count",
                "changed",
                "from",
                "id",
            ):
                values.append(None)
            elif kind == "to":
                data = self.memory()
                rooms.append((data, size.value if "size" in kinds else ROOM))
                values.append(c.addressof(data))
            elif kind == "from":
                values.append(c.addressof(self.memory()))
            elif kind == "size":
                values.append(c.addressof(size))
            elif kind in ("type", "code", "count", "changed", "handle"):
                data = self.memory()
                rooms.append((data, {"type": 4, "code": 4, "count": 4, "changed": 1, "handle": 8}[kind]))
                values.append(c.addressof(data))
            elif kind == "entries":
                size.value %= 4
                data, target = (Entry * 4)(), self.memory()
                for entry in data:
                    entry.address, entry.data, entry.size = (
                        self.number(),
                        c.addressof(target),
                        chance.choice(SIZES),
                    )
                self.kept += [data, target]
                values.append(c.addressof(data))
            elif kind == "stack":
                length %= 4
                stacked, target = (BufferInfo * 4)(), self.memory()
                for info in stacked:
                    info.cmd, info.data, info.size = (
                        chance.randrange(33),
                        c.addressof(target),
                        chance.choice(SIZES),
                    )
                self.kept += [stacked, target]
                values.append(c.addressof(stacked))
            else:
                values.append(self.plain(kind, length))
        if "length" in kinds and "from" not in kinds and "stack" not in kinds and chance.random() < 0.1:
            values[kinds.index("length")] = HUGE
        self.kept.append(size)
        return values, rooms

    def number(self) -> int:
        return self.chance.choice(self.addresses)

    def plain(self, kind: str, length: int) -> Any:
        match kind:
            case "cmd":
                return self.chance.choice((self.chance.randrange(8), self.chance.randrange(-1, 40), 1000))
            case "index":
                return self.chance.choice((0, 0, 0, 1, 2, 3, 2**32 - 1))
            case "number":
                return self.number()
            case "wait":
                return self.chance.choice((0, 0, 1, 5))
            case "length":
                return length
            case "id":
                return self.chance.choice((b"camtwin-gev", b"Stream0", self.id, b"", b"nobody", b"x" * 3000))
            case "user":
                return 77
            case _:
                return self.handle(kind)

    id = b""

    def call(self, name: str) -> None:
        kinds = SIGNATURES[name]
        values, rooms = self.arguments(kinds)
        if name == "DSGetBufferChunkData" and rooms:  # its size counts chunks of 24 bytes
            rooms = [(data, min(ROOM, 24 * room)) for data, room in rooms]
        code = self.lib(name, *values)
        assert -1022 <= code <= 0, (name, code)
        if code and name != "GCGetLastError":
            told, text = self.lib.error()
            assert told == code, (name, code, told, text)
            assert text
        for data, room in rooms:
            assert data.raw[room:] == UNTOUCHED * (2 * ROOM - room), f"{name} wrote behind {room} bytes"
        if not code and name in MADE and (place := values[kinds.index("handle")]):
            kind = MADE[name]
            self.handles.setdefault(kind, []).append(c.c_uint64.from_address(place).value)


def caller(lib: Library, serving: Serving, chance: random.Random, handles: dict[str, list[int]]) -> Caller:
    made = Caller(lib, chance, (serving.address("Width"),), handles)
    made.id = serving.devices[0].id.encode()
    return made


def works(lib: Library, serving: Serving) -> None:
    """Take a frame, after everything that was done."""
    assert lib("GCCloseLib") in (0, -1002)
    opened = Opened(lib)
    for feature, value in {"ChunkModeActive": 0, "TriggerMode": 0, "Width": 64, "Height": 48}.items():
        assert serving.write(opened, feature, value) == 0, lib.error()
    opened.allocate(64 * 48)
    lib.must("DSStartAcquisition", opened.stream, 0, FOREVER)
    assert serving.write(opened, "AcquisitionStart", 1) == 0
    assert len(opened.bytes_of(opened.buffer())) == 64 * 48
    opened.close()


CALLS = st.lists(st.sampled_from(sorted(SIGNATURES)), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CALLS, st.integers(0, 2**32))
def test_any_call_in_any_order(lib: Library, serving: Serving, names: list[str], seed: int) -> None:
    opened = Opened(lib)
    try:
        known = {kind: [handle] for kind, handle in opened.handles().items()}
        each = caller(lib, serving, random.Random(seed), known)
        each.handles["buffer"] = opened.allocate(64 * 48, 2)
        for name in names:
            each.call(name)
    finally:
        assert lib("GCCloseLib") in (0, -1002)


def test_each_function_from_an_open_library(lib: Library, serving: Serving) -> None:
    """Call every function many times, each time with other arguments, and open again what it has closed."""
    chance = random.Random(1)
    for name in SIGNATURES:
        opened = Opened(lib)
        each = caller(lib, serving, chance, {kind: [handle] for kind, handle in opened.handles().items()})
        each.handles["buffer"] = opened.allocate(64 * 48, 2)
        for _ in range(25):
            each.call(name)
        lib("GCCloseLib")
    works(lib, serving)


def test_nine_threads(lib: Library, serving: Serving) -> None:
    """Let nine threads do all this with each other's handles."""
    problems: list[BaseException] = []
    opened = Opened(lib)
    handles = {kind: [handle] for kind, handle in opened.handles().items()}
    handles["buffer"] = opened.allocate(64 * 48)
    names = [name for name in SIGNATURES if "Close" not in name] * 4 + list(SIGNATURES)

    def calls(seed: int) -> None:
        each = caller(lib, serving, random.Random(seed), handles)
        try:
            for _ in range(150):
                each.call(each.chance.choice(names))
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=calls, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert not problems, problems
    works(lib, serving)
