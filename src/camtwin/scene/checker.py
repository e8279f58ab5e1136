"""The ColorChecker Classic: 24 paints with reflectances of their own, on black card.

Each paint is a layer of the scene, with the lamp's spectrum as the paint reflects it, so a sensor's electrons
follow from its own quantum efficiencies, not from red, green and blue. A patch is a rectangle, and a Gaussian
lens and the pixel's window are separable in x and y: a layer is an outer product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import erf

import numpy as np
from numpy.typing import NDArray

from camtwin.scene.lens import SHARP
from camtwin.scene.light import Still, View, WHITE_photons_per_s, check_light
from camtwin.scene.sheet import Patch
from camtwin.scene.spectra import Light, Spectrum, d65, spectrum_of
from camtwin.units import Ns

PAINT_nm = np.arange(380, 781, 20.0)
TABLE = """
dark skin: 48 65 64 55 52 54 61 70 76 87 115 138 154 173 204 242 282 334 409 462 421
light skin: 103 182 201 212 240 282 301 322 292 295 358 494 550 574 605 652 713 762 791 801 734
blue sky: 113 266 336 335 322 293 260 225 198 183 163 150 137 123 112 105 103 102 104 106 120
foliage: 48 50 50 54 61 67 78 155 177 137 122 104 98 97 95 125 247 343 364 368 341
blue flower: 123 328 446 444 421 381 342 271 211 201 206 235 243 269 384 490 520 521 521 517 487
bluish green: 110 252 322 353 408 523 582 569 519 436 346 260 221 210 211 233 252 244 260 297 296
orange: 53 54 52 52 52 55 61 86 170 297 452 532 566 587 604 615 628 633 638 641 582
purplish blue: 99 231 324 373 374 301 202 137 106 90 83 87 84 98 123 120 116 128 162 242 316
moderate red: 96 144 138 131 126 119 103 94 92 108 157 415 567 601 607 605 606 599 593 586 540
purple: 101 177 206 168 120 86 67 58 52 55 52 59 99 149 193 248 319 388 451 492 467
yellow green: 56 60 62 68 85 135 269 484 545 513 454 374 331 320 324 354 379 373 392 433 404
orange yellow: 60 65 64 65 69 92 123 193 374 512 584 624 645 662 676 685 696 698 701 700 639
blue: 69 136 208 290 338 239 120 66 48 43 40 39 40 42 43 44 48 56 79 138 204
green: 55 58 59 65 78 113 180 324 355 281 196 124 89 80 75 78 88 90 94 110 112
red: 52 51 49 49 48 45 44 44 45 50 72 192 486 654 700 718 729 727 727 728 664
yellow: 54 53 52 53 59 121 303 475 597 660 708 737 753 768 780 785 792 790 787 782 710
magenta: 118 283 359 327 267 209 163 124 102 106 141 279 522 696 766 791 804 807 813 814 752
cyan: 93 195 258 315 391 458 433 339 228 141 97 80 73 73 76 75 72 75 100 176 214
white 9.5: 153 409 840 883 887 888 887 887 887 887 887 887 891 890 889 888 888 886 884 882 879
neutral 8: 150 372 580 587 586 581 580 581 583 584 588 588 585 580 576 572 568 564 560 555 550
neutral 6.5: 138 289 357 361 361 357 356 357 358 359 361 360 357 353 349 345 341 337 333 329 325
neutral 5: 113 183 202 205 204 202 202 202 203 203 205 204 203 200 197 195 192 190 188 185 183
neutral 3.5: 74 91 94 95 94 93 92 93 93 93 93 92 91 90 89 87 86 85 85 84 83
black 2: 32 35 36 35 35 34 34 34 34 33 33 33 33 33 33 33 32 32 32 32 32
"""
"""Reflectance in thousandths at PAINT_nm, row by row of the chart.

