"""World and faults: what surrounds the camera, each also as the line of Python or of a scenario for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from camtwin.files import load_picture
from camtwin.links.gige.faults import Faults
from camtwin.models import CameraSheet
from camtwin.numbers import number, whole
from camtwin.problem import Problem, nearest
from camtwin.scene import Scene, parse
from camtwin.scene.spec import describe
from camtwin.session.session import Session
from camtwin.studio.trace import Trace
from camtwin.units import MS, US

SCENES: Final[Mapping[str, str]] = {
    "chart": "Test chart",
    "pan:chart": "Test chart that moves",
    "spin:chart": "Test chart that turns",
    "flicker:100@0.9:chart": "Test chart in a lamp that flickers at 100 Hz",
    "checker": "ColorChecker",
    "slanted": "Slanted edges",
    "star": "Siemens star",
    "dots": "Dots",
    "steps": "Grey steps",
    "codes": "Codes",
    "board": "Checkerboard",
    "flat": "Even light",
    "dark": "Darkness",
}
MAX_PULSES: Final = 100_000


@dataclass
class Surround:
    """A camera, its surroundings and its trace, as the words below change them."""

    cam: Session
    trace: Trace
    scene: str
    drop: float = 0.0
    held_C: float | None = None
    attached: bool = False
    seen: Scene | None = None


Act = Callable[[Surround, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Word:
    """Something that can be done to a camera; python and toml are its line, with fields of its parameters."""

    act: Act
    python: str
    toml: str = ""


def _scene(on: Surround, given: Mapping[str, Any]) -> None:
    text = given["scene"]
    if not isinstance(text, str) or (text not in SCENES and not text.startswith("flat:")):
        raise Problem(f"scene {text!r:.60} is none of this page's: {', '.join(SCENES)}, flat:PHOTONS_PER_S")
    on.cam.world.scene = text
    on.scene, on.seen = text, on.cam.twin.renderer.world.scene


def _ambient(on: Surround, given: Mapping[str, Any]) -> None:
    on.cam.world.temperature_C = number("ambient", given["celsius"], "degC", low=-40, high=120)
    on.held_C = None


def _pulse(on: Surround, given: Mapping[str, Any]) -> None:
    width = round(number("width", given["width_us"], "us", above=0, high=1e6) * US)
    period = round(number("period", given["period_ms"], "ms", low=0, high=1e5) * MS)
    count = whole("count", given["count"], "pulses", low=1, high=MAX_PULSES)
    line = on.cam.lines[given["line"]]
    try:
        line.pulse(width, period_ns=period if count > 1 else 0, count=count)
    except ValueError as error:
        raise Problem(str(error)) from None


def _bounce(on: Surround, given: Mapping[str, Any]) -> None:
    line = on.cam.lines[given["line"]]
    for index in range(3):
        line.pulse(400 * US if index < 2 else 5 * MS, delay_ns=index * 800 * US)


def _unplug(on: Surround, given: Mapping[str, Any]) -> None:
    on.trace.interrupt("The data cable was pulled while it was sent.")
    on.cam.world.unplug()


def _plug(on: Surround, given: Mapping[str, Any]) -> None:
    on.cam.world.plug()


def _stall(on: Surround, given: Mapping[str, Any]) -> None:
    on.cam.twin.camera.host_fetches(False)


def _fetch(on: Surround, given: Mapping[str, Any]) -> None:
    on.cam.twin.camera.host_fetches(True)


def _packets(on: Surround, given: Mapping[str, Any]) -> None:
    drop = number("drop", given["drop"], low=0, high=1)
    node = on.cam.twin.camera.tree.nodes["GevSCPSPacketSize"]
    if not node.here:
        raise Problem("no packets can be lost: this camera's link is no network")
    if on.attached:
        raise Problem("a program receives this camera's packets: camtwin run --fault drop=0.01 loses some")
    on.drop = drop
    faults = Faults(drop=drop, seed=on.cam.twin.renderer.seed) if drop else None
    on.trace.faults = lambda: faults


def _heat(on: Surround, given: Mapping[str, Any]) -> None:
    degrees = number("inside", given["celsius"], "degC", low=-40, high=150)
    on.cam.world.hold_internal_C(degrees)
    on.held_C = degrees


def _power_off(on: Surround, given: Mapping[str, Any]) -> None:
    on.trace.cut_by("The power was cut.")
    on.cam.twin.camera.power_off()


def _power_on(on: Surround, given: Mapping[str, Any]) -> None:
    on.cam.twin.camera.power_on()
    on.trace.cut_by("")


def _silence(on: Surround, given: Mapping[str, Any]) -> None:
    on.trace.cut_by("The client died, and its session ended.")
    on.cam.twin.camera.end_session()
    on.trace.cut_by("")


WORDS: Final[Mapping[str, Word]] = {
    "scene": Word(_scene, "cam.world.scene = {scene!r}", 'do = "scene"\ncamera = "cam"\nscene = "{scene}"'),
    "ambient": Word(
        _ambient,
        "cam.world.temperature_C = {celsius:g}",
        'do = "tune"\ndevice = "cam"\nto = {{ ambient_C = {celsius:g} }}',
    ),
    "pulse": Word(
        _pulse,
        "cam.lines[{line!r}].pulse({width_ns}, period_ns={period_ns}, count={count})",
        'do = "pulse"\ndevice = "plc"\nwidth_us = {width_us:g}\nperiod_ms = {period_ms:g}\ncount = {count}',
    ),
    "bounce": Word(
        _bounce,
        "for delay_ns, width_ns in ((0, 400_000), (800_000, 400_000), (1_600_000, 5_000_000)):\n"
        "    cam.lines[{line!r}].pulse(width_ns, delay_ns=delay_ns)",
    ),
    "unplug": Word(_unplug, "cam.world.unplug()", 'do = "unplug"\nsocket = "cam.{socket}"'),
    "plug": Word(_plug, "cam.world.plug()", 'do = "plug"\nsocket = "cam.{socket}"'),
    "stall": Word(
        _stall, "cam.twin.camera.host_fetches(False)", 'do = "slow"\ncamera = "cam"\nfor_ms = 1000'
    ),
    "fetch": Word(_fetch, "cam.twin.camera.host_fetches(True)"),
    "packets": Word(
        _packets, "Faults(drop={drop:g}, seed={seed})", 'do = "packets"\ncamera = "cam"\ndrop = {drop:g}'
    ),
    "heat": Word(
        _heat,
        "cam.world.hold_internal_C({celsius:g})",
        'do = "heat"\ncamera = "cam"\ninternal_C = {celsius:g}',
    ),
    "power_off": Word(_power_off, "cam.twin.camera.power_off()", 'do = "set"\ndevice = "psu"\nlevel = "off"'),
    "power_on": Word(_power_on, "cam.twin.camera.power_on()", 'do = "set"\ndevice = "psu"\nlevel = "on"'),
    "silence": Word(_silence, "cam.twin.camera.end_session()", 'do = "silence"\ncamera = "cam"'),
}


def inject(on: Surround, word: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Do something to a camera; return the lines that do the same: {python, toml}.

    Raises:
        Problem: there is no such word, or a parameter is missing or wrong
    """
    if word not in WORDS:
        raise Problem(f"no word {word!r:.40}{nearest(str(word), WORDS)}")
    try:
        WORDS[word].act(on, given)
        return lines(on, word, given)
    except KeyError as missing:
        raise Problem(f"{word}: {missing.args[0] if missing.args else 'a parameter'} is missing") from None


