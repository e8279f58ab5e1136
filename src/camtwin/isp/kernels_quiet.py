"""NoiseReduction in a walk over rows: the rings in which it works, and their order. See kernels_noise.py."""

from typing import NamedTuple

import numpy as np

from camtwin.isp.kernels_noise import (
    cells_row,
    detail_row,
    energy_row,
    joined_row,
    lines_row,
    lost_row,
    low_row,
    repeated_row,
    spread_lines_row,
)
from camtwin.isp.kernels_raw import row
from camtwin.isp.noise import CELL


class Quiet(NamedTuple):
    """Rings of rows in which NoiseReduction works, and rows for what is in between."""

    bright: np.ndarray
    chroma: np.ndarray
    low: np.ndarray
    detail: np.ndarray
    energy: np.ndarray
    lost: np.ndarray
    cells: np.ndarray
    lines: np.ndarray
    scratch: np.ndarray
    half: np.ndarray
    narrow: np.ndarray
    sums: np.ndarray
    parts: np.ndarray
    factors: np.ndarray
    bases: np.ndarray
    share: np.ndarray
    thin: np.ndarray


@row
def rings(n, colours):
    """Return empty rings for rows of n columns, colours: 1, or 0 of a mono frame."""
    half, m = n // 2, n * colours
    cells = m // CELL
    return Quiet(
        np.zeros((16, n), np.int16),
        np.zeros((16, 2, m), np.int16),
        np.zeros((8, n), np.int16),
        np.zeros((8, n), np.int16),
        np.zeros((4, half), np.int32),
        np.zeros((2, half), np.int16),
        np.zeros((4, 8, cells), np.int32),
        np.zeros((4, 5, cells), np.float32),
        np.zeros(n, np.int32),
        np.zeros(half, np.int32),
        np.zeros(cells, np.int32),
        np.zeros((8, cells), np.int32),
        np.zeros((5, cells), np.float32),
        np.zeros((3, m), np.int16),
        np.zeros((2, m), np.int32),
        np.zeros((2, n), np.int32),
        np.zeros(n, np.int16),
    )


@row
def quiet_rows(first, last, after):
    """Return the first row that NoiseReduction needs, and the row behind the last."""
    return (first - after) // CELL * CELL - 2 * CELL, (last + after - 1) // CELL * CELL + 3 * CELL


@row
def take(finish, quiet, c):
    """Go on with NoiseReduction as far as block c of `bright` and `chroma` allows."""
    for y in range(4 * c - 4, 4 * c):
        low_row(quiet.bright, y, finish.low_pass, quiet.thin, quiet.low[y & 7])
    for y in range(4 * c - 5, 4 * c - 1):
        detail_row(quiet.low, y, quiet.bright[y & 15], quiet.scratch, quiet.detail[y & 7])
    for i in range(2 * c - 3, 2 * c - 1):
        energy_row(quiet.detail[(2 * i) & 7], quiet.detail[(2 * i + 1) & 7], quiet.energy[i & 3])
        u = i - 1
        lost_row(
            quiet.energy[(u - 1) & 3], quiet.energy[u & 3], quiet.energy[i & 3], finish.bright_limit,
            quiet.half, quiet.lost[u & 1],
        )  # fmt: skip
        repeated_row(quiet.lost[u & 1], quiet.share[u & 1])
    if not quiet.bases.size:
        return
    cells, lines = quiet.cells, quiet.lines
    cells_row(quiet.bright, quiet.chroma, c, quiet.scratch, cells[c & 3])
    lines_row(
        cells[(c - 2) & 3], cells[(c - 1) & 3], cells[c & 3], finish.chroma_limit, quiet.narrow, quiet.sums,
        quiet.parts, lines[(c - 1) & 3],
    )  # fmt: skip
    spread_lines_row(lines[(c - 3) & 3], lines[(c - 2) & 3], lines[(c - 1) & 3], quiet.factors, quiet.bases)


@row
def give(quiet, y, planes, luma):
    """Finish NoiseReduction of row y, one of the four that `take` has made known."""
    joined_row(
        quiet.bright[y & 15], quiet.detail[y & 7], quiet.share[(y >> 1) & 1], quiet.chroma[y & 15],
        quiet.factors, quiet.bases, planes, luma,
    )  # fmt: skip
