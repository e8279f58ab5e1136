"""Commands that check and plan: verify, wiring, play and lens."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from camtwin.cli.common import (
    SAVE,
    TIME,
    AsJson,
    Bind,
    Model,
    UsageProblem,
    UsbPort,
    addresses,
    command,
    drawing_writer,
    models,
    parsed,
    writable,
)
from camtwin.cli.help import CHECK

if TYPE_CHECKING:
    from camtwin.rig.scenario.live import LiveRun
    from camtwin.rig.scenario.schema import Scenario
    from camtwin.rig.wiring.judge import Finding

Draw = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Draw the plan to FILE.svg or FILE.png.",
        show_default=False,
        rich_help_panel=SAVE,
    ),
]


@command(
    CHECK,
    """
camtwin verify baumer-vcxg-124m
# Some of its claims, with those that pass
camtwin verify baumer-vcxg-124m --all --only "baumer.roi.*"
# A camera of your own
camtwin verify camera.toml --ledger camera.tsv
""",
)
def verify(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|FILE",
            help="Model, as `camtwin list` names it, or a data sheet, FILE.toml.",
            show_default=False,
            autocompletion=models,
        ),
    ],
    only: Annotated[
        str, typer.Option(metavar="PATTERN", help="Check claims whose id matches PATTERN or contains it.")
    ] = "*",
    every: Annotated[
        bool, typer.Option("--all", help="Show claims that pass, too.", rich_help_panel=SAVE)
    ] = False,
    jobs: Annotated[
        int, typer.Option(min=0, metavar="N", help="Number of processes; 0: one per processor core.")
    ] = 0,
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
    ledger: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Ledger with the claims to check, FILE.tsv.  [default: the model's]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check the claims of a data sheet by measuring them on the twin.

    Exit code 1 if a claim does not hold.
    """
    from camtwin.verify import claims, tables

    write = html and partial(writable(html).write_text, encoding="utf-8")
    rows = parsed(ledger, partial(claims.parse, ledger.name)) if ledger else None
    workers = jobs or os.cpu_count() or 1
    raise typer.Exit(
        tables.verify(model, only, workers, every=every, as_json=as_json, write=write, ledger=rows)
    )


@command(
    CHECK,
    """
camtwin wiring examples/wiring/plc-trigger-and-flash.toml
camtwin wiring examples/wiring/npn-sensor.toml --draw plan.svg
""",
)
def wiring(
    plan: Annotated[
        Path, typer.Argument(metavar="PLAN", help="Wiring plan to check, FILE.toml.", show_default=False)
    ],
    as_json: AsJson = False,
    draw: Draw = None,
) -> None:
    """Check a wiring plan: which connections are ok, marginal or wrong, and how to fix them.

    Nothing runs: volts and currents are computed from the plan and the data sheets. Of a scenario its plan
    is checked. Exit code 1 if a connection is wrong.
    """
    from camtwin.rig import check, parse
    from camtwin.rig.wiring.diagram import drawn

    write = drawing_writer(draw)
    known = parsed(plan, parse)
    report = check(known)
    write(partial(drawn, known, report))
    if as_json:
        rows = [finding.row() for finding in report.findings]
        print(json.dumps({"title": report.title, "verdict": report.verdict, "findings": rows}, indent=2))
    else:
        _tell(report.findings)
        print(f"{report.verdict}: {len(report.findings)} findings")
    raise typer.Exit(report.verdict == "wrong")


@command(
    CHECK,
    """
camtwin play examples/scenarios/plc-two-cameras.toml --draw timing.svg
# With running clients, and the data cable unplugged after half a second
camtwin play examples/scenarios/plc-two-cameras.toml --live --step 'ms=500, do="unplug", socket="cam.data"'
""",
)
def play(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO", help="Scenario to play, FILE.toml.", show_default=False)
    ],
    as_json: AsJson = False,
    draw: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw a timing diagram to FILE.svg or FILE.png.",
            show_default=False,
            rich_help_panel=SAVE,
        ),
    ] = None,
    show: Annotated[
        tuple[float, float] | None,
        typer.Option(
            metavar="BEGIN END",
            help="Part of the time to draw, in milliseconds.",
            show_default=False,
            rich_help_panel=SAVE,
        ),
    ] = None,
    step: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STEP",
            help="Add a step to the timeline, written as in the file. Repeat for several steps.",
            show_default=False,
            rich_help_panel=TIME,
        ),
    ] = None,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Play in real time, with cameras that other programs find.  [default: in virtual time]",
            rich_help_panel=TIME,
        ),
    ] = False,
    bind: Bind = None,
    port: UsbPort = 3240,
    wait: Annotated[
        bool,
        typer.Option(
            help="With --live: start the timeline when clients stream from every powered camera.",
            rich_help_panel=TIME,
        ),
    ] = True,
) -> None:
    """Play a scenario of cameras, wiring and faults, and account for every frame.

    Each frame is reported as delivered, skipped, or lost with the reason. docs/faults.md lists the steps.
    Exit code 1 if a step or a setting was refused, a connection went wrong, or a camera is without power at
    the end.
    """
    from camtwin.rig.scenario.diagram import diagram
    from camtwin.rig.scenario.play import play as in_virtual_time
    from camtwin.rig.scenario.schema import parse
    from camtwin.rig.scenario.steps import step_of

    write = drawing_writer(draw)
    known = parsed(scenario, parse)
    if show:
        known = known.model_copy(update={"show_ms": show})
    known = known.model_copy(update={"timeline": (*known.timeline, *map(step_of, step or ()))})
    if bind and not live:
        raise UsageProblem("--bind needs --live: in virtual time cameras have no address")
    out = sys.stderr if as_json else sys.stdout
    played = _live(known, bind, port, wait, out) if live else in_virtual_time(known)
    write(partial(diagram, played))
    print(json.dumps(played.row(), indent=2) if as_json else "\n".join(played.lines()))
    raise typer.Exit(played.verdict == "wrong")


