"""Compiled rows of the stages on roots: FalseColour, NoiseReduction, EdgeEnhancement.

See kernels_raw.py and kernels_colour.py for the manner.
"""

from camtwin.isp.image import TOP
from camtwin.isp.kernels_colour import S, top
from camtwin.isp.kernels_raw import SLACK, F, I, inline, row
from camtwin.isp.noise import DETAIL
from camtwin.isp.root_stages import BOX, CHROMA_BOX

D0, D1, D2, D3 = (I(int(w)) for w in DETAIL[:4])


@row
def chroma_row(red, grn, blu, first, second):
    """root_stages.split: red - green and blue - green."""
    for x in range(red.shape[0]):
        first[x] = red[x] - grn[x]
        second[x] = blu[x] - grn[x]


@row
def _weighted_columns(a, b, c, out):
    for x in range(out.shape[0]):
        out[x] = I(I(I(a[x]) + I(c[x])) + I(2 * I(b[x])))


@row
def _smoothed(a, b, c, out):
    for x in range(out.shape[0]):
        out[x] = I(I(I(I(a[x] + c[x]) + I(2 * b[x])) + 8) >> 4)


@row
def smoothed_row(above, here, below, scratch, out):
    """root_stages.smoothed of one row of three, as int32."""
    n = out.shape[0] - SLACK
    _weighted_columns(above, here, below, scratch)
    _smoothed(scratch[0:n], scratch[1 : n + 1], scratch[2 : n + 2], out[1 : n + 1])


@row
def bright_row(red, grn, blu, out):
    """Brightness of a row: (red + 2 green + blue) / 4."""
    for x in range(out.shape[0]):
        v = I(I(I(red[x]) + I(blu[x])) + I(2 * I(grn[x])))
        out[x] = S(I(v + 2) >> 2)


@row
def recoloured_row(red, grn, blu, first, second, planes, luma):
    """root_stages.joined of a row's own brightness and another chroma, and the brightness that comes out.

    first, second: int32, of which LLVM knows no narrower range; it would go on in 64 bits otherwise.
    """
    out_red, out_grn, out_blu = planes[0], planes[1], planes[2]
    for x in range(red.shape[0]):
        p, q = I(first[x]), I(second[x])
        v = I(I(I(red[x]) + I(blu[x])) + I(2 * I(grn[x])))
        g = I(I(I(v - I(p + q)) + 2) >> 2)
        out_red[x], out_grn[x], out_blu[x] = S(top(I(g + p))), S(top(g)), S(top(I(g + q)))
    bright_row(out_red, out_grn, out_blu, luma)


@row
def _filtered_columns(a, b, c, d, e, f, g, out):
    for x in range(out.shape[0]):
        outer, second = I(I(a[x]) + I(g[x])), I(I(b[x]) + I(f[x]))
        near = I(I(D2 * I(I(c[x]) + I(e[x]))) + I(D3 * I(d[x])))
        out[x] = I(I(I(D0 * outer) + I(D1 * second)) + near)


@row
def _filtered(a, b, c, d, e, f, g, bright, smooth, detail, energy):
    for x in range(smooth.shape[0]):
        near = I(I(D2 * I(c[x] + e[x])) + I(D3 * d[x]))
        total = I(I(I(D0 * I(a[x] + g[x])) + I(D1 * I(b[x] + f[x]))) + near)
        low = I(I(total + 2048) >> 12)
        high = I(I(bright[x]) - low)
        smooth[x], detail[x] = S(low), S(high)
        quarter = I(I(high + 2) >> 2)
        energy[x] = I(quarter * quarter)


@row
def detail_row(rows, y, scratch, smooth, detail, energy):
    """root_stages.quiet_detail's split of row y; rows: a ring of 8 rows of brightness."""
    m = scratch.shape[0] - SLACK
    a, b, c, d = rows[(y - 3) % 8], rows[(y - 2) % 8], rows[(y - 1) % 8], rows[y % 8]
    e, f, g = rows[(y + 1) % 8], rows[(y + 2) % 8], rows[(y + 3) % 8]
    _filtered_columns(a, b, c, d, e, f, g, scratch)
    at = slice(3, m + 3)
    _filtered(
        scratch[0:m], scratch[1 : m + 1], scratch[2 : m + 2], scratch[3 : m + 3], scratch[4 : m + 4],
        scratch[5 : m + 5], scratch[6 : m + 6], d[at], smooth[at], detail[at], energy[at],
    )  # fmt: skip


@inline
def _kept(energy, limit):
    """See root_stages.kept."""
    above = energy - limit
    above = above if above > F(0) else F(0)
    return above / (energy if energy > F(1) else F(1))


@row
def _columns_of_5(a, b, c, d, e, out):
    for x in range(out.shape[0]):
        out[x] = I(I(I(a[x] + b[x]) + I(c[x] + d[x])) + e[x])


@row
def _quiet_detail(a, b, c, d, e, smooth, detail, limit, out):
    share = F(16 / BOX**2)
    for x in range(out.shape[0]):
        energy = F(I(I(I(a[x] + b[x]) + I(c[x] + d[x])) + e[x])) * share
        value = F(smooth[x]) + F(detail[x]) * _kept(energy, limit) + F(0.5)
        value = value if value > F(0) else F(0)
        value = value if value < F(TOP) else F(TOP)
        out[x] = S(I(value))


@row
def quiet_detail_row(energies, smooth, detail, limit, scratch, out):
    """root_stages.quiet_detail of one row; energies: a ring of exactly its 5 rows."""
    m, at = out.shape[0] - SLACK, slice(2, 2 + out.shape[0] - SLACK)
    _columns_of_5(energies[0], energies[1], energies[2], energies[3], energies[4], scratch)
    _quiet_detail(
        scratch[0:m], scratch[1 : m + 1], scratch[2 : m + 2], scratch[3 : m + 3], scratch[4 : m + 4],
        smooth[at], detail[at], limit, out[at],
    )  # fmt: skip


