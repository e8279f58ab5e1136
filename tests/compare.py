"""Comparing long byte strings: where they differ, in one line.

pytest explains a failed `==` with a diff of every element, which takes minutes for a picture.
"""

from __future__ import annotations

import numpy as np


def assert_same_bytes(got: bytes, expected: bytes) -> None:
    """AssertionError naming the first byte that differs, and how many do."""
    if len(got) != len(expected):
        raise AssertionError(f"{len(got)} bytes, not {len(expected)}")
    differ = np.flatnonzero(np.frombuffer(got, np.uint8) != np.frombuffer(expected, np.uint8))
    if len(differ):
        at = int(differ[0])
        raise AssertionError(
            f"byte {at} is {got[at]:#04x}, not {expected[at]:#04x}; {len(differ)} of {len(got)} differ"
        )
