"""Compiled rows: interpolation, ColourMatrix. See kernels_raw.py for the manner.

From the interpolation on, a row of each plane lies whole, PAD columns longer on each side, and SLACK
columns more that belong to nobody: each loop then runs a whole number of vectors, which is worth more than
the columns cost. What a step cannot know at the ends of a row is not asked for by the next.
"""

import numpy as np

from camtwin.isp.colour_table import FINE, SPAN
from camtwin.isp.image import TOP
from camtwin.isp.kernels_raw import SLACK, F, I, U, inline, row

_TOP, S = I(TOP), np.int16
_TOP16 = S(TOP)


@inline
def top(v):
    """v within 0..TOP."""
    v = I(v)
    v = v if v > I(0) else I(0)
    return I(v if v < _TOP else _TOP)


@inline
def top16(v):
    """v within 0..TOP, of 16 bits."""
    v = v if v > S(0) else S(0)
    return v if v < _TOP16 else _TOP16


@inline
def two(a, b):
    """Return a + b of roots, still 16 bits wide: half as many vectors as of 32 bits."""
    return I(S(a + b))


@inline
def four(a, b, c, d):
    """Return a + b + c + d of roots: 4 * TOP is below 65536."""
    return I(U(a + b + c + d))


@inline
def along(here, sides, corners, ends, far):
    """demosaic.malvar: at green, the colour of its row; with the two directions swapped, of its column."""
    v = I(I(10 * here) + I(8 * sides))
    v = I(v - I(2 * I(corners + ends)))
    return top(I(I(v + far) + 8) >> 4)


@inline
def green(here, near, outer):
    """demosaic.malvar: green at red and blue."""
    v = I(I(8 * here) + I(4 * near))
    return top(I(I(v - I(2 * outer)) + 8) >> 4)


@inline
def cross(here, corners, outer):
    """demosaic.malvar: red at blue, and blue at red."""
    v = I(I(12 * here) + I(4 * corners))
    return top(I(I(v - I(3 * outer)) + 8) >> 4)


