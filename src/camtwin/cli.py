"""The command line: `camtwin list | show | xml | run | exec | snap | verify | demo`.

Everything is imported where it is used, so that `camtwin --help` answers at once. What goes wrong is told in
one line on stderr, with exit code 2.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

T = TypeVar("T")


class UsageProblem(Exception):
    """An argument that cannot be used; one line that names it."""


app = typer.Typer(
    name="camtwin",
    help="Digital twins of machine-vision cameras, true to their data sheets.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

SCENES = "What the twin looks at: chart, flat, flat:PHOTONS_PER_S@NM, dark, an image file, or pan:SCENE."
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


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the cameras there are twins of."""
    from camtwin.models import load, names

    sheets = [load(name) for name in names()]
    rows = [{"model": s.name, "title": s.title, "sensor": s.sensor.title, "link": s.link} for s in sheets]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        print(f"{row['model']:24}{row['title']:24}{row['sensor']:16}{row['link']}")


@app.command()
def show(
    model: Model,
    assumptions: Annotated[bool, typer.Option("--assumptions", help="Only what no source says.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a data sheet: every number, and where it comes from."""
    from camtwin.models import load

    sheet = load(model)
    facts = [
        {
            "sheet": name,
            "entry": f.path,
            "value": f.value,
            "unit": f.unit,
            "assumed": f.assumed,
            "source": f.source,
        }
        for name, part in ((sheet.name, sheet.facts), (sheet.sensor.title, sheet.sensor.facts))
        for f in part
        if f.assumed or not assumptions
    ]
    if as_json:
        document = {"model": sheet.name, "document": sheet.document, "facts": facts}
        print(json.dumps(document, indent=2))
        return
    print(
        f"{sheet.title}: {sheet.sensor.title}, {sheet.link}. Source, where none is named: {sheet.document}."
    )
    for fact in facts:
        value = fact["value"]
        said = (
            ", ".join(f"{k} {v}" for k, v in value.items())
            if isinstance(value, dict)
            else f"{value} {fact['unit']}"
        )
        mark = "assumed: " if fact["assumed"] else ""
        print(f"\n{fact['sheet']}  {fact['entry']}\n  {said.strip()}\n  {mark}{fact['source']}")


@app.command()
def xml(model: Model) -> None:
    """Print the GenICam description that a host reads from the twin."""
    from camtwin.models import load
    from camtwin.twins import build

    sys.stdout.write(build(load(model)).camera.xml)


@app.command()
def snap(
    model: Model,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="FILE.tiff, .png or .npy.", show_default=False)
    ],
    count: Annotated[
        int, typer.Option("-n", min=1, help="Frames; FILE-0001, FILE-0002, ... for several.")
    ] = 1,
    settings: Set = None,
    scene: SceneSpec = "chart",
    seed: Seed = 0,
    serial: Serial = None,
    link_speed: Speed = "sheet",
) -> None:
    """Take pictures in process and write them, with settings and seed in their metadata."""
    from camtwin import files

    files.writer(output)  # an unknown ending is told before the first frame
    cam = _session(model, scene, seed, serial, settings, link_speed)
    for number, frame in enumerate(cam.frames(count), 1):
        path = files.numbered(output, number, count)
        metadata = _metadata(cam.twin, scene, frame.settings, frame.timestamp_ns)
        files.save(path, frame.picture, frame.pixel_format.bits, {**metadata, "frame_id": frame.frame_id})
        print(path)


def _metadata(twin: Any, scene: str, settings: Any, timestamp_ns: int) -> dict[str, Any]:
    """What a picture was taken with, for its file."""
    return {
        "model": twin.sheet.name,
        "serial": twin.camera.serial,
        "seed": twin.renderer.seed,
        "scene": scene,
        "timestamp_ns": timestamp_ns,
        "settings": twin.camera.tree.shown(settings),
    }


Models = Annotated[
    list[str], typer.Argument(help="Models of `camtwin list`, one a twin.", show_default=False)
]
Bind = Annotated[
    list[str] | None,
    typer.Option(
        help="IPv4 address of this computer that the twin has; once for each of several, "
        "or the next addresses are taken.  [default: 127.0.0.1]",
        show_default=False,
    ),
]
For = Annotated[
    float | None,
    typer.Option("--for", metavar="SECONDS", min=0, help="End after so long.", show_default=False),
]


FaultSpecs = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="KIND=SHARE",
        help="Strike this share of the stream's packets, 0 to 1: drop, duplicate, reorder, delay, corrupt.",
        show_default=False,
    ),
]