@row
def add_row(first, second, sums, other, squares):
    """Take a row of both chromas into the sums over rows of root_stages.box."""
    for x in range(first.shape[0]):
        v, w = I(first[x]), I(second[x])
        sums[x] = I(sums[x] + v)
        other[x] = I(other[x] + w)
        squares[x] = I(squares[x] + _square(v, w))


@inline
def _square(v, w):
    v, w = I(I(v + 2) >> 2), I(I(w + 2) >> 2)
    return I(I(v * v) + I(w * w))


@row
def move_row(first, second, old_first, old_second, sums, other, squares):
    """Take a row of both chromas into the sums and another one out."""
    for x in range(first.shape[0]):
        v, w, p, q = I(first[x]), I(second[x]), I(old_first[x]), I(old_second[x])
        sums[x] = I(sums[x] + I(v - p))
        other[x] = I(other[x] + I(w - q))
        squares[x] = I(squares[x] + I(_square(v, w) - _square(p, q)))


@row
def _mean(a, b, c, d, e, f, g, out):
    count = F(1 / CHROMA_BOX**2)
    for x in range(out.shape[0]):
        total = I(I(I(a[x] + b[x]) + I(c[x] + d[x])) + I(I(e[x] + f[x]) + g[x]))
        out[x] = F(total) * count


@row
def _share_of_chroma(a, b, c, d, e, f, g, first, second, limit, out):
    scale = F(16 / CHROMA_BOX**2)
    for x in range(out.shape[0]):
        square = I(I(I(a[x] + b[x]) + I(c[x] + d[x])) + I(I(e[x] + f[x]) + g[x]))
        energy = F(square) * scale - (first[x] * first[x] + second[x] * second[x])
        out[x] = _kept(energy, limit)


@row
def _seven(values, n, out):
    _mean(
        values[0:n], values[1 : n + 1], values[2 : n + 2], values[3 : n + 3], values[4 : n + 4],
        values[5 : n + 5], values[6 : n + 6], out[3 : n + 3],
    )  # fmt: skip


@row
def chroma_share_row(sums, squares, limit, means, share):
    """root_stages.quiet_chroma's means of both chromas, and what is kept of the rest, of sums over 7 rows."""
    n = share.shape[0] - SLACK
    at = slice(3, n + 3)
    _seven(sums[0], n, means[0])
    _seven(sums[1], n, means[1])
    _share_of_chroma(
        squares[0:n], squares[1 : n + 1], squares[2 : n + 2], squares[3 : n + 3], squares[4 : n + 4],
        squares[5 : n + 5], squares[6 : n + 6], means[0][at], means[1][at], limit, share[at],
    )  # fmt: skip


@row
def joined_row(bright, chroma, means, share, red, grn, blu, luma):
    """root_stages.joined of a row, and its brightness; the last step of quiet_chroma before it."""
    first, second, mean, other = chroma[0], chroma[1], means[0], means[1]
    for x in range(bright.shape[0]):
        s = share[x]
        p = I(I(mean[x] + (F(first[x]) - mean[x]) * s + F(TOP + 1.5)) - I(TOP + 1))
        q = I(I(other[x] + (F(second[x]) - other[x]) * s + F(TOP + 1.5)) - I(TOP + 1))
        g = I(I(I(I(4 * I(bright[x])) - I(p + q)) + 2) >> 2)
        red[x], grn[x], blu[x] = S(top(I(g + p))), S(top(g)), S(top(I(g + q)))
    bright_row(red, grn, blu, luma)


@row
def _five_columns(a, b, c, d, e, narrow, wide):
    for x in range(narrow.shape[0]):
        near, middle = I(I(b[x]) + I(d[x])), I(c[x])
        narrow[x] = I(near + I(2 * middle))
        wide[x] = I(I(I(I(a[x]) + I(e[x])) + I(4 * near)) + I(6 * middle))


@row
def _edges(a, b, c, d, e, left, middle, right, amount, threshold, limit, out):
    for x in range(out.shape[0]):
        softer = I(I(I(a[x] + e[x]) + I(4 * I(b[x] + d[x]))) + I(6 * c[x]))
        soft = I(I(left[x] + right[x]) + I(2 * middle[x]))
        detail = I(soft - I(I(softer + 8) >> 4))
        strong = I(detail - threshold) if detail > threshold else I(0)
        strong = I(detail + threshold) if detail < -threshold else strong
        added = I(I(I(strong * amount) + 2048) >> 12)
        added = added if added > -limit else I(-limit)
        out[x] = I(added if added < limit else limit)


@row
def edge_row(rows, y, numbers, narrow, wide, out):
    """root_stages.EdgeEnhancement: what is added to row y; rows: a ring of 8 rows of brightness."""
    n = out.shape[0] - SLACK
    _five_columns(
        rows[(y - 2) & 7], rows[(y - 1) & 7], rows[y & 7], rows[(y + 1) & 7], rows[(y + 2) & 7], narrow, wide
    )
    _edges(
        wide[0:n], wide[1 : n + 1], wide[2 : n + 2], wide[3 : n + 3], wide[4 : n + 4], narrow[1 : n + 1],
        narrow[2 : n + 2], narrow[3 : n + 3], numbers[0], numbers[1], numbers[2], out[2 : n + 2],
    )  # fmt: skip


@row
def sharpened_row(plane, added, out):
    """root_stages.EdgeEnhancement of one plane's row."""
    for x in range(out.shape[0]):
        out[x] = S(top(I(I(plane[x]) + I(added[x]))))
