"""What the camera looks at, in a word:

  chart                    test chart: grey steps, slanted edges, stars, line pairs, small print
  flat                     the same light everywhere
  dark                     a lens cap
  PATH                     a picture from an image file
  pan:SCENE                any of these, drifting to the right by 200 pixels a second
  pan:SPEED:SCENE          ... by SPEED pixels a second
  pan:SPEED@DEGREES:SCENE  ... towards DEGREES (0 right, 90 down)

chart and flat take the light and its wavelength: chart:2.8e6, flat:1.2e6@536 (photons per pixel and
second, of white for a chart; nanometres). dark takes a wavelength only: dark@850. A file that has the
name of a scene is meant by ./chart.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from camtwin.scene.light import Dark, Flat, FLAT_photons_per_s, Scene, WAVELENGTH_nm, WHITE_photons_per_s
from camtwin.scene.motion import Pan, SPEED_px_per_s
from camtwin.scene.targets import Chart, Picture

Load = Callable[[str], NDArray[Any]]
"""Reads an image file into an array as Picture takes it; OSError if it cannot."""

FORMS = "chart, flat, dark, flat:PHOTONS@NM, pan:SCENE, pan:SPEED@DEGREES:SCENE or an image file"
_NAMED = re.compile(r"(chart|flat|dark)(?::([^@]*))?(?:@(.*))?", re.DOTALL)
_PAN = re.compile(r"pan:(?:([-+.\deE]+)(?:@([-+.\deE]+))?:)?(.*)", re.DOTALL)


def parse(text: str, load: Load) -> Scene:
    """The scene that `text` asks for; `load` is called with the path of a picture.

    ValueError, in one line, names the text and what is allowed.
    """
    try:
        return _parse(text, load)
    except ValueError as error:
        raise ValueError(f"scene {text!r}: {error}") from None


def _parse(text: str, load: Load) -> Scene:
    if not text:
        raise ValueError(f"empty; allowed: {FORMS}")
    if pan := _PAN.fullmatch(text):
        speed, degrees, scene = pan.groups()
        if scene.startswith("pan:"):
            raise ValueError("a pan of a pan; allowed: one pan")
        return Pan(
            _parse(scene, load),
            SPEED_px_per_s if speed is None else _number("pixels a second", speed),
            0.0 if degrees is None else _number("degrees", degrees),
        )
    if named := _NAMED.fullmatch(text):
        name, light, nm = named.groups()
        wavelength = WAVELENGTH_nm if nm is None else _number("nanometres", nm)
        if name == "dark":
            if light is not None:
                raise ValueError("dark has no light to set; allowed: dark, dark@NM")
            return Dark(wavelength)
        photons = {"chart": WHITE_photons_per_s, "flat": FLAT_photons_per_s}[name]
        if light is not None:
            photons = _number("photons per pixel and second", light)
        return Chart(photons, wavelength) if name == "chart" else Flat(photons, wavelength)
    try:
        image = load(text)
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"neither a scene nor a readable image ({reason}); allowed: {FORMS}") from None
    return Picture(image, name=text)


def _number(what: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number of {what}") from None


def describe(scene: Scene) -> str:
    """The text that `parse` makes this scene of."""
    match scene:
        case Flat(photons_per_s=light, wavelength_nm=nm):
            return f"flat:{light!r}@{nm!r}"
        case Chart(photons_per_s=light, wavelength_nm=nm):
            return f"chart:{light!r}@{nm!r}"
        case Dark(wavelength_nm=nm):
            return f"dark@{nm!r}"
        case Pan(scene=inner, px_per_s=speed, direction_deg=degrees):
            return f"pan:{speed!r}@{degrees!r}:{describe(inner)}"
        case Picture(name=name):
            return name
    return repr(scene)
