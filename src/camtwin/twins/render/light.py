"""Light: the electrons that the scene frees in each pixel of the sensor, and each row's exposure to it.

Light is space times time: electrons per second in each pixel, and seconds of light in each row. A moving
scene is seen as the mean over moments of each row's light (scene/seen.py), made some rows at a time as the
sensor's kernel needs them: the function that makes them is passed down, so nothing below calls back.

Everything is pure, except for a cache: the electrons per second of a scene that does not move. They are a
function of twin and scene alone, so caching them changes no image.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from camtwin.scene import Scene, Spectrum, View, level_of, moments_needed, moments_ns, rows_seen, spectra_of
from camtwin.scene.seen import Times
from camtwin.sensor import fast
from camtwin.sensor.flaws import Flaws, hot_charge
from camtwin.sensor.parameters import SensorParameters
from camtwin.sensor.timing import RowWindows
from camtwin.twins.render import geometry
from camtwin.twins.render.geometry import Window
from camtwin.units import SEC

MAX_LAYERED = 1 << 18
"""Limit of numbers of a scene's layers held at once (1 MB, which stays in the processor's cache): each colour
of light is a layer."""

Box = tuple[int, int, int, int]
"""Column, row, width and height on the sensor."""


@dataclass(frozen=True, eq=False)
class World:
    """The scene, and the sensor's defects, that an exposure sees. Replaced, never changed."""

    scene: Scene
    flaws: Flaws = field(default_factory=Flaws)


class Light:
    """The light on one twin's sensor; safe to call from several threads."""

    def __init__(self, parameters: SensorParameters) -> None:
        self._parameters = parameters
        self._efficiencies: tuple[tuple[Spectrum, ...], NDArray[np.float32]] | None = None
        self._still: tuple[Box, World, NDArray[np.float32]] | None = None
        self._cut: tuple[Box, World, NDArray[np.float32]] | None = None

    def prepare(self, world: World) -> None:
        """Draw the scene in advance: on the whole sensor, or the fixed part of a moving scene."""
        sensor = geometry.whole(self._parameters)
        if world.scene.moving:
            self._rows(world, self._view(sensor), at_any_time(sensor))(0, 1)
        else:
            self.still(world, sensor)

    def gathered(
        self, world: World, windows: RowWindows, window: Window
    ) -> tuple[fast.Rate, NDArray[np.float32]]:
        """Return electrons per second in each pixel of the window, and seconds of light in each row."""
        rate_e: fast.Rate
        if world.scene.moving:
            rate_e = self._rows(world, self._view(window), self._moments(world.scene, windows, window))
        else:
            rate_e = self.still(world, window)
        light_s = self.lit_s(world, windows, window)
        if world.flaws.hot:
            whole = rate_e(0, window.height) if callable(rate_e) else rate_e
            exposure_s = windows.duration_ns / SEC
            return hot_charge(whole, light_s, world.flaws, window.x, window.y, exposure_s)
        return rate_e, light_s

    def lit_s(self, world: World, windows: RowWindows, window: Window) -> NDArray[np.float32]:
        """Return seconds of light in each row, that which reaches it while it waits to be read among them."""
        level, parasitic = level_of(world.scene), self._parameters.parasitic
        starts_ns = windows.starts_ns(window.exposed)
        ends_ns = starts_ns + windows.duration_ns
        lit_s = level.lit_s(starts_ns, ends_ns)
        if parasitic:
            lit_s += parasitic * level.lit_s(ends_ns, windows.read_ns(window.read))
        return lit_s.astype(np.float32)

    def photons(self, world: World, windows: RowWindows, window: Window) -> NDArray[np.float32]:
        """Return the mean photons, of all colours, that fall on each pixel while it gathers light."""
        scene = world.scene
        moments = self._moments(scene, windows, window) if scene.moving else at_any_time(window)
        rate = rows_seen(scene, self._view(window), moments)(0, window.height)
        every = rate.sum(axis=0, dtype=np.float32) if rate.ndim == 3 else rate
        return every * self.lit_s(world, windows, window)[:, None]

    def still(self, world: World, window: Window) -> NDArray[np.float32]:
        """Return electrons per second in each pixel of the window, for a scene that does not move."""
        box = (window.x, window.y, window.width, window.height)
        still, cut = self._still, self._cut
        if cut and cut[1] is world and cut[0] == box:
            return cut[2]
        if still and still[1] is world and (part := _within(box, still[0])):
            rate_e = still[2][part]
            if not rate_e.flags.c_contiguous:  # kernels want it so: copied once, and not for every frame
                rate_e = np.ascontiguousarray(rate_e)
                self._cut = (box, world, rate_e)
            return rate_e
        rows = self._rows(world, self._view(window), at_any_time(window))
        band = max(1, MAX_LAYERED // (window.width * len(spectra_of(world.scene))))
        rate_e = np.empty((window.height, window.width), np.float32)
        for first in range(0, window.height, band):
            end = min(first + band, window.height)
            rate_e[first:end] = rows(first, end)
        self._still = (box, world, rate_e)
        return rate_e

    def _moments(self, scene: Scene, windows: RowWindows, window: Window) -> Times:
        """Return the moments at which each row sees a moving scene."""
        starts_ns = windows.starts_ns(window.exposed)
        exposure_s = windows.duration_ns / SEC
        count = moments_needed(scene, self._view(window), windows.start_ns, exposure_s)
        return moments_ns(level_of(scene), starts_ns, starts_ns + windows.duration_ns, count)

    def _rows(self, world: World, view: View, moments: Times) -> fast.Rows:
        efficiency = self._efficiency(spectra_of(world.scene))
        photons = rows_seen(world.scene, view, moments)
        return fast.freeing(photons, efficiency, view.x, view.y, world.flaws)

    def _view(self, window: Window) -> View:
        p = self._parameters
        return View(window.x, window.y, window.width, window.height, p.width, p.height, p.pixel_um)

    def _efficiency(self, spectra: tuple[Spectrum, ...]) -> NDArray[np.float32]:
        """Return electrons per photon of each spectrum, (spectra,), or (spectra, 2, 2) behind a mosaic."""
        if self._efficiencies is None or self._efficiencies[0] != spectra:
            self._efficiencies = (spectra, _efficiency(self._parameters, spectra))
        return self._efficiencies[1]


def at_any_time(window: Window) -> Times:
    """Return moments for the rows of a scene that does not depend on time, (height, 1)."""
    return np.zeros((window.height, 1), np.int64)


def _efficiency(p: SensorParameters, spectra: tuple[Spectrum, ...]) -> NDArray[np.float32]:
    def mean(spectrum: Spectrum, colour: str = "") -> float:
        return spectrum.mean(lambda nm: p.quantum_efficiency(nm, colour))

    if not p.cfa:
        return np.array([mean(spectrum) for spectrum in spectra], np.float32)
    behind = [{colour: mean(spectrum, colour) for colour in p.cfa} for spectrum in spectra]
    return np.array([[by[c] for c in p.cfa] for by in behind], np.float32).reshape(-1, 2, 2)


def _within(part: Box, whole: Box) -> tuple[slice, slice] | None:
    """Return where a box lies in another one, as slices of its rows and columns; None if not in it."""
    x, y, width, height = part[0] - whole[0], part[1] - whole[1], part[2], part[3]
    if x < 0 or y < 0 or x + width > whole[2] or y + height > whole[3]:
        return None
    return slice(y, y + height), slice(x, x + width)
