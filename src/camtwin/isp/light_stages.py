"""Stages on light: black level, flat field, lens shading, white balance. float32, white is 1.

What is below black stays below 0, so that a dark frame has the mean 0 and noise is not folded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.image import Image, Kind
from camtwin.isp.mosaic import COLOURS, IspProblem, spread
from camtwin.isp.stage import Stage, check
from camtwin.isp.statistics import planes_of

F = np.float32


@dataclass(frozen=True)
class BlackLevel(Stage):
    """Take the black level off and scale to light, white is 1.

    black_DN  of frames that do not bring one of their own; None takes the frame's
    """

    black_DN: float | None = None
    place = 50
    takes = (Kind.RAW,)
    gives = Kind.LIGHT

    def of(self, bits: int, black_DN: float) -> tuple[np.float32, np.float32]:
        """Return the black level and the light of one DN, for frames of this depth and black level."""
        black = black_DN if self.black_DN is None else self.black_DN
        highest = (1 << bits) - 1
        check("black level", black, 0, highest / 2, " DN")
        return F(black), F(1 / (highest - black))

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        black, scale = self.of(image.bits, image.black_DN)
        light = (image.data.astype(F) - black) * scale
        return image.become(light, Kind.LIGHT, black_DN=float(black))


class LightStage(Stage):
    """A stage from light to light."""

    takes = (Kind.LIGHT,)
    gives = Kind.LIGHT


@dataclass(frozen=True, eq=False)
class FlatField(LightStage):
    """Multiply each pixel by a gain of its own, after its offset is taken off.

    gain    (H, W) float32, of the sensor's pixels
    offset  (H, W) float32 light of a dark frame, or None
    """

    gain: NDArray[np.float32]
    offset: NDArray[np.float32] | None = None
    place = 55

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        for name, values in (("gain", self.gain), ("offset", self.offset)):
            if values is not None and values.shape != image.shape:
                raise IspProblem(
                    f"flat field's {name} is {_size(values.shape)}, the frame {_size(image.shape)}"
                )
        light = image.data if self.offset is None else image.data - self.offset
        return image.become(light * self.gain)


@dataclass(frozen=True, eq=False)
class Shading(LightStage):
    """Undo the fall-off of a lens, and how it differs between colours, by gains on a coarse grid.

    gains  (4, rows, columns) float32: red, green beside red, green beside blue, blue; (1, rows, columns)
           mono. The outermost points lie on the outermost pixels; between points gains are taken linearly.
    """

    gains: NDArray[np.float32]
    place = 60

    def __post_init__(self) -> None:
        if self.gains.ndim != 3 or self.gains.shape[0] not in (1, 4) or min(self.gains.shape[1:]) < 2:
            raise IspProblem(
                f"shading grid of {_size(self.gains.shape)} is not 1 or 4 grids of 2 x 2 points or more"
            )

    def along(self, width: int) -> NDArray[np.float32]:
        """Return the gains of each column at the grid's rows, (planes, rows, width)."""
        points = self.gains.shape[2]
        x = np.linspace(0, points - 1, width)
        left = np.minimum(x.astype(int), points - 2)
        share = (x - left).astype(F)
        return (self.gains[..., left] * (1 - share) + self.gains[..., left + 1] * share).astype(F)

    def down(self, height: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return for each row the grid's row above it and the share of the one below."""
        points = self.gains.shape[1]
        y = np.linspace(0, points - 1, height)
        above = np.minimum(y.astype(np.int64), points - 2)
        return above, (y - above).astype(F)

    def order(self, mosaic: str) -> tuple[int, ...]:
        """Return which grid each of the mosaic's four pixels takes; of a mono image its one."""
        if bool(mosaic) != (len(self.gains) == 4):
            raise IspProblem(f"shading has {len(self.gains)} grids, the frame's mosaic is {mosaic or 'none'}")
        if not mosaic:
            return (0,)
        red = mosaic.index("R")
        grid = {red: 0, red ^ 1: 1, red ^ 2: 2, red ^ 3: 3}
        return tuple(grid[i] for i in range(4))

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        along, (above, share) = self.along(image.shape[1]), self.down(image.shape[0])
        order, step = self.order(image.mosaic), 2 if image.mosaic else 1
        out = np.empty_like(image.data)
        for i, grid in enumerate(order):
            rows, columns = slice(i // 2, None, step), slice(i % 2, None, step)
            top, bottom = along[grid][above[rows], columns], along[grid][above[rows] + 1, columns]
            gain = top + (bottom - top) * share[rows, None]
            out[rows, columns] = image.data[rows, columns] * gain
        return image.become(out)


@dataclass(frozen=True)
class WhiteBalance(LightStage):
    """Multiply each colour by its gain and clip at white.

    gains  of red, green and blue. The smallest has to be 1 or more: a clipped pixel is then clipped in all
           three, and highlights are white and not pink.
    """

    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    place = 70

    def __post_init__(self) -> None:
        for letter, gain in zip(COLOURS, self.gains, strict=True):
            check(f"white balance gain {letter}", gain, 1, 64)

    @classmethod
    def of(cls, gains: tuple[float, float, float]) -> WhiteBalance:
        """Make the stage of gains in any scale: the smallest becomes 1."""
        least = min(gains)
        if not least > 0:
            raise IspProblem(f"white balance gain {least:g} is not above 0")
        red, green, blue = (gain / least for gain in gains)
        return cls((red, green, blue))

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        if not image.mosaic:
            raise IspProblem("white balance needs a colour frame; this one is mono")
        gains = dict(zip(COLOURS, self.gains, strict=True))
        light = np.minimum(image.data * spread(image.mosaic, gains, image.shape), F(1))
        return image.become(light, gains=self.gains)


def shading_of(flat: Image, rows: int = 13, columns: int = 17) -> Shading:
    """Return the stage that evens out the image of an even surface; `flat` is LIGHT, a mean of many frames.

    Each point takes the mean of the pixels around it. The brightest point of green, or of mono, gets gain 1,
    and colours keep their ratio there: white balance is not shading's task.
    """
    planes: list[Any] = planes_of(flat.data, flat.mosaic)
    grids = np.stack([_grid(plane, rows, columns) for plane in planes])
    if not grids.min() > 0:
        raise IspProblem(f"flat field has a mean light of {grids.min():.3g} in places; it needs more than 0")
    centre = np.unravel_index(np.argmax(grids[len(grids) // 2 - (len(grids) > 1)]), grids.shape[1:])
    return Shading((grids[(slice(None), *centre)][:, None, None] / grids).astype(F))


def _grid(plane: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float64]:
    """Return means around evenly spread points, the outermost on the border, where a slope is carried on."""
    height, width = plane.shape
    half_y, half_x = max(1, height // (2 * (rows - 1))), max(1, width // (2 * (columns - 1)))
    out = np.empty((rows, columns))
    for i, y in enumerate(np.linspace(0, height - 1, rows).round().astype(int)):
        for j, x in enumerate(np.linspace(0, width - 1, columns).round().astype(int)):
            part = plane[max(0, y - half_y) : y + half_y + 1, max(0, x - half_x) : x + half_x + 1]
            out[i, j] = part.mean(dtype=np.float64)
    for axis in (0, 1):  # a mean at the border lies half a step inside; go on as the grid does
        first = np.moveaxis(out, axis, 0)
        inner = first.copy()
        if len(first) > 2:
            first[0] = inner[0] + (inner[0] - inner[1]) * 0.5 / 1.5 * 1.0
            first[-1] = inner[-1] + (inner[-1] - inner[-2]) * 0.5 / 1.5 * 1.0
    return out


def flat_field_of(flat: Image, dark: Image | None = None) -> FlatField:
    """Return the stage that evens out each pixel, from means of bright and of dark frames (LIGHT)."""
    offset = None if dark is None else dark.data.astype(F)
    light = flat.data if offset is None else flat.data - offset
    if not light.min() > 0:
        raise IspProblem(f"flat field has a pixel of light {light.min():.3g}; it needs more than 0")
    gain = np.empty(light.shape, F)
    step = 2 if flat.mosaic else 1
    for i in range(step * step):
        part = slice(i // step, None, step), slice(i % step, None, step)
        gain[part] = light[part].mean(dtype=np.float64) / light[part]
    return FlatField(gain, offset)


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
