"""The compiled twins of noise.py and chain.py, fused: rate in, DN out, one pass over memory.

Import this module lazily: it imports numba (0.4 s, 90 MB). Its readable reference is chain.expose_reference
and the tests hold the two together bit for bit. So the arithmetic is strict: float32, one rounding an
operation, no fast-math, no fused multiply-add, and in the reference's order.

A row at a time goes through scratch arrays that stay in the processor's cache: its normal numbers, its codes,
its bytes. Normal numbers are made in whole blocks, which keeps their loop free of branches so that it
compiles to vector instructions; a region that begins or ends within a block reads a part of it.

numba types uint32 arithmetic as 64 bit; the np.uint32() around each step brings it back (and LLVM then
drops the wide step altogether).
"""

import numpy as np

from camtwin.compiled import compiled, inlined, part
from camtwin.pixels.kernels import pack_groups
from camtwin.sensor.chain import MIN_BLURRED_E
from camtwin.sensor.noise import (
    COS,
    COUNT,
    GOLDEN_64,
    LN2,
    LOG,
    MIX_A_32,
    MIX_A_64,
    MIX_B_32,
    MIX_B_64,
    PAIRS_A_BLOCK,
    QUARTER_TURN,
    READ,
    ROW,
    SIN,
    SPREAD_ANGLE,
    SPREAD_RADIUS,
    SQRT_HALF_BITS,
    TEMPORAL,
    UNIT_31,
)
from camtwin.sensor.poisson import A0, A2, B1, B3, C0, C2, C4, EXP, RECIPROCAL, SEARCHED_E, SQUARINGS, UNIT_32

COUNTED_AT_ONCE = 256
"""Pixels whose electrons are counted side by side: their scratch stays in the innermost cache."""
_F = np.float32
_U = np.uint32
_ZERO, _HALF, _ONE = _F(0), _F(0.5), _F(1)
_BLOCK = 2 * PAIRS_A_BLOCK
_MIX_A_64, _MIX_B_64, _GOLDEN_64 = np.uint64(MIX_A_64), np.uint64(MIX_B_64), np.uint64(GOLDEN_64)


@inlined
def _mix64(word):
    """See noise.mix64."""
    word = (word ^ (word >> np.uint64(30))) * _MIX_A_64
    word = (word ^ (word >> np.uint64(27))) * _MIX_B_64
    return word ^ (word >> np.uint64(31))


@inlined
def _stream_key(seed, stage, frame):
    """See noise.stream_key."""
    key = _mix64(_GOLDEN_64 + seed)
    key = _mix64(key + _GOLDEN_64 + np.uint64(stage))
    return _mix64(key + _GOLDEN_64 + frame)


@inlined
def _row_key(key, row):
    """noise.row_keys for one row, both halves in one word."""
    return _mix64(key + np.uint64(row) * _GOLDEN_64)


@inlined
def _hash32(word):
    """See noise.hash32."""
    word = _U(_U(word ^ (word >> _U(16))) * MIX_A_32)
    word = _U(_U(word ^ (word >> _U(15))) * MIX_B_32)
    return _U(word ^ (word >> _U(16)))


@inlined
def _radius(bits):
    """See noise.radius."""
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


@inlined
def _sine_and_cosine(bits):
    """See noise.sine_and_cosine."""
    w = _F(np.int32(_U(bits << _U(2)))) * QUARTER_TURN
    w2 = w * w
    sine = w + w * w2 * ((SIN[0] * w2 + SIN[1]) * w2 + SIN[2])
    cosine = (_ONE - _HALF * w2) + w2 * w2 * ((COS[0] * w2 + COS[1]) * w2 + COS[2])
    swap = (bits & _U(0x40000000)) != 0
    turn = (bits & _U(0x80000000)) != 0
    first = cosine if swap else sine
    second = sine if swap else cosine
    return -first if turn else first, -second if turn != swap else second


@inlined
def _pair(pair, key):
    """noise.normals for both columns of one pair, given the row's key."""
    r = _radius(_hash32(_U(_U(_U(pair) * SPREAD_RADIUS) + _U(key))))
    sine, cosine = _sine_and_cosine(_hash32(_U(_U(_U(pair) * SPREAD_ANGLE) + _U(key >> np.uint64(32)))))
    return r * sine, r * cosine


@inlined
def _blocks(x, width):
    """Return the first of the blocks that columns x to x + width touch, and how many these are."""
    first = x // _BLOCK
    return first, (x + width + _BLOCK - 1) // _BLOCK - first