Source: N. Ohta, The basis of color reproduction engineering, 1997; measured every 5 nm, here every 20.
"""
PAINTS: Mapping[str, tuple[float, ...]] = {
    name: tuple(int(value) / 1000 for value in values.split())
    for name, values in (line.split(":") for line in TABLE.strip().splitlines())
}
CARD = 0.03
"""Reflectance of the card between the patches; an assumption."""
COLUMNS, ROWS = 6, 4
COLOURED = 18
"""The first so many of the paints have a colour; the others are neutral."""
PATCH = 0.84
"""Side of a patch, as a part of the pitch."""


def reflectance(paint: str, nm: float) -> float:
    """Return the reflectance of a paint at a wavelength, 0..1; constant beyond the ends of the table."""
    return float(np.interp(nm, PAINT_nm, PAINTS[paint]))


def mixed(paints: NDArray[np.float64], count: int, seed: int) -> NDArray[np.float64]:
    """Return reflectances of mixtures of three paints, (count, wavelengths); paints: all of PAINTS.

    Kubelka and Munk: absorption over scattering adds up by the shares; every other mixture takes the
    geometric mean instead, as of small grains side by side.
    """
    known = np.clip(paints, 0.01, 0.99)
    ratio = (1 - known) ** 2 / (2 * known)
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(count):
        chosen = rng.choice(COLOURED, 3, replace=False)
        share = rng.dirichlet((1.0, 1.0, 0.6))
        both = np.exp(share @ np.log(ratio[chosen])) if rng.random() < 0.5 else share @ ratio[chosen]
        out.append(1 + both - np.sqrt(both**2 + 2 * both))
    return np.array(out)


def patches(width: int, height: int) -> dict[str, tuple[float, float, float]]:
    """Return left and top edge and side of each patch by paint, in pixels.

    The chart fills the sensor, centred.
    """
    pitch = min(width / (COLUMNS + 0.4), height / (ROWS + 0.4))
    left, top = (width - COLUMNS * pitch) / 2, (height - ROWS * pitch) / 2
    gap, side = pitch * (1 - PATCH) / 2, pitch * PATCH
    return {
        paint: (left + i % COLUMNS * pitch + gap, top + i // COLUMNS * pitch + gap, side)
        for i, paint in enumerate(PAINTS)
    }


def inside(width: int, height: int) -> dict[str, Patch]:
    """Return the middle half of each patch, in whole pixels, away from its edges."""
    return {
        paint: Patch(round(x + side / 4), round(y + side / 4), int(side / 2), int(side / 2))
        for paint, (x, y, side) in patches(width, height).items()
    }


@dataclass(frozen=True)
class Checker(Still):
    """A ColorChecker in the light of a lamp. photons_per_s falls on each pixel where the reflectance is 1."""

    photons_per_s: float = WHITE_photons_per_s
    wavelength_nm: Light = field(default_factory=d65)
    layers: tuple[tuple[Spectrum, float], ...] = field(init=False, repr=False, compare=False)
    """Spectrum of each paint and of the card, with its share of the lamp's photons."""

    def __post_init__(self) -> None:
        check_light(self.photons_per_s, self.wavelength_nm)
        lamp = spectrum_of(self.wavelength_nm)
        paints = [lamp.filtered(paint, lambda nm, paint=paint: reflectance(paint, nm)) for paint in PAINTS]
        object.__setattr__(self, "layers", (*paints, (lamp, CARD)))

    @property
    def spectra(self) -> tuple[Spectrum, ...]:
        return tuple(spectrum for spectrum, _ in self.layers)

    def photon_rate(self, view: View, t_ns: Ns) -> NDArray[np.float32]:
        """Return photons per pixel and second of each paint and of the card.

        Shape: (25, height, width), read-only.
        """
        rate = np.zeros((len(self.layers), view.height, view.width), np.float32)
        card = np.ones((view.height, view.width), np.float32)
        places = patches(view.sensor_width, view.sensor_height).values()
        for layer, (x, y, side), (_, share) in zip(rate, places, self.layers, strict=False):
            down, across = covered(view.y, view.height, y, side), covered(view.x, view.width, x, side)
            if down.any() and across.any():
                np.multiply(down[:, None], across, out=layer)
                card -= layer
                layer *= np.float32(self.photons_per_s * share)
        np.maximum(card, 0, out=card)
        np.multiply(card, np.float32(self.photons_per_s * CARD), out=rate[-1])
        rate.flags.writeable = False
        return rate


def covered(first: int, count: int, start: float, length: float) -> NDArray[np.float32]:
    """Return the share of pixels first .. first + count - 1 that a stretch covers, seen through the lens."""
    edges = np.arange(first, first + count + 1, dtype=np.float64)
    return (np.diff(_ramp(edges - start)) - np.diff(_ramp(edges - start - length))).astype(np.float32)


def _ramp(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the integral of a blurred edge: sigma (u Phi(u) + phi(u)), u = x / sigma.

    Straight far from it.
    """
    sigma = SHARP.sigma_px
    ramp = np.maximum(x, 0)
    near = np.flatnonzero(np.abs(x) < 6 * sigma)
    u = x[near] / sigma
    phi = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
    below = np.array([(1 + erf(v / np.sqrt(2))) / 2 for v in u])
    ramp[near] = sigma * (u * below + phi)
    return ramp
