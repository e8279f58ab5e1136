"""Many twins, a minute each: do stock clients get every frame, and in time? Tables; exit code 1 if not.

Cameras stream to Aravis; the second in which all begin is not counted: until its filter is set, Aravis'
packet socket hears all twins. Four sensor modules stream 1080p30 to v4l2-ctl, one frame repeated, and
v4l2-compliance streams in all ways and all formats of a module.

Needs what streaming.py needs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from streaming import CLIENT, MODEL, namespace

RUNS = ((3, "4096x3000", 9), (8, "1024x768", 30))  # twins, region, frames a second


def soak(net: str, twins: int, size: str, rate: int, seconds: float) -> list[dict]:
    """Return the results of each client."""
    inside = ("ip", "netns", "exec", net)
    command = [*inside, sys.executable, "-m", "camtwin", "run", *[MODEL] * twins]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout

    def client(number: int) -> dict:
        options = ("--address", f"127.0.0.{number}", "--size", size, "--rate", str(rate))
        more = ("--packet-size", "9000", "--seconds", str(seconds))
        done = subprocess.run([*inside, *CLIENT, *options, *more], check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    try:
        next(line for line in process.stdout if "ready" in line)
        with ThreadPoolExecutor(twins) as pool:
            return list(pool.map(client, range(1, twins + 1)))
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


# -- sensor modules as video devices -----------------------------------------------------------------------
CAMTWIN = (sys.executable, "-m", "camtwin")
MODULE = "framos-fsm-imx412"
FULL_HD = ("--set-fmt-video=width=1920,height=1080,pixelformat=RG10", "--set-parm=30", "--stream-mmap=8")


@contextlib.contextmanager
def modules(count: int, *args: str) -> Iterator[list[str]]:
    """Run sensor modules; yield their video nodes."""
    command = [*CAMTWIN, "run", *[MODULE] * count, "--still", *args]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        nodes: list[str] = []
        while len(nodes) < count:
            nodes += re.findall(r" at (/dev/video\d+)", next(process.stdout))
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield nodes
    finally:
        process.terminate()
        process.wait()


def recorded(node: str, seconds: float) -> tuple[int, int, float]:
    """Stream to v4l2-ctl; return the frames, those lost, and the frames a second by the clock of the wall."""
    count = round(30 * seconds)
    program = (
        *CAMTWIN,
        "exec",
        "--",
        "v4l2-ctl",
        "-d",
        node,
        *FULL_HD,
        "--verbose",
        f"--stream-count={count}",
    )
    times: list[float] = []
    last = 0
    with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as reader:
        assert reader.stderr
        for line in reader.stderr:
            if found := re.search(r"dqbuf: .* seq: +(\d+)", line):
                times.append(time.perf_counter())
                last = int(found[1])
    return len(times), last + 1 - len(times), (len(times) - 1) / (times[-1] - times[0])


def soak_modules(seconds: float) -> bool:
    """Stream four modules at once and let v4l2-compliance stream; return whether all is well."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_RUNTIME_DIR"] = folder
        with modules(4) as nodes, ThreadPoolExecutor(len(nodes)) as pool:
            each = list(pool.map(lambda node: recorded(node, seconds), nodes))
        with modules(1, "--pace", "max") as (node,):
            program = (*CAMTWIN, "exec", "--", "v4l2-compliance", "-d", node, "-s", "-f")
            said = subprocess.run(program, capture_output=True, text=True, timeout=900).stdout
    fps, lost = sorted(rate for *_, rate in each), sum(missing for _, missing, _ in each)
    total = next(
        (line for line in said.splitlines() if line.startswith("Total")), "v4l2-compliance did not end"
    )
    print("\n| modules | mode | fps, least to most | frames | lost |\n|---:|---|---:|---:|---:|")
    print(f"| 4 | 1920x1080, 30/s | {fps[0]:.2f} to {fps[-1]:.2f} | {sum(n for n, *_ in each)} | {lost} |")
    print(f"\nv4l2-compliance -s -f: {total}")
    return lost == 0 and 29.7 < fps[0] <= fps[-1] < 30.3 and total.endswith("Failed: 0, Warnings: 0")


def main(arguments: list[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Do many twins at once lose a frame?")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each run")
    seconds = parser.parse_args(arguments).seconds
    print("| twins | region | asked | fps, least to most | frames | lost |\n|---:|---|---:|---|---:|---:|")
    failed = False
    with namespace() as net:
        for twins, size, rate in RUNS:
            each = soak(net, twins, size, rate, seconds)
            fps = sorted(got["fps"] for got in each)
            lost = sum(got["lost"] for got in each)
            failed |= lost > 0 or fps[0] < 0.99 * rate
            frames = sum(got["counted"] for got in each)
            print(f"| {twins} | {size} | {rate} | {fps[0]:.2f} to {fps[-1]:.2f} | {frames} | {lost} |")
    failed |= not soak_modules(seconds)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
