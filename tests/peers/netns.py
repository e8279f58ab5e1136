"""A network of its own for each test: a namespace whose loopback carries one twin and its clients, no more.

Discovery is a broadcast on a fixed port, so two twins of two tests would find each other's clients on the
host's own loopback. A namespace costs a few milliseconds, needs root, and is removed whatever happens.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from warm import Program

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent  # of the virtual environment the tests run in: camtwin, viva-camctl
SYSTEM_PYTHON = "/usr/bin/python3"  # gi and Aravis' introspection are Debian packages
ADDRESS = "127.0.0.1"
EVERYBODY = "255.255.255.255"
MODEL = "baumer-vcxg-124m"
CLONE_NEWNET = 0x4000_0000  # linux/sched.h

_numbers = itertools.count()


class PeerError(AssertionError):
    """A client or the twin said no, or died: the message is what it said."""


def _run(
    *args: str, timeout: float, env: dict[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            args, capture_output=True, text=True, timeout=timeout, env=env, cwd=cwd, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as e:
        raise PeerError(f"{' '.join(args)}: no answer within {timeout} s\n{e.stdout or ''}") from e


class Namespace:
    """A network namespace with its loopback up; a context manager."""

    def __init__(self) -> None:
        self.name = f"camtwin-{os.getpid()}-{next(_numbers)}"
        self.prefix = ("ip", "netns", "exec", self.name)

    def __enter__(self) -> Namespace:
        made = _run("ip", "netns", "add", self.name, timeout=10)
        if made.returncode:
            raise PeerError(f"no network namespace (root needed): {made.stderr.strip()}")
        try:
            _run(*self.prefix, "ip", "link", "set", "lo", "up", timeout=10).check_returncode()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for pid in _run("ip", "netns", "pids", self.name, timeout=10).stdout.split():
            with contextlib.suppress(
                ProcessLookupError
            ):  # what a failed test left behind in its own namespace
                os.kill(int(pid), signal.SIGKILL)
        _run("ip", "netns", "del", self.name, timeout=10)

    def run(
        self, *args: str | Path, timeout: float = 30, ok: bool = True, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; PeerError if it fails (unless ok=False) or takes too long."""
        env = {**os.environ, "RUST_LOG": "error", "NO_COLOR": "1"}
        done = _run(*self.prefix, *map(str, args), timeout=timeout, env=env, cwd=cwd)
        if ok and done.returncode:
            raise PeerError(
                f"{' '.join(map(str, args))}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
            )
        return done

    def socket(self, kind: socket.SocketKind = socket.SOCK_DGRAM) -> socket.socket:
        """Return an IPv4 socket of this namespace, made in a thread that enters it and ends."""
        made: list[socket.socket] = []

        def enter() -> None:
            with open(f"/run/netns/{self.name}") as handle:
                if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET):
                    return
            made.append(socket.socket(socket.AF_INET, kind))

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        if not made:
            raise PeerError(f"cannot enter the network namespace {self.name}")
        return made[0]

    # --- the clients

    def arv_tool(self, *args: str, timeout: float = 30, address: str = ADDRESS) -> str:
        """Return arv-tool's output (stdout and stderr.

        Refusals are on either, and its exit code is always 0).
        """
        done = self.run("arv-tool-0.8", "-a", address, *args, timeout=timeout)
        return done.stdout + done.stderr

    def found(self) -> list[str]:
        """Addresses at which Aravis finds cameras."""
        return re.findall(r"\((\S+)\)", self.run("arv-tool-0.8").stdout)

    def viva(
        self,
        *args: str | Path,
        timeout: float = 30,
        ok: bool = True,
        cwd: Path | None = None,
        iface: str = ADDRESS,
    ) -> subprocess.CompletedProcess[str]:
        """Run viva-camctl; on a loopback it has to be told the interface."""
        return self.run(BIN / "viva-camctl", "--iface", iface, *args, timeout=timeout, ok=ok, cwd=cwd)

    def viva_json(self, *args: str, timeout: float = 30, iface: str = ADDRESS) -> Any:
        return json.loads(self.viva("--json", *args, timeout=timeout, iface=iface).stdout)

    def action(self, device_key: int, group_key: int, group_mask: int, *, to: str = ADDRESS) -> int:
        """viva-genicam sends an action; how many cameras take it. To EVERYBODY it is a broadcast."""
        if to == EVERYBODY:
            self.run("ip", "route", "replace", EVERYBODY, "dev", "lo")
        keys = {"device-key": device_key, "group-key": group_key, "group-mask": group_mask}
        asked = [text for name, key in keys.items() for text in (f"--{name}", str(key))]
        return self.viva_json("action", "--destination", to, *asked)["acknowledged"]

    def aravis(self, script: str, *args: str | Path, timeout: float = 60, prefix: Sequence[str] = ()) -> Any:
        """Run tests/peers/aravis_SCRIPT.py under Debian's Python; returns the JSON it prints."""
        program = (*prefix, SYSTEM_PYTHON, HERE / f"aravis_{script}.py")
        return json.loads(self.run(*program, *args, timeout=timeout).stdout)


