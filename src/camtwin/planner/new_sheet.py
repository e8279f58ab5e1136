"""`camtwin new`: data sheets of a camera and its sensor, written from what a maker's data sheet prints.

What was given stands with a source to fill; all else is labelled an assumption, with the reason. Both sheets
are complete: the twin runs, and whoever learns more changes rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, Literal

from camtwin.numbers import number, whole
from camtwin.planner.sheet_check import TO_FILL
from camtwin.problem import Problem

BAYER: Final = {"RGGB": "BayerRG", "GRBG": "BayerGR", "GBRG": "BayerGB", "BGGR": "BayerBG"}
HEAD: Final = (
    f"Fill in each source that begins with {TO_FILL.strip()!r}; assumed rows are guesses to improve."
)
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LINE: Final = re.compile(r"Line[0-4]")
COLOURS: Final = {
    "R": ((520, 0.02), (570, 0.08), (600, 0.80), (650, 0.65), (700, 0.45)),
    "G": ((440, 0.08), (490, 0.45), (530, 1.00), (580, 0.55), (620, 0.12), (700, 0.08)),
    "B": ((400, 0.35), (450, 0.85), (480, 0.75), (520, 0.20), (560, 0.05), (700, 0.04)),
}
"""Shapes of the usual dyes, green's peak being 1."""
MONO: Final = (
    (400, 0.60),
    (450, 0.85),
    (500, 0.97),
    (525, 1.0),
    (600, 0.90),
    (700, 0.60),
    (850, 0.20),
    (1000, 0.02),
)
"""Shape of silicon behind microlenses."""


