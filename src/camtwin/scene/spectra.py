"""Spectra: the wavelengths of light, and its brightness in different units.

A spectrum is a list of wavelengths with the share of the photons that each has. Sensors count photons, so
electrons are photons times the mean of the quantum efficiency over these shares; a laser is one wavelength.
Tabulated spectra have a point every STEP_nm and end at RANGE_nm, like the light behind an infrared cut filter
and the tables of the CIE. photons_per_s of a scene are those within the spectrum.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import pi
from typing import TypeAlias

import numpy as np

from camtwin.scene import cie

PLANCK_C2_nm_K = 1.438776877e7
"""h c / k; CODATA 2018."""
HC_J_nm = 1.98644586e-16
"""h c, so a photon of a wavelength has HC_J_nm / nm joules; CODATA 2018."""
RANGE_nm, STEP_nm = (380.0, 780.0), 5.0
NM = np.arange(RANGE_nm[0], RANGE_nm[1] + STEP_nm, STEP_nm)


@dataclass(frozen=True)
class Spectrum:
    """Light of several wavelengths.

    name: as `parse` reads it. nm: wavelengths. share: of the photons, above 0 or 0, 1 in all.
    """

    name: str
    nm: tuple[float, ...]
    share: tuple[float, ...]

    def mean(self, curve: Callable[[float], float]) -> float:
        """Return the mean of a quantity over the photons, such as a quantum efficiency or a transmission."""
        return sum(share * curve(nm) for nm, share in zip(self.nm, self.share, strict=True))

    def filtered(self, name: str, passed: Callable[[float], float]) -> tuple[Spectrum, float]:
        """Return the light behind a filter, or from a paint, and its share of the photons."""
        left = [share * passed(nm) for nm, share in zip(self.nm, self.share, strict=True)]
        total = sum(left)
        if total <= 0:
            return self, 0.0
        return Spectrum(name, self.nm, tuple(share / total for share in left)), total

    @property
    def lux_s_per_photon_um2(self) -> float:
        """Illuminance times time of one photon per square micron."""
        lumens = self.mean(lambda nm: float(cie.photopic(np.array(nm))) * HC_J_nm / nm) * cie.LUMENS_PER_W
        return lumens * 1e12

    @property
    def joules_per_photon(self) -> float:
        """Mean energy of a photon."""
        return self.mean(lambda nm: HC_J_nm / nm)


Light: TypeAlias = float | Spectrum
"""A wavelength in nm, or several."""


def spectrum_of(light: Light) -> Spectrum:
    """Return light as a spectrum; one wavelength is the simplest one."""
    return light if isinstance(light, Spectrum) else Spectrum(f"{light!r}", (float(light),), (1.0,))


def photons_from_lux(lux: float, pixel_um: float, light: Spectrum) -> float:
    """Return photons per pixel and second for an illuminance on the sensor, which a lens makes much lower."""
    return lux * pixel_um**2 / light.lux_s_per_photon_um2


def photons_from_irradiance(w_per_m2: float, pixel_um: float, light: Spectrum) -> float:
    """Return photons per pixel and second for an irradiance on the sensor."""
    return w_per_m2 * pixel_um**2 * 1e-12 / light.joules_per_photon


def illuminance_behind(luminance_cd_per_m2: float, f_number: float, transmission: float = 1.0) -> float:
    """Return lux in the middle of the sensor from a distant surface of this luminance: pi L T / (4 N^2)."""
    return pi * luminance_cd_per_m2 * transmission / (4 * f_number**2)


def of_power(name: str, power: cie.Floats) -> Spectrum:
    """Return the spectrum of this power at each of NM.

    Twice the wavelength is twice the photons per joule.
    """
    photons = np.asarray(power, float) * NM
    photons /= photons.sum()
    return Spectrum(name, tuple(NM.tolist()), tuple(photons.tolist()))


def black_body(kelvin: float) -> Spectrum:
    """Return the spectrum of a glowing body by Planck's law. ValueError unless it glows."""
    if not 500 <= kelvin <= 100_000:
        raise ValueError(f"black body of {kelvin:g} K is outside 500..100000 K")
    power = NM**-5.0 / np.expm1(PLANCK_C2_nm_K / (kelvin * NM))
    return of_power(f"{kelvin!r}K", power)


def daylight(kelvin: float) -> Spectrum:
    """Return the spectrum of a phase of daylight by CIE 15. ValueError outside of its formula."""
    if not 4000 <= kelvin <= 25_000:
        raise ValueError(f"daylight of {kelvin:g} K is outside 4000..25000 K")
    return of_power(f"day{kelvin!r}K", cie.daylight(NM, kelvin))


def d65() -> Spectrum:
    """Return standard illuminant D65, daylight at noon."""
    return of_power("d65", cie.daylight(NM, 6500 * 1.4388 / 1.4380))


def illuminant_a() -> Spectrum:
    """Return standard illuminant A, a tungsten lamp."""
    return of_power("a", cie.illuminant_a(NM))


LED_WIDTH_nm = 20.0


def led(nm: float) -> Spectrum:
    """Return the spectrum of a coloured LED with this peak, LED_WIDTH_nm wide.

    Source: Y. Ohno, Spectral design considerations for white LED color rendering, Opt. Eng. 44 (2005), eq. 1.
    ValueError unless the peak is in RANGE_nm.
    """
    if not RANGE_nm[0] <= nm <= RANGE_nm[1]:
        raise ValueError(f"LED of {nm:g} nm is outside {RANGE_nm[0]:g}..{RANGE_nm[1]:g} nm")
    g = np.exp(-(((NM - nm) / LED_WIDTH_nm) ** 2))
    return of_power(f"led{nm!r}", (g + 2 * g**5) / 3)


def parse(text: str) -> Light:
    """Parse `536` (nm), `d65`, `a`, `2848K` (black body), `day5579K`, `led450`.

    ValueError says what is allowed.
    """
    if text in (standard := {"d65": d65, "a": illuminant_a}):
        return standard[text]()
    made = re.fullmatch(r"(day|led|)(.*?)(K?)", text, re.DOTALL)
    make = {("day", "K"): daylight, ("led", ""): led, ("", "K"): black_body, ("", ""): float}
    kind = (made[1], made[3]) if made else ("", "")
    try:
        number = float(made[2]) if made else float("")
        return make[kind](number)
    except KeyError:
        pass
    except ValueError as error:
        if " is outside " in str(error):
            raise
    raise ValueError(f"{text!r} is no light; allowed: nanometres, d65, a, 2848K, day5579K, led450")