@part
def _pairs(left, right, pair, key):
    """Write normal numbers for both columns of neighbouring pairs, the first of number `pair`."""
    for i in range(left.shape[0]):
        left[i], right[i] = _pair(pair + i, key)


@part
def _normals_row(z, block, pairs, key):
    """noise.normals for whole blocks of one row, the first of number `block`, given the row's key.

    pairs: (2, n) scratch for the two columns of each pair.
    """
    count = z.shape[0] // 2
    left, right = pairs[0, :count], pairs[1, :count]
    _pairs(left, right, block * PAIRS_A_BLOCK, key)
    for start in range(0, count, PAIRS_A_BLOCK):
        for i in range(PAIRS_A_BLOCK):
            z[2 * start + i] = left[start + i]
        for i in range(PAIRS_A_BLOCK):
            z[2 * start + PAIRS_A_BLOCK + i] = right[start + i]


@inlined
def _mean(rate_e, light_s, gain, c):
    """chain.expose_reference as far as the mean, for one pixel; `c` is chain.Constants."""
    mean_e = rate_e * light_s * gain + c.dark_e
    return mean_e if mean_e > _ZERO else _ZERO


@inlined
def _digitized(dn, c):
    """See stages.digitized."""
    dn = dn if dn > _ZERO else _ZERO
    dn = dn if dn < c.highest_DN else c.highest_DN
    return np.int32(dn + _HALF)


@inlined
def _code(charge_e, offset_e, offset_DN, shift, c):
    """chain.expose_reference after the noise, for one pixel, as far as the conversion."""
    charge_e = charge_e if charge_e < c.full_well_e else c.full_well_e
    return np.uint16(_digitized((charge_e + offset_e) * c.gain_DN_per_e + offset_DN, c) >> shift)


@part
def _multiplied_row(codes, c):
    """See stages.multiplied and stages.reduced."""
    for i in range(codes.shape[0]):
        dn = (_F(np.int32(codes[i])) - c.offset_DN) * c.digital_gain + c.offset_DN
        codes[i] = np.uint16(_digitized(dn, c) >> c.shift)


@part
def _blurred_row(rate_e, light_s, gain, offset_e, offset_DN, shift, z, codes, c):
    """Expose one row with stages.noisy_charge."""
    for i in range(codes.shape[0]):
        mean_e = _mean(rate_e[i], light_s, gain[i], c)
        variance_e2 = mean_e + c.read_variance_e2
        sigma_e = np.sqrt(variance_e2)
        inverse = _ONE / sigma_e
        a = mean_e * inverse * inverse * _F(1 / 6)
        b = a * inverse * _F(0.25)
        k = a * a * inverse
        z2 = z[i] * z[i]
        linear = sigma_e - _F(3) * b + _F(5) * k
        charge_e = mean_e + a * (z2 - _ONE) + z[i] * (linear + z2 * (b - _F(2) * k))
        codes[i] = _code(charge_e, offset_e[i], offset_DN, shift, c)


@part
def _searched(counts_e, means_e, u, terms, reached):
    """poisson.searched for some pixels side by side, float64 each; terms, reached: scratch.

    Once a pixel's number is found, what is reached only grows, so that nothing has to be skipped.
    """
    for i in range(counts_e.shape[0]):
        x = means_e[i] * 0.5**SQUARINGS
        term = np.float64(EXP[0])
        for k in range(1, len(EXP)):
            term = term * x + EXP[k]
        for _ in range(SQUARINGS):
            term = term * term
        terms[i] = reached[i] = term
        counts_e[i] = 0
    for n in range(1, RECIPROCAL.size):
        searching = 0
        for i in range(counts_e.shape[0]):
            below = u[i] > reached[i]
            searching += below
            counts_e[i] += below
            terms[i] = terms[i] * (means_e[i] * RECIPROCAL[n])
            reached[i] = reached[i] + terms[i]
        if not searching:
            return


@inlined
def _expanded(mean_e, w):
    """See poisson.expanded."""
    root = np.sqrt(mean_e)
    w2 = w * w
    second = w * (B1 + B3 * w2) / root
    third = (C0 + w2 * (C2 + C4 * w2)) / mean_e
    return np.floor(mean_e + (w * root + ((A0 + A2 * w2) + (second + third))))


