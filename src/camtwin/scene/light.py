"""Light on a sensor: the interface of every scene, and the two simplest scenes.

A scene answers one question: how many photons reach each pixel of a rectangle of the sensor in a second, at a
moment of virtual time. The answer is a pure function of (scene, view, time), and a pixel's value depends on
its absolute place on the sensor only: a crop by the camera's region of interest equals the same crop of the
whole image, bit for bit.

Unless otherwise stated the light has one wavelength, as a lamp in an EMVA 1288 measurement has. 536 nm
is where Baumer's sheet states the IMX304's quantum efficiency.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from camtwin.scene.spectra import Light, Spectrum, spectrum_of
from camtwin.units import Ns

WAVELENGTH_nm = 536.0
WHITE_photons_per_s = 2.8e6
"""Photons per pixel and second; with an efficiency of 67.3 % white fills 9500 e- in 5.04 ms."""
FLAT_photons_per_s = WHITE_photons_per_s / 2
"""Light of a flat field, in the middle of the sensor's range at an exposure that suits a chart."""
MAX_photons_per_s = 1e12
"""Limit far beyond daylight, for which float32 results stay finite."""


@dataclass(frozen=True, slots=True)
class View:
    """A rectangle of the sensor, in pixels from its top left corner, and the sensor it lies on.

    ValueError if it does not lie on the sensor.
    """

    x: int
    y: int
    width: int
    height: int
    sensor_width: int
    sensor_height: int
    pixel_um: float

    def __post_init__(self) -> None:
        for axis, start, length, size in (
            ("width", self.x, self.width, self.sensor_width),
            ("height", self.y, self.height, self.sensor_height),
        ):
            if length < 1:
                raise ValueError(f"view {axis} {length} px is below the minimum 1 px")
            if start < 0 or start + length > size:
                end = start + length
                raise ValueError(f"view {axis} {start}..{end} px is outside the sensor's 0..{size} px")
        if not self.pixel_um > 0:
            raise ValueError(f"pixel size {self.pixel_um:g} um is not above 0 um")

    @property
    def rows(self) -> slice:
        return slice(self.y, self.y + self.height)

    @property
    def columns(self) -> slice:
        return slice(self.x, self.x + self.width)


@runtime_checkable
class Scene(Protocol):
    """A scene in front of the camera.

    A scene whose light changes over time also has a `level` (level.py); photon_rate is then the light at
    level 1. A scene of several colours also has `spectra`, one for each layer of photon_rate.
    """

    @property
    def wavelength_nm(self) -> Light:
        """Wavelength of its light; of the lamp, if the scene has colours of its own."""
        ...

    @property
    def moving(self) -> bool:
        """Whether photon_rate depends on the time; if not, its result may be cached."""
        ...

    def photon_rate(self, view: View, t_ns: Ns) -> NDArray[np.float32]:
        """Return photons per pixel and second at t_ns.

        Shape: (height, width) of the view, or (spectra, height, width).

        Read-only, and the strides may be 0. It takes any t_ns, before or after others.
        """
        ...


def spectra_of(scene: Scene) -> tuple[Spectrum, ...]:
    """Return the spectra of the layers of a scene's photon_rate.

    Most have one layer, in their lamp's light.
    """
    return getattr(scene, "spectra", None) or (spectrum_of(scene.wavelength_nm),)


def check_light(photons_per_s: float, wavelength_nm: Light) -> None:
    """Raise ValueError unless both are usable; the wavelength's limits catch one given in um or m."""
    if not 0 <= photons_per_s <= MAX_photons_per_s:
        raise ValueError(f"photons_per_s {photons_per_s:g} is outside 0..{MAX_photons_per_s:g} per pixel")
    if isinstance(wavelength_nm, Spectrum):
        return
    if not 100 <= wavelength_nm <= 10_000:
        raise ValueError(f"wavelength_nm {wavelength_nm:g} is outside 100..10000 nm")


def illuminate(reflectance: NDArray[np.uint16], view: View, photons_per_s: float) -> NDArray[np.float32]:
    """Return photons per pixel and second of the view, from the whole sensor's reflectances (65535 is 1)."""
    per_step = np.float32(photons_per_s / 65535)
    rate = np.multiply(reflectance[view.rows, view.columns], per_step, dtype=np.float32)
    rate.flags.writeable = False
    return rate


class Still:
    """A scene that does not move: its image may be cached."""

    __slots__ = ()
    moving = False


@dataclass(frozen=True, slots=True)
class Flat(Still):
    """The same light on every pixel, as from an integrating sphere."""

    photons_per_s: float = FLAT_photons_per_s
    wavelength_nm: Light = WAVELENGTH_nm

    def __post_init__(self) -> None:
        check_light(self.photons_per_s, self.wavelength_nm)

    def photon_rate(self, view: View, t_ns: Ns) -> NDArray[np.float32]:
        """Return photons per pixel and second: one number, repeated (height, width) times, read-only."""
        return np.broadcast_to(np.float32(self.photons_per_s), (view.height, view.width))


@dataclass(frozen=True, slots=True)
class Dark(Still):
    """A lens cap. Its wavelength, of no light, is that of the lamp that is off."""

    wavelength_nm: Light = WAVELENGTH_nm

    def __post_init__(self) -> None:
        check_light(0, self.wavelength_nm)

    def photon_rate(self, view: View, t_ns: Ns) -> NDArray[np.float32]:
        """Return photons per pixel and second: zero, read-only."""
        return np.broadcast_to(np.float32(0), (view.height, view.width))
