"""Compiled rows of FalseColour and EdgeEnhancement.

See kernels_raw.py and kernels_colour.py for the manner.
"""

from camtwin.isp.kernels_colour import S, top
from camtwin.isp.kernels_raw import SLACK, I, row


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
def recoloured_entry_row(red, grn, blu, first, second, bright, chroma):
    """recoloured_row, and kernels_noise.entry_row of what it gives."""
    p, q = chroma[0], chroma[1]
    for x in range(red.shape[0]):
        u, w = I(first[x]), I(second[x])
        v = I(I(I(red[x]) + I(blu[x])) + I(2 * I(grn[x])))
        g = I(I(I(v - I(u + w)) + 2) >> 2)
        one, two, three = top(I(g + u)), top(g), top(I(g + w))
        bright[x] = S(I(I(I(one + three) + I(6 * two)) + 4) >> 3)
        p[x], q[x] = S(I(one - two)), S(I(three - two))


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
