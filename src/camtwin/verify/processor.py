"""Processor time of a host's software: only this thread's, so whoever else is busy counts little."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

TURNS: Final = 5


def least_ms(*calls: Callable[[], object]) -> list[float]:
    """Return the least processor time of each call, ms, of several that are made in turn."""
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(1 + TURNS):
        for call, times in zip(calls, taken, strict=True):
            begin = time.thread_time()
            call()
            times.append(1e3 * (time.thread_time() - begin))
    return [min(times[1:]) for times in taken]  # the first ones compile, and fetch memory
