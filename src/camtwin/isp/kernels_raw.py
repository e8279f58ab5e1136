"""Compiled rows, first half: bytes to pixels, defects, statistics, light to roots.

Import this module lazily: it imports numba. Each function is one row's share of a stage, and its readable
reference is named. A row lies split into its even and its odd columns (`even`, `odd`: one colour each, and
neighbours without gaps), longer by PAD columns at both ends, the neighbours or, at the frame's borders, their
mirror images, so that no later step asks for borders.

numba types int32 arithmetic as 64 bit; the I() around each step brings it back, and with it the width of the
vectors. float32 is strict: one rounding an operation, in the reference's order.
"""

import numpy as np

from camtwin.compiled import inlined, part

F, I, U = np.float32, np.int32, np.uint16  # noqa: E741
PAD = 24
"""Columns that are added on each side: what all steps together look beyond a pixel."""
SLACK = 128
"""Columns at the end of a row's buffers that loops may run into, see kernels_root.py."""
WORDS, BYTES, PACKED_10, PACKED_12, GROUPED_10, GROUPED_12 = range(6)
"""How pixels lie in a payload: pixels.FORMATS."""

row = part
inline = inlined


@inline
def reflected(i, n):
    """Index in 0..n-1 of a pixel at i, mirrored about the outermost as often as needed."""
    period = 2 * (n - 1)
    i = abs(i) % period
    return i if i < n else period - i


@row
def _unpack_words(words, even, odd):
    for k in range(odd.shape[0]):
        even[k] = words[2 * k]
        odd[k] = words[2 * k + 1]


@row
def _unpack_12(data, even, odd):
    for k in range(odd.shape[0]):
        a, b, c = U(data[3 * k]), U(data[3 * k + 1]), U(data[3 * k + 2])
        even[k] = a | ((b & U(15)) << U(8))
        odd[k] = (b >> U(4)) | (c << U(4))


@row
def _unpack_grouped_12(data, even, odd):
    for k in range(odd.shape[0]):
        low = U(data[3 * k + 2])
        even[k] = (U(data[3 * k]) << U(4)) | (low & U(15))
        odd[k] = (U(data[3 * k + 1]) << U(4)) | (low >> U(4))


