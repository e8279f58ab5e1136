"""How kernels are compiled: once a machine, where there is a place to keep them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """numba's njit for kernels that are called from Python: kept on disk, without the GIL.

    Import this module lazily: numba takes 0.4 s and 90 MB.
    """
    try:
        return njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # nowhere to write, neither beside the source nor in the user's cache
        return njit(nogil=True, error_model="numpy")(function)
