"""Compilation of kernels: the width of registers that they prefer."""

import re
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import config

from camtwin import compiled
from camtwin.sensor import kernels, noise

Z = np.empty((2, 64), np.float32)


def pairs(width_bits):
    """Compile the loop of normal numbers for one width."""
    loop: Any = kernels._pairs
    return compiled.preferring(width_bits, loop.py_func)


def code(dispatcher):
    """Return LLVM's code of the one version of a function that is compiled."""
    (text,) = dispatcher.inspect_llvm().values()
    return text


@pytest.mark.parametrize("width_bits", compiled.WIDTHS_bits)
def test_a_function_prefers_its_width(width_bits):
    made = pairs(width_bits)
    made(*Z, 3, np.uint64(7))
    assert f'"prefer-vector-width"="{width_bits}"' in code(made)


def test_bits_are_the_same_in_every_width():
    found = []
    for width_bits in compiled.WIDTHS_bits:
        z = np.empty((2, 1000), np.float32)
        pairs(width_bits)(*z, 5, np.uint64(11))
        found.append(z)
    assert np.array_equal(*found)
    assert found[0].std() == pytest.approx(1, abs=0.1)


def test_the_faster_width_is_chosen(monkeypatch):
    """A clock stands in that says how long each call took: the one in 256 bits half as long."""
    compiled.preferred_width_bits.cache_clear()
    monkeypatch.setattr(compiled, "get_host_cpu_features", lambda: {"avx512f": True})
    taken_s = dict(zip(compiled.WIDTHS_bits, (0.5, 1.0), strict=True))
    now_s = 0.0

    def stand_in(width_bits, _):
        def call(*_):
            nonlocal now_s
            now_s += taken_s[width_bits]

        return call

    monkeypatch.setattr(compiled, "preferring", stand_in)
    monkeypatch.setattr(compiled.time, "thread_time", lambda: now_s)
    try:
        assert compiled.preferred_width_bits() == 256
        compiled.preferred_width_bits.cache_clear()
        taken_s[512] = 0.25
        assert compiled.preferred_width_bits() == 512
    finally:
        compiled.preferred_width_bits.cache_clear()


def test_a_processor_without_a_choice_keeps_llvms(monkeypatch):
    compiled.preferred_width_bits.cache_clear()
    monkeypatch.setattr(compiled, "get_host_cpu_features", lambda: {"avx2": True})
    try:
        assert compiled.preferred_width_bits() is None
        made = compiled.part(compiled._arithmetic)
        made(np.arange(4, dtype=np.uint32), np.empty(4, np.float32))
        assert "prefer-vector-width" not in code(made)
    finally:
        compiled.preferred_width_bits.cache_clear()


def test_other_peoples_kernels_stay_as_they_are():
    kernels.frame_keys(np.uint64(1), np.uint64(2))
    other = numba.njit(lambda x: x + 1)
    other(1)
    assert not re.search("prefer-vector-width", code(other))
    settings: Any = config
    assert settings.CPU_NAME is None
    assert settings.CPU_FEATURES is None


def test_normal_numbers_are_the_references():
    z = np.empty((2, 4 * noise.PAIRS_A_BLOCK), np.float32)
    key = noise.stream_key(5, noise.READ, 0)
    row = kernels._row_key(np.uint64(key), 0)
    pairs(256)(*z, 0, row)
    made = z.reshape(2, 4, noise.PAIRS_A_BLOCK).transpose(1, 0, 2).reshape(1, -1)
    assert np.array_equal(made, noise.normals(key, 0, 0, made.shape[1], 1))