@row
def _unpack_10(data, even, odd):
    for k in range(odd.shape[0] // 2):
        a, b, c = U(data[5 * k]), U(data[5 * k + 1]), U(data[5 * k + 2])
        d, e = U(data[5 * k + 3]), U(data[5 * k + 4])
        even[2 * k] = a | ((b & U(3)) << U(8))
        odd[2 * k] = (b >> U(2)) | ((c & U(15)) << U(6))
        even[2 * k + 1] = (c >> U(4)) | ((d & U(63)) << U(4))
        odd[2 * k + 1] = (d >> U(6)) | (e << U(2))


@row
def _unpack_grouped_10(data, even, odd):
    for k in range(odd.shape[0] // 2):
        low = U(data[5 * k + 4])
        even[2 * k] = (U(data[5 * k]) << U(2)) | (low & U(3))
        odd[2 * k] = (U(data[5 * k + 1]) << U(2)) | ((low >> U(2)) & U(3))
        even[2 * k + 1] = (U(data[5 * k + 2]) << U(2)) | ((low >> U(4)) & U(3))
        odd[2 * k + 1] = (U(data[5 * k + 3]) << U(2)) | (low >> U(6))


@row
def load_row(data, layout, y, width, left, even, odd):
    """pixels.unpack of a part of row y, from column `left` on, split into even and odd columns.

    even, odd: as long as what lies ahead of the row's end. Packed rows begin on a byte (planner), and
    `left` on a group of pixels.
    """
    pairs, start = odd.shape[0], y * width + left
    if layout == WORDS:
        words = data[2 * start : 2 * (start + pairs + even.shape[0])].view(np.uint16)
        _unpack_words(words, even, odd)
        if even.shape[0] > pairs:
            even[pairs] = words[2 * pairs]
    elif layout == BYTES:
        words8 = data[start : start + pairs + even.shape[0]]
        _unpack_words(words8, even, odd)
        if even.shape[0] > pairs:
            even[pairs] = words8[2 * pairs]
    elif layout == PACKED_12:
        _unpack_12(data[start * 3 // 2 : start * 3 // 2 + 3 * pairs], even, odd)
    elif layout == GROUPED_12:
        _unpack_grouped_12(data[start * 3 // 2 : start * 3 // 2 + 3 * pairs], even, odd)
    elif layout == PACKED_10:
        _unpack_10(data[start * 5 // 4 : start * 5 // 4 + 5 * (pairs // 2)], even, odd)
    else:
        _unpack_grouped_10(data[start * 5 // 4 : start * 5 // 4 + 5 * (pairs // 2)], even, odd)


@row
def lengthen(dn, first, last, left, width):
    """mosaic.padded for columns first..last - 1 of a strip that begins at the frame's column `left`."""
    for i in range(first, last):
        at = reflected(left + i, width) - left
        dn[i % 2][i // 2] = dn[at % 2][at // 2]


@row
def _clamp(above, here, below, left_a, left, left_b, right_a, right, right_b, threshold, out):
    for k in range(out.shape[0]):
        low, high = above[k], above[k]
        low = below[k] if below[k] < low else low
        high = below[k] if below[k] > high else high
        low = left_a[k] if left_a[k] < low else low
        high = left_a[k] if left_a[k] > high else high
        low = left[k] if left[k] < low else low
        high = left[k] if left[k] > high else high
        low = left_b[k] if left_b[k] < low else low
        high = left_b[k] if left_b[k] > high else high
        low = right_a[k] if right_a[k] < low else low
        high = right_a[k] if right_a[k] > high else high
        low = right[k] if right[k] < low else low
        high = right[k] if right[k] > high else high
        low = right_b[k] if right_b[k] < low else low
        high = right_b[k] if right_b[k] > high else high
        value, rest = here[k], U(U(65535) - threshold)
        floor = U(low - threshold) if low > threshold else U(0)
        ceiling = U((high if high < rest else rest) + threshold)
        value = value if value > floor else floor
        out[k] = value if value < ceiling else ceiling


@row
def clamp_row(above, here, below, threshold, out):
    """raw_stages.clamped for pixels of one colour; three rows of it and the one that is written."""
    n = here.shape[0] - 2
    mid, left, right = slice(1, n + 1), slice(0, n), slice(2, n + 2)
    _clamp(
        above[mid], here[mid], below[mid], above[left], here[left], below[left],
        above[right], here[right], below[right], U(threshold), out[mid],
    )  # fmt: skip


@row
def _zone(first, second, third, fourth, clipped, sums):
    """Return sums over cells of four colours: all, unclipped, and the number of unclipped cells."""
    a = b = c = d = e = f = g = h = n = I(0)
    for k in range(first.shape[0]):
        p, q, r, s = I(first[k]), I(second[k]), I(third[k]), I(fourth[k])
        most = max(max(p, q), max(r, s))
        good = I(1) if most < clipped else I(0)
        a, b, c, d = I(a + p), I(b + q), I(c + r), I(d + s)
        e, f, g, h, n = I(e + p * good), I(f + q * good), I(g + r * good), I(h + s * good), I(n + good)
    sums[0] += a
    sums[1] += b
    sums[2] += c
    sums[3] += d
    sums[4] += e
    sums[5] += f
    sums[6] += g
    sums[7] += h
    sums[8] += n


@row
def measure_rows(upper, lower, columns, left, right, clipped, sums):
    """statistics.measured for one row of cells; columns: where zones begin, sums: (zones, 9).

    left, right: the strip's first cell and its end; upper, lower: (2, pairs), PAD columns longer at both
    ends.
    """
    for zone in range(columns.shape[0] - 1):
        first, last = max(columns[zone], left), min(columns[zone + 1], right)
        if first < last:
            part = slice(PAD // 2 + first - left, PAD // 2 + last - left)
            _zone(upper[0][part], upper[1][part], lower[0][part], lower[1][part], clipped, sums[zone])


@row
def count_row(pixels, shift, histogram):
    """statistics.measured's histogram of one row of pixels."""
    for k in range(pixels.shape[0]):
        histogram[pixels[k] >> shift] += 1


@row
def root_row(dn, black, scale, gain, toe, root, out):
    """BlackLevel, WhiteBalance and demosaic.rooted for pixels of one colour."""
    for k in range(dn.shape[0]):
        v = (F(dn[k]) - black) * scale * gain
        v = (v if v < F(1) else F(1)) + toe
        v = v if v > F(0) else F(0)
        out[k] = np.int16(I(np.sqrt(v) * root + F(0.5)))


@row
def shaded_root_row(dn, black, scale, above, below, share, gain, toe, root, out):
    """As root_row, with light_stages.Shading between; above, below: gains at the grid's rows."""
    for k in range(dn.shape[0]):
        lens = above[k] + (below[k] - above[k]) * share
        v = (F(dn[k]) - black) * scale * lens * gain
        v = (v if v < F(1) else F(1)) + toe
        v = v if v > F(0) else F(0)
        out[k] = np.int16(I(np.sqrt(v) * root + F(0.5)))


@row
def buffer_pairs(width):
    """Pairs of columns in the buffers of a strip: whole vectors, and SLACK."""
    return (width + 2 * PAD + SLACK - 1) // SLACK * (SLACK // 2) + SLACK // 2
