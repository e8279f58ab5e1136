"""Spatial nonuniformity (section 8): differences between pixels, rows and columns, dark and in response."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from math import nan, sqrt

import numpy as np

from camtwin.emva1288.errors import Value
from camtwin.emva1288.stacks import Average

PARTS = ("total", "column", "row", "pixel")
SHORT = ("", ".col", ".row", ".pix")
"""Suffixes of the parts' symbols: DSNU1288.col."""


@dataclass(frozen=True, slots=True)
class Spatial:
    """A spatial quantity and its parts: whole image, columns, rows, and the remainder in the pixels.

    If temporal noise made an estimated variance negative, its root is nan: too small for this stack.
    """

    total: float
    column: float
    row: float
    pixel: float


@dataclass(frozen=True, slots=True)
class Nonuniformity:
    """Spatial nonuniformity (section 8): DSNU1288 in electrons (66), PRNU1288 as a fraction (67)."""

    DSNU_e: Spatial
    PRNU: Spatial


def spatial_variances_DN2(stack: Average) -> Spatial:
    """Return the spatial variances s^2 of an averaged image in DN^2, and their split.

    Noise may make them negative.

    Temporal noise that averaging has left is subtracted (36); columns and rows, which average over fewer
    pixels, retain as much more of it. The average of a column also retains 1/H of the variance of its pixels,
    that of a row 1/W: three equations (41) for three unknowns (42).
    """
    image, left_DN2 = stack.mean_DN, stack.var_y_DN2 / stack.images
    height, width = image.shape
    seen_DN2 = [
        image.var() - left_DN2,
        image.mean(axis=0).var() - left_DN2 / height,
        image.mean(axis=1).var() - left_DN2 / width,
    ]
    mixture = [[1, 1, 1], [1, 0, 1 / height], [0, 1, 1 / width]]
    column, row, pixel = np.linalg.solve(mixture, seen_DN2).tolist()
    return Spatial(float(seen_DN2[0]), column, row, pixel)


def nonuniformity(dark: Average, half: Average, K_DN_per_e: float) -> Nonuniformity:
    """Return DSNU1288 and PRNU1288 from stacks taken alike, dark and at half the saturation (66, 67).

    DSNU = s_dark / K, PRNU = sqrt(s_50^2 - s_dark^2) / (mu_50 - mu_dark), and so for their parts.
    ValueError unless the second is the brighter.
    """
    signal_DN = float(half.mean_DN.mean() - dark.mean_DN.mean())
    if not signal_DN > 0:
        raise ValueError(f"the stack in light is {signal_DN:g} DN above the dark one, it must be above 0")
    black, lit = spatial_variances_DN2(dark), spatial_variances_DN2(half)
    return Nonuniformity(
        Spatial(**{name: _root(getattr(black, name)) / K_DN_per_e for name in PARTS}),
        Spatial(**{name: _root(getattr(lit, name) - getattr(black, name)) / signal_DN for name in PARTS}),
    )


def _root(variance: float) -> float:
    return sqrt(variance) if variance >= 0 else nan


def figures(dark: Average, half: Average, K_DN_per_e: Value) -> dict[str, Value]:
    """Return DSNU in electrons and PRNU as a fraction, with standard errors: "DSNU", "DSNU.col" and so on.

    A variance that noise made negative counts as 0, and its error is that of the root. ValueError as
    `nonuniformity`. The errors include the patterns' own statistics: a laboratory asks for the sensor, and
    sees a part.
    """
    signal_DN = float(half.mean_DN.mean() - dark.mean_DN.mean())
    nonuniformity(dark, half, K_DN_per_e.value)  # raises ValueError unless `half` is brighter
    black, lit = spatial_variances_DN2(dark), spatial_variances_DN2(half)
    response = Spatial(*(b - a for a, b in zip(astuple(black), astuple(lit), strict=True)))
    shape, left = dark.mean_DN.shape, dark.var_y_DN2 / dark.images
    nothing = Spatial(0, 0, 0, 0)
    figures: dict[str, Value] = {}
    for name, variance, errors in (
        ("DSNU", black, _errors_DN2(nothing, black, 0.0, left, shape)),
        ("PRNU", response, _errors_DN2(black, response, left, half.var_y_DN2 / half.images, shape)),
    ):
        for part, short in zip(PARTS, SHORT, strict=True):
            root = _rooted(getattr(variance, part), getattr(errors, part))
            if name == "DSNU":
                root = Value(root.value / K_DN_per_e.value, root.error / K_DN_per_e.value)
                figures[name + short] = root.also(K_DN_per_e.relative)
            else:
                figures[name + short] = Value(root.value / signal_DN, root.error / signal_DN)
    return figures


def _errors_DN2(
    under: Spatial, of: Spatial, noise_under_DN2: float, noise_DN2: float, shape: tuple[int, ...]
) -> Spatial:
    """Return standard errors of variances s^2 that stand above others, of a pattern that both stacks share.

    With u the pattern below, v the one above it, and n, m the noise left in the two stacks, each degree of
    freedom has ((u + v + m)^2 - (u + n)^2), whose variance is 2 (v + m)^2 + 4 u (v + m) + 2 n^2 + 4 u n for
    normal numbers.
    """
    height, width = shape
    share = {"column": 1 / height, "row": 1 / width, "pixel": 1.0}
    freedom = {"column": width - 1, "row": height - 1, "pixel": (width - 1) * (height - 1)}
    errors: dict[str, float] = {}
    for part in PARTS[1:]:
        u, v = (_seen(of_, part, share[part]) for of_ in (under, of))
        m, n = noise_DN2 * share[part], noise_under_DN2 * share[part]
        spread = 2 * (v + m) ** 2 + 4 * u * (v + m) + 2 * n**2 + 4 * u * n
        errors[part] = sqrt(spread / max(freedom[part], 1))
    return Spatial(total=sqrt(sum(e**2 for e in errors.values())), **errors)


def _seen(variances: Spatial, part: str, share: float) -> float:
    """Return the variance of averages along rows or columns.

    The part's own, and the rest of the pixels' noise.
    """
    own = max(getattr(variances, part), 0.0)
    return own if part == "pixel" else own + max(variances.pixel, 0.0) * share


def _rooted(variance: float, error: float) -> Value:
    """Return the root of a variance: error / 2 root if it is significant, otherwise the root of the error."""
    root = sqrt(max(variance, 0.0))
    return Value(root, sqrt(max(variance, 0.0) + error) - root)
