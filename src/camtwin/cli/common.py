"""The parts that commands share: the application, common options, how a session is opened, usage errors."""

from __future__ import annotations

import os
from collections.abc import Callable
from errno import ENOENT
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec, TypeVar

import typer

from camtwin.cli.help import HelpCommand, HelpGroup
from camtwin.problem import Problem

if TYPE_CHECKING:
    from camtwin.report.canvas import Canvas
    from camtwin.session.session import Session
    from camtwin.simtime import Scheduler

T = TypeVar("T")
P = ParamSpec("P")
Command = TypeVar("Command", bound=Callable[..., object])


class UsageProblem(Problem):
    """An argument that cannot be used; one line that names it."""


app = typer.Typer(
    name="camtwin",
    cls=HelpGroup,
    help="Digital twins of machine-vision cameras, true to their data sheets.",
    epilog="""# A first look: run a camera and take an image of what a client receives
camtwin demo
# Run a camera that GigE Vision software finds on 127.0.0.1
camtwin run baumer-vcxg-124m
# Options and examples of one command
camtwin run -h""",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def command(
    group: str, examples: str, name: str | None = None, *, of: typer.Typer = app, passes_on: bool = False
) -> Callable[[Command], Command]:
    """Register a function as a command, in a group of the help and with examples.

    Args:
        group: heading under which the command stands.
        examples: command lines, one a line, and `#` comments, for the end of the command's help.
        name: the command's name where it is not the function's.
        of: the application that has the command.
        passes_on: whether options that are not the command's own belong to its arguments.
    """
    return of.command(
        name,
        cls=HelpCommand,
        rich_help_panel=group,
        epilog=examples.strip(),
        context_settings={"ignore_unknown_options": True} if passes_on else None,
    )


def _version(asked: bool) -> None:
    if asked:
        from camtwin import __version__

        print(f"camtwin {__version__}")
        raise typer.Exit


def _man(asked: bool) -> None:
    if asked:
        from typer.core import TyperGroup

        from camtwin import __version__
        from camtwin.cli.manual import roff

        root = typer.main.get_command(app)
        assert isinstance(root, TyperGroup)
        print(roff(root, __version__), end="")
        raise typer.Exit


@app.callback()
def _camtwin(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit."),
    ] = False,
    man: Annotated[
        bool,
        typer.Option("--man", callback=_man, is_eager=True, help="Print the manual page, for `man -l -`."),
    ] = False,
) -> None:
    pass


def models(incomplete: str) -> list[str]:
    """Return the models whose names begin so, for the shell's completion."""
    from camtwin.models import names

    return [name for name in names() if name.startswith(incomplete)]


CAMERA, TIME, SAVE = "Camera", "Time", "Output"
"""Headings of options in the help of a command."""
SCENES = (
    "Scene in front of the camera: chart, checker, slanted, star, dots, steps, codes, board, flat, dark, "
    "flat:PHOTONS_PER_S@NM, an image file, or play:HZ:FOLDER. Put pan:, spin:, fall: or zoom: before it to "
    "move it; flicker:, pwm: or flash:BEGIN+WIDTH: (in us) to change its light."
)
Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="Model, as `camtwin list` names it, or the path of a data sheet, FILE.toml.",
        show_default=False,
        autocompletion=models,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.", rich_help_panel=SAVE)]
