"""`camtwin studio --attach`: a page beside a run that began without one, for as long as somebody wants it."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

import camtwin
from camtwin.studio.door import PREFIX
from peers.gvcp import CCP, CONTROL, Gvcp
from warm import Program, run

ADDRESS = "127.83.0.3"
MODEL = "baumer-vcxg-124m"
with camtwin.open(MODEL, render=False) as cam:
    WIDTH = cam.twin.camera.tree.find("Width").address


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of sockets of this test alone."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "camtwin"


@contextmanager
def program(*args: str, awaits: str) -> Iterator[tuple[Program, re.Match[str]]]:
    """Run a command; yield it, and the line that it was awaited for."""
    running = Program(args, {**os.environ, "PYTHONUNBUFFERED": "1"})
    lines = list[str]()
    try:
        for line in running.stdout:
            lines.append(line)
            if match := re.search(awaits, line):
                yield running, match
                break
        else:
            pytest.fail("".join(lines))
    finally:
        running.terminate()
        running.wait(20)
        running.stdout.close()


def twin(address: str = ADDRESS) -> Any:
    return program("run", MODEL, "--bind", address, "--scene", "flat", awaits="ready at")


def page(*which: str) -> Any:
    return program("studio", *which, "--attach", "--no-browser", awaits=r"http://(127.0.0.1:\d+)/#(\S+)")


@contextmanager
def seen(place: re.Match[str]) -> Iterator[ClientConnection]:
    """Open the page's connection, and select the twin."""
    host, token = place.groups()
    with connect(f"ws://{host}/ws", origin=f"http://{host}") as link:  # pyright: ignore[reportArgumentType]
        for words in ({"token": token}, {"id": 1, "do": "models"}, {"id": 2, "do": "select", "name": "cam1"}):
            link.send(json.dumps(words))
        yield link


def heads(link: ClientConnection) -> Iterator[dict[str, Any]]:
    """Yield what the page gets, asking for more."""
    while True:
        data = link.recv(timeout=30)
        assert isinstance(data, bytes)
        yield json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])
        link.send(json.dumps({"do": "ack"}))


def check_log(link: ClientConnection) -> None:
    """Write as a client does: the page is told, by the name of the feature."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((ADDRESS, 0))
        client = Gvcp(sock, ADDRESS)
        client.write_register(CCP, CONTROL)
        client.write_register(WIDTH, 320)
        told = (entry["text"] for head in heads(link) for entry in head.get("log", ()))
        assert "Width = 320" in told
        client.write_register(CCP, 0)


def test_a_page_beside_a_run_ends_with_whoever_asked_for_it(folder: Path):
    with twin() as (running, _):
        for _ in range(2):  # and can be had again
            with page() as (studio, place), seen(place) as link:
                answer = next(head for head in heads(link) if head.get("re") == 2)
                assert answer["ok"]["model"] == MODEL
                assert answer["ok"]["attached"]
                check_log(link)
                studio.terminate()
                with pytest.raises(ConnectionClosed):
                    next(head for head in heads(link) if head.get("re") == 99)
        with page() as (studio, _):
            running.terminate()
            assert studio.wait(20) == 0
    assert not [*folder.glob(f"{PREFIX}*")]


def test_where_several_run_one_has_to_be_named(folder: Path):
    none = run("studio", "--attach")
    assert none.returncode == 2
    assert none.stderr == "camtwin: no twin runs here to attach to: begin one with camtwin run MODEL\n"
    with twin(), twin("127.83.0.4"):
        both = run("studio", "--attach", MODEL)
        assert f"2 processes run such twins: {MODEL} at {ADDRESS}; {MODEL} at 127.83.0.4" in both.stderr
        other = run("studio", "--attach", "ids-imx412")
        assert "no twin ids-imx412 runs" in other.stderr
        with page("127.83.0.4") as (_, place), seen(place) as link:
            told = next(head["clients"] for head in heads(link) if "clients" in head)
            assert told["where"] == "127.83.0.4"
    assert {none.stdout, both.stdout, other.stdout} == {""}


def test_noise_at_the_door_ends_nothing(folder: Path):
    with twin(), page() as (_, place), seen(place) as link:
        for noise in (b"", b"no JSON\n", b"[]\n", b'"port"\n', b'{"port": "x"}\n', b"{" * 100_000, b"\xff\n"):
            with socket.socket(socket.AF_UNIX) as sock, suppress(BrokenPipeError, ConnectionResetError):
                sock.connect(str(folder / f"{PREFIX}1"))
                sock.sendall(noise)
                sock.shutdown(socket.SHUT_WR)
                assert sock.recv(100) == b""
        check_log(link)


def test_what_a_page_cannot_have_is_told(folder: Path):
    with twin(), socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("studio", "--attach", "--no-browser", "--port", port)
        assert done.returncode == 2
        assert f"cannot listen at 127.0.0.1, port {port}" in done.stderr
    refused = run("studio", "--attach", "--seed", "3")
    assert "--set, --scene and --seed are their own" in refused.stderr
