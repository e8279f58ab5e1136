"""The command that shows cameras in a browser: studio."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from camtwin.cli.common import SceneSpec, Seed, Set, UsageProblem, command, models, session
from camtwin.cli.help import LOOK

if TYPE_CHECKING:
    from camtwin.links.kind import Link

PAGE = "Page"
SHOWN = "The studio is at\n  {}\nKeep the address to yourself. Ctrl-C ends it."


@command(
    LOOK,
    """
camtwin studio baumer-vcxg-124m
camtwin studio examples/scenarios/plc-two-cameras.toml
# Beside a twin that `camtwin run` has begun
camtwin studio --attach
# On a computer without a screen; open the address through ssh -L 8765:127.0.0.1:8765
camtwin studio --no-browser --port 8765
""",
)
def studio(
    model: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL|SCENARIO",
            help="Models to open, each in a tab of the page, or one scenario to play, FILE.toml. With "
            "--attach: the model, the serial number or the address of a twin that runs.  "
            "[default: choose in the page]",
            show_default=False,
            autocompletion=models,
        ),
    ] = None,
    settings: Set = None,
    scene: SceneSpec = "chart",
    seed: Seed = 0,
    attach: Annotated[
        bool,
        typer.Option(
            "--attach",
            help="Show the twins of your `camtwin run`, in real time, beside programs that use them.",
            rich_help_panel=PAGE,
        ),
    ] = False,
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            metavar="PORT",
            help="TCP port of the page; 0: a free one.",
            rich_help_panel=PAGE,
        ),
    ] = 0,
    browser: Annotated[
        bool, typer.Option(help="Open the page in a web browser.", rich_help_panel=PAGE)
    ] = True,
) -> None:
    """Look at cameras in a web browser: image, numbers, features, time and limits.

    The page can play three lessons, the scenarios of the present folder, or those beside SCENARIO.
    The page is served on this computer alone, at 127.0.0.1, to whoever has its address with the token in it.
    Each twin runs in virtual time, at a pace that the page sets. Ctrl-C ends it.
    """
    from camtwin.cli.common import user
    from camtwin.files import load_picture
    from camtwin.models import load
    from camtwin.scene import parse

    if attach:
        if settings or scene != "chart" or seed:
            raise UsageProblem("--attach shows twins as they run: --set, --scene and --seed are their own")
        return _beside_a_run(model or [], port, browser)
    played = _scenario(model or [])
    for each in (model or ()) if played is None else ():
        if "AcquisitionStart" not in load(each).features:
            raise UsageProblem(f"{each}: has no features that start it, so there is nothing to show here")
        with session(each, scene, seed, None, settings, "sheet"):
            pass  # a setting that is refused is told here
    user(parse, scene, load_picture)
    try:
        from camtwin.studio import scenarios, serve
    except ModuleNotFoundError as missing:
        raise UsageProblem(f"{missing.name} is not installed; pip install 'camtwin[studio]'") from None
    with serve.at_home(port) as (listening, gate, address):
        first = {
            "models": [] if played else model or [],
            "scenario": played and played.name,
            "scene": scene,
            "seed": seed,
            "settings": settings or (),
        }
        library = scenarios.Library(played.parent if played else Path.cwd())
        print(SHOWN.format(address), flush=True)
        with opened(address) if browser else nullcontext():
            serve.serve(listening, serve.application(gate, first, library=library))


def _beside_a_run(wanted: list[str], port: int, browser: bool) -> None:
    """Show the twins of another process until it ends, or this one does."""
    from camtwin.studio import door

    if len(wanted) > 1:
        raise UsageProblem(f"{', '.join(wanted)}: --attach takes one model, serial number or address")
    with door.asked(door.only(wanted[0] if wanted else None), port) as (address, ended):
        print(SHOWN.format(address), flush=True)
        with opened(address) if browser else nullcontext():
            ended()
    print("The twins have ended.")


def _scenario(names: list[str]) -> Path | None:
    """Return the file of a scenario, after it has been read; None if models are named."""
    from camtwin.cli.common import parsed, text_of
    from camtwin.rig.scenario.schema import parse

    files = [Path(name) for name in names if name.endswith(".toml")]
    found = next((path for path in files if path.is_file() and "[plan" in text_of(path)), None)
    if found is None:
        return None
    if len(names) > 1:
        raise UsageProblem(f"{found}: a scenario brings its own cameras; name it alone")
    parsed(found, parse)
    return found


@contextmanager
def beside(port: int) -> Iterator[Callable[[Sequence[Link]], None]]:
    """Listen for pages beside twins that run; yield a function that shows the twins, on their loop.

    Port 0 is a free one, and the page is opened.
    """
    import asyncio
    from contextlib import ExitStack

    try:
        from camtwin.studio import serve
    except ModuleNotFoundError as missing:
        raise UsageProblem(f"{missing.name} is not installed; pip install 'camtwin[studio]'") from None
    tasks: list[asyncio.Task[None]] = []
    with serve.at_home(port) as (listening, gate, address), ExitStack() as opening:

        def show(links: Sequence[Link]) -> None:
            tasks.append(asyncio.create_task(serve.serve_attached(listening, gate, links)))
            print(f"The studio is at\n  {address}", flush=True)
            if not port:
                opening.enter_context(opened(address))

        yield show


@contextmanager
def opened(address: str) -> Iterator[None]:
    """Open an address in a browser by a file that only this user can read, and delete it in the end.

    A command line can be read by everybody on this computer, and the address has the token in it.
    """
    import webbrowser

    with TemporaryDirectory(prefix="camtwin-studio-") as folder:  # for this user alone
        page = Path(folder) / "studio.html"
        page.touch(0o600)
        page.write_text(
            f'<!doctype html><meta http-equiv="refresh" content="0; url={address}">'
            f'<a href="{address}">The studio</a>\n'
        )
        webbrowser.open(page.as_uri())
        yield
