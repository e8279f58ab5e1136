"""Options of `camtwin run` for the bus of bare sensors and the board around them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from camtwin.cli.common import UsageProblem, writable

if TYPE_CHECKING:
    from camtwin.links.i2c.link import BusOptions

INCK_MHZ: Final = 24.0
SENSORS: Final = "Bare sensors"
SPEEDS: Final = {"400k": 400_000, "1M": 1_000_000}
FIRST_ADDRESS, LAST_ADDRESS = 0x08, 0x77
"""Addresses on the bus that I2C has not reserved."""

Number = Annotated[
    int | None,
    typer.Option(
        "--bus",
        metavar="N",
        min=0,
        max=99,
        help="Serve the sensors' bus as i2c-N.  [default: the first free one from 10]",
        show_default=False,
        rich_help_panel=SENSORS,
    ),
]
Speed = Annotated[
    str,
    typer.Option("--bus-speed", metavar="400k|1M", help="Clock of the bus in Hz.", rich_help_panel=SENSORS),
]
Trace = Annotated[
    Path | None,
    typer.Option(
        "--trace-bus",
        metavar="FILE",
        help="Log the bus's transfers in FILE as the Linux kernel traces them, with the sensors' time.",
        show_default=False,
        rich_help_panel=SENSORS,
    ),
]
Inck = Annotated[
    float,
    typer.Option(
        "--inck",
        metavar="MHZ",
        min=0.001,
        max=1000,
        help="Input clock of the sensors.",
        rich_help_panel=SENSORS,
    ),
]
XclrAt = Annotated[
    str | None,
    typer.Option(
        "--xclr-at",
        metavar="ADDRESS",
        help="Let a GPIO expander (PCF8574) at this address of the bus drive the sensors' reset pins, P0 "
        "that of the first sensor.  [default: they are high]",
        show_default=False,
        rich_help_panel=SENSORS,
    ),
]
NvmBusy = Annotated[
    bool,
    typer.Option(
        "--nvm-busy",
        help="Do not acknowledge writes while a sensor loads its memory after reset, a fault of real ones.",
        rich_help_panel=SENSORS,
    ),
]


def options(
    number: int | None, speed: str, trace: Path | None, inck_MHz: float, xclr_at: str | None, nvm_busy: bool
) -> BusOptions:
    """Return the options as the link takes them."""
    from camtwin.links.i2c.link import BusOptions

    if speed not in SPEEDS:
        raise UsageProblem(f"--bus-speed {speed} is none of {', '.join(SPEEDS)}")
    if trace:
        writable(trace)
    return BusOptions(
        number, SPEEDS[speed], trace, round(inck_MHz * 1e6), nvm_busy, _address(xclr_at) if xclr_at else None
    )


def _address(text: str) -> int:
    try:
        address = int(text, 0)
    except ValueError:
        address = -1
    if not FIRST_ADDRESS <= address <= LAST_ADDRESS:
        raise UsageProblem(
            f"--xclr-at {text} is no address on the bus, {FIRST_ADDRESS:#04x} .. {LAST_ADDRESS:#04x}"
        )
    return address
