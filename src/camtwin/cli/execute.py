"""The command that runs another program with the twins of this computer as its devices: exec."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from camtwin.cli.common import UsageProblem, command, user
from camtwin.cli.help import RUN


@command(
    RUN,
    """
camtwin exec -- arv-tool-0.8
# With the cameras of two servers
camtwin exec --port 3240 --port 127.0.0.1:3241 -- arv-viewer-0.8
# With the bus of a bare sensor, of `camtwin run sony-imx412-aack`
camtwin exec -- i2cdetect -l
# With a sensor module, of `camtwin run framos-fsm-imx412`
camtwin exec -- v4l2-ctl -d /dev/video10 --all
""",
    "exec",
    passes_on=True,
)
def execute(
    program: Annotated[
        list[str],
        typer.Argument(metavar="PROGRAM", help="Program with its arguments, after --.", show_default=False),
    ],
    port: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[ADDRESS:]PORT",
            help="TCP port of the running cameras' USB/IP server. Repeat for several.  [default: 3240]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run a program with the running USB cameras as its USB devices, and others in /dev: videoN, i2c-N.

    For USB cameras the program must use libusb, the system's or its own; for other devices it must be linked
    with the system's C library. It needs neither root nor a kernel module; a C compiler is needed once.
    """
    from camtwin.links import native
    from camtwin.links.base.devices import devices

    if (file := shutil.which(program[0])) and native.is_static(Path(file)):
        raise UsageProblem(
            f"{file} is linked statically, so no library can give it devices: use a build that is linked "
            "with the system's C library"
        )
    servers = [user(_server, each) for each in port or ["3240"]]
    there, names = devices()
    environment = native.environment(servers, there if names else None)
    try:
        os.execvpe(program[0], program, environment)
    except OSError as problem:
        raise UsageProblem(f"cannot run {program[0]}: {problem.strerror}") from None


def _server(text: str) -> tuple[str, int]:
    """Read PORT or ADDRESS:PORT. ValueError if the text is neither."""
    import ipaddress

    address, _, port = text.rpartition(":")
    if not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise ValueError(f"--port {text} is not PORT or ADDRESS:PORT, with a port from 1 to 65535")
    return str(ipaddress.IPv4Address(address or "127.0.0.1")), int(port)
