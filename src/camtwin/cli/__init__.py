"""The command line: a module for each group of commands.

Commands import what they use when they run, so that `camtwin --help` answers at once. Errors are one line on
stderr, with exit code 2.
"""

from __future__ import annotations

import os
import sys

from camtwin.cli import csi2, develop, images, lab, look, plan, registers, run  # noqa: F401  (they register)
from camtwin.cli.common import app
from camtwin.problem import Problem


def main() -> None:
    """Run the command line; a known problem becomes one line on stderr and exit code 2."""
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # a full disk shows here, and not as the interpreter ends
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as problem:
        if isinstance(problem, OSError):  # stdout may be what failed: nothing more goes there
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(problem, OSError | Problem):  # a mistake of ours
            raise
        if not isinstance(problem, BrokenPipeError):  # whoever read has what it wanted
            print(f"camtwin: {_line(problem)}", file=sys.stderr)
        sys.exit(2)


def _line(problem: Exception) -> str:
    """Return a problem as one line; the system's errors name the file, if there is one."""
    if isinstance(problem, OSError) and problem.strerror:
        return f"{problem.filename}: {problem.strerror}" if problem.filename else problem.strerror
    return str(problem)
