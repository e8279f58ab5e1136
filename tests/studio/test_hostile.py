"""Hostile web clients: refused, nothing runs, nothing is told, and the camera's time goes on."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from camtwin.cli import main
from camtwin.cli.studio import opened
from camtwin.studio.guard import MAX_BODY, MAX_PAGES, MAX_STRANGERS, Guard
from studio.conftest import Running


def asked(studio: Running, method: str, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Send a request; return status, body and headers."""
    link = HTTPConnection("127.0.0.1", studio.port, timeout=20)
    link.putrequest(method, path, skip_host=True)
    for name, value in ({"Host": f"127.0.0.1:{studio.port}"} | headers).items():
        link.putheader(name, value)
    link.endheaders()
    answer = link.getresponse()
    text = answer.read().decode()
    link.close()
    return answer.status, text, {name.lower(): value for name, value in answer.getheaders()}


@contextmanager
def hello(studio: Running, token: str | None = None, origin: str | None = "") -> Iterator[ClientConnection]:
    """Open a WebSocket as a page does, and show a token."""
    own = f"http://127.0.0.1:{studio.port}" if origin == "" else origin
    with connect(f"ws://127.0.0.1:{studio.port}/ws", origin=own, open_timeout=20) as link:  # pyright: ignore[reportArgumentType]
        link.send(json.dumps({"token": studio.gate.token if token is None else token}))
        yield link


def closed_with(link: ClientConnection) -> int:
    """Wait until a WebSocket is closed; return the code."""
    with pytest.raises(ConnectionClosed) as end:
        while True:
            link.recv(timeout=20)
    assert end.value.rcvd is not None
    return end.value.rcvd.code


def test_the_page_is_served_with_its_policy(studio: Running):
    status, text, headers = asked(studio, "GET", "/")
    assert status == 200
    assert "<camtwin-studio>" in text
    assert studio.gate.token not in text
    assert headers["content-security-policy"].startswith("default-src 'self';")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost.evil.example:80", "127.0.0.1:1"])
def test_another_host_is_refused(studio: Running, host: str):
    assert asked(studio, "GET", "/", Host=host)[0] == 421


def test_another_origin_is_refused(studio: Running):
    for origin in ("http://evil.example", "null", f"https://127.0.0.1:{studio.port}"):
        assert asked(studio, "GET", "/", Origin=origin)[0] == 403
        with pytest.raises(InvalidStatus) as refused, hello(studio, origin=origin):
            pass
        assert refused.value.response.status_code == 403
    with pytest.raises(InvalidStatus), hello(studio, origin=None):
        pass


@pytest.mark.parametrize("token", ["", "x", None])
def test_without_the_token_there_is_nothing(studio: Running, token: str | None):
    with hello(studio, token=studio.gate.token[:-1] if token is None else token) as link:
        assert closed_with(link) == 4403


def test_bodies_and_messages_have_a_limit(studio: Running):
    assert asked(studio, "POST", "/", **{"Content-Length": str(MAX_BODY + 1)})[0] == 413
    assert asked(studio, "POST", "/", **{"Content-Length": "1e3"})[0] == 400
    assert asked(studio, "POST", "/", **{"Transfer-Encoding": "chunked"})[0] == 411
    with hello(studio) as link:
        link.send("x" * (MAX_BODY + 1))
        assert closed_with(link) == 1009


@pytest.mark.parametrize("text", ["{", "[]", "7", '"do"', "[" * 5000, "{" * 5000])
def test_broken_messages_end_the_connection(studio: Running, text: str):
    with hello(studio) as link:
        link.send(text)
        assert closed_with(link) == 4400


