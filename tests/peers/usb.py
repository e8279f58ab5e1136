"""A USB3 Vision twin, and stock programs that reach it through `camtwin exec`: no root, no kernel module."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from peers.netns import BIN, HERE, PLAIN_SCENE, SYSTEM_PYTHON, PeerError, settings

MODEL = "basler-aca4112-20um"
CAMTWIN: Sequence[str | Path] = (BIN / "camtwin",)


class UsbTwin:
    """`camtwin run` on a port that the system picks; ended when the context is left."""

    def __init__(
        self, *args: str, command: Sequence[str | Path] = CAMTWIN, port: int = 0, model: str = MODEL
    ) -> None:
        scene = () if "--scene" in args else PLAIN_SCENE
        self.command = [*map(str, command), "run", model, "--port", str(port), *scene, *args]
        self.said = ""
        self.port = 0

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self.command,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if found := re.search(r"ready at 127\.0\.0\.1:(\d+) \(USB/IP\)", line):
                self.port = int(found[1])
                return self
        self.__exit__()
        raise PeerError(f"the twin did not get ready\n{self.said}")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            said, _error = self.process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise PeerError("the twin did not end on SIGTERM") from None
        self.said += said or ""
        if "Traceback" in self.said:
            raise PeerError(f"the twin printed a traceback\n{self.said}")

    def kill(self) -> None:
        """As if it were unplugged."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def run(self, *args: str | Path, timeout: float = 60, others: Sequence[UsbTwin] = ()) -> str:
        """What a program prints that has this twin, and others, as its USB devices; PeerError if it fails."""
        ports = [f"--port={twin.port}" for twin in (self, *others)]
        command = [*map(str, CAMTWIN), "exec", *ports, "--", *map(str, args)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
        except subprocess.TimeoutExpired as late:
            raise PeerError(f"{command}: no answer within {timeout} s\n{late.stdout}") from late
        if done.returncode:
            raise PeerError(f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def grab(self, *args: str, frames: int, timeout: float = 60, **features: str | float) -> dict[str, Any]:
        """Grab so many frames through Aravis, with these features set; every one must be whole."""
        script = HERE / "aravis_grab.py"
        count = str(frames)
        got = json.loads(
            self.run(
                SYSTEM_PYTHON,
                script,
                "--address",
                "usb",
                "--frames",
                count,
                *settings(features),
                *args,
                timeout=timeout,
            )
        )
        assert [f["status"] for f in got["frames"]] == ["success"] * frames
        assert got["stream"]["n_failures"] == 0
        return got

    def steps(self, *each: tuple[Any, ...]) -> list[Any]:
        """Answers to steps of aravis_features.py."""
        return json.loads(self.run(SYSTEM_PYTHON, HERE / "aravis_features.py", json.dumps(each), "usb"))
