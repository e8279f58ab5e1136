"""Ends of processes: by signals, and with the process that began them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from types import FrameType
from typing import Final

ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end a command as an exception does: files, processes and settings are put right on the way."""
UNSAFE: Final = ("numba", "llvmlite")
"""Packages whose memory an exception at any moment breaks: a kernel is loaded, or compiled, first."""
MOMENT_s: Final = 0.01
PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


class Ended(SystemExit):
    """A signal has ended the command; the exit code is the one shells have for it, 128 and its number."""


_ended: list[Ended] = []
"""The end, once a signal has come."""
_waiting: list[list[int]] = []
"""Signals that came in each context of `ending_later` that is open."""


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let signals end the command in this context by an exception; a second one ends the process at once.

    The exception can rise in the middle of a library, which makes another one of it, or a warning: once a
    signal has come, whatever ends the command is that end. A signal that is ignored (nohup, a shell's
    background) stays so.
    """
    for number in ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    sys.unraisablehook = _unraisable
    try:
        yield
    except BaseException:
        if _ended:
            raise _ended[0] from None
        raise


@contextlib.contextmanager
def ending_later() -> Iterator[None]:
    """Let signals wait until this context is left; processes that begin in it have them blocked for good.

    To block them is not enough: the system hands a signal to any thread, and Python calls its handler here.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
    _waiting.append([])
    try:
        yield
    finally:
        came = _waiting.pop()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if came:
            _end(came[0], None)


def _end(number: int, frame: FrameType | None) -> None:
    if _waiting:
        _waiting[-1].append(number)
        return
    for each in ENDINGS:
        if signal.getsignal(each) is _end:
            signal.signal(each, signal.SIG_DFL)
    if unsafe(frame):
        _end_later(number)
        return
    warnings.simplefilter("ignore")
    end = Ended(128 + number)
    _ended.append(end)
    raise end


def unsafe(frame: FrameType | None) -> bool:
    """Tell whether an exception should not rise here, in what a thread executes."""
    while frame:
        if str(frame.f_globals.get("__name__")).partition(".")[0] in UNSAFE:
            return True
        frame = frame.f_back
    return False


def _end_later(number: int) -> None:
    """Have the signal come again in a moment."""
    signal.signal(signal.SIGALRM, lambda _, frame: _end(number, frame))
    signal.setitimer(signal.ITIMER_REAL, MOMENT_s)


def _unraisable(lost: sys.UnraisableHookArgs) -> None:
    """Signal again where the exception could not be raised, as while an object was deleted."""
    if isinstance(lost.exc_value, Ended):
        _end_later(int(str(lost.exc_value.code)) - 128)  # when this is over
    elif not _ended:
        sys.__unraisablehook__(lost)


def end_with(parent: int) -> None:
    """End this process when its parent does, however that ends, or at once if it has already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
