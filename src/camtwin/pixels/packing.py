"""DN to payload bytes and back, as PFNC defines the formats.

Mono8 takes a byte a pixel; Mono10 and Mono12 a 16 bit little-endian word, the value in its low bits and zeros
above; Mono10p and Mono12p are one stream of bits over the whole image: the first pixel's lowest bit is the
lowest bit of the first byte, and every bit follows the one before, across bytes and rows. How many bits a
pixel has is the format's to say, 1 to 16.

Packed formats work in groups: 4 pixels in 5 bytes (10 bit), 2 pixels in 3 bytes (12 bit). A group is the
little-endian number whose digits are its pixels, so packing is shifts and ors on whole columns. It goes block
by block so that a block's temporaries stay in the processor's cache.

Grouped formats put the same bits elsewhere: a byte with the highest 8 bits of each pixel, then a stream of
the bits that are left of all. The last group is whole, padded with pixels of zero.
"""

import numpy as np
from numpy.typing import NDArray

from camtwin.pixels.formats import PixelFormat, payload_bytes

_BLOCK = 1 << 15  # groups at a time: at most 0.6 MB of temporaries


def pack(dn: NDArray[np.uint16], fmt: PixelFormat) -> NDArray[np.uint8]:
    """Return the payload, (payload_bytes,) uint8, of an image of DN, (height, width) uint16.

    On a little-endian machine the payload of Mono10 and Mono12 is a view of a contiguous `dn`, not a copy.
    Raises ValueError if a pixel does not fit into the format's bits: a silent wrap would look like an image.
    """
    if dn.dtype != np.uint16 or dn.ndim != 2:
        raise ValueError(f"pack takes a 2-D uint16 array, not {dn.ndim}-D {dn.dtype}")
    highest = int(dn.max(initial=0))
    if highest > fmt.highest_DN:
        raise ValueError(f"DN {highest} is above the {fmt.name} maximum {fmt.highest_DN}")
    if fmt.bits_per_pixel == 8:
        return dn.astype(np.uint8, order="C").reshape(-1)
    if not fmt.packed:
        return np.ascontiguousarray(dn, dtype="<u2").reshape(-1).view(np.uint8)
    return _pack_groups(np.ascontiguousarray(dn).reshape(-1), fmt)


def unpack(
    data: NDArray[np.uint8] | bytes | memoryview, fmt: PixelFormat, width: int, height: int
) -> NDArray[np.uint16]:
    """Return the image, (height, width) uint16, of a payload; always a fresh array.

    Raises ValueError if the length is not `payload_bytes`, or if a 16 bit word has bits set that PFNC
    defines as zero.
    """
    payload = np.frombuffer(data, np.uint8)
    expected = payload_bytes(fmt, width, height)
    if payload.size != expected:
        raise ValueError(
            f"{fmt.name} payload of {payload.size} bytes is not the {expected} of {width} x {height}"
        )
    if fmt.packed:
        return _unpack_groups(payload, fmt, width * height).reshape(height, width)
    if fmt.bits_per_pixel == 8:
        return payload.astype(np.uint16).reshape(height, width)
    dn = payload.view("<u2").astype(np.uint16)
    highest = int(dn.max(initial=0))
    if highest > fmt.highest_DN:
        raise ValueError(f"{fmt.name} word {highest:#06x} has bits set above its {fmt.bits}")
    return dn.reshape(height, width)


def _pack_groups(dn: NDArray[np.uint16], fmt: PixelFormat) -> NDArray[np.uint8]:
    """Return the stream of bits of flat `dn`, values already known to fit."""
    pixels, size = fmt.group
    put = _put_high_first if fmt.grouped else _put
    whole = dn.size // pixels
    payload = np.empty(payload_bytes(fmt, dn.size, 1), np.uint8)
    for start in range(0, whole, _BLOCK):
        end = min(start + _BLOCK, whole)
        put(
            dn[start * pixels : end * pixels].reshape(-1, pixels),
            payload[start * size : end * size].reshape(-1, size),
            fmt.bits,
        )
    if dn.size % pixels:
        last = np.zeros((1, pixels), np.uint16)
        last[0, : dn.size % pixels] = dn[whole * pixels :]
        stream = np.empty((1, size), np.uint8)
        put(last, stream, fmt.bits)
        payload[whole * size :] = stream[0, : payload.size - whole * size]
    return payload


def _unpack_groups(payload: NDArray[np.uint8], fmt: PixelFormat, count: int) -> NDArray[np.uint16]:
    """Return the first `count` pixels of a stream of bits, flat."""
    pixels, size = fmt.group
    take = _take_high_first if fmt.grouped else _take
    whole = count // pixels
    dn = np.empty(count, np.uint16)
    for start in range(0, whole, _BLOCK):
        end = min(start + _BLOCK, whole)
        take(
            payload[start * size : end * size].reshape(-1, size),
            dn[start * pixels : end * pixels].reshape(-1, pixels),
            fmt.bits,
        )
    if count % pixels:
        stream = np.zeros((1, size), np.uint8)
        stream[0, : payload.size - whole * size] = payload[whole * size :]
        last = np.empty((1, pixels), np.uint16)
        take(stream, last, fmt.bits)
        dn[whole * pixels :] = last[0, : count % pixels]
    return dn


def _put(groups: NDArray[np.uint16], columns: NDArray[np.uint8], bits: int) -> None:
    """Write groups of pixels, (n, pixels), to their bytes, (n, bytes): one stream of bits a group."""
    for byte in range(columns.shape[1]):
        first, last = 8 * byte // bits, min((8 * byte + 7) // bits, groups.shape[1] - 1)
        value = groups[:, first] >> np.uint16(8 * byte - first * bits)
        for pixel in range(first + 1, last + 1):
            value |= groups[:, pixel] << np.uint16(pixel * bits - 8 * byte)
        columns[:, byte] = value  # the cast to 8 bits drops what belongs to the next byte


def _take(groups: NDArray[np.uint8], columns: NDArray[np.uint16], bits: int) -> None:
    """Write the pixels, (n, pixels), of groups of bytes, (n, bytes): pixel k begins at bit k * bits."""
    mask = np.uint16((1 << bits) - 1)
    for pixel in range(columns.shape[1]):
        first, last = pixel * bits // 8, (pixel * bits + bits - 1) // 8
        word = groups[:, first].astype(np.uint16) >> np.uint16(pixel * bits - 8 * first)
        for byte in range(first + 1, last + 1):
            word |= groups[:, byte].astype(np.uint16) << np.uint16(8 * byte - pixel * bits)
        columns[:, pixel] = word & mask


def _put_high_first(groups: NDArray[np.uint16], columns: NDArray[np.uint8], bits: int) -> None:
    """Write groups of a grouped format: the high byte of each pixel, then a stream of their low bits."""
    pixels, low = groups.shape[1], bits - 8
    for pixel in range(pixels):  # column by column: numpy is slow along so short an axis
        columns[:, pixel] = groups[:, pixel] >> np.uint16(low)
    _put(groups & np.uint16((1 << low) - 1), columns[:, pixels:], low)


def _take_high_first(groups: NDArray[np.uint8], columns: NDArray[np.uint16], bits: int) -> None:
    """Write the pixels of groups of a grouped format."""
    pixels, low = columns.shape[1], bits - 8
    _take(groups[:, pixels:], columns, low)
    for pixel in range(pixels):
        columns[:, pixel] |= groups[:, pixel].astype(np.uint16) << np.uint16(low)
