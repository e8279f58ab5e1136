"""Compiled runs of stages: tiles of a frame from bytes to codes, one pass over memory.

A row walks through the stages in rings of few rows, and a tile is a strip narrow enough for these to stay in
the processor's nearest cache. Rows and columns around the ones that are wanted are computed as far as the
stages look, mirrored at the frame's borders, so tiles can be done in any order, by any thread, with the same
bytes.
"""

from typing import NamedTuple

import numpy as np

from camtwin.compiled import compiled
from camtwin.isp.kernels_colour import (
    coloured_row,
    interpolate_row,
    mixed_row,
    sharpened_mixed_row,
    toned_mono_row,
    toned_pairs,
    toned_row,
)
from camtwin.isp.kernels_raw import (
    PAD,
    buffer_pairs,
    clamp_row,
    count_row,
    lengthen,
    load_row,
    measure_rows,
    reflected,
    root_row,
    row,
    shaded_root_row,
)
from camtwin.isp.kernels_root import (
    add_row,
    bright_row,
    chroma_row,
    chroma_share_row,
    detail_row,
    edge_row,
    joined_row,
    move_row,
    quiet_detail_row,
    recoloured_row,
    sharpened_row,
    smoothed_row,
)


class Source(NamedTuple):
    """Source of pixels, and the stages before interpolation.

    step: 2 of a mosaic, 1 of a mono image. threshold: of defect pixels in DN, -1 for none. patch_*: listed
    defects by row. gains: (2, 2) by row and column. shading: (2, 2, rows, pairs) or empty; above, share: of
    each row. columns, zones: of the statistics, empty for none; of each row of cells its zone.
    """

    data: np.ndarray
    layout: int
    height: int
    width: int
    step: int
    threshold: np.int32
    patch_starts: np.ndarray
    patch_columns: np.ndarray
    patch_values: np.ndarray
    black: np.float32
    scale: np.float32
    gains: np.ndarray
    toe: np.float32
    root: np.float32
    shading: np.ndarray
    above: np.ndarray
    share: np.ndarray
    columns: np.ndarray
    zones: np.ndarray
    clipped: np.int32
    shift: int
    histogram_row: int
    histogram_column: int


class Finish(NamedTuple):
    """The stages from the interpolation on.

    green_first, colour: of even and odd rows, whether they begin with green, and the plane of their other
    colour. matrices: 12 numbers for rows of red, of blue, and for planes in order. Limits of noise below 0,
    and an edge amount below 0, stand for a stage that is absent.
    """

    green_first: np.ndarray
    colour: np.ndarray
    matrices: np.ndarray
    table: np.ndarray
    false_colour: bool
    bright_limit: np.float32
    chroma_limit: np.float32
    edges: np.ndarray


