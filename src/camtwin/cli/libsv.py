"""The command that tells C and C++ programs where their sensor library is: libsv."""

from __future__ import annotations

import json
import shlex
from typing import Annotated

import typer

from camtwin.cli.common import AsJson, command
from camtwin.cli.help import RUN


@command(
    RUN,
    """
camtwin libsv
# Options for a compiler, as in cc acquire_image.c $(camtwin libsv --flags)
camtwin libsv --flags
# Run the program with the running modules
camtwin exec -- ./acquire_image
""",
)
def libsv(
    flags: Annotated[bool, typer.Option("--flags", help="Print the compiler's options alone.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compile the sensor library for C and C++, and print where it is.

    It has the interface of FRAMOS' LibSV 2.6 and drives any V4L2 device, a real one as a twin's.
    """
    from camtwin.links import native

    options = native.library_options()
    include, folder = native.headers(), native.build(native.SV)
    line = " ".join(map(shlex.quote, options))
    if as_json:
        print(
            json.dumps({"headers": str(include), "library": str(folder / native.SV.file), "flags": options})
        )
    elif flags:
        print(line)
    else:
        print(f"headers  {include}, as <sv/sv.h>\nlibrary  {folder / native.SV.file}\nflags    {line}")
