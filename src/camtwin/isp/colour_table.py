"""Colours by a matrix and a table over the camera's chromaticity, and its fit to patches.

A matrix bends no lines: with filters unlike the eye's it errs in one hue or in another. The table adds to
each chromaticity what the matrix lacks there. It says nothing of brightness, so colours grow with the
exposure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.colorimetry import Floats, difference, lab_of_srgb
from camtwin.isp.demosaic import squared
from camtwin.isp.finish import IDENTITY, ColourMatrix, Matrix
from camtwin.isp.image import TOP, Image, Kind
from camtwin.isp.mosaic import IspProblem
from camtwin.isp.stage import Stage

NODES = 19
"""Along each side, over red's and blue's share of the sum; grey, a third each, is a node."""
GREY = (NODES - 1) // 3
FINE, SPAN = 252, 256
"""Steps of the finer table that pixels look up, and the length of its rows."""
UNIT, LARGEST = 1024, 511
"""Parts of a pixel's light that an entry of the finer table counts, and its largest: ten bits, signed."""
SMOOTHNESS = 0.5
"""Weight of bends of the table beside CIEDE2000 squared, chosen on mixed paints that are not judged."""
ROUNDS, SMALL_dE = 3, 0.3
"""Rounds of the fit, in which large errors lose weight, and the error from which on they do."""


F = np.float32


@dataclass(frozen=True, eq=False)
class ColourTable(Stage):
    """Turn the camera's colours into the display's, as ColourMatrix does, by a matrix and a table.

    matrix      rows are the display's red, green and blue
    table       (NODES, NODES, 3) over red's and blue's share of a pixel's light; what is added to the
                display's colours for each unit of that light, and nothing for grey
    calibrated  whether both were made for this sensor and light
    """

    matrix: Matrix
    table: NDArray[np.float32]
    calibrated: bool = False
    place = 120
    takes = (Kind.ROOT, Kind.LINEAR)
    gives = Kind.LINEAR

    def __post_init__(self) -> None:
        if self.table.shape != (NODES, NODES, 3):
            size = " x ".join(map(str, self.table.shape))
            raise IspProblem(f"colour table of {size} is not {NODES} x {NODES} x 3")

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        codes = squared(image.data) if image.kind is Kind.ROOT else image.data
        if len(codes) != 3:
            raise IspProblem("stage ColourTable needs a colour frame; this one is mono")
        matrix, added = self.numbers(image.toe)
        above = np.maximum(codes - added[3], 0)
        light = above.sum(axis=0, dtype=np.int32)
        each = F(FINE) / np.maximum(light, 1).astype(F)
        red, blue = ((above[k].astype(F) * each + F(0.5)).astype(np.int32) for k in (0, 2))
        word = self.bends[red * SPAN + blue]
        rows = [
            (np.sum([w * plane for w, plane in zip(m, codes, strict=True)], axis=0) + a + light * bend) >> 12
            for m, a, bend in zip(matrix, added[:3], unpacked(word), strict=True)
        ]
        return image.become(np.clip(np.stack(rows), 0, TOP), Kind.LINEAR)

    def numbers(self, toe: float) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return ColourMatrix.numbers, and as a fourth that is added the light of black."""
        matrix, added = ColourMatrix(self.matrix).numbers(toe)
        return matrix, np.append(added, round(toe / (1 + toe) * TOP)).astype(np.int32)

    @cached_property
    def bends(self) -> NDArray[np.int32]:
        """Return the table in finer steps, (FINE + 1) * SPAN words of three entries, red lowest."""
        red, blue = np.mgrid[: FINE + 1, :SPAN].reshape(2, -1) / FINE
        colours = np.stack([red, 1 - red - blue, blue], axis=1)
        nodes, weights = _around(colours, np.ones(len(colours)))
        flat = self.table.reshape(-1, 3).astype(np.float64)
        entries = sum(weight[:, None] * flat[node] for node, weight in zip(nodes, weights, strict=True))
        entries = np.clip(np.rint(entries * UNIT), -LARGEST, LARGEST).astype(np.int32) & 1023
        return (entries[:, 0] | (entries[:, 1] << 10) | (entries[:, 2] << 20)).astype(np.int32)


def unpacked(words: NDArray[np.int32]) -> list[NDArray[np.int32]]:
    """Return the three entries of each word of ColourTable.bends, in 4096ths of a pixel's light."""
    return [(words << shift) >> 22 << 2 for shift in (22, 12, 2)]