def _live(scenario: Scenario, bind: list[str] | None, port: int, wait: bool, out: TextIO) -> LiveRun:
    """Play a scenario in real time and print what happens to `out`."""
    from camtwin.cli.live import LiveLine
    from camtwin.rig.scenario.live import LiveRun

    count = sum(device.get("kind") == "camera" for device in scenario.plan.get("devices", {}).values())
    played = LiveRun(scenario, addresses(bind, count), port)
    line = LiveLine([cam.twin for cam in played.cams.values()], out=out)

    def ready(_: LiveRun) -> None:
        for name, cam in played.cams.items():
            twin = cam.twin
            state = "ready at" if twin.camera.powered else "without power at"
            print(
                f"{name}: {twin.sheet.title}, serial {twin.camera.serial}, {state} {played.at(name)}",
                file=out,
            )
        waits = "the timeline starts when clients stream from each" if wait else "the timeline starts"
        print(f"{scenario.title or 'scenario'}: all cameras are ready, {waits}", file=out, flush=True)
        line.begin()

    played.on_word.subscribe(lambda ms, words: line.say(f"{ms:10.3f} ms  {words}"))
    played.run(ready=ready, status=line.show, wait=wait)
    line.end()
    return played


@command(
    CHECK,
    """
camtwin lens baumer-vcxg-124m --focal 25 --distance 500
# The lens that shows 200 mm at half a metre; a telecentric one
camtwin lens baumer-vcxg-124m --field 200 --distance 500
camtwin lens baumer-vcxg-124m --magnification 0.2 --f-number 8
# Motion blur of an object that moves at 100 mm/s
camtwin lens baumer-vcxg-124m --focal 25 --distance 500 --speed 100 --exposure 2000
""",
    "lens",
)
def lens_(
    model: Model,
    focal: Annotated[
        float | None, typer.Option(metavar="MM", help="Focal length of the lens in mm.", show_default=False)
    ] = None,
    field: Annotated[
        float | None,
        typer.Option(
            metavar="MM",
            help="Width of the field of view in mm, instead of a focal length, which is computed.",
            show_default=False,
        ),
    ] = None,
    magnification: Annotated[
        float | None,
        typer.Option(
            metavar="M",
            help="Magnification of a telecentric lens, instead of a focal length.",
            show_default=False,
        ),
    ] = None,
    distance: Annotated[
        float | None,
        typer.Option(metavar="MM", help="Distance from the lens to the object in mm.", show_default=False),
    ] = None,
    f_number: Annotated[
        float,
        typer.Option(
            "--f-number", metavar="N", help="F-number of the aperture; of a telecentric lens the working one."
        ),
    ] = 4.0,
    mount: Annotated[
        str, typer.Option(metavar="NAME", help="Mount of the lens: C-Mount, CS-Mount or M12.")
    ] = "C-Mount",
    circle: Annotated[
        float | None,
        typer.Option(metavar="MM", help="Diameter of the image circle in mm.", show_default=False),
    ] = None,
    speed: Annotated[float, typer.Option(metavar="MM/S", help="Speed of the object in mm/s.")] = 0.0,
    exposure: Annotated[float, typer.Option(metavar="US", help="Exposure time in microseconds.")] = 4000.0,
    lux: Annotated[
        float, typer.Option(metavar="LX", help="Illuminance of a matt white object in lux, green light.")
    ] = 1000.0,
    as_json: AsJson = False,
) -> None:
    """Compute field of view, depth of field, motion blur and exposure with a lens.

    Give its focal length, the field of view that it must have, or the magnification of a telecentric lens.
    Exit code 1 if the lens does not fit the camera.
    """
    from camtwin.models import load
    from camtwin.planner.lens import Lens, Telecentric, focal_for, lens_on

    sheet = load(model)
    if sum(each is not None for each in (focal, field, magnification)) != 1:
        raise UsageProblem("give one of --focal, --field and --magnification")
    if magnification is not None:
        lens = Telecentric(magnification, f_number, mount, image_circle_mm=circle)
    elif distance is None:
        raise UsageProblem("--distance is missing: the distance from the lens to the object in mm")
    else:
        focal = focal_for(sheet.parameters, field, distance) if field is not None else focal
        lens = Lens(focal or 0.0, f_number, mount, image_circle_mm=circle)
    seen = lens_on(sheet, lens, distance or 0.0, speed, exposure, lux)
    if as_json:
        print(json.dumps(seen.row(), indent=2))
    else:
        _tell(seen.findings)
        print("\n".join(seen.lines()))
    raise typer.Exit(any(f.verdict == "wrong" for f in seen.findings))


def _tell(findings: Sequence[Finding]) -> None:
    """Print findings for people, each with its fix."""
    from camtwin.report.terminal import DIM, hang, plain_console
    from camtwin.rig.wiring.diagram import COLOURS

    console = plain_console()
    for finding in findings:
        limit = f" (limit {finding.limit})" if finding.limit and finding.verdict != "ok" else ""
        label, text = f"{finding.verdict:9}{finding.word:16}", f"{finding.where}: {finding.reason}{limit}"
        hang(console, label, text, label_style=COLOURS[finding.verdict])
        if finding.fix:
            hang(console, f"{'':{len(label)}}fix: ", finding.fix, label_style=DIM)