def lines(on: Surround, word: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Return a word as Python and as a step of a scenario's timeline, at the present time."""
    values = {**given, "seed": on.cam.twin.renderer.seed, "socket": data_socket(on.cam.twin.sheet)}
    if "width_us" in values:
        values |= {"width_ns": round(values["width_us"] * US), "period_ns": round(values["period_ms"] * MS)}
        values["period_ns"] *= values["count"] > 1
    toml = WORDS[word].toml.format(**values)
    at_ms = on.cam.now / MS
    return {
        "python": WORDS[word].python.format(**values),
        "toml": f"[[timeline]]\nms = {at_ms:g}\n{toml}" if toml else "",
    }


def data_socket(sheet: CameraSheet) -> str:
    """Return the name of the socket of the data cable."""
    names = sheet.rig.connectors if sheet.rig else ()
    return next((name for name in names if name in ("data", "usb")), "data")


def _words(scene: Scene) -> str:
    """Return a scene as this page calls it, or as a command line does."""
    words = describe(scene)
    return next((text for text in SCENES if describe(parse(text, load_picture)) == words), words)


def state(on: Surround) -> dict[str, Any]:
    """Return the surroundings as they are."""
    camera = on.cam.twin.camera
    if on.cam.world.scene is not on.seen:  # it is the first one, or a scenario has put another one there
        on.scene, on.seen = on.scene if on.seen is None else _words(on.cam.world.scene), on.cam.world.scene
    return {
        "scene": on.scene,
        "ambient_C": camera.housing.ambient_C,
        "inside_C": round(camera.temperature_C, 1),
        "held_C": on.held_C,
        "status": camera.temperature_status,
        "powered": camera.powered,
        "plugged": camera.plugged,
        "fetching": "host" not in camera.transmitter.stalled,
        "drop": on.drop,
        "network": camera.tree.nodes["GevSCPSPacketSize"].here and not on.attached,
    }
