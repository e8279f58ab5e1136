"""Sensor modules as video devices of programs, in time that waits for them: `camtwin exec` from Python.

with VideoDevice("framos-fsm-imx412") as device:
    print(device.run("v4l2-ctl", "-d", device.node, "--all"))
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Self

from camtwin import models
from camtwin.links import programs
from camtwin.links.background import Background
from camtwin.links.i2c.link import BusOptions
from camtwin.links.kind import ServedTwin
from camtwin.links.v4l2.link import VideoOptions
from camtwin.scene import Scene
from camtwin.session.surroundings import scene_of
from camtwin.simtime import Scheduler
from camtwin.twins import build


class VideoDevice:
    """A module that is served in a thread as /dev/videoN; a context manager.

    modes    mode file; None: that of the most lanes
    convert  formats that no sensor sends, too
    still    one frame is repeated until a control changes

    Raises:
        LinkProblem: there is no place for its sockets
    """

    def __init__(
        self,
        model: str,
        *,
        scene: Scene | str | None = None,
        seed: int = 0,
        modes: str | None = None,
        convert: bool = False,
        still: bool = True,
    ) -> None:
        twin = build(models.load(model), scene_of(scene), seed=seed, clock=Scheduler())
        options = VideoOptions(modes=modes, convert=convert, still=still)
        self._background = Background(
            [ServedTwin(twin, "127.0.0.1", bus=BusOptions(), video=options)], pace=math.inf
        )

    def __enter__(self) -> Self:
        self._background.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._background.__exit__(*error)

    @property
    def node(self) -> str:
        """The node of its images."""
        return self._background.links[0].where.partition(",")[0]

    def run(self, *words: str | Path) -> str:
        """Run a program that can use the device; return what it prints.

        A source file of a sample is compiled, or run by Python.

        Raises:
            ProgramFailed: it ends with an error, or takes too long
            Missing: there is no C compiler
        """
        first, *others = words
        if isinstance(first, Path):
            first = programs.compiled(first) if first.suffix in programs.COMPILERS else first
        starts = [sys.executable, first] if str(first).endswith(".py") else [first]
        return programs.output_of([*starts, *others])


samples = programs.samples
