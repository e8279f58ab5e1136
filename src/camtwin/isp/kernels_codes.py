"""Compiled stages on codes: finish.Downscale and finish.Mirror. Import it lazily, for numba's sake."""

import numpy as np

from camtwin.compiled import compiled
from camtwin.isp.kernels_raw import I, row


@row
def _add(line, total):
    for x in range(total.shape[0]):
        total[x] += np.uint32(line[x])


@row
def _means(total, planes, factor, out):
    half, area = np.uint32(factor * factor // 2), np.uint32(factor * factor)
    for x in range(out.shape[0] // planes):
        for plane in range(planes):
            value = half
            for dx in range(factor):
                value = np.uint32(value + total[(x * factor + dx) * planes + plane])
            out[planes * x + plane] = np.uint32(value // area)


@row
def _halved(upper, lower, out):
    """_means for a factor of 2 and three planes, where the time goes."""
    for x in range(out.shape[0] // 3):
        for plane in range(3):
            i = 6 * x + plane
            pair = I(I(upper[i]) + I(upper[i + 3])) + I(I(lower[i]) + I(lower[i + 3]))
            out[3 * x + plane] = I(pair + I(2)) >> I(2)


@compiled
def downscaled_rows(image, planes, factor, out):
    """finish.Downscale of some rows; image: (rows * factor, codes), out: (rows, codes)."""
    total = np.zeros(out.shape[1] * factor, np.uint32)
    for y in range(out.shape[0]):
        if factor == 2 and planes == 3:
            _halved(image[2 * y], image[2 * y + 1], out[y])
            continue
        total[:] = 0
        for dy in range(factor):
            _add(image[y * factor + dy], total)
        _means(total, planes, factor, out[y])


@row
def _reversed(line, out):
    n = line.shape[0] // 3
    for x in range(n):
        i, j = 3 * x, 3 * (n - 1 - x)
        out[j], out[j + 1], out[j + 2] = line[i], line[i + 1], line[i + 2]


@compiled
def mirrored_rows(image, out):
    """finish.Mirror of the columns of some rows of three planes, (rows, codes)."""
    for y in range(out.shape[0]):
        _reversed(image[y], out[y])
