"""Commands as processes: `python fuzz_processes.py [--count N] [--seed S]`, see `make fuzz`.

They are signalled at random moments, have no stdout, write Latin-1 or on 40 columns. Each ends with a code
that the documentation has (docs/running.md), without a traceback, and none of their own processes stays.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

import warm
from unit.cli.words import CHECKOUT, MODELS, lay_out

HOWS: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "no stdout", "latin-1", "40 columns")
MOMENTS_s: Final = 1.5
"""Until when a signal comes: commands of a warm start are at work, or done, by then."""
WAIT_s: Final = 120
AT_ONCE: Final = 4
MARK: Final = f"CAMTWIN_FUZZ={os.getpid()}"
SCENARIO: Final = CHECKOUT / "examples/scenarios/plc-two-cameras.toml"
QUICK: Final = (
    "list", "list --json", "show {model}", "show {model} --json", "xml {model}", "wiring plan.toml",
    "wiring plan.toml --draw out{n}.png", "lens {model} --focal 25 --distance 500", "play scenario.toml",
    "replay journal.jsonl", "develop raw.tiff -o out{n} --mosaic mono", "--help", "run -h",
    "snap {model} -o out{n}.tiff", "snap nikon -o x.png",
)  # fmt: skip
LONG: Final = (
    "verify {model} --jobs 2", "verify {model} --jobs 1 --html out{n}.html", "lab emva {model}",
    "lab emva {model} --quick --save set{n}", "snap {model} -n 50 -o out{n}.png",
    "play {scenario} --live {bind}",
    "run {model} --bind {address} --port {port}", "run {model} --bind {address} --port {port} --for 0.2",
    "run {model} --bind {address} --port {port} --journal run{n}.jsonl --pace max",
)  # fmt: skip
"""Commands that a signal meets at work."""


@dataclass(frozen=True)
class Process:
    """A command that has ended. moment_s: when it was signalled, if it was."""

    args: tuple[str, ...]
    how: str
    moment_s: float
    code: int | None
    said: str

    @property
    def complaint(self) -> str:
        """What is wrong with its end, if anything."""
        allowed = {0, 1, 2}
        if number := getattr(signal, self.how, None):
            allowed |= {128 + number, -number}  # by the signal itself: it came before the command began
        if self.code not in allowed:
            return f"exit code {self.code}; {self.said[-1000:]}"
        torn = self.how == "SIGKILL"  # in the middle of a process' birth, which that one may tell
        return self.said if "Traceback" in self.said and not torn else ""


def lines(seed: int, count: int) -> Iterator[tuple[int, str, float, tuple[str, ...]]]:
    """Yield number, how, moment and arguments of processes, the same for the same seed."""
    chance = random.Random(seed)
    for n in range(count):
        how = HOWS[n % len(HOWS)]
        text = chance.choice(LONG if how.startswith("SIG") and chance.random() < 0.8 else QUICK)
        a, b = (f"127.0.{1 + n % 200}.{host}" for host in (101, 102))
        filled = text.format(
            model=chance.choice(MODELS), n=n, scenario=SCENARIO, address=a, port=20_000 + n % 20_000,
            bind=f"--bind {a} --bind {b}",
        )  # fmt: skip
        yield n, how, chance.uniform(0, MOMENTS_s), tuple(filled.split())


def run(how: str, moment_s: float, args: tuple[str, ...]) -> Process:
    """Run a command in that way until it ends."""
    name, _, value = MARK.partition("=")
    env = {**os.environ, name: value, "COLUMNS": "40" if how == "40 columns" else "80"}
    if how == "latin-1":
        env["PYTHONIOENCODING"] = "latin-1"
    with TemporaryFile("w+", encoding="latin-1") as out:
        program = warm.Program(args, env, files=(out, out), closed=(1,) if how == "no stdout" else ())
        program.stdout.close()
        if number := getattr(signal, how, None):
            time.sleep(moment_s)
            program.send_signal(number)
        try:
            code = program.wait(WAIT_s)
        except subprocess.TimeoutExpired:
            code = None
            program.kill()
        out.seek(0)
        return Process(args, how, moment_s, code, out.read())


def fuzz(count: int, seed: int, folder: Path) -> list[Process]:
    """Run so many processes, some at once."""
    lay_out(folder)
    before = os.getcwd()
    os.chdir(folder)
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda each: run(*each[1:]), lines(seed, count)))
    finally:
        os.chdir(before)


def left(wait_s: float = 20) -> list[int]:
    """Return processes of commands that have ended, after some seconds in which they may end, too."""
    end = time.monotonic() + wait_s
    while (found := list(_marked())) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def _marked() -> Iterator[int]:
    for file in Path("/proc").glob("[0-9]*/environ"):
        try:
            if MARK.encode() in file.read_bytes().split(b"\0"):
                yield int(file.parent.name)
        except OSError:  # it has ended, or is another user's
            continue


def main() -> None:
    import argparse
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4)))
    given = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        ended = fuzz(given.count, given.seed, Path(folder))
    wrong = [process for process in ended if process.complaint]
    for process in wrong:
        print(f"camtwin {' '.join(process.args)}: {process.how} at {process.moment_s:.3f} s")
        print(process.complaint)
    seconds, stayed = time.monotonic() - begun, left()
    print(f"{given.count} processes in {seconds:.0f} s, seed {given.seed}: {len(wrong)} ended wrongly")
    print(f"{len(stayed)} processes of theirs are left")
    sys.exit(bool(wrong or stayed))


if __name__ == "__main__":
    main()
