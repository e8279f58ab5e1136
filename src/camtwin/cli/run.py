"""Commands that run twins for other programs: run, and replay, which repeats a recorded run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camtwin.cli import bus as bus_cli
from camtwin.cli import video as video_cli
from camtwin.cli.common import (
    CAMERA,
    NETWORK,
    SAVE,
    TIME,
    AsJson,
    Bind,
    For,
    SceneSpec,
    Seed,
    Serial,
    Set,
    Speed,
    UsageProblem,
    UsbPort,
    addresses,
    command,
    models,
    session,
    user,
    writable,
)
from camtwin.cli.help import RUN
from camtwin.cli.live import LiveLine
from camtwin.cli.studio import beside

if TYPE_CHECKING:
    from camtwin.links.kind import Link, Opening

Models = Annotated[
    list[str],
    typer.Argument(
        metavar="MODEL",
        help="Models, as `camtwin list` names them, or paths of data sheets: one for each camera.",
        show_default=False,
        autocompletion=models,
    ),
]
Interfaces = Annotated[
    list[str] | None,
    typer.Option(
        "--interface",
        metavar="NAME",
        help="Network interface for the camera alone, on which it gets its address as a real one does: "
        "persistent, by DHCP or link-local. Repeat for each camera. Needs root.",
        show_default=False,
        rich_help_panel=NETWORK,
    ),
]
FaultSpecs = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="KIND=SHARE|PACKETS",
        help="Disturb a share (0 to 1) of the stream's packets, or these: BLOCK:PACKET,BLOCK:leader,... KIND "
        "is drop, duplicate, reorder, delay or corrupt; mtu=BYTES loses longer packets. Repeat for several "
        "kinds.",
        show_default=False,
        rich_help_panel=NETWORK,
    ),
]


Pace = Annotated[
    str,
    typer.Option(
        metavar="N|max",
        help="Seconds of camera time per second of real time; max: as fast as this computer and the client "
        "allow.",
        rich_help_panel=TIME,
    ),
]


@command(
    RUN,
    """
