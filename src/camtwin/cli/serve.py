"""The command that serves twins to programs in any language: serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from camtwin.cli.common import UsageProblem, command, writable
from camtwin.cli.help import RUN

SERVER = "Server"


@command(
    RUN,
    """
camtwin serve --http --port 8700
# With data sheets and images of your own, and the token in a file
camtwin serve --http --root sheets/ --token-file token.txt
""",
)
def serve(
    http: Annotated[bool, typer.Option("--http", help="Serve the HTTP API.", rich_help_panel=SERVER)] = False,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, metavar="PORT", help="TCP port; 0: a free one.", rich_help_panel=SERVER
        ),
    ] = 0,
    root: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder of data sheets and images that requests may name.  [default: they may name none]",
            show_default=False,
            rich_help_panel=SERVER,
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the token to FILE, for you alone to read, instead of to the terminal.",
            show_default=False,
            rich_help_panel=SERVER,
        ),
    ] = None,
) -> None:
    """Create, inspect, inject into and remove twins by HTTP, from programs in any language.

    Requests show the token as `Authorization: Bearer TOKEN`; /openapi.json describes them. The API is served
    on this computer alone, at 127.0.0.1, and so are its twins. Ctrl-C ends it and them.
    """
    if not http:
        raise UsageProblem("there is one API so far: give --http")
    if root and not root.is_dir():
        raise UsageProblem(f"{root}: there is no such folder")
    try:
        from camtwin.server import api, twins
        from camtwin.studio import guard
        from camtwin.studio import serve as server
    except ModuleNotFoundError as missing:
        raise UsageProblem(f"{missing.name} is not installed; pip install 'camtwin[studio]'") from None
    with server.listen("127.0.0.1", port) as listening:
        where, number = server.address_of(listening)
        gate = guard.Guard.on(where, number)
        if token_file:
            writable(token_file).touch(0o600)
            token_file.chmod(0o600)
            token_file.write_text(gate.token + "\n", encoding="utf-8")
        shown = f"in {token_file}" if token_file else gate.token
        print(f"The API is at http://{where}:{number}, described at /openapi.json.\nToken: {shown}")
        print("Ctrl-C ends it.", flush=True)
        served = twins.ServedTwins(root)
        try:
            server.serve(listening, api.application(gate, served))
        finally:
            served.close()
