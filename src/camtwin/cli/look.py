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
    """List the models that have a twin, with their sensors and links."""
    from camtwin.camera.links import KINDS
    from camtwin.models import load, names

    sheets = [load(name) for name in names()]
    rows = [{"model": s.name, "title": s.title, "sensor": s.sensor.title, "link": s.link} for s in sheets]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'Model':20}{'Camera':20}{'Sensor':20}Link")
    for sheet in sheets:
        print(f"{sheet.name:20}{sheet.title:20}{sheet.sensor.title:20}{KINDS[sheet.link].title}")


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
