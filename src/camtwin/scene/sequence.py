"""Sequences of images, as a pure function of virtual time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camtwin.scene.light import View
from camtwin.scene.spectra import Light, Spectrum
from camtwin.scene.targets import Picture
from camtwin.units import SEC, Ns

MAX_HZ = 1e6


@dataclass(frozen=True)
class Sequence:
    """Images that follow each other `hz` times a second, from the first again after the last.

    They change at once; a row exposed during a change sees the image at the middle of its light.
    ValueError if there is none, or if they are not all grey or all coloured.
    """

    pictures: tuple[Picture, ...]
    hz: float = 10.0
    name: str = "pictures"

    def __post_init__(self) -> None:
        if not self.pictures:
            raise ValueError("a sequence of 0 images; allowed: 1 or more")
        if len({len(picture.spectra) for picture in self.pictures}) > 1:
            raise ValueError("some images are grey and some coloured; allowed: one kind")
        if not 0 < self.hz <= MAX_HZ:
            raise ValueError(f"hz {self.hz:g} is outside 0..{MAX_HZ:g} Hz")

    @property
    def wavelength_nm(self) -> Light:
        return self.pictures[0].wavelength_nm

    @property
    def spectra(self) -> tuple[Spectrum, ...]:
        return self.pictures[0].spectra

    @property
    def moving(self) -> bool:
        return len(self.pictures) > 1

    def photon_rate(self, view: View, t_ns: Ns) -> NDArray[np.float32]:
        """See Scene."""
        number = int(t_ns * self.hz // SEC) % len(self.pictures)
        return self.pictures[number].photon_rate(view, t_ns)
