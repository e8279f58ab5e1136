"""Commands that show models: list, show, xml."""

from __future__ import annotations

import json
import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from camtwin.cli.common import AsJson, Model, command
from camtwin.cli.help import LOOK


@command(LOOK, "camtwin list\ncamtwin list --json", "list")
def list_models(as_json: AsJson = False) -> None:
    """List the models that have a twin, with their sensors and links, and where each data sheet is.

    Data sheets of your own are found in the folders of CAMTWIN_SHEETS, in your data folder and in packages
    that bring some; one that lies elsewhere is named by its path, ./my-camera.toml.
    """
    from camtwin.camera.links import KINDS
    from camtwin.models import SheetInvalid, cameras, load, shelves

    rows: list[dict[str, str]] = []
    for name, (place, shelf) in cameras().items():
        row = {"model": name, "title": "", "sensor": "", "link": "", "from": shelf.origin, "sheet": place}
        try:
            sheet = load(place)
            row |= {"title": sheet.title, "sensor": sheet.sensor.title, "link": sheet.link}
        except SheetInvalid as wrong:
            row["problem"] = str(wrong)
        rows.append(row)
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    wide, title, sensor = (
        max(20, *(len(row[key]) + 2 for row in rows)) for key in ("model", "title", "sensor")
    )
    print(f"{'Model':{wide}}{'Camera':{title}}{'Sensor':{sensor}}{'Link':16}From")
    for row in rows:
        if "problem" in row:
            print(f"{row['model']:{wide}}cannot be used: {row['problem']}")
            continue
        link = KINDS[row["link"]].title
        print(f"{row['model']:{wide}}{row['title']:{title}}{row['sensor']:{sensor}}{link:16}{row['from']}")
    own = [shelf for shelf in shelves() if shelf.folder]
    print("\nData sheets of your own are looked for in")
    for shelf in own:
        print(f"  {shelf.folder} ({shelf.origin})")


@command(
    LOOK,
    """
camtwin show baumer-vcxg-124m
# Values that no data sheet gives
camtwin show baumer-vcxg-124m --assumptions
""",
)
def show(
    model: Model,
    assumptions: Annotated[
        bool, typer.Option("--assumptions", help="Show only values that are assumed, for lack of a source.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show a model's data sheet: every value with its source."""
    from camtwin.models import load

    sheet = load(model)
    parts = (
        (sheet.name, sheet.facts),
        (sheet.name, sheet.rig.facts if sheet.rig else ()),
        (sheet.sensor.title, sheet.sensor.facts),
    )
    wanted = [(name, [f for f in facts if f.assumed or not assumptions]) for name, facts in parts]
    facts = [
        {
            "sheet": name,
            "entry": f.path,
            "value": f.value,
            "unit": f.unit,
            "assumed": f.assumed,
            "source": f.source,
        }
        for name, part in wanted
        for f in part
    ]
    if as_json:
        document = {"model": sheet.name, "document": sheet.document, "facts": facts}
        print(json.dumps(document, indent=2))
        return
    from camtwin.cli import datasheet

    (_, camera), (_, rig), (_, sensor) = wanted
    datasheet.tell(sheet, [*camera, *rig], sensor)


@command(LOOK, "camtwin xml baumer-vcxg-124m > baumer.xml")
def xml(model: Model) -> None:
    """Print the GenICam XML that a host reads from the camera."""
    from camtwin.models import load
    from camtwin.twins import build

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # which the description says that it is in
    sys.stdout.write(build(load(model)).camera.xml)
