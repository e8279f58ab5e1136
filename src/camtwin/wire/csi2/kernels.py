"""Compiled kernels: the CRC of a payload, and whole frames as packets, packed and with their CRC in one pass.

Import this module lazily: it imports numba. Its readable references are packets.crc and pixels.pack.

The CRC folds words. A polynomial over two elements keeps its form when squared: from
x^16 = x^12 + x^5 + 1 (modulo the generator) follows x^(16 n) = x^(12 n) + x^(5 n) + 1 for n = 2, 4, 8, ...
With n bits in a word this says that a word's share of the CRC is that of the same word 4, 11 and 16 words
further on; so three exclusive-ors move it there, and no table is needed. This is done with words of 128 bits
(as pairs of 64), then 64, 32, 16 and 8 bits, until 16 bytes are left. These go one by one, eight bits at
once: with this generator what a byte does to the CRC is itself a few shifts of it.
"""

import numpy as np
from numba import njit

from camtwin.compiled import compiled
from camtwin.pixels.kernels import pack_groups
from camtwin.wire.csi2.packets import CRC_BYTES, CRC_START

LEAD_BYTES = 256  # zeros before a message: words that folding looks back on
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


@njit(error_model="numpy")
def _any_bits(codes):
    """Return all codes or-ed together."""
    seen = np.uint16(0)
    for k in range(_U(codes.shape[0])):
        seen = np.uint16(seen | codes[k])
    return seen


@compiled
def put_lines(codes, bits, before, after, out, at):
    """Write rows of codes as long packets: row i to out[at[i]:].

    codes: (rows, columns) uint16, whole groups. before, after: (rows, any) uint8, the bytes before a row's
    payload, with its packet's header, and those behind its CRC. Returns all codes or-ed together, by which
    one that does not fit can be seen.
    """
    rows, columns = codes.shape
    size = columns * bits // 8
    around = before.shape[1] + CRC_BYTES + after.shape[1]
    message = _message(size)
    payload = message[LEAD_BYTES : LEAD_BYTES + size]
    seen = np.uint16(0)
    for i in range(rows):
        seen |= _any_bits(codes[i])
        pack_groups(codes[i], payload, bits, True)
        line = out[at[i] : at[i] + around + size]
        _copy(before[i], line)
        _copy(payload, line[before.shape[1] :])
        checked = _crc(message, size)
        line[before.shape[1] + size] = checked & np.uint32(0xFF)
        line[before.shape[1] + size + 1] = checked >> np.uint32(8)
        _copy(after[i], line[before.shape[1] + size + CRC_BYTES :])
    return seen
