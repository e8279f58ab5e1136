"""Compiled packing: rows of codes of 10 and 12 bits as packed formats lay them out.

Import this module lazily: it imports numba. Its readable reference is packing.pack. Kernels of other rooms
call these, and are compiled with them. Indices are unsigned: only so does LLVM use vectors.
"""

import numpy as np

from camtwin.compiled import part

_U = np.uint64


@part
def _stream_10(codes, out):
    """Mono10p: each code's bits follow those of the one before. Four codes at a time."""
    for i in range(_U(codes.shape[0] // 4)):
        at, to = _U(4) * i, _U(5) * i
        a, b, c, d = codes[at], codes[at + _U(1)], codes[at + _U(2)], codes[at + _U(3)]
        out[to] = a
        out[to + _U(1)] = a >> _U(8) | b << _U(2)
        out[to + _U(2)] = b >> _U(6) | c << _U(4)
        out[to + _U(3)] = c >> _U(4) | d << _U(6)
        out[to + _U(4)] = d >> _U(2)


@part
def _stream_12(codes, out):
    """Mono12p, likewise. Two codes at a time."""
    for i in range(_U(codes.shape[0] // 2)):
        at, to = _U(2) * i, _U(3) * i
        a, b = codes[at], codes[at + _U(1)]
        out[to] = a
        out[to + _U(1)] = a >> _U(8) | b << _U(4)
        out[to + _U(2)] = b >> _U(4)


@part
def grouped_10(codes, out):
    """Write RAW10: the high bytes of four codes, then their low bits. Return all codes or-ed together."""
    seen = _U(0)
    for i in range(_U(codes.shape[0] // 4)):
        at, to = _U(4) * i, _U(5) * i
        a, b, c, d = codes[at], codes[at + _U(1)], codes[at + _U(2)], codes[at + _U(3)]
        out[to] = a >> _U(2)
        out[to + _U(1)] = b >> _U(2)
        out[to + _U(2)] = c >> _U(2)
        out[to + _U(3)] = d >> _U(2)
        out[to + _U(4)] = a & _U(3) | (b & _U(3)) << _U(2) | (c & _U(3)) << _U(4) | (d & _U(3)) << _U(6)
        seen |= a | b | c | d
    return seen


@part
def grouped_12(codes, out):
    """Write RAW12: the high bytes of two codes, then their low bits. Return all codes or-ed together."""
    seen = _U(0)
    for i in range(_U(codes.shape[0] // 2)):
        at, to = _U(2) * i, _U(3) * i
        a, b = codes[at], codes[at + _U(1)]
        out[to] = a >> _U(4)
        out[to + _U(1)] = b >> _U(4)
        out[to + _U(2)] = a & _U(15) | (b & _U(15)) << _U(4)
        seen |= a | b
    return seen


@part
def pack_groups(codes, out, bits, grouped):
    """Write the whole groups of a row of codes; return the number of codes written, 0 for other depths.

    codes: (n,) uint16; what a code has above its bits is lost. out: (m,) uint8, which begins with the first
    code. bits: of a code. grouped: as PixelFormat has it.
    """
    if bits == 10:
        grouped_10(codes, out) if grouped else _stream_10(codes, out)
        return codes.shape[0] // 4 * 4
    if bits == 12:
        grouped_12(codes, out) if grouped else _stream_12(codes, out)
        return codes.shape[0] // 2 * 2
    return 0
