"""The command that tells where GenTL programs find the twins: gentl."""

from __future__ import annotations

import json
import shlex
from typing import Annotated

import typer

from camtwin.cli.common import AsJson, command, models
from camtwin.cli.help import RUN


@command(
    RUN,
    """
camtwin gentl
# NAME=VALUE for `env` or `export`: twins start when a program opens the producer
camtwin gentl --environment --spawn baumer-vcxg-124m
""",
    "gentl",
)
def gentl(
    spawn: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL",
            help="Let the producer start a twin of MODEL when a program opens it. Repeat for several.",
            show_default=False,
            autocompletion=models,
        ),
    ] = None,
    environment: Annotated[
        bool, typer.Option("--environment", help="Print NAME=VALUE of the variables alone.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print the path of camtwin.cti, a GenTL producer, and the variables by which programs find it.

    Its cameras are the twins that run on this computer. Harvesters and most machine vision software take
    cameras from such a producer, without a network, USB or root; a C compiler is needed once.
    """
    from camtwin.links.gentl import producer
    from camtwin.models import load

    for model in spawn or ():
        load(model)
    path, variables = producer.path(), producer.environment(spawn or ())
    if as_json:
        print(json.dumps({"path": path, "environment": variables}, indent=2))
        return
    if not environment:
        print(path)
    for name, value in variables.items():
        print(f"{name}={value if environment else shlex.quote(value)}")
