"""Speed of a USB3 Vision camera's full frames to stock Aravis, and of bytes over USB/IP at all.

Aravis takes them through the libusb stand-in, beside its own fake GigE camera. The bytes are those of a frame
that lies ready, on their way to a reader that looks at none, beside the same bytes written to a plain socket.
Cases take turns. Needs what streaming.py needs, and a C compiler.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from page import options, publish
from streaming import CAMERAS, CLIENT, Case, namespace
from streaming import turn as gige_turn

from camtwin.links.base.runtime import paced
from camtwin.links.usb3.link import Usb3Link
from camtwin.models import load
from camtwin.twins import Twin, build

MODEL = "basler-aca4112-20um"
CAMTWIN = (sys.executable, "-m", "camtwin")
READER = (sys.executable, str(Path(__file__).parent / "usb_reader.py"))
FRAME_BYTES = 4096 * 3000
TRANSFER = 1 << 20
FAKE = next(iter(CAMERAS))
JUMBO = 9000
PACES = ("1", "max")
MODES = ("sync", "async")


@dataclass
class Stream:
    """One way to stream to Aravis; a number a turn. CPU in cores' worth of seconds a frame."""

    name: str
    fps: list[float] = field(default_factory=list)
    twin_s: list[float] = field(default_factory=list)
    client_s: list[float] = field(default_factory=list)
    frames: int = 0
    incomplete: int = 0


@dataclass
class Copy:
    """One way for bytes; GB/s, and seconds of CPU a GB of who sends and who reads, a number a turn."""

    name: str
    rate: list[float] = field(default_factory=list)
    send_s: list[float] = field(default_factory=list)
    read_s: list[float] = field(default_factory=list)

    def add(self, got: dict[str, float], send_s: float) -> None:
        giga = got["frames"] * FRAME_BYTES / 1e9
        self.rate.append(giga / got["seconds"])
        self.send_s.append(send_s / giga)
        self.read_s.append(got["cpu_s"] / giga)
        print(f"{self.name}: {self.rate[-1]:.2f} GB/s", file=sys.stderr)


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def turn(case: Stream, pace: str, mode: str, seconds: float) -> None:
    """Start the twin, stream from it, end it."""
    command = (*CAMTWIN, "run", MODEL, "--port", "0", "--pace", pace)
    twin = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert twin.stdout
    try:
        ready = next(line for line in twin.stdout if "ready" in line)
        port = re.findall(r":(\d+) ", ready)[0]
        before = cpu_s(twin.pid)
        client = (*CAMTWIN, "exec", "--port", port, "--", *CLIENT, "--address", "usb", "--usb-mode", mode)
        done = subprocess.run(
            [*client, "--seconds", str(seconds)], check=True, capture_output=True, text=True
        )
        used = cpu_s(twin.pid) - before
    finally:
        twin.terminate()
        twin.wait()
        twin.stdout.close()
    got = json.loads(done.stdout)
    case.fps.append(got["fps"])
    case.twin_s.append(used / got["frames"])
    case.client_s.append(got["cpu_s"] / max(1, got["counted"]))
    case.frames += got["frames"]
    case.incomplete += got["incomplete"]


def fake_turn(case: Stream, net: str, seconds: float) -> None:
    """Run the same client with the camera that Aravis brings."""
    measured = Case(FAKE, "packet socket", JUMBO, False)
    gige_turn(measured, net, seconds)
    case.fps += measured.fps
    case.frames += measured.frames
    case.incomplete += measured.incomplete


class Prepared:
    """Renders nothing: the same bytes for every frame."""

    def __init__(self) -> None:
        self.bytes = np.resize(np.arange(251, dtype=np.uint8), FRAME_BYTES)

    def prepare(self) -> None: ...

    def payload(self, _: object, out: np.ndarray | None = None) -> np.ndarray:
        return self.bytes


def plain_turn(case: Copy, seconds: float) -> None:
    """Write the bytes of frames to a socket in pieces as large as the transfers."""
    data, spent = Prepared().bytes.data, 0.0
    with socket.create_server(("127.0.0.1", 0)) as listener:
        reader = reading(listener.getsockname()[1], seconds, "--plain", FRAME_BYTES)
        sock, _ = listener.accept()
        before = time.process_time()
        with sock, contextlib.suppress(OSError):
            while True:
                for at in range(0, FRAME_BYTES, TRANSFER):
                    sock.sendall(data[at : at + TRANSFER])
        spent = time.process_time() - before
    case.add(json.loads(reader.communicate()[0]), spent)


