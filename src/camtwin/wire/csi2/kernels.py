"""Compiled kernels: the CRC of a payload, and whole frames as packets, packed and with their CRC in one pass.

Import this module lazily: it imports numba. Its readable references are packets.crc and pixels.pack.

What a payload is folded to, folding.py, is 16 bytes. These go one by one, eight bits at once: with this
generator what a byte does to the CRC is itself a few shifts of it.
"""

import numpy as np

from camtwin.compiled import compiled, inlined, part
from camtwin.pixels.kernels import grouped_10, grouped_12
from camtwin.wire.csi2.folding import BLOCK_BYTES, folded
from camtwin.wire.csi2.packets import CRC_BYTES, CRC_START

_U = np.uint64
_START = np.uint32(CRC_START)


@inlined
def _after(state, byte):
    """Return the CRC after one more byte."""
    mixed = (state ^ np.uint32(byte)) & np.uint32(0xFF)
    mixed ^= (mixed << np.uint32(4)) & np.uint32(0xFF)
    return (
        (state >> np.uint32(8)) ^ (mixed << np.uint32(8)) ^ (mixed << np.uint32(3)) ^ (mixed >> np.uint32(4))
    )


@part
def _crc(message, size):
    """Return the CRC of the last `size` bytes of a message of blocks; it overwrites the first two of them."""
    at = message.shape[0] - size
    if size < 2:
        return _after(_START, message[at]) if size else _START
    message[at] ^= np.uint8(0xFF)  # a start with ones is one with zeros where the first 16 bits are inverted
    message[at + 1] ^= np.uint8(0xFF)
    state = np.uint32(0)
    for byte in folded(message):
        state = _after(state, byte)
    return state


@inlined
def _copy(source, target):
    """Write `source` to the beginning of `target`; unsigned indices let it use vectors."""
    for k in range(_U(source.shape[0])):
        target[k] = source[k]


@part
def _blocks(size):
    """Return zeros, in whole blocks, with room for a message of `size` bytes at their end."""
    return np.zeros((size + BLOCK_BYTES - 1) // BLOCK_BYTES * BLOCK_BYTES, np.uint8)


@compiled
def crc(payload):
    """packets.crc of a payload, (n,) uint8."""
    size = payload.shape[0]
    message = _blocks(size)
    _copy(payload, message[message.shape[0] - size :])
    return _crc(message, size)


def checksum(payload: bytes | memoryview) -> int:
    """Return packets.crc of a payload."""
    return int(crc(np.frombuffer(payload, np.uint8)))


@inlined
def _copy_later(records, times, ns, target):
    """Write bytes to the beginning of `target`, with the 64-bit times at `times` in them later by `ns`."""
    _copy(records, target)
    for at in times:
        value = _U(0)
        for k in range(8):  # LLVM makes one load of it
            value |= _U(records[at + k]) << _U(8 * k)
        value += _U(ns)
        for k in range(8):
            target[at + k] = value >> _U(8 * k)


@compiled
def put_lines(codes, bits, before, before_times, after, after_times, ns, out, at):
    """Write rows of codes as long packets: row i to out[at[i]:].

    codes: (rows, columns) uint16, whole groups. before, after: (rows, any) uint8, the bytes before a row's
    payload, with its packet's header, and those behind its CRC. before_times, after_times: where in these
    there are times; they become later by `ns`. Returns all codes or-ed together, by which one that does not
    fit can be seen.
    """
    rows, columns = codes.shape
    size = columns * bits // 8
    around = before.shape[1] + CRC_BYTES + after.shape[1]
    message = _blocks(size)
    payload = message[message.shape[0] - size :]
    seen = _U(0)
    for i in range(rows):
        seen |= grouped_10(codes[i], payload) if bits == 10 else grouped_12(codes[i], payload)
        line = out[at[i] : at[i] + around + size]
        _copy_later(before[i], before_times, ns, line)
        _copy(payload, line[before.shape[1] :])
        checked = _crc(message, size)
        line[before.shape[1] + size] = checked & np.uint32(0xFF)
        line[before.shape[1] + size + 1] = checked >> np.uint32(8)
        _copy_later(after[i], after_times, ns, line[before.shape[1] + size + CRC_BYTES :])
    return seen
