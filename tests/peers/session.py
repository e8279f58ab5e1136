"""Clients that live on while a test tells them what to do next."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Protocol, Self

from peers.netns import ADDRESS, HERE, SYSTEM_PYTHON, PeerError


class Reached(Protocol):
    """A place from which clients reach a twin: a namespace, or a USB twin.

    prefix  a command that runs a program there
    """

    @property
    def prefix(self) -> Sequence[str]: ...


class Session:
    """A client in a process of its own (CLIENT_session.py); ended when the context is left.

    prefix  a command that runs it
    """

    def __init__(
        self,
        net: Reached,
        client: str = "aravis",
        prefix: Sequence[str] = (),
        *,
        address: str = ADDRESS,
    ) -> None:
        self.client = client
        python = SYSTEM_PYTHON if client == "aravis" else sys.executable
        self.process = subprocess.Popen(
            [*net.prefix, *prefix, python, HERE / f"{client}_session.py", address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        try:
            assert self._answer() == "ready"
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def __call__(self, *step: Any) -> Any:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(step).encode() + b"\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout
        ready, _, _ = select.select([self.process.stdout], [], [], 20)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            raise PeerError(f"the {self.client} client says nothing")
        return json.loads(line)
