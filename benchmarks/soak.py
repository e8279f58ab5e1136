"""Many twins, a minute each: does stock Aravis get every frame, and in time? A table; exit code 1 if not.

The second in which all begin is not counted: until its filter is set, Aravis' packet socket hears all twins.

Needs what streaming.py needs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
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
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
