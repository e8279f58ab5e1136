"""The threads that render, which all twins of a process share.

There are as many as processors, and two at least: a second one hides what a single frame waits for, and more
than processors would only wait for each other. Frames of all twins stand in one queue, in the order in which
they were asked for. The threads come with the first twin and go with the last.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

MIN_WORKERS: Final = 2
NICE: Final = 4
"""Of rendering. Sending, and a client on this computer, go before it: packets that wait too long are lost."""


def threads() -> int:
    """How many there are."""
    return max(MIN_WORKERS, len(os.sched_getaffinity(0)))


class Rendering:
    """One twin's part of it."""

    _lock = threading.Lock()
    _pool: ThreadPoolExecutor | None = None
    _twins = 0

    def __init__(self) -> None:
        with self._lock:
            Rendering._pool = self._mine = Rendering._pool or ThreadPoolExecutor(
                threads(), "render", _give_way
            )
            Rendering._twins += 1
        self._asked: set[Future] = set()
        self._open = True

    def submit(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have something done, after all that was asked for before."""
        future = self._mine.submit(call, *args, **kwargs)
        self._asked.add(future)
        future.add_done_callback(self._asked.discard)
        return future

    def close(self) -> None:
        """Nothing of this twin is done any more: what has begun is waited for, what has not is cancelled."""
        if not self._open:
            return
        self._open = False
        wait([future for future in tuple(self._asked) if not future.cancel()])
        with self._lock:
            Rendering._twins -= 1
            if Rendering._twins == 0:
                Rendering._pool = None
                self._mine.shutdown(wait=True)


def _give_way() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
