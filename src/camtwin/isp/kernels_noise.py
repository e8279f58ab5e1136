"""Compiled rows of NoiseReduction. See kernels_raw.py for the manner, and root_stages.py for the references.

Rows come in blocks of four, a row of cells of 4 x 4 pixels. After block c the lines of chroma in block c - 2
are known, and all that its rows need of brightness.
"""

from camtwin.isp.kernels_colour import S, top
from camtwin.isp.kernels_raw import SLACK, F, I, inline, row
from camtwin.isp.kernels_root import entry
from camtwin.isp.noise import CELL, DIAGONAL, LINE, LOST

NARROW = SLACK // CELL
"""SLACK in a row of cells."""


@row
def entry_row(red, grn, blu, bright, chroma):
    """NoiseReduction's brightness, and red - green and blue - green."""
    p, q = chroma[0], chroma[1]
    for x in range(red.shape[0]):
        bright[x] = entry(red[x], grn[x], blu[x])
        p[x], q[x] = S(red[x] - grn[x]), S(blu[x] - grn[x])


_HALF = 8192
"""Half of the range, taken off between the passes: then a sum of two fits 16 bits, signed."""


@row
def _filtered(a, b, c, d, e, f, g, h, i, w, before, after, out):
    """Sum of nine rows, weighted; before: added to the sum, after: to the result. w: 16 bits."""
    w0, w1, w2, w3, w4 = I(w[0]), I(w[1]), I(w[2]), I(w[3]), I(w[4])
    for x in range(out.shape[0]):
        outer = I(I(w0 * I(S(a[x] + i[x]))) + I(w1 * I(S(b[x] + h[x]))))
        inner = I(I(w2 * I(S(c[x] + g[x]))) + I(w3 * I(S(d[x] + f[x]))))
        total = I(I(outer + inner) + I(I(w4 * I(e[x])) + before))
        out[x] = S(I(I(total >> 8) + after))


@row
def low_row(rows, y, w, scratch, low):
    """root_stages.quiet_detail's low pass of row y; rows: a ring of 16 rows of brightness, w: 5 weights."""
    m = scratch.shape[0] - SLACK
    _filtered(
        rows[(y - 4) & 15], rows[(y - 3) & 15], rows[(y - 2) & 15], rows[(y - 1) & 15], rows[y & 15],
        rows[(y + 1) & 15], rows[(y + 2) & 15], rows[(y + 3) & 15], rows[(y + 4) & 15], w, I(128), I(-_HALF),
        scratch,
    )  # fmt: skip
    _filtered(
        scratch[0:m], scratch[1 : m + 1], scratch[2 : m + 2], scratch[3 : m + 3], scratch[4 : m + 4],
        scratch[5 : m + 5], scratch[6 : m + 6], scratch[7 : m + 7], scratch[8 : m + 8], w,
        I(128 + (_HALF << 8)), I(0), low[4 : m + 4],
    )  # fmt: skip


@row
def _turns(above, here, below, out):
    for x in range(out.shape[0]):
        out[x] = I(I(2 * I(here[x])) - I(I(above[x]) + I(below[x])))


@row
def _detail(left, turns, right, low, bright, out):
    for x in range(out.shape[0]):
        both = I(I(2 * turns[x]) - I(left[x] + right[x]))
        smooth = I(I(low[x]) - I(I(I(DIAGONAL * both) + 16) >> 5))
        out[x] = S(I(I(bright[x]) - top(smooth)))


@row
def detail_row(low, y, bright, scratch, out):
    """root_stages.quiet_detail's detail of row y; low: a ring of 8 rows of low_row, bright: the row."""
    m = scratch.shape[0] - SLACK
    _turns(low[(y - 1) & 7], low[y & 7], low[(y + 1) & 7], scratch)
    at = slice(1, m + 1)
    _detail(scratch[0:m], scratch[at], scratch[2 : m + 2], low[y & 7][at], bright[at], out[at])


@inline
def _energy(v):
    quarter = I(I(I(v) + 2) >> 2)
    return I(quarter * quarter)


@row
def energy_row(upper, lower, out):
    """Energy of detail in a row of cells of 2 x 2 pixels, of its two rows."""
    for x in range(out.shape[0]):
        above = I(_energy(upper[2 * x]) + _energy(upper[2 * x + 1]))
        out[x] = I(above + I(_energy(lower[2 * x]) + _energy(lower[2 * x + 1])))


