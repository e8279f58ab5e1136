"""Compiled rows of NoiseReduction. See kernels_raw.py for the manner, and root_stages.py for the references.

Rows come in pairs, a row of cells of 2 x 2 pixels. After cells c the smoothed means and shares of cells c - 3
are known, and with them the rows 2 c - 7 and 2 c - 6: those between the middles of cells c - 4 and c - 3.
"""

from camtwin.isp.image import TOP
from camtwin.isp.kernels_colour import S, top
from camtwin.isp.kernels_raw import SLACK, F, I, inline, row
from camtwin.isp.noise import CHROMA_CELLS

LATE = 7
"""Rows between the first of a pair that comes in and the first of the pair that comes out."""


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
def _filtered(a, b, c, d, e, f, g, h, i, w, bright, smooth, detail):
    w0, w1, w2, w3, w4 = w[0], w[1], w[2], w[3], w[4]
    for x in range(smooth.shape[0]):
        total = _nine(a[x], b[x], c[x], d[x], e[x], f[x], g[x], h[x], i[x], w0, w1, w2, w3, w4)
        low = I(I(total + 32768) >> 16)
        smooth[x], detail[x] = S(low), S(I(I(bright[x]) - low))


@row
def detail_row(rows, y, w, scratch, smooth, detail):
    """root_stages.quiet_detail's split of row y; rows: a ring of 16 rows of brightness, w: 5 weights."""
    m = scratch.shape[0] - SLACK
    _filtered_columns(
        rows[(y - 4) & 15], rows[(y - 3) & 15], rows[(y - 2) & 15], rows[(y - 1) & 15], rows[y & 15],
        rows[(y + 1) & 15], rows[(y + 2) & 15], rows[(y + 3) & 15], rows[(y + 4) & 15], w, scratch,
    )  # fmt: skip
    at = slice(4, m + 4)
    _filtered(
        scratch[0:m], scratch[1 : m + 1], scratch[2 : m + 2], scratch[3 : m + 3], scratch[4 : m + 4],
        scratch[5 : m + 5], scratch[6 : m + 6], scratch[7 : m + 7], scratch[8 : m + 8], w,
        rows[y & 15][at], smooth[at], detail[at],
    )  # fmt: skip


@inline
def _energy(v):
    quarter = I(I(I(v) + 2) >> 2)
    return I(quarter * quarter)


@row
def energy_row(upper, lower, out):
    """Energy of detail in a row of cells, of its two rows."""
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
def _detail_share(a, b, c, limit, out):
    for x in range(out.shape[0]):
        out[x] = _kept(F(I(I(a[x] + b[x]) + c[x])) * F(16 / 36), limit)


@row
def detail_share_row(above, here, below, limit, scratch, out):
    """root_stages.quiet_detail's share of a row of cells, of three rows of energies."""
    n = out.shape[0] - SLACK // 2
    _three_rows(above, here, below, scratch)
    _detail_share(scratch[0:n], scratch[1 : n + 1], scratch[2 : n + 2], limit, out[1 : n + 1])


@row
def _cells(upper, lower, out):
    for x in range(out.shape[0]):
        above = I(I(upper[2 * x]) + I(upper[2 * x + 1]))
        out[x] = I(above + I(I(lower[2 * x]) + I(lower[2 * x + 1])))


@row
def _squares(first, second, out):
    for x in range(out.shape[0]):
        v, w = I(I(first[x] + 8) >> 4), I(I(second[x] + 8) >> 4)
        out[x] = I(I(v * v) + I(w * w))


@row
def cells_row(upper, lower, out):
    """root_stages.summed of both chromas of two rows, and their squares; out: (3, cells)."""
    for i in range(2):
        _cells(upper[i], lower[i], out[i])
    _squares(out[0], out[1], out[2])


@row
def _five_rows(a, b, c, d, e, out):
    for x in range(out.shape[0]):
        out[x] = I(I(I(a[x] + b[x]) + I(c[x] + d[x])) + e[x])


@row
def _means(a, b, c, d, e, out):
    for x in range(out.shape[0]):
        out[x] = F(I(I(I(a[x] + b[x]) + I(c[x] + d[x])) + e[x])) * F(1 / (4 * CHROMA_CELLS**2))


@row
def _shares(a, b, c, d, e, first, second, limit, out):
    for x in range(out.shape[0]):
        square = F(I(I(I(a[x] + b[x]) + I(c[x] + d[x])) + e[x])) * F(16 / CHROMA_CELLS**2)
        share = _kept(square - (first[x] * first[x] + second[x] * second[x]), limit)
        out[x] = share
        first[x] *= F(1) - share
        second[x] *= F(1) - share


