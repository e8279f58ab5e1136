"""Transfers a second on the bus of a bare sensor, as programs under `camtwin exec` have them.

A program reads the sensor's id over and over by I2C_RDWR: through the preloaded object and the bus's socket.
At 400 kHz and 1 MHz the wire itself takes most of the time; at a pace of 1000 what is left is camtwin's own.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from statistics import median

from page import options, publish

CAMTWIN = (sys.executable, "-m", "camtwin")
CLIENT = """
import smbus2, sys, time
with smbus2.SMBus(int(sys.argv[1])) as bus:
    write, read = smbus2.i2c_msg.write(0x1A, [0x00, 0x16]), smbus2.i2c_msg.read(0x1A, 2)
    begin, count = time.perf_counter(), 0
    while (passed := time.perf_counter() - begin) < float(sys.argv[2]):
        bus.i2c_rdwr(write, read)
        count += 1
    assert bytes(read) == b"\\x05\\x77"
    print(count / passed)
"""
CLOCKS = 57
"""Clocks of the bus in a transfer that writes two bytes and reads two."""
CASES = {"400 kHz": (400_000, 1), "1 MHz": (1_000_000, 1), "1 MHz, pace 1000": (1_000_000, 1000)}


def rates(hz: int, pace: int, turns: int, seconds: float) -> list[float]:
    """Return transfers a second, turn after turn."""
    speed = {400_000: "400k", 1_000_000: "1M"}[hz]
    run = (*CAMTWIN, "run", "sony-imx412-aack", "--scene", "flat", "--bus-speed", speed, "--pace", str(pace))
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as twin:
        try:
            assert twin.stdout
            line = next(line for line in twin.stdout if "ready at" in line)
            (bus,) = re.findall(r"i2c-(\d+)", line)
            program = (*CAMTWIN, "exec", "--", sys.executable, "-c", CLIENT, bus, str(seconds))
            return [float(subprocess.check_output(program, text=True)) for _ in range(turns)]
        finally:
            twin.terminate()
            twin.communicate()


def main(arguments: list[str]) -> None:
    """Measure each case, and publish the table."""
    chosen = options(__doc__ or "", arguments)
    turns, seconds = (1, 0.2) if chosen.quick else (7, 2.0)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_RUNTIME_DIR"] = folder
        found = {name: rates(*case, turns, seconds) for name, case in CASES.items()}
    lines = [
        "The id of a sensor is read over and over (two bytes written, two read) by smbus2 under",
        f"`camtwin exec`, {seconds:g} s a turn. The wire alone takes {CLOCKS} clocks of the bus.",
        "",
        "| bus | transfers a second, best | median | of the wire's own rate | turns |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, (hz, pace) in CASES.items():
        best, wire = max(found[name]), hz / CLOCKS
        share = f"{best / wire:.1%} of {wire:.0f}" if pace == 1 else ""
        lines.append(f"| {name} | {best:.0f} | {median(found[name]):.0f} | {share} | {turns} |")
    publish(chosen, "Bus of a bare sensor", lines, {"transfers_per_s": found})


if __name__ == "__main__":
    main(sys.argv[1:])
