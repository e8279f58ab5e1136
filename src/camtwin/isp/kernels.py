"""Compiled runs of stages: tiles of a frame from bytes to codes, one pass over memory.

A row walks through the stages in rings of few rows, and a tile is a strip narrow enough for these to stay in
the processor's nearest cache. Rows and columns around the ones that are wanted are computed as far as the
stages look, mirrored at the frame's borders, so tiles can be done in any order, by any thread, with the same
bytes.
"""

from typing import NamedTuple

import numpy as np

from camtwin.compiled import compiled
from camtwin.isp.kernels_codes import mirrored_mono_row, mirrored_row, toned_mono_row, toned_pairs, toned_row
from camtwin.isp.kernels_colour import (
    bent_row,
    coloured_row,
    interpolate_row,
    light_row,
    linear_mixed_row,
    mixed_row,
    sharpened_mixed_row,
)
from camtwin.isp.kernels_light import add_light, add_mono_light, mean_row
from camtwin.isp.kernels_noise import entry_row, quiet_row
from camtwin.isp.kernels_quiet import give, quiet_rows, rings, take
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
    bright_row,
    chroma_row,
    edge_row,
    recoloured_entry_row,
    recoloured_row,
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
    colour. matrices: 9 numbers for rows of red, of blue, and for planes in order; toe: what is added. bends:
    ColourTable's, or empty.
    Limits of noise below 0, and an edge amount below 0, stand for a stage that is absent. low_pass:
    NoiseReduction's weights up to the middle. factor: Downscale's, 1 where it is absent.
    """

    green_first: np.ndarray
    colour: np.ndarray
    matrices: np.ndarray
    toe: np.ndarray
    bends: np.ndarray
    table: np.ndarray
    false_colour: bool
    bright_limit: np.float32
    chroma_limit: np.float32
    edges: np.ndarray
    low_pass: np.ndarray
    factor: int
    mirror_columns: bool
    mirror_rows: bool


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
                finish.green_first[odd], finish.matrices[finish.colour[odd] // 2], finish.toe, light,
            )  # fmt: skip
            toned_pairs(light, finish.table, width, out[y][3 * left : 3 * right])


@row
def _border(source, y, left, right, luma):
    """Mirror row y of `luma`, behind NoiseReduction, where EdgeEnhancement looks beyond the frame.

    NoiseReduction works in cells, so beyond the border it does not give mirror images of itself.
    """
    here = luma[y & 7]
    for k in range(1, 3):
        if left == 0:
            here[PAD - k] = here[PAD + k]
        if right == source.width:
            end = PAD + right - left - 1
            here[end + k] = here[end - k]
    if 0 < y <= 2:
        luma[-y & 7][:] = here


@row
def _put(finish, y, left, width, light, start, out):
    """Tone and Mirror of row y of the image, of `width` pixels from `left` on; in light from `start` on."""
    at = out.shape[0] - 1 - y if finish.mirror_rows else y
    if finish.mirror_columns:
        end = out.shape[1] - 3 * left
        mirrored_row(light, start, finish.table, width, out[at][end - 3 * width : end])
    else:
        toned_row(light, start, finish.table, width, out[at][3 * left : 3 * (left + width)])


@row
def _soften(finish, y, first, luma, soft, scratch):
    """Smooth the brightness of the row below y, as EdgeEnhancement of row y needs it, if it is on.

    Row -1 is not known before row 1, whose mirror image it is.
    """
    if finish.edges[0] >= 0 and y >= first - 2:
        smoothed_row(luma[y & 7], luma[(y + 1) & 7], luma[(y + 2) & 7], scratch, soft[(y + 1) & 3])
        if y == 0:
            soft[-1 & 3][:] = soft[1]


@row
def _finished(
    finish, y, first, last, left, width, sharp, luma, soft, scratch, added, light, total, means, out
):
    """EdgeEnhancement, Downscale, ColourMatrix, Tone and Mirror as far as row y of `sharp` allows."""
    edging, factor, matrix = finish.edges[0] >= 0, finish.factor, finish.matrices[2]
    y -= 2 if edging else 0
    _soften(finish, y, first, luma, soft, scratch)
    if not first <= y < last:
        return
    here = sharp[y & 3]
    if edging:
        edge_row(soft, y, finish.edges, scratch, added)
    if factor == 1:
        if finish.bends.size:
            light_row(here[0], here[1], here[2], added, means)
            bent_row(means[0], means[1], means[2], matrix, finish.toe, finish.bends, total[0], light)
        elif edging:
            sharpened_mixed_row(here[0], here[1], here[2], added, matrix, finish.toe, light)
        else:
            mixed_row(here[0], here[1], here[2], matrix, finish.toe, light)
        _put(finish, y, left, width, light, PAD, out)
        return
    if y % factor == 0:
        total[:] = 0
    add_light(here[0], here[1], here[2], added, total)
    if y % factor == factor - 1:
        n = width // factor
        for plane in range(3):
            mean_row(total[plane][PAD : PAD + n * factor], factor, means[plane])
        p, q, r = means[0][0:n], means[1][0:n], means[2][0:n]
        if finish.bends.size:
            bent_row(p, q, r, matrix, finish.toe, finish.bends, total[0], light)
        else:
            linear_mixed_row(p, q, r, matrix, finish.toe, light)
        _put(finish, y // factor, left // factor, n, light, 0, out)


@compiled
def full_rows(source, finish, first, last, left, right, out, sums, histogram):
    """Rows first..last - 1 of columns left..right - 1 through all stages that `finish` has; first is even."""
    width = right - left
    pairs = buffer_pairs(width)
    n = 2 * pairs
    rows, clean = np.zeros((8, 2, pairs), np.uint16), np.zeros((2, 2, pairs), np.uint16)
    roots = np.zeros((8, 2, pairs), np.int16)
    planes, hues = np.zeros((4, 3, n), np.int16), np.zeros((4, 2, n), np.int16)
    smooth_hues = np.zeros((2, n), np.int16)
    quieting, edging = finish.bright_limit >= 0, finish.edges[0] >= 0
    quiet = rings(n if quieting else 0, 1)
    sharp, luma, soft = np.zeros((4, 3, n), np.int16), np.zeros((8, n), np.int16), np.zeros((4, n), np.int16)
    scratch, added = np.zeros(n, np.int16), np.zeros(n, np.int16)
    light, total, means = np.zeros((3, n), np.uint16), np.zeros((3, n), np.int32), np.zeros((3, n), np.int32)

    ahead = source.step if source.threshold >= 0 else 0
    after = 2 if edging else 0  # rows around, that stages after NoiseReduction need
    begin, end = first - after, last + after  # the rows that the stages after FalseColour need
    if quieting:
        begin, end = quiet_rows(first, last, after)
    halo = 2 + (1 if finish.false_colour else 0)
    for s in range(begin - halo - ahead, end + halo + ahead):
        _load(source, s, left, right, rows[s & 7])
        t = s - ahead
        if t < begin - halo:
            continue
        here = rows[t & 7]
        if ahead:
            here = clean[t & 1]
            _clean(source, t, rows, here)
        if source.columns.size and first <= t < last:
            _measure(source, t, left, right, clean[0] if ahead else rows[(t - 1) & 7], here, sums, histogram)
        _root(source, t, left, here, roots[t & 7])
        i = t - 2
        if i < begin + 2 - halo:
            continue
        odd = reflected(i, source.height) % 2
        own = finish.colour[odd]
        now = planes[i & 3] if finish.false_colour or quieting else sharp[i & 3]
        interpolate_row(
            roots[(i - 2) & 7], roots[(i - 1) & 7], roots[i & 7], roots[(i + 1) & 7], roots[(i + 2) & 7],
            finish.green_first[odd], now[own], now[1], now[2 - own],
        )  # fmt: skip
        j = i
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
            now = planes[j & 3]
        if quieting:
            if finish.false_colour:
                recoloured_entry_row(
                    now[0], now[1], now[2], smooth_hues[0], smooth_hues[1], quiet.bright[j & 15],
                    quiet.chroma[j & 15],
                )  # fmt: skip
            else:
                entry_row(now[0], now[1], now[2], quiet.bright[j & 15], quiet.chroma[j & 15])
            if j & 3 != 3:
                continue
            take(finish, quiet, j >> 2)
            for y in range(max(j - 11, first - after), min(j - 7, last + after)):
                if 0 <= y < source.height:
                    give(quiet, y, sharp[y & 3], luma[y & 7])
                    _border(source, y, left, right, luma)
                elif y > 0:
                    luma[y & 7][:] = luma[reflected(y, source.height) & 7]
                _finished(
                    finish, y, first, last, left, width, sharp, luma, soft, scratch, added, light, total,
                    means, out,
                )  # fmt: skip
            continue
        if finish.false_colour:
            recoloured_row(now[0], now[1], now[2], smooth_hues[0], smooth_hues[1], sharp[j & 3], luma[j & 7])
        elif edging:
            bright_row(now[0], now[1], now[2], luma[j & 7])
        _finished(
            finish, j, first, last, left, width, sharp, luma, soft, scratch, added, light, total, means, out
        )


@row
def _finished_mono(finish, y, first, last, left, width, luma, soft, scratch, added, total, means, out):
    """As _finished, of a mono frame."""
    edging, factor = finish.edges[0] >= 0, finish.factor
    y -= 2 if edging else 0
    _soften(finish, y, first, luma, soft, scratch)
    if not first <= y < last:
        return
    here = luma[y & 7]
    if edging:
        edge_row(soft, y, finish.edges, scratch, added)
    if y % factor == 0:
        total[:] = 0
    add_mono_light(here, added, total)
    if y % factor < factor - 1:
        return
    n = width // factor
    mean_row(total[PAD : PAD + n * factor], factor, means)
    y, left = y // factor, left // factor
    at = out.shape[0] - 1 - y if finish.mirror_rows else y
    if finish.mirror_columns:
        end = out.shape[1] - left
        mirrored_mono_row(means[0:n], finish.table, out[at][end - n : end])
    else:
        toned_mono_row(means[0:n], finish.table, out[at][left : left + n])


@compiled
def mono_rows(source, finish, first, last, left, right, out, sums, histogram):
    """As full_rows, of a mono frame."""
    width = right - left
    pairs = buffer_pairs(width)
    n = 2 * pairs
    rows, clean = np.zeros((8, 2, pairs), np.uint16), np.zeros((2, 2, pairs), np.uint16)
    halves = np.zeros((2, pairs), np.int16)
    quieting, edging = finish.bright_limit >= 0, finish.edges[0] >= 0
    quiet = rings(n if quieting else 0, 0)
    luma, soft, added = np.zeros((8, n), np.int16), np.zeros((4, n), np.int16), np.zeros(n, np.int16)
    scratch, total, means = np.zeros(n, np.int16), np.zeros(n, np.int32), np.zeros(n, np.int32)
    ahead = source.step if source.threshold >= 0 else 0
    after = 2 if edging else 0
    begin, end = first - after, last + after
    if quieting:
        begin, end = quiet_rows(first, last, after)
    for s in range(begin - ahead, end + ahead):
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
        whole = quiet.bright[t & 15] if quieting else luma[t & 7]
        whole[0::2] = halves[0]
        whole[1::2] = halves[1]
        if not quieting:
            _finished_mono(finish, t, first, last, left, width, luma, soft, scratch, added, total, means, out)
            continue
        if t & 3 != 3:
            continue
        take(finish, quiet, t >> 2)
        for y in range(max(t - 11, first - after), min(t - 7, last + after)):
            if 0 <= y < source.height:
                quiet_row(quiet.bright[y & 15], quiet.detail[y & 7], quiet.share[(y >> 1) & 1], luma[y & 7])
                _border(source, y, left, right, luma)
            elif y > 0:
                luma[y & 7][:] = luma[reflected(y, source.height) & 7]
            _finished_mono(finish, y, first, last, left, width, luma, soft, scratch, added, total, means, out)
