"""Stages on roots: false colour, noise, edges. Integers, and float32 where a ratio is needed.

Brightness is (red + 2 green + blue) / 4, chroma is red - green and blue - green. The three stages change one
of the two and leave the other as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.image import TOP, Image, Kind
from camtwin.isp.mosaic import padded
from camtwin.isp.noise import (
    BRIGHT_MARGIN,
    CELL,
    CHROMA_MARGIN,
    DIAGONAL,
    LINE,
    LOST,
    LOW_PASS,
    WINDOW,
    NoiseModel,
    weights,
)
from camtwin.isp.stage import Stage, check

F = np.float32
Ints = NDArray[np.int32]


class RootStage(Stage):
    """A stage from roots to roots."""

    takes = (Kind.ROOT,)
    gives = Kind.ROOT


def split(roots: NDArray[np.int16]) -> tuple[Ints, Ints, Ints]:
    """Return four times the brightness, and the chroma of red and of blue, (H, W) each."""
    red, green, blue = roots.astype(np.int32)
    return red + 2 * green + blue, red - green, blue - green


def joined(four_bright: Ints, red: Ints, blue: Ints) -> NDArray[np.int16]:
    """Return red, green and blue of brightness and chroma, (3, H, W), within 0..TOP."""
    green = (four_bright - red - blue + 2) >> 2
    return np.clip(np.stack([green + red, green, green + blue]), 0, TOP).astype(np.int16)


@dataclass(frozen=True)
class FalseColour(RootStage):
    """Suppress colours that interpolation invents at edges: smooth chroma by 1 2 1 along rows and columns.

    What alternates from pixel to pixel, as these colours do, is gone altogether; a mosaic has no true chroma
    so fine. Brightness is kept. A mono image passes as it is.
    """

    place = 90

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        if len(image.data) == 1:
            return image
        bright, red, blue = split(image.data)
        return image.become(joined(bright, smoothed(red), smoothed(blue)))


def smoothed(values: Ints) -> Ints:
    """Return the mean of 3 x 3 pixels with the weights 1 2 1 along rows and columns."""
    height, width = values.shape
    around = padded(values, 1)
    rows = middle(around[:height], around[1 : 1 + height], around[2:])
    return middle(rows[:, :width], rows[:, 1 : 1 + width], rows[:, 2:])


def middle(a: Ints, b: Ints, c: Ints) -> Ints:
    """Return (a + 2 b + c) / 4, rounded on the way so that no sum exceeds 16 bits."""
    return (((a + c) >> 1) + b + 1) >> 1


@dataclass(frozen=True)
class NoiseReduction(RootStage):
    """Take off as much noise as the sensor has, and no more.

    Brightness is split into a smooth part and detail; chroma into what follows from brightness nearby, and
    the rest. What has no more energy than the noise would have is noise; of what has more, the share that is
    not noise is kept (Wiener's filter, locally).

    noise     the sensor's, at the gain of the frames
    strength  1 expects the noise of the model; more takes off more, and detail with it
    """

    noise: NoiseModel
    strength: float = 1.0
    place = 100

    def __post_init__(self) -> None:
        check("strength", self.strength, 0, 16)
        if isinstance(self.noise, dict):  # as JSON has it
            object.__setattr__(self, "noise", NoiseModel.from_json(self.noise))

    def limits(
        self, colour: bool, white_DN: float, gains: tuple[float, float, float], toe: float
    ) -> tuple[np.float32, np.float32]:
        """Return up to which energy detail of brightness, and chroma, count as noise, in codes squared."""
        own = np.array([self.noise.root_variance(white_DN, gain, toe) for gain in gains])
        bright, chroma = weights(colour)
        return (
            F(self.strength * BRIGHT_MARGIN * np.dot(bright, own)),
            F(self.strength * CHROMA_MARGIN * np.dot(chroma, own)),
        )

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        colour = len(image.data) == 3
        bright_limit, chroma_limit = self.limits(colour, image.white_DN, image.gains, image.toe)
        roots = image.data.astype(np.int32)
        if not colour:
            return image.become(quiet_detail(roots[0], LOW_PASS[False], bright_limit)[None].astype(np.int16))
        red, green, blue = roots
        noisy = (red + 6 * green + blue + 4) >> 3
        bright = quiet_detail(noisy, LOW_PASS[True], bright_limit)
        first, second = quiet_chroma(red - green, blue - green, noisy, bright, chroma_limit)
        green = (8 * bright - first - second + 4) >> 3
        planes = np.stack([green + first, green, green + second])
        return image.become(np.clip(planes, 0, TOP).astype(np.int16))


def in_cells(values: Ints, side: int, cells: int) -> Ints:
    """Return values lengthened by cells of `side` pixels around, and to whole cells, mirrored."""
    by = [(side * cells, side * cells + -length % side) for length in values.shape]
    return np.pad(values, by, mode="reflect")


def summed(values: Ints, side: int) -> Ints:
    """Return the sum over each cell of side x side pixels."""
    rows = _sum([values[i::side] for i in range(side)])
    return _sum([rows[:, i::side] for i in range(side)])


def spread_out(cells: NDArray[Any], side: int, like: Ints) -> NDArray[Any]:
    """Return each cell's value at all its pixels, as many as `like` has."""
    height, width = like.shape
    return np.repeat(np.repeat(cells, side, axis=0), side, axis=1)[:height, :width]


def quiet_detail(bright: Ints, low_pass: NDArray[np.int64], limit: np.float32) -> Ints:
    """Return brightness whose detail has lost the noise's share of energy, within 0..TOP.

    The energy is taken over 3 x 3 cells of 2 x 2 pixels, and the share is a cell's.
    """
    height, width = bright.shape
    around = in_cells(bright, 2, 4)
    rows, columns = around.shape[0] - 8, around.shape[1] - 8
    low = (_sum([int(w) * around[i : i + rows] for i, w in enumerate(low_pass)]) + 128) >> 8
    low = (_sum([int(w) * low[:, i : i + columns] for i, w in enumerate(low_pass)]) + 128) >> 8
    turns = 2 * low[1:-1] - low[:-2] - low[2:]
    turns = 2 * turns[:, 1:-1] - turns[:, :-2] - turns[:, 2:]
    smooth = np.clip(low[1:-1, 1:-1] - ((DIAGONAL * turns + 16) >> 5), 0, TOP)
    detail = (around[5:-5, 5:-5] - smooth)[1:-1, 1:-1]
    energy = box(summed(((detail + 2) >> 2) ** 2, 2), 3).astype(F) * F(16 / 36)
    lost = spread_out(((F(1) - kept(energy, limit)) * F(LOST) + F(0.5)).astype(np.int32), 2, bright)
    inner = slice(2, 2 + height), slice(2, 2 + width)
    return np.clip(bright - ((detail[inner] * lost + LOST // 2) >> 14), 0, TOP)


def quiet_chroma(red: Ints, blue: Ints, noisy: Ints, quiet: Ints, limit: np.float32) -> tuple[Ints, Ints]:
    """Return both chromas drawn to what brightness says of them, as far as noise makes them vary.

    In a window of cells each chroma is taken as a line over brightness; what is off that line by no more than
    noise would be is noise: a guided filter (K. He, J. Sun, Fast guided filter, 2015) with Wiener's share.
    """
    cells = [(summed(in_cells(each, CELL, 2), CELL) + 32) >> 6 for each in (noisy, red, blue)]
    share, *lines = (box_mean(part) * F(LINE) for part in chroma_lines(cells, limit))
    kept_of_chroma = spread_out(_whole(share), CELL, red)
    first, second = (
        (
            chroma * kept_of_chroma
            + quiet * spread_out(_whole(slope), CELL, red)
            + spread_out(base.astype(np.int32), CELL, red)
            + LINE // 2
        )
        >> 13
        for chroma, slope, base in ((red, lines[0], lines[1]), (blue, lines[2], lines[3]))
    )
    return first, second


def _whole(values: NDArray[np.floating]) -> Ints:
    """Return values within +-4 * LINE, rounded, halves upwards."""
    return (values + F(4 * LINE + 0.5)).astype(np.int32) - 4 * LINE


def chroma_lines(cells: list[Ints], limit: np.float32) -> list[NDArray[np.floating]]:
    """Return, of a window around each cell, chroma's share to keep, and slope and base of red's line, blue's.

    cells  brightness, red's and blue's chroma in quarters; sums over a window are whole numbers of 81sts
    """
    guide, red, blue = cells
    g, r, b = (box(each, WINDOW) for each in cells)
    spread, along_red, along_blue = (
        (9 * box(guide * each, WINDOW) - g * total).astype(F)
        for each, total in ((guide, g), (red, r), (blue, b))
    )
    own = [(9 * box(each * each, WINDOW) - total * total).astype(F) for each, total in ((red, r), (blue, b))]
    limit = limit * F(81 / 16)
    under = np.maximum(spread + limit, F(1))
    slopes = [np.clip(along / under, F(-2), F(2)) for along in (along_red, along_blue)]
    rest = (own[0] + own[1]) - (slopes[0] * along_red + slopes[1] * along_blue)
    share = kept(rest, limit)
    lost, middle = F(1) - share, g.astype(F) * F(4 / 9)
    out = [share]
    for slope, total in zip(slopes, (r, b), strict=True):
        out += [lost * slope, lost * (total.astype(F) * F(4 / 9) - slope * middle)]
    return out


def kept(energy: NDArray[np.floating], limit: np.float32) -> NDArray[np.floating]:
    """Return the share of detail of this energy that is not noise of this variance, 0..1."""
    return np.maximum(energy - limit, F(0)) / np.maximum(energy, F(1))


def box(values: Ints, side: int) -> Ints:
    """Return the sum over side x side of values, for those that have all their neighbours."""
    height, width = (count - side + 1 for count in values.shape)
    rows = _sum([values[i : i + height] for i in range(side)])
    return _sum([rows[:, i : i + width] for i in range(side)])


def box_mean(cells: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the mean of 3 x 3 cells, for those that have all their neighbours."""
    wide = (cells[:, :-2] + cells[:, 2:]) + cells[:, 1:-1]
    return ((wide[:-2] + wide[2:]) + wide[1:-1]) * F(1 / 9)


def _sum(parts: list[Ints]) -> Ints:
    return np.asarray(np.sum(parts, axis=0, dtype=np.int32))


@dataclass(frozen=True)
class EdgeEnhancement(RootStage):
    """Add detail of brightness to itself: what 1 2 1 leaves and, taken twice, takes away.

    That is a band around a quarter of a cycle a pixel; what alternates from pixel to pixel is no detail of
    the scene but of the interpolation, and is not made stronger.

    amount     how much of the detail is added
    threshold  detail up to this size is left alone, as a fraction of white's root
    limit      how much is added at most, as a fraction of white's root: halos stay thin
    """

    amount: float = 1.2
    threshold: float = 0.004
    limit: float = 0.08
    place = 110

    def __post_init__(self) -> None:
        check("amount", self.amount, 0, 8)
        check("threshold", self.threshold, 0, 1)
        check("limit", self.limit, 0, 1)

    def numbers(self) -> tuple[int, int, int]:
        """Return amount in 256ths, threshold and limit in codes."""
        return round(self.amount * 256), round(self.threshold * TOP), round(self.limit * TOP)

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        amount, threshold, limit = self.numbers()
        roots = image.data.astype(np.int32)
        bright = (roots[0] + 2 * roots[1] + roots[2] + 2) >> 2 if len(roots) == 3 else roots[0]
        soft = smoothed(bright)
        detail = soft - smoothed(soft)
        strong = np.sign(detail) * np.maximum(np.abs(detail) - threshold, 0)
        added = np.clip((strong * amount + 128) >> 8, -limit, limit)
        return image.become(np.clip(roots + added, 0, TOP).astype(np.int16))
