"""Commands that take images: snap, and demo for a first look."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from camtwin.cli.common import (
    SAVE,
    For,
    Model,
    SceneSpec,
    Seed,
    Serial,
    Set,
    Speed,
    UsageProblem,
    command,
    session,
    writable,
)
from camtwin.cli.help import IMAGES, RUN
from camtwin.cli.live import LiveLine

if TYPE_CHECKING:
    from camtwin.camera import Settings
    from camtwin.links.kind import Link
    from camtwin.session.frame import Frame
    from camtwin.twins import Twin


@command(
    IMAGES,
    """
camtwin snap baumer-vcxg-124m -o frame.tiff --set Gain=6
# Ten colour images of a moving chart, developed
camtwin snap ids-imx412 -n 10 -o frame.png --scene pan:chart --develop balanced
# With the electrons, codes and row times that the image shows, for tests of algorithms
camtwin snap baumer-vcxg-124m -o frame.tiff --scene pan:codes --truth
""",
)
def snap(
    model: Model,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="File to write: FILE.tiff, .png or .npy; .dng for developers of raw images.",
            show_default=False,
            rich_help_panel=SAVE,
        ),
    ],
    count: Annotated[
        int,
        typer.Option(
            "-n",
            metavar="COUNT",
            min=1,
            help="Number of images; several are written to FILE-0001, FILE-0002, ...",
            rich_help_panel=SAVE,
        ),
    ] = 1,
    settings: Set = None,
    scene: SceneSpec = "chart",
    seed: Seed = 0,
    serial: Serial = None,
    link_speed: Speed = "sheet",
    develop: Annotated[
        str | None,
        typer.Option(
            metavar="PRESET",
            help="Develop the images with a preset: fast, balanced or best.  [default: raw images]",
            show_default=False,
            rich_help_panel=SAVE,
        ),
    ] = None,
    truth: Annotated[
        bool,
        typer.Option(
            "--truth",
            help="Save beside each image what it shows before chance, as FILE.truth.npz: docs/truth.md.",
            rich_help_panel=SAVE,
        ),
    ] = False,
) -> None:
    """Take images with a camera and write them to files.

    The files' metadata holds all settings and the seed. No network is involved, and time is virtual: a long
    exposure does not take long.
    """
    from camtwin import files

    writable(output)
    if develop or output.suffix.lower() == ".dng":
        if truth:
            raise UsageProblem(f"{output}: --truth is of raw images: a .tiff, .png or .npy without --develop")
        return _developed(model, output, count, settings, scene, seed, serial, link_speed, develop)
    files.writer(output)  # an unknown ending is told before the first frame
    cam = session(model, scene, seed, serial, settings, link_speed)
    for number, frame in enumerate(cam.frames(count), 1):
        path = files.numbered(output, number, count)
        metadata = _metadata(cam.twin, scene, frame.settings, frame.timestamp_ns)
        metadata |= _described(cam.twin, frame)
        known = frame.truth.arrays() if truth else None
        files.save(path, frame.picture, frame.pixel_format.bits, {**metadata, "frame_id": frame.frame_id})
        print(path)
        if known:
            print(files.save_arrays(path.with_suffix(".truth.npz"), known))


def _developed(
    model: str,
    output: Path,
    count: int,
    settings: list[str] | None,
    scene: str,
    seed: int,
    serial: str | None,
    link_speed: str,
    preset: str | None,
) -> None:
    """Take images and develop them with the calibration of the sensor's data sheet."""
    from camtwin import files, isp
    from camtwin.cli.develop import KINDS, Read, write
    from camtwin.hosts.calibration import of_model

    if output.suffix.lower().lstrip(".") not in KINDS:
        endings = ", ".join(f".{kind}" for kind in KINDS)
        raise UsageProblem(f"{output}: cannot develop to {output.suffix or 'no ending'}; use {endings}")
    isp.preset(preset or "fast", "RGGB")  # an unknown preset is told before the first frame
    cam = session(model, scene, seed, serial, settings, link_speed)
    calibration = of_model(cam.twin.sheet.name)
    for number, frame in enumerate(cam.frames(count), 1):
        path = files.numbered(output, number, count)
        known = _described(cam.twin, frame)
        raw = isp.raw_of(frame.picture, frame.pixel_format, known["black_DN"])
        write(path, Read(raw, {}, None, known["gain_dB"]), preset or "fast", "auto", calibration)
        print(path)


def _described(twin: Twin, frame: Frame) -> dict[str, Any]:
    """Return the facts about a frame that `camtwin develop` needs."""
    from camtwin.session.conversion import conversion

    known = conversion(twin, frame)
    name = frame.pixel_format.name
    return {"pixel_format": name, "black_DN": known.black_DN, "gain_dB": known.gain_dB}


def _metadata(twin: Twin, scene: str, settings: Settings, timestamp_ns: int) -> dict[str, Any]:
    """Return how an image was taken, for the metadata of its file."""
    return {
        "model": twin.sheet.name,
        "serial": twin.camera.serial,
        "seed": twin.renderer.seed,
        "scene": scene,
        "timestamp_ns": timestamp_ns,
        "settings": twin.camera.tree.shown(settings),
    }


@command(RUN, "camtwin demo\ncamtwin demo --scene star --for 10")
def demo(
    scene: SceneSpec = "chart",
    seconds: For = None,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="FILE", help="File for the first image.", rich_help_panel=SAVE
        ),
    ] = Path("first-light.png"),
) -> None:
    """Run a Baumer VCXG-124M for a first look, and save the first image that a client receives."""
    from camtwin import files
    from camtwin.links.kind import ServedTwin
    from camtwin.links.serve import serve

    files.writer(writable(output))
    bind = "127.0.0.1"
    twin = session("baumer-vcxg-124m", scene, 0, None, None, "1G").twin
    line = LiveLine([twin])

    async def first_light(_: Link) -> None:
        await _first_light(twin, bind, scene, output)
        print(_INVITATION.format(model=twin.sheet.model, address=bind), flush=True)
        line.begin()

    print(
        f"{twin.sheet.title} is on the network at {bind}, looking at {scene}. Taking a first image ...",
        flush=True,
    )
    serve([ServedTwin(twin, bind)], seconds=seconds, status=line.show, task=first_light)
    line.end()


_INVITATION = """
Open it with Aravis (on Debian: apt install aravis-tools aravis-tools-cli):
  arv-tool-0.8 -a {address} features
  arv-tool-0.8 -a {address} control ExposureTime=2000 Gain=6
  arv-viewer-0.8
Or use it from Python:
  python -c 'import camtwin; print(camtwin.open("baumer-vcxg-124m").grab()[0].image)'
Ctrl-C stops the camera.
"""


async def _first_light(twin: Twin, bind: str, scene: str, output: Path) -> None:
    """Let a client take one image over the network, and write the image that it received."""
    import asyncio

    from camtwin import files
    from camtwin.links.gige.client import first_picture
    from camtwin.pixels import FORMATS, unpack

    nodes = twin.camera.tree.nodes
    got = await asyncio.to_thread(
        first_picture, bind, nodes["AcquisitionStart"].address, nodes["AcquisitionStop"].address
    )
    fmt = next(f for f in FORMATS.values() if f.code == got.pixel_format)
    image = unpack(got.payload, fmt, got.width, got.height)
    metadata = _metadata(twin, scene, twin.camera.settings, got.timestamp_ns)
    await asyncio.to_thread(files.save, output, image, fmt.bits, metadata)
    print(
        f"{output}: {got.width} x {got.height} {fmt.name}, as a client received it over GigE Vision.",
        flush=True,
    )