def reading(port: int, seconds: float, *how: object) -> subprocess.Popen[str]:
    """usb_reader.py, begun."""
    command = (*READER, str(port), str(seconds), *map(str, how))
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def usbip_turn(case: Copy, seconds: float) -> None:
    """Send the same bytes as a camera's frames: its events, leaders and trailers, and USB/IP around them."""

    async def serve() -> tuple[str, float]:
        real = build(load(MODEL))
        twin = Twin(real.sheet, real.clock, real.camera, Prepared())  # type: ignore[arg-type]
        runtime = paced(twin.clock, math.inf)
        start = twin.camera.tree.nodes["AcquisitionStart"].address
        async with Usb3Link(twin, runtime, 0) as link:
            running = asyncio.create_task(runtime.run())
            before = time.process_time()
            reader = reading(link.server.port, seconds, "--start", start)
            said, _ = await asyncio.to_thread(reader.communicate)
            spent = time.process_time() - before
            running.cancel()
            return said, spent

    said, spent = asyncio.run(serve())
    case.add(json.loads(said), spent)


def measure(turns: int, seconds: float) -> tuple[list[Stream], list[Copy]]:
    """All cases, taking turns."""
    fake = Stream(f"{FAKE}, GigE, {JUMBO} B")
    streams = {(p, m): Stream(f"twin, live noise, pace {p}, {m}") for p in PACES for m in MODES}
    plain, usbip = Copy("plain socket"), Copy("USB/IP")
    with namespace() as net:
        for _ in range(turns):
            fake_turn(fake, net, seconds)
            for (pace, mode), case in streams.items():
                turn(case, pace, mode, seconds)
                print(f"{case.name}: {case.fps[-1]:.1f} fps", file=sys.stderr)
            plain_turn(plain, seconds / 2)
            usbip_turn(usbip, seconds / 2)
    return [fake, *streams.values()], [plain, usbip]


def report(streams: list[Stream], copies: list[Copy]) -> tuple[list[str], dict[str, Any]]:
    """Its section of docs/benchmarks.md, and the numbers in it."""
    fake, plain = streams[0], copies[0]
    lines = [
        f"Full frames (4096x3000 Mono8) of {MODEL} to Aravis through `camtwin exec`, twin and client on the",
        "same cores; medians of turns that alternate. The camera's own rate is 23.4 fps. Cores: how many are",
        "at work, by the CPU time of the two processes.",
        "",
        "| camera | fps | least to most | MB/s | times fake | cores: twin | client | frames | not whole |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for case in streams:
        fps = median(case.fps)
        cores = (f"{fps * median(spent):.2f}" if spent else "" for spent in (case.twin_s, case.client_s))
        lines.append(
            f"| {case.name} | {fps:.1f} | {min(case.fps):.1f} to {max(case.fps):.1f} "
            f"| {fps * FRAME_BYTES / 1e6:.0f} | {fps / median(fake.fps):.2f} | {' | '.join(cores)} "
            f"| {case.frames} | {case.incomplete} |"
        )
    lines += [
        "",
        "The bytes of a frame that lies ready, to a reader that looks at none; both in pieces of 1 MiB.",
        "",
        "| way | GB/s | least to most | times plain | CPU s/GB, sender | reader |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for way in copies:
        rate = median(way.rate)
        lines.append(
            f"| {way.name} | {rate:.2f} | {min(way.rate):.2f} to {max(way.rate):.2f} "
            f"| {rate / median(plain.rate):.2f} | {median(way.send_s):.2f} | {median(way.read_s):.2f} |"
        )
    numbers = {case.name: vars(case) for case in streams} | {way.name: vars(way) for way in copies}
    return lines, numbers


def main(arguments: list[str]) -> None:
    """Run the command line."""
    chosen = options("How fast USB3 Vision frames travel.", arguments)
    found = measure(1, 1.0) if chosen.quick else measure(5, 4.0)
    publish(chosen, "USB3 Vision", *report(*found))


if __name__ == "__main__":
    main(sys.argv[1:])
