"""Test patterns of a bare sensor, as MIPI CCS names them, in its mosaic.

    1 solid    one value for each colour of the mosaic
    2 bars     eight bars: white, yellow, cyan, green, magenta, red, blue, black
    3 fade     the bars, which fade to grey within 128 rows (assumed: evenly, again and again)
    4 PN9      pseudo-random bits of x^9 + x^5 + 1, from 0x1FF on in each frame

Everything is without noise and black level, and fills what is sent.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from camtwin.camera.registers.geometry import Geometry

SOLID, BARS, FADE, PN9 = 1, 2, 3, 4
BAR_COLOURS: Final = np.array([0b111, 0b110, 0b011, 0b010, 0b101, 0b100, 0b001, 0b000])
"""Red, green and blue of each bar, as bits."""
FADE_ROWS: Final = 128
PERIOD: Final = 511
"""Length of the pseudo-random sequence, in bits."""


def pattern(
    number: int, geometry: Geometry, bits: int, solid: tuple[int, int, int, int]
) -> NDArray[np.uint16]:
    """Return a pattern, (height, width) DN at `bits`.

    solid: red, green in red rows, green in blue rows and blue of the solid colour, at 12 bits.
    """
    height, width, top = geometry.height, geometry.width, (1 << bits) - 1
    if number == PN9:
        return _pn9(height * width, bits).reshape(height, width)
    out = np.empty((height, width), np.uint16)
    for place, colour in enumerate(geometry.cfa):
        row, column = divmod(place, 2)
        rows = np.arange(row, height, 2)
        if number == SOLID:
            green = 1 if "R" in geometry.cfa[2 * row : 2 * row + 2] else 2
            out[row::2, column::2] = solid[{"R": 0, "B": 3}.get(colour, green)] >> 12 - bits
            continue
        bars = BAR_COLOURS[np.arange(column, width, 2) * len(BAR_COLOURS) // width]
        lit = (bars >> {"R": 2, "G": 1, "B": 0}[colour] & 1) * top
        share = (rows % FADE_ROWS / FADE_ROWS if number == FADE else np.zeros(rows.size))[:, None]
        out[row::2, column::2] = np.rint(lit * (1 - share) + top / 2 * share)
    return out


def _pn9(count: int, bits: int) -> NDArray[np.uint16]:
    """Return `count` values of `bits` bits of the sequence, the first bit highest."""
    register, sequence = PERIOD, []
    for _ in range(PERIOD):
        sequence.append(register & 1)
        register = register >> 1 | ((register ^ register >> 5) & 1) << 8
    stream = np.array(sequence, np.uint16)
    at = (np.arange(PERIOD)[:, None] * bits + np.arange(bits)) % PERIOD  # as many values repeat, too
    values = (stream[at] << np.arange(bits - 1, -1, -1)).sum(axis=1)
    return np.resize(values, count).astype(np.uint16)
