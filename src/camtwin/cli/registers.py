"""Commands for bare sensors and their registers: explain."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camtwin.cli.common import AsJson, command, text_of
from camtwin.cli.help import CHECK

if TYPE_CHECKING:
    from camtwin.planner.explain import Explanation

SENSOR = "imx412"
STDIN = "-"
VERDICT_COLOURS = {"no frames": "red", "not as set": "yellow", "doubtful": "yellow"}


@command(
    CHECK,
    """
camtwin explain examples/registers/imx412-30fps.txt
# With the clock that the board really has
camtwin explain dump.txt --inck 27
# For programs
camtwin explain dump.txt --json
""",
)
def explain(
    dump: Annotated[
        str,
        typer.Argument(
            metavar="FILE|-",
            help="Dump of registers: rows of i2cdump or hexdump, `address value` lines, tables in C, "
            "i2ctransfer command lines, or the kernel's i2c trace. Numbers are hexadecimal.",
            show_default=False,
        ),
    ],
    inck: Annotated[
        float | None,
        typer.Option(
            metavar="MHZ",
            min=0.001,
            help="Frequency of the sensor's input clock in MHz.  [default: as the registers say]",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain the registers of a Sony IMX412: clocks, frame rate, exposure, window, link, and what is wrong.

    Exit code 1 if no frames would come.
    """
    from camtwin.models import load_registers
    from camtwin.planner.explain import explain as explained

    text = sys.stdin.read() if dump == STDIN else text_of(Path(dump))
    found = explained(text, load_registers(SENSOR), round(inck * 1e6) if inck else None)
    if as_json:
        print(json.dumps(found.row(), indent=2))
    else:
        _tell(found)
    raise typer.Exit(not found.streams)


def _tell(found: Explanation) -> None:
    from camtwin.report.terminal import DIM, hang, plain_console

    console = plain_console()
    row = found.row()
    hang(
        console,
        "",
        f"{row['sensor']}: {row['registers']} registers of {row['bytes']} bytes in the dump",
        style="bold",
    )
    if found.assumed:
        hang(console, "not in it, so taken as after power-up: ", ", ".join(found.assumed), style=DIM)
    if found.half:
        hang(console, "only in part in it, the rest as after power-up: ", ", ".join(found.half), style=DIM)
    if found.dump.unread:
        number, line = found.dump.unread[0]
        hang(
            console,
            f"{len(found.dump.unread)} lines not understood, the first is {number}: ",
            line,
            style=DIM,
        )
    for heading, rows in found.chapters():
        console.print(f"\n{heading}", style="bold")
        for name, words in rows:
            hang(console, f"  {name:15}", words)
    console.print("\nInconsistent" if found.remarks else "\nNothing is inconsistent", style="bold")
    for remark in found.remarks:
        verdict, words = found.said(remark)
        hang(console, f"  {verdict:15}", words, label_style=VERDICT_COLOURS[verdict])