@inline
def _kept(energy, limit):
    """See root_stages.kept."""
    above = energy - limit
    above = above if above > F(0) else F(0)
    return above / (energy if energy > F(1) else F(1))


@row
def _three_rows(a, b, c, out):
    for x in range(out.shape[0]):
        out[x] = I(I(a[x] + b[x]) + c[x])


@row
def _lost(a, b, c, limit, out):
    for x in range(out.shape[0]):
        lost = F(1) - _kept(F(I(I(a[x] + b[x]) + c[x])) * F(16 / 36), limit)
        out[x] = S(I(lost * F(LOST) + F(0.5)))


@row
def lost_row(above, here, below, limit, scratch, out):
    """root_stages.quiet_detail's lost share of a row of cells, of three rows of energies."""
    n = out.shape[0] - SLACK // 2
    _three_rows(above, here, below, scratch)
    _lost(scratch[0:n], scratch[1 : n + 1], scratch[2 : n + 2], limit, out[1 : n + 1])


@row
def _four_rows(a, b, c, d, out):
    for x in range(out.shape[0]):
        out[x] = I(I(I(a[x]) + I(b[x])) + I(I(c[x]) + I(d[x])))


@row
def _cells(columns, out):
    for x in range(out.shape[0]):
        left = I(columns[4 * x] + columns[4 * x + 1])
        out[x] = I(I(I(left + I(columns[4 * x + 2] + columns[4 * x + 3])) + 32) >> 6)


@row
def _products(g, r, b, gg, gr, gb, rr, bb):
    for x in range(g.shape[0]):
        gg[x], gr[x], gb[x] = I(g[x] * g[x]), I(g[x] * r[x]), I(g[x] * b[x])
        rr[x], bb[x] = I(r[x] * r[x]), I(b[x] * b[x])


@row
def cells_row(bright, chroma, c, scratch, out):
    """Cells of block c, and their products; bright, chroma: rings of 16 rows, out: (8, cells)."""
    i, j, k, m = (4 * c) & 15, (4 * c + 1) & 15, (4 * c + 2) & 15, (4 * c + 3) & 15
    _four_rows(bright[i], bright[j], bright[k], bright[m], scratch)
    _cells(scratch, out[0])
    for hue in range(2):
        _four_rows(chroma[i][hue], chroma[j][hue], chroma[k][hue], chroma[m][hue], scratch)
        _cells(scratch, out[1 + hue])
    _products(out[0], out[1], out[2], out[3], out[4], out[5], out[6], out[7])


@inline
def _slope(along, under):
    v = along / under
    v = v if v > F(-2) else F(-2)
    return v if v < F(2) else F(2)


@row
def _slopes(g, r, b, gg, gr, gb, limit, slope_r, slope_b, explained):
    """Split from _lines and _shares, so that each loop has few enough rows to be a vector's."""
    for x in range(g.shape[0]):
        spread = F(I(I(9 * gg[x]) - I(g[x] * g[x]))) + limit
        with_r, with_b = F(I(I(9 * gr[x]) - I(g[x] * r[x]))), F(I(I(9 * gb[x]) - I(g[x] * b[x])))
        under = spread if spread > F(1) else F(1)
        p, q = _slope(with_r, under), _slope(with_b, under)
        slope_r[x], slope_b[x], explained[x] = p, q, p * with_r + q * with_b


@row
def _shares(r, b, rr, bb, limit, explained, share):
    for x in range(r.shape[0]):
        own = F(I(I(9 * rr[x]) - I(r[x] * r[x]))) + F(I(I(9 * bb[x]) - I(b[x] * b[x])))
        share[x] = _kept(own - explained[x], limit)


@row
def _lines(g, chroma, share, slope, base):
    for x in range(g.shape[0]):
        lose = F(1) - share[x]
        base[x] = lose * (F(chroma[x]) * F(4 / 9) - slope[x] * (F(g[x]) * F(4 / 9)))
        slope[x] = lose * slope[x]


@row
def _three_columns(a, b, c, out):
    for x in range(out.shape[0]):
        out[x] = (a[x] + c[x]) + b[x]


