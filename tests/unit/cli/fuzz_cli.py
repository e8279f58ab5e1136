"""Command lines at random: `python fuzz_cli.py [--count N] [--seed S]`, see `make fuzz`.

Each command, option and model is typed with words that fit and words that do not (words.py). Whatever is
typed, the command ends with exit code 0, 1 or 2, and says in one line why, without a traceback.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import time
import traceback
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final, NamedTuple

import numpy as np
import pytest

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from camtwin import cli
from unit.cli.words import COMMANDS, MODELS, ROOT, Typist, lay_out

SLOW_s: Final = 60
"""What a command may take, of which the slow parts are left out here."""


class Done(NamedTuple):
    """How a command has ended; code -1: with a traceback."""

    args: Sequence[str]
    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """What is wrong with it, if anything."""
        if self.code not in (0, 1, 2) or "Traceback" in self.err:
            return self.err or f"exit code {self.code}"
        if self.code == 2 and not self.err.startswith(("camtwin: ", "Usage: ")):
            return f"exit code 2 without a reason: {self.err!r:.200}"
        several = "Usage:" in self.err or "develop" in self.args  # which tells of each image
        if self.code == 2 and not several and self.err.count("\n") != 1:
            return f"more than one line: {self.err!r:.300}"
        return ""


class TooSlow(Exception):
    """A command has not ended."""


def call(args: Sequence[str]) -> Done:
    """Run a command line in this process."""
    streams = sys.stdout, sys.stderr, sys.argv
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace") for _ in range(2))
    sys.stdout, sys.stderr, sys.argv = out, err, ["camtwin", *args]
    code: Any = 0
    try:
        signal.setitimer(signal.ITIMER_REAL, SLOW_s)
        cli.main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        code = -1
        traceback.print_exc(file=err)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout, sys.stderr, sys.argv = streams
    for stream in (out, err):
        stream.flush()
    texts = (stream.buffer.getvalue().decode("utf-8", "backslashreplace") for stream in (out, err))  # type: ignore[attr-defined]
    return Done(args, int(code or 0), *texts)


@contextmanager
def quick(folder: Path) -> Iterator[None]:
    """Leave out what takes seconds: images, measurements, running cameras. What is around them stays."""
    from camtwin.emva1288 import shots
    from camtwin.hosts import aravis, calibration
    from camtwin.hosts.problem import CameraProblem
    from camtwin.isp import Calibration
    from camtwin.links import native, serve
    from camtwin.report import canvas
    from camtwin.session.frame import Frame
    from camtwin.session.session import Session
    from camtwin.studio import door
    from camtwin.studio import serve as studio
    from camtwin.twins.render.truth import Truth
    from camtwin.verify import verdicts

    def late(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow(f"{SLOW_s} s")

    async def nothing(*_: object) -> None: ...

    def no_program(*args: Any) -> None:
        raise FileNotFoundError(2, "No such file or directory", args[0])

    def no_camera(*_: object) -> None:
        raise CameraProblem("no camera is found")

    def frames(self: Session, count: int) -> Iterator[Frame]:
        self.__dict__["render"] = False
        yield from every_frame(self, min(count, 2))

    def no_images(*_: Any) -> Any:
        raise shots.LabProblem("there are no images")

    def passes(_model: str, work: Any, _jobs: int) -> Iterator[verdicts.Result]:
        return (verdicts.Result(claim, "1", "pass") for group in work for claim in group)

    def dark(_of: object) -> Any:
        return np.zeros((8, 16), np.uint16)

    every_frame = Session.frames
    change = pytest.MonkeyPatch()
    before = os.getcwd(), signal.signal(signal.SIGALRM, late)
    os.chdir(folder)
    silence = open(os.devnull)  # noqa: SIM115  (closed below)
    try:
        change.setattr(sys, "stdin", silence)
        change.setattr(cli, "app", ROOT)  # which would be made anew for each command line
        change.setattr(serve, "_serve", nothing)  # under the name that others have imported
        change.setattr(studio, "serve", lambda listening, _app: listening.close())
        change.setattr(door, "served", lambda _prefix: [])  # twins of others
        change.setattr(webbrowser, "open", lambda _address: True)
        change.setattr(native, "environment", lambda *_: {})
        change.setattr(os, "execvpe", no_program)
        change.setattr(aravis, "call", no_camera)  # which would look for one for a second and more
        change.setattr(Session, "frames", frames)
        change.setattr(canvas, "PNG_SCALE", 1)
        change.setattr(canvas, "FINER", 1)  # a drawing has 1/16 of its pixels
        change.setattr(Frame, "picture", property(dark))
        change.setattr(Truth, "arrays", lambda truth: {"dark": dark(truth)})
        change.setattr(shots, "reduced", no_images)
        change.setattr(verdicts, "_measured", passes)
        change.setattr(calibration, "of_model", lambda name: Calibration(name))
        yield
    finally:
        change.undo()
        silence.close()
        os.chdir(before[0])
        signal.signal(signal.SIGALRM, before[1])


def fuzz(count: int, seed: int, folder: Path) -> tuple[Typist, list[Done]]:
    """Run so many command lines; return who typed them, and those that ended as none may."""
    lay_out(folder)
    typist, found = Typist(seed), []
    with quick(folder):
        for _ in range(count):
            done = call(typist.line())
            if done.complaint:
                found.append(done)
    return typist, found


def untried(typist: Typist) -> list[tuple[str, ...]]:
    """Return options and models that were not typed with each command."""
    wanted = [
        (*words, param.name)
        for words, command in COMMANDS.items()
        for param in command.params
        if param.param_type_name == "option" and param.name != "help"
    ]
    wanted += [
        (*words, model)
        for words, command in COMMANDS.items()
        for model in MODELS
        if {"model", "models", "what"} & {param.name for param in command.params} and words != ("new",)
    ]
    return [each for each in wanted if each not in typist.used]


def main() -> None:
    import argparse
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4)))
    given = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        typist, found = fuzz(given.count, given.seed, Path(folder))
    kinds: dict[str, Done] = {}
    for done in found:
        kinds.setdefault(done.complaint.rstrip().rpartition("\n")[2][:120], done)
    for done in kinds.values():
        print(f"camtwin {' '.join(map(repr, done.args))}\n{done.complaint}\n")
    seconds = time.monotonic() - begun
    print(f"{given.count} command lines in {seconds:.0f} s, seed {given.seed}: {len(found)} ended wrongly")
    print(f"not tried: {untried(typist) or 'nothing'}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
