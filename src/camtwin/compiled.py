"""Compilation of kernels: once per machine, if there is a place to cache them.

Import this module lazily: numba takes 0.4 s and 90 MB.

Vector width. On many processors with 512-bit registers LLVM prefers half of them, because the first of these
processors lowered their clock for the whole. On later ones, kernels that are all arithmetic take 0.6 of the
time in the full width. So a short loop of such arithmetic is timed in both widths before the first kernel is
compiled, and all functions of all kernels get the faster one as LLVM's attribute `prefer-vector-width`, which
the cached kernels keep. Numba's settings and other people's kernels stay as they are, and the bits of the
results are the same in every width.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import numpy as np
from llvmlite.binding import get_host_cpu_features
from numba import njit
from numba.core.compiler import Compiler
from numpy.typing import NDArray

WIDTHS_bits: Final = (256, 512)
TURNS: Final = 15
"""Calls of a loop in each width; the first is not counted."""
Function = Callable[..., Any]


class _Preferring(Compiler):
    """A compiler of functions that prefer registers of one width."""

    @property
    def width_bits(self) -> int | None:
        """The width to prefer; None: as LLVM likes."""
        return preferred_width_bits()

    def define_pipelines(self) -> list[Any]:
        """Numba's own steps, into a library that gives every function the attribute."""
        state = self.state
        state.library = library = state.targetctx.codegen().create_library(state.func_id.func_qualname)
        library.enable_object_caching()
        if width_bits := self.width_bits:
            add = library.add_ir_module

            def add_preferring(module: Any) -> None:
                for function in module.functions:
                    # llvmlite's own `add` knows only attributes without a value.
                    set.add(function.attributes, f'"prefer-vector-width"="{width_bits}"')
                add(module)

            library.add_ir_module = add_preferring
        return super().define_pipelines()


def compiled(function: Function) -> Function:
    """Apply numba's njit to a kernel that Python calls: cached on disk, without the GIL."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "pipeline_class": _Preferring}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # nowhere to write, neither beside the source nor in the user's cache
        return njit(**options)(function)


def part(function: Function) -> Function:
    """Apply numba's njit to a function that kernels call."""
    return njit(error_model="numpy", pipeline_class=_Preferring)(function)


def inlined(function: Function) -> Function:
    """Apply numba's njit to a function that becomes a piece of the loops that call it."""
    return njit(error_model="numpy", forceinline=True, pipeline_class=_Preferring)(function)


def preferring(width_bits: int, function: Function) -> Function:
    """Apply numba's njit to a function that prefers registers of this width."""
    pipeline = type("Pipeline", (_Preferring,), {"width_bits": width_bits})
    return njit(error_model="numpy", pipeline_class=pipeline)(function)


@lru_cache(maxsize=1)
def preferred_width_bits() -> int | None:
    """Return the width of registers in which arithmetic is faster here; None where there is no choice."""
    if not get_host_cpu_features().get("avx512f"):
        return None
    loops = {width: preferring(width, _arithmetic) for width in WIDTHS_bits}
    words, out = np.arange(1 << 12, dtype=np.uint32), np.empty(1 << 12, np.float32)
    times_s: dict[int, list[float]] = {width: [] for width in WIDTHS_bits}
    for _ in range(1 + TURNS):
        for width, loop in loops.items():
            start = time.thread_time()
            loop(words, out)
            times_s[width].append(time.thread_time() - start)
    return min(WIDTHS_bits, key=lambda width: min(times_s[width][1:]))


def _arithmetic(words: NDArray[np.uint32], out: NDArray[np.float32]) -> None:
    """Fill `out` with a hash of each word and a polynomial of it, as kernels of noise do."""
    for i in range(words.shape[0]):
        word = np.uint32(np.uint32(words[i] ^ (words[i] >> np.uint32(16))) * np.uint32(0x21F0AAAD))
        x = np.float32(np.int32(word >> np.uint32(1))) * np.float32(2.0**-31)
        y = x
        for _ in range(24):
            y = y * x + np.float32(0.5)
        out[i] = y