@row
def _three_columns(a, b, c, out):
    for x in range(out.shape[0]):
        out[x] = (a[x] + c[x]) + b[x]


@row
def chroma_share_row(ring, c, limit, scratch, parts, out):
    """root_stages.quiet_chroma's share and means of cells c, and two to their left and right added up.

    ring: 8 rows of cells_row; scratch: (3, cells) int32; parts, out: (3, cells) float32, share first.
    """
    n = out.shape[1] - SLACK // 2
    for i in range(3):
        _five_rows(
            ring[(c - 2) & 7][i], ring[(c - 1) & 7][i], ring[c & 7][i], ring[(c + 1) & 7][i],
            ring[(c + 2) & 7][i], scratch[i],
        )  # fmt: skip
    at = slice(2, n + 2)
    for i in range(2):
        v = scratch[i]
        _means(v[0:n], v[1 : n + 1], v[2 : n + 2], v[3 : n + 3], v[4 : n + 4], parts[i + 1][at])
    v = scratch[2]
    _shares(
        v[0:n], v[1 : n + 1], v[2 : n + 2], v[3 : n + 3], v[4 : n + 4], parts[1][at], parts[2][at], limit,
        parts[0][at],
    )  # fmt: skip
    for i in range(3):
        v = parts[i]
        _three_columns(v[0:n], v[1 : n + 1], v[2 : n + 2], out[i][1 : n + 1])


@row
def _mean_of_three(a, b, c, out):
    for x in range(out.shape[0]):
        out[x] = ((a[x] + c[x]) + b[x]) * F(1 / 9)


@row
def smooth_cells_row(above, here, below, out):
    """root_stages._between's mean of 3 x 3 cells, of three rows of chroma_share_row."""
    for i in range(3):
        _mean_of_three(above[i], here[i], below[i], out[i])


@row
def _nearer(here, other, out):
    for x in range(out.shape[0]):
        out[x] = F(0.75) * here[x] + F(0.25) * other[x]


@row
def _spread(left, here, right, out):
    for x in range(here.shape[0]):
        out[2 * x] = F(0.75) * here[x] + F(0.25) * left[x]
        out[2 * x + 1] = F(0.75) * here[x] + F(0.25) * right[x]


@row
def finer_row(here, other, scratch, out):
    """root_stages._finer of rows and columns: a row of `here`, next to cells `other`; out: (3, columns)."""
    n = here.shape[1] - SLACK // 2
    for i in range(3):
        _nearer(here[i], other[i], scratch)
        _spread(scratch[0:n], scratch[1 : n + 1], scratch[2 : n + 2], out[i][2 : 2 * n + 2])


@row
def repeated_row(cells, out):
    """Each value twice."""
    for x in range(cells.shape[0]):
        out[2 * x] = cells[x]
        out[2 * x + 1] = cells[x]


@inline
def _quiet(smooth, detail, share):
    value = F(smooth) + F(detail) * share + F(0.5)
    value = value if value > F(0) else F(0)
    return I(value if value < F(TOP) else F(TOP))


@row
def quiet_row(smooth, detail, share, out):
    """root_stages.quiet_detail of a row; share: of each pixel."""
    for x in range(out.shape[0]):
        out[x] = S(_quiet(smooth[x], detail[x], share[x]))


@row
def joined_row(smooth, detail, share, chroma, parts, red, grn, blu, luma):
    """NoiseReduction's last steps of a row, and the brightness that EdgeEnhancement looks at."""
    first, second, kept, mean, other = chroma[0], chroma[1], parts[0], parts[1], parts[2]
    for x in range(red.shape[0]):
        p = I(I(F(first[x]) * kept[x] + mean[x] + F(TOP + 1.5)) - I(TOP + 1))
        q = I(I(F(second[x]) * kept[x] + other[x] + F(TOP + 1.5)) - I(TOP + 1))
        bright = _quiet(smooth[x], detail[x], share[x])
        g = I(I(I(I(8 * bright) - I(p + q)) + 4) >> 3)
        one, two, three = top(I(g + p)), top(g), top(I(g + q))
        red[x], grn[x], blu[x] = S(one), S(two), S(three)
        luma[x] = S(I(I(I(one + three) + I(2 * two)) + 2) >> 2)
