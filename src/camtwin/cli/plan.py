"""Commands that check: verify a twin against its sheet, a wiring plan, a scenario, a lens."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from camtwin.cli.common import AsJson, Model, UsageProblem, app


@app.command()
def verify(
    model: Model,
    only: Annotated[
        str, typer.Option(metavar="PATTERN", help="Rows whose id matches, `baumer.roi.*`, or contains it.")
    ] = "*",
    every: Annotated[bool, typer.Option("--all", help="Show what passes, too.")] = False,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0 is one a core.")] = 0,
    as_json: AsJson = False,
    html: Annotated[
        Path | None, typer.Option(help="Write a report for a browser.", show_default=False)
    ] = None,
    mutations: Annotated[
        bool,
        typer.Option("--mutations", help="Instead, prove the checks: each on twins with one thing wrong."),
    ] = False,
) -> None:
    """Measure the claims of a data sheet on the running twin; exit code 1 if one does not hold."""
    from camtwin.lab import tables

    if html and not html.parent.is_dir():  # told before two minutes of work
        raise UsageProblem(f"{html}: there is no such folder")
    jobs = jobs or os.cpu_count() or 1
    if mutations:
        raise typer.Exit(tables.mutations(model, only, jobs))
    write = html and partial(html.write_text, encoding="utf-8")
    raise typer.Exit(tables.verify(model, only, jobs, every=every, as_json=as_json, write=write))


@app.command()
def wiring(
    plan: Annotated[Path, typer.Argument(help="A wiring plan, TOML.", show_default=False)],
    as_json: AsJson = False,
    svg: Annotated[Path | None, typer.Option(help="Draw the plan.", show_default=False)] = None,
) -> None:
    """Check a wiring plan without running it: each connection ok, marginal or wrong, and the fix.

    Exit code 1 if something is wrong."""
    from camtwin.rig import check, parse
    from camtwin.rig.drawing import svg as drawn

    known = parse(_text(plan))
    report = check(known)
    if svg:
        svg.write_text(drawn(known, report), encoding="utf-8")
    if as_json:
        rows = [finding.row() for finding in report.findings]
        print(json.dumps({"title": report.title, "verdict": report.verdict, "findings": rows}, indent=2))
    else:
        for finding in report.findings:
            limit = f" (limit {finding.limit})" if finding.limit and finding.verdict != "ok" else ""
            print(f"{finding.verdict:9}{finding.word:16}{finding.where}: {finding.reason}{limit}")
            if finding.fix:
                print(f"{'':25}fix: {finding.fix}")
        print(f"{report.verdict}: {len(report.findings)} findings")
    raise typer.Exit(report.verdict == "wrong")


@app.command()
def play(
    scenario: Annotated[Path, typer.Argument(help="A scenario, TOML.", show_default=False)],
    as_json: AsJson = False,
    svg: Annotated[
        Path | None, typer.Option(help="Draw the timing of lines and frames.", show_default=False)
    ] = None,
) -> None:
    """Play a scenario in virtual time: twins, wires, and what happens to them; every frame accounted for."""
    from camtwin.rig import scenario as scenarios
    from camtwin.rig.timing import svg as drawn

    played = scenarios.play(scenarios.parse(_text(scenario)))
    if svg:
        svg.write_text(drawn(played), encoding="utf-8")
    print(json.dumps(played.row(), indent=2) if as_json else "\n".join(played.lines()))


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
    from camtwin.rig import lens_on

    seen = lens_on(load(model), focal, distance, f_number, mount, circle, speed, exposure, lux)
    if as_json:
        print(json.dumps(seen.row(), indent=2))
    else:
        print("\n".join(seen.lines()))
    raise typer.Exit(any(f.verdict == "wrong" for f in seen.findings))


def _text(path: Path) -> str:
    """What a file says, of a size that people write."""
    if path.stat().st_size > 1 << 20:
        raise UsageProblem(f"{path}: longer than 1 MiB")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageProblem(f"{path}: no UTF-8 text: {error.reason}") from None
