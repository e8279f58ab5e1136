"""The HTTP API as an ASGI application: one table of operations, which are served and described as OpenAPI."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from camtwin import __version__
from camtwin.problem import Problem
from camtwin.server import requests
from camtwin.server.twins import Full, NoSuchThing, ServedTwins, models
from camtwin.studio.guard import HEADERS, Guard
from camtwin.studio.serve import Gate

Answer = BaseModel | Sequence[BaseModel] | None


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the API.

    do      what it does, given the twins, the words of the path and the body, if it has one
    answer  the type of its answer; None: it has none
    """

    method: str
    path: str
    summary: str
    do: Callable[..., Answer]
    body: type[requests.Body] | None = None
    answer: type | None = None
    status: int = 200

    @property
    def words(self) -> list[str]:
        """Names in the path."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]


OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/models",
        "List the models that have a twin.",
        lambda _: models(),
        answer=list[requests.ModelAnswer],
    ),
    Operation(
        "GET",
        "/v1/twins",
        "List the twins that run.",
        lambda twins: [twins.inspect(name) for name in twins.names],
        answer=list[requests.TwinAnswer],
    ),
    Operation(
        "POST",
        "/v1/twins",
        "Create a twin; answers once clients can discover it.",
        lambda twins, body: twins.create(body),
        body=requests.CreateBody,
        answer=requests.TwinAnswer,
        status=201,
    ),
    Operation(
        "GET",
        "/v1/twins/{name}",
        "Inspect a twin.",
        lambda twins, name: twins.inspect(name),
        answer=requests.TwinAnswer,
    ),
    Operation(
        "DELETE",
        "/v1/twins/{name}",
        "Remove a twin; its clients lose it.",
        lambda twins, name: twins.remove(name),
        status=204,
    ),
    Operation(
        "POST",
        "/v1/twins/{name}/inject",
        "Let something happen to a twin, now or at a moment.",
        lambda twins, name, body: twins.inject(name, body),
        body=requests.InjectBody,
        answer=requests.InjectedAnswer,
    ),
    Operation(
        "GET",
        "/v1/twins/{name}/seen",
        "Return what reached the camera.",
        lambda twins, name: twins.seen(name),
        answer=requests.SeenAnswer,
    ),
    Operation(
        "DELETE",
        "/v1/twins/{name}/seen",
        "Return what reached the camera, and forget it.",
        lambda twins, name: twins.seen(name, clear=True),
        answer=requests.SeenAnswer,
    ),
    Operation(
        "GET",
        "/v1/twins/{name}/features/{feature}",
        "Read a feature with its access and limits.",
        lambda twins, name, feature: twins.feature(name, feature),
        answer=requests.FeatureAnswer,
    ),
    Operation(
        "PUT",
        "/v1/twins/{name}/features/{feature}",
        "Write a feature as a host would.",
        lambda twins, name, feature, body: twins.write(name, feature, body.value),
        body=requests.WriteBody,
        answer=requests.FeatureAnswer,
    ),
    Operation(
        "POST",
        "/v1/twins/{name}/commands/{command}",
        "Execute a command as a host would.",
        lambda twins, name, command: twins.execute(name, command),
        status=204,
    ),
)
NAMES: Final = str.maketrans({" ": None, "/": "_", "{": None, "}": None})
"""Characters of a path that a name does not have."""
REFUSALS: Final = {
    "400": "The body is no JSON.",
    "401": "The token is missing or wrong.",
    "403": "The page of another origin asks.",
    "404": "There is no such path, twin or feature.",
    "409": "The camera refuses it, or there are as many twins as there may be.",
    "413": "The body is too long.",
    "421": "Host names another server.",
    "422": "A field is missing or wrong.",
}


def reply(status: int, answer: object) -> Response:
    """Return a response with an answer as JSON."""
    if status == 204:
        return Response(status_code=204, headers=dict(HEADERS))
    return JSONResponse(answer, status, headers=dict(HEADERS))


def refused(status: int, problem: str) -> Response:
    """Return the response that says in one line why a request is refused."""
    return reply(status, {"problem": " ".join(problem.split())})


def status_of(problem: Exception) -> int:
    """Return the status of a problem."""
    if isinstance(problem, NoSuchThing):
        return 404
    return 409 if isinstance(problem, Full | Problem) else 422


def line_of(wrong: ValidationError) -> str:
    """Return the first thing that is wrong with a body: the field, and what it should be."""
    first = wrong.errors(include_url=False, include_input=False)[0]
    field = ".".join(map(str, first["loc"]))
    return f"{field}: {first['msg']}" if field else str(first["msg"])


def endpoint(operation: Operation, twins: ServedTwins, guard: Guard) -> Callable[[Request], Any]:
    """Return what serves an operation: token, body, work in a thread, and problems in a line."""

    async def serve(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not guard.knows(token):
            return refused(401, "the token is missing or wrong: Authorization: Bearer TOKEN")
        given: list[Any] = [request.path_params[word] for word in operation.words]
        try:
            if operation.body:
                given.append(operation.body.model_validate(json.loads(await request.body())))
            done = await asyncio.to_thread(operation.do, twins, *given)
        except ValidationError as wrong:
            return refused(422, line_of(wrong))
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            return refused(400, "the body is no JSON")
        except (Problem, ValueError, TypeError) as problem:
            return refused(status_of(problem), str(problem))
        except OSError as problem:
            return refused(409, problem.strerror or "the system refuses it")
        if operation.answer is None:
            return reply(operation.status, None)
        kind = TypeAdapter[Any](operation.answer)
        return reply(operation.status, kind.dump_python(done, mode="json"))

    return serve


def described() -> dict[str, Any]:
    """Return the API in OpenAPI 3.1."""
    schemas: dict[str, Any] = {}

    def schema(kind: type) -> dict[str, Any]:
        made = TypeAdapter[Any](kind).json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(made.pop("$defs", {}))
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            schemas[kind.__name__] = made
            return {"$ref": f"#/components/schemas/{kind.__name__}"}
        return made

    paths: dict[str, Any] = {}
    for each in OPERATIONS:
        answer: dict[str, Any] = {"description": each.summary}
        if each.answer is not None:
            answer["content"] = {"application/json": {"schema": schema(each.answer)}}
        wrong = {"application/json": {"schema": schema(requests.RefusalAnswer)}}
        row: dict[str, Any] = {
            "summary": each.summary,
            "operationId": f"{each.method} {each.path}".lower().translate(NAMES),
            "parameters": [
                {"name": word, "in": "path", "required": True, "schema": {"type": "string"}}
                for word in each.words
            ],
            "responses": {
                str(each.status): answer,
                **{code: {"description": text, "content": wrong} for code, text in REFUSALS.items()},
            },
        }
        if each.body:
            row["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": schema(each.body)}},
            }
        paths.setdefault(each.path, {})[each.method.lower()] = row
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "camtwin",
            "version": __version__,
            "summary": "Create, inspect, inject into and remove digital twins of cameras.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def application(guard: Guard, twins: ServedTwins) -> ASGIApp:
    """Return the API as an ASGI application behind the guard."""

    async def wrong(_: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return refused(status, str(getattr(error, "detail", "the server failed")))

    routes = [
        Route("/openapi.json", lambda _: reply(200, described())),
        *(Route(each.path, endpoint(each, twins, guard), methods=[each.method]) for each in OPERATIONS),
    ]
    return Gate(Starlette(routes=routes, exception_handlers={HTTPException: wrong}), guard)
