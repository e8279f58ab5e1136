"""The command that plans frame rates: plan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from camtwin.cli.common import AsJson, Set, UsageProblem, command, models, user
from camtwin.cli.help import CHECK

if TYPE_CHECKING:
    from camtwin.planner.bandwidth import Share, Shared
    from camtwin.planner.limits import Change, Limit, Rates
    from camtwin.session.session import Session

BY_NAME = "cam"


@command(
    CHECK,
    """
camtwin plan baumer-vcxg-124m --set Width=2048 --set PixelFormat=Mono12 --fps 20
# Two cameras on one gigabit link
camtwin plan baumer-vcxg-124m baumer-vcxg-124m --link 1G
# A sensor module: controls of its driver
camtwin plan framos-fsm-imx412 --set sensor_mode=3
""",
    "plan",
)
def plan_(
    model: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL",
            help="Models, as `camtwin list` names them, or paths of data sheets; several share one link.",
            show_default=False,
            autocompletion=models,
        ),
    ],
    settings: Set = None,
    fps: Annotated[
        float | None,
        typer.Option("--fps", metavar="HZ", min=0.001, help="Frame rate to reach.", show_default=False),
    ] = None,
    link: Annotated[
        str | None,
        typer.Option(
            metavar="SPEED",
            help="Speed of the link that several cameras share, in bits per second: 1G, 10G; for USB 480M or "
            "5G.  [default: the fastest camera's]",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute what limits a frame rate, what would raise it, and how cameras share a link.

    Nothing runs. Of several cameras each is told how it is kept to its part of the link. Exit code 1 if the
    rate of --fps is not reached, or the link does not carry all cameras.
    """
    if len(model) > 1:
        answer = _shared(model, settings or [], link, fps)
        print(json.dumps(answer.row(), indent=2) if as_json else "\n".join(_of_link(answer)))
        raise typer.Exit(not answer.fits)
    if link is not None:
        raise UsageProblem("--link is for several cameras; name another MODEL")
    from camtwin.models import load
    from camtwin.planner.rates import plan

    rates = plan(model[0], settings or (), fps)
    row = {"model": load(model[0]).name, **rates.row()}
    print(json.dumps(row, indent=2) if as_json else "\n".join(_of_one(load(model[0]).title, rates)))
    raise typer.Exit(fps is not None and not rates.reaches)


def _shared(names: list[str], settings: list[str], link: str | None, fps: float | None) -> Shared:
    import camtwin
    from camtwin.models import load
    from camtwin.planner.bandwidth import shared
    from camtwin.planner.modules import is_module
    from camtwin.twins.assembly import bits_per_s, timing

    sheets = [load(name) for name in names]
    for sheet in sheets:
        if is_module(sheet):
            raise UsageProblem(f"{sheet.name}: a sensor module has lanes of its own and shares no link")
    bits = None if link is None else user(bits_per_s, link)
    whole = bits and user(timing, sheets[0], bits).bytes_per_s
    cams: dict[str, Session] = {}
    for number, name in enumerate(names, 1):
        cams[f"{BY_NAME}{number}"] = cam = camtwin.open(name, render=False)
        for text in settings:
            cam.set(text)
    return shared(cams, whole, fps)


def _of_one(title: str, rates: Rates) -> list[str]:
    """Return a camera's limits and changes as lines for people."""
    lines = [f"{title}: {rates.sentence}"]
    lines += [_limit(limit, limit.name in rates.longest) for limit in rates.limits]
    if rates.wanted_Hz is not None and rates.reaches:
        return [*lines, f"{rates.wanted_Hz:g} fps are reached"]
    if not rates.changes:
        return [*lines, "No one or two settings would give more"]
    lines.append("For more frames:" if rates.wanted_Hz is None else f"For {rates.wanted_Hz:g} fps:")
    for change in rates.changes:
        lines += _change(change, rates.wanted_Hz)
    return lines


def _limit(limit: Limit, longest: bool) -> str:
    mark = ">" if longest else " "
    period = f"{limit.period_ns / 1e6:10.3f} ms {1e9 / limit.period_ns:9.2f} fps" if limit.period_ns else ""
    return f"{mark} {limit.name:22}{period:27}  {limit.text}"


def _change(change: Change, wanted_Hz: float | None) -> list[str]:
    mark = ">" if wanted_Hz is not None and change.fps >= wanted_Hz else " "
    settings = " ".join(f"{name}={value}" for name, value in change.settings.items())
    cost = f"{change.cost}; " if change.cost else ""
    return [f"{mark} {change.fps:9.2f} fps  {settings}", f"{'':15}{cost}then the {change.then} limits"]


def _of_link(answer: Shared) -> list[str]:
    """Return the shares of a link as lines for people."""
    lines = [answer.sentence]
    for share in answer.shares:
        lines += _share(share, answer.bytes_per_s)
    if answer.fits:
        lines.append("Frames that leave at the same moment still wait for one another.")
    return lines


def _share(share: Share, whole: float) -> list[str]:
    text = f"  {share.name} {share.model}: {share.fps:.2f} fps, {share.bytes_per_s / 1e6:.1f} MB/s"
    lines = [f"{text}, {share.bytes_per_s / whole * 100:.0f} % of the link"]
    if share.settings:
        settings = " ".join(f"{name}={value}" for name, value in share.settings.items())
        lines.append(f"       {share.fps_then:.2f} fps with {settings}")
    return lines
