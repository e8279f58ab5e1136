"""The studio beside twins that programs use: in real time, on their loop's thread; clients, log and counts.

Nothing here holds the loop up for long: images are rendered for the page on a thread of their own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn, ParamSpec, TypeVar

from camtwin.camera import Camera
from camtwin.camera.description import XML_ADDRESS
from camtwin.genicam import Key, Shown
from camtwin.links.base.runtime import WallRuntime
from camtwin.links.kind import Link
from camtwin.problem import Problem, Refused
from camtwin.subscribers import Subscribers
from camtwin.units import Ns
from camtwin.wire.request import Request

P = ParamSpec("P")
T = TypeVar("T")
TURN_s: Final = 0.04
"""Time between two looks at what is new for the pages."""
MAX_LOG: Final = 2000
"""Limit of entries that are kept; the oldest go first."""
MAX_NAMES: Final = 6
"""Limit of features that are named in an entry."""


class Wall:
    """The time of a served twin, in place of a `Paced`: nobody pauses it, because programs use the camera."""

    running = True

    def __init__(self, runtime: WallRuntime) -> None:
        self.runtime = runtime
        self.on_slice = Subscribers[()]()

    @property
    def pace(self) -> float:
        """Virtual seconds a second."""
        return self.runtime.pace

    def call(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Carry out a call at the present virtual time; on the loop's thread alone."""
        result: Future[T] = Future()
        try:
            result.set_result(self.runtime.command(call, *args, **kwargs))
        except Exception as problem:
            result.set_exception(problem)
        return result

    def run(self, pace: float | None = None) -> NoReturn:
        """Refuse another pace."""
        raise Problem("programs use this camera, in real time: camtwin run --pace sets another pace")

    def pause(self) -> NoReturn:
        """Refuse to stop time."""
        raise Problem("programs use this camera, in real time: it cannot be paused here")

    def step(self, until: Callable[[], Any]) -> NoReturn:
        """Refuse to stop time."""
        self.pause()

    async def turn(self) -> None:
        """Let pages have what is new, again and again."""
        while True:
            await asyncio.sleep(TURN_s)
            self.on_slice()


@dataclass
class Entry:
    """A request, a feature that was written, or a refusal; `times` that it came in a row."""

    n: int
    t_ns: Ns
    kind: str
    peer: str
    word: str
    text: str
    times: int = 1

    def row(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "n": self.n,
            "t": self.t_ns,
            "kind": self.kind,
            "peer": self.peer,
            "word": self.word,
            "text": self.text,
            "times": self.times,
        }


@dataclass
class Log:
    """The requests of clients, decoded to features, of one page.

    kinds  request, write, refused, resend
    """

    camera: Camera
    entries: deque[Entry] = field(default_factory=lambda: deque[Entry](maxlen=MAX_LOG))

    def __post_init__(self) -> None:
        self._count = self._sent = 0
        self._dirty: dict[int, Entry] = {}
        self.peers: dict[str, None] = {}
        self._names = _names(self.camera)
        camera = self.camera
        self._leaving = [
            camera.on_request.subscribe(self._request),
            camera.on_feature.subscribe(self._wrote),
            camera.on_refusal.subscribe(self._refused),
        ]

    def close(self) -> None:
        """Hear nothing more."""
        for leave in self._leaving:
            leave()

    def _request(self, t_ns: Ns, request: Request) -> None:
        self.peers.setdefault(request.peer, None)
        if request.block is not None:
            first, last = request.packets
            text = f"packets {first} to {last} of frame {request.block} again"
            return self._add(t_ns, "resend", request.peer, request.word, text)
        spans = [*request.reads, *((at, len(data)) for at, data in request.writes)]
        names = [self._name(at, length) for at, length in spans[:MAX_NAMES]]
        more = f" and {len(spans) - MAX_NAMES} more" if len(spans) > MAX_NAMES else ""
        self._add(t_ns, "request", request.peer, request.word, ", ".join(names) + more)

    def _name(self, address: int, length: int) -> str:
        """Return the feature of a register, or its address; the description is read in hundreds of parts."""
        if 0 <= address - XML_ADDRESS < len(self.camera.xml_file):
            return "GenICam description"
        return self._names.get(address) or f"{address:#x}, {length} bytes"

    def _wrote(self, t_ns: Ns, name: str, value: Shown, key: Key) -> None:
        of = "" if key is None else f" of {key if isinstance(key, str) else ', '.join(map(str, [key]))}"
        command = self.camera.tree.find(name).feature.node == "Command"
        self._add(t_ns, "write", "", "", f"{name}{of}" + ("" if command else f" = {value}"))

    def _refused(self, t_ns: Ns, refused: Refused) -> None:
        self._add(t_ns, "refused", "", "", str(refused))

    def _add(self, t_ns: Ns, kind: str, peer: str, word: str, text: str) -> None:
        last = self.entries[-1] if self.entries else None
        if last and (last.kind, last.peer, last.word, last.text) == (kind, peer, word, text):
            last.times += 1
            last.t_ns = t_ns
        else:
            self._count += 1
            last = Entry(self._count, t_ns, kind, peer, word, text)
            self.entries.append(last)
        self._dirty[last.n] = last

    def changes(self) -> list[dict[str, Any]]:
        """Return entries that are new or were repeated since the last call."""
        changed, self._dirty = self._dirty, {}
        return [entry.row() for entry in [*changed.values()][-MAX_LOG:]]


def _names(camera: Camera) -> dict[int, str]:
    """Return the names of features by the address of their register."""
    names = dict[int, str]()
    for node in camera.tree.here:
        with suppress(Problem, AttributeError, TypeError, ValueError):
            names.setdefault(node.address, node.feature.name)
    return names


@dataclass(frozen=True, eq=False)
class Attached:
    """A served twin as pages see it: its link, and its time."""

    link: Link
    wall: Wall

    def counts(self) -> dict[str, Any]:
        """Return who is in control, and what was sent."""
        status = self.link.status()
        return {
            "where": self.link.where,
            "client": status.client,
            "frames": status.frames,
            "bytes": status.bytes,
            "packets": status.packets,
            "resent": status.resent_packets,
            "late": status.late_frames,
            "dropped": status.dropped_frames,
            "skipped": status.skipped_frames,
            "transfers": status.transfers,
        }


def attach(links: Sequence[Link]) -> list[Attached]:
    """Return served twins for pages; those in one virtual time share it."""
    walls: dict[WallRuntime, Wall] = {}
    return [Attached(link, walls.setdefault(link.runtime, Wall(link.runtime))) for link in links]
