"""A USB3 Vision twin, and stock programs that reach it through `camtwin exec`: no root, no kernel module."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from peers.netns import CAMTWIN, HERE, PLAIN_SCENE, SYSTEM_PYTHON, PeerError, Running, settings

MODEL = "basler-aca4112-20um"


class UsbTwin(Running):
    """`camtwin run` on a port that the system picks; ended when the context is left."""

    def __init__(
        self, *args: str, command: Sequence[str | Path] = CAMTWIN, port: int = 0, model: str = MODEL
    ) -> None:
        scene = () if "--scene" in args else PLAIN_SCENE
        super().__init__(None, *command, "run", model, "--port", str(port), *scene, *args)
        self.port = 0

    def __enter__(self) -> Self:
        super().__enter__()
        ready = re.search(r"ready at 127\.0\.0\.1:(\d+) \(USB/IP\)", "".join(self.said))
        assert ready, self.said
        self.port = int(ready[1])
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        if self.traceback:
            raise PeerError(f"the twin printed a traceback\n{''.join(self.said)}")

    @property
    def prefix(self) -> list[str]:
        """A command that runs a program with this twin as its USB device."""
        return [*map(str, CAMTWIN), "exec", f"--port={self.port}", "--"]

    def run(self, *args: str | Path, timeout: float = 60, others: Sequence[UsbTwin] = ()) -> str:
        """Return the output of a program that has this twin, and others, as USB devices.

        PeerError if it fails.
        """
        ports = [f"--port={twin.port}" for twin in (self, *others)]
        command = [*map(str, CAMTWIN), "exec", *ports, "--", *map(str, args)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
        except subprocess.TimeoutExpired as late:
            raise PeerError(f"{command}: no answer within {timeout} s\n{late.stdout}") from late
        if done.returncode:
            raise PeerError(f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def found(self) -> list[str]:
        """Return the USB cameras that Aravis finds; those on this computer's network are of other tests."""
        return re.findall(r"(?m)^(.+) \(USB3\)$", self.run("arv-tool-0.8"))

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
