"""Compiled kernels: the CRC of a payload, and whole frames as packets, packed and with their CRC in one pass.

Import this module lazily: it imports numba. Its readable references are packets.crc and pixels.pack.

The CRC folds words. A polynomial over two elements keeps its form when squared: from
x^16 = x^12 + x^5 + 1 (modulo the generator) follows x^(16 n) = x^(12 n) + x^(5 n) + 1 for n = 2, 4, 8, ...
With n bits in a word this says that a word's share of the CRC is that of the same word 4, 11 and 16 words
further on; so three exclusive-ors move it there, and no table is needed. This is done with words of 128 bits
(as pairs of 64), then 64, 32, 16 and 8 bits, until 16 bytes are left. These go one by one, eight bits at
once: with this generator what a byte does to the CRC is itself a few shifts of it.

Packing works on words too: four codes of 16 bits are one word of 64, and a few shifts and masks make it the
40 bits (RAW10) or 48 bits (RAW12) that the four occupy in the payload.
"""

import numpy as np
from numba import njit

from camtwin.compiled import compiled
from camtwin.wire.csi2.packets import CRC_BYTES, CRC_START

LEAD_BYTES = 256  # zeros before a message: words that folding looks back on
BLOCK = 8  # words of codes that become whole words of payload
CHUNK = 128  # words packed at a time, which stay in the processor's nearest cache
_U = np.uint64
_START = np.uint32(CRC_START)


@njit(error_model="numpy", forceinline=True)
def _folded(words, begin, stop, near, middle, far):
    """Move the shares of words from `begin` on into the last `far` before `stop`; return where these begin.

    words[begin - far : begin] are 0, before and after.
    """
    end = stop - far
    if end <= begin:
        return begin
    for i in range(_U(begin), _U(end)):
        words[i] ^= words[i - _U(near)] ^ words[i - _U(middle)] ^ words[i - _U(far)]
    for k in range(near):
        words[end + k] ^= words[end + k - near]
    for k in range(middle):
        words[end + k] ^= words[end + k - middle]
    for k in range(far):
        words[end + k] ^= words[end + k - far]
    words[end - far : end] = 0
    return end


