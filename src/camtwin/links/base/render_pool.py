"""Rendering threads, which all twins of a process share.

There are as many as processors, and at least two: the second one works while a single frame waits; more than
there are processors would only wait for each other. Frames of all twins stand in one queue in the order of
their requests. The threads start with the first twin and end with the last.
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
"""Niceness of rendering. Sending, and a client on this computer, go first: late packets are lost."""


def threads() -> int:
    """Return the number of rendering threads."""
    return max(MIN_WORKERS, len(os.sched_getaffinity(0)))


class Rendering:
    """One twin's share of the rendering threads."""

    _lock = threading.Lock()
    _pool: ThreadPoolExecutor | None = None
    _twins = 0

    def __init__(self) -> None:
        with self._lock:
            Rendering._pool = self._mine = Rendering._pool or ThreadPoolExecutor(
                threads(), "render", _give_way
            )
            Rendering._twins += 1
        self._futures: set[Future] = set()
        self._open = True

    def submit(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue a call behind all that are queued."""
        future = self._mine.submit(call, *args, **kwargs)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        return future

    def close(self) -> None:
        """End this twin's rendering: wait for calls that have begun, cancel the others."""
        if not self._open:
            return
        self._open = False
        wait([future for future in tuple(self._futures) if not future.cancel()])
        with self._lock:
            Rendering._twins -= 1
            if Rendering._twins == 0:
                Rendering._pool = None
                self._mine.shutdown(wait=True)


def _give_way() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
