"""The last stages: size, colour matrix, tone curve, look-up table, mirror."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from camtwin.isp.demosaic import squared
from camtwin.isp.image import TOP, Image, Kind
from camtwin.isp.mosaic import IspProblem
from camtwin.isp.stage import Stage, check

Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
MAX_ENTRY = 7.9
"""Largest entry of a colour matrix: as 4096ths, 16 bits hold it, for which processors have quick products."""
IDENTITY: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def matrix_of(values: ArrayLike) -> Matrix:
    """Return nested rows of floats of an array-like of 3 x 3."""
    array = np.asarray(values, float)
    if array.shape != (3, 3):
        raise IspProblem(f"colour matrix is {' x '.join(map(str, array.shape))}, not 3 x 3")
    return tuple(tuple(row) for row in array.tolist())  # type: ignore[return-value]


@dataclass(frozen=True)
class Downscale(Stage):
    """Take the mean light of `factor` x `factor` pixels, halves upwards; what is left over at the end goes.

    A mean of codes would make fine detail darker than it is.
    """

    factor: int = 2
    place = 115
    takes = (Kind.ROOT,)
    gives = Kind.LINEAR

    def __post_init__(self) -> None:
        check("downscale factor", self.factor, 1, 16)

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        f, (height, width) = self.factor, self.size(*image.shape)
        light = squared(image.data)[:, : height * f, : width * f]
        total = light.reshape(-1, height, f, width, f).sum(axis=(2, 4), dtype=np.int32)
        return image.become((total + f * f // 2) // (f * f), Kind.LINEAR)

    def size(self, rows: int, columns: int) -> tuple[int, int]:
        """Return rows and columns of what becomes of a frame of this size."""
        height, width = rows // self.factor, columns // self.factor
        if not (height and width):
            raise IspProblem(f"image of {columns} x {rows} is too small to downscale by {self.factor}")
        return height, width


@dataclass(frozen=True)
class ColourMatrix(Stage):
    """Turn the camera's red, green and blue into those of the display.

    matrix      rows are the display's red, green and blue, from -7.9 to 7.9; a row that sums to 1 keeps grey
                grey
    calibrated  whether it was made for this sensor and light: identity is not
    """

    matrix: Matrix = IDENTITY
    calibrated: bool = False
    place = 120
    takes = (Kind.ROOT, Kind.LINEAR)
    gives = Kind.LINEAR

    def __post_init__(self) -> None:
        for row in matrix_of(self.matrix):
            for value in row:
                check("colour matrix entry", value, -MAX_ENTRY, MAX_ENTRY)

    def numbers(self, toe: float) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the matrix in 4096ths, and what is added to each row's sum: rounding, and the toe's share.

        A row that sums to 1 does so to the last bit, whatever rounding does to its entries.
        """
        exact = np.asarray(self.matrix, float)
        sums = np.rint(exact.sum(axis=1) * 4096)
        whole = np.rint(exact * 4096)
        for i in range(3):
            whole[i, i] += sums[i] - whole[i].sum()
        toe_code = toe / (1 + toe) * TOP
        return whole.astype(np.int32), np.rint(2048 + (4096 - sums) * toe_code).astype(np.int32)

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        light = squared(image.data) if image.kind is Kind.ROOT else image.data
        if len(light) == 1:
            return image.become(light, Kind.LINEAR)
        matrix, added = self.numbers(image.toe)
        rows = [
            (np.sum([w * plane for w, plane in zip(m, light, strict=True)], axis=0) + a) >> 12
            for m, a in zip(matrix, added, strict=True)
        ]
        return image.become(np.clip(np.stack(rows), 0, TOP), Kind.LINEAR)


@dataclass(frozen=True)
class Tone(Stage):
    """Turn light into codes to look at: red, green, blue in the last axis, or one plane of a mono image.

    gamma  2.2 is code = light ** (1 / 2.2); 1 is linear; "srgb" is the curve of IEC 61966-2-1
    bits   8 or 16 of a code
    gain   of light, before the curve
    """

    gamma: float | str = "srgb"
    bits: int = 8
    gain: float = 1.0
    place = 130
    takes = (Kind.ROOT, Kind.LINEAR)
    gives = Kind.CODES

    def __post_init__(self) -> None:
        if self.bits not in (8, 16):
            raise IspProblem(f"tone bits {self.bits} is neither 8 nor 16")
        if isinstance(self.gamma, str):
            if self.gamma != "srgb":
                raise IspProblem(f"tone gamma {self.gamma!r} is neither a number nor 'srgb'")
        else:
            check("tone gamma", self.gamma, 0.1, 10)
        check("tone gain", self.gain, 1 / 1024, 1024)

    def table(self, toe: float) -> NDArray[Any]:
        """Return the code of each 14 bit light with its toe, (TOP + 1,) uint8 or uint16, read-only."""
        return _table(self.gamma, self.bits, self.gain, toe)

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        light = squared(image.data) if image.kind is Kind.ROOT else image.data
        codes = self.table(image.toe)[light]
        codes = codes[0] if len(codes) == 1 else np.ascontiguousarray(np.moveaxis(codes, 0, -1))
        return image.become(codes, Kind.CODES, bits=self.bits)


@lru_cache(maxsize=8)
def _table(gamma: float | str, bits: int, gain: float, toe: float) -> NDArray[Any]:
    light = np.clip((np.arange(TOP + 1) / TOP * (1 + toe) - toe) * gain, 0, 1)
    bent = encoded(light) if gamma == "srgb" else light ** (1 / float(gamma))
    table = np.rint(bent * ((1 << bits) - 1)).astype(np.uint8 if bits == 8 else np.uint16)
    table.flags.writeable = False
    return table


def encoded(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sRGB codes, 0..1, of linear light, 0..1; IEC 61966-2-1."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


class CodeStage(Stage):
    """A stage from codes to codes."""

    takes = (Kind.CODES,)
    gives = Kind.CODES


@dataclass(frozen=True)
class LookUp(CodeStage):
    """Replace each code by its entry in a table, the same for all colours.

    table  256 codes for 8 bits, 65536 for 16
    """

    table: tuple[int, ...]
    place = 135

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        if len(self.table) != 1 << image.bits:
            raise IspProblem(
                f"look-up table of {len(self.table)} entries;"
                f" codes of {image.bits} bits need {1 << image.bits}"
            )
        return image.become(np.asarray(self.table).astype(image.data.dtype)[image.data])

    @classmethod
    def of(cls, table: Sequence[int]) -> LookUp:
        """Make the stage of any sequence of codes."""
        return cls(tuple(int(code) for code in table))


@dataclass(frozen=True)
class Mirror(CodeStage):
    """Reverse columns, rows, or both."""

    columns: bool = False
    rows: bool = False
    place = 150

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """See Stage."""
        step = (-1 if self.rows else 1), (-1 if self.columns else 1)
        return image.become(np.ascontiguousarray(image.data[:: step[0], :: step[1]]))