# One camera on 127.0.0.1, then two with longer exposures
camtwin run baumer-vcxg-124m
camtwin run baumer-vcxg-124m baumer-vcxg-124m --set ExposureTime=8000
# A network that loses 2 % of the packets, captured for Wireshark
camtwin run baumer-vcxg-124m --fault drop=0.02 --pcap run.pcap
# A bare sensor on an I2C bus, and a log of what is said there
camtwin run sony-imx412-aack --trace-bus bus.txt
# A sensor module as /dev/video10, with 8-bit formats, too
camtwin run framos-fsm-imx412 --convert
""",
)
def run(
    models: Models,
    scene: SceneSpec = "chart",
    seed: Seed = 0,
    serial: Serial = None,
    settings: Set = None,
    link_speed: Speed = "sheet",
    nonvolatile: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Keep user sets, custom data and firmware in DIR from run to run.",
            show_default=False,
            rich_help_panel=CAMERA,
        ),
    ] = None,
    bind: Bind = None,
    interface: Interfaces = None,
    ip_speed: Annotated[
        float,
        typer.Option(
            metavar="N",
            min=0.01,
            max=1000,
            help="With --interface: speed of address search and DHCP leases, as a multiple of real time.",
            rich_help_panel=NETWORK,
        ),
    ] = 1.0,
    fault: FaultSpecs = None,
    any_destination: Annotated[
        bool,
        typer.Option(
            "--allow-any-destination",
            help="Let a client direct stream and messages to any host, not only to itself.",
            rich_help_panel=NETWORK,
        ),
    ] = False,
    tune_loopback: Annotated[
        bool,
        typer.Option(
            "--tune-loopback",
            help="Let the kernel split large datagrams on loopback during the run (turns tx-udp-segmentation "
            "off; needs root). Clients with packet sockets then receive more frames per second.",
            rich_help_panel=NETWORK,
        ),
    ] = False,
    port: UsbPort = 3240,
    bus: bus_cli.Number = None,
    bus_speed: bus_cli.Speed = "400k",
    trace_bus: bus_cli.Trace = None,
    inck: bus_cli.Inck = bus_cli.INCK_MHZ,
    xclr_at: bus_cli.XclrAt = None,
    nvm_busy: bus_cli.NvmBusy = False,
    video: video_cli.Number = None,
    modes: video_cli.Modes = None,
    convert: video_cli.Convert = False,
    still: video_cli.Still = False,
    shared: video_cli.Shared = False,
    assume: Annotated[
        bool,
        typer.Option(
            "--assume", help="Accept the guesses of a data sheet with unknown rows.", rich_help_panel=CAMERA
        ),
    ] = False,
    gentl_only: Annotated[
        bool,
        typer.Option(
            "--gentl-only",
            help="Let GenTL programs reach the cameras, and open neither network nor USB.",
            rich_help_panel=CAMERA,
        ),
    ] = False,
    until_eof: Annotated[
        bool,
        typer.Option("--until-eof", help="Stop when the standard input ends.", rich_help_panel=TIME),
    ] = False,
    seconds: For = None,
    pace: Pace = "1",
    journal: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Record commands, frames and events in FILE for `camtwin replay`.",
            show_default=False,
            rich_help_panel=SAVE,
        ),
    ] = None,
    pcap: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Capture the link's packets in FILE for Wireshark, with the camera's timestamps.",
            show_default=False,
            rich_help_panel=SAVE,
        ),
    ] = None,
    studio: Annotated[
        bool,
        typer.Option(
            "--studio",
            help="Show the cameras in a web browser, too: images, features, time, and what clients do.",
            rich_help_panel=SAVE,
        ),
    ] = False,
    studio_port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            metavar="PORT",
            help="TCP port of the page of --studio, which is not opened then; 0: a free one, and it is.",
            rich_help_panel=SAVE,
        ),
    ] = 0,
) -> None:
    """Run cameras that programs find on the network, on USB, in /dev or by GenTL, or sensors on an I2C bus.

    Several cameras take consecutive addresses (127.0.0.1, 127.0.0.2, ...) and seeds, so that their serial
    numbers and noise differ; sensors share a bus. Ctrl-C stops them.
    """
    import contextlib

    from camtwin.links.base.record import recorded
    from camtwin.links.base.runtime import pace_of
    from camtwin.links.gige.faults import Faults
    from camtwin.links.gige.send.segmentation import cut_by_kernel
    from camtwin.links.kind import ServedTwin
    from camtwin.links.serve import serve
    from camtwin.models import load
    from camtwin.simtime import Scheduler
    from camtwin.studio.door import door

    speed = user(pace_of, pace)
    if journal and nonvolatile:
        raise UsageProblem("--journal cannot record the content of --nonvolatile: give one of the two")
    if interface and (bind or pcap or len(interface) != len(models)):
        raise UsageProblem(
            f"{len(interface)} --interface for {len(models)} twins: give one each, and no --bind or --pcap"
        )
    binds = addresses(bind, len(models))
    owned = interface or [None] * len(models)
    if len(models) > 1 and (serial or journal or pcap):
        raise UsageProblem(f"--serial, --journal and --pcap are for one twin, not for {len(models)}")
    if journal and load(models[0]).frames:
        raise UsageProblem(f"--journal records what a twin does; {models[0]} is a recording already")
    for path in filter(None, (journal, pcap)):
        writable(path)
    options = {
        "--fault": fault,
        "--pcap": pcap,
        "--interface": interface,
        "--allow-any-destination": any_destination,
        "--tune-loopback": tune_loopback,
        "--set": settings,
        "--link-speed": link_speed != "sheet",
        "--journal": journal,
        "--pace max": pace == "max",
        "--bus": bus is not None,
        "--bus-speed": bus_speed != "400k",
        "--trace-bus": trace_bus,
        "--inck": inck != bus_cli.INCK_MHZ,
        "--xclr-at": xclr_at,
        "--nvm-busy": nvm_busy,
        "--video": video is not None,
        "--modes": modes,
        "--convert": convert,
        "--still": still,
        "--shared": shared,
    }
    given = {option for option, value in options.items() if value}
    board = bus_cli.options(bus, bus_speed, trace_bus, inck, xclr_at, nvm_busy)
    nodes = video_cli.options(video, modes, convert, still, shared)
    bus_time = Scheduler()
    with contextlib.ExitStack() as recording:
        if tune_loopback:
            recording.enter_context(cut_by_kernel())
        places = []
        for number, (model, address, own_interface) in enumerate(zip(models, binds, owned, strict=True)):
            own = (seed + number) % 2**64
            faults = user(Faults.parse, fault or (), own)
            start = {
                "model": model,
                "scene": scene,
                "seed": own,
                "serial": serial,
                "settings": settings or [],
                "link_speed": link_speed,
                **({"assume": True} if assume else {}),
            }
            clock = None if _checked(model, given).has_frames else bus_time
            twin = recorded(session(**start, storage=nonvolatile, clock=clock).twin, journal, start)
            running = recording.enter_context(twin)
            places.append(
                ServedTwin(
                    running,
                    address,
                    port,
                    faults,
                    pcap,
                    own_interface,
                    any_destination,
                    ip_speed,
                    board,
                    nodes,
                )
            )
        line = LiveLine([place.twin for place in places], pace)
        page = recording.enter_context(beside(studio_port)) if studio else None
        asked = recording.enter_context(door())

        def ready(links: Sequence[Link]) -> None:
            for place, link in zip(places, links, strict=True):
                twin, last = place.twin, "ready " if place is places[-1] else ""
                print(f"{twin.sheet.title}, serial {twin.camera.serial}, {last}at {link.where}", flush=True)
                if link.advice:
                    print(link.advice, flush=True)
            if page:
                page(links)
            asked(links)
            line.begin()

        serve(
            places,
            seconds=seconds,
            ready=ready,
            status=line.show,
            pace=speed,
            gentl_only=gentl_only,
            until_eof=until_eof,
        )
    line.end()


def _checked(model: str, given: set[str]) -> Opening:
    """Return how a model's link is opened, after checking that there is one and takes all options given.

    Raises:
        UsageProblem: one of both is not so.
    """
    from camtwin.camera.links import KINDS
    from camtwin.links.kind import OPENINGS, misplaced
    from camtwin.models import load

    kind = KINDS[load(model).link]
    if kind not in OPENINGS:
        raise UsageProblem(f"{model} has no link to run on: use `camtwin snap {model}` or Python instead")
    wrong, others = misplaced(kind, given)
    if wrong:
        needed = " or ".join(other.title for other in others)
        verb = "needs" if len(wrong) == 1 else "need"
        raise UsageProblem(f"{', '.join(wrong)} {verb} a {needed} link; {model} has {kind.title}")
    opening = OPENINGS[kind]
    if useless := sorted(given & set(opening.without)):
        raise UsageProblem(f"{', '.join(useless)}: not for {model}, which programs drive in another way")
    return opening


@command(RUN, "camtwin run baumer-vcxg-124m --journal run.jsonl\ncamtwin replay run.jsonl")
def replay(
    journal: Annotated[
        Path,
        typer.Argument(
            metavar="JOURNAL", help="File that `camtwin run --journal` wrote.", show_default=False
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Repeat a recorded run in virtual time and compare it with the record.

    Every frame is compared byte for byte, and every event and refusal. Exit code 2 if one differs.
    """
    from camtwin.links.base.record import reopen
    from camtwin.twins.replay import Replayed
    from camtwin.twins.replay import replay as again

    with reopen(journal, session) as (twin, lines):
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
        totals = {
            "frames": len(frames),
            "different": len(other),
            "log_lines": len(log),
            "log_different": len(unlike),
        }
        print(json.dumps(totals | {"rows": rows}, indent=2))
    else:
        print(f"{len(frames) - len(other)} of {len(frames)} frames are the same, byte for byte")
        print(f"{len(log) - len(unlike)} of {len(log)} log lines are the same")
    if other:
        raise UsageProblem(f"frame {other[0].frame_id} at {other[0].start_ns} ns differs from the journal")
    if unlike:
        then, now = (
            f"{line[1]!r} at {line[0]} ns" if line else "nothing"
            for line in (unlike[0].recorded, unlike[0].again)
        )
        raise UsageProblem(f"the journal has {then}, the replay {now}")
