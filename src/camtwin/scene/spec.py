"""Parse and write scenes in the words that users type: `chart`, `pan:200@90:chart`, `flat:1.2e6@536`.

docs/scenes.md lists the words; a test compares it with FORMS.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from camtwin.problem import Problem, nearest
from camtwin.scene.checker import Checker
from camtwin.scene.lens import SHARP
from camtwin.scene.level import Flicker, Level, Lit, Pulses, Pwm
from camtwin.scene.light import Dark, Flat, FLAT_photons_per_s, Scene, WAVELENGTH_nm, WHITE_photons_per_s
from camtwin.scene.motion import Fall, Pan, SPEED_px_per_s
from camtwin.scene.sequence import Sequence
from camtwin.scene.spectra import Light, d65
from camtwin.scene.spectra import parse as light_named
from camtwin.scene.spin import RPM, Spin, Zoom
from camtwin.scene.targets import KINDS, Chart, Picture, Target
from camtwin.units import US

Load = Callable[[str], NDArray[Any] | list[NDArray[Any]]]
"""Reads an image file into an array as Picture takes it, or all of a folder; OSError if it cannot."""

FORMS = (
    "chart, checker, slanted, star, dots, steps, codes, board, flat, dark, flat:PHOTONS@NM, pan:SCENE, "
    "pan:SPEED@DEGREES:SCENE, spin:RPM:SCENE, fall:SCENE, zoom:SCENE, flicker:HZ@DEPTH:SCENE, "
    "pwm:HZ@DUTY:SCENE, flash:BEGIN+WIDTH:SCENE, lit:LIGHT:FILE, play:HZ:FOLDER or an image file"
)
MAX_us = 1e12
"""Eleven days: nanoseconds of it are exact in a float."""
WORDS = tuple(form.partition(":")[0] for form in FORMS.rpartition(" or ")[0].split(", "))
_WORD = re.compile(r"[^./]*")
"""A path of it alone is more likely a scene that is misspelt."""
_NAMES = "|".join(("chart", "checker", "flat", "dark", *KINDS))
_NAMED = re.compile(rf"({_NAMES})(?::([^@]*))?(?:@(.*))?", re.DOTALL)
_PAN = re.compile(r"pan:(?:([-+.\deE]+)(?:@([-+.\deE]+))?:)?(.*)", re.DOTALL)
_FALL = re.compile(r"fall:(?:([-+.\deE]+):)?(.*)", re.DOTALL)
_ZOOM = re.compile(r"zoom:(?:([-+.\deE]+)@([-+.\deE]+):)?(.*)", re.DOTALL)
_SPIN = re.compile(r"spin:(?:([-+.\deE]+):)?(.*)", re.DOTALL)
_WAVE = re.compile(r"(flicker|pwm):(?:([-+.\deE]+)@([-+.\deE]+):)?(.*)", re.DOTALL)
_PICTURE = re.compile(r"lit:([^:]*):(.*)", re.DOTALL)
_PLAY = re.compile(r"play:([^:]*):(.*)", re.DOTALL)
_FLASH = re.compile(r"flash:([^:]*):(.*)", re.DOTALL)


def parse(text: str, load: Load) -> Scene:
    """Return the scene that `text` names; `load` is called with the path of a picture.

    Raises:
        ValueError: in one line, names the text and what is allowed
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
            raise ValueError("a pan within a pan; allowed: one pan")
        return Pan(
            _parse(scene, load),
            SPEED_px_per_s if speed is None else _number("pixels a second", speed),
            0.0 if degrees is None else _number("degrees", degrees),
        )
    if spin := _SPIN.fullmatch(text):
        return Spin(_parse(spin[2], load), RPM if spin[1] is None else _number("turns a minute", spin[1]))
    if fall := _FALL.fullmatch(text):
        scene = _parse(fall[2], load)
        return Fall(scene) if fall[1] is None else Fall(scene, _number("pixels/s2", fall[1]))
    if zoom := _ZOOM.fullmatch(text):
        what = ("growth", zoom[1]), ("seconds", zoom[2])
        return Zoom(_parse(zoom[3], load), *(_number(*each) for each in what if each[1] is not None))
    if wave := _WAVE.fullmatch(text):
        name, hz, share, scene = wave.groups()
        kind = Flicker if name == "flicker" else Pwm
        what = ("hertz", hz), ("0 to 1", share)
        return Lit(_parse(scene, load), kind(*(_number(*each) for each in what if each[1] is not None)))
    if flash := _FLASH.fullmatch(text):
        return Lit(_parse(flash[2], load), _pulses(flash[1]))
    if named := _NAMED.fullmatch(text):
        name, light, nm = named.groups()
        wavelength = WAVELENGTH_nm if nm is None else light_named(nm)
        if name == "dark":
            if light is not None:
                raise ValueError("dark has no light to set; allowed: dark, dark@NM")
            return Dark(wavelength)
        photons = FLAT_photons_per_s if name == "flat" else WHITE_photons_per_s
        if light is not None:
            photons = _number("photons per pixel and second", light)
        if name == "checker":
            return Checker(photons, d65() if nm is None else wavelength)
        if name in KINDS:
            return Target(name, photons, wavelength)
        return Chart(photons, wavelength) if name == "chart" else Flat(photons, wavelength)
    path, light = text, WAVELENGTH_nm
    if picture := _PICTURE.fullmatch(text):
        light, path = light_named(picture[1]), picture[2]
    if play := _PLAY.fullmatch(text):
        hz, path = _number("pictures a second", play[1]), play[2]
        images = _loaded(path, load)
        if not isinstance(images, list):
            raise ValueError(f"{path!r} is not a folder of images")
        return Sequence(tuple(Picture(image, name=path) for image in images), hz, text)
    image = _loaded(path, load)
    if isinstance(image, list):
        raise ValueError(f"a folder of {len(image)} images needs a rate: play:HZ:{path}")
    return Picture(image, wavelength_nm=light, name=text)


