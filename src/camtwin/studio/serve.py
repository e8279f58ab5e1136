"""The studio's server: three files, and a WebSocket for each page. Starlette on uvicorn.

Only a page that shows the token gets a twin; its twins end with it.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import files
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from camtwin.links.kind import Link
from camtwin.numbers import number
from camtwin.problem import Problem
from camtwin.session.session import Session
from camtwin.studio.attached import attach
from camtwin.studio.gateway import Gateway
from camtwin.studio.guard import HEADERS, MAX_BODY, MAX_PAGES, MAX_STRANGERS, Guard
from camtwin.studio.page import View
from camtwin.studio.picture import Shown, packed
from camtwin.studio.scenarios import Library, described
from camtwin.studio.twins import Running, Twins
from camtwin.units import MS, SEC

HELLO_s: Final = 5.0
"""Time in which a page must show its token."""
TYPES: Final = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
REFUSED, TOO_MANY, BROKEN = 4403, 4429, 4400
"""Codes with which a WebSocket is closed."""


class Gate:
    """The guard in front of an ASGI application: Host, Origin, lengths, and the headers of answers."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self.app, self.guard = app, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on."""
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        web = scope["type"] == "websocket"
        refusal = self.guard.refuses(headers, wants_origin=web) or self.guard.too_long(headers)
        if refusal and web:
            await receive()
            return await send({"type": "websocket.close", "code": 1008, "reason": ""})
        if refusal:
            answer = PlainTextResponse(f"{refusal.reason}\n", refusal.status, headers=dict(HEADERS))
            return await answer(scope, receive, send)
        await self.app(scope, receive, send)