class NewProblem(Problem):
    """A number or name that no data sheet of a camera can have; one line that names it."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """Numbers that a maker's data sheet prints; None where it does not.

    fps: at full resolution, as the sensor reads. qe: fraction at peak_nm. gain_DN_per_e: at `bits`.
    """

    name: str
    width: int
    height: int
    pixel_um: float
    shutter: Literal["Global", "Rolling"]
    fps: float
    bits: int
    link: Literal["gige", "usb3"]
    vendor: str = "Unknown"
    model: str = ""
    cfa: str = ""
    bits_per_s: int | None = None
    qe: float | None = None
    peak_nm: float = 525.0
    read_noise_e: float | None = None
    full_well_e: float | None = None
    gain_DN_per_e: float | None = None
    dark_current_e_per_s: float | None = None
    dsnu_e: float | None = None
    prnu: float | None = None
    min_exposure_us: float | None = None
    max_exposure_us: float | None = None
    max_gain_dB: float | None = None
    inputs: tuple[str, ...] = ("Line0",)
    outputs: tuple[str, ...] = ("Line1",)

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise NewProblem(
                f"name {self.name!r:.80}: must be letters, digits and -, at most 64, such as my-camera"
            )
        whole("width", self.width, "px", low=16, high=65536)
        whole("height", self.height, "px", low=2, high=65536)
        number("pixel", self.pixel_um, "um", low=0.3, high=100)
        number("fps", self.fps, "frames/s", low=0.01, high=100_000)
        if self.bits not in (8, 10, 12):
            raise NewProblem(f"bits {self.bits}: must be 8, 10 or 12")
        if self.cfa and self.cfa not in BAYER:
            raise NewProblem(f"cfa {self.cfa!r:.20}: must be one of {', '.join(BAYER)}, or none")
        for text in (self.vendor, self.title):
            if not text.isprintable() or not 0 < len(text.encode()) <= 32:
                raise NewProblem(f"name {text!r:.80}: must be 1 to 32 bytes of text, as registers hold")
        for line in (*self.inputs, *self.outputs):
            if not LINE.fullmatch(line):
                raise NewProblem(f"line {line!r:.40}: must be one of Line0 to Line4")
        if doubled := {*self.inputs} & {*self.outputs}:
            raise NewProblem(f"line {min(doubled)}: is an input and an output; name it once")
        if not self.inputs:
            raise NewProblem("a camera needs an input line: triggers come from it")
        for name, value, low, high in (
            ("qe", self.qe, 0.001, 1),
            ("read noise", self.read_noise_e, 0.01, 1e4),
            ("full well", self.full_well_e, 10, 1e8),
            ("gain", self.gain_DN_per_e, 1e-6, 1e3),
            ("dark current", self.dark_current_e_per_s, 0, 1e6),
            ("dsnu", self.dsnu_e, 0, 1e4),
            ("prnu", self.prnu, 0, 0.1),
            ("shortest exposure", self.min_exposure_us, 0.1, 1e6),
            ("longest exposure", self.max_exposure_us, 1, 3.6e9),
            ("greatest gain", self.max_gain_dB, 0, 72),
        ):
            if value is not None:
                number(name, value, low=low, high=high)

    @property
    def title(self) -> str:
        return self.model or self.name


def _text(words: str) -> str:
    """Return words as a TOML string."""
    return json.dumps(words, ensure_ascii=False)


def _row(name: str, value: object, unit: str, given: object, page: str, why: str) -> str:
    """Return a row of a section: with a source to fill if its value was given, else assumed."""
    said = f"source = {_text(TO_FILL + page)}" if given is not None else f"assumed = {_text(why)}"
    shown = f", unit = {_text(unit)}" if unit else ""
    return f"{name} = {{ value = {value}{shown}, {said} }}"


def _list(words: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, words))}]"


def _table(names: Iterable[str], word: str) -> str:
    return f"{{ {', '.join(f'{name} = {_text(word)}' for name in names)} }}"


def sensor_text(given: Given) -> str:
    """Return the sheet of the sensor."""
    g = given
    pedestal = float(1 << max(g.bits - 8, 0)) * 4
    end_DN = (1 << g.bits) - 1 - pedestal
    well = g.full_well_e or (end_DN / g.gain_DN_per_e * 1.05 if g.gain_DN_per_e else 1000.0 * g.pixel_um**2)
    gain = g.gain_DN_per_e or float(f"{end_DN / (well * 0.97):.6g}")
    peak = g.qe or 0.6
    qe = _mono(peak, g.peak_nm) if not g.cfa else _colour(peak)
    return "\n".join(
        (
            f"# The sensor of {g.title}. {HEAD}",
            "schema = 1",
            f"title = {_text(f'Sensor of {g.title}'[:64])}",
            f"document = {_text(f'{g.title} data sheet')}",
            f"shutter = {_text(g.shutter)}",
            "",
            "[timing]",
            _row("clock_hz", 10**9, "Hz", None, "", "lines are counted in ns: the sheet names no clock"),
            "",
            "[parameters]",
            _row("width", g.width, "px", 1, "resolution", ""),
            _row("height", g.height, "px", 1, "resolution", ""),
            _row("pixel_um", float(g.pixel_um), "um", 1, "pixel size", ""),
            _row("adc_bits", g.bits, "bit", 1, "bit depth", ""),
            *([_row("cfa", _text(g.cfa), "", 1, "colour filters", "")] if g.cfa else []),
            "# EMVA 1288: overall system gain K, saturation, dark noise, nonuniformity, quantum efficiency",
            _row(
                "gain_DN_per_e",
                gain,
                "DN/e-",
                g.gain_DN_per_e,
                "EMVA 1288, 1/K or K",
                "so that the converter ends a little below the full well, as cameras are tuned",
            ),
            _row(
                "full_well_e",
                float(f"{well:.6g}"),
                "e-",
                g.full_well_e,
                "EMVA 1288, saturation capacity",
                "1000 e- for each square micrometre of a pixel, as many sensors have",
            ),
            _row(
                "pedestal_DN",
                pedestal,
                "DN",
                None,
                "",
                "black is kept a little above 0, so that noise is not cut off",
            ),
            _row(
                "read_noise_e",
                g.read_noise_e or 3.0,
                "e-",
                g.read_noise_e,
                "EMVA 1288, temporal dark noise",
                "2 to 4 e- are usual for CMOS sensors",
            ),
            _row(
                "dark_current_e_per_s",
                5.0 if g.dark_current_e_per_s is None else float(g.dark_current_e_per_s),
                "e-/s",
                g.dark_current_e_per_s,
                "EMVA 1288, dark current",
                "some electrons a second are usual near room temperature",
            ),
            _row("dark_reference_C", 25.0, "C", None, "", "a room, at which sheets give the dark current"),
            _row("dark_doubling_K", 7.0, "K", None, "", "sensors double their dark current every 5 to 8 K"),
            _row(
                "dsnu_e",
                1.0 if g.dsnu_e is None else float(g.dsnu_e),
                "e-",
                g.dsnu_e,
                "EMVA 1288, DSNU",
                "0.3 to 2 e- are usual",
            ),
            _row(
                "prnu",
                0.006 if g.prnu is None else float(g.prnu),
                "",
                g.prnu,
                "EMVA 1288, PRNU",
                "0.4 to 1 % are usual",
            ),
            _row(
                "analogue_dB",
                min(24.0, g.max_gain_dB or 24.0),
                "dB",
                None,
                "",
                "amplifiers usually go up to 24 dB, gain above multiplies codes",
            ),
            _row(
                "qe",
                qe,
                "e-/photon over nm",
                g.qe,
                "EMVA 1288, quantum efficiency; the curve is silicon's usual one",
                "0.6 at the peak, and silicon's usual curve",
            ),
            "",
        )
    )


def _mono(peak: float, peak_nm: float) -> str:
    """Return the usual curve through the given peak: points above it are cut."""
    points = {nm: min(peak * share, peak) for nm, share in MONO if nm != 525}
    points[round(peak_nm)] = peak
    return str([[nm, round(points[nm], 4)] for nm in sorted(points)])


def _colour(peak: float) -> str:
    curves = (
        f"{c} = {[[nm, round(peak * share, 4)] for nm, share in curve]}" for c, curve in COLOURS.items()
    )
    return f"{{ {', '.join(curves)} }}"


def camera_text(given: Given) -> str:
    """Return the sheet of the camera; its sensor is NAME-sensor."""
    usual = ("", "[features]", _usual_features("camera"))
    return "\n".join((camera_head(given), *usual, *_features(given), _usual_features(given.link), ""))


def camera_head(given: Given, rate_unknown: str = "") -> str:
    """Return the sheet of the camera without its features.

    rate_unknown: why nobody knows the frame rate that `given` has, if it is a guess
    """
    g = given
    period_ns = round(1e9 / g.fps)
    row_clocks = max(period_ns // g.height, 1)
    known = None if rate_unknown else 1
    return "\n".join(
        (
            f"# {g.title}. {HEAD}",
            f"# `camtwin check {g.name}.toml` says what is left; `camtwin schema` helps editors.",
            "schema = 1",
            f"title = {_text(g.title)}",
            f"document = {_text(f'{g.title} data sheet')}",
            f"link = {_text(g.link)}",
            f"sensor = {_text(f'{g.name}-sensor')}",
            "",
            "[readout]",
            _row(
                "row_clocks",
                row_clocks,
                "clocks of 1 ns",
                known,
                f"frame rate: {g.fps:g} frames/s at {g.height} rows",
                rate_unknown,
            ),
            _row(
                "base_ns",
                period_ns - row_clocks * g.height,
                "ns",
                known,
                "frame rate: the rest of a frame's time",
                "the rest of a frame's time",
            ),
            "",
            *_link(g),
            _sections("camera"),
        )
    )


def _usual(name: str) -> str:
    return (files("camtwin.models") / "usual" / f"{name}.toml").read_text("utf-8")


def _sections(name: str) -> str:
    """Return a usual sheet's sections without its head and its features."""
    text = _usual(name).partition("\n[features]")[0]
    return f"[{text.partition(chr(10) + '[')[2].rstrip()}"


