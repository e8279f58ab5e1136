"""The compiled twins of noise.py and chain.py, fused: rate in, DN out, one pass over memory.

Import this module lazily: it imports numba (0.4 s, 90 MB). Its readable reference is chain.expose_reference
and the tests hold the two together bit for bit. So the arithmetic is strict: float32, one rounding an
operation, no fast-math, no fused multiply-add, and in the reference's order.

A pair of pixels, half a sensor apart, shares one Box-Muller transform. A region of interest holds both pixels
of some pairs and one pixel of others; `expose_rows` walks the three kinds one after the other, which keeps
every loop free of branches so that it compiles to vector instructions.

numba types uint32 arithmetic as 64 bit; the np.uint32() around each step brings it back (and LLVM then
drops the wide step altogether).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, prange

from camtwin.sensor.noise import (
    COS,
    GOLDEN_64,
    LN2,
    LOG,
    MIX_A_32,
    MIX_A_64,
    MIX_B_32,
    MIX_B_64,
    QUARTER_TURN,
    SIN,
    SPREAD_ANGLE,
    SPREAD_RADIUS,
    SQRT_HALF_BITS,
    UNIT_31,
)


def _cached(parallel: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """njit for the kernels called from Python: compiled once a machine, without the GIL."""

    def compile_lazily(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            return njit(cache=True, nogil=True, error_model="numpy", parallel=parallel)(function)
        except RuntimeError:  # nowhere to write, neither beside the source nor in the user's cache
            return njit(nogil=True, error_model="numpy", parallel=parallel)(function)

    return compile_lazily


_F = np.float32
_U = np.uint32
_ZERO, _HALF, _ONE = _F(0), _F(0.5), _F(1)
_MIX_A_64, _MIX_B_64, _GOLDEN_64 = np.uint64(MIX_A_64), np.uint64(MIX_B_64), np.uint64(GOLDEN_64)


@njit(error_model="numpy", forceinline=True)
def _row_key(key, row):
    """noise.row_keys for one row, both halves in one word."""
    word = key + np.uint64(row) * _GOLDEN_64
    word = (word ^ (word >> np.uint64(30))) * _MIX_A_64
    word = (word ^ (word >> np.uint64(27))) * _MIX_B_64
    return word ^ (word >> np.uint64(31))


@njit(error_model="numpy", forceinline=True)
def _hash32(word):
    """noise.hash32"""
    word = _U(_U(word ^ (word >> _U(16))) * MIX_A_32)
    word = _U(_U(word ^ (word >> _U(15))) * MIX_B_32)
    return _U(word ^ (word >> _U(16)))


@njit(error_model="numpy", forceinline=True)
def _radius(bits):
    """noise.radius"""
    u = (_F(np.int32(bits >> _U(1))) + _HALF) * UNIT_31
    whole = np.float32(u).view(np.int32)
    exponent = np.int32(np.int32(whole - SQRT_HALF_BITS) >> np.int32(23))
    mantissa = np.int32(whole - np.int32(exponent << np.int32(23))).view(np.float32)
    t = mantissa - _ONE
    t2 = t * t
    p = LOG[0] * t + LOG[1]
    p = p * t + LOG[2]
    p = p * t + LOG[3]
    p = p * t + LOG[4]
    p = p * t + LOG[5]
    p = p * t + LOG[6]
    p = p * t + LOG[7]
    p = p * t + LOG[8]
    log_mantissa = (p * t * t2 - _HALF * t2) + t
    return np.sqrt(_F(-2) * (_F(exponent) * LN2 + log_mantissa))


@njit(error_model="numpy", forceinline=True)
def _sine_and_cosine(bits):
    """noise.sine_and_cosine"""
    w = _F(np.int32(_U(bits << _U(2)))) * QUARTER_TURN
    w2 = w * w
    sine = w + w * w2 * ((SIN[0] * w2 + SIN[1]) * w2 + SIN[2])
    cosine = (_ONE - _HALF * w2) + w2 * w2 * ((COS[0] * w2 + COS[1]) * w2 + COS[2])
    swap = (bits & _U(0x40000000)) != 0
    turn = (bits & _U(0x80000000)) != 0
    first = cosine if swap else sine
    second = sine if swap else cosine
    return -first if turn else first, -second if turn != swap else second


@njit(error_model="numpy", forceinline=True)
def _pair(pair, key):
    """noise.normals for both columns of one pair, given the row's key."""
    r = _radius(_hash32(_U(_U(_U(pair) * SPREAD_RADIUS) + _U(key))))
    sine, cosine = _sine_and_cosine(_hash32(_U(_U(_U(pair) * SPREAD_ANGLE) + _U(key >> np.uint64(32)))))
    return r * sine, r * cosine


