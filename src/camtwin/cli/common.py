"""What the commands share: the application, options, how a session is opened, whose mistake an error is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec, TypeVar

import typer

from camtwin.problem import Problem

if TYPE_CHECKING:
    from camtwin.session.session import Session

T = TypeVar("T")
P = ParamSpec("P")


class UsageProblem(Problem):
    """An argument that cannot be used; one line that names it."""


app = typer.Typer(
    name="camtwin",
    help="Digital twins of machine-vision cameras, true to their data sheets.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        from camtwin import __version__

        print(f"camtwin {__version__}")
        raise typer.Exit


@app.callback()
def _camtwin(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    pass


SCENES = (
    "What the twin looks at: chart, star, codes, checker, flat:PHOTONS_PER_S@NM, dark, an image file, "
    "play:HZ:FOLDER; moving, pan:SCENE, spin:SCENE; in other light, flicker:SCENE, flash:BEGIN+WIDTH:SCENE."
)
Model = Annotated[str, typer.Argument(help="A model of `camtwin list`.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SceneSpec = Annotated[str, typer.Option("--scene", help=SCENES, metavar="SPEC")]
Seed = Annotated[int, typer.Option(min=0, max=2**64 - 1, help="Of noise and fixed pattern.")]
Serial = Annotated[
    str | None, typer.Option(help="Serial number; made from the seed if not given.", show_default=False)
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Write a feature first; may be given again.", show_default=False
    ),
]
Speed = Annotated[
    str,
    typer.Option(
        "--link-speed",
        metavar="SPEED",
        help="Of the modelled link: sheet, 100M, 1G, 10G, unlimited; USB: 480M, 5G.",
    ),
]
Bind = Annotated[
    list[str] | None,
    typer.Option(
        help="IPv4 address of this computer that the twin has; once for each of several, "
        "or the next addresses are taken.  [default: 127.0.0.1]",
        show_default=False,
    ),
]
UsbPort = Annotated[
    int, typer.Option(min=0, max=65535, help="Of the USB/IP server that all USB cameras share.")
]
For = Annotated[
    float | None,
    typer.Option("--for", metavar="SECONDS", min=0, help="End after so long.", show_default=False),
]


def session(
    model: str,
    scene: str,
    seed: int,
    serial: str | None,
    settings: list[str] | None,
    link_speed: str,
    storage: Path | None = None,
) -> Session:
    """A twin in process, looking at the scene, with the features written."""
    import camtwin
    from camtwin.files import load_picture
    from camtwin.twins.assembly import bits_per_s

    cam = user(
        camtwin.open,
        model,
        scene=user(camtwin.scene.parse, scene, load_picture),
        seed=seed,
        serial=serial,
        link_speed=user(bits_per_s, link_speed),
        storage=storage,
    )
    for text in settings or ():
        cam.set(text)
    return cam


def user(read: Callable[P, T], *said: P.args, **named: P.kwargs) -> T:
    """What a user wrote, read; a ValueError is told as the user's."""
    try:
        return read(*said, **named)
    except ValueError as error:
        raise UsageProblem(str(error)) from None


def writable(path: Path) -> Path:
    """Return a path whose folder is there: told before the work, and not after it."""
    if not path.parent.is_dir():
        raise UsageProblem(f"{path}: there is no such folder")
    return path


def text_of(path: Path) -> str:
    """Read a file of a size that people write."""
    if path.stat().st_size > 1 << 20:
        raise UsageProblem(f"{path}: longer than 1 MiB")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageProblem(f"{path}: no UTF-8 text: {error.reason}") from None


def addresses(bind: list[str] | None, count: int) -> list[str]:
    """One address a twin; the ones after the first if only that is given."""
    import ipaddress

    given = bind or ["127.0.0.1"]
    if len(given) == count:
        return given
    if len(given) > 1:
        raise UsageProblem(f"{len(given)} addresses for {count} twins: --bind once, or once for each")
    return [str(user(lambda n: ipaddress.IPv4Address(given[0]) + n, number)) for number in range(count)]
