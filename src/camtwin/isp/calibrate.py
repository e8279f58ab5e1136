"""Colour calibration: from patches of known colours, as a camera sees them, to gains and a matrix.

The patches may be computed from spectra, rendered by a twin, or photographed: `chart_patches` reads a
ColorChecker out of a raw frame. Camera values and wanted colours are linear; a matrix keeps grey grey.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.colorimetry import D50, SRGB_OF_XYZ, Floats, adapted, difference, lab_of_srgb, xyz_of_lab
from camtwin.isp.colour_table import fit_table, mapped
from camtwin.isp.finish import Matrix, matrix_of
from camtwin.isp.image import Raw
from camtwin.isp.mosaic import COLOURS, IspProblem, sites
from camtwin.isp.presets import ColourPoint

COLUMNS, ROWS = 6, 4
NEUTRAL = (19, 20, 21)
"""Patches that white balance is taken from: neutral 8, 6.5 and 5, neither clipped nor dark."""
CHECKER_LAB = np.array([
    (37.99, 13.56, 14.06), (65.71, 18.13, 17.81), (49.93, -4.88, -21.93), (43.14, -13.10, 21.91),
    (55.11, 8.84, -25.40), (70.72, -33.40, -0.20), (62.66, 36.07, 57.10), (40.02, 10.41, -45.96),
    (51.12, 48.24, 16.25), (30.33, 22.98, -21.59), (72.53, -23.71, 57.26), (71.94, 19.36, 67.86),
    (28.78, 14.18, -50.30), (55.26, -38.34, 31.37), (42.10, 53.38, 28.19), (81.73, 4.04, 79.82),
    (51.94, 49.99, -14.57), (51.04, -28.63, -28.64), (96.54, -0.43, 1.19), (81.26, -0.64, -0.34),
    (66.77, -0.73, -0.50), (50.87, -0.15, -0.27), (35.66, -0.42, -1.23), (20.46, -0.08, -0.97),
])  # fmt: skip
"""L*, a*, b* (D50) of the 24 patches, row by row; X-Rite's published values for charts until 2014."""
Corners = Sequence[tuple[float, float]]


def checker_colours() -> Floats:
    """Return the linear sRGB of the 24 patches, (24, 3), as the maker publishes them."""
    return adapted(xyz_of_lab(CHECKER_LAB), D50) @ SRGB_OF_XYZ.T


