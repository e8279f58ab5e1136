"""A twin in a test, in process and in virtual time: the fixture `twin`."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from camtwin.camera import Exposure, Transfer
from camtwin.rig.wiring.plan import Plan, parse, read
from camtwin.scene import Scene
from camtwin.session.session import Session, connect
from camtwin.testing.seen import Seen
from camtwin.testing.stage import Injection, TestStage

if TYPE_CHECKING:
    from camtwin.simtime import Scheduler

NAME: Final = "cam"
"""The name of a test's camera in words and plans, where the plan has no other."""
MODEL: Final = "baumer-vcxg-124m"
LAST_FRAMES: Final = 4
"""Frames of each camera that are kept for a failed test."""


@dataclass(frozen=True)
class Wanted:
    """Requests of a test, by its marker or by the factory `camtwin`.

    model       its data sheet: a model's name, or a file
    scene, serial, link_speed, render, storage   as in camtwin.open
    seed        of noise and fixed pattern; None: that of the run, --camtwin-seed
    set         features to write first, as `Name=Value`; of a sensor module its driver's controls
    faults      words that happen at once: a word, or a mapping of `do` and its parameters
    plan        a wiring plan around it: a file, its TOML, or its tables
    pace        seconds of camera time per second, when it is served; None: that of the run, --camtwin-pace
    convert     whether a sensor module offers formats that no sensor sends, too
    still       whether a sensor module renders one frame and repeats it
    """

    model: str = MODEL
    scene: Scene | str | None = None
    seed: int | None = None
    serial: str | None = None
    set: Sequence[str] = ()
    faults: Sequence[str | Mapping[str, Any]] = ()
    plan: str | Path | Mapping[str, Any] | None = None
    link_speed: str | int | None = "sheet"
    render: bool = True
    storage: str | Path | None = None
    pace: float | None = None
    convert: bool = False
    still: bool = False


def plan_of(plan: str | Path | Mapping[str, Any] | None) -> Plan | None:
    """Return a wiring plan: of a file, of TOML, or of its tables.

    Raises:
        PlanInvalid: it is none
        OSError: the file cannot be read
    """
    if plan is None:
        return None
    if isinstance(plan, Mapping):
        return read(plan)
    text = plan if isinstance(plan, str) and "\n" in plan else Path(plan).read_text()
    return parse(text)


@dataclass(repr=False)
class TwinInTest:
    """A twin of a test, however it is reached.

    name   in words and plans
    seed   of its noise and fixed pattern
    stage  what can happen to it
    seen   what reached it
    """

    name: str
    seed: int
    session: Session
    stage: TestStage
    seen: Seen = field(init=False)
    last: deque[Exposure] = field(init=False)

    def __post_init__(self) -> None:
        camera = self.session.twin.camera
        self.seen, self.last = Seen(camera), deque(maxlen=LAST_FRAMES)
        camera.transmitter.on_transfer.subscribe(self._keep)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.session.twin.sheet.name}, seed {self.seed})"

    def _keep(self, transfer: Transfer) -> None:
        self.last.append(transfer.exposure)

    def inject(self, word: str, **parameters: Any) -> Injection:
        """Let a word of docs/faults.md happen: now, or `at_ms`, `at_frame`, `at_packet` or `at_register`.

        Raises:
            Impossible, PlanInvalid, ValueError: in one line, why that cannot happen
        """
        return self.stage.inject(word, self.name, **parameters)

    def apply(self, faults: Sequence[str | Mapping[str, Any]]) -> None:
        """Inject words as a marker has them."""
        for fault in faults:
            parameters = {"do": fault} if isinstance(fault, str) else dict(fault)
            self.inject(parameters.pop("do"), **parameters)

    @property
    def problems(self) -> list[str]:
        """Words that could not happen when their moment came."""
        return list(self.stage.problems)


class InProcess(TwinInTest):
    """A twin in process: `twin.cam` is its session (docs/python.md), and time passes as the test says."""

    @property
    def cam(self) -> Session:
        return self.session

    def close(self) -> None:
        """End the acquisition, and see nothing more."""
        self.session.twin.camera.abort()
        self.seen.close()


def opened(
    wanted: Wanted, seed: int, clock: Scheduler | None = None, number: int = 0
) -> tuple[str, Session, Plan | None]:
    """Open a session for a test; return the camera's name in its plan, the session and the plan."""
    plan = plan_of(wanted.plan)
    names = list(plan.cameras) if plan else [NAME if not number else f"{NAME}{number + 1}"]
    cam = connect(
        wanted.model,
        scene=wanted.scene,
        seed=seed,
        serial=wanted.serial,
        link_speed=wanted.link_speed,
        render=wanted.render,
        storage=wanted.storage,
        clock=clock,
    )
    for text in wanted.set:
        cam.set(text)
    return names[0], cam, plan


def in_process(wanted: Wanted, seed: int, clock: Scheduler | None = None) -> InProcess:
    """Return a twin that a test holds in its hand."""
    name, cam, plan = opened(wanted, seed, clock)
    twin = InProcess(name, seed, cam, TestStage({name: cam}, seed, plan))
    twin.apply(wanted.faults)
    return twin
