"""Peers of the bench that need not be there: colour-demosaicing in its own Python, and rawpy.

A peer that is missing is a line in the report and no traceback.
"""

from __future__ import annotations

import json
import subprocess
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import numpy as np

PYTHON = Path("build/colour/bin/python")
SCRIPT = Path(__file__).with_name("isp_peer.py")


class MissingPeer(Exception):
    """A peer that is not installed, or broken: one line that says why it was not measured."""


class Colour:
    """colour-demosaicing, which keeps running between calls; its Python is asked over a pipe."""

    def __init__(self, python: Path) -> None:
        if not python.exists():
            raise MissingPeer(
                f"colour-demosaicing was not measured: there is no {python}, which `make bench-isp` sets up."
            )
        self._folder = TemporaryDirectory()
        self._running = subprocess.Popen(
            [python, SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.version = self._line()

    def _line(self) -> str:
        line = self._pipe(self._running.stdout).readline().strip()
        if not line:
            last = (self.close().strip() or "it ended").splitlines()[-1]
            raise MissingPeer(f"colour-demosaicing was not measured: {last}")
        return line

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe

    def ask(self, method: str, given: np.ndarray) -> np.ndarray:
        """Return what a method, or "chart", makes of an array."""
        folder = Path(self._folder.name)
        np.save(folder / "in.npy", given)
        asked = {"method": method, "input": str(folder / "in.npy"), "output": str(folder / "out.npy")}
        into = self._pipe(self._running.stdin)
        into.write(json.dumps(asked) + "\n")
        into.flush()
        self._line()
        return np.load(folder / "out.npy")

    def close(self) -> str:
        """End the program, and return its errors."""
        errors = self._running.communicate()[1]
        self._folder.cleanup()
        return errors


@lru_cache(maxsize=4)
def colour(python: Path = PYTHON) -> Colour:
    """Return colour-demosaicing. MissingPeer says why it is not there."""
    return Colour(python)


def missing() -> list[str]:
    """Return a line for each peer that is missing."""
    lines = []
    try:
        colour()
    except MissingPeer as why:
        lines.append(str(why))
    try:
        import rawpy  # noqa: F401
    except ImportError as why:
        lines.append(f"rawpy was not measured: {why}")
    return lines
