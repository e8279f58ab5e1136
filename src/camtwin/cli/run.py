"""Commands that run twins for other programs: run, exec; and replay, which does a recorded run again."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from camtwin.cli.common import (
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
    app,
    session,
    user,
)
from camtwin.cli.live import LiveLine

if TYPE_CHECKING:
    from camtwin.links.kind import Link

Models = Annotated[
    list[str], typer.Argument(help="Models of `camtwin list`, one a twin.", show_default=False)
]
Interfaces = Annotated[
    list[str] | None,
    typer.Option(
        "--interface",
        metavar="NAME",
        help="A network interface that is the twin's alone, once for each twin: it looks for its address "
        "itself, as a camera does (persistent, DHCP, link-local). Needs root.",
        show_default=False,
    ),
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


@app.command()
def run(
    models: Models,
    bind: Bind = None,
    interface: Interfaces = None,
    ip_speed: Annotated[
        float,
        typer.Option(
            metavar="N",
            min=0.01,
            max=1000,
            help="With --interface: how much faster than the clock addresses are looked for and leases end.",
        ),
    ] = 1.0,
    port: UsbPort = 3240,
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
    tune_loopback: Annotated[
        bool,
        typer.Option(
            "--tune-loopback",
            help="Have the kernel cut large datagrams on loopback meanwhile (tx-udp-segmentation off; root): "
            "more frames a second for clients with packet sockets.",
        ),
    ] = False,
) -> None:
    """Run twins that stock software finds on the network, until Ctrl-C.

    Several have addresses one after the other (127.0.0.1, 127.0.0.2, ...) and seeds, so serial numbers, too.
    """
    import contextlib

    from camtwin.links.base.record import recorded
    from camtwin.links.base.runtime import pace_of
    from camtwin.links.gige.faults import Faults
    from camtwin.links.gige.send.segmentation import cut_by_kernel
    from camtwin.links.kind import ServedTwin
    from camtwin.links.serve import serve

    speed = user(pace_of, pace)
    if journal and nonvolatile:
        raise UsageProblem("a journal does not keep what is in --nonvolatile: give one of the two")
    if interface and (bind or pcap or len(interface) != len(models)):
        raise UsageProblem("--interface is given once for each twin, without --bind and --pcap")
    binds = addresses(bind, len(models))
    owned = interface or [None] * len(models)
    if len(models) > 1 and (serial or journal or pcap):
        raise UsageProblem("--serial, --journal and --pcap are for one twin")
    options = {
        "--fault": fault,
        "--pcap": pcap,
        "--interface": interface,
        "--allow-any-destination": any_destination,
        "--tune-loopback": tune_loopback,
    }
    given = {option for option, value in options.items() if value}
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
            }
            twin = recorded(session(**start, storage=nonvolatile).twin, journal, start)
            running = recording.enter_context(twin)
            _check_link(model, running.sheet.link, given)
            places.append(
                ServedTwin(running, address, port, faults, pcap, own_interface, any_destination, ip_speed)
            )
        line = LiveLine([place.twin for place in places], pace)

        def ready(links: Sequence[Link]) -> None:
            for place, link in zip(places, links, strict=True):
                twin, last = place.twin, "ready " if place is places[-1] else ""
                print(f"{twin.sheet.title}, serial {twin.camera.serial}, {last}at {link.where}", flush=True)
                if link.advice:
                    print(link.advice, flush=True)
            line.begin()

        serve(
            places,
            seconds=seconds,
            ready=ready,
            status=line.show,
            pace=speed,
        )
    line.end()


def _check_link(model: str, link: str, given: set[str]) -> None:
    """UsageProblem where hosts cannot reach this model, or one of the options given is for another link."""
    from camtwin.camera.links import KINDS
    from camtwin.links.kind import OPENINGS, misplaced

    kind = KINDS[link]
    if kind not in OPENINGS:
        raise UsageProblem(f"{model} has no link: it is open to Python and to camtwin snap")
    wrong, others = misplaced(kind, given)
    if wrong:
        needed = " or ".join(other.title for other in others)
        verb = "needs" if len(wrong) == 1 else "need"
        raise UsageProblem(f"{', '.join(wrong)} {verb} a {needed} link; {model} has {kind.title}")


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

    servers = [user(_server, each) for each in port or ["3240"]]
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


@app.command()
def replay(
    journal: Annotated[
        Path, typer.Argument(help="A file that `camtwin run --journal` wrote.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Do a recorded run again, in virtual time, and compare every frame and log line with what it was."""
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
