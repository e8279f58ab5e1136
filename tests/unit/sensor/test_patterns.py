"""Test patterns by their formulas, whatever the region."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camtwin.sensor import TEST_PATTERNS, patterns
from physics.small_sensor import readout

REGION = replace(readout(), x=4094, y=2998, width=5, height=3)


@pytest.mark.parametrize(
    ("name", "bits", "expected"),
    [
        ("Black", 12, [[0] * 5] * 3),
        ("White", 8, [[255] * 5] * 3),
        ("White", 12, [[4095] * 5] * 3),
        ("GreyHorizontalRamp", 12, [[4094, 4095, 0, 1, 2]] * 3),
        ("GreyHorizontalRamp", 8, [[254, 255, 0, 1, 2]] * 3),
        ("GreyVerticalRamp", 12, [[2998] * 5, [2999] * 5, [3000] * 5]),
        ("GreyVerticalRamp", 8, [[182] * 5, [183] * 5, [184] * 5]),
        (
            "GreyDiagonalRamp",
            12,
            [[2996, 2997, 2998, 2999, 3000], [*range(2997, 3002)], [*range(2998, 3003)]],
        ),
        ("GreyDiagonalRamp", 8, [[180, 181, 182, 183, 184], [*range(181, 186)], [*range(182, 187)]]),
        ("FrameCounter", 12, [[901] * 5] * 3),
        ("FrameCounter", 8, [[133] * 5] * 3),
    ],
)
def test_values(name, bits, expected):
    dn = patterns.test_pattern(name, REGION, bits, frame=4096 + 901)
    assert dn.dtype == np.uint16
    assert dn.tolist() == expected


@given(
    name=st.sampled_from(TEST_PATTERNS),
    bits=st.sampled_from([8, 10, 12]),
    x=st.integers(0, 99),
    y=st.integers(0, 99),
    frame=st.integers(0, 2**40),
)
def test_a_region_is_a_part_of_the_whole(name, bits, x, y, frame):
    whole = patterns.test_pattern(name, replace(REGION, x=0, y=0, width=110, height=110), bits, frame)
    part = patterns.test_pattern(name, replace(REGION, x=x, y=y, width=7, height=9), bits, frame)
    assert np.array_equal(part, whole[y : y + 9, x : x + 7])


def test_another_name_is_refused():
    with pytest.raises(ValueError, match=r"^TestPattern Plaid is not one of Black, White, "):
        patterns.test_pattern("Plaid", REGION, 12, 0)