@row
def _interpolate_green_first(ae, be, ce, de, ee, ao, bo, co, do, eo, H, G, V):
    """Interpolate a row whose even pixels are green; arrays begin one pair before the first one written."""
    for k in range(H.shape[0] // 2):
        here, sides = I(ce[k + 1]), two(co[k], co[k + 1])
        over = two(be[k + 1], de[k + 1])
        corners = four(bo[k], bo[k + 1], do[k], do[k + 1])
        ends, far = two(ce[k], ce[k + 2]), two(ae[k + 1], ee[k + 1])
        H[2 * k] = S(along(here, sides, corners, ends, far))
        G[2 * k] = ce[k + 1]
        V[2 * k] = S(along(here, over, corners, far, ends))
        here, near = I(co[k + 1]), four(ce[k + 1], ce[k + 2], bo[k + 1], do[k + 1])
        corners = four(be[k + 1], be[k + 2], de[k + 1], de[k + 2])
        outer = four(co[k], co[k + 2], ao[k + 1], eo[k + 1])
        H[2 * k + 1] = co[k + 1]
        G[2 * k + 1] = S(green(here, near, outer))
        V[2 * k + 1] = S(cross(here, corners, outer))


@row
def _interpolate_colour_first(ae, be, ce, de, ee, ao, bo, co, do, eo, H, G, V):
    """Interpolate a row whose even pixels are red or blue."""
    for k in range(H.shape[0] // 2):
        here, near = I(ce[k + 1]), four(co[k], co[k + 1], be[k + 1], de[k + 1])
        corners = four(bo[k], bo[k + 1], do[k], do[k + 1])
        outer = four(ce[k], ce[k + 2], ae[k + 1], ee[k + 1])
        H[2 * k] = ce[k + 1]
        G[2 * k] = S(green(here, near, outer))
        V[2 * k] = S(cross(here, corners, outer))
        here, sides = I(co[k + 1]), two(ce[k + 1], ce[k + 2])
        over = two(bo[k + 1], do[k + 1])
        corners = four(be[k + 1], be[k + 2], de[k + 1], de[k + 2])
        ends, far = two(co[k], co[k + 2]), two(ao[k + 1], eo[k + 1])
        H[2 * k + 1] = S(along(here, sides, corners, ends, far))
        G[2 * k + 1] = co[k + 1]
        V[2 * k + 1] = S(along(here, over, corners, far, ends))


@row
def interpolate_row(a, b, c, d, e, green_first, H, G, V):
    """demosaic.malvar: the planes of one row of five. H: of the row's own colour, V: of the other one's."""
    inner = slice(2, 2 + H.shape[0] - SLACK)
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
    return U(top(I(I(I(a * x) + I(b * y)) + I(I(c * z) + added)) >> 12))


@inline
def squared(v):
    """See demosaic.squared."""
    return I(I(I(v * v) + 8192) >> 14)


@row
def _colour_green(C, left, r, u, d, lu, ru, ld, rd, ll, rr, uu, dd, m, toe, red, grn, blu):
    """Demosaic and ColourMatrix at green pixels of a row.

    m: columns of the row's colour, green, other, 16 bits; toe: what is added, see ColourMatrix.numbers.
    """
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    c0, c1, c2 = toe[0], toe[1], toe[2]
    for k in range(C.shape[0]):
        here, corners = I(C[k]), four(lu[k], ru[k], ld[k], rd[k])
        ends, far = two(ll[k], rr[k]), two(uu[k], dd[k])
        x = squared(along(here, two(left[k], r[k]), corners, ends, far))
        z = squared(along(here, two(u[k], d[k]), corners, far, ends))
        y = squared(top(here))
        red[k] = _mixed(x, y, z, m0, m1, m2, c0)
        grn[k] = _mixed(x, y, z, m3, m4, m5, c1)
        blu[k] = _mixed(x, y, z, m6, m7, m8, c2)


@row
def _colour_other(C, left, r, u, d, lu, ru, ld, rd, ll, rr, uu, dd, m, toe, red, grn, blu):
    """As _colour_green, at the row's red or blue pixels."""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    c0, c1, c2 = toe[0], toe[1], toe[2]
    for k in range(C.shape[0]):
        here, corners = I(C[k]), four(lu[k], ru[k], ld[k], rd[k])
        near, outer = four(left[k], r[k], u[k], d[k]), four(ll[k], rr[k], uu[k], dd[k])
        x = squared(top(here))
        y = squared(green(here, near, outer))
        z = squared(cross(here, corners, outer))
        red[k] = _mixed(x, y, z, m0, m1, m2, c0)
        grn[k] = _mixed(x, y, z, m3, m4, m5, c1)
        blu[k] = _mixed(x, y, z, m6, m7, m8, c2)


@row
def coloured_row(a, b, c, d, e, green_first, m, toe, light):
    """Demosaic and ColourMatrix of one row of five; light: (6, pairs), even columns first."""
    n = c.shape[1] - SLACK // 2
    at, before, after = slice(1, n + 1), slice(0, n), slice(2, n + 2)
    ce, co, be, bo, de, do = c[0], c[1], b[0], b[1], d[0], d[1]
    r0, g0, b0, r1, g1, b1 = (
        light[0][at],
        light[1][at],
        light[2][at],
        light[3][at],
        light[4][at],
        light[5][at],
    )
    if green_first:
        _colour_green(
            ce[at],
            co[before],
            co[at],
            be[at],
            de[at],
            bo[before],
            bo[at],
            do[before],
            do[at],
            ce[before],
            ce[after],
            a[0][at],
            e[0][at],
            m,
            toe,
            r0,
            g0,
            b0,
        )
        _colour_other(
            co[at],
            ce[at],
            ce[after],
            bo[at],
            do[at],
            be[at],
            be[after],
            de[at],
            de[after],
            co[before],
            co[after],
            a[1][at],
            e[1][at],
            m,
            toe,
            r1,
            g1,
            b1,
        )
    else:
        _colour_other(
            ce[at],
            co[before],
            co[at],
            be[at],
            de[at],
            bo[before],
            bo[at],
            do[before],
            do[at],
            ce[before],
            ce[after],
            a[0][at],
            e[0][at],
            m,
            toe,
            r0,
            g0,
            b0,
        )
        _colour_green(
            co[at],
            ce[at],
            ce[after],
            bo[at],
            do[at],
            be[at],
            be[after],
            de[at],
            de[after],
            co[before],
            co[after],
            a[1][at],
            e[1][at],
            m,
            toe,
            r1,
            g1,
            b1,
        )


@row
def sharpened_mixed_row(red, grn, blu, added, m, toe, light):
    """EdgeEnhancement's sum and ColourMatrix of a row of planes; light: (3, columns)."""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    c0, c1, c2 = toe[0], toe[1], toe[2]
    first, second, third = light[0], light[1], light[2]
    for x in range(red.shape[0]):
        more = added[x]
        p, q, r = top16(S(red[x] + more)), top16(S(grn[x] + more)), top16(S(blu[x] + more))
        p, q, r = squared(I(p)), squared(I(q)), squared(I(r))
        first[x] = _mixed(p, q, r, m0, m1, m2, c0)
        second[x] = _mixed(p, q, r, m3, m4, m5, c1)
        third[x] = _mixed(p, q, r, m6, m7, m8, c2)


@row
def mixed_row(red, grn, blu, m, toe, light):
    """ColourMatrix of a row of planes; light: (3, columns)."""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    c0, c1, c2 = toe[0], toe[1], toe[2]
    first, second, third = light[0], light[1], light[2]
    for x in range(red.shape[0]):
        p, q, r = squared(I(red[x])), squared(I(grn[x])), squared(I(blu[x]))
        first[x] = _mixed(p, q, r, m0, m1, m2, c0)
        second[x] = _mixed(p, q, r, m3, m4, m5, c1)
        third[x] = _mixed(p, q, r, m6, m7, m8, c2)


@row
def linear_mixed_row(p, q, r, m, toe, light):
    """ColourMatrix of a row of planes of light; light: (3, columns)."""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    c0, c1, c2 = toe[0], toe[1], toe[2]
    first, second, third = light[0], light[1], light[2]
    for x in range(p.shape[0]):
        a, b, c = I(p[x]), I(q[x]), I(r[x])
        first[x] = _mixed(a, b, c, m0, m1, m2, c0)
        second[x] = _mixed(a, b, c, m3, m4, m5, c1)
        third[x] = _mixed(a, b, c, m6, m7, m8, c2)


@row
def light_row(red, grn, blu, added, light):
    """EdgeEnhancement's sum of a row of planes, and its light; light: (3, columns) int32."""
    first, second, third = light[0], light[1], light[2]
    for x in range(red.shape[0]):
        more = added[x]
        first[x] = squared(I(top16(S(red[x] + more))))
        second[x] = squared(I(top16(S(grn[x] + more))))
        third[x] = squared(I(top16(S(blu[x] + more))))


@inline
def _lit(v, dark):
    v = I(top(v) - dark)
    return v if v > I(0) else I(0)


@row
def _places(p, q, r, dark, place):
    for x in range(p.shape[0]):
        u, v, w = _lit(p[x], dark), _lit(q[x], dark), _lit(r[x], dark)
        total = I(I(u + v) + w)
        each = F(FINE) / F(total if total > I(1) else I(1))
        place[x] = I(I(I(F(u) * each + F(0.5)) * SPAN) + I(F(w) * each + F(0.5)))


@row
def _looked_up(bends, places):
    for x in range(places.shape[0]):
        places[x] = bends[places[x]]


@inline
def _bent(x, y, z, a, b, c, added, total, bend):
    """Return as _mixed, with a colour's ten bits of the bend, which stand uppermost: 1024ths to 4096ths."""
    more = I(I(total * I(I(bend >> 22) << 2)) + added)
    return U(top(I(I(I(a * x) + I(b * y)) + I(I(c * z) + more)) >> 12))


@row
def _bent_columns(p, q, r, m, toe, bends, light):
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    c0, c1, c2, dark = toe[0], toe[1], toe[2], toe[3]
    first, second, third = light[0], light[1], light[2]
    for x in range(p.shape[0]):
        a, b, c, bend = top(p[x]), top(q[x]), top(r[x]), I(bends[x])
        total = I(I(_lit(a, dark) + _lit(b, dark)) + _lit(c, dark))
        first[x] = _bent(a, b, c, m0, m1, m2, c0, total, I(bend << 22))
        second[x] = _bent(a, b, c, m3, m4, m5, c1, total, I(bend << 12))
        third[x] = _bent(a, b, c, m6, m7, m8, c2, total, I(bend << 2))


@row
def bent_row(p, q, r, m, toe, bends, words, light):
    """ColourTable of a row of planes of light.

    Three loops, for one that looks up is no vector's. bends: ColourTable.bends, light: (3, columns).
    """
    part = words[0 : p.shape[0]]
    _places(p, q, r, toe[3], part)
    _looked_up(bends, part)
    _bent_columns(p, q, r, m, toe, part, light)
