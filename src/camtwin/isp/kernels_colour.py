"""Compiled rows: interpolation, ColourMatrix. See kernels_raw.py for the manner.

From the interpolation on, a row of each plane lies whole, PAD columns longer on each side, and SLACK
columns more that belong to nobody: each loop then runs a whole number of vectors, which is worth more than
the columns cost. What a step cannot know at the ends of a row is not asked for by the next.
"""

import numpy as np

from camtwin.isp.image import TOP
from camtwin.isp.kernels_raw import SLACK, I, U, inline, row

_TOP = I(TOP)
S = np.int16


@inline
def top(v):
    """v within 0..TOP."""
    v = I(v)
    v = v if v > I(0) else I(0)
    return I(v if v < _TOP else _TOP)


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
    """Interpolate a row whose even pixels are red or blue."""
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
def _colour_green(C, left, r, u, d, lu, ru, ld, rd, ll, rr, uu, dd, m, red, grn, blu):
    """Demosaic and ColourMatrix at green pixels of a row; m: columns of the row's colour, green, other."""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    c0, c1, c2 = m[9], m[10], m[11]
    for k in range(C.shape[0]):
        here, corners = I(C[k]), I(I(I(lu[k]) + I(ru[k])) + I(I(ld[k]) + I(rd[k])))
        ends, far = I(I(ll[k]) + I(rr[k])), I(I(uu[k]) + I(dd[k]))
        x = squared(along(here, I(I(left[k]) + I(r[k])), corners, ends, far))
        z = squared(along(here, I(I(u[k]) + I(d[k])), corners, far, ends))
        y = squared(here)
        red[k] = _mixed(x, y, z, m0, m1, m2, c0)
        grn[k] = _mixed(x, y, z, m3, m4, m5, c1)
        blu[k] = _mixed(x, y, z, m6, m7, m8, c2)


@row
def _colour_other(C, left, r, u, d, lu, ru, ld, rd, ll, rr, uu, dd, m, red, grn, blu):
    """As _colour_green, at the row's red or blue pixels."""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    c0, c1, c2 = m[9], m[10], m[11]
    for k in range(C.shape[0]):
        here, corners = I(C[k]), I(I(I(lu[k]) + I(ru[k])) + I(I(ld[k]) + I(rd[k])))
        near, outer = (
            I(I(I(left[k]) + I(r[k])) + I(I(u[k]) + I(d[k]))),
            I(I(I(ll[k]) + I(rr[k])) + I(I(uu[k]) + I(dd[k]))),
        )
        x = squared(here)
        y = squared(green(here, near, outer))
        z = squared(cross(here, corners, outer))
        red[k] = _mixed(x, y, z, m0, m1, m2, c0)
        grn[k] = _mixed(x, y, z, m3, m4, m5, c1)
        blu[k] = _mixed(x, y, z, m6, m7, m8, c2)


@row
def coloured_row(a, b, c, d, e, green_first, m, light):
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
            r1,
            g1,
            b1,
        )


@row
def sharpened_mixed_row(red, grn, blu, added, m, light):
    """EdgeEnhancement's sum and ColourMatrix of a row of planes; light: (3, columns)."""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    c0, c1, c2 = m[9], m[10], m[11]
    first, second, third = light[0], light[1], light[2]
    for x in range(red.shape[0]):
        more = I(added[x])
        p, q, r = I(I(red[x]) + more), I(I(grn[x]) + more), I(I(blu[x]) + more)
        p, q, r = squared(top(p)), squared(top(q)), squared(top(r))
        first[x] = _mixed(p, q, r, m0, m1, m2, c0)
        second[x] = _mixed(p, q, r, m3, m4, m5, c1)
        third[x] = _mixed(p, q, r, m6, m7, m8, c2)


@row
def mixed_row(red, grn, blu, m, light):
    """ColourMatrix of a row of planes; light: (3, columns)."""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    c0, c1, c2 = m[9], m[10], m[11]
    first, second, third = light[0], light[1], light[2]
    for x in range(red.shape[0]):
        p, q, r = squared(I(red[x])), squared(I(grn[x])), squared(I(blu[x]))
        first[x] = _mixed(p, q, r, m0, m1, m2, c0)
        second[x] = _mixed(p, q, r, m3, m4, m5, c1)
        third[x] = _mixed(p, q, r, m6, m7, m8, c2)


@row
def linear_mixed_row(p, q, r, m, light):
    """ColourMatrix of a row of planes of light; light: (3, columns)."""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    c0, c1, c2 = m[9], m[10], m[11]
    first, second, third = light[0], light[1], light[2]
    for x in range(p.shape[0]):
        a, b, c = I(p[x]), I(q[x]), I(r[x])
        first[x] = _mixed(a, b, c, m0, m1, m2, c0)
        second[x] = _mixed(a, b, c, m3, m4, m5, c1)
        third[x] = _mixed(a, b, c, m6, m7, m8, c2)