def _loaded(path: str, load: Load) -> NDArray[Any] | list[NDArray[Any]]:
    try:
        return load(path)
    except (OSError, Problem) as error:
        if isinstance(error, Problem) and not _WORD.fullmatch(path):
            raise  # it names the file
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0] or type(error).__name__
        near = nearest(path.partition(":")[0].partition("@")[0], WORDS)
        text = f"neither a scene nor a readable image ({reason}){near.rstrip('?')}"
        raise ValueError(f"{text}; allowed: {FORMS}") from None


def _number(what: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number of {what}") from None


def _pulses(text: str) -> Pulses:
    """Parse the pulses of BEGIN+WIDTH,BEGIN+WIDTH,... in us."""
    pulses_ns = []
    for pulse in text.split(","):
        begin, plus, width = pulse.partition("+")
        if not plus:
            raise ValueError(f"{pulse!r} is not BEGIN+WIDTH in us")
        begin_ns = _ns(begin)
        pulses_ns.append((begin_ns, begin_ns + _ns(width)))
    return Pulses(tuple(pulses_ns))


def _ns(us: str) -> int:
    value = _number("us", us)
    if not 0 <= value <= MAX_us:
        raise ValueError(f"{value:g} us is outside 0..{MAX_us:g} us")
    return round(value * US)


def _light(light: Light) -> str:
    return repr(light) if isinstance(light, (int, float)) else light.name


def _level(level: Level) -> str:
    match level:
        case Flicker(hz=hz, depth=share):
            return f"flicker:{hz!r}@{share!r}"
        case Pwm(hz=hz, duty=share):
            return f"pwm:{hz!r}@{share!r}"
        case Pulses(pulses_ns=pulses, between=0.0):
            return "flash:" + ",".join(f"{begin / US!r}+{(end - begin) / US!r}" for begin, end in pulses)
    return repr(level)


def describe(scene: Scene) -> str:
    """Return the text from which `parse` makes this scene."""
    match scene:
        case Flat(photons_per_s=light, wavelength_nm=nm):
            return f"flat:{light!r}@{_light(nm)}"
        case Chart(photons_per_s=light, wavelength_nm=nm):
            return f"chart:{light!r}@{_light(nm)}"
        case Checker(photons_per_s=light, wavelength_nm=nm):
            return f"checker:{light!r}@{_light(nm)}"
        case Target(kind=kind, photons_per_s=light, wavelength_nm=nm, lens=lens) if lens == SHARP:
            return f"{kind}:{light!r}@{_light(nm)}"
        case Dark(wavelength_nm=nm):
            return f"dark@{_light(nm)}"
        case Pan(scene=inner, px_per_s=speed, direction_deg=degrees):
            return f"pan:{speed!r}@{degrees!r}:{describe(inner)}"
        case Fall(scene=inner, px_per_s2=speed):
            return f"fall:{speed!r}:{describe(inner)}"
        case Zoom(scene=inner, growth=share, period_s=period):
            return f"zoom:{share!r}@{period!r}:{describe(inner)}"
        case Spin(scene=inner, rpm=rpm):
            return f"spin:{rpm!r}:{describe(inner)}"
        case Lit(scene=inner, level=level):
            return f"{_level(level)}:{describe(inner)}"
        case Picture(name=name) | Sequence(name=name):
            return name
    return repr(scene)