@row
def lines_row(above, here, below, limit, scratch, sums, parts, out):
    """root_stages.chroma_lines of a row of cells, of three rows of cells_row; sums of three in a row.

    sums: (8, cells) int32; parts, out: (5, cells) float32.
    """
    n = out.shape[1] - NARROW
    for i in range(8):
        _three_rows(above[i], here[i], below[i], scratch)
        _three_rows(scratch[0:n], scratch[1 : n + 1], scratch[2 : n + 2], sums[i][1 : n + 1])
    g, r, b, limit = sums[0], sums[1], sums[2], limit * F(81 / 16)
    share, slope_r, base_r, slope_b, base_b = parts[0], parts[1], parts[2], parts[3], parts[4]
    _slopes(g, r, b, sums[3], sums[4], sums[5], limit, slope_r, slope_b, base_r)
    _shares(r, b, sums[6], sums[7], limit, base_r, share)
    _lines(g, r, share, slope_r, base_r)
    _lines(g, b, share, slope_b, base_b)
    for i in range(5):
        v = parts[i]
        _three_columns(v[0:n], v[1 : n + 1], v[2 : n + 2], out[i][1 : n + 1])


@inline
def _mean(a, b, c):
    return (((a + c) + b) * F(1 / 9)) * F(LINE)


@row
def _spread_factor(a, b, c, out):
    for x in range(a.shape[0]):
        v = S(I(I(_mean(a[x], b[x], c[x]) + F(4 * LINE + 0.5)) - I(4 * LINE)))
        out[4 * x], out[4 * x + 1], out[4 * x + 2], out[4 * x + 3] = v, v, v, v


@row
def _spread_base(a, b, c, out):
    for x in range(a.shape[0]):
        v = I(_mean(a[x], b[x], c[x]))
        out[4 * x], out[4 * x + 1], out[4 * x + 2], out[4 * x + 3] = v, v, v, v


@row
def spread_lines_row(above, here, below, factors, bases):
    """root_stages.box_mean of three rows of lines_row, whole, at every pixel.

    factors: (3, columns), the share and both slopes; bases: (2, columns).
    """
    for i in range(3):
        at = (0, 1, 3)[i]
        _spread_factor(above[at], here[at], below[at], factors[i])
    for i in range(2):
        at = (2, 4)[i]
        _spread_base(above[at], here[at], below[at], bases[i])


@row
def repeated_row(cells, out):
    """Repeat each value: one of a pair of columns becomes one of each."""
    for x in range(cells.shape[0]):
        out[2 * x] = cells[x]
        out[2 * x + 1] = cells[x]


@inline
def _quiet(bright, detail, lost):
    """Return brightness without what is lost of detail; lost: 32 bits, or LLVM would go on in 64."""
    return top(I(I(bright) - I(I(I(I(detail) * lost) + I(LOST // 2)) >> 14)))


@row
def quiet_row(bright, detail, lost, out):
    """root_stages.quiet_detail of a row; lost: of each pixel."""
    for x in range(out.shape[0]):
        out[x] = S(_quiet(bright[x], detail[x], lost[x]))


@row
def _joined(noisy, detail, lost, first, second, kept, p_slope, q_slope, p_base, q_base, red, grn, blu, luma):
    for x in range(red.shape[0]):
        bright = _quiet(noisy[x], detail[x], lost[x])
        share = I(kept[x])
        p = I(I(I(first[x]) * share) + I(bright * I(p_slope[x])))
        q = I(I(I(second[x]) * share) + I(bright * I(q_slope[x])))
        i = I(I(I(p + p_base[x]) + I(LINE // 2)) >> 13)
        j = I(I(I(q + q_base[x]) + I(LINE // 2)) >> 13)
        g = I(I(I(I(8 * bright) - I(i + j)) + 4) >> 3)
        one, two, three = top(I(g + i)), top(g), top(I(g + j))
        red[x], grn[x], blu[x] = S(one), S(two), S(three)
        luma[x] = S(I(I(I(one + three) + I(2 * two)) + 2) >> 2)


@row
def joined_row(bright, detail, lost, chroma, factors, bases, planes, luma):
    """NoiseReduction's last steps of a row, and the brightness that EdgeEnhancement looks at."""
    _joined(
        bright, detail, lost, chroma[0], chroma[1], factors[0], factors[1], factors[2], bases[0], bases[1],
        planes[0], planes[1], planes[2], luma,
    )  # fmt: skip
