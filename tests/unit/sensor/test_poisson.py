"""Counted electrons against Poisson's distribution, by calculation and not by sampling."""

from itertools import accumulate
from math import erfc, exp, lgamma, log, sqrt

import numpy as np
import pytest

from camtwin.sensor import poisson

W = np.linspace(-6.66, 6.66, 400_001).astype(np.float32)


def exact_cdf(mean: float, highest: int) -> np.ndarray:
    """P(N <= n) for n of 0 .. highest."""
    return np.array(list(accumulate(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(highest + 1))))


def test_exp():
    mean = np.linspace(0, 32, 10_001)
    assert np.abs(poisson.exp_minus(mean) / np.exp(-mean) - 1).max() < 2e-13


@pytest.mark.parametrize("mean", [2.0**-20, 0.1, 0.5, 1.0, 5.0, 20.0, 31.75])
def test_a_searched_count_steps_where_the_distribution_does(mean):
    """Means are floats of few digits: the float32 of it is the mean itself."""
    mean = float(np.float32(mean))
    cdf = exact_cdf(mean, 90)
    for n in np.flatnonzero((cdf > 1e-9) & (cdf < 1 - 1e-9)):
        u = np.array([cdf[n] - 1e-12, cdf[n] + 1e-12])
        assert poisson.searched(np.full(2, mean, np.float32), u).tolist() == [n, n + 1]


def test_the_search_ends():
    last = poisson.uniform(np.array([0, 0xFFFFFFFF], np.uint32))
    assert 0 < last[0] < last[1] < 1
    assert poisson.searched(np.array([0, 0], np.float32), last).tolist() == [0, 0]
    lowest, highest = poisson.searched(np.array([32, 32], np.float32), last)
    assert 0 < lowest < 10
    assert 65 < highest < 90 < poisson.RECIPROCAL.size


@pytest.mark.parametrize("mean", [32.0, 33.3, 40.0, 64.0, 100.0, 1000.0, 9000.0, 1e5])
def test_an_expanded_count_is_distributed_as_poisson(mean):
    """The count rises with w, so P(count <= n) is that of the last w which gives n."""
    count = poisson.expanded(np.full(W.size, mean, np.float32), W)
    assert np.all(np.diff(count) >= 0)
    assert count[0] > 0
    lowest, highest = int(count[0]), int(count[-1])
    last = np.searchsorted(count, np.arange(lowest, highest), "right")
    w = (W[last - 1].astype(float) + W[last]) / 2
    normal = np.array([0.5 * erfc(-v / sqrt(2)) for v in w])
    cdf = exact_cdf(mean, highest)[lowest:highest]
    grid = 0.4 * (W[1] - W[0]) / 2  # half a step of w
    rounding = 4e-7 * sqrt(mean) * 0.4 if mean > 1e4 else 0  # of float32 at such counts
    assert np.abs(normal - cdf).max() < 4e-6 + grid + rounding


def test_both_ways_meet():
    mean = np.array([31.99999, 32], np.float32)
    u, w = np.full(2, 0.5), np.zeros(2, np.float32)
    assert poisson.counts(mean, u, w).tolist() == [32, 32]


def test_light_without_end_is_no_count():
    with np.errstate(invalid="ignore"):
        assert (
            not poisson.counts(np.array([np.inf], np.float32), np.array([0.5]), np.array([1], np.float32))[0]
            < 1e30
        )
