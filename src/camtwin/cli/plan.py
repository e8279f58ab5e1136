"""Commands that check: verify a twin against its sheet, a wiring plan, a scenario, a lens."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from camtwin.cli.common import AsJson, Bind, Model, UsageProblem, UsbPort, addresses, app, text_of, writable

if TYPE_CHECKING:
    from camtwin.report.canvas import Canvas
    from camtwin.rig.scenario.live import LiveRun
    from camtwin.rig.scenario.schema import Scenario
    from camtwin.rig.wiring.judge import Finding

Draw = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Draw it: FILE.svg or FILE.png.", show_default=False),
]


@app.command()
def verify(
    model: Annotated[
        str,
        typer.Argument(help="A model of `camtwin list`, or a data sheet, FILE.toml.", show_default=False),
    ],
    only: Annotated[
        str, typer.Option(metavar="PATTERN", help="Rows whose id matches, `baumer.roi.*`, or contains it.")
    ] = "*",
    every: Annotated[bool, typer.Option("--all", help="Show what passes, too.")] = False,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0 is one a core.")] = 0,
    as_json: AsJson = False,
    html: Annotated[
        Path | None, typer.Option(help="Write a report for a browser.", show_default=False)
    ] = None,
    ledger: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The claims, FILE.tsv.  [default: those of the model]", show_default=False
        ),
    ] = None,
) -> None:
    """Measure the claims of a data sheet on the running twin; exit code 1 if one does not hold."""
    from camtwin.verify import claims, tables

    write = html and partial(writable(html).write_text, encoding="utf-8")
    rows = claims.parse(ledger.name, text_of(ledger)) if ledger else None
    workers = jobs or os.cpu_count() or 1
    raise typer.Exit(
        tables.verify(model, only, workers, every=every, as_json=as_json, write=write, ledger=rows)
    )


@app.command()
def wiring(
    plan: Annotated[Path, typer.Argument(help="A wiring plan, TOML.", show_default=False)],
    as_json: AsJson = False,
    draw: Draw = None,
) -> None:
    """Check a wiring plan without running it: each connection ok, marginal or wrong, and the fix.

    Exit code 1 if something is wrong."""
    from camtwin.rig import check, parse
    from camtwin.rig.wiring.diagram import drawn

    write = _writer(draw)
    known = parse(text_of(plan))
    report = check(known)
    write(partial(drawn, known, report))
    if as_json:
        rows = [finding.row() for finding in report.findings]
        print(json.dumps({"title": report.title, "verdict": report.verdict, "findings": rows}, indent=2))
    else:
        _tell(report.findings)
        print(f"{report.verdict}: {len(report.findings)} findings")
    raise typer.Exit(report.verdict == "wrong")


@app.command()
def play(
    scenario: Annotated[Path, typer.Argument(help="A scenario, TOML.", show_default=False)],
    as_json: AsJson = False,
    draw: Draw = None,
    show: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="MS MS", help="Draw this time only.", show_default=False),
    ] = None,
    step: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STEP",
            help='Let this happen, too: \'ms=500, do="unplug", socket="cam.data"\'; may be given again.',
            show_default=False,
        ),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="In wall time, for clients that find the cameras.")
    ] = False,
    bind: Bind = None,
    port: UsbPort = 3240,
    wait: Annotated[
        bool, typer.Option(help="Live: begin when clients stream from every camera that has power.")
    ] = True,
) -> None:
    """Play a scenario: twins, wires, and what happens to them; every frame accounted for.

    In virtual time, or live."""
    from camtwin.rig.scenario.diagram import diagram
    from camtwin.rig.scenario.play import play as in_virtual_time
    from camtwin.rig.scenario.schema import parse
    from camtwin.rig.scenario.steps import step_of

    write = _writer(draw)
    told = parse(text_of(scenario))
    if show:
        told = told.model_copy(update={"show_ms": show})
    told = told.model_copy(update={"timeline": (*told.timeline, *map(step_of, step or ()))})
    if bind and not live:
        raise UsageProblem("--bind is of --live: in virtual time no camera has an address")
    out = sys.stderr if as_json else sys.stdout
    played = _live(told, bind, port, wait, out) if live else in_virtual_time(told)
    write(partial(diagram, played))
    print(json.dumps(played.row(), indent=2) if as_json else "\n".join(played.lines()))


def _live(told: Scenario, bind: list[str] | None, port: int, wait: bool, out: TextIO) -> LiveRun:
    """The scenario as it happened; what happens is told on `out`."""
    from camtwin.cli.live import LiveLine
    from camtwin.rig.scenario.live import LiveRun

    count = sum(device.get("kind") == "camera" for device in told.plan.get("devices", {}).values())
    played = LiveRun(told, addresses(bind, count), port)
    line = LiveLine([cam.twin for cam in played.cams.values()], out=out)

    def ready(_: LiveRun) -> None:
        for name, cam in played.cams.items():
            twin = cam.twin
            said = "ready at" if twin.camera.powered else "without power at"
            print(
                f"{name}: {twin.sheet.title}, serial {twin.camera.serial}, {said} {played.at(name)}", file=out
            )
        waits = "the timeline begins when clients stream from each" if wait else "the timeline begins"
        print(f"{told.title or 'scenario'}: all are ready, {waits}", file=out, flush=True)
        line.begin()

    played.on_word.subscribe(lambda ms, words: line.say(f"{ms:10.3f} ms  {words}"))
    played.run(ready=ready, status=line.show, wait=wait)
    line.end()
    return played


@app.command("lens")
def lens_(
    model: Model,
    focal: Annotated[float, typer.Option(metavar="MM", help="Focal length.", show_default=False)],
    distance: Annotated[float, typer.Option(metavar="MM", help="From lens to object.", show_default=False)],
    f_number: Annotated[float, typer.Option("--f-number", metavar="N")] = 4.0,
    mount: Annotated[str, typer.Option(help="C-Mount, CS-Mount or M12.")] = "C-Mount",
    circle: Annotated[
        float | None, typer.Option(metavar="MM", help="Diameter of its image circle.", show_default=False)
    ] = None,
    speed: Annotated[float, typer.Option(metavar="MM/S", help="Of the object.")] = 0.0,
    exposure: Annotated[float, typer.Option(metavar="US")] = 4000.0,
    lux: Annotated[float, typer.Option(help="On a matt white object, green light.")] = 1000.0,
    as_json: AsJson = False,
) -> None:
    """Field of view, depth of field, motion blur and exposure with a lens, as on paper.

    Exit code 1 if the lens does not fit."""
    from camtwin.models import load
    from camtwin.planner.lens import lens_on

    seen = lens_on(load(model), focal, distance, f_number, mount, circle, speed, exposure, lux)
    if as_json:
        print(json.dumps(seen.row(), indent=2))
    else:
        _tell(seen.findings)
        print("\n".join(seen.lines()))
    raise typer.Exit(any(f.verdict == "wrong" for f in seen.findings))


def _writer(path: Path | None) -> Callable[[Callable[[], Canvas]], object]:
    """What writes a picture there, if anywhere; UsageProblem at once where it could not in the end."""
    from camtwin.report.canvas import WRITERS, encode

    if path is None:
        return lambda _: None
    if path.suffix.lower() not in WRITERS:
        raise UsageProblem(f"{path}: a picture ends with {' or '.join(WRITERS)}")
    writable(path)
    return lambda make: path.write_bytes(encode(make(), path.suffix))


def _tell(findings: Sequence[Finding]) -> None:
    """Print findings for people, each with what to do about it."""
    from camtwin.report.terminal import DIM, hang, plain_console
    from camtwin.rig.wiring.diagram import COLOURS

    console = plain_console()
    for finding in findings:
        limit = f" (limit {finding.limit})" if finding.limit and finding.verdict != "ok" else ""
        label, text = f"{finding.verdict:9}{finding.word:16}", f"{finding.where}: {finding.reason}{limit}"
        hang(console, label, text, label_style=COLOURS[finding.verdict])
        if finding.fix:
            hang(console, f"{'':{len(label)}}fix: ", finding.fix, label_style=DIM)