@pytest.mark.parametrize(
    "asks",
    [
        {"do": "__class__"},
        {"do": ["set"]},
        {"do": "create", "model": "../../etc/passwd"},
        {"do": "create", "model": "./camera.toml"},
        {"do": "select", "name": {"x": 1}},
        {"do": "set", "name": "Gain", "value": 1},
    ],
)
def test_words_that_are_none_are_refused_in_one_line(studio: Running, asks: dict[str, object]):
    with hello(studio) as link:
        link.send(json.dumps({"id": 1, **asks}))
        data = link.recv(timeout=20)
    assert isinstance(data, bytes)
    problem = json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])["problem"]
    assert problem
    assert "\n" not in problem
    assert "Traceback" not in problem


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/..%2f..%2fetc/passwd", "/%2e%2e/", "//etc/passwd", "/ws"]
)
def test_no_path_leads_elsewhere(studio: Running, path: str):
    status, text, _ = asked(studio, "GET", path)
    assert status == 404
    assert "root:" not in text


def test_half_open_sockets_and_floods_disturb_nobody(studio: Running):
    with ExitStack() as opened:
        for _ in range(20):
            half = opened.enter_context(socket.create_connection(("127.0.0.1", studio.port)))
            half.send(b"GET / HTTP/1.1\r\nHost: ")
        links = [opened.enter_context(hello(studio)) for _ in range(MAX_PAGES)]
        for link in links:
            link.send(json.dumps({"id": 1, "do": "models"}))
            link.recv(timeout=20)
        with pytest.raises(InvalidStatus) as refused, hello(studio):  # one more page than there may be
            pass
        assert refused.value.response.status_code == 403
        assert asked(studio, "GET", "/")[0] == 200


def test_the_guard_knows_its_own_names():
    gate = Guard.on("127.0.0.1", 80)
    assert gate.refuses({"host": "localhost:80"}) is None
    assert gate.refuses({"host": "localhost:80", "origin": "http://127.0.0.1:80"}) is None
    assert gate.refuses({}) is not None
    assert gate.knows(gate.token)
    assert not gate.knows(None)
    assert not gate.knows(gate.token + "x")
    assert gate.token not in repr(gate)


def test_half_open_sockets_never_lock_anybody_out(studio: Running):
    """More sockets than the server serves at a time, without a request, or with one that never ends."""
    with ExitStack() as opened:
        halves = [
            opened.enter_context(socket.create_connection(("127.0.0.1", studio.port))) for _ in range(100)
        ]
        for half in halves[::2]:
            half.send(b"GET / HTTP/1.1\r\nHost: ")
        assert asked(studio, "GET", "/")[0] == 200
        with hello(studio) as link:
            link.send(json.dumps({"id": 1, "do": "models"}))
            assert link.recv(timeout=20)


def test_sockets_without_the_token_give_way(studio: Running):
    own = f"http://127.0.0.1:{studio.port}"
    with ExitStack() as opened:
        strangers = [
            opened.enter_context(connect(f"ws://127.0.0.1:{studio.port}/ws", origin=own, open_timeout=20))  # pyright: ignore[reportArgumentType]
            for _ in range(MAX_STRANGERS + MAX_PAGES)
        ]
        with hello(studio) as link:
            link.send(json.dumps({"id": 1, "do": "models"}))
            assert link.recv(timeout=20)
        assert closed_with(strangers[0]) == 4403


def test_the_token_is_on_no_command_line(monkeypatch: pytest.MonkeyPatch):
    told: list[str] = []
    monkeypatch.setattr("webbrowser.open", told.append)
    with opened("http://127.0.0.1:1/#secret"):
        (address,) = told
        page = Path(address.removeprefix("file://"))
        assert "secret" not in address
        assert "#secret" in page.read_text()
        assert (page.stat().st_mode & 0o777, page.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert not page.exists()


def test_settings_that_are_refused_are_told_before_the_page_opens(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sys.argv", ["camtwin", "studio", "baumer-vcxg-124m", "--set", "Width=3"])
    monkeypatch.setattr("webbrowser.open", lambda _: pytest.fail("the page opens"))
    with pytest.raises(SystemExit, match="2"):
        main()
    assert capsys.readouterr() == ("", "camtwin: Width 3 px is below the minimum 16 px\n")
