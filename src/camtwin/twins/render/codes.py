"""Codes: demands of Settings on the sensor and on processing, once for all frames taken with them."""

from __future__ import annotations

from dataclasses import dataclass

from camtwin.camera.settings import Settings
from camtwin.pixels.formats import PixelFormat
from camtwin.sensor.parameters import SensorParameters
from camtwin.sensor.processing import Processing
from camtwin.twins.render.geometry import Window, window_of


@dataclass(frozen=True, slots=True, eq=False)
class Demands:
    """Demands of one set of Settings.

    window      pixels of the sensor
    parameters  the sensor, its conversion as deep as the pixel format if possible
    processing  the steps that are on after the conversion
    """

    settings: Settings
    window: Window
    parameters: SensorParameters
    processing: Processing
    gain_dB: float
    black_level_DN: float
    bits: int


def demands_of(s: Settings, fmt: PixelFormat, parameters: SensorParameters) -> Demands:
    """Return the demands of settings on this sensor; fmt: the pixel format of the image as sent."""
    window = window_of(s, fmt.mosaic, parameters)
    return Demands(
        settings=s,
        window=window,
        parameters=parameters.converting(fmt.bits),
        processing=Processing(
            pattern="" if s.TestPattern == "Off" else s.TestPattern,
            defects=_listed(s, window),
            columns=s.BinningHorizontal,
            rows=s.BinningVertical,
            sum_columns=s.BinningHorizontalMode == "Sum",
            sum_rows=s.BinningVerticalMode == "Sum",
            doublings=s.DigitalShift,
            gamma=s.Gamma,
            table=s.LUTValueAll if s.LUTEnable["Luminance"] else None,
            reverse_x=s.ReverseX,
            reverse_y=s.ReverseY,
        ),
        gain_dB=s.Gain_dB["All"],
        black_level_DN=s.BlackLevel_DN["All"],
        bits=fmt.bits,
    )


def _listed(s: Settings, window: Window) -> frozenset[tuple[int, int]]:
    """Return the listed defects inside the window, (column, row) on the sensor."""
    if not s.DefectPixelCorrection:
        return frozenset()
    x, y = s.DefectPixelListEntryPosX, s.DefectPixelListEntryPosY
    pixels = ((x[i], y[i]) for i, on in s.DefectPixelListEntryActive.items() if on)
    right, bottom = window.x + window.width, window.y + window.height
    return frozenset((c, r) for c, r in pixels if window.x <= c < right and window.y <= r < bottom)
