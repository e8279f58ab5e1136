"""Twins that GenTL programs reach, and stock Harvesters in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from peers.netns import CAMTWIN, HERE, MODEL, PLAIN_SCENE, PeerError, Running
from unit.links.gentl.serving import Serving

OTHER = "basler-aca4112-20um"
MODELS = (MODEL, OTHER)
SESSION = HERE / "gentl_session.py"
PYTHONPATH = os.pathsep.join(str(HERE.parents[1] / name) for name in ("src", "tests"))


class GentlTwins(Running):
    """`camtwin run --gentl-only`; ended when the context is left."""

    def __init__(
        self, *args: str, command: Sequence[str | Path] = CAMTWIN, models: Sequence[str] = MODELS
    ) -> None:
        scene = () if "--scene" in args else PLAIN_SCENE
        super().__init__(None, *command, "run", *models, "--gentl-only", *scene, *args)

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        if self.traceback:
            raise PeerError(f"the twins printed a traceback\n{''.join(self.said)}")

    @property
    def serials(self) -> list[str]:
        """Serial numbers that the command line printed."""
        return re.findall(r"serial (\d+)", "".join(self.said))


@contextmanager
def small_frames() -> Iterator[Serving]:
    """Serve a twin in this process, whose frames fit into the buffers of consumer.c."""
    with Serving(MODEL) as serving:
        camera = serving.twins[0].camera
        for feature in ("Width", "Height"):
            address, small = camera.tree.nodes[feature].address, (64).to_bytes(4, "big")
            serving.devices[0].runtime.command(camera.write, address, small)
        yield serving


RULE = '<TlRule vendor-type="camtwin" interface-type="*" rule="allow"/>'
"""The rule that docs/gentl.md tells users of VmbPy to add, and the last rule, before which it stands."""


def let_in(where: Path) -> Path:
    """Copy VmbPy, let our producer in there, and return the folder for PYTHONPATH."""
    spec = importlib.util.find_spec("vmbpy")
    assert spec, "VmbPy is not installed"
    assert spec.origin
    shutil.copytree(Path(spec.origin).parent, where / "vmbpy", ignore=shutil.ignore_patterns("__pycache__"))
    rules = where / "vmbpy/c_binding/lib/VmbC.xml"
    text = rules.read_text(encoding="utf-8")
    before, last, rest = text.rpartition("<TlRule ")
    rules.write_text(f"{before}{RULE}\n        {last}{rest}", encoding="utf-8")
    return where


def started(what: str, *args: str, **popen: Any) -> subprocess.Popen[str]:
    """Start a part of gentl_session.py."""
    env = {**os.environ, "PYTHONPATH": PYTHONPATH, **popen.pop("env", {})}
    command = [sys.executable, SESSION, what, *args]
    return subprocess.Popen(
        command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **popen
    )


def harvesters(what: str, *args: str, timeout: float = 60, **popen: Any) -> Any:
    """Return what a part of gentl_session.py printed; PeerError if it fails."""
    with started(what, *args, **popen) as program:
        try:
            out, errors = program.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            program.kill()
            raise PeerError(f"{what}: no answer within {timeout} s") from None
    if program.returncode:
        raise PeerError(f"{what}: exit {program.returncode}\n{errors}")
    return json.loads(out)
