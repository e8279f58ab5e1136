"""A camera's network namespace, a host's, and cables between them; and a DHCP server on the host's side."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from peers.netns import CAMTWIN, Namespace, PeerError, RunningTwin

SPEED = 20
"""How much faster than the clock the twins look for addresses: the server's shortest lease is 120 s."""
PATIENCE_s = 30


class Lan:
    """Cables from the camera's veth0, ... to the host's host0 at 10.0.0.1/24, host1 at 10.0.1.1/24, ..."""

    def __init__(self, tmp: Path, cables: int = 1) -> None:
        self.tmp, self.cables = tmp, cables
        self.camera, self.host = Namespace(), Namespace()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opening:
            for namespace in (self.camera, self.host):
                opening.enter_context(namespace)
            for n in range(self.cables):
                ends = f"veth{n} netns {self.camera.name} type veth peer name host{n} netns {self.host.name}"
                self.host.run("ip", "link", "add", *ends.split())
                self.host.run("ip", "addr", "add", f"10.0.{n}.1/24", "dev", f"host{n}")
                self.cable(up=True, n=n)
            self._opened = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def cable(self, *, up: bool, n: int = 0) -> None:
        self.host.run("ip", "link", "set", f"host{n}", "up" if up else "down")

    def twin(self, *args: str, command: Sequence[str | Path] = CAMTWIN) -> RunningTwin:
        own = [word for n in range(self.cables) for word in ("--interface", f"veth{n}")]
        return RunningTwin(self.camera, command, *args, *own, "--ip-speed", str(SPEED), bind=None)

    def wait(self, wanted: Callable[[list[str]], object]) -> list[str]:
        """Until what Aravis finds is as wanted; AssertionError if it never is."""
        end = time.monotonic() + PATIENCE_s
        while not wanted(found := self.host.found()):
            assert time.monotonic() < end, f"found at {found}"
            time.sleep(0.2)
        return found

    def viva_finds(self, n: int = 0) -> list[dict[str, Any]]:
        """Return the cameras that viva-camctl finds by a cable.

        It waits a second for answers, and runs again.
        """
        for _ in range(5):
            if found := self.host.viva_json("list", iface=f"10.0.{n}.1"):
                return found
        raise PeerError("viva-camctl finds nothing")


class Dnsmasq:
    """Leases one address on each of a Lan's cables: `last` is its last byte; a context manager."""

    def __init__(self, lan: Lan, last: int, time: str = "2m") -> None:
        leases = lan.tmp / f"leases-{last}"
        leases.unlink(missing_ok=True)
        ranges = [
            f"--dhcp-range=10.0.{n}.{last},10.0.{n}.{last},255.255.255.0,{time}" for n in range(lan.cables)
        ]
        self.command = [
            *(*lan.host.prefix, "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--user=root"),
            *("--no-ping", "--dhcp-authoritative", f"--dhcp-leasefile={leases}", *ranges),
        ]

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(0.3)
        if self.process.poll() is not None:
            raise PeerError(f"dnsmasq: {self.process.communicate()[1].decode()}")
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.process.communicate()

    def kill(self) -> None:
        """Another one may listen where it did."""
        self.process.kill()
        self.process.wait()
