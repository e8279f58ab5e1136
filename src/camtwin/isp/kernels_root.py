"""Compiled rows of FalseColour and EdgeEnhancement, in 16 bits where these hold what the reference says.

See kernels_raw.py and kernels_colour.py for the manner.
"""

from camtwin.isp.kernels_colour import S, top16
from camtwin.isp.kernels_raw import SLACK, I, inline, row


@inline
def _middle(a, b, c):
    """root_stages.middle."""
    return S(S(S(S(S(a + c) >> 1) + b) + 1) >> 1)


@inline
def half_sum(a, b):
    """Return (a + b) >> 1, though the sum itself needs 17 bits."""
    return S(S(S(a >> 1) + S(b >> 1)) + S(a & b & 1))


@row
def chroma_row(red, grn, blu, first, second):
    """root_stages.split: red - green and blue - green."""
    for x in range(red.shape[0]):
        first[x] = S(red[x] - grn[x])
        second[x] = S(blu[x] - grn[x])


@row
def _smoothed(a, b, c, out):
    for x in range(out.shape[0]):
        out[x] = _middle(a[x], b[x], c[x])


@row
def smoothed_row(above, here, below, scratch, out):
    """root_stages.smoothed of one row of three."""
    n = out.shape[0] - SLACK
    _smoothed(above, here, below, scratch)
    _smoothed(scratch[0:n], scratch[1 : n + 1], scratch[2 : n + 2], out[1 : n + 1])


@row
def bright_row(red, grn, blu, out):
    """Brightness of a row: (red + 2 green + blue) / 4."""
    for x in range(out.shape[0]):
        more = half_sum(S(red[x] - grn[x]), S(blu[x] - grn[x]))
        out[x] = S(grn[x] + S(S(more + 1) >> 1))


@inline
def _green(red, grn, blu, first, second):
    """root_stages.joined's green of a pixel's own brightness and another chroma, not limited."""
    more = half_sum(S(S(red - grn) - first), S(S(blu - grn) - second))
    return S(grn + S(S(more + 1) >> 1))


@row
def recoloured_row(red, grn, blu, first, second, planes, luma):
    """root_stages.joined of a row's own brightness and another chroma, and the brightness that comes out."""
    out_red, out_grn, out_blu = planes[0], planes[1], planes[2]
    for x in range(red.shape[0]):
        g = _green(red[x], grn[x], blu[x], first[x], second[x])
        out_red[x], out_grn[x], out_blu[x] = top16(S(g + first[x])), top16(g), top16(S(g + second[x]))
    bright_row(out_red, out_grn, out_blu, luma)


@inline
def entry(red, grn, blu):
    """NoiseReduction's brightness."""
    more = S(S(red - grn) + S(blu - grn))
    return S(grn + S(S(S(more >> 1) + 2) >> 2))


@row
def recoloured_entry_row(red, grn, blu, first, second, bright, chroma):
    """recoloured_row, and kernels_noise.entry_row of what it gives."""
    p, q = chroma[0], chroma[1]
    for x in range(red.shape[0]):
        g = _green(red[x], grn[x], blu[x], first[x], second[x])
        one, two, three = top16(S(g + first[x])), top16(g), top16(S(g + second[x]))
        bright[x] = entry(one, two, three)
        p[x], q[x] = S(one - two), S(three - two)


@row
def _edges(left, middle, right, soft, amount, threshold, limit, out):
    for x in range(out.shape[0]):
        detail = S(soft[x] - _middle(left[x], middle[x], right[x]))
        strong = S(detail - threshold) if detail > threshold else S(0)
        strong = S(detail + threshold) if detail < -threshold else strong
        added = I(I(I(I(strong) * amount) + 128) >> 8)
        added = added if added > -limit else I(-limit)
        out[x] = S(added if added < limit else limit)


@row
def edge_row(soft, y, numbers, scratch, out):
    """root_stages.EdgeEnhancement: what is added to row y; soft: a ring of 4 rows of smoothed brightness."""
    n = out.shape[0] - SLACK
    _smoothed(soft[(y - 1) & 3], soft[y & 3], soft[(y + 1) & 3], scratch)
    _edges(
        scratch[0:n], scratch[1 : n + 1], scratch[2 : n + 2], soft[y & 3][1 : n + 1],
        numbers[0], S(numbers[1]), numbers[2], out[1 : n + 1],
    )  # fmt: skip