def _link(g: Given) -> list[str]:
    section = _usual(g.link).partition(f"[{g.link}]\n")[2].partition("\n\n")[0].splitlines()
    if g.bits_per_s:
        speed = {
            "gige": ("bits_per_s", g.bits_per_s, "bit/s"),
            "usb3": ("super_bytes_per_s", g.bits_per_s // 8, "B/s"),
        }
        name, value, unit = speed[g.link]
        section = [line for line in section if not line.startswith(name)]
        section.insert(0, _row(name, value, unit, 1, "interface", ""))
    return [f"[{g.link}]", *section, ""]


def _usual_features(link: str) -> str:
    return _usual(link).partition("[features]\n")[2].rstrip()


def _features(g: Given) -> list[str]:
    formats = [f"{BAYER.get(g.cfa, 'Mono')}{bits}" for bits in dict.fromkeys((8, g.bits))]
    low, high = g.min_exposure_us or 20, g.max_exposure_us or 10_000_000
    usual = max(low, min(10_000, high))
    gain, fastest = g.max_gain_dB or 24, max(1000, g.fps)
    usual_limits = 'assumed = "usual limits"'
    shown = f"source = {_text(TO_FILL + 'exposure time')}"
    exposure = shown if g.min_exposure_us and g.max_exposure_us else 'assumed = "as many cameras expose"'
    gains = f"source = {_text(TO_FILL + 'gain')}" if g.max_gain_dB else 'assumed = "as many cameras amplify"'
    lines = [*g.inputs, *g.outputs]
    modes = f"inputs = {_list(g.inputs)}, outputs = {_list(g.outputs)}"
    io = f"source = {_text(TO_FILL + 'inputs and outputs')}"
    out = f", default = {_table(g.outputs, 'Output')}" if g.outputs else ""
    size = f"source = {_text(TO_FILL + 'resolution; increments are assumed')}"
    step = next(n for n in (8, 4, 2, 1) if g.width % n == 0)
    rows = 2 if g.height % 2 == 0 else 1
    return [
        "# -- what this camera has -----------------------------------------------------------------",
        f"DeviceVendorName = {{ value = {_text(g.vendor)}, source = {_text(TO_FILL + 'title')} }}",
        f"DeviceModelName = {{ value = {_text(g.title)}, source = {_text(TO_FILL + 'title')} }}",
        f"SensorWidth = {{ value = {g.width}, {size} }}",
        f"SensorHeight = {{ value = {g.height}, {size} }}",
        f"OffsetX = {{ inc = {step}, {size} }}",
        f"OffsetY = {{ inc = {rows}, {size} }}",
        f"Width = {{ min = {step}, max = {g.width}, inc = {step}, default = {g.width}, {size} }}",
        f"Height = {{ min = {rows}, max = {g.height}, inc = {rows}, default = {g.height}, {size} }}",
        f"PixelFormat = {{ entries = {_list(formats)}, source = {_text(TO_FILL + 'pixel formats')} }}",
        f"AcquisitionFrameRate = {{ min = 0.01, max = {fastest}, default = {g.fps}, {usual_limits} }}",
        f"ExposureTime = {{ min = {low}, max = {high}, inc = 1, default = {usual}, {exposure} }}",
        f"Gain = {{ min = 0, max = {gain}, inc = 0.1, {gains} }}",
        f"TriggerSource = {{ entries = {_list(['Software', *g.inputs])}, {io} }}",
        f"LineSelector = {{ entries = {_list(lines)}, {io} }}",
        f'LineMode = {{ entries = ["Input", "Output"], {modes}{out}, {io} }}',
        f'LineFormat = {{ formats = {_table(lines, "OptoCoupled")}, assumed = "optocouplers, as most" }}',
        "# -- what such a link usually brings ------------------------------------------------------",
    ]
