"""Commands for data sheets of one's own: check, schema."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from camtwin.cli.common import AsJson, Model, command
from camtwin.cli.help import CHECK, LOOK

if TYPE_CHECKING:
    from camtwin.planner.sheet_check import Checked
    from camtwin.planner.sheet_diff import Difference


class Kind(StrEnum):
    """The kinds of data sheets that there is a schema of."""

    camera = "camera"
    sensor = "sensor"


@command(
    LOOK,
    """
# For editors: `#:schema ./camtwin.schema.json` is the first line of a sheet beside it
camtwin schema > camtwin.schema.json
camtwin schema sensor
""",
)
def schema(
    kind: Annotated[
        Kind, typer.Argument(metavar="KIND", help="Kind of data sheet: camera or sensor.")
    ] = Kind.camera,
) -> None:
    """Print the JSON Schema of data sheets, by which editors complete and check them."""
    from camtwin.camera.sheet_schema import json_schema

    print(json.dumps(json_schema(kind.value), indent=1))


@command(CHECK, "camtwin check baumer-vcxg-124m\ncamtwin check my-camera.toml --json")
def check(model: Model, as_json: AsJson = False) -> None:
    """Check a data sheet: what is missing, what is assumed, and what sizes and rates its twin has.

    Exit code 1 if a feature is missing that hosts ask each camera for.
    """
    from camtwin.planner.sheet_check import check as checked

    found = checked(model)
    if as_json:
        print(json.dumps(found.row(), indent=2))
    else:
        _tell(found)
    raise typer.Exit(bool(found.missing))


def _tell(found: Checked) -> None:
    from camtwin.camera.links import KINDS
    from camtwin.report.terminal import DIM, hang, plain_console

    console = plain_console()
    console.print(found.sheet.title, style="bold")
    hang(console, "", f"{found.sheet.sensor.title}, {KINDS[found.sheet.link].title}")
    console.print("\nMissing" if found.missing else "\nNothing is missing", style="bold")
    for what in found.missing:
        hang(console, "  ", what)
    for what in found.not_beside:
        hang(console, "  not there: ", what, style=DIM)
    console.print(f"\nAssumed: {len(found.assumed)} rows; {found.sourced} have a source", style="bold")
    if found.to_fill:
        console.print(f"\nSources to fill: {len(found.to_fill)} rows", style="bold")
    for of, fact in found.to_fill:
        hang(console, f"  {of}: {fact.path}  ", fact.source, style=DIM)
    width = max((len(fact.path) for _, fact in found.assumed), default=0)
    for _, fact in found.assumed:
        hang(console, f"  {fact.path:{width}}  ", fact.source, style=DIM)
    console.print("\nThe twin, at full size with the shortest exposure", style="bold")
    for rate in found.rates:
        size = f"{rate.payload_bytes} bytes" if rate.payload_bytes else ""
        console.print(
            f"  {rate.pixel_format:12} {size:>16} {rate.fps:10.2f} frames/s, limited by {rate.limited_by}"
        )


@command(LOOK, "camtwin diff baumer-vcxg-124m my-camera.toml")
def diff(
    one: Model,
    other: Annotated[
        str,
        typer.Argument(metavar="OTHER", help="Model to compare with, or a data sheet.", show_default=False),
    ],
    as_json: AsJson = False,
) -> None:
    """Compare two models: numbers of their sheets, features with limits and entries, and frame rates.

    Exit code 1 if they differ.
    """
    from camtwin.planner.sheet_diff import differences

    _tell_differences(differences(one, other), as_json=as_json)


@command(
    LOOK,
    """
# The camera at this address beside its twin
camtwin compare 192.168.1.20 baumer-vcxg-124m
camtwin compare 192.168.1.20 my-camera.toml --frames 0 --json
""",
)
def compare(
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="Address or id of the camera, as Aravis finds it.")
    ],
    model: Model,
    frames: Annotated[
        int,
        typer.Option(
            min=0, max=10_000, metavar="N", help="Frames that the camera takes to measure its rate."
        ),
    ] = 20,
    as_json: AsJson = False,
) -> None:
    """Compare a real camera with a twin: features, access, selectors, entries, limits, and the frame rate.

    The twin takes the camera's present settings first. Needs Aravis (Debian: libaravis-0.8-0). Exit code 1 if
    they differ.
    """
    from camtwin.hosts.aravis import AravisDevice
    from camtwin.planner.compare import compare as compared

    device = AravisDevice(address)
    try:
        found = compared(device, model, frames=frames)
    finally:
        device.close()
    _tell_differences(found, as_json=as_json)


def _tell_differences(found: list[Difference], *, as_json: bool) -> None:
    from camtwin.report.terminal import DIM, hang, plain_console

    if as_json:
        print(json.dumps([{"what": d.what, "one": d.one, "other": d.other} for d in found], indent=2))
    else:
        console = plain_console()
        for each in found:
            hang(console, "", each.what, style="bold")
            hang(console, "  ", each.one)
            hang(console, "  ", each.other)
        hang(console, "", f"{len(found)} differences", style=DIM)
    raise typer.Exit(bool(found))