@part
def _counted_row(rate_e, light_s, gain, offset_e, offset_DN, shift, w, z, codes, x, key, scratch, places, c):
    """Expose one row with stages.counted_charge; key is the row's of the uniform numbers.

    All pixels are counted as bright ones, without a branch; then the dark ones, should there be any, anew.
    scratch: (5, COUNTED_AT_ONCE) float64; places: as many int64.
    """
    dark = 0
    for i in range(codes.shape[0]):
        mean_e = _mean(rate_e[i], light_s, gain[i], c)
        dark += mean_e < SEARCHED_E
        charge_e = _expanded(mean_e, w[i]) + c.read_noise_e * z[i]
        codes[i] = _code(charge_e, offset_e[i], offset_DN, shift, c)
    if not dark:
        return
    counts_e, means_e, u, terms, reached = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    i = 0
    while i < codes.shape[0]:
        dark = 0
        while i < codes.shape[0] and dark < COUNTED_AT_ONCE:
            mean_e = _mean(rate_e[i], light_s, gain[i], c)
            if mean_e < SEARCHED_E:
                bits = _hash32(_U(_U(_U(x + i) * SPREAD_RADIUS) + _U(key)))
                places[dark], means_e[dark], u[dark] = i, mean_e, (np.float64(bits) + 0.5) * UNIT_32
                dark += 1
            i += 1
        _searched(counts_e[:dark], means_e[:dark], u[:dark], terms[:dark], reached[:dark])
        for k in range(dark):
            at = places[k]
            charge_e = _F(counts_e[k]) + c.read_noise_e * z[at]
            codes[at] = _code(charge_e, offset_e[at], offset_DN, shift, c)


@part
def _store_stream(codes, out, bits):
    """pixels.pack of any depth, bit by bit of what is held back."""
    held, count, at = np.int64(0), 0, 0
    for i in range(codes.shape[0]):
        held |= np.int64(codes[i]) << count
        count += bits
        while count >= 8:
            out[at] = held & 0xFF
            held >>= 8
            count -= 8
            at += 1
    if count:
        out[at] = held


