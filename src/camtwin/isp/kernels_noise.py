"""Compiled rows of NoiseReduction. See kernels_raw.py for the manner, and root_stages.py for the references.

Rows come in blocks of four, a row of cells of 4 x 4 pixels. After block c the lines of chroma in block c - 2
are known, and all that its rows need of brightness.
"""

from camtwin.isp.image import TOP
from camtwin.isp.kernels_colour import S, top
from camtwin.isp.kernels_raw import SLACK, F, I, inline, row
from camtwin.isp.noise import CELL, DIAGONAL

NARROW = SLACK // CELL
"""SLACK in a row of cells."""


@row
def entry_row(red, grn, blu, bright, chroma):
    """NoiseReduction's brightness, and red - green and blue - green."""
    p, q = chroma[0], chroma[1]
    for x in range(red.shape[0]):
        one, two, three = I(red[x]), I(grn[x]), I(blu[x])
        bright[x] = S(I(I(I(one + three) + I(6 * two)) + 4) >> 3)
        p[x], q[x] = S(I(one - two)), S(I(three - two))


@inline
def _nine(a, b, c, d, e, f, g, h, i, w0, w1, w2, w3, w4):
    outer = I(I(w0 * I(a + i)) + I(w1 * I(b + h)))
    return I(I(outer + I(w2 * I(c + g))) + I(I(w3 * I(d + f)) + I(w4 * e)))


@row
def _filtered_columns(a, b, c, d, e, f, g, h, i, w, out):
    w0, w1, w2, w3, w4 = w[0], w[1], w[2], w[3], w[4]
    for x in range(out.shape[0]):
        near = I(I(w2 * I(I(c[x]) + I(g[x]))) + I(I(w3 * I(I(d[x]) + I(f[x]))) + I(w4 * I(e[x]))))
        out[x] = I(I(I(w0 * I(I(a[x]) + I(i[x]))) + I(w1 * I(I(b[x]) + I(h[x])))) + near)


@row
def _filtered(a, b, c, d, e, f, g, h, i, w, low):
    w0, w1, w2, w3, w4 = w[0], w[1], w[2], w[3], w[4]
    for x in range(low.shape[0]):
        total = _nine(a[x], b[x], c[x], d[x], e[x], f[x], g[x], h[x], i[x], w0, w1, w2, w3, w4)
        low[x] = S(I(I(total + 32768) >> 16))


@row
def low_row(rows, y, w, scratch, low):
    """root_stages.quiet_detail's low pass of row y; rows: a ring of 16 rows of brightness, w: 5 weights."""
    m = scratch.shape[0] - SLACK
    _filtered_columns(
        rows[(y - 4) & 15], rows[(y - 3) & 15], rows[(y - 2) & 15], rows[(y - 1) & 15], rows[y & 15],
        rows[(y + 1) & 15], rows[(y + 2) & 15], rows[(y + 3) & 15], rows[(y + 4) & 15], w, scratch,
    )  # fmt: skip
    _filtered(
        scratch[0:m], scratch[1 : m + 1], scratch[2 : m + 2], scratch[3 : m + 3], scratch[4 : m + 4],
        scratch[5 : m + 5], scratch[6 : m + 6], scratch[7 : m + 7], scratch[8 : m + 8], w, low[4 : m + 4],
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
        out[x] = F(1) - _kept(F(I(I(a[x] + b[x]) + c[x])) * F(16 / 36), limit)


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


@row
def _mean_of_three(a, b, c, out):
    for x in range(a.shape[0]):
        mean = ((a[x] + c[x]) + b[x]) * F(1 / 9)
        out[4 * x], out[4 * x + 1], out[4 * x + 2], out[4 * x + 3] = mean, mean, mean, mean


@row
def spread_lines_row(above, here, below, out):
    """root_stages.box_mean of three rows of lines_row, at every pixel; out: (5, columns)."""
    for i in range(5):
        _mean_of_three(above[i], here[i], below[i], out[i])


@row
def repeated_row(cells, out):
    """Each value twice."""
    for x in range(cells.shape[0]):
        out[2 * x] = cells[x]
        out[2 * x + 1] = cells[x]


@inline
def _quiet(bright, detail, lost):
    value = (F(bright) - F(detail) * lost) + F(0.5)
    value = value if value > F(0) else F(0)
    return I(value if value < F(TOP) else F(TOP))


@row
def quiet_row(bright, detail, lost, out):
    """root_stages.quiet_detail of a row; lost: of each pixel."""
    for x in range(out.shape[0]):
        out[x] = S(_quiet(bright[x], detail[x], lost[x]))


@row
def _joined(noisy, detail, lost, first, second, kept, p_slope, p_base, q_slope, q_base, red, grn, blu, luma):
    for x in range(red.shape[0]):
        bright = _quiet(noisy[x], detail[x], lost[x])
        own = F(bright)
        p = (F(first[x]) * kept[x] + p_base[x]) + p_slope[x] * own
        q = (F(second[x]) * kept[x] + q_base[x]) + q_slope[x] * own
        i = I(I(p + F(TOP + 1.5)) - I(TOP + 1))
        j = I(I(q + F(TOP + 1.5)) - I(TOP + 1))
        g = I(I(I(I(8 * bright) - I(i + j)) + 4) >> 3)
        one, two, three = top(I(g + i)), top(g), top(I(g + j))
        red[x], grn[x], blu[x] = S(one), S(two), S(three)
        luma[x] = S(I(I(I(one + three) + I(2 * two)) + 2) >> 2)


@row
def joined_row(bright, detail, lost, chroma, lines, planes, luma):
    """NoiseReduction's last steps of a row, and the brightness that EdgeEnhancement looks at."""
    _joined(
        bright, detail, lost, chroma[0], chroma[1], lines[0], lines[1], lines[2], lines[3], lines[4],
        planes[0], planes[1], planes[2], luma,
    )  # fmt: skip