Pace = Annotated[
    str,
    typer.Option(
        metavar="N|max",
        help="Camera seconds per second; max: as fast as this computer and the client can.",
    ),
]


class LinkKind(StrEnum):
    """How a host reaches the twin."""

    gige = "gige"
    usb3 = "usb3"


@app.command()
def run(
    models: Models,
    link: Annotated[
        LinkKind | None, typer.Option(help="How hosts reach it; as the model has it.", show_default=False)
    ] = None,
    bind: Bind = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the USB/IP server.")] = 3240,
    scene: SceneSpec = "chart",
    seed: Seed = 0,
    serial: Serial = None,
    settings: Set = None,
    seconds: For = None,
    link_speed: Speed = "sheet",
    pace: Pace = "1",
    journal: Annotated[
        Path | None,
        typer.Option(
            help="Record what hosts do and what comes of it, for `camtwin replay`.", show_default=False
        ),
    ] = None,
    pcap: Annotated[
        Path | None,
        typer.Option(
            help="Capture all that goes over the link, in the camera's time, for Wireshark.",
            show_default=False,
        ),
    ] = None,
    fault: FaultSpecs = None,
    nonvolatile: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where it keeps user sets and custom data.", show_default=False),
    ] = None,
    any_destination: Annotated[
        bool,
        typer.Option(
            "--allow-any-destination",
            help="Let a client aim stream and messages at any host, not only at itself.",
        ),
    ] = False,
) -> None:
    """Run twins that stock software finds on the network, until Ctrl-C.

    Several have addresses one after the other (127.0.0.1, 127.0.0.2, ...) and seeds, so serial numbers, too.
    """
    import contextlib

    from camtwin.links.faults import Faults
    from camtwin.links.record import recorded
    from camtwin.links.runtime import pace_of
    from camtwin.links.serve import Place, serve

    speed = _user(pace_of, pace)
    if journal and nonvolatile:
        raise UsageProblem("a journal does not keep what is in --nonvolatile: give one of the two")
    binds = _addresses(bind or ["127.0.0.1"], len(models))
    if len(models) > 1 and (serial or journal or pcap):
        raise UsageProblem("--serial, --journal and --pcap are for one twin")
    with contextlib.ExitStack() as recording:
        places = []
        for number, (model, address) in enumerate(zip(models, binds, strict=True)):
            own = (seed + number) % 2**64
            faults = _user(Faults.parse, fault or (), own)
            start = {
                "model": model,
                "scene": scene,
                "seed": own,
                "serial": serial,
                "settings": settings or [],
                "link_speed": link_speed,
            }
            twin = recorded(_session(**start, storage=nonvolatile).twin, journal, start)
            running = recording.enter_context(twin)
            if running.sheet.link == "none":
                raise UsageProblem(f"{model} has no link: it is open to Python and to camtwin snap")
            usb = (link or running.sheet.link) == "usb3"
            if usb and (fault or any_destination or pcap):
                raise UsageProblem("--fault, --pcap and --allow-any-destination are of networks, USB is none")
            places.append(Place(running, address, faults, pcap, port if usb else None))
        line = LiveLine([place.twin for place in places], pace)

        def ready(links: Any) -> None:
            for place, running in zip(places, links, strict=True):
                twin, usb = place.twin, place.usb_port is not None
                at = f"{place.bind}:{running.server.port} (USB/IP)" if usb else place.bind
                last = "ready " if place is places[-1] else ""
                print(f"{twin.sheet.title}, serial {twin.camera.serial}, {last}at {at}", flush=True)
                if usb:
                    print(_ATTACH.format(bind=place.bind, port=running.server.port), flush=True)
            line.begin()

        serve(
            places,
            seconds=seconds,
            ready=ready,
            status=line.show,
            any_destination=any_destination,
            pace=speed,
        )
    line.end()


