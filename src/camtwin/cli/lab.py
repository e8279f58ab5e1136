"""The laboratory: `lab emva` measures a twin, or images of any camera, by EMVA 1288."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from camtwin.cli.common import (
    SAVE,
    AsJson,
    Seed,
    Set,
    UsageProblem,
    app,
    command,
    models,
    text_of,
    writable,
)
from camtwin.cli.help import CHECK, HelpGroup

if TYPE_CHECKING:
    from numpy.typing import NDArray

lab = typer.Typer(
    name="lab",
    cls=HelpGroup,
    help="Measure cameras by the standard EMVA 1288.",
    epilog="camtwin lab emva baumer-vcxg-124m --quick",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(lab, rich_help_panel=CHECK)


@lab.callback()
def _lab() -> None:
    pass  # so that emva stays a command of its own


OF_MODEL, OF_FOLDER = "Measuring a model", "Measuring a folder of images"
"""Headings of the options for the one and the other."""


@command(
    "Commands",
    """
# In seconds, with 512 x 512 pixels; then in full, with plots
camtwin lab emva baumer-vcxg-124m --quick
camtwin lab emva ids-imx412 --html report.html
# Images of a real camera, compared with a data sheet
camtwin lab emva images/ --sheet ids-imx412
# What was measured becomes the data sheet of a sensor
camtwin lab emva images/ --sensor-sheet my-sensor.toml
""",
    of=lab,
)
def emva(
    what: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|FOLDER",
            help="Model, as `camtwin list` names it, a data sheet, FILE.toml, or a folder of images "
            "described by an emva1288.toml.",
            show_default=False,
            autocompletion=models,
        ),
    ],
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", help="Measure the middle 512 x 512 pixels only, in seconds.", rich_help_panel=OF_MODEL
        ),
    ] = False,
    settings: Set = None,
    temperature: Annotated[
        float | None,
        typer.Option(
            metavar="DEGC",
            help="Temperature of the sensor in degrees Celsius.  [default: the data sheet's]",
            show_default=False,
            rich_help_panel=OF_MODEL,
        ),
    ] = None,
    seed: Seed = 0,
    sheet: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Model whose data sheet the results are compared with.",
            show_default=False,
            rich_help_panel=OF_FOLDER,
            autocompletion=models,
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Write the measured images and their description to a new FOLDER.",
            show_default=False,
            rich_help_panel=OF_MODEL,
        ),
    ] = None,
    sensor_sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write a sensor's data sheet with the results to FILE.toml. With --sheet, what was not "
            "measured is like the sensor of that model.",
            show_default=False,
            rich_help_panel=SAVE,
        ),
    ] = None,
    as_json: AsJson = False,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write a report for web browsers to FILE.",
            show_default=False,
            rich_help_panel=SAVE,
        ),
    ] = None,
) -> None:
    """Measure sensitivity, noise, nonuniformity, dark current and spectrum by EMVA 1288, release 4.0.

    Each result has its standard error and stands beside the data sheet's value.
    """
    from camtwin import __version__
    from camtwin.emva1288 import page, results, shots
    from camtwin.emva1288.console import print_results
    from camtwin.emva1288.sensor_sheet import sensor_text
    from camtwin.models import has_twin, load, names
    from camtwin.report.terminal import plain_console
    from camtwin.verify.comparison import compare

    for path in filter(None, (html, sensor_sheet)):
        writable(path)
    if sensor_sheet and sensor_sheet.suffix != ".toml":
        raise UsageProblem(f"{sensor_sheet}: a data sheet's name ends with .toml")
    size = None
    if has_twin(what):
        if sheet:
            raise UsageProblem(
                f"--sheet {sheet} is for a folder of images: {what} has a data sheet of its own"
            )
        subject, taken, count, keep = _of_model(what, quick, seed, settings, temperature, save)
    else:
        for option, given in (("--quick", quick), ("--set", settings), ("--temperature", temperature),
                              ("--save", save)):  # fmt: skip
            if given:
                raise UsageProblem(
                    f"{option} is for a model, and {what} is none: there are {', '.join(names())}"
                )
        subject, taken = _of_folder(Path(what))
        size = next(iter(taken[0].images)).shape if sensor_sheet else None
        count, keep = sum(len(shot.images) for shot in taken), None  # type: ignore[arg-type]
    with _progress(count) as tick:
        found = results.results(subject, shots.reduced(subject, taken, tick))
    if keep:
        keep()
    name = sheet or subject.model
    told = compare(load(name), found) if sheet or has_twin(name) else None
    if sensor_sheet:
        like = load(name) if sheet or has_twin(name) else None
        rows, columns = size or (like.parameters.height, like.parameters.width) if like else size or (0, 0)
        text = sensor_text(found, width=columns, height=rows, like=like.sensor.name if like else "")
        sensor_sheet.write_text(text, encoding="utf-8")
    if html:
        html.write_text(page.html(found, told, __version__), encoding="utf-8")
    if as_json:
        sys.stdout.write(json.dumps(found.row(), indent=2) + "\n")
    else:
        print_results(plain_console(), found, told)


def _of_model(
    model: str, quick: bool, seed: int, settings: list[str] | None, degrees: float | None, save: Path | None
) -> Any:
    """Return subject, shots, the number of images, and what to call when all are taken (or None)."""
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
        raise UsageProblem(f"{save}: exists and is not an empty folder; name a new one")
    need, room = on.images * on.image_bytes, shutil.disk_usage(save.absolute().parent).free
    if need > room:
        raise UsageProblem(f"{save}: the images need {need / 1e9:.1f} GB, and {room / 1e9:.1f} GB are free")
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
    """Return subject and shots of a folder with a description, or a reference implementation's descriptor."""
    from camtwin.emva1288.folder import NAME, parse, parse_reference
    from camtwin.files import RawImages
    from camtwin.models import UnknownModel, names

    if not folder.is_dir():
        raise UnknownModel(f"{folder}: is neither a folder nor a model; models are {', '.join(names())}")
    read, text = parse, folder / NAME
    if not text.is_file():
        others = sorted(folder.glob("*.txt"))
        if len(others) != 1:
            raise UsageProblem(
                f"{folder}: holds neither {NAME} nor a single descriptor *.txt; see docs/emva1288.md"
            )
        read, text = parse_reference, others[0]
    return read(str(text), text_of(text), lambda name: RawImages(folder / name))


@contextmanager
def _progress(images: int) -> Iterator[Any]:
    """Show progress on stderr, if that is a terminal."""
    from camtwin.report.terminal import progress_bar

    with progress_bar() as bar:
        task = bar.add_task("images", total=images)
        yield lambda: bar.advance(task)
