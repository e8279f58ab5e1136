"""The solver against networks that are computed by hand, and against Kirchhoff's law on any network."""

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camtwin.rig.wiring.solver import ENOUGH_A, LEAK_S, MIN_OHM, Branch, solve


def test_a_divider():
    volts, amps = solve(2, [Branch(0, -1, 1e-3, 12.0), Branch(0, 1, 2000), Branch(1, -1, 1000)])
    assert volts == pytest.approx([12, 4], abs=1e-4)
    assert amps == pytest.approx([-4e-3, 4e-3, 4e-3], abs=1e-7)


def test_an_optocoupler_is_a_drop_and_a_resistor():
    """24 V over 1 kohm, 2.4 V and 2.8 kohm: (24 - 2.4) / 3800 = 5.684 mA."""
    led = Branch(1, -1, 2800, 2.4, 0.0)
    volts, amps = solve(2, [Branch(0, -1, 1e-3, 24.0), Branch(0, 1, 1000), led])
    assert amps[2] == pytest.approx(21.6 / 3800, rel=1e-5)
    assert volts[1] == pytest.approx(24 - 21.6 / 3.8, rel=1e-5)
    volts, amps = solve(2, [Branch(0, -1, 1e-3, -24.0), Branch(0, 1, 1000), led])  # reversed: no current
    assert amps[2] == 0
    assert volts[1] == pytest.approx(-24, abs=1e-3)


def test_a_limited_source_gives_what_it_can():
    """10 mA into 1 kohm are 10 V, though the source would be 24 V."""
    volts, amps = solve(1, [Branch(0, -1, 1e-3, 24.0, -0.010), Branch(0, -1, 1000)])
    assert volts[0] == pytest.approx(10, rel=1e-5)
    assert amps[0] == pytest.approx(-0.010)


def test_a_short_circuit_of_two_sources():
    volts, amps = solve(1, [Branch(0, -1, 1.0, 24.0), Branch(0, -1, 1.0, 0.0)])
    assert volts[0] == pytest.approx(12)
    assert amps == pytest.approx([-12, 12])


def test_a_floating_part_keeps_its_inner_voltage():
    volts, _ = solve(2, [Branch(0, 1, 0.1, 5.0)])
    assert volts[0] - volts[1] == pytest.approx(5)


piece = st.builds(
    Branch,
    st.integers(-1, 5),
    st.integers(-1, 5),
    st.floats(MIN_OHM, 1e6),
    st.floats(-50, 50),
    st.sampled_from([-inf, -1.0, -0.01, 0.0]),
    st.sampled_from([inf, 1.0, 0.01, 0.0]),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(piece, max_size=14))
def test_kirchhoff_and_every_branch_hold(branches):
    volts, amps = solve(6, branches)
    left = LEAK_S * volts
    v = np.append(volts, 0.0)
    for branch, i in zip(branches, amps, strict=True):
        want = (v[branch.a] - v[branch.b] - branch.emf_V) / branch.ohm
        assert i == pytest.approx(min(max(want, branch.min_A), branch.max_A), rel=1e-9, abs=1e-12)
        if branch.a >= 0:
            left[branch.a] += i
        if branch.b >= 0:
            left[branch.b] -= i
    assert np.abs(left).max() < 2 * ENOUGH_A
