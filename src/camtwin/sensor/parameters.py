"""A sensor's data, and what a camera asks of it for one frame.

Both are plain frozen data in EMVA 1288's quantities, with the unit in the name. Values that no sensor can
have are refused here, one line naming thing, value and limit, so that the arithmetic need not ask again.

Source of the quantities: EMVA Standard 1288, release 4.0 Linear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from math import hypot, inf, sqrt
from sys import float_info
from typing import TypeAlias

import numpy as np

from camtwin.numbers import number, whole
from camtwin.sensor.noise import LIMIT_64

ABSOLUTE_ZERO_C = -273.15
MAX_dB = 200.0
MAX_BITS = 16
MAX_SIDE = 1 << 24
MAX = float_info.max
Curve: TypeAlias = tuple[tuple[float, float], ...]
"""(wavelength in nm, value), by rising wavelength."""


@dataclass(frozen=True)
class SensorParameters:
    """Data sheet of a sensor in the terms of EMVA 1288's linear model.

    width, height: active pixels. pixel_um: pixel pitch. adc_bits: depth of the conversion.
    gain_DN_per_e: overall system gain K at adc_bits and 0 dB. full_well_e: where a pixel clips (the
    saturation capacity *measured* by EMVA 1288, the peak of the variance, lies some 2.9 sigma below).
    pedestal_DN: fixed offset under the user's black level, at adc_bits. read_noise_e: temporal dark noise
    sigma_d, quantization not included. dark_current_e_per_s: at dark_reference_C; it doubles every
    dark_doubling_K.
    dsnu_e, prnu: standard deviation over the pixels of the offset (electrons) and of the gain (fraction).
    qe: (wavelength in nm, fraction of photons that become electrons), by rising wavelength; one behind each
    colour filter, by its letter, where a sensor has them. cfa: their letters in the first two rows of two
    pixels, "RGGB". other_bits: further depths that the conversion can have instead; gain and pedestal stay.

    Parts of the above, 0 if unknown. late_read_noise_e: of read_noise_e at 0 dB, what
    comes in behind the amplifier, so that analogue gain makes it small. row_noise_e: of read_noise_e, what
    all pixels of a row share in one frame. column_dsnu_e, row_dsnu_e, column_prnu, row_prnu: of dsnu_e and
    prnu, what the pixels of a column or of a row share.
    analogue_dB: gain up to here is the amplifier's, what is above it multiplies codes after the conversion.
    parasitic: of a global shutter, how much of the light still gets into a pixel that waits to be read.
    """

    width: int
    height: int
    pixel_um: float
    adc_bits: int
    gain_DN_per_e: float
    full_well_e: float
    pedestal_DN: float
    read_noise_e: float
    dark_current_e_per_s: float
    dark_reference_C: float
    dark_doubling_K: float
    dsnu_e: float
    prnu: float
    qe: Curve | Mapping[str, Curve]
    cfa: str = ""
    other_bits: tuple[int, ...] = ()
    late_read_noise_e: float = 0.0
    row_noise_e: float = 0.0
    column_dsnu_e: float = 0.0
    row_dsnu_e: float = 0.0
    column_prnu: float = 0.0
    row_prnu: float = 0.0
    analogue_dB: float = MAX_dB
    parasitic: float = 0.0

    def __post_init__(self) -> None:
        _whole("width", self.width, low=1, high=MAX_SIDE)
        _whole("height", self.height, low=1, high=MAX_SIDE)
        _number("pixel_um", self.pixel_um, above=0)
        _whole("adc_bits", self.adc_bits, low=8, high=MAX_BITS)
        _number("gain_DN_per_e", self.gain_DN_per_e, above=0)
        _number("full_well_e", self.full_well_e, above=0)
        _number("pedestal_DN", self.pedestal_DN, low=0, high=(1 << self.adc_bits) - 1)
        _number("read_noise_e", self.read_noise_e, low=0)
        _number("dark_current_e_per_s", self.dark_current_e_per_s, low=0)
        _number("dark_reference_C", self.dark_reference_C, low=ABSOLUTE_ZERO_C)
        _number("dark_doubling_K", self.dark_doubling_K, above=0)
        _number("dsnu_e", self.dsnu_e, low=0)
        # The normal numbers reach 6.66 sigma: at 0.15 a pixel's gain 1 + prnu * z would turn negative.
        _number("prnu", self.prnu, low=0, high=0.1)
        _number("analogue_dB", self.analogue_dB, low=0, high=MAX_dB)
        _number("parasitic", self.parasitic, low=0, high=1)
        _number("late_read_noise_e", self.late_read_noise_e, low=0, high=self.read_noise_e)
        _number("row_noise_e", self.row_noise_e, low=0, high=self.read_noise_at_e(MAX_dB))
        for name, total, *parts in (
            ("dsnu_e", self.dsnu_e, self.column_dsnu_e, self.row_dsnu_e),
            ("prnu", self.prnu, self.column_prnu, self.row_prnu),
        ):
            for part in parts:
                _number(f"column_{name} or row_{name}", part, low=0)
            _number(f"column_{name} and row_{name} together", hypot(*parts), high=total)
        if len(self.cfa) not in (0, 4):
            raise ValueError(f"cfa {self.cfa!r} is not four letters, nor none")
        curves = self.qe if isinstance(self.qe, Mapping) else {"": self.qe}
        if set(curves) != (set(self.cfa) or {""}):
            raise ValueError(f"qe of {', '.join(curves) or 'nothing'} does not fit cfa {self.cfa!r}")
        for curve in curves.values():
            _check_curve(curve)

    def quantum_efficiency(self, wavelength_nm: float, colour: str = "") -> float:
        """Return electrons per photon at this wavelength: linear between the points of `qe`, 0 outside.

        colour: the letter of a filter, of a sensor that has them.
        """
        curve = self.qe[colour] if isinstance(self.qe, Mapping) else self.qe
        wavelengths_nm, fractions = zip(*curve, strict=True)
        return float(np.interp(wavelength_nm, wavelengths_nm, fractions, left=0.0, right=0.0))

    @property
    def saturation_e(self) -> float:
        """Electrons from which codes rise no more at 0 dB: the full well, or the end of the converter."""
        end_DN = (1 << self.adc_bits) - 1 - self.pedestal_DN
        return min(self.full_well_e, end_DN / self.gain_DN_per_e)

    def read_noise_at_e(self, gain_dB: float) -> float:
        """Return temporal dark noise in electrons: the more analogue gain, the less of what is behind it."""
        late_e = self.late_read_noise_e / 10 ** (min(gain_dB, self.analogue_dB) / 20)
        return hypot(rest(self.read_noise_e, self.late_read_noise_e), late_e)

    def converting(self, bits: int) -> SensorParameters:
        """Return the sensor with its conversion at this depth, or unchanged where it has no such depth."""
        if bits == self.adc_bits or bits not in self.other_bits:
            return self
        scale = 2.0 ** (bits - self.adc_bits)
        return replace(
            self,
            adc_bits=bits,
            gain_DN_per_e=self.gain_DN_per_e * scale,
            pedestal_DN=self.pedestal_DN * scale,
        )

    def dark_rate_e_per_s(self, temperature_C: float) -> float:
        """Return the dark current in electrons per pixel and second at this temperature (EMVA 1288)."""
        doublings = (temperature_C - self.dark_reference_C) / self.dark_doubling_K
        return self.dark_current_e_per_s * 2.0**doublings


@dataclass(frozen=True)
class Readout:
    """One frame as the camera requests it.

    x, y, width, height: region of interest in absolute sensor pixels. exposure_s: exposure time.
    gain_dB: the user's gain above K. black_level_DN: the user's offset above the pedestal, at adc_bits.
    bits: output depth. temperature_C: of the sensor. seed: of the noise; frame: the frame's number. Both are
    0 .. 2^64-1 and part of every random number's address.
    """

    x: int
    y: int
    width: int
    height: int
    exposure_s: float
    gain_dB: float
    black_level_DN: float
    bits: int
    temperature_C: float
    seed: int
    frame: int

    def __post_init__(self) -> None:
        _whole("x", self.x, low=0)
        _whole("y", self.y, low=0)
        _whole("width", self.width, low=1)
        _whole("height", self.height, low=1)
        _number("exposure_s", self.exposure_s, low=0)
        _number("gain_dB", self.gain_dB, low=-MAX_dB, high=MAX_dB)
        _number("black_level_DN", self.black_level_DN, low=0)
        _whole("bits", self.bits, low=1, high=MAX_BITS)
        _number("temperature_C", self.temperature_C, low=ABSOLUTE_ZERO_C)
        _whole("seed", self.seed, low=0, high=LIMIT_64 - 1)
        _whole("frame", self.frame, low=0, high=LIMIT_64 - 1)


def _whole(name: str, value: int, *, low: int, high: int | None = None) -> None:
    """Check a whole number. Only what may be wrong goes through the gate, which lies off a frame's way."""
    if not (isinstance(value, int) and low <= value and (high is None or value <= high)):
        whole(name, value, low=low, high=high)


def _number(name: str, value: float, *, low: float = -MAX, high: float = MAX, above: float = -inf) -> None:
    """Check a number. Only what may be wrong goes through the gate, which lies off a frame's way."""
    if not (isinstance(value, int | float) and low <= value <= high and value > above):
        number(name, value, low=low, high=high, above=above)


def rest(whole: float, *parts: float) -> float:
    """Return what is left of a standard deviation without some independent parts of it.

    >>> rest(13.0, 3.0, 4.0)
    12.0
    """
    return sqrt(max(0.0, whole**2 - sum(part**2 for part in parts)))


def _check_curve(qe: Curve) -> None:
    if not qe:
        raise ValueError("qe has 0 points, at least 1 is needed")
    for wavelength_nm, fraction in qe:
        _number("qe wavelength_nm", wavelength_nm, above=0)
        _number(f"qe at {wavelength_nm:g} nm", fraction, low=0, high=1)
    for (before_nm, _), (after_nm, _) in pairwise(qe):
        if after_nm <= before_nm:
            raise ValueError(f"qe wavelength_nm {after_nm:g} is not above the {before_nm:g} before it")
