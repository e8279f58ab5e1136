"""Frames a second of a sensor module as /dev/videoN, as a stock reader has them.

v4l2-ctl streams 4056 x 3040 RG10 into mapped buffers under `camtwin exec`, at a pace that waits for the
reader. Beside it, in this process: rendering alone, on as many threads, and the copy of a frame into memory
that is shared. With --still one frame is rendered and repeated.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import wait
from statistics import median

import numpy as np
from page import options, publish

import camtwin
from camtwin.links.base.render_pool import Rendering, threads

CAMTWIN = (sys.executable, "-m", "camtwin")
MODEL = "framos-fsm-imx412"
WIDTH, HEIGHT = 4056, 3040
STREAM = (f"--set-fmt-video=width={WIDTH},height={HEIGHT},pixelformat=RG10", "--stream-mmap=8", "--verbose")


def streamed(count: int, *args: str) -> float:
    """Return the frames a second that v4l2-ctl receives, from its own times of receipt."""
    run = (*CAMTWIN, "run", MODEL, "--scene", "flat", "--pace", "max", *args)
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as twin:
        try:
            assert twin.stdout
            line = next(line for line in twin.stdout if "ready at" in line)
            (number,) = re.findall(r"/dev/video(\d+)", line)
            node = ("v4l2-ctl", "-d", f"/dev/video{number}")
            subprocess.run(
                [*CAMTWIN, "exec", "--", *node, *STREAM, "--stream-count=2"], stderr=subprocess.DEVNULL
            )
            program = [*CAMTWIN, "exec", "--", *node, *STREAM, f"--stream-count={count}"]
            with subprocess.Popen(
                program, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
            ) as reader:
                assert reader.stderr
                times = [time.perf_counter() for line in reader.stderr if "dqbuf" in line]
        finally:
            twin.terminate()
            twin.communicate()
    assert len(times) == count
    return (count - 1) / (times[-1] - times[0])


def rendered(count: int) -> float:
    """Return the frames a second of rendering alone, on the very threads that a link has."""
    module = camtwin.open_module(MODEL, scene="flat")
    module.driver.start()
    frames = module.grab(2)
    module.image(frames[0])
    rendering = Rendering()
    try:
        begin = time.perf_counter()
        wait([rendering.submit(module.image, frames[1]) for _ in range(count)])
        return count / (time.perf_counter() - begin)
    finally:
        rendering.close()


def copied(count: int) -> float:
    """Return the frames a second that can be copied into memory that is shared."""
    data = np.ones(WIDTH * HEIGHT, np.uint16).view(np.uint8).data
    memory = os.memfd_create("copy")
    os.pwrite(memory, data, 0)
    begin = time.perf_counter()
    for _ in range(count):
        os.pwrite(memory, data, 0)
    passed = time.perf_counter() - begin
    os.close(memory)
    return count / passed


def main(arguments: list[str]) -> None:
    """Measure each case in turn, and publish the table."""
    chosen = options(__doc__ or "", arguments)
    turns, count = (1, 6) if chosen.quick else (5, 60)
    found: dict[str, list[float]] = {
        "rendering alone": [],
        "live": [],
        "repeated (--still)": [],
        "copy alone": [],
    }
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_RUNTIME_DIR"] = folder
        for _ in range(turns):
            found["rendering alone"].append(rendered(count))
            found["live"].append(streamed(count))
            found["repeated (--still)"].append(streamed(4 * count, "--still"))
            found["copy alone"].append(copied(4 * count))
    alone = median(found["rendering alone"])
    lines = [
        f"{WIDTH} x {HEIGHT} RG10 to v4l2-ctl under `camtwin exec`, {count} frames a turn; rendering has",
        f"{threads()} threads.",
        "",
        "| | frames/s, best | median | of rendering alone | turns |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, rates in found.items():
        share = f"{median(rates) / alone:.2f}" if name == "live" else ""
        lines.append(f"| {name} | {max(rates):.1f} | {median(rates):.1f} | {share} | {turns} |")
    publish(chosen, "A sensor module as a video device", lines, {"frames_per_s": found})


if __name__ == "__main__":
    main(sys.argv[1:])
