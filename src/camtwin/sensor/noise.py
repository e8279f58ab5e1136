"""Addressed randomness: the reference of a normal number for every pixel of every frame.

No generator is shared and none has a state. Each number is a hash of its address (seed, stage, frame,
absolute row, absolute column), so the same pixel has the same noise whatever the region of interest,
the number of threads or the order in which frames are rendered.

How an address becomes a normal number:

1. `stream_key` folds seed, stage and frame into 64 bits, `row_keys` folds in the row and splits the result
   into two 32 bit keys (SplitMix64's finalizer, Steele, Lea and Flood, OOPSLA 2014).
2. Two pixels share one Box-Muller transform. A row is made of blocks of 32 columns; in a block, the first 16
   columns take the sine, each with the column 16 further on, which takes the cosine. Pairs are numbered from
   the sensor's first column on. So a region has hardly more pairs than pixels need, wherever it lies, and a
   half of a block fills one register of 512 bits.
3. Each key and the pair number give 32 bits (`hash32`, C. Wellons' lowbias32), one for the radius, one for
   the angle.

All arithmetic is uint32, uint64 and float32, one rounding an operation, so the compiled twin of this file
(kernels.py) gives the same bits on any machine. The constants below define the noise itself: to change one
changes every recorded picture, and numba's cache of kernels.py has to be cleared by hand.
"""

import numpy as np
from numpy.typing import NDArray

# Stages, one for each use of randomness; a new use takes a new number and never reuses an old one.
TEMPORAL, PRNU, DSNU, COUNT, READ, ROW = 1, 2, 3, 4, 5, 6
COLUMN_GAIN, ROW_GAIN, COLUMN_OFFSET, ROW_OFFSET = 7, 8, 9, 10

LIMIT_64 = 1 << 64
GOLDEN_64 = 0x9E3779B97F4A7C15
MIX_A_64, MIX_B_64 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB

# Odd multipliers spread neighbouring pair numbers over 32 bits before they are hashed. They differ between
# radius and angle so that no two keys can make one sequence the shifted copy of the other.
SPREAD_RADIUS, SPREAD_ANGLE = np.uint32(0x9E3779B9), np.uint32(0x85EBCA6B)
MIX_A_32, MIX_B_32 = np.uint32(0x7FEB352D), np.uint32(0x846CA68B)

# log(1+t) = t - t^2/2 + t^3 P(t) for sqrt(1/2) <= 1+t < sqrt(2), highest power first (Cephes, logf).
LOG = tuple(
    np.float32(c)
    for c in (
        7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
        -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    )
)  # fmt: skip
LN2 = np.float32(0.693147180559945)
SQRT_HALF_BITS = np.int32(0x3F3504F3)  # the float32 next to sqrt(1/2)

# sin w = w + w^3 S(w^2), cos w = 1 - w^2/2 + w^4 C(w^2) for |w| <= pi/4, highest power first (Cephes, sinf).
SIN = tuple(np.float32(c) for c in (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1))
COS = tuple(np.float32(c) for c in (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2))
QUARTER_TURN = np.float32(np.pi / 2 * 2.0**-32)  # 32 bits, signed, to -pi/4 .. pi/4 radians

PAIRS_A_BLOCK = 16
"""Pairs of pixels in a block of columns: the float32 numbers of a register of 512 bits."""

UNIT_31 = np.float32(2.0**-31)


def mix64(word: int) -> int:
    """Return a 64 bit word whose every bit depends on every bit of `word`.

    SplitMix64's finalizer, a bijection.
    """
    word = (word ^ (word >> 30)) * MIX_A_64 % LIMIT_64
    word = (word ^ (word >> 27)) * MIX_B_64 % LIMIT_64
    return word ^ (word >> 31)


def stream_key(seed: int, stage: int, frame: int) -> int:
    """Return the 64 bit key of all numbers of one stage in one frame; seed and frame are 0 .. 2^64-1."""
    key = 0
    for word in (seed, stage, frame):
        key = mix64((key + GOLDEN_64 + word) % LIMIT_64)
    return key


