"""Compiled rows, second half: interpolation, false colour, noise, edges, colour, tone.

See kernels_raw.py for the manner. From the interpolation on, a row of each plane lies whole, PAD columns
longer on each side; what a step cannot know at the ends of a row is not asked for by the next.
"""

import numpy as np

from camtwin.isp.image import TOP
from camtwin.isp.kernels_raw import PAD, F, I, U, inline, row
from camtwin.isp.noise import DETAIL
from camtwin.isp.root_stages import BOX, CHROMA_BOX

_TOP = I(TOP)
S = np.int16
D0, D1, D2, D3 = (I(int(w)) for w in DETAIL[:4])


@inline
def top(v):
    """v within 0..TOP."""
    v = v if v > I(0) else I(0)
    return v if v < _TOP else _TOP


@inline
def along(here, sides, corners, ends, far):
    """demosaic.malvar: at green, the colour of its row; of its column with ends and far, sides and over swapped."""
    return top(I(I(10) * here + I(8) * sides - I(2) * corners - I(2) * ends + far + I(8)) >> I(4))


@inline
def green(here, near, outer):
    """demosaic.malvar: green at red and blue."""
    return top(I(I(8) * here + I(4) * near - I(2) * outer + I(8)) >> I(4))


@inline
def cross(here, corners, outer):
    """demosaic.malvar: red at blue, and blue at red."""
    return top(I(I(12) * here + I(4) * corners - I(3) * outer + I(8)) >> I(4))