@njit(error_model="numpy")
def _crc(message, size):
    """Return the CRC of message[LEAD_BYTES : LEAD_BYTES + size], which it overwrites."""
    at, stop = LEAD_BYTES, LEAD_BYTES + size
    state = _START
    if size >= 2:  # a start with ones is a start with zeros where the first 16 bits are inverted
        message[at] ^= np.uint8(0xFF)
        message[at + 1] ^= np.uint8(0xFF)
        state = np.uint32(0)
        at = 8 * _folded(message.view(np.uint64), at // 8, stop // 8, 8, 22, 32)
        at = 8 * _folded(message.view(np.uint64), at // 8, stop // 8, 4, 11, 16)
        at = 4 * _folded(message.view(np.uint32), at // 4, stop // 4, 4, 11, 16)
        at = 2 * _folded(message.view(np.uint16), at // 2, stop // 2, 4, 11, 16)
        at = _folded(message, at, stop, 4, 11, 16)
    for i in range(at, stop):
        mixed = (state ^ np.uint32(message[i])) & np.uint32(0xFF)
        mixed ^= (mixed << np.uint32(4)) & np.uint32(0xFF)
        state = (
            (state >> np.uint32(8))
            ^ (mixed << np.uint32(8))
            ^ (mixed << np.uint32(3))
            ^ (mixed >> np.uint32(4))
        )
    return state


@njit(error_model="numpy")
def _pack10(words, groups, out):
    """Write codes, four to a word, as RAW10, five words for eight; return the words or-ed together."""
    seen = _U(0)
    for i in range(words.shape[0]):
        q = words[i]
        seen |= q
        high = (q >> _U(2)) & _U(0x00FF00FF00FF00FF)
        high = (high | high >> _U(8)) & _U(0x0000FFFF0000FFFF)
        high = (high | high >> _U(16)) & _U(0x00000000FFFFFFFF)
        low = q & _U(0x0003000300030003)
        low = (low | low >> _U(14) | low >> _U(28) | low >> _U(42)) & _U(0xFF)
        groups[i] = high | low << _U(32)
    for i in range(words.shape[0] // 8):
        g = groups[8 * i : 8 * i + 8]
        put = out[5 * i : 5 * i + 5]
        put[0] = g[0] | g[1] << _U(40)
        put[1] = g[1] >> _U(24) | g[2] << _U(16) | g[3] << _U(56)
        put[2] = g[3] >> _U(8) | g[4] << _U(32)
        put[3] = g[4] >> _U(32) | g[5] << _U(8) | g[6] << _U(48)
        put[4] = g[6] >> _U(16) | g[7] << _U(24)
    return seen


@njit(error_model="numpy")
def _pack12(words, groups, out):
    """Write codes, four to a word, as RAW12, three words for four; return the words or-ed together."""
    seen = _U(0)
    for i in range(words.shape[0]):
        q = words[i]
        seen |= q
        high = (q >> _U(4)) & _U(0x00FF00FF00FF00FF)
        low = q & _U(0x000F000F000F000F)
        groups[i] = (
            high & _U(0xFF)
            | high >> _U(8) & _U(0xFF00FF00)
            | high >> _U(16) & _U(0xFF00000000)
            | low << _U(16) & _U(0xF0000)
            | low << _U(4) & _U(0xF00000)
            | low << _U(8) & _U(0xF0000000000)
            | low >> _U(4) & _U(0xF00000000000)
        )
    for i in range(words.shape[0] // 4):
        g = groups[4 * i : 4 * i + 4]
        put = out[3 * i : 3 * i + 3]
        put[0] = g[0] | g[1] << _U(48)
        put[1] = g[1] >> _U(16) | g[2] << _U(32)
        put[2] = g[2] >> _U(32) | g[3] << _U(16)
    return seen


@njit(error_model="numpy", forceinline=True)
def _copy(source, target):
    """Write `source` to the beginning of `target`; unsigned indices let it use vectors."""
    for k in range(_U(source.shape[0])):
        target[k] = source[k]


@njit(error_model="numpy")
def _message(size):
    """Return room for a message of `size` bytes, with zeros before it."""
    return np.zeros((LEAD_BYTES + size + 7) // 8, np.uint64).view(np.uint8)


@compiled
def crc(payload):
    """packets.crc of a payload, (n,) uint8."""
    message = _message(payload.shape[0])
    _copy(payload, message[LEAD_BYTES:])
    return _crc(message, payload.shape[0])


def checksum(payload: bytes | memoryview) -> int:
    """Return packets.crc of a payload."""
    return int(crc(np.frombuffer(payload, np.uint8)))


@compiled
def put_lines(words, size, bits, before, after, out, at):
    """Write rows of codes as long packets: row i, of `size` bytes of payload, to out[at[i]:].

    words: (rows, any) uint64, four codes of 16 bits in each, the first one lowest. before, after: (rows, any)
    uint8, the bytes before a row's payload, with its packet's header, and those behind its CRC. Returns all
    codes or-ed together, by which one that does not fit can be seen.
    """
    rows, count = words.shape
    around = before.shape[1] + CRC_BYTES + after.shape[1]
    groups = np.empty(CHUNK, np.uint64)
    rest = np.zeros(BLOCK, np.uint64)
    message = _message((count + BLOCK) * bits // 2)
    packed = message[LEAD_BYTES:].view(np.uint64)
    whole = count // BLOCK * BLOCK
    seen = _U(0)
    for i in range(rows):
        for k in range(0, whole, CHUNK):
            here = packed[k * bits // 16 :]
            some = words[i, k : min(k + CHUNK, whole)]
            seen |= _pack10(some, groups, here) if bits == 10 else _pack12(some, groups, here)
        if whole < count:
            _copy(words[i, whole:], rest)
            here = packed[whole * bits // 16 :]
            seen |= _pack10(rest, groups, here) if bits == 10 else _pack12(rest, groups, here)
        line = out[at[i] : at[i] + around + size]
        _copy(before[i], line)
        _copy(message[LEAD_BYTES : LEAD_BYTES + size], line[before.shape[1] :])
        checked = _crc(message, size)
        line[before.shape[1] + size] = checked & np.uint32(0xFF)
        line[before.shape[1] + size + 1] = checked >> np.uint32(8)
        _copy(after[i], line[before.shape[1] + size + CRC_BYTES :])
    seen |= seen >> _U(32)
    return (seen | seen >> _U(16)) & _U(0xFFFF)
