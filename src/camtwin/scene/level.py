"""Levels: the brightness of a scene's light over time, as a factor of the scene's nominal light.

Light factors into space and time: a scene says how much light reaches each pixel in a second, its light's
level says how much of a second an exposure gets. So a row gathers its irradiance times the level's integral
over its own window, and flicker, bands of a rolling shutter and partial flashes all follow from the windows
of rows.

Levels answer for many windows at once, arrays of ns, and for any time, before or after others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from camtwin.scene.light import Scene, View, spectra_of
from camtwin.scene.seen import Times, seen, speed_of
from camtwin.scene.spectra import Light, Spectrum
from camtwin.units import SEC, Ns

MAX_HZ = 1e9


class Level(Protocol):
    """The brightness of a light over time; 1 is the scene's nominal light."""

    def lit_s(self, start_ns: Times, end_ns: Times) -> NDArray[np.float64]:
        """Return the integral of the level from start to end, in seconds.

        At level 1 the time between them.
        """
        ...


@dataclass(frozen=True, slots=True)
class Steady:
    """Light that does not change."""

    def lit_s(self, start_ns: Times, end_ns: Times) -> NDArray[np.float64]:
        """See Level."""
        return (end_ns - start_ns) / SEC


STEADY = Steady()


@dataclass(frozen=True, slots=True)
class Flicker:
    """A lamp on the mains: 1 + depth * sin(2 pi hz t), so 1 on average.

    hz: of the light, twice the mains'. depth: (brightest - darkest) / (brightest + darkest), 0..1.
    """

    hz: float = 100.0
    depth: float = 0.5

    def __post_init__(self) -> None:
        _check_hz(self.hz)
        _check_share("depth", self.depth)

    def lit_s(self, start_ns: Times, end_ns: Times) -> NDArray[np.float64]:
        """See Level; a product of sines, as a difference of cosines would lose a short window's digits."""
        half_width = np.pi * self.hz * (end_ns - start_ns) / SEC
        middle = np.pi * self.hz * (start_ns + end_ns) / SEC
        waves_s = np.sin(half_width) * np.sin(middle) / (np.pi * self.hz)
        return (end_ns - start_ns) / SEC + self.depth * waves_s


@dataclass(frozen=True, slots=True)
class Pwm:
    """A dimmed LED: on for the first `duty` (0..1) of each period, then off."""

    hz: float = 1000.0
    duty: float = 0.5

    def __post_init__(self) -> None:
        _check_hz(self.hz)
        _check_share("duty", self.duty)

    def lit_s(self, start_ns: Times, end_ns: Times) -> NDArray[np.float64]:
        """See Level."""
        return self._since_0_s(end_ns) - self._since_0_s(start_ns)

    def _since_0_s(self, t_ns: Times) -> NDArray[np.float64]:
        cycles = t_ns * (self.hz / SEC)
        whole = np.floor(cycles)
        return (whole * self.duty + np.minimum(cycles - whole, self.duty)) / self.hz


@dataclass(frozen=True, slots=True)
class Pulses:
    """Flashes: level 1 during each (begin, end) in ns of virtual time, `between` otherwise.

    ValueError unless they follow one another.
    """

    pulses_ns: tuple[tuple[Ns, Ns], ...]
    between: float = 0.0

    def __post_init__(self) -> None:
        _check_share("between", self.between)
        last: Ns | None = None
        for begin, end in self.pulses_ns:
            if end <= begin:
                raise ValueError(f"pulse {begin}..{end} ns does not end after its begin")
            if last is not None and begin < last:
                raise ValueError(f"pulse {begin}..{end} ns begins before the one before it ends, {last} ns")
            last = end

    def lit_s(self, start_ns: Times, end_ns: Times) -> NDArray[np.float64]:
        """See Level."""
        on_ns = self._on_before(end_ns) - self._on_before(start_ns)
        return (on_ns + self.between * (end_ns - start_ns - on_ns)) / SEC

    def _on_before(self, t_ns: Times) -> Times:
        begins, ends = np.array([(0, 0), *self.pulses_ns], np.int64)[1:].T
        on_so_far = np.concatenate(([0], np.cumsum(ends - begins)))
        begun = np.searchsorted(begins, t_ns)
        to_come = np.where(begun > 0, np.append(ends, 0)[begun - 1] - t_ns, 0)
        return on_so_far[begun] - np.maximum(to_come, 0)


@dataclass(frozen=True, slots=True)
class Around:
    """Another scene, modified; its colours stay."""

    scene: Scene

    @property
    def wavelength_nm(self) -> Light:
        return self.scene.wavelength_nm

    @property
    def spectra(self) -> tuple[Spectrum, ...]:
        return spectra_of(self.scene)


@dataclass(frozen=True, slots=True)
class Moved(Around):
    """Another scene, moved; its light over time stays as it is, too."""

    @property
    def level(self) -> Level:
        return level_of(self.scene)


@dataclass(frozen=True, slots=True)
class Lit(Around):
    """Another scene, in light that changes over time. ValueError if its light already does."""

    level: Level

    def __post_init__(self) -> None:
        if level_of(self.scene) is not STEADY:
            raise ValueError("a light within a light; allowed: one light")

    @property
    def moving(self) -> bool:
        return self.scene.moving

    def photon_rate(self, view: View, t_ns: Ns) -> NDArray[np.float32]:
        """Return photons per pixel and second at level 1."""
        return self.scene.photon_rate(view, t_ns)

    def speed_px_per_s(self, view: View, t_ns: Ns) -> float:
        """Return the speed of its scene; see seen.py."""
        return speed_of(self.scene, view, t_ns)

    def seen(self, view: View, moments_ns: Times) -> NDArray[np.float32]:
        """Return its scene over moments; see seen.py."""
        return seen(self.scene, view, moments_ns)


def level_of(scene: Scene) -> Level:
    """Return the level of a scene's light; steady for a scene without a `level`."""
    return getattr(scene, "level", STEADY)


def moments_ns(level: Level, start_ns: Times, end_ns: Times, count: int = 1) -> Times:
    """Return moments at which motion is sampled, (windows, count): in the middle of equal parts of the light.

    So a flash shows a moving scene where it is during the flash, wherever in the exposure that comes. Without
    any light the moments are the middles of equal times.
    """
    shares = (np.arange(count) * 2 + 1, 2 * count)
    start_ns, end_ns = start_ns[:, None], end_ns[:, None]
    even_ns = start_ns + (end_ns - start_ns) * shares[0] // shares[1]
    if level is STEADY:
        return even_ns
    all_s = level.lit_s(start_ns, end_ns)
    wanted_s = all_s * shares[0] / shares[1]
    low, high = np.broadcast_arrays(start_ns, end_ns + 0 * shares[0])
    while np.any(high - low > 1):
        at = (low + high) // 2
        enough = level.lit_s(start_ns, at) >= wanted_s
        low, high = np.where(enough, low, at), np.where(enough, at, high)
    return np.where(all_s > 0, high, even_ns)


def _check_hz(hz: float) -> None:
    if not 0 < hz <= MAX_HZ:
        raise ValueError(f"hz {hz:g} is outside 0..{MAX_HZ:g} Hz")


def _check_share(name: str, share: float) -> None:
    if not 0 <= share <= 1:
        raise ValueError(f"{name} {share:g} is outside 0..1")
