"""The command that makes a data sheet from a camera's own description: adopt."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from camtwin.cli.common import SAVE, AsJson, UsageProblem, command, parsed, writable
from camtwin.cli.help import LOOK

if TYPE_CHECKING:
    from camtwin.genicam.formula import Value
    from camtwin.hosts.described import Described
    from camtwin.planner.adopt import Adopted

LINKS: Final[Mapping[str, Literal["gige", "usb3"]]] = {"gige": "gige", "usb3": "usb3"}
SOURCES = "Sources beside the description"
ADDRESS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+|[\w -]+-[\w-]+")
"""Forms of what may be a camera: an IPv4 address, or an id of Aravis, `Maker-Serial`."""
SHOWN: Final = 40
"""Limit of names that the report lists; --json has them all."""


def _option(metavar: str, text: str, *names: str, heading: str = SOURCES) -> object:
    return typer.Option(*names, metavar=metavar, help=text, show_default=False, rich_help_panel=heading)


@command(
    LOOK,
    """
# arv-tool-0.8 genicam > camera.xml and arv-tool-0.8 values > values.txt ask the camera
camtwin adopt camera.xml --values values.txt -o my-camera.toml
# Or the camera itself, at its address, by Aravis
camtwin adopt 192.168.1.20 -o my-camera.toml
camtwin adopt camera.zip --like baumer-vcxg-124m --set Width.max=1936 --set fps=41 -o my-camera.toml
""",
)
def adopt(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="GenICam description: XML, ZIP, or arv-tool's export. Or the address of a camera, which "
            "Aravis asks for description, values and limits.",
        ),
    ],
    sheet: Annotated[Path, _option("SHEET.toml", "Data sheet to write.", "-o", heading=SAVE)],
    values: Annotated[
        Path | None, _option("FILE", "Values of `arv-tool-0.8 values`, or a .pfs of pylon.")
    ] = None,
    like: Annotated[
        str | None, _option("MODEL", "Similar model, whose rows fill what the description leaves open.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        _option(
            "NAME=VALUE",
            "Value of a feature, or a limit: Width.max=1936; fps=41 is the frame rate. Repeat.",
            "--set",
        ),
    ] = None,
    link: Annotated[
        str | None, _option("LINK", "Link of the twin, gige or usb3, if the description's is neither.")
    ] = None,
    assume: Annotated[
        bool, typer.Option("--assume", help="Accept guesses for what is unknown.", rich_help_panel=SOURCES)
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the data sheet of a camera from its own GenICam description, and report what the twin will do.

    Features that camtwin knows behave; others stand in the tree and hold what is written. Limits that the
    camera alone knows are unknown: they are listed, and the twin does not run until you give or accept them.
    """
    from camtwin.genicam.foreign import ForeignInvalid
    from camtwin.models import load
    from camtwin.planner import value_dump
    from camtwin.planner.adopt import Wanted
    from camtwin.planner.adopt import adopt as adopted_from
    from camtwin.twins import build

    if sheet.suffix != ".toml":
        raise UsageProblem(f"{sheet}: a data sheet's name ends with .toml")
    for path in (sheet, sensor := sheet.with_name(f"{sheet.stem}-sensor.toml")):
        if path.exists():
            raise UsageProblem(f"{path}: exists; name another one or remove it")
    writable(sheet)
    if link is not None and link not in LINKS:
        raise UsageProblem(f"--link {link!r:.40}: must be {' or '.join(LINKS)}")
    told = parsed(values, value_dump.parse) if values else {}
    camera = _described(file)
    wanted = Wanted(
        name=sheet.stem,
        file="of the camera" if camera.live else Path(file).name,
        values={**camera.values, **told},
        dump=values.name if values else f"by Aravis from {file}" if camera.live else "",
        limits=camera.limits,
        registers={address: data for address, (_, data) in camera.registers.items()},
        given=_given(settings or []),
        like=load(like) if like else None,
        like_name=str(Path(like).resolve()) if like and like.endswith(".toml") else like or "",
        link=LINKS[link] if link else None,
        assume=assume,
    )
    try:
        found = adopted_from(camera.xml, wanted)
    except ForeignInvalid as wrong:
        raise UsageProblem(f"{file}: {wrong}") from None
    sheet.write_text(found.camera, encoding="utf-8")
    if found.sensor:
        sensor.write_text(found.sensor, encoding="utf-8")
    written = load(str(sheet) if "/" in str(sheet) else f"./{sheet}")
    build(written.model_copy(update={"assume": True}))
    if as_json:
        print(json.dumps({"sheet": str(sheet), **found.row()}, indent=2))
    else:
        _tell(found, [sheet, *([sensor] if found.sensor else [])])


def _described(source: str) -> Described:
    """Return a description from a file, or a camera's own with its values and limits."""
    from camtwin.genicam.foreign import MAX_BYTES
    from camtwin.hosts.aravis import AravisDevice
    from camtwin.hosts.described import Described, described

    if not ADDRESS.fullmatch(source) or Path(source).exists():
        with Path(source).open("rb") as opened:
            return Described(opened.read(MAX_BYTES + 1))
    device = AravisDevice(source)
    try:
        return described(device, registers=True)
    finally:
        device.close()


def _given(settings: list[str]) -> dict[str, Value | str]:
    from camtwin.planner.value_dump import read

    given: dict[str, Value | str] = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageProblem(f"--set {text!r:.60}: write NAME=VALUE, such as Width.max=1936")
        given[name.strip()] = read(value.strip())
        if name.rpartition(".")[2] in ("min", "max", "inc") and isinstance(given[name.strip()], str):
            raise UsageProblem(f"--set {text!r:.60}: a limit is a number")
    return given


def _tell(found: Adopted, paths: list[Path]) -> None:
    from camtwin.report.terminal import DIM, hang, plain_console

    console = plain_console()
    for path in paths:
        console.print(f"wrote {path}", highlight=False)
    console.print(f"\n{len(found.behaves)} features behave", style="bold")
    hang(console, "  ", _some(found.behaves))
    console.print(f"\n{len(found.holds)} features hold what is written", style="bold")
    for why, names in _by_reason(found.holds).items():
        hang(console, "  ", f"{why}: {_some(names)}")
    if found.left_out:
        console.print(f"\n{len(found.left_out)} could not be taken over", style="bold")
        for why, names in _by_reason(found.left_out).items():
            hang(console, "  ", f"{why}: {_some(names)}")
    total = len(found.behaves) + len(found.holds)
    console.print(f"\n{found.placed} of {total} registers are where the camera has them", style="bold")
    for why, names in _by_reason(found.moved).items():
        hang(console, "  ", f"{why}: {_some(names)}", style=DIM)
    if found.unowned:
        hang(console, "  ", f"{found.unowned} more bytes, of no feature, hold what the camera had", style=DIM)
    if found.unknown:
        console.print(
            f"\n{len(found.unknown)} rows are unknown; the twin does not run until they are told",
            style="bold",
        )
        hang(
            console, "  ", ", ".join(f"{name} ({', '.join(words)})" for name, words in found.unknown.items())
        )
        hang(
            console,
            "",
            "next: write them into the sheet, give --values, --like or --set, or accept guesses: --assume",
        )
    else:
        hang(console, "", f"next: camtwin check {paths[0]}, then camtwin run {paths[0]}")


def _by_reason(reasons: Mapping[str, str]) -> dict[str, list[str]]:
    """Return names by the reason they share, the most frequent one first."""
    return {
        why: [name for name, one in reasons.items() if one == why]
        for why, _ in Counter(reasons.values()).most_common()
    }


def _some(names: list[str] | tuple[str, ...]) -> str:
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
