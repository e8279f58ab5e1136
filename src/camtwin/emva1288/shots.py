"""Shots of a laboratory: the images of a camera, reduced to moments colour by colour.

Shots come one after the other, from a twin or a folder; an image is held no longer than its moments take.
Behind a mosaic each of the four colours is a camera of its own: red, the two greens, blue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from numpy.typing import NDArray

from camtwin.emva1288.stacks import Average, Image, Pairs, Point, Stack
from camtwin.problem import Problem

Part = Literal["light", "stack", "dark current", "spectrum"]
PARTS: tuple[Part, ...] = get_args(Part)


class LabProblem(Problem, ValueError):
    """Images that do not permit the standard's results; one line that says why."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The camera that is measured.

    title          for people
    bits           of a pixel's number
    mosaic         colours of the first two rows of two pixels, "RGGB"; none of a monochrome camera
    pixel_um       pitch, if known
    model          of the data sheet to compare with, if any
    photons_error  relative standard error of the light, common to all steps
    conditions     of the measurement, for people, in their order
    """

    title: str
    bits: int
    mosaic: str = ""
    pixel_um: float | None = None
    model: str = ""
    photons_error: float = 0.0
    conditions: Mapping[str, str] = field(default_factory=dict)

    @property
    def highest_DN(self) -> int:
        return (1 << self.bits) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """Images that are taken alike.

    part           their purpose: the photon transfer and its dark images ("light"), the stacks of the
                   nonuniformities, dark current, or the efficiency at other wavelengths ("spectrum")
    mu_p           photons on each pixel during the exposure, 0 in the dark
    exposure_s     exposure time
    wavelength_nm  of the light
    temperature_C  of the sensor, if known
    images         (H, W) raw DN, two or more
    """

    part: Part
    mu_p: float
    exposure_s: float
    images: Iterable[Image]
    wavelength_nm: float | None = None
    temperature_C: float | None = None


@dataclass(slots=True, eq=False)
class Moments:
    """Moments of one channel's images.

    dark, light    of the photon transfer; light by wavelength
    dark_stack     and `stacks` in light, by wavelength
    dark_current   by temperature
    spectrum       (wavelength, point)
    """

    dark: list[Point] = field(default_factory=list)
    light: dict[float | None, list[Point]] = field(default_factory=dict)
    dark_stack: Average | None = None
    stacks: dict[float | None, Average] = field(default_factory=dict)
    dark_current: dict[float | None, list[Point]] = field(default_factory=dict)
    spectrum: list[tuple[float, Point]] = field(default_factory=list)


def channels(mosaic: str) -> dict[str, tuple[slice, slice]]:
    """Return the pixels of each channel by name: R, Gr beside it, Gb beside B; "" without a mosaic.

    >>> list(channels("GBRG"))
    ['Gb', 'B', 'R', 'Gr']
    """
    if not mosaic:
        return {"": (slice(None), slice(None))}
    places = {}
    for place, colour in enumerate(mosaic):
        row, column = divmod(place, 2)
        beside = mosaic[2 * row + 1 - column]
        name = colour + beside.lower() if colour == "G" else colour
        places[name] = (slice(row, None, 2), slice(column, None, 2))
    return places


def reduced(
    subject: Subject, shots: Iterable[Shot], tick: Callable[[], Any] = lambda: None
) -> dict[str, Moments]:
    """Return the moments of each channel; call `tick` for every image. LabProblem if images do not fit."""
    places = channels(subject.mosaic)
    moments = {name: Moments() for name in places}
    shape: tuple[int, ...] | None = None
    for shot in shots:
        takers = {name: Stack() if shot.part == "stack" else Pairs(subject.highest_DN) for name in places}
        for image in shot.images:
            shape = _fitting(image, shape, subject)
            for name, place in places.items():
                takers[name].add(image[place])
            tick()
        for name, taker in takers.items():
            try:
                _keep(moments[name], shot, taker)
            except ValueError as error:
                raise LabProblem(f"{_described(shot)}: {error}") from None
    return moments


def _keep(into: Moments, shot: Shot, taker: Pairs | Stack) -> None:
    nm = shot.wavelength_nm
    if isinstance(taker, Stack):
        if nm in into.stacks if shot.mu_p else into.dark_stack is not None:
            raise ValueError("a second stack in the same light; allowed is one")
        if shot.mu_p:
            into.stacks[nm] = taker.average()
        else:
            into.dark_stack = taker.average()
        return
    point = taker.point(shot.mu_p, shot.exposure_s)
    match shot.part:
        case "dark current":
            if shot.mu_p:
                raise ValueError("dark current is measured without light")
            into.dark_current.setdefault(shot.temperature_C, []).append(point)
        case "spectrum" if shot.mu_p:
            if nm is None:
                raise ValueError("a step of the spectrum needs a wavelength")
            into.spectrum.append((nm, point))
        case _ if shot.mu_p:
            into.light.setdefault(nm, []).append(point)
        case _:
            into.dark.append(point)


def _fitting(image: NDArray[Any], shape: tuple[int, ...] | None, subject: Subject) -> tuple[int, ...]:
    if shape is not None and image.shape != shape:
        raise LabProblem(f"an image has the shape {image.shape}, those before it {shape}")
    if subject.mosaic and min(image.shape) < 2:
        raise LabProblem(f"an image has the shape {image.shape}, a mosaic needs 2 rows and 2 columns or more")
    if (most := int(image.max())) > subject.highest_DN:
        raise LabProblem(f"an image shows {most} DN, above the highest code {subject.highest_DN}")
    return image.shape


def _described(shot: Shot) -> str:
    """Describe a shot for people."""
    light = f"{shot.mu_p:g} photons" if shot.mu_p else "dark"
    return f"{shot.part}, {light}, {shot.exposure_s:g} s"
