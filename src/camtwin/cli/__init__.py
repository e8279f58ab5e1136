"""The command line: a module for each group of commands.

Commands import what they use when they run, so that `camtwin --help` answers at once. Errors are one line on
stderr, with exit code 2.
"""

from __future__ import annotations

import sys

from camtwin.cli import (  # noqa: F401  (they register)
    adopt,
    csi2,
    develop,
    ecosystem,
    execute,
    gentl,
    images,
    lab,
    libsv,
    look,
    new,
    plan,
    rates,
    record,
    registers,
    run,
    serve,
    sheets,
    studio,
    sweep,
)
from camtwin.cli.common import app
from camtwin.problem import Problem

LINUX_ONLY = ("fcntl", "pwd", "resource", "termios")
"""Modules that Python has on no other system than Unix."""


def main() -> None:
    """Run the command line; a known problem becomes one line on stderr and exit code 2."""
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # a full disk shows here, and not as the interpreter ends
    except (OSError, Problem) as problem:
        if text := _line(problem):
            print(f"camtwin: {text}", file=sys.stderr)
        sys.exit(2)
    except ModuleNotFoundError as missing:
        if missing.name not in LINUX_ONLY:
            raise
        text = f"this command needs Linux: there is no {missing.name} on this system"
        print(f"camtwin: {text}", file=sys.stderr)
        sys.exit(2)


def _line(problem: Exception) -> str:
    """Return a problem as one line that any terminal shows; the system's errors name the file, if any."""
    if isinstance(problem, OSError) and problem.strerror:
        text = f"{problem.filename}: {problem.strerror}" if problem.filename else problem.strerror
    else:
        text = str(problem)
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
