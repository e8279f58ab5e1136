"""The command that takes many images at many settings: sweep."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camtwin.cli.common import SAVE, UsageProblem, command
from camtwin.cli.help import IMAGES

if TYPE_CHECKING:
    from camtwin.sweeps.api import Plan
    from camtwin.sweeps.run import Progress

WHERE = "Processes"
EXPORTS = ("coco",)


@command(
    IMAGES,
    """
camtwin sweep examples/sweeps/exposure.toml -o exposures
# Cells, images, bytes and minutes, before anything runs
camtwin sweep examples/sweeps/training.toml -o training --dry-run
# On a cluster of Dask whose workers share the folder, with a function of your own
camtwin sweep my.toml -o out --scheduler tls://10.0.0.5:8786 --call mine:sharpness
""",
)
def sweep(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="File of a sweep, FILE.toml: docs/sweeps.md.", show_default=False
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FOLDER",
            help="Folder for arrays, tables and the data card; cells that are there are not taken again.",
            show_default=False,
            rich_help_panel=SAVE,
        ),
    ],
    export: Annotated[
        str | None,
        typer.Option(
            metavar="FORM",
            help="Write the images again for a program: coco, with boxes and masks of printed codes.",
            show_default=False,
            rich_help_panel=SAVE,
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Print cells, images, bytes and minutes from a measured sample, and run nothing else.",
            rich_help_panel=SAVE,
        ),
    ] = False,
    call: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:NAME",
            help="Call a function of yours with the images of each cell; its numbers go into the table.",
            show_default=False,
            rich_help_panel=SAVE,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=1024,
            metavar="COUNT",
            help="Number of processes on this computer; 0: the command's own.  [default: one for each core]",
            show_default=False,
            rich_help_panel=WHERE,
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Address of a Dask scheduler, tls://HOST:PORT, whose workers take the cells.",
            show_default=False,
            rich_help_panel=WHERE,
        ),
    ] = None,
    dashboard: Annotated[
        bool,
        typer.Option(
            "--dashboard",
            help="Have Dask's web page about the processes, on this computer alone.",
            rich_help_panel=WHERE,
        ),
    ] = False,
) -> None:
    """Take images at many settings, in many scenes, with many cameras: arrays, files and a table.

    Each cell, one combination of settings, depends on nothing but what the file says. A sweep that is ended,
    by Ctrl-C or otherwise, goes on where it was when the command is given again.
    """
    if export not in (None, *EXPORTS):
        raise UsageProblem(f"--export {export}: is none of {', '.join(EXPORTS)}")
    if output.exists() and not output.is_dir():
        raise UsageProblem(f"{output}: is a file; name a folder")
    if not output.parent.is_dir():
        raise UsageProblem(f"{output}: there is no folder {output.parent}")
    try:
        import distributed  # noqa: F401
        import pyarrow  # noqa: F401
        import zarr  # noqa: F401

        from camtwin.sweeps import api, run
    except ModuleNotFoundError as missing:
        raise UsageProblem(f"{missing.name} is not installed; pip install 'camtwin[sweeps]'") from None
    plan = api.sweep(file, call=call)
    if export:
        from camtwin.sweeps import coco

        coco.check(plan)
    count = len(os.sched_getaffinity(0)) if workers is None else workers
    if dry_run:
        from camtwin.sweeps.estimate import estimate

        print(estimate(plan, output, count).line)
        return
    if scheduler and (warning := run.insecure(scheduler)):
        print(f"camtwin: {warning}", file=sys.stderr)
    _run(plan, output, count, scheduler, dashboard, export)


def _run(
    plan: Plan, output: Path, workers: int, scheduler: str | None, dashboard: bool, export: str | None
) -> None:
    from camtwin.report.terminal import progress_bar

    last = None
    with progress_bar() as bar:
        task = bar.add_task("starting", total=len(plan))

        def told(progress: Progress) -> None:
            nonlocal last
            last = progress
            bar.update(task, completed=progress.done, description=progress.line)

        result = plan.run(output, workers=workers, scheduler=scheduler, dashboard=dashboard, told=told)
    made, fresh = result.made, last.done - last.kept if last else 0
    rate = ""
    if last and last.bytes:
        rate = f", {last.bytes / 1e6:.1f} MB at {last.bytes / last.seconds / 1e6:.1f} MB/s"
    print(f"{output}: {made.done} cells, {made.frames} images; {fresh} cells were taken now{rate}")
    if export:
        from camtwin.sweeps import coco

        for path in coco.export(plan, result):
            print(path)
    if made.failed:
        table = result.table.select(["cell", "status", "reason"]).to_pylist()
        first = next(row for row in table if row["status"] == "failed")
        raise UsageProblem(f"{made.failed} cells failed; the first is {first['cell']}: {first['reason']}")