def chart_patches(raw: Raw, corners: Corners | None = None) -> Floats:
    """Return the mean light of each patch of a ColorChecker, (24, 3) red, green, blue above black.

    White is 1.

    corners  (x, y) of the chart's outer corners, clockwise from the dark skin's: the ends of its 6 x 4 equal
             fields. None: the chart fills the frame, centred, with a fifth of a field around it.

    IspProblem if a patch is clipped, or too small to be measured.
    """
    if not raw.mosaic:
        raise IspProblem("colour calibration needs a colour frame; this one is mono")
    place = _projection(corners or _filling(raw.width, raw.height))
    out = np.empty((COLUMNS * ROWS, 3))
    for i in range(COLUMNS * ROWS):
        column, row = i % COLUMNS, i // COLUMNS
        points = [place(column + dx, row + dy) for dx in (0.3, 0.7) for dy in (0.3, 0.7)]
        xs, ys = sorted(p[0] for p in points), sorted(p[1] for p in points)
        x0, x1, y0, y1 = (round(v) for v in (xs[1], xs[2], ys[1], ys[2]))
        part = raw.data[max(y0, 0) // 2 * 2 : y1, max(x0, 0) // 2 * 2 : x1]
        if min(part.shape) < 4:
            raise IspProblem(
                f"chart patch {i + 1} has {part.shape[1]} x {part.shape[0]} pixels; it needs 4 x 4 or more"
            )
        for letter in COLOURS:
            pixels = np.concatenate([part[r::2, c::2].ravel() for r, c in sites(raw.mosaic, letter)])
            if np.mean(pixels >= raw.highest_DN) > 0.01:
                raise IspProblem(f"chart patch {i + 1} is clipped in {letter}; expose it for a shorter time")
            out[i, COLOURS.index(letter)] = pixels.mean(dtype=np.float64)
    return (out - raw.black_DN) / (raw.highest_DN - raw.black_DN)


def _filling(width: int, height: int) -> Corners:
    pitch = min(width / (COLUMNS + 0.4), height / (ROWS + 0.4))
    left, top = (width - COLUMNS * pitch) / 2, (height - ROWS * pitch) / 2
    right, bottom = width - left, height - top
    return (left, top), (right, top), (right, bottom), (left, bottom)


def _projection(corners: Corners):
    """Return a function from fields, (column, row), to pixels, for a chart seen in perspective."""
    if len(corners) != 4:
        raise IspProblem(f"chart has {len(corners)} corners; it needs 4")
    rows, wanted = [], []
    for (u, v), (x, y) in zip(((0, 0), (COLUMNS, 0), (COLUMNS, ROWS), (0, ROWS)), corners, strict=True):
        rows += [[u, v, 1, 0, 0, 0, -u * x, -v * x], [0, 0, 0, u, v, 1, -u * y, -v * y]]
        wanted += [x, y]
    try:
        a, b, c, d, e, f, g, h = np.linalg.solve(np.array(rows, float), np.array(wanted, float))
    except np.linalg.LinAlgError:
        raise IspProblem(f"chart corners {corners} do not span an area") from None

    def place(u: float, v: float) -> tuple[float, float]:
        w = g * u + h * v + 1
        return (a * u + b * v + c) / w, (d * u + e * v + f) / w

    return place


def balance_of(patches: Floats, neutral: Sequence[int] = NEUTRAL) -> tuple[float, float, float]:
    """Return the gains that make the neutral patches grey, the smallest is 1."""
    mean = patches[list(neutral)].mean(axis=0)
    if not mean.min() > 0:
        raise IspProblem(f"neutral patches have a light of {mean.min():.3g}; it needs more than 0")
    gains = mean.max() / mean
    return float(gains[0]), float(gains[1]), float(gains[2])


def fit_matrix(camera: Floats, wanted: Floats, rounds: int = 40) -> Matrix:
    """Return the matrix from balanced camera colours to wanted linear sRGB, (n, 3) each; rows sum to 1.

    Least squares first, then the sum of squared CIEDE2000 differences is made small (Levenberg, Marquardt).
    The camera's values may be of another exposure: the brightness that suits is found first.
    """
    if camera.shape != wanted.shape or camera.ndim != 2 or camera.shape[1] != 3 or len(camera) < 4:
        raise IspProblem(
            f"matrix from {camera.shape} camera and {wanted.shape} wanted colours; both need (n, 3), n >= 4"
        )
    return matrix_of(_fitted(camera, wanted, rounds))


def _fitted(camera: Floats, wanted: Floats, rounds: int) -> NDArray[np.float64]:
    """Return the matrix, (3, 3), whose rows sum to 1."""
    known = camera * (np.sum(camera[:, 1] * wanted[:, 1]) / np.sum(camera[:, 1] ** 2))
    # Rows that sum to 1 have all but one entry free: out = green + a (red - green) + b (blue - green) + ...
    offsets = np.delete(known, 1, axis=1) - known[:, [1]]
    scale = float(np.linalg.lstsq(known, wanted, rcond=None)[0].sum(axis=0).mean())
    free = np.linalg.lstsq(offsets, wanted / scale - known[:, [1]], rcond=None)[0].T
    goal = lab_of_srgb(wanted)
    vector: Floats = np.append(free.ravel(), scale)
    damping = 1e-3

    def errors(v: NDArray[Any]) -> Floats:
        return difference(lab_of_srgb(v[-1] * known @ _whole(v).T), goal)

    best = errors(vector)
    for _ in range(rounds):
        step = 1e-5
        slope = np.stack(
            [(errors(vector + step * axis) - best) / step for axis in np.eye(len(vector))], axis=1
        )
        normal = slope.T @ slope
        move = np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-9), -slope.T @ best)
        residuals = errors(vector + move)
        if np.sum(residuals**2) < np.sum(best**2):
            vector, best, damping = vector + move, residuals, damping / 3
        else:
            damping *= 4
    return _whole(vector)


def _whole(v: NDArray[Any]) -> Floats:
    rows = v[:-1].reshape(3, -1)
    return np.insert(rows, 1, 1 - rows.sum(axis=1), axis=1)


def colour_point(
    kelvin: float, camera: Floats, wanted: Floats, neutral: Sequence[int] = NEUTRAL
) -> ColourPoint:
    """Return gains and matrix of patches under one light; camera: unbalanced light, (n, 3)."""
    seen = wanted[list(neutral)].mean(axis=0)
    gains = balance_of(camera * (seen[1] / seen), neutral)  # neutral paints are not quite grey in all lights
    balanced = camera * np.array(gains)
    matrix = fit_matrix(balanced, wanted)
    return ColourPoint(kelvin, gains, matrix, fit_table(balanced, wanted, matrix))


def differences(matrix: Matrix, camera: Floats, wanted: Floats, table: NDArray[Any] | None = None) -> Floats:
    """Return CIEDE2000 of balanced camera colours behind ColourMatrix, or ColourTable, (n,).

    At the best brightness.
    """
    shown = mapped(matrix, camera, table)
    scale = np.sum(shown[:, 1] * wanted[:, 1]) / np.sum(shown[:, 1] ** 2)
    return difference(lab_of_srgb(shown * scale), lab_of_srgb(wanted))


def even_light(patches: Floats, white: Floats) -> NDArray[np.float64]:
    """Return patches, (24, 3), as even light would show them; white: a white sheet's in their places."""
    return patches / white * white.mean(axis=0)
