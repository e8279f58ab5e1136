"""CSI-2 streams: `csi2 show` a dump as text, `csi2 check` it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from camtwin.cli.common import AsJson, app, command
from camtwin.cli.help import CHECK, HelpGroup

csi2 = typer.Typer(
    name="csi2",
    cls=HelpGroup,
    help="Show and check CSI-2 streams of sensors.",
    epilog="camtwin csi2 check frames.csi2",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(csi2, rich_help_panel=CHECK)

DumpFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="Dump of a CSI-2 stream; - reads standard input.")
]


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a dump; buffered reads would keep a live stream waiting."""
    if str(path) == "-":
        yield sys.stdin.buffer.raw  # type: ignore[attr-defined]
    else:
        with path.open("rb", buffering=0) as file:
            yield file  # type: ignore[misc]


@command(
    "Commands",
    """
camtwin csi2 show frames.csi2
# The first records of what another program sends
camtwin csi2 show - -n 20
""",
    of=csi2,
)
def show(
    file: DumpFile,
    count: Annotated[
        int | None, typer.Option("-n", metavar="COUNT", min=1, help="Stop after COUNT records.")
    ] = None,
) -> None:
    """Print a dump as text: a line for each packet and each change of the lanes."""
    from camtwin.wire.csi2 import dump
    from camtwin.wire.csi2.text import Viewer

    viewer = Viewer()
    with _opened(file) as source:
        for _, record in islice(dump.read(source.read), count):
            print(viewer.line(record))


@command(
    "Commands",
    """
camtwin csi2 check frames.csi2
# For programs
camtwin csi2 check frames.csi2 --json
""",
    of=csi2,
)
def check(
    file: DumpFile,
    rows: Annotated[
        int | None,
        typer.Option(
            metavar="ROWS",
            min=1,
            max=65535,
            help="Rows that each frame must have.  [default: as embedded data say, or the frame before]",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a dump for errors, each named by frame, line and byte; exit with 1 if there are any.

    Wrong bits in headers and payloads, lost lines, short frames, wrong word counts, swapped lanes, missing
    frame ends, wrong numbers of lines and frames, and states of the lanes that do not follow each other.
    """
    from camtwin.wire.csi2 import dump
    from camtwin.wire.csi2.check import Checker
    from camtwin.wire.csi2.check import check as findings

    checker = Checker(rows)
    kinds: Counter[str] = Counter()
    listed: list[dict[str, object]] = []
    with _opened(file) as source:
        for finding in findings(dump.read(source.read), checker):
            kinds[str(finding.kind)] += 1
            if as_json:
                listed.append(finding.document())
            else:
                print(f"{finding.kind}: {finding}")
    if as_json:
        counts = {"frames": checker.frames, "packets": checker.packets, "errors": checker.errors}
        print(json.dumps({**counts, "kinds": kinds, "findings": listed}, indent=2))
    else:
        errors = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        print(f"{checker.frames} frames, {checker.packets} packets: {errors or 'no errors'}")
    if checker.errors:
        raise typer.Exit(1)