def mapped(matrix: Matrix, colours: Floats, table: NDArray[Any] | None) -> Floats:
    """Return the display's colours of balanced camera colours, (n, 3); table: None for the matrix alone."""
    shown = colours @ np.asarray(matrix).T
    if table is None:
        return shown
    nodes, weights = _around(colours, np.maximum(colours.sum(axis=1), 0))
    flat = table.reshape(-1, 3)
    for node, weight in zip(nodes, weights, strict=True):
        shown = shown + weight[:, None] * flat[node]
    return shown


def _around(colours: Floats, light: Floats) -> tuple[list[NDArray[np.int64]], list[Floats]]:
    """Return the four nodes around each colour, and their weights times the colour's light."""
    share = np.clip(colours / np.maximum(light, 1e-9)[:, None], 0, 1) * (NODES - 1)
    i, j = (np.minimum(share[:, k].astype(np.int64), NODES - 2) for k in (0, 2))
    a, b = share[:, 0] - i, share[:, 2] - j
    corners = [(0, 0, (1 - a) * (1 - b)), (0, 1, (1 - a) * b), (1, 0, a * (1 - b)), (1, 1, a * b)]
    return [(i + di) * NODES + j + dj for di, dj, _ in corners], [w * light for _, _, w in corners]


def fit_table(camera: Floats, wanted: Floats, matrix: Matrix = IDENTITY) -> NDArray[np.float32]:
    """Return the table beside a matrix, of balanced camera colours and wanted linear sRGB, (n, 3) each.

    Least squares in CIEDE2000's own metric at each wanted colour, with bends of the table as a penalty. The
    camera's values may be of another exposure than the wanted ones.
    """
    shown = camera @ np.asarray(matrix).T
    camera = camera * (np.sum(shown[:, 1] * wanted[:, 1]) / np.sum(shown[:, 1] ** 2))
    count = len(camera)
    rows = np.zeros((count, NODES**2))
    for node, weight in zip(*_around(camera, np.maximum(camera.sum(axis=1), 0)), strict=True):
        rows[np.arange(count), node] += weight
    metric = _metric(wanted)
    rest = np.einsum("nij,nj->ni", metric, wanted - camera @ np.asarray(matrix).T)
    design = np.einsum("nij,nk->nikj", metric, rows).reshape(count, 3, -1)
    bends = np.kron(_bends(), np.eye(3))
    penalty = SMOOTHNESS * count * bends.T @ bends
    for channel in range(3):
        at = (GREY * NODES + GREY) * 3 + channel
        penalty[at, at] += 1e10
    weights, table = np.ones(count), np.zeros(NODES**2 * 3)
    for _ in range(ROUNDS):
        heavy = (design * weights[:, None, None]).reshape(count * 3, -1)
        normal = heavy.T @ design.reshape(count * 3, -1) + penalty
        table = np.linalg.solve(normal + 1e-6 * np.eye(len(normal)), heavy.T @ rest.ravel())
        errors = np.linalg.norm(design @ table - rest, axis=1)
        weights = 1 / np.hypot(errors, SMALL_dE)
        weights = weights / weights.mean()
    table = table.reshape(NODES, NODES, 3).astype(np.float32)
    table[GREY, GREY] = 0
    return table


def _metric(wanted: Floats) -> Floats:
    """Return the matrices that make a small step in linear sRGB as long as CIEDE2000 says, (n, 3, 3)."""
    step, base = 1e-3, np.maximum(wanted, 0)
    lab = lab_of_srgb(base)

    def squares(move: Floats) -> Floats:
        return difference(lab_of_srgb(base + move), lab) ** 2

    axes = np.eye(3) * step
    along = [squares(axis) for axis in axes]
    form = np.empty((len(wanted), 3, 3))
    for i in range(3):
        for j in range(3):
            form[:, i, j] = along[i] if i == j else (squares(axes[i] + axes[j]) - along[i] - along[j]) / 2
    values, vectors = np.linalg.eigh(form / step**2)
    return np.sqrt(np.maximum(values, 0))[:, :, None] * np.swapaxes(vectors, 1, 2)


def _bends() -> Floats:
    """Return the second differences of a table, (differences, nodes)."""
    place = np.arange(NODES**2).reshape(NODES, NODES)
    out = []
    for grid in (place, place.T):
        for a, b, c in zip(grid[:-2].ravel(), grid[1:-1].ravel(), grid[2:].ravel(), strict=True):
            out.append(_row({a: 1.0, b: -2.0, c: 1.0}))
    corners = (place[:-1, :-1], place[1:, 1:], place[1:, :-1], place[:-1, 1:])
    for a, b, c, d in zip(*(corner.ravel() for corner in corners), strict=True):
        out.append(_row({a: 1.4, b: 1.4, c: -1.4, d: -1.4}))
    return np.array(out)


def _row(entries: dict[Any, float]) -> Floats:
    row = np.zeros(NODES**2)
    for node, value in entries.items():
        row[node] = value
    return row
