"""The command line: `camtwin list | show | xml | run | snap | demo`.

Everything is imported where it is used, so that `camtwin --help` answers at once. What goes wrong is told in
one line on stderr, with exit code 2.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

T = TypeVar("T")


class UsageProblem(Exception):
    """An argument that cannot be used; one line that names it."""


app = typer.Typer(
    name="camtwin",
    help="Digital twins of machine-vision cameras, true to their data sheets.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

SCENES = "What the twin looks at: chart, flat, flat:PHOTONS_PER_S@NM, dark, an image file, or pan:SCENE."
Model = Annotated[str, typer.Argument(help="A model of `camtwin list`.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SceneSpec = Annotated[str, typer.Option("--scene", help=SCENES, metavar="SPEC")]
Seed = Annotated[int, typer.Option(min=0, max=2**64 - 1, help="Of noise and fixed pattern.")]
Serial = Annotated[
    str | None, typer.Option(help="Serial number; made from the seed if not given.", show_default=False)
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Write a feature first; may be given again.", show_default=False
    ),
]
Speed = Annotated[
    str, typer.Option("--link-speed", metavar="SPEED", help="Of the modelled link: 100M, 1G, 10G, unlimited.")
]


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the cameras there are twins of."""
    from camtwin.models import load, names

    sheets = [load(name) for name in names()]
    rows = [{"model": s.name, "title": s.title, "sensor": s.sensor.title, "link": s.link} for s in sheets]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        print(f"{row['model']:24}{row['title']:24}{row['sensor']:16}{row['link']}")


@app.command()
def show(
    model: Model,
    assumptions: Annotated[bool, typer.Option("--assumptions", help="Only what no source says.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a data sheet: every number, and where it comes from."""
    from camtwin.models import load

    sheet = load(model)
    facts = [
        {
            "sheet": name,
            "entry": f.path,
            "value": f.value,
            "unit": f.unit,
            "assumed": f.assumed,
            "source": f.source,
        }
        for name, part in ((sheet.name, sheet.facts), (sheet.sensor.title, sheet.sensor.facts))
        for f in part
        if f.assumed or not assumptions
    ]
    if as_json:
        document = {"model": sheet.name, "document": sheet.document, "facts": facts}
        print(json.dumps(document, indent=2))
        return
    print(
        f"{sheet.title}: {sheet.sensor.title}, {sheet.link}. Source, where none is named: {sheet.document}."
    )
    for fact in facts:
        value = fact["value"]
        said = (
            ", ".join(f"{k} {v}" for k, v in value.items())
            if isinstance(value, dict)
            else f"{value} {fact['unit']}"
        )
        mark = "assumed: " if fact["assumed"] else ""
        print(f"\n{fact['sheet']}  {fact['entry']}\n  {said.strip()}\n  {mark}{fact['source']}")


@app.command()
def xml(model: Model) -> None:
    """Print the GenICam description that a host reads from the twin."""
    from camtwin.models import load
    from camtwin.twins import build

    sys.stdout.write(build(load(model)).camera.xml)


@app.command()
def snap(
    model: Model,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="FILE.tiff, .png or .npy.", show_default=False)
    ],
    count: Annotated[
        int, typer.Option("-n", min=1, help="Frames; FILE-0001, FILE-0002, ... for several.")
    ] = 1,
    settings: Set = None,
    scene: SceneSpec = "chart",
    seed: Seed = 0,
    serial: Serial = None,
    link_speed: Speed = "1G",
) -> None:
    """Take pictures in process and write them, with settings and seed in their metadata."""
    from camtwin import files

    files.writer(output)  # an unknown ending is told before the first frame
    cam = _session(model, scene, seed, serial, settings, link_speed)
    tree = cam.twin.camera.tree
    for number, frame in enumerate(cam.frames(count), 1):
        path = files.numbered(output, number, count)
        metadata = {
            "model": model,
            "serial": cam.twin.camera.serial,
            "seed": seed,
            "scene": scene,
            "frame_id": frame.frame_id,
            "timestamp_ns": frame.timestamp_ns,
            "settings": tree.shown(frame.settings),
        }
        from camtwin.pixels.formats import FORMATS

        files.save(path, frame.image, FORMATS[frame.settings.PixelFormat].bits, metadata)
        print(path)


def _session(
    model: str, scene: str, seed: int, serial: str | None, settings: list[str] | None, link_speed: str
) -> Any:
    """A twin in process, looking at the scene, with the features written."""
    import camtwin
    from camtwin.files import load_picture
    from camtwin.twins.assembly import bits_per_s

    cam = camtwin.open(
        model,
        scene=_user(camtwin.scene.parse, scene, load_picture),
        seed=seed,
        serial=serial,
        link_speed=_user(bits_per_s, link_speed),
    )
    for text in settings or ():
        cam.set(text)
    return cam


def _user(read: Callable[..., T], *said: Any) -> T:
    """What a user wrote, read; a ValueError is told as the user's."""
    try:
        return read(*said)
    except ValueError as error:
        raise UsageProblem(str(error)) from None


def fail(message: object) -> NoReturn:
    """Say what went wrong and end."""
    print(f"camtwin: {message}", file=sys.stderr)
    sys.exit(2)


def main() -> None:
    """Run the command line; known problems become one line and exit code 2."""
    try:
        app()
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)
    except Exception as problem:
        if not _expected(problem):
            raise
        fail(problem)


def _expected(problem: Exception) -> bool:
    """Is this something a user did, rather than a mistake of ours? Only asked once something went wrong."""
    from camtwin.files import FileProblem
    from camtwin.genicam import Refused
    from camtwin.genicam.tree import NoSuchFeature
    from camtwin.links.memory import NoFrame
    from camtwin.models import SheetInvalid

    return isinstance(problem, (FileProblem, NoFrame, NoSuchFeature, Refused, SheetInvalid, UsageProblem))


if __name__ == "__main__":
    main()
