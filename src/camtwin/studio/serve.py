"""The studio's server: three files, and a WebSocket for each page. Starlette on uvicorn.

Only a page that shows the token gets a twin; its twins end with it.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Sequence
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

from camtwin.problem import Problem
from camtwin.studio.guard import HEADERS, MAX_BODY, MAX_PAGES, Guard
from camtwin.studio.page import View
from camtwin.studio.picture import packed
from camtwin.studio.twins import Running, Twins

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

    def __init__(self, socket: WebSocket, twins: Twins, first: dict[str, Any]) -> None:
        self.socket, self.twins, self.first = socket, twins, first
        self.loop = asyncio.get_running_loop()
        self.views: dict[str, View] = {}
        self.view: View | None = None
        self._sending = asyncio.Lock()

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
            for name in self.views:
                await asyncio.to_thread(self.twins.remove, name)

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
            return {"models": await asyncio.to_thread(models), "first": self.first}, {}
        if word == "create":
            return await self._create(asked), {}
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

    async def _opened(self, running: Running) -> View:
        def push(data: bytes) -> None:
            with suppress(RuntimeError):  # the server is gone
                self.loop.call_soon_threadsafe(lambda: self.loop.create_task(self._send(data)))

        def begin() -> View:
            view = View(running, push)
            running.cam.twin.camera.start()
            running.paced.run(1.0)
            return view

        return await asyncio.wrap_future(running.paced.call(begin))

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


def application(guard: Guard, first: dict[str, Any] | None = None, twins: Twins | None = None) -> ASGIApp:
    """Return the studio as an ASGI application.

    first  models that a page begins with, and scene, seed and settings of its twins
    twins  where they are; a place of their own if None
    """
    twins, pages = twins or Twins(), set[WebSocket]()
    begins = {"models": [], "scene": "chart", "seed": 0, "settings": (), **(first or {})}

    def asset(name: str) -> Callable[[Request], Response]:
        """Return what answers with a file of the page."""
        data = (files("camtwin.studio") / "assets" / name).read_bytes()
        kind = f"{TYPES[name.rpartition('.')[2]]}; charset=utf-8"
        return lambda _: Response(data, media_type=kind, headers=dict(HEADERS))

    async def page(socket: WebSocket) -> None:
        if len(pages) >= MAX_PAGES:
            return await socket.close(TOO_MANY)
        pages.add(socket)
        try:
            await socket.accept()
            try:
                hello = json.loads(await asyncio.wait_for(socket.receive_text(), HELLO_s))
            except (TimeoutError, ValueError, RecursionError, KeyError):
                hello = None
            if not isinstance(hello, dict) or not guard.knows(hello.get("token")):
                return await socket.close(REFUSED, "the token is missing or wrong")
            await Page(socket, twins, begins).serve()
        except WebSocketDisconnect:
            pass
        finally:
            pages.discard(socket)

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


def address_of(listening: socket.socket) -> tuple[str, int]:
    """Return the address and the port of a listening socket."""
    where: Sequence[Any] = listening.getsockname()
    return str(where[0]), int(where[1])
