"""Objects in C that run inside other people's processes, compiled when they are first needed.

One folder has the sources of all: `common`, and a folder for each object, which is built of the two and
stands alone. `libusb`, a stand-in for libusb-1.0 that finds its devices on USB/IP servers: whatever program
is run with its folder in LD_LIBRARY_PATH sees the twins of this computer as USB devices, without a kernel
module and without root. What is built is kept in the user's cache under a hash of its sources and its
compiler's options, so it is compiled once.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

OPTIONS: Final = ("-std=gnu11", "-O2", "-fPIC", "-shared", "-pthread")
COMMON: Final = "common"
HOW_TO_GET_ONE: Final = "install one (Debian: apt-get install gcc libc6-dev); the rest of camtwin needs none"


@dataclass(frozen=True)
class NativeObject:
    """One object: the file it becomes, the folder of its own sources, and who needs it, for people."""

    file: str
    folder: str
    needed_by: str

    @property
    def options(self) -> tuple[str, ...]:
        """How it is linked: it exports what its exports.map names, and nothing else."""
        script = f"-Wl,--version-script={self.folder}/exports.map"
        return (*OPTIONS, f"-Wl,-soname,{self.file}", script)


LIBUSB: Final = NativeObject("libusb-1.0.so.0", "libusb", "camtwin exec")


class CompilerProblem(OSError):
    """What cannot be compiled here; one line that says what is missing."""


def sources(of: NativeObject) -> dict[str, bytes]:
    """The object's files and the common ones, by their paths in this folder."""
    folders: tuple[Traversable, ...] = tuple(files(__name__) / name for name in (COMMON, of.folder))
    return {
        f"{folder.name}/{f.name}": f.read_bytes()
        for folder in folders
        for f in sorted(folder.iterdir(), key=lambda f: f.name)
        if f.name.endswith((".c", ".h", ".map"))
    }


def cache() -> Path:
    """Where compiled things are kept."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "camtwin"


def build(this: NativeObject, options: Sequence[str] | None = None) -> Path:
    """The folder that has the object, compiled if nobody has; CompilerProblem where that cannot be done."""
    texts, how = sources(this), this.options if options is None else options
    digest = hashlib.sha256(repr((sorted(texts.items()), tuple(how))).encode()).hexdigest()[:16]
    there = cache() / f"{this.folder}-{digest}"
    if not (there / this.file).exists():
        _compile(this, texts, how, there)
    return there


def _compile(this: NativeObject, texts: Mapping[str, bytes], options: Sequence[str], there: Path) -> None:
    """In a folder of its own, moved into place when it is done: two may do this at once."""
    compiler = shutil.which(os.environ.get("CC") or "cc")
    if compiler is None:
        raise CompilerProblem(
            f"{this.needed_by} needs a C compiler, and there is no cc here: {HOW_TO_GET_ONE}"
        )
    there.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=there.parent) as folder:
        for name, text in texts.items():
            (Path(folder) / name).parent.mkdir(exist_ok=True)
            (Path(folder) / name).write_bytes(text)
        units = [name for name in texts if name.endswith(".c")]
        done = subprocess.run(
            [compiler, *options, "-o", this.file, *units], cwd=folder, capture_output=True, text=True
        )
        if done.returncode:
            said = next((line for line in done.stderr.splitlines() if "error" in line), "no reason given")
            raise CompilerProblem(f"{compiler} cannot compile {this.file}: {said}")
        there.mkdir(exist_ok=True)
        os.replace(Path(folder) / this.file, there / this.file)


def environment(servers: Sequence[tuple[str, int]]) -> dict[str, str]:
    """Variables under which a program finds the twins of these servers. CompilerProblem as `build`."""
    folder = str(build(LIBUSB))
    before = os.environ.get("LD_LIBRARY_PATH")
    return {
        **os.environ,
        "LD_LIBRARY_PATH": f"{folder}:{before}" if before else folder,
        "CAMTWIN_USBIP": ",".join(f"{host}:{port}" for host, port in servers),
    }
