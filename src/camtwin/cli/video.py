"""Options of `camtwin run` for sensor modules, which programs use as /dev/videoN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from camtwin.links.v4l2.link import VideoOptions

MODULES: Final = "Sensor modules"

Number = Annotated[
    int | None,
    typer.Option(
        "--video",
        metavar="N",
        min=0,
        max=99,
        help="Serve the module as /dev/videoN, /dev/v4l-subdevN and /dev/mediaN.  [default: the first free "
        "ones from 10]",
        show_default=False,
        rich_help_panel=MODULES,
    ),
]
Modes = Annotated[
    str | None,
    typer.Option(
        "--modes",
        metavar="NAME|FILE.dts",
        help="Mode file: the image modes that the module's driver has.  [default: the model's own, with the "
        "most lanes]",
        show_default=False,
        rich_help_panel=MODULES,
    ),
]
Convert = Annotated[
    bool,
    typer.Option(
        "--convert",
        help="Offer formats that no sensor sends, too: 8 bits a pixel, grey, and packed ones.",
        rich_help_panel=MODULES,
    ),
]
Still = Annotated[
    bool,
    typer.Option(
        "--still",
        help="Render one frame and repeat it until a control changes, noise included: faster, for scenes "
        "that do not move.",
        rich_help_panel=MODULES,
    ),
]
Shared = Annotated[
    bool,
    typer.Option(
        "--shared",
        help="Let several programs read the same frames at once; otherwise the first one has the buffers, as "
        "with a driver.",
        rich_help_panel=MODULES,
    ),
]


def options(number: int | None, modes: str | None, convert: bool, still: bool, shared: bool) -> VideoOptions:
    """Return the options as the link takes them."""
    from camtwin.links.v4l2.link import VideoOptions

    return VideoOptions(number, modes, convert, still, shared)
