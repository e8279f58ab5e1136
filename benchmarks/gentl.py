"""Full frames a second by GenTL, beside the copy of a frame, GigE Vision and rendering alone, in one run.

The way alone: a twin whose images are rendered once and then only sent, at a pace that waits for the
consumer. By GenTL that is a program that calls the producer; by GigE Vision it is Aravis as root, on a
loopback. Live: with noise, into memory that the consumer shares, beside rendering alone in a pool like the
link's. All twins run throughout and are measured in turn, so what is compared has met the same machine.
Times of processors stand beside: they count what both processes worked, whoever else keeps the machine busy.
Run it with tests on PYTHONPATH. Needs root for the network, and what streaming.py needs.
"""

from __future__ import annotations

import contextlib
import ctypes as c
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
from page import options, publish
from streaming import CLIENT, MODEL, PACKET_BYTES, namespace

import camtwin
from camtwin.links.base.render_pool import Rendering
from unit.links.gentl.calls import FOREVER, Library, Opened

SIZE = 4096 * 3000
BUFFERS = 8
COPIES = 4.0
"""Times of a copy that the way alone may take."""
SHARE = 0.8
"""Part of the rate of rendering alone that live frames must reach."""
TICK_s = 1 / os.sysconf("SC_CLK_TCK")
STILL = """
import sys
from camtwin.twins import Twin
made, render = {}, Twin.render
def once(self, exposure, *out):
    key = exposure.payload_bytes, *(each.ctypes.data for each in out)
    if key not in made:
        made[key] = render(self, exposure, *out)
    return made[key]
Twin.render = once
from camtwin.__main__ import main
sys.exit(main())
"""
"""camtwin, with each image made once for each place in memory."""
RUN = ("run", MODEL, "--scene", "flat", "--pace", "max")


@dataclass
class Case:
    """Turns of one measurement: seconds a frame, and seconds of processors (of GigE there are none)."""

    name: str
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def add(self, frames: int, passed: float, worked: float | None) -> None:
        self.seconds.append(passed / frames)
        if worked is not None:
            self.processor.append(worked / frames)
        print(f"{self.name}: {1 / self.seconds[-1]:.1f} frames/s", file=sys.stderr)


@dataclass
class Twins:
    """Twins that run, in a folder of sockets of their own."""

    process: subprocess.Popen[str]
    folder: str

    @property
    def worked(self) -> float:
        """Seconds of processors that the process has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK_s


@contextlib.contextmanager
def running(*command: str) -> Iterator[Twins]:
    """Run twins until the context is left."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "XDG_RUNTIME_DIR": folder}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
            assert process.stdout
            try:
                next(line for line in process.stdout if "ready" in line)
                yield Twins(process, folder)
            finally:
                process.terminate()
                process.communicate()


def copied(case: Case, count: int) -> None:
    """Copy frames by memcpy, from memory that changes into buffers that rotate."""
    sources = [np.full(SIZE, n, np.uint8) for n in range(BUFFERS)]
    targets = [np.zeros(SIZE, np.uint8) for _ in range(BUFFERS)]
    begin = worked = 0.0
    for n in range(-BUFFERS, count):
        if n == 0:  # all pages are there
            begin, worked = time.perf_counter(), time.process_time()
        c.memmove(targets[n % BUFFERS].ctypes.data, sources[n % BUFFERS].ctypes.data, SIZE)
    case.add(count, time.perf_counter() - begin, time.process_time() - worked)


def received(case: Case, count: int, lib: Library, twins: Twins, start: int, *, announced: bool) -> None:
    """Take frames by GenTL; none may be lost."""
    os.environ["XDG_RUNTIME_DIR"] = twins.folder
    opened = Opened(lib)
    memory = [np.zeros(SIZE, np.uint8) for _ in range(BUFFERS)] if announced else []
    if announced:
        for each in memory:
            buffer = lib.handle("DSAnnounceBuffer", opened.stream, each.ctypes.data, SIZE, None)
            lib.must("DSQueueBuffer", opened.stream, buffer)
    else:
        opened.allocate(SIZE, BUFFERS)
    lib.must("DSStartAcquisition", opened.stream, 0, FOREVER)
    assert lib.write(opened.port, start, (1).to_bytes(4, "big")) == 0
    for _ in range(2 * BUFFERS):  # each slot is rendered, and each page of the buffers there
        lib.must("DSQueueBuffer", opened.stream, opened.buffer())
    begin, worked = time.perf_counter(), time.process_time() + twins.worked
    for _ in range(count):
        lib.must("DSQueueBuffer", opened.stream, opened.buffer())
    case.add(count, time.perf_counter() - begin, time.process_time() + twins.worked - worked)
    assert lib.value("DSGetInfo", opened.stream, 2) == 0, "no frame is lost"
    opened.close()


def by_gige(case: Case, net: str, packet_bytes: int, seconds: float) -> None:
    """Take frames by Aravis from a twin whose images are rendered once."""
    asked = ("--packet-size", str(packet_bytes), "--seconds", str(seconds))
    command = ["ip", "netns", "exec", net, *CLIENT, *asked]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    case.add(1, 1 / json.loads(done.stdout)["fps"], None)