@part
def _store(codes, out, bits, grouped):
    """pixels.pack for codes that start on a byte, 1 to 15 bits each. The last byte's rest is 0."""
    if bits == 8:
        for i in range(codes.shape[0]):
            out[i] = codes[i]
        return
    done = pack_groups(codes, out, bits, grouped)
    codes, out = codes[done:], out[done * bits // 8 :]
    if grouped:
        _store_grouped(codes, out, bits)
    else:
        _store_stream(codes, out, bits)


@part
def _store_grouped(codes, out, bits):
    """pixels.pack of grouped formats: high bytes, then the low bits. The last group's rest is 0."""
    low = bits - 8
    if 8 % low:
        _store_wide_groups(codes, out, bits)
        return
    pixels = 8 // low  # whose low bits fill one byte
    for group in range((codes.shape[0] + pixels - 1) // pixels):
        at, rest = group * (pixels + 1), 0
        for k in range(pixels):
            i = group * pixels + k
            code = np.int64(codes[i]) if i < codes.shape[0] else 0
            out[at + k] = code >> low
            rest |= (code & ((1 << low) - 1)) << (low * k)
        out[at + pixels] = rest


@part
def _store_wide_groups(codes, out, bits):
    """_store_grouped where low bits fill several bytes."""
    low = bits - 8
    pixels = 1  # that together end on a byte
    while pixels * low % 8:
        pixels *= 2
    lows = np.empty(pixels, np.uint16)
    size = pixels * bits // 8
    for group in range((codes.shape[0] + pixels - 1) // pixels):
        at = group * size
        for k in range(pixels):
            i = group * pixels + k
            code = codes[i] if i < codes.shape[0] else np.uint16(0)
            out[at + k] = code >> low
            lows[k] = code & ((1 << low) - 1)
        _store_stream(lows, out[at + pixels : at + size], low)


@compiled
def frame_keys(seed, frame):
    """chain.frame_keys, as a plain tuple; seed and frame: uint64."""
    return (
        _stream_key(seed, TEMPORAL, frame),
        _stream_key(seed, COUNT, frame),
        _stream_key(seed, READ, frame),
        _stream_key(seed, ROW, frame),
    )


@compiled
def row_normals(key, y, out):
    """chain.row_normals: out[i] is the number of row y + i."""
    for i in range(out.shape[0]):
        out[i], _ = _pair(0, _row_key(key, y + i))


@compiled
def expose_rows(rate_e, gain, offset_e, light_s, offset_DN, out, bits, grouped, unit, x, y, keys, c):
    """Expose some rows, from absolute column x and row y on, into their part of the payload, `out`.

    rate_e, light_s, offset_DN: these rows'. gain, offset_e: the whole sensor's. bits: a pixel's in memory, up
    to 16. grouped: high bytes of a group first. unit: rows that together end on a byte. keys, c:
    chain.Keys and chain.Constants.
    """
    height, width = rate_e.shape
    block, blocks = _blocks(x, width)
    shift = c.shift if c.digital_gain == _ONE else np.int32(0)
    codes = np.empty(unit * width, np.uint16)
    z_made, z_read_made = np.empty(blocks * _BLOCK, np.float32), np.empty(blocks * _BLOCK, np.float32)
    pairs = np.empty((2, blocks * PAIRS_A_BLOCK), np.float32)
    z, z_read = z_made[x - block * _BLOCK :], z_read_made[x - block * _BLOCK :]
    scratch, places = np.empty((5, COUNTED_AT_ONCE)), np.empty(COUNTED_AT_ONCE, np.int64)
    for start in range(0, height, unit):
        stop = min(start + unit, height)
        if bits == 16:  # words as they lie in memory: all machines that numba knows are little-endian
            codes = out[2 * start * width : 2 * stop * width].view(np.uint16)
        for row in range(start, stop):
            at = y + row
            lifted = gain[at, x : x + width], offset_e[at, x : x + width], offset_DN[row]
            here = codes[(row - start) * width : (row - start + 1) * width]
            _normals_row(z_made, block, pairs, _row_key(keys.temporal, at))
            if c.read_noise_e < MIN_BLURRED_E:
                _normals_row(z_read_made, block, pairs, _row_key(keys.read, at))
                key = _row_key(keys.counting, at)
                _counted_row(
                    rate_e[row], light_s[row], *lifted, shift, z, z_read, here, x, key, scratch, places, c
                )
            else:
                _blurred_row(rate_e[row], light_s[row], *lifted, shift, z, here, c)
            if c.digital_gain != _ONE:
                _multiplied_row(here, c)
        if bits != 16:
            _store(codes[: (stop - start) * width], out[start * width * bits // 8 :], bits, grouped)


@compiled
def make_pattern(out, made, x, y, width, height, key, centre, sigma, columns, rows):
    """Make the values of a region of a fixed pattern that are not made yet.

    out: (height, width) float32 of the whole sensor: centre + sigma * noise.normals(key, ...), then plus
    `columns` and `rows` where these are not empty, a value for each column and row of the sensor. made: of
    each row the columns that are made, first << 32 | end, in one word: to a thread that makes the same row
    at the same time, either of the two is true.
    """
    z_made = np.empty(out.shape[1] + 2 * _BLOCK, np.float32)
    pairs = np.empty((2, z_made.shape[0] // 2), np.float32)
    for at in range(y, y + height):
        first, end = np.int64(made[at] >> np.uint64(32)), np.int64(made[at] & np.uint64(0xFFFFFFFF))
        if first <= x and x + width <= end:
            continue
        if not end:
            first = end = x
        low, high = min(x, first), max(x + width, end)
        row_key = _row_key(key, at)
        for start, stop in ((low, first), (end, high)):
            block, blocks = _blocks(start, stop - start)
            _normals_row(z_made[: blocks * _BLOCK], block, pairs, row_key)
            values, z = out[at, start:stop], z_made[start - block * _BLOCK :]
            for i in range(stop - start):
                values[i] = centre + sigma * z[i]
            if columns.shape[0]:
                for i in range(stop - start):
                    values[i] += columns[start + i]
            if rows.shape[0]:
                for i in range(stop - start):
                    values[i] += rows[at]
        made[at] = np.uint64(low) << np.uint64(32) | np.uint64(high)


@compiled
def freed_rows(photons, efficiency, x, y, out):
    """mosaic.freed of the region at absolute column x and row y; efficiency: (layers, 2, 2)."""
    layers, height, width = photons.shape
    here = np.empty((2, layers, width), np.float32)  # a row's efficiencies, for even and for odd rows
    for odd in range(2):
        for layer in range(layers):
            for i in range(width):
                here[odd, layer, i] = efficiency[layer, odd, (x + i) % 2]
    for row in range(height):
        shares, target = here[(y + row) % 2], out[row]
        for layer in range(layers):
            light, share = photons[layer, row], shares[layer]
            if layer == 0:
                for i in range(width):
                    target[i] = light[i] * share[i]
            else:
                for i in range(width):
                    target[i] += light[i] * share[i]
