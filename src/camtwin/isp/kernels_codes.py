"""Compiled rows of Tone and Mirror: light to codes. See kernels_raw.py for the manner."""

from camtwin.isp.kernels_raw import PAD, U, row


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
def toned_row(light, start, table, width, out):
    """Tone of a row of planes; out: 3 codes a pixel."""
    p = slice(start, start + width)
    red, green, blue = light[0][p], light[1][p], light[2][p]
    for x in range(width):
        out[3 * x] = table[red[x]]
        out[3 * x + 1] = table[green[x]]
        out[3 * x + 2] = table[blue[x]]


@row
def mirrored_row(light, start, table, width, out):
    """Tone and Mirror of a row of planes."""
    p = slice(start, start + width)
    red, green, blue = light[0][p], light[1][p], light[2][p]
    for x in range(width):
        i = 3 * (width - 1 - x)
        out[i] = table[red[x]]
        out[i + 1] = table[green[x]]
        out[i + 2] = table[blue[x]]


@row
def toned_mono_row(light, table, out):
    """Tone of a mono row."""
    for x in range(out.shape[0]):
        out[x] = table[U(light[x])]


@row
def mirrored_mono_row(light, table, out):
    """Tone and Mirror of a mono row."""
    n = out.shape[0]
    for x in range(n):
        out[n - 1 - x] = table[U(light[x])]
