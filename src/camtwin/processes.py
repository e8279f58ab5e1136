"""Ends of processes: by signals, and with the process that began them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end a command as an exception does: files, processes and settings are put right on the way."""


PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


class Ended(SystemExit):
    """A signal has ended the command; the exit code is the one shells have for it, 128 and its number."""


def end_by_signals() -> None:
    """Let signals end the command by an exception; a second one ends the process at once.

    A signal that is ignored (nohup, a shell's background) stays so.
    """
    for number in ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    sys.unraisablehook = _unraisable


def _end(number: int, _frame: object) -> None:
    for each in ENDINGS:
        if signal.getsignal(each) is _end:
            signal.signal(each, signal.SIG_DFL)
    raise Ended(128 + number)


def _unraisable(lost: sys.UnraisableHookArgs) -> None:
    """Signal again where the exception could not be raised, as while an object was deleted."""
    if isinstance(lost.exc_value, Ended):
        number = int(str(lost.exc_value.code)) - 128
        signal.signal(signal.SIGALRM, lambda _, frame: _end(number, frame))
        signal.setitimer(signal.ITIMER_REAL, 0.01)  # when this is over
    else:
        sys.__unraisablehook__(lost)


def end_with(parent: int) -> None:
    """End this process when its parent does, however that ends, or at once if it has already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