class Alone:
    """Rendering, on the threads that a link has, into memory of its own."""

    def __init__(self) -> None:
        exposures = []
        with camtwin.open(MODEL, scene="flat") as camera:
            self.twin = camera.twin
            self.twin.camera.on_exposure.subscribe(exposures.append)
            camera.grab(1)
        self.exposure = exposures[0]
        self.memory = [np.zeros(SIZE, np.uint8) for _ in range(BUFFERS)]

    def render(self, count: int) -> None:
        done = [
            self.pool.submit(self.twin.render, self.exposure, self.memory[n % BUFFERS]) for n in range(count)
        ]
        for each in done:
            each.result()

    def measure(self, case: Case, count: int) -> None:
        """Render, with as little before as a link has."""
        self.pool = Rendering()
        self.render(BUFFERS)
        begin, worked = time.perf_counter(), time.process_time()
        self.render(count)
        case.add(count, time.perf_counter() - begin, time.process_time() - worked)
        self.pool.close()


def ratios(over: Sequence[float], under: Sequence[float]) -> float:
    """Return the median of what two cases have to each other, turn by turn; nan if one has no turn."""
    return median([a / b for a, b in zip(over, under, strict=True)]) if over and under else float("nan")


def verdict(name: str, value: float, limit: float, *, most: bool) -> str:
    """Return a line that says whether a value keeps its limit."""
    holds = value <= limit if most else value >= limit
    return (
        f"{'holds' if holds else 'MISSED'}: {name} {value:.2f} ({'at most' if most else 'at least'} {limit})"
    )


def report(cases: dict[str, Case]) -> list[str]:
    """Build the table, and what it says of the two limits."""
    copy, alone = cases["copy of a frame"], cases["rendering alone"]
    lines = [
        "4096 x 3000 Mono8, 12.3 MB a frame. The way alone repeats rendered images. GenTL copies one once",
        "into buffers that a program announced, and not at all into those that the producer allocated.",
        "Copies of a frame, and parts of rendering alone: the median of the turns, each beside the other's.",
        "",
        "| | frames/s, best | median | copies of a frame | by processor time | of rendering alone | turns |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    verdicts = []
    for name, case in cases.items():
        way = worked = share = ""
        if name.startswith("way"):
            copies = ratios(case.seconds, copy.seconds)
            way, worked = f"{copies:.1f}", f"{ratios(case.processor, copy.processor):.1f}".replace("nan", "")
            if "GenTL" in name:
                verdicts.append(verdict(f"{name}, copies of a frame", copies, COPIES, most=True))
        if name.startswith("live"):
            part = ratios(alone.seconds, case.seconds)
            share = f"{part:.2f}"
            verdicts.append(verdict(f"{name}, of rendering alone", part, SHARE, most=False))
            spent = ratios(alone.processor, case.processor)
            verdicts.append(f"beside: processor time of rendering alone over that of {name} {spent:.2f}")
        rates = [1 / each for each in case.seconds]
        lines.append(
            f"| {name} | {max(rates):.1f} | {median(rates):.1f} | {way} | {worked} | {share} | {len(rates)} |"
        )
    return [*lines, "", *(f"- {each}" for each in verdicts)]


def main(arguments: Sequence[str]) -> None:
    """Measure each case in turn, and publish the table."""
    chosen = options(__doc__ or "", list(arguments))
    turns, count, seconds = (1, 20, 1.0) if chosen.quick else (5, 100, 1.0)
    alone, lib, cases = Alone(), Library(camtwin.gentl.path()), dict[str, Case]()
    start = alone.twin.camera.tree.nodes["AcquisitionStart"].address

    def turn(name: str, measure: Callable[..., None], *args: object, **named: object) -> None:
        measure(cases.setdefault(name, Case(name)), *args, **named)

    with contextlib.ExitStack() as stack:
        net = stack.enter_context(namespace())
        still = (sys.executable, "-c", STILL, *RUN)
        gige = stack.enter_context(running("ip", "netns", "exec", net, *still))
        sent = stack.enter_context(running(*still, "--gentl-only"))
        live = stack.enter_context(running(sys.executable, "-m", "camtwin", *RUN, "--gentl-only"))
        for _ in range(turns):
            turn("copy of a frame", copied, 2 * count)
            for kind in ("announced", "allocated"):
                how = {"announced": kind == "announced"}
                turn(f"way alone, GenTL, {kind} buffers", received, count, lib, sent, start, **how)
            for size in PACKET_BYTES:
                turn(f"way alone, GigE, {size} B", by_gige, net, size, seconds)
            turn("rendering alone", alone.measure, count // 4)
            turn("live, GenTL, announced buffers", received, count // 4, lib, live, start, announced=True)
        assert gige.process.poll() is None
    found = {each.name: {"s": each.seconds, "processor_s": each.processor} for each in cases.values()}
    publish(chosen, "GenTL", report(cases), {"of_a_frame": found})


if __name__ == "__main__":
    main(sys.argv[1:])
