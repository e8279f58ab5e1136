"""Work on a frame in tiles, shared among the caller's thread and helpers.

Whoever is free, the caller too, takes the next tile. A core that is busy elsewhere holds up one tile at most,
and helpers that wake too late are not waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import count

MAX_HELPERS = 64


def share(work: Callable[[int], None], tiles: int, threads: int) -> None:
    """Do work(0) .. work(tiles - 1), shared among the caller and up to threads - 1 helpers."""
    numbers = count()  # next() is atomic: each tile is taken once

    def take() -> None:
        while (number := next(numbers)) < tiles:
            work(number)

    helping = [_helpers().submit(take) for _ in range(min(threads - 1, tiles - 1, MAX_HELPERS))]
    try:
        take()
    finally:
        for helper in helping:
            if not helper.cancel():  # it has begun: its tile belongs to the frame
                helper.result()


@lru_cache(1)
def _helpers() -> ThreadPoolExecutor:
    """Return the threads that help callers; an idle one costs nothing, none starts before it is needed."""
    return ThreadPoolExecutor(MAX_HELPERS, "tiles")
