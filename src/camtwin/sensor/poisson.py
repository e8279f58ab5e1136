"""Whole electrons of Poisson's distribution, for read noise too low to hide that electrons are counted.

Below SEARCHED_E the smallest count whose cumulative probability reaches a uniform number u is searched from 0
upwards: inversion, exact but for u's 32 bits (L. Devroye, Non-Uniform Random Variate Generation, 1986,
chapter X.3.3). From there on the count is the asymptotic expansion of the inverse distribution at a standard
normal number w, rounded down: no search and no rejection, and its distribution function is within 4e-6 of
the exact one, ever closer with rising mean (M. B. Giles, Algorithm 955: approximation of the inverse Poisson
cumulative distribution function, ACM TOMS 42, 2016).

All arithmetic is basic operations, one rounding each, so that the compiled twin (kernels.py) gives the same
counts on any machine; that is why exp() is spelled out. As in noise.py, who changes a constant changes
recorded pictures and has to clear numba's cache of kernels.py by hand.
"""

import numpy as np
from numpy.typing import NDArray

SEARCHED_E = np.float32(32)
"""Means below it are searched; the search ends below count 90 where u < 1 - 2^-33."""

UNIT_32 = 2.0**-32
RECIPROCAL = np.array([0.0, *(1 / k for k in range(1, 128))])
"""1/k: the probability of k electrons is that of k - 1 times mean/k."""

# exp(-x), 0 <= x <= 1/2, highest power first; x = mean/64, then squared six times: good to 1e-13.
EXP = tuple((-1.0) ** k / float(np.prod(np.arange(1.0, k + 1))) for k in range(13, -1, -1))
SQUARINGS = 6

# The expansion's coefficients, in powers of w, for lambda^0, lambda^-1/2 and lambda^-1.
A0, A2 = np.float32(1 / 3), np.float32(1 / 6)
B1, B3 = np.float32(-1 / 36), np.float32(-1 / 72)
C0, C2, C4 = np.float32(-8 / 405), np.float32(7 / 810), np.float32(1 / 270)


def uniform(bits: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Return a number in (0, 1) from 32 random bits."""
    return (bits.astype(np.float64) + 0.5) * UNIT_32


def exp_minus(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return exp(-mean), 0 <= mean <= 32."""
    x = mean * 0.5**SQUARINGS
    y = np.full_like(x, EXP[0])
    for coefficient in EXP[1:]:
        y = y * x + coefficient
    for _ in range(SQUARINGS):
        y = y * y
    return y


def searched(mean_e: NDArray[np.floating], u: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return electrons: the smallest n with P(N <= n) >= u, for means of 0 .. SEARCHED_E."""
    mean = mean_e.astype(np.float64)
    term = exp_minus(mean)
    reached = term.copy()
    n = np.zeros(mean.shape, np.int32)
    for k in range(1, RECIPROCAL.size):
        going = u > reached
        if not going.any():
            break
        term = term * (mean * RECIPROCAL[k])
        reached = reached + term
        n += going
    return n.astype(np.float32)


def expanded(mean_e: NDArray[np.floating], w: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return electrons: the expansion of the inverse distribution at normal w, for means >= SEARCHED_E."""
    root = np.sqrt(mean_e)
    w2 = w * w
    first = A0 + A2 * w2
    second = w * (B1 + B3 * w2) / root
    third = (C0 + w2 * (C2 + C4 * w2)) / mean_e
    return np.floor(mean_e + (w * root + (first + (second + third))))


def counts(
    mean_e: NDArray[np.floating], u: NDArray[np.float64], w: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Return whole electrons (e-), float32, of these means, from a uniform and a normal number a pixel."""
    few = mean_e < SEARCHED_E
    return np.where(
        few,
        searched(np.where(few, mean_e, np.float32(0)), u),
        expanded(np.where(few, SEARCHED_E, mean_e), w),
    )
