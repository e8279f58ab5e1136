"""The way to a page beside twins that run already: their process listens, `camtwin studio --attach` asks.

    $XDG_RUNTIME_DIR/camtwin/studio-N      one for each process that runs twins

Only the user can open the folder. A line of JSON goes each way: {} asks which twins run, {"port": 0} for a
page, which their process serves for as long as the connection lasts. Nothing of the studio is imported
before somebody asks.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Final, cast

from camtwin.links.base.folder import listening, served
from camtwin.links.base.link import LinkProblem
from camtwin.links.kind import Link
from camtwin.models.schema import CameraSheet
from camtwin.problem import Problem
from camtwin.twins import Twin

PREFIX: Final = "studio-"
PATIENCE_s: Final = 30.0
"""Time that an answer may take: the other process may have to import the studio first."""


@contextmanager
def door() -> Iterator[Callable[[Sequence[Link]], None]]:
    """Listen; yield a function that answers for twins, on their loop. Without the folder nobody can ask."""
    tasks: list[asyncio.Task[None]] = []
    with ExitStack() as opened:
        listener = None
        with suppress(LinkProblem):  # the user has been told: GenTL needs the folder, too
            listener = opened.enter_context(listening(PREFIX))

        def answer(links: Sequence[Link]) -> None:
            if listener:
                tasks.append(asyncio.create_task(_keep(listener, links)))

        yield answer


async def _keep(listener: socket.socket, links: Sequence[Link]) -> None:
    async with await asyncio.start_unix_server(partial(_answer, links), sock=listener):
        await asyncio.Future()


async def _answer(links: Sequence[Link], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer a question, and serve a page until whoever asked is gone."""

    def tell(**answer: object) -> None:
        writer.write(json.dumps(answer).encode() + b"\n")

    try:
        asked = json.loads(await reader.readline())
        match asked:
            case {"port": int(port)}:
                await _show(links, port, tell, reader)
            case {} if not asked:
                tell(twins=[_row(link) for link in links])
            case _:
                pass
    except Problem as problem:
        tell(problem=str(problem))
    except (ValueError, RecursionError, OSError):  # no question, or nobody is there any more
        pass
    finally:
        writer.close()


async def _show(
    links: Sequence[Link], port: int, tell: Callable[..., None], reader: asyncio.StreamReader
) -> None:
    if unseen := [sheet.name for sheet in map(_sheet, links) if "AcquisitionStart" not in sheet.features]:
        raise Problem(f"{', '.join(unseen)}: has no features that start it, so there is nothing to show here")
    serve = await asyncio.to_thread(_imported)
    with serve.at_home(port) as (listener, gate, address):
        pages = asyncio.create_task(serve.serve_attached(listener, gate, links))
        tell(address=address)
        try:
            await reader.read()
        finally:
            pages.cancel()
            await asyncio.gather(pages, return_exceptions=True)


def _imported() -> ModuleType:
    try:
        from camtwin.studio import serve
    except ModuleNotFoundError as missing:
        raise Problem(f"{missing.name} is not installed there; pip install 'camtwin[studio]'") from None
    return serve


def _sheet(link: Link) -> CameraSheet:
    return cast("Twin", link.twin).sheet


def _row(link: Link) -> list[str]:
    """Return what names a twin: model, serial number, place."""
    return [_sheet(link).name, link.twin.camera.serial, link.where]


# -- whoever asks ------------------------------------------------------------------------------------
def only(wanted: str | None) -> Path:
    """Return the socket of the only process that runs twins, or such a twin: model, serial number or place.

    Raises:
        Problem: there is none, or more than one
    """
    found: list[tuple[Path, list[list[str]]]] = []
    for path in served(PREFIX):
        with _connected(path) as sock, suppress(Problem):
            found.append((path, _ask(sock, {})["twins"]))
    words = "; ".join(", ".join(f"{model} at {where}" for model, _, where in rows) for _, rows in found)
    if not found:
        raise Problem("no twin runs here to attach to: begin one with camtwin run MODEL")
    fitting = [path for path, rows in found if wanted is None or wanted in _names(rows)]
    if not fitting:
        raise Problem(f"no twin {wanted} runs; these do: {words}")
    if len(fitting) > 1:
        raise Problem(f"{len(fitting)} processes run such twins: {words}; name one by its place")
    return fitting[0]


def _names(rows: list[list[str]]) -> set[str]:
    """Return what the twins of a process are called by: of a place of several words the first is enough."""
    return {name for *names, where in rows for name in (*names, where, where.split()[0].rstrip(","))}


@contextmanager
def asked(path: Path, port: int) -> Iterator[tuple[str, Callable[[], object]]]:
    """Ask for a page; yield its address, and a function that waits until the twins end.

    Raises:
        Problem: there can be no page, with the reason
    """
    with _connected(path) as sock:
        address = _ask(sock, {"port": port})["address"]

        def ended() -> object:
            sock.settimeout(None)
            return sock.recv(1)

        yield address, ended


@contextmanager
def _connected(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(PATIENCE_s)
        try:
            sock.connect(str(path))
        except OSError as problem:
            raise Problem(f"{path}: {problem.strerror or problem}") from None
        yield sock


def _ask(sock: socket.socket, question: Mapping[str, int]) -> dict[str, Any]:
    """Return the answer to a question.

    Raises:
        Problem: the process refuses, or does not answer
    """
    try:
        sock.sendall(json.dumps(question).encode() + b"\n")
        answer = json.loads(sock.makefile("rb").readline())
    except (OSError, ValueError) as problem:
        raise Problem(f"the process that runs the twins does not answer: {problem}") from None
    if "problem" in answer:
        raise Problem(answer["problem"])
    return answer
