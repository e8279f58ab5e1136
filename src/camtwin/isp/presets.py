"""Pipelines that are ready to use: fast, balanced, best; and the two samples of FRAMOS' data sheet.

All take a Calibration of the sensor, and work without one: then colours are as the sensor
sees them, and `Calibration.calibrated` says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.colour_table import ColourTable
from camtwin.isp.demosaic import TOE
from camtwin.isp.finish import IDENTITY, ColourMatrix, Downscale, Matrix, Tone
from camtwin.isp.light_stages import BlackLevel, Shading, WhiteBalance
from camtwin.isp.mosaic import IspProblem
from camtwin.isp.noise import NoiseModel
from camtwin.isp.pipeline import Pipeline
from camtwin.isp.raw_stages import DefectPixels, Measure
from camtwin.isp.root_of_light import Demosaic, Root
from camtwin.isp.root_stages import EdgeEnhancement, FalseColour, NoiseReduction
from camtwin.isp.stage import Stage

PRESETS = ("fast", "balanced", "best")


@dataclass(frozen=True)
class ColourPoint:
    """Gains and matrix fitted in one light.

    kelvin      correlated colour temperature of the light
    gains       white balance of red, green and blue
    matrix      from balanced camera colours to linear sRGB
    table       ColourTable's, beside the matrix, which errs less; None: the matrix alone is known
    """

    kelvin: float
    gains: tuple[float, float, float]
    matrix: Matrix
    table: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Calibration:
    """Calibration of a sensor, a lens and their light; any part can be missing.

    name      of the calibrated sensor
    points    colour in several lights, by rising temperature
    noise     photon transfer at gain 1 (0 dB), at the depth of `bits`
    bits      depth of noise and black_DN
    black_DN  black level
    shading   of the lens
    """

    name: str = "uncalibrated"
    points: tuple[ColourPoint, ...] = ()
    noise: NoiseModel | None = None
    bits: int = 12
    black_DN: float | None = None
    shading: Shading | None = field(default=None, compare=False)

    @property
    def calibrated(self) -> bool:
        """Whether colours are those of this sensor."""
        return bool(self.points)

    def at(self, kelvin: float) -> ColourPoint:
        """Return gains and matrix at a colour temperature, taken linearly over its reciprocal (mired).

        Beyond the outermost points the nearest is taken; without points gains are 1 and the matrix identity.
        """
        if not self.points:
            return ColourPoint(kelvin, (1.0, 1.0, 1.0), IDENTITY)
        points = sorted(self.points, key=lambda point: point.kelvin)
        low = max((p for p in points if p.kelvin <= kelvin), key=lambda p: p.kelvin, default=points[0])
        high = min((p for p in points if p.kelvin >= kelvin), key=lambda p: p.kelvin, default=points[-1])
        if low.kelvin == high.kelvin:
            return replace(low, kelvin=kelvin)
        share = (1 / low.kelvin - 1 / kelvin) / (1 / low.kelvin - 1 / high.kelvin)

        def between(a: Any, b: Any) -> Any:
            return (
                tuple(between(x, y) for x, y in zip(a, b, strict=True))
                if isinstance(a, tuple)
                else a + share * (b - a)
            )

        table = None
        if low.table is not None and high.table is not None:
            table = (low.table + share * (high.table - low.table)).astype(np.float32)
        return ColourPoint(kelvin, between(low.gains, high.gains), between(low.matrix, high.matrix), table)

    def kelvin_of(self, gains: tuple[float, float, float]) -> float:
        """Return the colour temperature whose white has this ratio of blue gain to red gain."""
        if not self.points:
            return 6500.0
        wanted = gains[2] / gains[0]
        low, high = self.points[0].kelvin, self.points[0].kelvin
        low, high = min(p.kelvin for p in self.points), max(p.kelvin for p in self.points)
        mired = [1e6 / low + (1e6 / high - 1e6 / low) * i / 256 for i in range(257)]
        candidates = [self.at(1e6 / each) for each in mired]
        return min(candidates, key=lambda p: abs(p.gains[2] / p.gains[0] - wanted)).kelvin

    def noise_at(self, bits: int, gain_dB: float = 0.0) -> NoiseModel | None:
        """Return the noise of frames of this depth at an analogue gain above the calibrated one."""
        if self.noise is None:
            return None
        factor = 2.0 ** (bits - self.bits) * 10 ** (gain_dB / 20)
        return NoiseModel(self.noise.gain_DN_per_e * factor, self.noise.read_noise_e)

    def to_json(self) -> str:
        """Return the calibration as JSON."""
        return json.dumps(
            {
                "name": self.name,
                "points": [
                    {"kelvin": p.kelvin, "gains": p.gains, "matrix": p.matrix, "table": _listed(p.table)}
                    for p in self.points
                ],
                "noise": self.noise and self.noise.to_json(),
                "bits": self.bits,
                "black_DN": self.black_DN,
                "shading": self.shading and self.shading.to_json(),
            },
            indent=1,
        )

    @classmethod
    def from_json(cls, text: str) -> Calibration:
        """Make the calibration of JSON; IspProblem names what it cannot read."""
        try:
            read = json.loads(text)
            points = tuple(
                ColourPoint(
                    float(p["kelvin"]), _three(p["gains"]), _matrix(p["matrix"]), _table(p.get("table"))
                )
                for p in read.get("points", ())
            )
            noise, shading = read.get("noise"), read.get("shading")
            return cls(
                str(read.get("name", "unnamed")),
                points,
                NoiseModel.from_json(noise) if noise else None,
                int(read.get("bits", 12)),
                read.get("black_DN"),
                Shading.from_json({k: v for k, v in shading.items() if k != "stage"}) if shading else None,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IspProblem(f"calibration cannot be read: {error!r}") from None


def _three(values: Iterable[float]) -> tuple[float, float, float]:
    a, b, c = (float(value) for value in values)
    return a, b, c


def _matrix(rows: Iterable[Iterable[float]]) -> Matrix:
    a, b, c = (_three(row) for row in rows)
    return a, b, c


def _listed(table: NDArray[np.float32] | None) -> object:
    return None if table is None else np.round(table.astype(np.float64), 5).tolist()


def _table(values: object) -> NDArray[np.float32] | None:
    return None if values is None else np.array(values, np.float32)


UNCALIBRATED = Calibration()


def preset(
    name: str,
    mosaic: str,
    calibration: Calibration = UNCALIBRATED,
    *,
    bits: int = 12,
    gain_dB: float = 0.0,
    kelvin: float | None = None,
    gains: tuple[float, float, float] | None = None,
    black_DN: float | None = None,
) -> Pipeline:
    """Return a pipeline for frames of a mosaic, or of a mono camera ("").

    name         fast: demosaic, colour by a matrix, tone. balanced: all stages, colour by a table. best: the
                 same with the offline demosaic
    calibration  of sensor and lens
    bits         depth of the frames
    gain_dB      analogue gain of the frames above the calibrated one, for the noise
    kelvin       colour temperature of the light; found from the gains where it is not given
    gains        white balance; those of the calibration at `kelvin` where they are not given
    black_DN     black level; the calibration's or the frame's where it is not given
    """
    if name not in PRESETS:
        raise IspProblem(f"preset {name!r} is none of {', '.join(PRESETS)}")
    black = black_DN if black_DN is not None else calibration.black_DN
    if black is not None and black_DN is None:
        black *= 2.0 ** (bits - calibration.bits)
    white_DN = (1 << bits) - 1 - (black or 0)
    noise = calibration.noise_at(bits, gain_dB)
    stages: list[Stage] = [] if name == "fast" else [DefectPixels(), Measure()]
    stages.append(BlackLevel(black))
    point = None
    if calibration.shading is not None and name != "fast":
        stages.append(calibration.shading)
    if mosaic:
        if kelvin is None:
            kelvin = calibration.kelvin_of(gains) if gains else 6500.0
        point = calibration.at(kelvin)
        balance = WhiteBalance.of(gains or point.gains)
        toe = noise.toe(white_DN, balance.gains) if noise else TOE
        stages += [balance, Demosaic("directional" if name == "best" else "malvar", toe)]
    else:
        stages.append(Root(noise.toe(white_DN) if noise else TOE))
    if name != "fast":
        if mosaic:
            stages.append(FalseColour())
        if noise:
            stages.append(NoiseReduction(noise))
        stages.append(EdgeEnhancement())
    if mosaic and point:
        if name != "fast" and point.table is not None:
            stages.append(ColourTable(point.matrix, point.table, calibration.calibrated))
        else:
            stages.append(ColourMatrix(point.matrix, calibration.calibrated))
    return Pipeline([*stages, Tone()])


def demosaic_and_display(black_DN: float = 0.0) -> Pipeline:
    """Return FRAMOS' OpenCV sample: demosaic and display, and none of the other nine stages.

    The black level stays in the picture, as the sample does not take it off; `BlackLevel(0)` only scales.
    """
    return Pipeline([BlackLevel(black_DN), Demosaic("bilinear"), Tone(1.0)])


DEFAULT_NOISE = NoiseModel(0.5, 3.0)
"""Of the default configuration: a common 12 bit sensor at gain 1."""


def full_pipeline(bits: int = 10, black_DN: float | None = None) -> Pipeline:
    """Return FRAMOS' LibArgus sample as a model: all ten stages, in a common configuration.

    The same for every sensor and tuned for none: identity matrix, no lens shading, noise of a common sensor.
    Exposure, gain and white balance are controllers' (exposure.py, balance.py).
    """
    noise = NoiseModel(DEFAULT_NOISE.gain_DN_per_e * 2.0 ** (bits - 12), DEFAULT_NOISE.read_noise_e)
    return Pipeline(
        [
            *(DefectPixels(), Measure(), BlackLevel(black_DN), WhiteBalance(), Demosaic(), FalseColour()),
            *(NoiseReduction(noise), EdgeEnhancement(), Downscale(2), ColourMatrix(), Tone()),
        ]
    )