SABOTAGE = "sabotage"
"""In place of a program: see sabotaged()."""


class Running:
    """A camtwin command, in a namespace or in none: ready when it says so, ended by SIGTERM at last."""

    def __init__(self, namespace: Namespace | None, *command: str | Path) -> None:
        self.namespace = namespace
        self.command = [*map(str, command)]
        self.said: list[str] = []
        self._ready = threading.Event()
        self._ended = False

    def __enter__(self) -> Self:
        env = {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": "200"}
        self.process = self._start(env)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        if not self._ready.wait(60) or self._ended:
            self.__exit__()
            raise PeerError(f"the twin did not get ready: {' '.join(self.command)}\n{''.join(self.said)}")
        return self

    def _start(self, env: dict[str, str]) -> subprocess.Popen[str] | Program:
        """Start camtwin warm, and what a program like setpriv starts as that does."""
        first, *args = self.command
        name = self.namespace.name if self.namespace else ""
        if first == str(BIN / "camtwin"):
            return Program(args, env, namespace=name)
        if first == SABOTAGE:
            return Program(args[1:], env, breaks=args[0], namespace=name)
        return subprocess.Popen(
            [*(self.namespace.prefix if self.namespace else ()), *self.command],
            env=env,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise PeerError(f"the twin did not end on SIGTERM\n{''.join(self.said)}") from None
        finally:
            self._close()

    def kill(self) -> None:
        """Kill the twin, as if it were unplugged."""
        self.process.kill()
        self.process.wait()
        self._close()

    def _close(self) -> None:
        self._listener.join(5)
        if self.process.stdout:
            self.process.stdout.close()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line)
            if "ready" in line:
                self._ready.set()
        self._ended = not self._ready.is_set()
        self._ready.set()

    @property
    def traceback(self) -> bool:
        """Whether the twin ever printed one: hostile or odd bytes get a status code, never a traceback."""
        return any(line.startswith("Traceback") for line in self.said)


WITHOUT_PACKET_SOCKETS = ("setpriv", "--inh-caps=-net_raw", "--bounding-set=-net_raw")
PLAIN_SCENE = ("--scene", "flat")
"""What twins of tests see unless they say otherwise: the chart takes half a second to draw."""


class RunningTwin(Running):
    """`camtwin run`."""

    def __init__(
        self,
        namespace: Namespace,
        command: Sequence[str | Path],
        *args: str,
        bind: str | None = ADDRESS,
        model: str = MODEL,
    ) -> None:
        where = ["--bind", bind] if bind else []
        scene = () if "--scene" in args else PLAIN_SCENE
        super().__init__(namespace, *command, "run", model, *where, *scene, *args)


CAMTWIN: Sequence[str | Path] = (BIN / "camtwin",)


@contextlib.contextmanager
def captured(namespace: Namespace, file: Path, source: str) -> Iterator[None]:
    """Meanwhile Wireshark's dumpcap writes UDP packets from `source` on loopback into a file."""
    only = f"udp and src host {source}"
    with subprocess.Popen(
        [*namespace.prefix, "dumpcap", "-q", "-i", "lo", "-f", only, "-w", file],
        stderr=subprocess.PIPE,
        text=True,
    ) as capture:
        assert capture.stderr
        try:
            next(line for line in capture.stderr if line.startswith("File:"))
            yield
        finally:
            capture.terminate()


def settings(features: Mapping[str, str | float]) -> list[str]:
    """Return settings as options of aravis_grab.py, in order."""
    return [a for name, value in features.items() for a in ("--set", f"{name}={value}")]


def sabotaged(name: str) -> Sequence[str | Path]:
    """Return the command of a twin with one thing wrong; NAME+NAME: with two.

    The checks of this folder are run on these too, and have to fail there: a check that a broken twin passes
    checks nothing. Any break of tests/mutations will do.
    """
    return (SABOTAGE, name)


@contextlib.contextmanager
def twin(*args: str, command: Sequence[str | Path] = CAMTWIN, model: str = MODEL) -> Iterator[Namespace]:
    """Run a twin in a network of its own; yield the namespace, through which its clients run."""
    with Namespace() as namespace, RunningTwin(namespace, command, *args, model=model) as running:
        yield namespace
        if running.traceback:
            raise PeerError(f"the twin printed a traceback\n{''.join(running.said)}")