class Page:
    """A connected page: its twins, and the one that it sees."""

    def __init__(
        self,
        socket: WebSocket,
        twins: Twins,
        first: dict[str, Any],
        library: Library,
        served: Sequence[Running] = (),
    ) -> None:
        self.socket, self.twins, self.first, self.library = socket, twins, first, library
        self.served = served
        self.loop = asyncio.get_running_loop()
        self.views: dict[str, View] = {}
        self.view: View | None = None
        self._sending = asyncio.Lock()
        self._works = set[asyncio.Task[None]]()

    async def serve(self) -> None:
        """Carry out what the page asks for, one message after the other, until it is gone."""
        try:
            while True:
                await self._answer(await self.socket.receive_text())
        except (
            WebSocketDisconnect,
            RuntimeError,
            KeyError,
        ):  # gone, gone while it was sent to, bytes for text
            pass
        finally:
            await self._leave(lambda _: True)

    async def _answer(self, text: str) -> None:
        try:
            asked = json.loads(text)
        except (ValueError, RecursionError):
            return await self.socket.close(BROKEN, "a message is JSON")
        if not isinstance(asked, dict):
            return await self.socket.close(BROKEN, "a message is an object")
        head: dict[str, Any] = {"re": asked.get("id")}
        parts: dict[str, bytes] = {}
        try:
            ok, parts = await self._carry_out(asked)
            head["ok"] = ok
        except Problem as problem:
            head["problem"] = str(problem)
        except OSError as error:
            head["problem"] = error.strerror or "a file could not be written"
        if asked.get("do") != "ack":
            await self._send(packed(head, parts))

    async def _carry_out(self, asked: dict[str, Any]) -> tuple[dict[str, Any], dict[str, bytes]]:
        word = asked.get("do")
        if word == "models":
            for running in () if self.views else self.served:
                self.views[running.name] = View(running, self._push, self._aside)
            attached = [running.name for running in self.served]
            found = [] if attached else await asyncio.to_thread(models)
            return {"models": found, "first": self.first, "attached": attached}, {}
        if self.served and word in ("create", "play", "scenarios"):
            raise Problem("this page shows the cameras that programs use, and opens no others")
        if word == "create":
            return await self._create(asked), {}
        if word == "scenarios":
            return {"scenarios": await asyncio.to_thread(self.library.listed)}, {}
        if word == "play":
            return await self._play(asked), {}
        if word == "select":
            return await self._select(asked.get("name")), {}
        if self.view is None:
            raise Problem("no camera is open")
        return await asyncio.wrap_future(self.view.paced.call(self.view.do, word, asked))

    async def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        model = asked.get("model")
        known = {row["model"] for row in await asyncio.to_thread(models)} | {*self.first["models"]}
        if not isinstance(model, str) or model not in known:
            raise Problem(f"model {model!r:.60} is none of {', '.join(sorted(known))}")
        given = {key: self.first[key] for key in ("scene", "seed", "settings")}
        try:
            running = await asyncio.to_thread(self.twins.create, model, **given)
        except ValueError as error:
            raise Problem(str(error)) from None
        self.views[running.name] = await self._opened(running)
        return running.row()

    def _push(self, data: bytes) -> None:
        with suppress(RuntimeError):  # the server is gone
            self.loop.call_soon_threadsafe(lambda: self.loop.create_task(self._send(data)))

    def _aside(self, work: Callable[[], Shown], take: Callable[[Shown], None]) -> None:
        """Render on a thread of its own, and hand the image over on the loop's."""

        async def carry_out() -> None:
            take(await asyncio.to_thread(work))

        task = self.loop.create_task(carry_out())
        self._works.add(task)
        task.add_done_callback(self._works.discard)

    async def _opened(self, running: Running) -> View:
        def begin() -> View:
            view = View(running, self._push)
            running.cam.twin.camera.start()
            running.paced.run(1.0)
            return view

        return await asyncio.wrap_future(running.paced.call(begin))

    async def _play(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Play a scenario from its beginning, or from `ms` on: then it is carried out up to there at once."""
        name, ms = asked.get("name"), number("ms", asked.get("ms", 0), "ms", low=0, high=1e9)
        scenario = await asyncio.to_thread(self.library.load, name)
        await self._leave(lambda running: running.run is not None)
        try:
            made = await asyncio.to_thread(self.twins.play, scenario)
        except ValueError as error:
            raise Problem(str(error)) from None

        def begin() -> dict[str, View]:
            views = {running.name: View(running, self._push) for running in made}
            run, paced = made[0].run, made[0].paced
            assert run is not None
            run.stand_by()
            run.begin()
            run.clock.at(round(scenario.seconds * SEC), paced.pause)
            run.advance_to(round(min(ms, scenario.seconds * 1e3) * MS))
            if asked.get("run", True):
                paced.run(1.0)
            return views

        self.views |= await asyncio.wrap_future(made[0].paced.call(begin))
        return {**described(str(name), scenario), "twins": [running.row() for running in made]}

    async def _leave(self, which: Callable[[Running], bool]) -> None:
        """End the twins of this page for which `which` is true."""
        for name, view in [*self.views.items()]:
            if which(view.running):
                del self.views[name]
                self.view = None if self.view is view else self.view
                if view.running.attached:
                    view.leave()
                else:
                    await asyncio.to_thread(self.twins.remove, name)

    async def _select(self, name: object) -> dict[str, Any]:
        if not isinstance(name, str) or name not in self.views:
            raise Problem(f"no twin {name!r:.40}")
        if self.view and self.view is not self.views[name]:
            self.view.close()
        self.view = self.views[name]
        ok, _ = await asyncio.wrap_future(self.view.paced.call(self.view.do, "begin", {}))
        return {**ok, "twins": [view.running.row() for view in self.views.values()]}

    async def _send(self, data: bytes) -> None:
        async with self._sending:
            with suppress(WebSocketDisconnect, RuntimeError):
                await self.socket.send_bytes(data)


def models() -> list[dict[str, str]]:
    """Return the models whose twin is a camera with features of its own that start it."""
    from camtwin.camera.links import KINDS
    from camtwin.models import SheetInvalid, cameras, load

    rows = list[dict[str, str]]()
    for name, (place, _) in cameras().items():
        with suppress(SheetInvalid):
            sheet = load(place)
            if "AcquisitionStart" in sheet.features:
                link = KINDS[sheet.link].title
                rows.append({"model": name, "title": sheet.title, "sensor": sheet.sensor.title, "link": link})
    return rows


def application(
    guard: Guard,
    first: dict[str, Any] | None = None,
    twins: Twins | None = None,
    library: Library | None = None,
    served: Sequence[Running] = (),
) -> ASGIApp:
    """Return the studio as an ASGI application.

    first    models, or a scenario, that a page begins with; scene, seed and settings of its twins
    twins    where they are; a place of their own if None
    library  scenarios that can be played; the lessons if None
    served   twins that programs use, in place of those that a page opens
    """
    twins, pages = twins or Twins(), set[WebSocket]()
    strangers: dict[WebSocket, None] = {}
    scenarios = library or Library()
    begins = {"models": [], "scenario": None, "scene": "chart", "seed": 0, "settings": (), **(first or {})}

    def asset(name: str) -> Callable[[Request], Response]:
        """Return what answers with a file of the page."""
        data = (files("camtwin.studio") / "assets" / name).read_bytes()
        kind = f"{TYPES[name.rpartition('.')[2]]}; charset=utf-8"
        return lambda _: Response(data, media_type=kind, headers=dict(HEADERS))

    async def page(socket: WebSocket) -> None:
        if len(pages) >= MAX_PAGES:
            return await socket.close(TOO_MANY)
        try:
            await socket.accept()
            if not await known(socket):
                return await socket.close(REFUSED, "the token is missing or wrong")
            pages.add(socket)
            await Page(socket, twins, begins, scenarios, served).serve()
        except (WebSocketDisconnect, RuntimeError):  # gone, or closed for another one
            pass
        finally:
            pages.discard(socket)

    async def known(socket: WebSocket) -> bool:
        """Wait for the token; the socket that has waited longest gives way when too many do."""
        strangers[socket] = None
        if len(strangers) > MAX_STRANGERS:
            oldest = next(iter(strangers))
            del strangers[oldest]
            with suppress(RuntimeError):
                await oldest.close(REFUSED, "others wait")
        try:
            hello = json.loads(await asyncio.wait_for(socket.receive_text(), HELLO_s))
        except (TimeoutError, ValueError, RecursionError, KeyError):
            hello = None
        finally:
            strangers.pop(socket, None)
        return isinstance(hello, dict) and guard.knows(hello.get("token")) and len(pages) < MAX_PAGES

    routes = [
        Route("/", asset("index.html")),
        *(Route(f"/{name}", asset(name)) for name in ("studio.js", "studio.css", "icon.svg")),
        WebSocketRoute("/ws", page),
    ]
    return Gate(Starlette(routes=routes), guard)


class Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self):
        """Take no signal."""
        yield


def listen(address: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        Problem: the address or the port cannot be had
    """
    try:
        return socket.create_server((address, port), backlog=64)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Problem(
            f"cannot listen at {address}, port {port}: {reason}; --port 0 takes a free one"
        ) from None


def server(app: ASGIApp) -> Server:
    """Return a server for an application."""
    return Server(
        uvicorn.Config(
            app,
            http=Gateway,
            log_level="error",
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=MAX_BODY,
            ws_per_message_deflate=False,
            limit_concurrency=64,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=1,
            server_header=False,
        )
    )


def serve(listening: socket.socket, app: ASGIApp) -> None:
    """Serve until the process ends by a signal."""
    asyncio.run(server(app).serve([listening]))


async def serve_attached(listening: socket.socket, guard: Guard, links: Sequence[Link]) -> None:
    """Serve pages beside twins that programs use, on their loop, until it is cancelled."""
    attached = attach(links)
    served = [
        Running(f"cam{number}", Session(one.link.twin, render=False), one.wall, "", attached=one)  # pyright: ignore[reportArgumentType]
        for number, one in enumerate(attached, 1)
    ]
    turns = [asyncio.create_task(wall.turn()) for wall in dict.fromkeys(one.wall for one in attached)]
    pages = server(application(guard, served=served))
    serving = asyncio.create_task(pages.serve([listening]))
    try:
        await asyncio.shield(serving)
    finally:
        for turn in turns:
            turn.cancel()
        pages.should_exit = True  # pages that are open are closed, too
        await serving


@contextmanager
def at_home(port: int) -> Iterator[tuple[socket.socket, Guard, str]]:
    """Listen on this computer alone; yield the socket, its gate, and the address with the token in it.

    Raises:
        Problem: the port cannot be had
    """
    with listen("127.0.0.1", port) as listening:
        where, number = address_of(listening)
        gate = Guard.on(where, number)
        yield listening, gate, f"http://{where}:{number}/#{gate.token}"


def address_of(listening: socket.socket) -> tuple[str, int]:
    """Return the address and the port of a listening socket."""
    where: Sequence[Any] = listening.getsockname()
    return str(where[0]), int(where[1])
