"""The command that shows cameras in a browser: studio."""

from __future__ import annotations

from typing import Annotated

import typer

from camtwin.cli.common import SceneSpec, Seed, Set, UsageProblem, command, models
from camtwin.cli.help import LOOK

PAGE = "Page"


@command(
    LOOK,
    """
camtwin studio baumer-vcxg-124m
# On a computer without a screen; open the address through ssh -L 8765:127.0.0.1:8765
camtwin studio --no-browser --port 8765
""",
)
def studio(
    model: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL",
            help="Models to open, each in a tab of the page.  [default: choose in the page]",
            show_default=False,
            autocompletion=models,
        ),
    ] = None,
    settings: Set = None,
    scene: SceneSpec = "chart",
    seed: Seed = 0,
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

    The page is served on this computer alone, at 127.0.0.1, to whoever has its address with the token in it.
    Each twin runs in virtual time, at a pace that the page sets. Ctrl-C ends it.
    """
    from camtwin.cli.common import user
    from camtwin.files import load_picture
    from camtwin.models import load
    from camtwin.scene import parse

    for each in model or ():
        if "AcquisitionStart" not in load(each).features:
            raise UsageProblem(f"{each}: has no features that start it, so there is nothing to show here")
    user(parse, scene, load_picture)
    try:
        from camtwin.studio import guard, serve
    except ModuleNotFoundError as missing:
        raise UsageProblem(f"{missing.name} is not installed; pip install 'camtwin[studio]'") from None
    listening = serve.listen("127.0.0.1", port)
    gate = guard.Guard.on(*serve.address_of(listening))
    first = {"models": model or [], "scene": scene, "seed": seed, "settings": settings or ()}
    where, number = serve.address_of(listening)
    address = f"http://{where}:{number}/#{gate.token}"
    print(f"The studio is at\n  {address}\nKeep the address to yourself. Ctrl-C ends it.", flush=True)
    if browser:
        import webbrowser

        webbrowser.open(address)
    serve.serve(listening, serve.application(gate, first))