def row_keys(key: int, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the keys of the radius and of the angle for each absolute row, (n,) each."""
    word = np.uint64(key) + rows.astype(np.uint64) * np.uint64(GOLDEN_64)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(MIX_A_64)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(MIX_B_64)
    word = word ^ (word >> np.uint64(31))
    return word.astype(np.uint32), (word >> np.uint64(32)).astype(np.uint32)


def hash32(word: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return 32 bits whose every bit depends on every bit of `word` (lowbias32, a bijection)."""
    word = (word ^ (word >> np.uint32(16))) * MIX_A_32
    word = (word ^ (word >> np.uint32(15))) * MIX_B_32
    return word ^ (word >> np.uint32(16))


def horner(coefficients: tuple[np.float32, ...], x: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the polynomial with these coefficients, highest power first, at x."""
    y = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        y = y * x + coefficient
    return y


def radius(bits: NDArray[np.uint32]) -> NDArray[np.float32]:
    """Return Box-Muller's radius sqrt(-2 ln u), u in (0, 1] from 31 random bits; at most 6.66."""
    u = ((bits >> np.uint32(1)).astype(np.int32).astype(np.float32) + np.float32(0.5)) * UNIT_31
    # u = 2^exponent * mantissa with the mantissa in sqrt(1/2) .. sqrt(2), by taking the float apart.
    whole = u.view(np.int32)
    exponent = (whole - SQRT_HALF_BITS) >> np.int32(23)
    mantissa = (whole - (exponent << np.int32(23))).view(np.float32)
    t = mantissa - np.float32(1)
    t2 = t * t
    log_mantissa = (horner(LOG, t) * t * t2 - np.float32(0.5) * t2) + t
    log_u = exponent.astype(np.float32) * LN2 + log_mantissa
    return np.sqrt(np.float32(-2) * log_u)


def sine_and_cosine(bits: NDArray[np.uint32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return sine and cosine of a uniform angle.

    30 bits within a quarter turn around 0, 2 bits for the quarter.
    """
    w = (bits << np.uint32(2)).view(np.int32).astype(np.float32) * QUARTER_TURN
    w2 = w * w
    sine = w + w * w2 * horner(SIN, w2)
    cosine = (np.float32(1) - np.float32(0.5) * w2) + w2 * w2 * horner(COS, w2)
    swap, turn = (bits >> np.uint32(30)) & np.uint32(1) == 1, (bits >> np.uint32(31)) == 1
    # Quarter turns take (sine, cosine) to (cosine, -sine), (-sine, -cosine) and (-cosine, sine).
    first, second = np.where(swap, cosine, sine), np.where(swap, sine, cosine)
    return np.where(turn, -first, first), np.where(turn ^ swap, -second, second)


def normals(key: int, x: int, y: int, width: int, height: int) -> NDArray[np.float32]:
    """Return standard normal numbers, (height, width) float32, of the region at absolute column x and row y.

    `key` is of `stream_key`. The values depend on the absolute position alone.
    """
    block, at = np.divmod(np.arange(x, x + width), 2 * PAIRS_A_BLOCK)
    pair = (block * PAIRS_A_BLOCK + at % PAIRS_A_BLOCK).astype(np.uint32)
    key_radius, key_angle = row_keys(key, np.arange(y, y + height))
    r = radius(hash32(pair * SPREAD_RADIUS + key_radius[:, None]))
    sine, cosine = sine_and_cosine(hash32(pair * SPREAD_ANGLE + key_angle[:, None]))
    return r * np.where(at < PAIRS_A_BLOCK, sine, cosine)


def words(key: int, x: int, y: int, width: int, height: int) -> NDArray[np.uint32]:
    """Return 32 random bits a pixel, (height, width), of the region at absolute column x and row y."""
    columns = np.arange(x, x + width).astype(np.uint32)
    row_key, _ = row_keys(key, np.arange(y, y + height))
    return hash32(columns * SPREAD_RADIUS + row_key[:, None])
