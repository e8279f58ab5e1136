"""Compilation of kernels: once per machine, if there is a place to cache them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Apply numba's njit to a kernel that Python calls: cached on disk, without the GIL.

    Import this module lazily: numba takes 0.4 s and 90 MB.
    """
    try:
        return njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # nowhere to write, neither beside the source nor in the user's cache
        return njit(nogil=True, error_model="numpy")(function)
