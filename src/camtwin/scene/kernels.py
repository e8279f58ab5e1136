"""The compiled twin of motion.py: a still image seen at many moments, each row at its own.

Import this module lazily: it imports numba. The arithmetic is motion.between's, float32 and in its order, so
that both give the same bits.
"""

import numpy as np

from camtwin.compiled import compiled, part

_ZERO = np.float32(0)


@part
def _stretch(still, x, to, out):
    """Copy still[x : x + out.size], on a ring, to out from out[to] on."""
    size = still.shape[0]
    while to < out.shape[0]:
        n = min(out.shape[0] - to, size - x)
        out[to : to + n] = still[x : x + n]
        to, x = to + n, 0


@part
def _line(upper, lower, share, x, wide, out):
    """Interpolate one row between two, from column x on; copy it if the share is 0."""
    _stretch(upper, x, 0, out)
    if share != _ZERO:
        _stretch(lower, x, 0, wide)
        for i in range(out.shape[0]):
            out[i] = (wide[i] - out[i]) * share + out[i]


@part
def _added(line, share, first, out):
    """Set out to, or add to it, the line moved by a share of a pixel; a share of 0 is the line as it is."""
    if first:
        for i in range(out.shape[0]):
            out[i] = (line[i + 1] - line[i]) * share + line[i]
    else:
        for i in range(out.shape[0]):
            out[i] += (line[i + 1] - line[i]) * share + line[i]


@compiled
def seen_rows(still, x, y, whole, shares, out):
    """Write rows y, y + 1, ... of a moving image, from column x on: the mean over each row's moments.

    still: the whole sensor's, (layers, height, width), on a ring in both directions. whole: how many pixels
    to look to the right and down at each moment, (rows, moments, 2) int64. shares: of the next pixel,
    (rows, moments, 2) float32. out: (layers, rows, columns).
    """
    layers, height, width = still.shape
    _, rows, columns = out.shape
    line, wide = np.empty(columns + 1, np.float32), np.empty(columns + 1, np.float32)
    moments = whole.shape[1]
    each = np.float32(1) / np.float32(moments)
    for layer in range(layers):
        picture = still[layer]
        for row in range(rows):
            target = out[layer, row]
            for moment in range(moments):
                dx, dy = whole[row, moment]
                at = (y + row + dy) % height
                upper, lower = picture[at], picture[(at + 1) % height]
                share_x, share_y, start = shares[row, moment, 0], shares[row, moment, 1], (x + dx) % width
                if share_y == _ZERO and start + columns < width:  # the line as it lies in the picture
                    _added(upper[start : start + columns + 1], share_x, moment == 0, target)
                else:
                    _line(upper, lower, share_y, start, wide, line)
                    _added(line, share_x, moment == 0, target)
            if moments > 1:
                for i in range(columns):
                    target[i] *= each