_ATTACH = """As a USB device of this computer, which needs root and the module vhci-hcd:
  usbip --tcp-port {port} attach -r {bind} -b 1-1
For one program, without either:
  camtwin exec --port {bind}:{port} -- arv-tool-0.8"""


@app.command("exec", context_settings={"ignore_unknown_options": True})
def execute(
    program: Annotated[list[str], typer.Argument(help="A program and its arguments.", show_default=False)],
    port: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[ADDRESS:]PORT",
            help="Of a twin's USB/IP server; may be given again.",
            show_default="3240",
        ),
    ] = None,
) -> None:
    """Run a program that uses libusb with the twins of this computer as its USB devices: -- PROGRAM ..."""
    from camtwin.links import native

    servers = [_user(_server, each) for each in port or ["3240"]]
    environment = native.environment(servers)
    try:
        os.execvpe(program[0], program, environment)
    except OSError as problem:
        raise UsageProblem(f"cannot run {program[0]}: {problem.strerror}") from None


def _server(text: str) -> tuple[str, int]:
    """PORT or ADDRESS:PORT, read; ValueError if it is neither."""
    import ipaddress

    address, _, port = text.rpartition(":")
    if not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise ValueError(f"--port {text}: PORT or ADDRESS:PORT is wanted")
    return str(ipaddress.IPv4Address(address or "127.0.0.1")), int(port)


def _addresses(given: list[str], count: int) -> list[str]:
    """One address a twin; the ones after the first if only that is given."""
    import ipaddress

    if len(given) == count:
        return given
    if len(given) > 1:
        raise UsageProblem(f"{len(given)} addresses for {count} twins: --bind once, or once for each")
    return [str(_user(lambda n: ipaddress.IPv4Address(given[0]) + n, number)) for number in range(count)]