@row
def _load(source, y, left, right, dn):
    """Row y of the frame, or its mirror image above or below, into the strip `dn`, (2, pairs).

    left, right: the strip's columns; `dn` begins PAD columns before. Listed defects are replaced.
    """
    at, start = reflected(y, source.height), left - PAD
    n = right - left + 2 * PAD
    first, last = max(0, -start), min(n, source.width - start)  # what of the strip lies in the frame
    load_row(
        source.data, source.layout, at, source.width, start + first,
        dn[0][first // 2 : (last + 1) // 2], dn[1][first // 2 : last // 2],
    )  # fmt: skip
    if source.patch_starts.size:
        for i in range(source.patch_starts[at], source.patch_starts[at + 1]):
            x = source.patch_columns[i] - start
            if first <= x < last:
                dn[x % 2][x // 2] = source.patch_values[i]
    lengthen(dn, 0, first, start, source.width)
    lengthen(dn, last, n + n % 2, start, source.width)


@row
def _clean(source, y, rows, clean):
    """DefectPixels of row y, of its neighbours in the ring `rows`."""
    above, here, below = rows[(y - source.step) & 7], rows[y & 7], rows[(y + source.step) & 7]
    if source.step == 2:
        for phase in range(2):
            clamp_row(above[phase], here[phase], below[phase], source.threshold, clean[phase])
        return
    n = here.shape[1]
    whole = np.empty((3, 2 * n), np.uint16)
    out = np.empty(2 * n, np.uint16)
    for i, part in enumerate((above, here, below)):
        whole[i, 0::2] = part[0]
        whole[i, 1::2] = part[1]
    clamp_row(whole[0], whole[1], whole[2], source.threshold, out)
    clean[0][:] = out[0::2]
    clean[1][:] = out[1::2]


@row
def _root(source, y, left, dn, out):
    """BlackLevel, Shading, WhiteBalance and root of row y, of the strip that begins at column `left`."""
    at = reflected(y, source.height)
    odd = at % 2
    many = (min(left // 2 + out.shape[1], source.shading.shape[3])) - left // 2
    part = slice(left // 2, left // 2 + many)
    for phase in range(2):
        gain = source.gains[odd, phase]
        if source.shading.size:
            grid, i = source.shading[odd, phase], source.above[at]
            shaded_root_row(
                dn[phase][:many], source.black, source.scale, grid[i][part], grid[i + 1][part],
                source.share[at], gain, source.toe, source.root, out[phase][:many],
            )  # fmt: skip
        else:
            root_row(dn[phase], source.black, source.scale, gain, source.toe, source.root, out[phase])


@row
def _measure(source, y, left, right, upper, lower, sums, histogram):
    """Statistics of columns left..right - 1 of row y: of the row of cells that ends with it."""
    width = right - left
    if source.step == 2:
        if y % 2:
            cell = y // 2
            measure_rows(
                upper, lower, source.columns, left // 2, right // 2, source.clipped, sums[source.zones[cell]]
            )
            if cell % 4 == 0:
                chosen = lower if source.histogram_row else upper
                start = PAD // 2
                count_row(
                    chosen[source.histogram_column][start : start + width // 2], source.shift, histogram
                )
        return
    whole = np.empty(2 * lower.shape[1], np.uint16)
    whole[0::2] = lower[0]
    whole[1::2] = lower[1]
    for zone in range(source.columns.shape[0] - 1):
        total, good, count = 0, 0, 0
        for x in range(max(source.columns[zone], left), min(source.columns[zone + 1], right)):
            value = np.int64(whole[PAD + x - left])
            unclipped = 1 if value < source.clipped else 0
            total += value
            good += value * unclipped
            count += unclipped
        into = sums[source.zones[y], zone]
        into[0] += total
        into[4] += good
        into[8] += count
    if y % 4 == 0:
        count_row(whole[PAD : PAD + width], source.shift, histogram)


@compiled
def core_rows(source, finish, first, last, left, right, out, sums, histogram):
    """As full_rows, without stages on roots: interpolation and colour matrix in one step."""
    width = right - left
    pairs = buffer_pairs(width)
    rows, clean = np.zeros((8, 2, pairs), np.uint16), np.zeros((2, 2, pairs), np.uint16)
    roots = np.zeros((8, 2, pairs), np.int16)
    light = np.zeros((6, pairs), np.uint16)
    ahead = source.step if source.threshold >= 0 else 0
    for s in range(first - 2 - ahead, last + 2 + ahead):
        _load(source, s, left, right, rows[s & 7])
        t = s - ahead
        if t < first - 2:
            continue
        here = rows[t & 7]
        if ahead:
            here = clean[t & 1]
            _clean(source, t, rows, here)
        if source.columns.size and first <= t < last:
            _measure(source, t, left, right, clean[0] if ahead else rows[(t - 1) & 7], here, sums, histogram)
        _root(source, t, left, here, roots[t & 7])
        y = t - 2
        if y >= first:
            odd = y % 2
            coloured_row(
                roots[(y - 2) & 7], roots[(y - 1) & 7], roots[y & 7], roots[(y + 1) & 7], roots[(y + 2) & 7],
                finish.green_first[odd], finish.matrices[finish.colour[odd] // 2], light,
            )  # fmt: skip
            toned_pairs(light, finish.table, width, out[y][3 * left : 3 * right])


@row
def _quieted(
    finish, j, begin, planes, bright, chroma, sums, scratch, smooth, detail, energy, quiet, floats, out, luma
):
    """Take row j of planes into NoiseReduction; True if row j - 5 came out of it, in `out` and `luma`."""
    into = chroma[j % 10]
    chroma_row(planes[0], planes[1], planes[2], into[0], into[1])
    c = j - 2
    if c >= begin:
        new, old = chroma[c % 10], chroma[(c - 7) % 10]
        if c - begin < 7:
            add_row(new[0], new[1], sums[0], sums[1], sums[2])
        else:
            move_row(new[0], new[1], old[0], old[1], sums[0], sums[1], sums[2])
    d = j - 3
    if d < begin + 3:
        return False
    detail_row(bright, d, scratch, smooth[d % 5], detail[d % 5], energy[d % 5])
    n = j - 5
    if n < begin + 5:
        return False
    quiet_detail_row(energy, smooth[n % 5], detail[n % 5], finish.bright_limit, scratch, quiet)
    chroma_share_row(sums, sums[2], finish.chroma_limit, floats, floats[2])
    joined_row(quiet, chroma[n % 10], floats, floats[2], out[0], out[1], out[2], luma)
    return True


@compiled
def full_rows(source, finish, first, last, left, right, out, sums, histogram):
    """Rows first..last - 1 of columns left..right - 1 through all stages that `finish` has."""
    width = right - left
    pairs = buffer_pairs(width)
    n = 2 * pairs
    rows, clean = np.zeros((8, 2, pairs), np.uint16), np.zeros((2, 2, pairs), np.uint16)
    roots = np.zeros((8, 2, pairs), np.int16)
    planes, hues = np.zeros((4, 3, n), np.int16), np.zeros((4, 2, n), np.int16)
    smooth_hues = np.zeros((2, n), np.int32)
    quieting, edging = finish.bright_limit >= 0, finish.edges[0] >= 0
    m = n if quieting else 0
    bright, chroma = np.zeros((8, n), np.int16), np.zeros((10, 2, m), np.int16)
    boxes, scratch, floats = np.zeros((3, m), np.int32), np.zeros(n, np.int32), np.zeros((3, m), np.float32)
    smooth, detail, energy = (
        np.zeros((5, m), np.int16),
        np.zeros((5, m), np.int16),
        np.zeros((5, m), np.int32),
    )
    quiet, recoloured = np.zeros(m, np.int16), np.zeros((3, n), np.int16)
    sharp, luma, added = np.zeros((4, 3, n), np.int16), np.zeros((8, n), np.int16), np.zeros(n, np.int32)
    wide = np.zeros(n, np.int32)
    light = np.zeros((3, n), np.uint16)

    ahead = source.step if source.threshold >= 0 else 0
    after_hues = (5 if quieting else 0) + (2 if edging else 0)
    begin = first - after_hues  # the first row that the stages after FalseColour need
    halo = after_hues + (1 if finish.false_colour else 0)
    for s in range(first - halo - 2 - ahead, last + halo + 2 + ahead):
        _load(source, s, left, right, rows[s & 7])
        t = s - ahead
        if t < first - halo - 2:
            continue
        here = rows[t & 7]
        if ahead:
            here = clean[t & 1]
            _clean(source, t, rows, here)
        if source.columns.size and first <= t < last:
            _measure(source, t, left, right, clean[0] if ahead else rows[(t - 1) & 7], here, sums, histogram)
        _root(source, t, left, here, roots[t & 7])
        i = t - 2
        if i < first - halo:
            continue
        odd = reflected(i, source.height) % 2
        own = finish.colour[odd]
        now = planes[i & 3]
        interpolate_row(
            roots[(i - 2) & 7], roots[(i - 1) & 7], roots[i & 7], roots[(i + 1) & 7], roots[(i + 2) & 7],
            finish.green_first[odd], now[own], now[1], now[2 - own],
        )  # fmt: skip
        j, current = i, now
        if finish.false_colour:
            chroma_row(now[0], now[1], now[2], hues[i & 3][0], hues[i & 3][1])
            j = i - 1
            if j < begin:
                continue
            for hue in range(2):
                smoothed_row(
                    hues[(j - 1) & 3][hue],
                    hues[j & 3][hue],
                    hues[(j + 1) & 3][hue],
                    scratch,
                    smooth_hues[hue],
                )
            before = planes[j & 3]
            current = recoloured if quieting else sharp[j & 3]
            into = bright[j & 7] if quieting else luma[j & 7]
            recoloured_row(before[0], before[1], before[2], smooth_hues[0], smooth_hues[1], current, into)
        elif quieting:
            bright_row(now[0], now[1], now[2], bright[j & 7])
        elif edging:
            sharp[j & 3][:] = now
            bright_row(now[0], now[1], now[2], luma[j & 7])
        if quieting:
            into3 = sharp[(j - 5) & 3]
            if not _quieted(
                finish, j, begin, current, bright, chroma, boxes, scratch, smooth, detail, energy, quiet,
                floats, into3, luma[(j - 5) & 7],
            ):  # fmt: skip
                continue
            j, current = j - 5, into3
        if not edging:
            if first <= j < last:
                mixed_row(current[0], current[1], current[2], finish.matrices[2], light)
                toned_row(light, finish.table, width, out[j][3 * left : 3 * right])
            continue
        y = j - 2
        if first <= y < last:
            edge_row(luma, y, finish.edges, scratch, wide, added)
            here3 = sharp[y & 3]
            sharpened_mixed_row(here3[0], here3[1], here3[2], added, finish.matrices[2], light)
            toned_row(light, finish.table, width, out[y][3 * left : 3 * right])


@compiled
def mono_rows(source, finish, first, last, left, right, out, sums, histogram):
    """As full_rows, of a mono frame."""
    width = right - left
    pairs = buffer_pairs(width)
    n = 2 * pairs
    rows, clean = np.zeros((8, 2, pairs), np.uint16), np.zeros((2, 2, pairs), np.uint16)
    halves = np.zeros((2, pairs), np.int16)
    quieting, edging = finish.bright_limit >= 0, finish.edges[0] >= 0
    bright, scratch = np.zeros((8, n), np.int16), np.zeros(n, np.int32)
    smooth, detail, energy = (
        np.zeros((5, n), np.int16),
        np.zeros((5, n), np.int16),
        np.zeros((5, n), np.int32),
    )
    quiet, luma, added = np.zeros(n, np.int16), np.zeros((8, n), np.int16), np.zeros(n, np.int32)
    wide = np.zeros(n, np.int32)
    sharpened = np.zeros(n, np.int16)
    ahead = source.step if source.threshold >= 0 else 0
    halo = (5 if quieting else 0) + (2 if edging else 0)
    begin, inner = first - halo, slice(PAD, PAD + width)
    for s in range(begin - ahead, last + halo + ahead):
        _load(source, s, left, right, rows[s & 7])
        t = s - ahead
        if t < begin:
            continue
        here = rows[t & 7]
        if ahead:
            here = clean[t & 1]
            _clean(source, t, rows, here)
        if source.columns.size and first <= t < last:
            _measure(source, t, left, right, here, here, sums, histogram)
        _root(source, t, left, here, halves)
        current = bright[t & 7]
        current[0::2] = halves[0]
        current[1::2] = halves[1]
        j = t
        if quieting:
            d = t - 3
            if d < begin + 3:
                continue
            detail_row(bright, d, scratch, smooth[d % 5], detail[d % 5], energy[d % 5])
            j = t - 5
            if j < begin + 5:
                continue
            quiet_detail_row(energy, smooth[j % 5], detail[j % 5], finish.bright_limit, scratch, quiet)
            current = quiet
        if not edging:
            if first <= j < last:
                toned_mono_row(current[inner], finish.table, out[j][left:right])
            continue
        luma[j & 7][:] = current
        y = j - 2
        if first <= y < last:
            edge_row(luma, y, finish.edges, scratch, wide, added)
            sharpened_row(luma[y & 7], added, sharpened)
            toned_mono_row(sharpened[inner], finish.table, out[y][left:right])