@row
def _interpolate_green_first(ae, be, ce, de, ee, ao, bo, co, do, eo, H, G, V):
    """A row whose even pixels are green; arrays begin one pair before the first that is written."""
    for k in range(H.shape[0] // 2):
        here, sides = I(ce[k + 1]), I(I(co[k]) + I(co[k + 1]))
        over = I(I(be[k + 1]) + I(de[k + 1]))
        corners = I(I(I(bo[k]) + I(bo[k + 1])) + I(I(do[k]) + I(do[k + 1])))
        ends, far = I(I(ce[k]) + I(ce[k + 2])), I(I(ae[k + 1]) + I(ee[k + 1]))
        H[2 * k] = S(along(here, sides, corners, ends, far))
        G[2 * k] = ce[k + 1]
        V[2 * k] = S(along(here, over, corners, far, ends))
        here, near = I(co[k + 1]), I(I(I(ce[k + 1]) + I(ce[k + 2])) + I(I(bo[k + 1]) + I(do[k + 1])))
        corners = I(I(I(be[k + 1]) + I(be[k + 2])) + I(I(de[k + 1]) + I(de[k + 2])))
        outer = I(I(I(co[k]) + I(co[k + 2])) + I(I(ao[k + 1]) + I(eo[k + 1])))
        H[2 * k + 1] = co[k + 1]
        G[2 * k + 1] = S(green(here, near, outer))
        V[2 * k + 1] = S(cross(here, corners, outer))


@row
def _interpolate_colour_first(ae, be, ce, de, ee, ao, bo, co, do, eo, H, G, V):
    """A row whose even pixels are red or blue."""
    for k in range(H.shape[0] // 2):
        here, near = I(ce[k + 1]), I(I(I(co[k]) + I(co[k + 1])) + I(I(be[k + 1]) + I(de[k + 1])))
        corners = I(I(I(bo[k]) + I(bo[k + 1])) + I(I(do[k]) + I(do[k + 1])))
        outer = I(I(I(ce[k]) + I(ce[k + 2])) + I(I(ae[k + 1]) + I(ee[k + 1])))
        H[2 * k] = ce[k + 1]
        G[2 * k] = S(green(here, near, outer))
        V[2 * k] = S(cross(here, corners, outer))
        here, sides = I(co[k + 1]), I(I(ce[k + 1]) + I(ce[k + 2]))
        over = I(I(bo[k + 1]) + I(do[k + 1]))
        corners = I(I(I(be[k + 1]) + I(be[k + 2])) + I(I(de[k + 1]) + I(de[k + 2])))
        ends, far = I(I(co[k]) + I(co[k + 2])), I(I(ao[k + 1]) + I(eo[k + 1]))
        H[2 * k + 1] = S(along(here, sides, corners, ends, far))
        G[2 * k + 1] = co[k + 1]
        V[2 * k + 1] = S(along(here, over, corners, far, ends))


@row
def interpolate_row(a, b, c, d, e, green_first, H, G, V):
    """demosaic.malvar: the planes of one row of five. H: of the row's own colour, V: of the other one's."""
    n = H.shape[0]
    inner = slice(2, n - 2)
    if green_first:
        _interpolate_green_first(
            a[0], b[0], c[0], d[0], e[0], a[1], b[1], c[1], d[1], e[1], H[inner], G[inner], V[inner]
        )
    else:
        _interpolate_colour_first(
            a[0], b[0], c[0], d[0], e[0], a[1], b[1], c[1], d[1], e[1], H[inner], G[inner], V[inner]
        )


@inline
def _mixed(x, y, z, a, b, c, added):
    return U(top(I(I(I(a * x) + I(b * y) + I(c * z)) + added) >> I(12)))


@inline
def _light(v):
    """demosaic.squared"""
    return I(I(v * v) + I(8192)) >> I(14)


@row
def _colour_green(C, l, r, u, d, lu, ru, ld, rd, ll, rr, uu, dd, m, red, grn, blu):
    """Interpolation and ColourMatrix at green pixels of one row; m: columns of the row's colour, green, other."""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    c0, c1, c2 = m[9], m[10], m[11]
    for k in range(C.shape[0]):
        here, corners = I(C[k]), I(I(I(lu[k]) + I(ru[k])) + I(I(ld[k]) + I(rd[k])))
        ends, far = I(I(ll[k]) + I(rr[k])), I(I(uu[k]) + I(dd[k]))
        x = _light(along(here, I(I(l[k]) + I(r[k])), corners, ends, far))
        z = _light(along(here, I(I(u[k]) + I(d[k])), corners, far, ends))
        y = _light(here)
        red[k] = _mixed(x, y, z, m0, m1, m2, c0)
        grn[k] = _mixed(x, y, z, m3, m4, m5, c1)
        blu[k] = _mixed(x, y, z, m6, m7, m8, c2)


@row
def _colour_other(C, l, r, u, d, lu, ru, ld, rd, ll, rr, uu, dd, m, red, grn, blu):
    """As _colour_green, at the row's red or blue pixels."""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    c0, c1, c2 = m[9], m[10], m[11]
    for k in range(C.shape[0]):
        here, corners = I(C[k]), I(I(I(lu[k]) + I(ru[k])) + I(I(ld[k]) + I(rd[k])))
        near, outer = I(I(I(l[k]) + I(r[k])) + I(I(u[k]) + I(d[k]))), I(I(I(ll[k]) + I(rr[k])) + I(I(uu[k]) + I(dd[k])))
        x = _light(here)
        y = _light(green(here, near, outer))
        z = _light(cross(here, corners, outer))
        red[k] = _mixed(x, y, z, m0, m1, m2, c0)
        grn[k] = _mixed(x, y, z, m3, m4, m5, c1)
        blu[k] = _mixed(x, y, z, m6, m7, m8, c2)


@row
def coloured_row(a, b, c, d, e, green_first, m, light):
    """Demosaic and ColourMatrix of one row of five at once; light: (6, pairs), red, green, blue of even, of odd."""
    n = c.shape[1]
    at, before, after = slice(1, n - 1), slice(0, n - 2), slice(2, n)
    ce, co, be, bo, de, do = c[0], c[1], b[0], b[1], d[0], d[1]
    r0, g0, b0, r1, g1, b1 = light[0][at], light[1][at], light[2][at], light[3][at], light[4][at], light[5][at]
    if green_first:
        _colour_green(ce[at], co[before], co[at], be[at], de[at], bo[before], bo[at], do[before], do[at], ce[before], ce[after], a[0][at], e[0][at], m, r0, g0, b0)
        _colour_other(co[at], ce[at], ce[after], bo[at], do[at], be[at], be[after], de[at], de[after], co[before], co[after], a[1][at], e[1][at], m, r1, g1, b1)
    else:
        _colour_other(ce[at], co[before], co[at], be[at], de[at], bo[before], bo[at], do[before], do[at], ce[before], ce[after], a[0][at], e[0][at], m, r0, g0, b0)
        _colour_green(co[at], ce[at], ce[after], bo[at], do[at], be[at], be[after], de[at], de[after], co[before], co[after], a[1][at], e[1][at], m, r1, g1, b1)


@row
def _look_up_pairs(table, r0, g0, b0, r1, g1, b1, out):
    for k in range(r0.shape[0]):
        out[6 * k] = table[r0[k]]
        out[6 * k + 1] = table[g0[k]]
        out[6 * k + 2] = table[b0[k]]
        out[6 * k + 3] = table[r1[k]]
        out[6 * k + 4] = table[g1[k]]
        out[6 * k + 5] = table[b1[k]]


@row
def toned_pairs(light, table, width, out):
    """Tone of a row that lies split into even and odd columns; out: 3 codes a pixel."""
    pairs, start = width // 2, PAD // 2
    p = slice(start, start + pairs)
    _look_up_pairs(table, light[0][p], light[1][p], light[2][p], light[3][p], light[4][p], light[5][p], out)
    if width % 2:
        for plane in range(3):
            out[3 * (width - 1) + plane] = table[light[plane][start + pairs]]


@row
def mixed_row(red, grn, blu, m, light):
    """ColourMatrix of a row of planes; light: (3, columns)."""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    c0, c1, c2 = m[9], m[10], m[11]
    first, second, third = light[0], light[1], light[2]
    for x in range(red.shape[0]):
        p, q, r = _light(I(red[x])), _light(I(grn[x])), _light(I(blu[x]))
        first[x] = _mixed(p, q, r, m0, m1, m2, c0)
        second[x] = _mixed(p, q, r, m3, m4, m5, c1)
        third[x] = _mixed(p, q, r, m6, m7, m8, c2)


@row
def _look_up(table, r, g, b, out):
    for x in range(r.shape[0]):
        out[3 * x] = table[r[x]]
        out[3 * x + 1] = table[g[x]]
        out[3 * x + 2] = table[b[x]]


@row
def toned_row(light, table, width, out):
    """Tone of a row of planes; out: 3 codes a pixel."""
    p = slice(PAD, PAD + width)
    _look_up(table, light[0][p], light[1][p], light[2][p], out)


@row
def toned_mono_row(roots, table, out):
    """demosaic.squared and Tone of a mono row."""
    for x in range(out.shape[0]):
        out[x] = table[U(_light(I(roots[x])))]


@row
def chroma_row(red, grn, blu, first, second):
    """root_stages.split: red - green and blue - green."""
    for x in range(red.shape[0]):
        first[x] = red[x] - grn[x]
        second[x] = blu[x] - grn[x]


@inline
def _low(a, b):
    return a if a < b else b


@inline
def _high(a, b):
    return a if a > b else b


@inline
def _middle(a, b, c):
    return _high(_low(a, b), _low(_high(a, b), c))


@row
def _sorted_columns(a, b, c, low, mid, high):
    for x in range(a.shape[0]):
        small, large = _low(a[x], b[x]), _high(a[x], b[x])
        low[x] = _low(small, c[x])
        high[x] = _high(large, c[x])
        mid[x] = _high(small, _low(large, c[x]))


@row
def _medians(l0, l1, l2, m0, m1, m2, h0, h1, h2, out):
    for x in range(out.shape[0]):
        lows = _high(_high(l0[x], l1[x]), l2[x])
        mids = _middle(m0[x], m1[x], m2[x])
        highs = _low(_low(h0[x], h1[x]), h2[x])
        out[x] = _middle(lows, mids, highs)


@row
def median_row(above, here, below, scratch, out):
    """root_stages.median of one row of three; scratch: (3, columns)."""
    n = out.shape[0]
    low, mid, high = scratch[0], scratch[1], scratch[2]
    _sorted_columns(above, here, below, low, mid, high)
    p, q, r = slice(0, n - 2), slice(1, n - 1), slice(2, n)
    _medians(low[p], low[q], low[r], mid[p], mid[q], mid[r], high[p], high[q], high[r], out[q])


@row
def recoloured_row(red, grn, blu, first, second, out_red, out_grn, out_blu):
    """root_stages.joined of a row's own brightness and another chroma."""
    for x in range(red.shape[0]):
        p, q = I(first[x]), I(second[x])
        g = I(I(I(red[x]) + I(2) * I(grn[x]) + I(blu[x])) - p - q + I(2)) >> I(2)
        out_red[x] = S(top(I(g + p)))
        out_grn[x] = S(top(g))
        out_blu[x] = S(top(I(g + q)))


@row
def bright_row(red, grn, blu, out):
    """Brightness of a row: (red + 2 green + blue) / 4."""
    for x in range(out.shape[0]):
        out[x] = S(I(I(red[x]) + I(2) * I(grn[x]) + I(blu[x]) + I(2)) >> I(2))


@row
def _filtered_columns(a, b, c, d, e, f, g, out):
    for x in range(out.shape[0]):
        outer, second = I(I(a[x]) + I(g[x])), I(I(b[x]) + I(f[x]))
        out[x] = I(D0 * outer + D1 * second + D2 * I(I(c[x]) + I(e[x])) + D3 * I(d[x]))


@row
def _filtered(a, b, c, d, e, f, g, bright, smooth, detail, energy):
    for x in range(smooth.shape[0]):
        total = I(D0 * I(a[x] + g[x]) + D1 * I(b[x] + f[x]) + D2 * I(c[x] + e[x]) + D3 * d[x])
        low = I(total + I(2048)) >> I(12)
        high = I(I(bright[x]) - low)
        smooth[x], detail[x] = S(low), S(high)
        quarter = I(high + I(2)) >> I(2)
        energy[x] = I(quarter * quarter)


@row
def detail_row(rows, y, scratch, smooth, detail, energy):
    """root_stages.quiet_detail's split of row y; rows: a ring of 8 rows of brightness, of which y - 3..y + 3."""
    n = scratch.shape[0]
    a, b, c, d = rows[(y - 3) % 8], rows[(y - 2) % 8], rows[(y - 1) % 8], rows[y % 8]
    e, f, g = rows[(y + 1) % 8], rows[(y + 2) % 8], rows[(y + 3) % 8]
    _filtered_columns(a, b, c, d, e, f, g, scratch)
    m = n - 6
    at = slice(3, n - 3)
    _filtered(
        scratch[0:m], scratch[1 : m + 1], scratch[2 : m + 2], scratch[3 : m + 3], scratch[4 : m + 4],
        scratch[5 : m + 5], scratch[6 : m + 6], d[at], smooth[at], detail[at], energy[at],
    )  # fmt: skip


@inline
def _kept(energy, limit):
    """root_stages.kept"""
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
    n = out.shape[0]
    _columns_of_5(energies[0], energies[1], energies[2], energies[3], energies[4], scratch)
    m, at = n - 4, slice(2, n - 2)
    _quiet_detail(
        scratch[0:m], scratch[1 : m + 1], scratch[2 : m + 2], scratch[3 : m + 3], scratch[4 : m + 4],
        smooth[at], detail[at], limit, out[at],
    )  # fmt: skip


@row
def add_row(chroma, sums, squares):
    """Take a row of chroma into the sums over rows of root_stages.box."""
    for x in range(chroma.shape[0]):
        v = I(chroma[x])
        quarter = I(v + I(2)) >> I(2)
        sums[x] = I(sums[x] + v)
        squares[x] = I(squares[x] + I(quarter * quarter))


@row
def move_row(new, old, sums, squares):
    """Take a row of chroma into the sums and another one out."""
    for x in range(new.shape[0]):
        v, w = I(new[x]), I(old[x])
        p, q = I(v + I(2)) >> I(2), I(w + I(2)) >> I(2)
        sums[x] = I(sums[x] + I(v - w))
        squares[x] = I(squares[x] + I(I(p * p) - I(q * q)))


@row
def _quiet_chroma(a, b, c, d, e, f, g, h, i, j, k, l, m, n, chroma, limit, out):
    count = F(1 / CHROMA_BOX**2)
    scale = count * F(16)
    for x in range(out.shape[0]):
        total = I(I(I(a[x] + b[x]) + I(c[x] + d[x])) + I(I(e[x] + f[x]) + g[x]))
        square = I(I(I(h[x] + i[x]) + I(j[x] + k[x])) + I(I(l[x] + m[x]) + n[x]))
        mean = F(total) * count
        energy = F(square) * scale - mean * mean
        value = mean + (F(chroma[x]) - mean) * _kept(energy, limit)
        out[x] = S(I(I(value + F(TOP + 1.5)) - I(TOP + 1)))


@row
def quiet_chroma_row(chroma, sums, squares, limit, out):
    """root_stages.quiet_chroma of one row, of the sums over its 7 rows."""
    n = out.shape[0] - 6
    at = slice(3, n + 3)
    _quiet_chroma(
        sums[0:n], sums[1 : n + 1], sums[2 : n + 2], sums[3 : n + 3], sums[4 : n + 4], sums[5 : n + 5],
        sums[6 : n + 6], squares[0:n], squares[1 : n + 1], squares[2 : n + 2], squares[3 : n + 3],
        squares[4 : n + 4], squares[5 : n + 5], squares[6 : n + 6], chroma[at], limit, out[at],
    )  # fmt: skip


@row
def joined_row(bright, first, second, red, grn, blu):
    """root_stages.joined of a row."""
    for x in range(bright.shape[0]):
        p, q = I(first[x]), I(second[x])
        g = I(I(4) * I(bright[x]) - p - q + I(2)) >> I(2)
        red[x] = S(top(I(g + p)))
        grn[x] = S(top(g))
        blu[x] = S(top(I(g + q)))


@row
def _edge_columns(a, b, c, out):
    for x in range(out.shape[0]):
        out[x] = I(I(a[x]) + I(2) * I(b[x]) + I(c[x]))


@row
def _edges(a, b, c, bright, amount, threshold, limit, out):
    for x in range(out.shape[0]):
        detail = I(I(16) * I(bright[x]) - I(a[x] + I(2) * b[x] + c[x]))
        strong = I(detail - threshold) if detail > threshold else I(0)
        strong = I(detail + threshold) if detail < -threshold else strong
        added = I(strong * amount + I(2048)) >> I(12)
        added = added if added > -limit else I(-limit)
        out[x] = S(added if added < limit else limit)


@row
def edge_row(above, here, below, numbers, scratch, out):
    """root_stages.EdgeEnhancement: what is added to a row; three rows of brightness."""
    n = out.shape[0]
    _edge_columns(above, here, below, scratch)
    at = slice(1, n - 1)
    _edges(scratch[0 : n - 2], scratch[at], scratch[2:n], here[at], numbers[0], numbers[1], numbers[2], out[at])


@row
def sharpened_row(plane, added, out):
    """root_stages.EdgeEnhancement of one plane's row."""
    for x in range(out.shape[0]):
        out[x] = S(top(I(I(plane[x]) + I(added[x]))))