@app.command()
def replay(
    journal: Annotated[
        Path, typer.Argument(help="A file that `camtwin run --journal` wrote.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Do a recorded run again, in virtual time, and compare every frame and log line with what it was."""
    from camtwin.links.record import reopen
    from camtwin.twins.replay import Replayed
    from camtwin.twins.replay import replay as again

    with reopen(journal, _session) as (twin, lines):
        done = list(again(twin, lines))
    frames = [one for one in done if isinstance(one, Replayed)]
    log = [one for one in done if not isinstance(one, Replayed)]
    other = [f for f in frames if not f.same]
    unlike = [line for line in log if not line.same]
    if as_json:
        rows = [
            {"frame_id": f.frame_id, "start_ns": f.start_ns, "digest": f.digest, "same": f.same}
            for f in frames
        ]
        said = {
            "frames": len(frames),
            "different": len(other),
            "log_lines": len(log),
            "log_different": len(unlike),
        }
        print(json.dumps(said | {"rows": rows}, indent=2))
    else:
        print(f"{len(frames)} frames, {len(frames) - len(other)} of them the same, byte for byte")
        print(f"{len(log)} log lines, {len(log) - len(unlike)} of them the same")
    if other:
        raise UsageProblem(f"frame {other[0].frame_id} at {other[0].start_ns} ns differs from the journal's")
    if unlike:
        then, now = (
            f"{line[1]!r} at {line[0]} ns" if line else "nothing"
            for line in (unlike[0].recorded, unlike[0].again)
        )
        raise UsageProblem(f"the journal says {then}, and now it is {now}")


@app.command()
def verify(
    model: Model,
    only: Annotated[
        str, typer.Option(metavar="PATTERN", help="Rows whose id matches, `baumer.roi.*`, or contains it.")
    ] = "*",
    every: Annotated[bool, typer.Option("--all", help="Show what passes, too.")] = False,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0 is one a core.")] = 0,
    as_json: AsJson = False,
    html: Annotated[
        Path | None, typer.Option(help="Write a report for a browser.", show_default=False)
    ] = None,
    mutations: Annotated[
        bool,
        typer.Option("--mutations", help="Instead, prove the checks: each on twins with one thing wrong."),
    ] = False,
) -> None:
    """Measure the claims of a data sheet on the running twin; exit code 1 if one does not hold."""
    from camtwin.lab import tables

    if html and not html.parent.is_dir():  # told before two minutes of work
        raise UsageProblem(f"{html}: there is no such folder")
    jobs = jobs or os.cpu_count() or 1
    if mutations:
        raise typer.Exit(tables.mutations(model, only, jobs))
    raise typer.Exit(
        tables.verify(model, only, jobs, every=every, as_json=as_json, write=html and html.write_text)
    )


@app.command()
def demo(
    scene: SceneSpec = "chart",
    seconds: For = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the first picture goes.")] = Path(
        "first-light.png"
    ),
) -> None:
    """A first look: run a Baumer VCXG-124M on loopback and take a picture of what a client receives."""
    from camtwin import files
    from camtwin.links.serve import Place, serve

    files.writer(output)
    bind = "127.0.0.1"
    twin = _session("baumer-vcxg-124m", scene, 0, None, None, "1G").twin
    line = LiveLine([twin])

    async def first_light(_: Any) -> None:
        await _first_light(twin, bind, scene, output)
        print(_INVITATION.format(model=twin.sheet.model, address=bind), flush=True)
        line.begin()

    print(
        f"{twin.sheet.title} is on the network at {bind}, looking at {scene}. Taking a first picture ...",
        flush=True,
    )
    serve([Place(twin, bind)], seconds=seconds, status=line.show, task=first_light)
    line.end()


_INVITATION = """
Look at it with stock Aravis (Debian: apt-get install aravis-tools aravis-tools-cli):
  arv-tool-0.8 -a {address} features
  arv-tool-0.8 -a {address} control ExposureTime=2000 Gain=6
  arv-viewer-0.8
In process: python -c 'import camtwin; print(camtwin.open("baumer-vcxg-124m").grab()[0].image)'
Ctrl-C ends it.
"""


async def _first_light(twin: Any, bind: str, scene: str, output: Path) -> None:
    """Let a client take one picture over the network, and write what it received."""
    import asyncio

    from camtwin import files
    from camtwin.links.client import first_picture
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


class LiveLine:
    """One line that is written over and over on a terminal; elsewhere, one line every ten seconds."""

    PLAIN_S = 10.0

    def __init__(self, twins: list[Any], pace: str = "1") -> None:
        self.twins, self.pace, self.terminal, self.shown = twins, pace, sys.stdout.isatty(), False
        self._before: tuple[int, int, int] = (0, 0, 0)  # host ns, camera ns, bytes
        self._plain_ns = 0
        self._text = ""

    def begin(self) -> None:
        """Show from now on: what a newcomer reads first has been said."""
        self.shown = True

    def show(self, links: Any) -> None:
        """Told by the links, twice a second; of several twins, the sums and the hottest."""
        each, now = [link.status() for link in links], links[0].runtime.host_now()

        def total(name: str) -> int:
            return sum(getattr(status, name) for status in each)

        then, camera_then, before = self._before
        camera_now, sent = sum(link.runtime.now() for link in links) // len(links), total("bytes")
        self._before = (now, camera_now, sent)
        rate = (sent - before) * 1e3 / (now - then) if then else 0.0
        clients = [status.client for status in each if status.client]
        one = len(each) == 1
        parts = [
            self.twins[0].sheet.model if one else f"{len(each)} twins",
            f"client {clients[0] if clients else 'none'}" if one else f"{len(clients)} clients",
            f"{total('frames')} frames",
            f"{rate:.1f} MB/s",
            f"{total('resent_packets')} resends",
            f"{max(twin.camera.temperature_C for twin in self.twins):.1f} C",
        ]
        if self.pace == "max":
            parts.append(f"pace max, now {(camera_now - camera_then) / (now - then) if then else 1:.1f}x")
        elif self.pace != "1":
            parts.append(f"pace {self.pace}")
        if late := total("late_frames"):
            parts.append(f"{late} late")
        if dropped := total("dropped_frames"):
            parts.append(f"{dropped} dropped, this computer is too slow")
        if each[0].faults:
            counts = {kind: sum(status.faults[kind] for status in each) for kind in each[0].faults}
            struck = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
            parts.append(f"faults: {struck or 'none'} of {total('packets')} packets")
        self._text = " | ".join(parts)
        if not self.shown:
            return
        if self.terminal:
            print(f"\r\x1b[K{self._text}", end="", flush=True)
        elif now - self._plain_ns > self.PLAIN_S * 1e9:
            self._plain_ns = now
            print(self._text, flush=True)

    def end(self) -> None:
        """The last state stays."""
        print("" if self.terminal else self._text, flush=True)


def _session(
    model: str,
    scene: str,
    seed: int,
    serial: str | None,
    settings: list[str] | None,
    link_speed: str,
    storage: Path | None = None,
) -> Any:
    """A twin in process, looking at the scene, with the features written."""
    import camtwin
    from camtwin.files import load_picture
    from camtwin.twins.assembly import bits_per_s

    cam = _user(
        camtwin.open,
        model,
        scene=_user(camtwin.scene.parse, scene, load_picture),
        seed=seed,
        serial=serial,
        link_speed=_user(bits_per_s, link_speed),
        storage=storage,
    )
    for text in settings or ():
        cam.set(text)
    return cam


def _user(read: Callable[..., T], *said: Any, **named: Any) -> T:
    """What a user wrote, read; a ValueError is told as the user's."""
    try:
        return read(*said, **named)
    except ValueError as error:
        raise UsageProblem(str(error)) from None


def main() -> None:
    """Run the command line; known problems become one line and exit code 2."""
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # a full disk is told here, and not as the interpreter ends
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as problem:
        if isinstance(problem, OSError):  # stdout may be what failed: nothing more goes there
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not _expected(problem):
            raise
        if not isinstance(problem, BrokenPipeError):  # whoever read has what it wanted
            print(f"camtwin: {_told(problem)}", file=sys.stderr)
        sys.exit(2)


def _told(problem: Exception) -> str:
    """One line; the system's own errors name the file, if there is one."""
    if isinstance(problem, OSError) and problem.strerror:
        return f"{problem.filename}: {problem.strerror}" if problem.filename else problem.strerror
    return str(problem)


def _expected(problem: Exception) -> bool:
    """Is this the user's or the computer's doing, rather than a mistake of ours?"""
    from camtwin.camera.usersets import StorageProblem
    from camtwin.files import FileProblem
    from camtwin.genicam import Refused
    from camtwin.genicam.tree import NoSuchFeature
    from camtwin.lab.claims import LedgerInvalid
    from camtwin.lab.verify import VerifyProblem
    from camtwin.links.client import NoPicture
    from camtwin.links.memory import NoFrame
    from camtwin.models import SheetInvalid
    from camtwin.simtime.journal import JournalBroken

    return isinstance(
        problem,
        (
            FileProblem,
            StorageProblem,
            JournalBroken,
            LedgerInvalid,
            NoFrame,
            NoPicture,
            NoSuchFeature,
            OSError,
            Refused,
            SheetInvalid,
            UsageProblem,
            VerifyProblem,
        ),
    )


if __name__ == "__main__":
    main()
