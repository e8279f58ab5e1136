"""Full frames a second by GenTL, beside the copy of a frame, GigE Vision and rendering alone, in one run.

The way alone: a twin whose images are rendered once and then only sent, at a pace that waits for the
consumer. By GenTL that is a program that calls the producer; by GigE Vision it is Aravis as root, on a
loopback. Live: with noise, into memory that the consumer shares. Run it with tests on PYTHONPATH. Needs root
for the network, and what streaming.py needs.
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
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import numpy as np
from page import options, publish
from streaming import CLIENT, MODEL, PACKET_BYTES, namespace

import camtwin
from camtwin.links.base.render_pool import threads
from unit.links.gentl.calls import FOREVER, Library, Opened

SIZE = 4096 * 3000
BUFFERS = 8
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


@contextlib.contextmanager
def running(*command: str) -> Iterator[None]:
    """Run twins until the context is left."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            next(line for line in process.stdout if "ready" in line)
            yield
        finally:
            process.terminate()
            process.communicate()


def copied(count: int) -> float:
    """Return the frames a second that memcpy copies, from memory that changes into buffers that rotate."""
    sources = [np.full(SIZE, n, np.uint8) for n in range(BUFFERS)]
    targets = [np.zeros(SIZE, np.uint8) for _ in range(BUFFERS)]
    begin = 0.0
    for n in range(-BUFFERS, count):
        if n == 0:  # all pages are there
            begin = time.perf_counter()
        c.memmove(targets[n % BUFFERS].ctypes.data, sources[n % BUFFERS].ctypes.data, SIZE)
    return count / (time.perf_counter() - begin)


def received(lib: Library, count: int, *, announced: bool) -> float:
    """Return the frames a second that this process takes by GenTL; no frame may be lost."""
    opened = Opened(lib)
    order = "big"
    registers = json.loads(os.environ["CAMTWIN_REGISTERS"])
    memory = [np.zeros(SIZE, np.uint8) for _ in range(BUFFERS)] if announced else []
    if announced:
        for each in memory:
            buffer = lib.handle("DSAnnounceBuffer", opened.stream, each.ctypes.data, SIZE, None)
            lib.must("DSQueueBuffer", opened.stream, buffer)
    else:
        opened.allocate(SIZE, BUFFERS)
    lib.must("DSStartAcquisition", opened.stream, 0, FOREVER)
    assert lib.write(opened.port, registers["AcquisitionStart"], (1).to_bytes(4, order)) == 0
    for _ in range(2 * BUFFERS):  # each slot is rendered, and each page of the buffers there
        lib.must("DSQueueBuffer", opened.stream, opened.buffer())
    begin = time.perf_counter()
    for _ in range(count):
        lib.must("DSQueueBuffer", opened.stream, opened.buffer())
    passed = time.perf_counter() - begin
    assert lib.value("DSGetInfo", opened.stream, 2) == 0, "no frame is lost"
    opened.close()
    return count / passed


def by_gentl(lib: Library, count: int, *, announced: bool, still: bool) -> float:
    """Start a twin, and take frames from it."""
    first = ("-c", STILL) if still else ("-m", "camtwin")
    with running(sys.executable, *first, *RUN, "--gentl-only"):
        return received(lib, count, announced=announced)


def by_gige(net: str, packet_bytes: int, seconds: float) -> float:
    """Return the frames a second that Aravis takes from a twin whose images are rendered once."""
    inside = ("ip", "netns", "exec", net)
    with running(*inside, sys.executable, "-c", STILL, *RUN):
        asked = ("--packet-size", str(packet_bytes), "--seconds", str(seconds))
        done = subprocess.run([*inside, *CLIENT, *asked], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["fps"]


def rendered(count: int) -> float:
    """Return the frames a second of rendering alone, on the threads that a link has, into its own memory."""
    camera = camtwin.open(MODEL, scene="flat")
    twin, exposures = camera.twin, []
    twin.camera.on_exposure.subscribe(exposures.append)
    camera.grab(1)
    memory = [np.zeros(SIZE, np.uint8) for _ in range(BUFFERS)]
    with ThreadPoolExecutor(threads()) as pool:
        list(pool.map(lambda n: twin.render(exposures[0], memory[n]), range(BUFFERS)))
        begin = time.perf_counter()
        list(pool.map(lambda n: twin.render(exposures[0], memory[n % BUFFERS]), range(count)))
        return count / (time.perf_counter() - begin)


def report(found: dict[str, list[float]], turns: int) -> list[str]:
    """Build the table."""
    copy, alone = median(found["copy of a frame"]), median(found["rendering alone"])
    lines = [
        "4096 x 3000 Mono8, 12.3 MB a frame. The way alone repeats rendered images. GenTL copies one once",
        "into buffers that a program announced, and not at all into those that the producer allocated.",
        "",
        "| | frames/s, best | median | copies of a frame | of rendering alone | turns |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, rates in found.items():
        share = f"{median(rates) / alone:.2f}" if name.startswith("live") else ""
        way = "" if name.startswith(("live", "rendering")) else f"{copy / median(rates):.1f}"
        lines.append(f"| {name} | {max(rates):.1f} | {median(rates):.1f} | {way} | {share} | {turns} |")
    return lines


def main(arguments: Sequence[str]) -> None:
    """Measure each case in turn, and publish the table."""
    chosen = options(__doc__ or "", list(arguments))
    turns, count, seconds = (1, 20, 2.0) if chosen.quick else (5, 200, 4.0)
    nodes = camtwin.open(MODEL).twin.camera.tree.nodes
    os.environ["CAMTWIN_REGISTERS"] = json.dumps({"AcquisitionStart": nodes["AcquisitionStart"].address})
    lib, found = Library(camtwin.gentl.path()), {}
    with tempfile.TemporaryDirectory() as folder, namespace() as net:
        os.environ["XDG_RUNTIME_DIR"] = folder
        for _ in range(turns):
            for name, measured in (
                ("copy of a frame", lambda: copied(4 * count)),
                (
                    "way alone, GenTL, announced buffers",
                    lambda: by_gentl(lib, count, announced=True, still=True),
                ),
                (
                    "way alone, GenTL, allocated buffers",
                    lambda: by_gentl(lib, count, announced=False, still=True),
                ),
                *(
                    (f"way alone, GigE, {size} B", lambda size=size: by_gige(net, size, seconds))
                    for size in PACKET_BYTES
                ),
                ("rendering alone", lambda: rendered(count // 4)),
                (
                    "live, GenTL, announced buffers",
                    lambda: by_gentl(lib, count // 4, announced=True, still=False),
                ),
            ):
                found.setdefault(name, []).append(measured())
                print(f"{name}: {found[name][-1]:.1f}", file=sys.stderr)
    publish(chosen, "GenTL", report(found, turns), {"frames_per_s": found})


if __name__ == "__main__":
    main(sys.argv[1:])
