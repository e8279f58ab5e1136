"""CSI-2 streams: `csi2 dump` one of a sensor, `csi2 show` it as text, `csi2 check` and `csi2 damage` it."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from camtwin.cli.common import CAMERA, SAVE, AsJson, Model, SceneSpec, Seed, Set, app, command, session, user
from camtwin.cli.help import CHECK, HelpGroup

csi2 = typer.Typer(
    name="csi2",
    cls=HelpGroup,
    help="Dump, show, check and damage CSI-2 streams of sensors.",
    epilog="""camtwin csi2 dump sony-imx412-aack -o frames.csi2
camtwin csi2 check frames.csi2""",
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


@contextmanager
def _to_write(path: Path) -> Iterator[BinaryIO]:
    if str(path) == "-":
        yield sys.stdout.buffer
    else:
        with path.open("wb") as file:
            try:
                yield file
            except BaseException:
                if path.is_file():  # and no pipe
                    path.unlink()
                raise


@command(
    "Commands",
    """
camtwin csi2 dump sony-imx412-aack -o frames.csi2 -n 3
# Two exposures on two virtual channels
camtwin csi2 dump sony-imx412-aack -o dol.csi2 --set SensorMode=Dol
""",
    of=csi2,
)
def dump(
    model: Model,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Dump to write; - writes standard output.",
            show_default=False,
            rich_help_panel=SAVE,
        ),
    ],
    count: Annotated[
        int, typer.Option("-n", metavar="COUNT", min=1, help="Number of images.", rich_help_panel=SAVE)
    ] = 1,
    line_numbers: Annotated[
        bool,
        typer.Option(
            "--line-numbers", help="Send line start and line end packets around rows.", rich_help_panel=CAMERA
        ),
    ] = False,
    settings: Set = None,
    scene: SceneSpec = "chart",
    seed: Seed = 0,
) -> None:
    """Take images with a bare sensor and write the CSI-2 stream that carries them."""
    from camtwin.session.csi2 import lanes_of, sensor_frames
    from camtwin.wire.csi2.dump import file_header
    from camtwin.wire.csi2.serial import encoded_images

    cam = session(model, scene, seed, None, settings, "sheet")
    link = lanes_of(cam)
    with _to_write(output) as file:
        file.write(file_header())
        images = sensor_frames(cam, count, line_numbers=line_numbers)
        pieces = encoded_images(images, link, threads=os.cpu_count() or 1)
        while (piece := user(next, pieces, None)) is not None:
            file.write(piece.data)


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
        int | None, typer.Option("-n", metavar="COUNT", min=1, max=10**9, help="Stop after COUNT records.")
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
camtwin csi2 damage frames.csi2 -o damaged.csi2 --fault flip:1,17,120.3
# A lost line, and lanes 0 and 1 exchanged in the next frame
camtwin csi2 damage frames.csi2 -o damaged.csi2 --fault lose:1,99 --fault swap:2,1023
""",
    of=csi2,
)
def damage(
    file: DumpFile,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Damaged dump to write; - writes standard output.",
            show_default=False,
            rich_help_panel=SAVE,
        ),
    ],
    fault: Annotated[
        list[str],
        typer.Option(
            metavar="SPEC",
            help="Fault to make, repeated for several: flip:FRAME,LINE,BYTE.BIT, count:FRAME,LINE,WORDS, "
            "swap:FRAME[,LINE],ORDER of lanes, lose:FRAME,LINE, short:FRAME,LINE, or end:FRAME. LINE is a "
            "row, counted from 0, an embedded line (e0), start or end. flip@1: is on virtual channel 1.",
            show_default=False,
        ),
    ],
) -> None:
    """Damage a dump on purpose, to test what a receiver does, or what `check` finds."""
    from camtwin.wire.csi2 import faults
    from camtwin.wire.csi2.dump import encode, file_header, read

    made = [user(faults.parse, text) for text in fault]
    with _opened(file) as source, _to_write(output) as target:
        target.write(file_header())
        records = (record for _, record in read(source.read))
        for one in made:
            records = one(records)
        while (record := user(next, records, None)) is not None:
            target.write(encode(record))


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
        print(f"frames {checker.frames}, packets {checker.packets}: {errors or 'no errors'}")
    if checker.errors:
        raise typer.Exit(1)
