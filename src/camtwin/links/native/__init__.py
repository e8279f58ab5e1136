"""C sources of objects that run inside other programs, compiled when they are first needed.

Each object is built of its own folder and of `common`, and stands alone. `libusb` is a stand-in for
libusb-1.0 that finds its devices on USB/IP servers: a program with its folder in LD_LIBRARY_PATH sees the
twins of this computer as USB devices, without a kernel module and without root. `audit` (LD_AUDIT) gives it
to programs that bring a libusb of their own, too. `preload` (LD_PRELOAD) gives programs the buses of sensors
as /dev/i2c-N and cameras as /dev/videoN. `sv` is LibSV, a library for V4L2 devices that C and C++ programs
are linked with; it knows no twin. `gentl` is a GenTL producer, whose cameras are the twins that run. Objects
are kept in the user's cache under a hash of their sources and compiler options, so each is compiled once.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import camtwin

OPTIONS: Final = ("-std=gnu11", "-O2", "-fPIC", "-shared", "-pthread")
COMMON: Final = "common"
PT_INTERP: Final = 3
HOW_TO_GET_ONE: Final = "install one (Debian: apt-get install gcc libc6-dev); the rest of camtwin needs none"


@dataclass(frozen=True)
class NativeObject:
    """A shared object: its file name and the folder of its own sources.

    needed_by  the command that needs it, for people
    defines    macros that the sources do not have
    """

    file: str
    folder: str
    needed_by: str
    defines: tuple[str, ...] = ()

    @property
    def options(self) -> tuple[str, ...]:
        """Compiler options: the object exports only the names in its exports.map."""
        script = f"-Wl,--version-script={self.folder}/exports.map"
        return (*OPTIONS, *self.defines, f"-Wl,-soname,{self.file}", script)


LIBUSB: Final = NativeObject("libusb-1.0.so.0", "libusb", "camtwin exec")
AUDIT: Final = NativeObject("libcamtwin-audit.so", "audit", "camtwin exec")
PRELOAD: Final = NativeObject("libcamtwin-devices.so", "preload", "camtwin exec")
SV: Final = NativeObject("libsv.so", "sv", "camtwin libsv")
GENTL: Final = NativeObject(
    "camtwin.cti", "gentl", "camtwin.cti", (f'-DCAMTWIN_VERSION="{camtwin.__version__}"',)
)


class CompilerProblem(OSError):
    """An object that cannot be compiled here; one line that names the missing part."""


def sources(of: NativeObject) -> dict[str, bytes]:
    """Return the object's files and the common ones, by their paths in this folder."""
    folders: tuple[Traversable, ...] = tuple(files(__name__) / name for name in (COMMON, of.folder))
    return {
        f"{folder.name}/{f.name}": f.read_bytes()
        for folder in folders
        for f in sorted(folder.iterdir(), key=lambda f: f.name)
        if f.name.endswith((".c", ".h", ".map"))
    }


def headers() -> Path:
    """Return the folder for a compiler's -I, from which programs include <sv/sv.h>."""
    return Path(str(files(__name__)))


def library_options() -> list[str]:
    """Return the options with which a compiler finds LibSV and its header.

    Raises:
        CompilerProblem: as in `build`
    """
    folder = build(SV)
    return [f"-I{headers()}", f"-L{folder}", f"-Wl,-rpath,{folder}", "-lsv"]


def cache() -> Path:
    """Return the folder of compiled objects."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "camtwin"


def build(this: NativeObject, options: Sequence[str] | None = None) -> Path:
    """Return the folder that holds the object; compile it if that has not been done.

    Raises:
        CompilerProblem: it cannot be compiled here
    """
    texts, how = sources(this), this.options if options is None else options
    digest = hashlib.sha256(repr((sorted(texts.items()), tuple(how))).encode()).hexdigest()[:16]
    there = cache() / f"{this.folder}-{digest}"
    if not (there / this.file).exists():
        _compile(this, texts, how, there)
    return there


def _compile(this: NativeObject, texts: Mapping[str, bytes], options: Sequence[str], there: Path) -> None:
    """Compile in a folder of its own, then move the result into place: two processes may do this at once."""
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
            reason = next((line for line in done.stderr.splitlines() if "error" in line), "no reason given")
            raise CompilerProblem(f"{compiler} cannot compile {this.file}: {reason}")
        there.mkdir(exist_ok=True)
        os.replace(Path(folder) / this.file, there / this.file)


def environment(servers: Sequence[tuple[str, int]], devices: Path | None = None) -> dict[str, str]:
    """Return the variables under which a program finds the twins of these USB/IP servers, and all by GenTL.

    devices  the folder of buses and cameras; None: there are none, and the program's calls stay the system's

    Raises:
        CompilerProblem: as in `build`
    """
    folder = build(LIBUSB)
    preload = {}
    if devices:
        preload = {
            "LD_PRELOAD": before("LD_PRELOAD", build(PRELOAD) / PRELOAD.file),
            "CAMTWIN_DEVICES": str(devices),
        }
    return {
        **os.environ,
        "GENICAM_GENTL64_PATH": before("GENICAM_GENTL64_PATH", build(GENTL)),
        **preload,
        "LD_LIBRARY_PATH": before("LD_LIBRARY_PATH", folder),
        "LD_AUDIT": before("LD_AUDIT", build(AUDIT) / AUDIT.file),
        "CAMTWIN_LIBUSB": str(folder / LIBUSB.file),
        "CAMTWIN_USBIP": ",".join(f"{host}:{port}" for host, port in servers),
    }


def is_static(program: Path) -> bool:
    """Tell whether a file is an ELF program that has no dynamic linker, so that nothing can be preloaded.

    Source: ELF-64, program headers: one of type PT_INTERP names the linker.
    """
    try:
        with program.open("rb") as file:
            head = file.read(64)
            if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":  # 64 bits, little-endian
                return False
            (start,) = struct.unpack_from("<Q", head, 32)
            size, count = struct.unpack_from("<HH", head, 54)
            file.seek(start)
            table = file.read(size * count)
    except OSError:
        return False
    kinds = [table[at : at + 4] for at in range(0, len(table) - 3, size)] if size else []
    return PT_INTERP.to_bytes(4, "little") not in kinds


def before(variable: str, path: Path) -> str:
    """Return a list of paths with `path` before those that the variable has."""
    there = os.environ.get(variable)
    return f"{path}:{there}" if there else str(path)
