"""Compiled rows of EdgeEnhancement's sum and Downscale: roots to means of light."""

from camtwin.isp.kernels_colour import S, squared, top16
from camtwin.isp.kernels_raw import I, row


@row
def add_mono_light(plane, added, total):
    """EdgeEnhancement's sum of a plane's row, and its light, to what the rows before have."""
    for x in range(plane.shape[0]):
        total[x] = I(total[x] + squared(I(top16(S(plane[x] + added[x])))))


@row
def add_light(red, grn, blu, added, total):
    """add_mono_light of three planes."""
    p, q, r = total[0], total[1], total[2]
    for x in range(red.shape[0]):
        more = added[x]
        p[x] = I(p[x] + squared(I(top16(S(red[x] + more)))))
        q[x] = I(q[x] + squared(I(top16(S(grn[x] + more)))))
        r[x] = I(r[x] + squared(I(top16(S(blu[x] + more)))))


@row
def _halved(total, out):
    for x in range(total.shape[0] // 2):
        out[x] = I(I(I(total[2 * x] + total[2 * x + 1]) + 2) >> 2)


@row
def mean_row(total, factor, out):
    """finish.Downscale of a row of sums over `factor` rows."""
    if factor == 1:
        out[0 : total.shape[0]] = total
        return
    if factor == 2:
        _halved(total, out)
        return
    half, area = factor * factor // 2, factor * factor
    for x in range(total.shape[0] // factor):
        value = half
        for i in range(factor):
            value += total[factor * x + i]
        out[x] = value // area
