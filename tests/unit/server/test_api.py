"""The HTTP API: twins are created, inspected, injected into and removed; hostile requests are refused."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from camtwin.server import api
from camtwin.server.twins import ServedTwins
from camtwin.studio import serve
from camtwin.studio.guard import MAX_BODY, Guard
from camtwin.studio.twins import MAX_TWINS

SMALL = ["Width=64", "Height=64"]
TWIN = {"model": "baumer-vcxg-124m", "scene": "dark", "set": SMALL}
SHEET = 'like = "baumer-vcxg-124m"\nfeatures.DeviceUserID = { default = "mine", source = "test" }\n'


@dataclass
class Api:
    """A server that listens, and its gate."""

    port: int
    gate: Guard
    twins: ServedTwins

    def ask(
        self, method: str, path: str, body: object = None, *, raw: bytes | None = None, **headers: str
    ) -> tuple[int, Any]:
        """Send a request with the token; return status and answer, parsed."""
        link = HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        own = {
            "Host": f"127.0.0.1:{self.port}",
            "Authorization": f"Bearer {self.gate.token}",
            "Content-Length": str(len(data)),
        }
        link.putrequest(method, path, skip_host=True)
        for name, value in (own | {name.replace("_", "-"): value for name, value in headers.items()}).items():
            if value:
                link.putheader(name, value)
        link.endheaders(data)
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        if answer.getheader("content-type", "") == "application/json":  # else uvicorn refused what is no HTTP
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert "Traceback" not in text
        return answer.status, json.loads(text) if text.startswith(("{", "[")) else text


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    root = tmp_path_factory.mktemp("root")
    (root / "mine.toml").write_text(SHEET)
    (root.parent / "secret.toml").write_text(SHEET)
    (root / "link.toml").symlink_to(root.parent / "secret.toml")
    listening = serve.listen("127.0.0.1", 0)
    _, port = serve.address_of(listening)
    gate, twins = Guard.on("127.0.0.1", port), ServedTwins(root)
    running = serve.server(api.application(gate, twins))
    thread = threading.Thread(target=lambda: asyncio.run(running.serve([listening])))
    thread.start()
    yield Api(port, gate, twins)
    running.should_exit = True
    thread.join(20)
    twins.close()
    assert not thread.is_alive()


@pytest.fixture
def twin(server: Api) -> Iterator[str]:
    status, made = server.ask("POST", "/v1/twins", TWIN)
    assert status == 201, made
    yield f"/v1/twins/{made['name']}"
    server.ask("DELETE", f"/v1/twins/{made['name']}")


def test_a_twin_lives_and_ends(server: Api, twin: str):
    status, seen = server.ask("GET", twin)
    assert status == 200
    assert (seen["model"], seen["link"], seen["problems"]) == ("baumer-vcxg-124m", "GigE Vision", [])
    assert seen["where"].startswith("127.0.254.")
    assert [each["name"] for each in server.ask("GET", "/v1/twins")[1]] == [seen["name"]]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:  # it answers a discovery
        client.settimeout(20)
        client.sendto(bytes.fromhex("42 01 00 02 00 00 00 01"), (seen["where"], 3956))
        assert client.recv(1000)[:8] == bytes.fromhex("00 00 00 03 00 f8 00 01")
    assert server.ask("DELETE", twin) == (204, "")
    assert server.ask("GET", twin)[0] == 404


def test_features_are_read_and_written_and_seen(server: Api, twin: str):
    assert server.ask("PUT", f"{twin}/features/ExposureTime", {"value": 2000})[1]["value"] == 2000
    status, gain = server.ask("GET", f"{twin}/features/Gain")
    assert (status, gain["access"], gain["min"], gain["max"]) == (200, "RW", 0, 48)
    status, formats = server.ask("GET", f"{twin}/features/PixelFormat")
    assert "Mono12" in formats["entries"]
    assert server.ask("POST", f"{twin}/commands/AcquisitionStart")[0] == 204
    status, seen = server.ask("DELETE", f"{twin}/seen")
    assert seen["writes"][-1] == ["ExposureTime", 2000]
    assert seen["commands"] == ["AcquisitionStart"]
    assert server.ask("GET", f"{twin}/seen")[1]["commands"] == []


def test_words_happen(server: Api, twin: str):
    status, done = server.ask("POST", f"{twin}/inject", {"word": "heat", "internal_C": 70})
    assert status == 200
    assert done["at_ns"] is not None
    assert server.ask("GET", f"{twin}/features/DeviceTemperature")[1]["value"] == pytest.approx(70, abs=3)
    status, later = server.ask("POST", f"{twin}/inject", {"word": "unplug", "at_frame": 3})
    assert (status, later["at_ns"]) == (200, None)


def test_a_sheet_beneath_the_root_is_a_model(server: Api):
    status, made = server.ask("POST", "/v1/twins", {**TWIN, "model": "mine.toml"})
    assert status == 201, made
    user = server.ask("GET", f"/v1/twins/{made['name']}/features/DeviceUserID")[1]
    assert user["value"] == "mine"
    server.ask("DELETE", f"/v1/twins/{made['name']}")


def test_models_and_description(server: Api):
    _, models = server.ask("GET", "/v1/models")
    assert {"baumer-vcxg-124m", "basler-aca4112-20um"} <= {each["model"] for each in models}
    _, page = server.ask("GET", "/openapi.json", Authorization="")
    assert page["openapi"] == "3.1.0"
    described = {(method.upper(), path) for path, row in page["paths"].items() for method in row}
    assert described == {(each.method, each.path) for each in api.OPERATIONS}
    for name, schema in page["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert name
    names = [row["operationId"] for path in page["paths"].values() for row in path.values()]
    assert len(set(names)) == len(names)


# -- hostile use -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:80"])
def test_another_host_is_refused(server: Api, host: str):
    assert server.ask("GET", "/v1/twins", Host=host)[0] == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1"])
def test_another_origin_is_refused(server: Api, origin: str):
    assert server.ask("POST", "/v1/twins", TWIN, Origin=origin)[0] == 403
    assert server.twins.names == []


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer x", "Basic {}", "Bearer {}x", "{}"])
def test_without_the_token_nothing_happens(server: Api, shown: str):
    for each in api.OPERATIONS:
        path = each.path.replace("{name}", "cam1").replace("{feature}", "Gain").replace("{command}", "x")
        status, said = server.ask(each.method, path, TWIN, Authorization=shown.format(server.gate.token))
        assert (status, [*said]) == (401, ["problem"])
    assert server.twins.names == []


def test_bodies_have_a_limit(server: Api):
    assert server.ask("POST", "/v1/twins", raw=b"", Content_Length=str(MAX_BODY + 1))[0] == 413
    assert server.ask("POST", "/v1/twins", raw=b"", Content_Length="1e3")[0] == 400
    assert server.ask("POST", "/v1/twins", raw=b"", Content_Length="", Transfer_Encoding="chunked")[0] == 411


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 50000, 400),
        (b"[]", 422),
        (b"7", 422),
        (b'{"model": "baumer-vcxg-124m", "pace": NaN}', 422),
        (b'{"model": "baumer-vcxg-124m", "pace": 1e400}', 422),
        (b'{"model": "baumer-vcxg-124m", "bind": "0.0.0.0"}', 422),
        (b'{"model": "baumer-vcxg-124m", "storage": "/tmp"}', 422),
        (b'{"model": "baumer-vcxg-124m", "seed": -1}', 422),
        (b'{"model": "baumer-vcxg-124m", "set": ["Width"]}', 409),
        (b'{"model": "baumer-vcxg-124m", "faults": [{"ms": 1}]}', 422),
        (b'{"model": "baumer-vcxg-124m", "plan": {"devices": {"c": {"model": "/x.toml"}}}}', 409),
    ],
)  # fmt: skip
def test_broken_bodies_are_refused_in_one_line(server: Api, body: bytes, status: int):
    got, said = server.ask("POST", "/v1/twins", raw=body)
    assert (got, [*said]) == (status, ["problem"]), said
    assert "\n" not in said["problem"]
    assert server.twins.names == []


PATHS = [
    "/etc/passwd",
    "../secret.toml",
    "../../../../../../../etc/hostname.toml",
    "link.toml",
    "nothing.toml",
    "./mine",
    "mine\0.toml",
    "~/x.toml",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_name_leads_elsewhere(server: Api, path: str):
    status, said = server.ask("POST", "/v1/twins", {**TWIN, "model": path})
    assert (status, [*said]) == (409, ["problem"])
    status, said = server.ask("POST", "/v1/twins", {**TWIN, "scene": path})
    assert status in (409, 422)
    assert [*said] == ["problem"]
    assert server.twins.names == []


def test_without_a_root_no_file_is_read():
    (status,) = {api.status_of(problem) for problem in refusals(ServedTwins())}
    assert status == 409


def refusals(twins: ServedTwins) -> Iterator[Exception]:
    for asked in ({"model": "mine.toml"}, {**TWIN, "scene": "./picture.png"}):
        try:
            twins.create(api.requests.CreateBody.model_validate(asked))
        except Exception as problem:
            yield problem


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "features/Widht", {"value": 1}, 404),
        ("PUT", "features/__class__", {"value": 1}, 404),
        ("PUT", "features/twin", {"value": 1}, 404),
        ("PUT", "features/Width", {"value": 33}, 409),
        ("PUT", "features/Width", {"value": "x" * 600}, 422),
        ("PUT", "features/Width", {"value": {"a": 1}}, 422),
        ("POST", "commands/Width", None, 409),
        ("POST", "commands/close", None, 404),
        ("POST", "inject", {"word": "__init__"}, 409),
        ("POST", "inject", {"word": "unplug", "camera": "other"}, 409),
        ("POST", "inject", {"word": "heat", "internal_C": "hot"}, 409),
        ("POST", "inject", {"word": "heat"}, 409),
        ("POST", "inject", {"word": "pulse", "device": "plc", "width_us": 1}, 409),
        ("POST", "inject", {"word": "unplug", "at_packet": [1]}, 422),
        ("PATCH", "", None, 405),
    ],
)
def test_requests_that_cannot_be_are_refused_in_one_line(
    server: Api, twin: str, method: str, path: str, body: object, status: int
):
    got, said = server.ask(method, f"{twin}/{path}".rstrip("/"), body)
    assert (got, [*said]) == (status, ["problem"]), said
    assert said["problem"]
    assert "\n" not in said["problem"]


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/twins/../../etc/passwd", "/v1/twins/%2e%2e", "//etc/passwd"]
)
def test_no_path_leads_elsewhere(server: Api, path: str):
    status, said = server.ask("GET", path)
    assert (status, [*said]) == (404, ["problem"])


def test_there_are_so_many_twins_and_no_more(server: Api):
    made = [server.ask("POST", "/v1/twins", TWIN) for _ in range(MAX_TWINS + 1)]
    assert [status for status, _ in made] == [201] * MAX_TWINS + [409]
    assert len({row["where"] for _, row in made[:-1]}) == MAX_TWINS
    for _, row in made[:-1]:
        assert server.ask("DELETE", f"/v1/twins/{row['name']}")[0] == 204


def test_half_open_sockets_disturb_nobody(server: Api):
    with ExitStack() as opened:
        for _ in range(20):
            half = opened.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            half.send(b"POST /v1/twins HTTP/1.1\r\nHost: ")
        assert server.ask("GET", "/v1/twins") == (200, [])


def test_the_token_is_in_its_file_alone(tmp_path: Path):
    import warm

    file = tmp_path / "token.txt"
    program = warm.Program(["serve", "--http", "--token-file", str(file)])
    line = program.stdout.readline()
    program.terminate()
    rest = program.stdout.read()
    program.stdout.close()
    assert program.wait(20) == 128 + 15  # as docs/running.md has it
    assert "http://127.0.0.1:" in line
    assert file.read_text().strip() not in line + rest
    assert file.stat().st_mode & 0o777 == 0o600
