"""Full frames per second that a stock Aravis receives: from a twin at pace max, and from its own fake camera.

Both run in a network namespace of their own, in turns; the client is the same: Aravis as root has it, with a
packet socket, and as everybody else does, without CAP_NET_RAW and so with a plain one. The twin renders live
noise, the fake camera repeats a ramp. Needs root, and Debian's aravis-tools, gir1.2-aravis-0.8, ethtool,
iproute2.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from page import options, publish

HERE = Path(__file__).parent
CLIENT = ("/usr/bin/python3", str(HERE / "aravis_rate.py"))
MODEL = "baumer-vcxg-124m"
CAMERAS = {
    "Aravis' fake camera": ("arv-fake-gv-camera-0.8", "-i", "127.0.0.1"),
    "twin, live noise": (sys.executable, "-m", "camtwin", "run", MODEL, "--pace", "max"),
}
PACKET_BYTES = (1500, 9000)
CLIENTS = {
    "packet socket": (),
    "plain socket": ("setpriv", "--inh-caps=-net_raw", "--bounding-set=-net_raw"),
}
FAKE_READY_S = 1.5


@dataclass
class Case:
    """One camera and one client at one packet size; the frames a second of each turn."""

    camera: str
    client: str
    packet_bytes: int
    cut: bool  # the kernel cuts large datagrams: --tune-loopback
    fps: list[float] = field(default_factory=list)
    frames: int = 0
    incomplete: int = 0


@contextlib.contextmanager
def namespace() -> Iterator[str]:
    """Make a network namespace with its loopback up."""
    name = f"camtwin-benchmark-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "netns", "exec", name, "ip", "link", "set", "lo", "up"], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)


def turn(case: Case, net: str, seconds: float) -> None:
    """Start the camera, stream from it, end it."""
    inside = ("ip", "netns", "exec", net)
    command = [*inside, *CAMERAS[case.camera], *["--tune-loopback"] * case.cut]
    camera = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert camera.stdout
    try:
        if "fake" in case.camera:
            time.sleep(FAKE_READY_S)  # it says nothing
        else:
            next(line for line in camera.stdout if "ready" in line)
        options = ("--packet-size", str(case.packet_bytes), "--seconds", str(seconds), "--rate", "500")
        options = options if "fake" in case.camera else options[:4]
        done = subprocess.run(
            [*inside, *CLIENTS[case.client], *CLIENT, *options], check=True, capture_output=True, text=True
        )
    finally:
        camera.terminate()
        camera.wait()
        camera.stdout.close()
    got = json.loads(done.stdout)
    case.fps.append(got["fps"])
    case.frames += got["frames"]
    case.incomplete += got["incomplete"] + got["n_missing_frames"] + got["n_underruns"]


def measure(turns: int, seconds: float) -> list[Case]:
    """All cases, taking turns."""
    fake, twin = CAMERAS
    cases = [
        case
        for size in PACKET_BYTES
        for client in CLIENTS
        for case in (Case(fake, client, size, False), Case(twin, client, size, False))
    ]
    cases += [Case(twin, "packet socket", size, True) for size in PACKET_BYTES]
    with namespace() as net:
        for _ in range(turns):
            for case in cases:
                turn(case, net, seconds)
                print(f"{name(case)}, {case.packet_bytes} B: {case.fps[-1]:.1f} fps", file=sys.stderr)
    return cases


def name(case: Case) -> str:
    """Name a case as in the table."""
    return f"{case.camera}, {case.client}" + (", --tune-loopback" if case.cut else "")


def times(fps: float, base: float) -> str:
    """Format a ratio; none if the fake camera gets no frame across."""
    return f"{fps / base:.2f}" if base else "-"


def report(cases: list[Case]) -> tuple[list[str], dict[str, Any]]:
    """Its section of docs/benchmarks.md, and the numbers in it."""
    lines = [
        "Full frames (4096x3000 Mono8) a second that one client takes, camera and client on the same cores;",
        "medians of turns that alternate. The fake camera repeats a ramp, the twin renders live noise,",
        "`--pace max`. Packet socket: Aravis as root; plain socket: as everybody else, without CAP_NET_RAW.",
        "--tune-loopback: the kernel cuts large datagrams for packet sockets, too. Times fake: beside the",
        "fake camera with the same client.",
        "",
        "| camera | packets | fps | least to most | times fake | best beside best | frames | not whole |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    numbers: dict[str, Any] = {}
    for case in cases:
        same = (case.client, case.packet_bytes)
        base = next(c for c in cases if "fake" in c.camera and (c.client, c.packet_bytes) == same)
        lines.append(
            f"| {name(case)} | {case.packet_bytes} B | {median(case.fps):.1f} "
            f"| {min(case.fps):.1f} to {max(case.fps):.1f} | {times(median(case.fps), median(base.fps))} "
            f"| {times(max(case.fps), max(base.fps))} | {case.frames} | {case.incomplete} |"
        )
        numbers[f"{name(case)}, {case.packet_bytes} B"] = {"fps": case.fps, "not_whole": case.incomplete}
    return lines, numbers


def main(arguments: list[str]) -> None:
    """Run the command line."""
    chosen = options("How many frames a second stock Aravis takes.", arguments)
    cases = measure(1, 1.0) if chosen.quick else measure(4, 4.0)
    publish(chosen, "Streaming to stock Aravis 0.8", *report(cases))


if __name__ == "__main__":
    main(sys.argv[1:])
