"""The command that writes the data sheet of a new camera: new."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

import typer

from camtwin.cli.common import SAVE, UsageProblem, command, user, writable
from camtwin.cli.help import LOOK

T = TypeVar("T")
PRINTED, EMVA, IO = "What its data sheet prints", "EMVA 1288", "Exposure, gain and lines"
SHUTTERS: Final[dict[str, Literal["Global", "Rolling"]]] = {"global": "Global", "rolling": "Rolling"}
LINKS: Final[dict[str, Literal["gige", "usb3"]]] = {"gige": "gige", "usb3": "usb3"}


def _option(heading: str, metavar: str, text: str, *names: str) -> Any:
    return typer.Option(*names, metavar=metavar, help=text, show_default=False, rich_help_panel=heading)


Text = str | None
Number = float | None


@command(
    LOOK,
    """
# Asks what it needs, in a terminal
camtwin new my-camera
camtwin new my-camera --resolution 1936x1216 --pixel 3.45 --shutter global --fps 41 \
--bits 12 --link gige --qe 70@525 --read-noise 2.4 --full-well 10500
""",
)
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the sheet, such as my-camera.")],
    resolution: Annotated[Text, _option(PRINTED, "WxH", "Resolution in pixels, such as 1936x1216.")] = None,
    pixel: Annotated[Number, _option(PRINTED, "UM", "Pixel pitch in micrometres.")] = None,
    shutter: Annotated[Text, _option(PRINTED, "KIND", "Shutter: global or rolling.")] = None,
    fps: Annotated[Number, _option(PRINTED, "HZ", "Frames per second at full resolution.")] = None,
    bits: Annotated[int | None, _option(PRINTED, "N", "Bits of the converter: 8, 10 or 12.")] = None,
    link: Annotated[Text, _option(PRINTED, "LINK", "Link to the host: gige or usb3.")] = None,
    link_speed: Annotated[Text, _option(PRINTED, "SPEED", "Speed of the link: 1G, 5G, ...")] = None,
    colour: Annotated[Text, _option(PRINTED, "CFA", "Colour filters: RGGB, GRBG, GBRG or BGGR.")] = None,
    vendor: Annotated[str, _option(PRINTED, "TEXT", "Maker's name, as hosts read it.")] = "Unknown",
    model: Annotated[str, _option(PRINTED, "TEXT", "Model's name, as hosts read it.")] = "",
    qe: Annotated[Text, _option(EMVA, "%[@NM]", "Quantum efficiency at its peak, such as 70@525.")] = None,
    read_noise: Annotated[Number, _option(EMVA, "E", "Temporal dark noise in electrons.")] = None,
    full_well: Annotated[Number, _option(EMVA, "E", "Saturation capacity in electrons.")] = None,
    gain: Annotated[Number, _option(EMVA, "DN/E", "Overall system gain K at the full depth.")] = None,
    dark_current: Annotated[Number, _option(EMVA, "E/S", "Dark current in electrons per second.")] = None,
    dsnu: Annotated[Number, _option(EMVA, "E", "DSNU in electrons.")] = None,
    prnu: Annotated[Number, _option(EMVA, "%", "PRNU in percent.")] = None,
    exposure: Annotated[
        tuple[float, float] | None, _option(IO, "MIN MAX", "Shortest and longest exposure in microseconds.")
    ] = None,
    max_gain: Annotated[Number, _option(IO, "DB", "Greatest gain in decibels.")] = None,
    inputs: Annotated[
        list[str] | None, _option(IO, "LINE", "Line that is an input. Repeat.", "--input")
    ] = None,
    outputs: Annotated[
        list[str] | None, _option(IO, "LINE", "Line that is an output. Repeat.", "--output")
    ] = None,
    folder: Annotated[
        Path, typer.Option("-o", metavar="FOLDER", help="Folder to write to.", rich_help_panel=SAVE)
    ] = Path(),
) -> None:
    """Write the data sheet of a camera from what its maker prints: NAME.toml and NAME-sensor.toml.

    What you give stands with a source to fill; everything else is labelled an assumption. The twin runs at
    once.
    """
    from camtwin.planner.new_sheet import Given, camera_text, sensor_text
    from camtwin.twins.assembly import bits_per_s

    paths = [folder / f"{name}.toml", folder / f"{name}-sensor.toml"]
    for path in paths:
        if path.exists():
            raise UsageProblem(f"{path}: exists; name another one or remove it")
    width, height = _asked("Resolution, such as 1936x1216", "--resolution", resolution, _size)
    peak, peak_nm = _efficiency(qe) if qe else (None, 525.0)
    given = Given(
        name=name,
        width=width,
        height=height,
        pixel_um=_asked("Pixel pitch in micrometres", "--pixel", pixel, float),
        shutter=_asked("Shutter, global or rolling", "--shutter", shutter, _one_of(SHUTTERS)),
        fps=_asked("Frames per second at full resolution", "--fps", fps, float),
        bits=_asked("Bits of the converter, 8, 10 or 12", "--bits", bits, int),
        link=_asked("Link, gige or usb3", "--link", link, _one_of(LINKS)),
        cfa=(colour or "").upper(),
        bits_per_s=user(bits_per_s, link_speed) if link_speed else None,
        vendor=vendor,
        model=model,
        qe=peak,
        peak_nm=peak_nm,
        read_noise_e=read_noise,
        full_well_e=full_well,
        gain_DN_per_e=gain,
        dark_current_e_per_s=dark_current,
        dsnu_e=dsnu,
        prnu=None if prnu is None else prnu / 100,
        min_exposure_us=exposure and exposure[0],
        max_exposure_us=exposure and exposure[1],
        max_gain_dB=max_gain,
        inputs=tuple(inputs or ("Line0",)),
        outputs=tuple(outputs or ("Line1",)),
    )
    for path, text in zip(paths, (camera_text, sensor_text), strict=True):
        writable(path).write_text(text(given), encoding="utf-8")
        print(f"wrote {path}")
    print(f"next: camtwin check {paths[0]}, then camtwin run {paths[0]}")


def _asked(question: str, option: str, value: object, read: Callable[[Any], T]) -> T:
    """Return an option's value, asking for it in a terminal if it was not given."""
    if value is None:
        if not sys.stdin.isatty():
            raise UsageProblem(f"{option} is needed, and there is no terminal to ask in: {question}")
        value = typer.prompt(question)
    return user(read, value)


def _size(text: str) -> tuple[int, int]:
    if not (found := re.fullmatch(r"\s*(\d{1,6})\s*[xX]\s*(\d{1,6})\s*", text)):
        raise ValueError(f"resolution {text!r:.40}: must be WIDTHxHEIGHT, such as 1936x1216")
    return int(found[1]), int(found[2])


def _one_of(words: dict[str, T]) -> Callable[[str], T]:
    def read(text: str) -> T:
        if text.lower() not in words:
            raise ValueError(f"{text!r:.40}: must be {' or '.join(words)}")
        return words[text.lower()]

    return read


def _efficiency(text: str) -> tuple[float, float]:
    """Return the fraction and the wavelength of `70@525`."""
    if not (found := re.fullmatch(r"(\d+(?:\.\d+)?)%?(?:@(\d{3,4})(?:nm)?)?", text)):
        raise UsageProblem(f"--qe {text!r:.40}: must be percent, or percent@nanometres, such as 70@525")
    return float(found[1]) / 100, float(found[2] or 525)
