"""The command that records a real camera, to be played by `camtwin run`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camtwin.cli.common import SAVE, TIME, Set, UsageProblem, command
from camtwin.cli.help import RUN
from camtwin.problem import Problem

if TYPE_CHECKING:
    from camtwin.hosts.aravis import AravisDevice
    from camtwin.hosts.described import Described
    from camtwin.hosts.recorder import Recorded
    from camtwin.models import CameraSheet

RESERVE_BYTES = 1 << 28
"""Disk that stays free."""


@command(
    RUN,
    """
# Two hundred frames of the camera at this address, then a twin that plays them
camtwin record 192.168.1.20 -o run-1 --frames 200
camtwin run run-1
# Ten seconds, triggered, with the times at which exposures end
camtwin record 192.168.1.20 -o run-2 --for 10 --set TriggerMode=On --event ExposureEnd
""",
)
def record(
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="Address or id of the camera, as Aravis finds it.")
    ],
    folder: Annotated[
        Path, typer.Option("-o", metavar="FOLDER", help="New folder of the recording.", rich_help_panel=SAVE)
    ],
    frames: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1_000_000,
            metavar="N",
            help="Stop after N frames.",
            show_default=False,
            rich_help_panel=TIME,
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--for",
            min=0,
            metavar="SECONDS",
            help="Stop after SECONDS of the camera's clock.",
            show_default=False,
            rich_help_panel=TIME,
        ),
    ] = None,
    idle: Annotated[
        float,
        typer.Option(
            min=0.1,
            max=3600,
            metavar="SECONDS",
            help="Stop when no frame comes for SECONDS.",
            rich_help_panel=TIME,
        ),
    ] = 10.0,
    settings: Set = None,
    event: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Record this event, an entry of EventSelector (GigE only). Repeat.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Record frames of a real camera, with their chunks, times and ids, its description and its registers.

    Needs Aravis (Debian: libaravis-0.8-0). `camtwin run FOLDER` plays the recording as a camera.
    """
    from camtwin.hosts import recorder
    from camtwin.hosts.aravis import AravisDevice
    from camtwin.session.recording_folder import RecordingFolder

    if frames is None and seconds is None:
        raise UsageProblem("give --frames N or --for SECONDS")
    if folder.exists():
        raise UsageProblem(f"{folder}: exists; name another one or remove it")
    if not folder.absolute().parent.is_dir():
        raise UsageProblem(f"{folder}: there is no folder {folder.parent}")
    device = AravisDevice(address)
    try:
        for text in settings or ():
            device.set(text)
        for name in event or ():
            device.set(f"EventSelector={name}")
            device.set("EventNotification=On")
        _tell_size(device, folder, frames)
        folder.mkdir()
        sheet = _describe(device, folder, address)
        with RecordingFolder(folder) as kept:
            found = recorder.record(
                device, kept, frames=frames, seconds=seconds, idle_s=idle, events=_events(sheet)
            )
    except Problem:
        shutil.rmtree(folder, ignore_errors=True)  # without a frame it cannot be played
        raise
    finally:
        device.close()
    _tell(found, folder)


def _tell_size(device: AravisDevice, folder: Path, frames: int | None) -> None:
    """Say how much a recording takes, and how much there is. UsageProblem if it is too much."""
    each, free = device.payload_bytes, shutil.disk_usage(folder.absolute().parent).free
    total = each * (frames or 1)
    many = f"{frames} frames of {each} bytes: {total / 1e6:.1f} MB" if frames else f"{each} bytes a frame"
    print(f"{many}; {free / 1e9:.1f} GB free at {folder.absolute().parent}", flush=True)
    if total + RESERVE_BYTES > free:
        raise UsageProblem(
            f"{folder}: {total / 1e6:.1f} MB do not fit into {free / 1e6:.1f} MB, of which "
            f"{RESERVE_BYTES / 1e6:.0f} MB stay free"
        )


def _describe(device: AravisDevice, folder: Path, address: str) -> CameraSheet:
    """Write the camera's description, its registers, and the data sheet of its twin."""
    from camtwin.hosts.described import described
    from camtwin.models import load
    from camtwin.models.places import RECORDING, SUFFIX
    from camtwin.planner.adopt import Wanted, adopt
    from camtwin.session.recording_folder import FILE

    camera = described(device, registers=True)
    dump = f"as the camera had them at {address}"
    found = adopt(
        camera.xml,
        Wanted(
            name="camera",
            file="camera.xml",
            values=camera.values,
            dump=dump,
            limits=camera.limits,
            registers={address: data for address, (_, data) in camera.registers.items()},
            given={},
            assume=True,
            played=True,
        ),
    )
    (folder / "camera.xml").write_bytes(camera.xml)
    (folder / "camera.toml").write_text(found.camera, encoding="utf-8")
    (folder / "camera-sensor.toml").write_text(found.sensor, encoding="utf-8")
    (folder / "registers.txt").write_text(_registers(camera), encoding="utf-8")
    title = f"title = {_quoted(f'Recording of {address}')}\n"
    (folder / f"{RECORDING}{SUFFIX}").write_text(
        f'schema = 1\nlike = "camera.toml"\n{title}frames = "{FILE}"\n', "utf-8"
    )
    if found.left_out:
        names = [*found.left_out]
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        print(f"without {', '.join(names[:8])}{more}, which camtwin does not know", flush=True)
    return load(str(folder / "camera.toml"))


def _quoted(text: str) -> str:
    from camtwin.planner.adopt import toml

    return toml(text)


def _registers(camera: Described) -> str:
    """Return the registers that were read, one a line: address, bytes, feature."""
    return "".join(
        f"{address:#010x} {data.hex()} {name}\n" for address, (name, data) in sorted(camera.registers.items())
    )


def _events(sheet: CameraSheet) -> dict[int, str]:
    from camtwin.camera.description import interface

    ids = interface(sheet).tree.declared["EventSelector"].ids
    return {number: name for name, number in ids.items()}


def _tell(found: Recorded, folder: Path) -> None:
    seconds = (found.last_ns - found.first_ns) / 1e9
    print(f"{found.frames} frames in {seconds:.3f} s, {found.bytes / 1e6:.1f} MB, in {folder}")
    if found.events:
        print(f"{found.events} events")
    if found.lost:
        more = ", ..." if len(found.lost) > 12 else ""
        count = "1 frame is" if len(found.lost) == 1 else f"{len(found.lost)} frames are"
        print(f"{count} missing, by id: {', '.join(map(str, found.lost[:12]))}{more}")
    print(f"next: camtwin run {folder}")