@njit(error_model="numpy", forceinline=True)
def _code(rate_e, gain, offset_e, z, c):
    """chain.expose_reference for one pixel: the stages in their order; `c` is chain.Constants."""
    mean_e = rate_e * c.exposure_s * gain + c.dark_e
    mean_e = mean_e if mean_e > _ZERO else _ZERO
    variance_e2 = mean_e + c.read_variance_e2
    sigma_e = np.sqrt(variance_e2)
    inverse = _ONE / sigma_e
    a = mean_e * inverse * inverse * _F(1 / 6)
    b = a * inverse * _F(0.25)
    k = a * a * inverse
    z2 = z * z
    charge_e = mean_e + a * (z2 - _ONE) + z * (sigma_e - _F(3) * b + _F(5) * k + z2 * (b - _F(2) * k))
    charge_e = charge_e if charge_e < c.full_well_e else c.full_well_e
    dn = (charge_e + offset_e) * c.gain_DN_per_e + c.offset_DN
    dn = dn if dn > _ZERO else _ZERO
    dn = dn if dn < c.highest_DN else c.highest_DN
    return np.uint16(np.int32(dn + _HALF) >> c.shift)


@njit(error_model="numpy")
def _whole_pairs(rate_e, gain, offset_e, out, n, left, right, pair, half, key, c):
    """n pairs with both pixels in the region's row, at `left` and at `right`, from pair number `pair`."""
    # Slices from 0 rather than indices from anywhere: numba's test for negative indices hinders vectors.
    rate_left, gain_left = rate_e[left : left + n], gain[pair : pair + n]
    rate_right, gain_right = rate_e[right : right + n], gain[pair + half : pair + half + n]
    offset_left, offset_right = offset_e[pair : pair + n], offset_e[pair + half : pair + half + n]
    out_left, out_right = out[left : left + n], out[right : right + n]
    for i in range(n):
        z_left, z_right = _pair(pair + i, key)
        out_left[i] = _code(rate_left[i], gain_left[i], offset_left[i], z_left, c)
        out_right[i] = _code(rate_right[i], gain_right[i], offset_right[i], z_right, c)


@njit(error_model="numpy")
def _single_pixels(rate_e, gain, offset_e, out, pair, is_right, key, c):
    """Pixels whose partner lies outside the region, from pair number `pair`; arrays are of equal length."""
    for i in range(out.shape[0]):
        z_left, z_right = _pair(pair + i, key)
        out[i] = _code(rate_e[i], gain[i], offset_e[i], z_right if is_right else z_left, c)


@njit(error_model="numpy")
def _expose_row(rate_e, gain, offset_e, out, x, half, key, c):
    """One row: rate_e and out are the region's, gain and offset_e the whole sensor's, x the first column."""
    width = out.shape[0]
    # Pair numbers of the region's columns in the sensor's left half and in its right half, first and end.
    left, left_end = min(x, half), min(x + width, half)
    right, right_end = max(x - half, 0), max(x + width - half, 0)
    # If the region reaches into both halves then left_end is half and right is 0.
    if left < right_end:
        n = right_end - left
        _whole_pairs(rate_e, gain, offset_e, out, n, left - x, left + half - x, left, half, key, c)
    p, end = max(left, right_end), left_end
    if p < end:
        here, there = slice(p - x, end - x), slice(p, end)
        _single_pixels(rate_e[here], gain[there], offset_e[there], out[here], p, False, key, c)
    p, end = right, min(left, right_end)
    if p < end:
        here, there = slice(p + half - x, end + half - x), slice(p + half, end + half)
        _single_pixels(rate_e[here], gain[there], offset_e[there], out[here], p, True, key, c)


@_cached()
def expose_rows(rate_e, gain, offset_e, out, x, y, half, key, c):
    """The whole region at absolute column x and row y, row after row, without the GIL."""
    for row in range(out.shape[0]):
        row_key = _row_key(key, y + row)
        _expose_row(rate_e[row], gain[y + row], offset_e[y + row], out[row], x, half, row_key, c)


@_cached(parallel=True)
def expose_rows_parallel(rate_e, gain, offset_e, out, x, y, half, key, c):
    """`expose_rows` on numba's pool of threads."""
    for row in prange(out.shape[0]):
        row_key = _row_key(key, y + row)
        _expose_row(rate_e[row], gain[y + row], offset_e[y + row], out[row], x, half, row_key, c)


@_cached()
def scaled_normals(out, key, centre, sigma):
    """out[...] = centre + sigma * noise.normals(key, ...) for a whole sensor of out's shape."""
    height, width = out.shape
    half = (width + 1) // 2
    right = width - half
    for y in range(height):
        row_key = _row_key(key, y)
        out_left, out_right = out[y, :half], out[y, half:]
        for i in range(right):
            z_left, z_right = _pair(i, row_key)
            out_left[i] = centre + sigma * z_left
            out_right[i] = centre + sigma * z_right
        if right < half:
            out_left[right] = centre + sigma * _pair(right, row_key)[0]
