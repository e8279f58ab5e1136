"""The process around the command line, `camtwin` or `python -m camtwin`: its streams and its signals.

It begins before the commands are imported, so that Ctrl-C in their first moments is quiet, too.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import sys
from typing import TextIO

from camtwin.problem import Problem
from camtwin.processes import ended_by_signals, ending_later
from camtwin.spelling import spelt


class OutputLost(Problem):
    """Output that cannot be written; no OSError, which libraries would take for their own to handle."""


class Output(io.TextIOWrapper):
    """A stream for output: it says where a write failed, and spells out what its encoding lacks."""

    def write(self, text: str, /) -> int:
        """Write text. OutputLost if that is impossible."""
        try:
            return super().write(text)
        except OSError as error:
            raise self._lost(error) from None

    def flush(self) -> None:
        """Write everything that waits. OutputLost if that is impossible."""
        try:
            super().flush()
        except OSError as error:
            raise self._lost(error) from None

    def _lost(self, error: OSError) -> OutputLost:
        """Return the problem; nothing more is written there, not even what waits."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
        quiet = isinstance(error, BrokenPipeError)  # whoever read has what it wanted
        reason = "is closed" if error.errno == errno.EBADF else error.strerror
        return OutputLost("" if quiet else f"stdout: {reason}")


class Messages(Output):
    """A stream for messages; those that cannot be written are dropped, for there is no place to say so."""

    def write(self, text: str, /) -> int:
        """Write text, if that is possible."""
        with contextlib.suppress(OutputLost):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        """Write everything that waits, if that is possible."""
        with contextlib.suppress(OutputLost):
            super().flush()


def main() -> None:
    """Run the command line in a process of its own."""
    with ended_by_signals():
        with ending_later():  # a stream that is half made cannot be flushed at the end
            open_streams()
        from camtwin.cli import main as commands

        commands()


def open_streams() -> None:
    """Make stdin, stdout and stderr such that a command need not think of them.

    One that is closed would give its number to the first file that is opened. It is opened here, stdout such
    that a write fails: output that is lost is an error.
    """
    for number, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # takes the lowest number that is free, this one
    codecs.register_error("spell", spell)
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115  (as long as the process)
    sys.stdout, sys.stderr = _wrapped(sys.stdout, 1, Output), _wrapped(sys.stderr, 2, Messages)


def _wrapped(stream: TextIO | None, number: int, kind: type[Output]) -> Output:
    """Return a stream for this descriptor that encodes as the one that Python made, if it made one."""
    made = stream or open(number, "w", closefd=False)  # noqa: SIM115  (as long as the process)
    encoding, lines = made.encoding, number == 2 or getattr(made, "line_buffering", False)
    return kind(made.detach(), encoding, "spell", line_buffering=lines)  # type: ignore[attr-defined]


def spell(error: UnicodeError) -> tuple[str | bytes, int]:
    """Spell the first character that an encoding lacks: η as eta, ≤ as <=, unknown ones as ?.

    A handler for errors of codecs. Bytes of file names that are no text stay what they are.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    if "\udc80" <= character <= "\udcff":
        return bytes([ord(character) - 0xDC00]), error.start + 1
    return spelt(character), error.start + 1


if __name__ == "__main__":
    main()
