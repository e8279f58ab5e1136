"""Programs of this computer beside twins that are served here: what they print, and how C is compiled.

A program sees the devices of all twins that this user runs, as under `camtwin exec`.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import camtwin
from camtwin.links import native
from camtwin.links.base.devices import devices
from camtwin.problem import Missing, Problem

PROGRAM_s: Final = 120.0
COMPILERS: Final = {".c": ("cc", "-std=c11"), ".cpp": ("c++", "-std=c++17")}


class ProgramFailed(Problem):
    """A program that did not end well; one line of what it said."""


def output_of(words: Sequence[str | Path], timeout_s: float = PROGRAM_s) -> str:
    """Run a program with the devices that are served, in a folder that goes with it; return what it prints.

    Raises:
        ProgramFailed: it ends with an error, or takes too long
        Missing: there is no C compiler
    """
    there, names = devices()
    try:
        environment = native.environment([], there if names else None)
    except native.CompilerProblem as problem:
        raise Missing(str(problem)) from None
    with tempfile.TemporaryDirectory() as folder:
        return _run(words, timeout_s, environment, folder)


def _run(
    words: Sequence[str | Path],
    timeout_s: float,
    environment: dict[str, str] | None = None,
    folder: str | None = None,
) -> str:
    name = Path(next((word for word in words if str(word).endswith(".py")), words[0])).name
    try:
        done = subprocess.run(
            [*map(str, words)],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired:
        raise ProgramFailed(f"{name} is not done within {timeout_s:g} s") from None
    if done.returncode:
        told = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        raise ProgramFailed(f"{name} ends with {done.returncode}: {told}")
    return done.stdout


def samples() -> Path:
    """Return the folder of the samples.

    Raises:
        Missing: this is no source tree
    """
    folder = Path(camtwin.__file__).parents[2] / "examples"
    if not folder.is_dir():
        raise Missing(f"the samples are part of the source tree, and {folder} is not there")
    return folder


@lru_cache
def compiled(source: Path) -> Path:
    """Compile a sample with the sensor library; return the program, which is kept in the user's cache.

    Raises:
        ProgramFailed: the compiler refuses it
        Missing: there is no C compiler
    """
    try:
        options = native.library_options()
    except native.CompilerProblem as problem:
        raise Missing(str(problem)) from None
    program = native.cache() / "samples" / source.name.replace(".", "-")
    program.parent.mkdir(exist_ok=True)
    own = program.with_name(f"{program.name}-{id(source)}")
    _run([*COMPILERS[source.suffix], "-Wall", "-Werror", source, *options, "-o", own], PROGRAM_s)
    own.replace(program)
    return program
