"""Programs in C that run inside other people's processes, compiled when they are first needed.

`libusb()` gives the folder of a stand-in for libusb-1.0 (its sources are here) that finds its devices on
USB/IP servers: whatever program is run with that folder in LD_LIBRARY_PATH sees the twins of this computer
as USB devices, without a kernel module and without root. It is kept in the user's cache under a hash of its
sources and its compiler's options, so it is compiled once.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

NAME: Final = "libusb-1.0.so.0"
OPTIONS: Final = ("-std=gnu11", "-O2", "-fPIC", "-shared", "-pthread", f"-Wl,-soname,{NAME}")
HOW_TO_GET_ONE: Final = "install one (Debian: apt-get install gcc libc6-dev); the rest of camtwin needs none"


class CompilerProblem(OSError):
    """What cannot be compiled here; one line that says what is missing."""


def sources() -> dict[str, bytes]:
    """The stand-in's files, by name."""
    return {
        f.name: f.read_bytes()
        for f in sorted(files(__name__).iterdir(), key=lambda f: f.name)
        if f.name.endswith((".c", ".h"))
    }


def cache() -> Path:
    """Where compiled things are kept."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "camtwin"


def libusb(options: Sequence[str] = OPTIONS) -> Path:
    """The folder that has the stand-in, compiled if nobody has; CompilerProblem where that cannot be done."""
    texts = sources()
    digest = hashlib.sha256(repr((sorted(texts.items()), tuple(options))).encode()).hexdigest()[:16]
    there = cache() / f"libusb-{digest}"
    if not (there / NAME).exists():
        _compile(texts, options, there)
    return there


def _compile(texts: Mapping[str, bytes], options: Sequence[str], there: Path) -> None:
    """In a folder of its own, moved into place when it is done: two may do this at once."""
    compiler = shutil.which(os.environ.get("CC") or "cc")
    if compiler is None:
        raise CompilerProblem(f"camtwin exec needs a C compiler, and there is no cc here: {HOW_TO_GET_ONE}")
    there.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=there.parent) as folder:
        for name, text in texts.items():
            (Path(folder) / name).write_bytes(text)
        units = [name for name in texts if name.endswith(".c")]
        done = subprocess.run(
            [compiler, *options, "-o", NAME, *units], cwd=folder, capture_output=True, text=True
        )
        if done.returncode:
            said = next((line for line in done.stderr.splitlines() if "error" in line), "no reason given")
            raise CompilerProblem(f"{compiler} cannot compile the libusb stand-in: {said}")
        there.mkdir(exist_ok=True)
        os.replace(Path(folder) / NAME, there / NAME)


def environment(servers: Sequence[tuple[str, int]]) -> dict[str, str]:
    """Variables under which a program finds the twins of these servers. CompilerProblem as `libusb`."""
    folder = str(libusb())
    before = os.environ.get("LD_LIBRARY_PATH")
    return {
        **os.environ,
        "LD_LIBRARY_PATH": f"{folder}:{before}" if before else folder,
        "CAMTWIN_USBIP": ",".join(f"{host}:{port}" for host, port in servers),
    }
