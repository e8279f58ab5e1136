"""The laboratory: lab emva, which measures a twin, or images of a camera, after EMVA 1288."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from camtwin.cli.common import AsJson, Seed, Set, UsageProblem, app, text_of, writable

if TYPE_CHECKING:
    from numpy.typing import NDArray

lab = typer.Typer(
    name="lab", help="Measure cameras after EMVA 1288.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(lab)


@lab.callback()
def _lab() -> None:
    pass  # so that emva stays a command of its own


@lab.command()
def emva(
    what: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|FOLDER",
            help="A model of `camtwin list`, or a folder of images with their description, emva1288.toml.",
            show_default=False,
        ),
    ],
    quick: Annotated[
        bool, typer.Option("--quick", help="Of a model: 512 x 512 pixels in the middle; seconds.")
    ] = False,
    settings: Set = None,
    temperature: Annotated[
        float | None,
        typer.Option(metavar="DEGC", help="Of the sensor.  [default: the sheet's]", show_default=False),
    ] = None,
    seed: Seed = 0,
    sheet: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Of a folder: the data sheet to put beside.", show_default=False),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write the images that it measures.", show_default=False),
    ] = None,
    as_json: AsJson = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a report for a browser.", show_default=False)
    ] = None,
) -> None:
    """Measure sensitivity, noise, nonuniformity, dark current and spectrum after EMVA 1288, release 4.0.

    Numbers come with their standard errors, and beside those of the data sheet.
    """
    from camtwin import __version__
    from camtwin.emva1288 import page, results, shots, tell
    from camtwin.models import load, names
    from camtwin.report.terminal import plain_console
    from camtwin.verify.comparison import compare

    if html:
        writable(html)
    if what in names():
        if sheet:
            raise UsageProblem("--sheet is for a folder: a model has its own")
        subject, taken, count, keep = _of_model(what, quick, seed, settings, temperature, save)
    else:
        for option, given in (("--quick", quick), ("--set", settings), ("--temperature", temperature),
                              ("--save", save)):  # fmt: skip
            if given:
                raise UsageProblem(f"{option} is for a model, {what} is a folder")
        subject, taken = _of_folder(Path(what))
        count, keep = sum(len(shot.images) for shot in taken), None  # type: ignore[arg-type]
    with _progress(count) as tick:
        found = results.results(subject, shots.reduced(subject, taken, tick))
    if keep:
        keep()
    name = sheet or subject.model
    told = compare(load(name), found) if sheet or name in names() else None
    if html:
        html.write_text(page.html(found, told, __version__), encoding="utf-8")
    if as_json:
        sys.stdout.write(json.dumps(found.row(), indent=2) + "\n")
    else:
        tell.tell(plain_console(), found, told)


def _of_model(
    model: str, quick: bool, seed: int, settings: list[str] | None, degrees: float | None, save: Path | None
) -> Any:
    """Subject, shots, how many images they will have, and what is to be done when they have been taken."""
    import camtwin
    from camtwin import files
    from camtwin.emva1288 import bench
    from camtwin.emva1288.folder import NAME, REFERENCE, Saved
    from camtwin.models import load
    from camtwin.verify.comparison import device_under_test

    cam = camtwin.open(model, seed=seed, link_speed=None)
    on = bench.Bench(
        cam, device_under_test(load(model)), bench.QUICK if quick else bench.FULL, settings, degrees
    )
    if not save:
        return on.subject, on.shots(), on.images, None
    if save.exists() and (not save.is_dir() or any(save.iterdir())):
        raise UsageProblem(f"{save}: is there already, and is no empty folder")
    need, room = on.images * on.image_bytes, shutil.disk_usage(save.absolute().parent).free
    if need > room:
        raise UsageProblem(f"{save}: {need / 1e9:.1f} GB are needed, {room / 1e9:.1f} GB are free")
    save.mkdir(exist_ok=True)
    shapes: list[tuple[int, ...]] = []

    def write(name: str, image: NDArray[Any]) -> None:
        shapes[:] = [image.shape]
        files.save(save / name, image, on.subject.bits, {})

    saved = Saved(write)

    def keep() -> None:  # last: without it the folder is no set
        (save / NAME).write_text(saved.description(on.subject), encoding="utf-8")
        if not on.subject.mosaic:
            (save / REFERENCE).write_text(saved.reference(on.subject, shapes[0]), encoding="utf-8")

    return on.subject, saved.through(on.shots()), on.images, keep


def _of_folder(folder: Path) -> Any:
    """Subject and shots of the description in a folder; a reference implementation's descriptor will do."""
    from camtwin.emva1288.folder import NAME, parse, parse_reference
    from camtwin.files import load_raw
    from camtwin.models import UnknownModel, names

    if not folder.is_dir():
        raise UnknownModel(f"{folder}: neither a folder nor a model; models are {', '.join(names())}")
    read, text = parse, folder / NAME
    if not text.is_file():
        others = sorted(folder.glob("*.txt"))
        if len(others) != 1:
            raise UsageProblem(f"{folder}: there is no {NAME}, and no single descriptor *.txt")
        read, text = parse_reference, others[0]
    return read(str(text), text_of(text), lambda name: load_raw(folder / name))


@contextmanager
def _progress(images: int) -> Iterator[Any]:
    """How far it is, on stderr and on a terminal alone."""
    from camtwin.report.terminal import progress_bar

    with progress_bar() as bar:
        task = bar.add_task("images", total=images)
        yield lambda: bar.advance(task)