SceneSpec = Annotated[str, typer.Option("--scene", help=SCENES, metavar="SPEC", rich_help_panel=CAMERA)]
Seed = Annotated[
    int,
    typer.Option(
        min=0, max=2**64 - 1, metavar="N", help="Seed for noise and fixed pattern.", rich_help_panel=CAMERA
    ),
]
Serial = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help="Serial number of the camera.  [default: derived from the seed]",
        show_default=False,
        rich_help_panel=CAMERA,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Write a feature before the start. Repeat for several features.",
        show_default=False,
        rich_help_panel=CAMERA,
    ),
]
Speed = Annotated[
    str,
    typer.Option(
        "--link-speed",
        metavar="SPEED",
        help="Speed of the simulated link in bits per second: 100M, 1G, 10G, unlimited, or the data sheet's "
        "(sheet); for USB 480M or 5G.",
        rich_help_panel=CAMERA,
    ),
]
NETWORK, USB = "GigE cameras", "USB cameras"
Bind = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ADDRESS",
        help="IPv4 address of this computer at which the camera is found. Repeat for each camera; from one "
        "address, several cameras take the following ones.  [default: 127.0.0.1]",
        show_default=False,
        rich_help_panel=NETWORK,
    ),
]
UsbPort = Annotated[
    int,
    typer.Option(
        min=0,
        max=65535,
        metavar="PORT",
        help="TCP port of the USB/IP server, which all USB cameras share.",
        rich_help_panel=USB,
    ),
]
For = Annotated[
    float | None,
    typer.Option(
        "--for",
        metavar="SECONDS",
        min=0,
        help="Stop after SECONDS.  [default: at Ctrl-C]",
        show_default=False,
        rich_help_panel=TIME,
    ),
]


def session(
    model: str,
    scene: str,
    seed: int,
    serial: str | None,
    settings: list[str] | None,
    link_speed: str,
    storage: Path | None = None,
    clock: Scheduler | None = None,
    *,
    assume: bool = False,
) -> Session:
    """Open a twin in process that looks at the scene, and write the features of `settings` (NAME=VALUE)."""
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
        clock=clock,
        assume=assume,
    )
    for text in settings or ():
        cam.set(text)
    return cam


def user(read: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Read something that a user wrote; a ValueError becomes a UsageProblem."""
    try:
        return read(*args, **named)
    except ValueError as error:
        raise UsageProblem(str(error)) from None


def writable(path: Path) -> Path:
    """Return a path after checking that a file can be written there: before the work, not after it."""
    if not path.parent.is_dir():
        raise UsageProblem(f"{path}: there is no such folder")
    if path.is_dir():
        raise UsageProblem(f"{path}: is a folder; name a file in it")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageProblem(f"{path}: cannot be written; name a file in a folder of your own")
    return path


def drawing_writer(path: Path | None) -> Callable[[Callable[[], Canvas]], object]:
    """Return a function that encodes a drawing to `path`; without a path it does nothing.

    Raises:
        UsageProblem: the drawing could not be written there in the end.
    """
    from camtwin.report.canvas import WRITERS, encode

    if path is None:
        return lambda _: None
    if path.suffix.lower() not in WRITERS:
        raise UsageProblem(f"{path}: a drawing is written to {' or '.join(WRITERS)}, by the name's ending")
    writable(path)
    return lambda make: path.write_bytes(encode(make(), path.suffix))


def text_of(path: Path) -> str:
    """Read a text file of at most 1 MiB, more than people write."""
    from camtwin.folders import load_text

    if (text := load_text(str(path))) is None:
        raise FileNotFoundError(ENOENT, os.strerror(ENOENT), str(path))
    return text


def parsed(path: Path, parse: Callable[[str], T]) -> T:
    """Parse a text file; a problem with what it says names the file."""
    text = text_of(path)
    try:
        return parse(text)
    except RecursionError:
        raise UsageProblem(f"{path}: is nested too deeply") from None
    except (Problem, ValueError) as problem:
        raise UsageProblem(f"{path}: {problem}") from None


def addresses(bind: list[str] | None, count: int) -> list[str]:
    """Return an address for each twin; from a single one, the addresses that follow it."""
    import ipaddress

    given = bind or ["127.0.0.1"]
    if len(given) == count:
        return given
    if len(given) > 1:
        raise UsageProblem(
            f"{len(given)} addresses for {count} twins: give --bind once, or once for each twin"
        )
    return [str(user(lambda n: ipaddress.IPv4Address(given[0]) + n, number)) for number in range(count)]
