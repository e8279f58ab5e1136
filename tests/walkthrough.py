"""Walk through a page of the documentation as its reader does: save files, run commands and examples.

A block that begins with `# NAME.py` or `# NAME.toml` is saved under that name. Any other Python runs,
and prints what the block of text behind it says. Commands are `$ camtwin ...` or `$ pytest ...`; the lines
below one are the first that it prints.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import warm

BLOCK = re.compile(r"^```([^\n`]*)\n(.*?)^```", re.M | re.S)
NAMED = re.compile(r"# ([\w-]+\.(?:py|toml))\n")


@dataclass
class Walk:
    """A walk through a page, in a folder.

    ran     how much was done of each kind
    prefix  what stands before pytest, such as what enters a network namespace
    """

    page: Path
    folder: Path
    ran: dict[str, int] = field(default_factory=lambda: {"file": 0, "python": 0, "command": 0})
    prefix: Sequence[str] = ()
    printed: str = ""

    def begin(self) -> Walk:
        """Do everything."""
        for language, text in BLOCK.findall(self.page.read_text(encoding="utf-8")):
            if named := NAMED.match(text):
                (self.folder / named[1]).write_text(text, encoding="utf-8")
                self.ran["file"] += 1
            elif language == "python":
                self.ran["python"] += 1
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    exec(compile(text, self.page.name, "exec"), {})
                self.printed = out.getvalue()
            elif language == "text":
                assert self.printed == text
            elif language == "console":
                for part in filter(None, re.split(r"^\$ ", text, flags=re.M)):
                    first, *lines = part.splitlines()
                    self.command(shlex.split(first), lines)
        return self

    def command(self, words: list[str], lines: list[str]) -> None:
        """Run a command that prints these lines first."""
        self.ran["command"] += 1
        program, *args = words
        if program == "camtwin":
            done = warm.run(*args, timeout=110)
        else:
            assert program == "pytest"
            run = [*self.prefix, sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args]
            done = subprocess.run(run, capture_output=True, text=True, timeout=110, cwd=self.folder)
        said = done.stdout.splitlines()
        assert done.returncode == 0, done.stdout + done.stderr
        assert said[: len(lines)] == lines
