"""What can happen on the timeline of a scenario: one class a word, with what it says and what it does.

They are one mechanism for a scenario's file, for `camtwin play --step` and for Python (`ScenarioRun.plan`).
What is done to wires and supplies is the bench's (bench/bench.py); docs/faults.md is the list for people.
"""

from __future__ import annotations

import tomllib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from camtwin.links.gige.faults import Faults
from camtwin.rig.bench.bench import Bench
from camtwin.rig.wiring.plan import PlanInvalid, invalid
from camtwin.session.session import Session

Ms = Annotated[float, Field(ge=0, le=1e9)]
Us = Annotated[float, Field(gt=0, le=1e9)]
Share = Annotated[float, Field(ge=0, le=1)]


class Stage(Protocol):
    """What steps act on: a bench, the sessions of its cameras by name, and what is not the bench's alone."""

    @property
    def seed(self) -> int: ...
    @property
    def bench(self) -> Bench: ...
    @property
    def cams(self) -> Mapping[str, Session]: ...

    def unplug(self, socket: str) -> str: ...
    def die(self, name: str) -> None: ...
    def repair(self, name: str) -> None: ...
    def packets(self, name: str, faults: Faults) -> None: ...
    def client(self, name: str, alive: bool) -> None: ...


class TimelineStep(BaseModel, ABC):
    """One thing that happens, at `ms` of the scenario. Those with a `camera` name one of the plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    ms: Ms
    do: Any

    @abstractmethod
    def act(self, on: Stage) -> None:
        """Do it, now."""

    def __str__(self) -> str:
        said = self.model_dump(exclude={"ms", "do"}, exclude_unset=True)
        return " ".join([self.do, *(f"{name}={value}" for name, value in said.items())])


class Pulse(TimelineStep):
    """A source goes high for a while, once or often."""

    do: Literal["pulse"]
    device: str
    width_us: Us = 1000.0
    period_ms: Ms = 0.0
    count: Annotated[int, Field(ge=1, le=100_000)] = 1

    def act(self, on: Stage) -> None:
        period = round(self.period_ms * 1e6)
        on.bench.pulse(self.device, round(self.width_us * 1e3), period_ns=period, count=self.count)


class Put(TimelineStep):
    """A source or a supply goes to one of its levels: low, high; on, off."""

    do: Literal["set"]
    device: str
    level: str

    def act(self, on: Stage) -> None:
        on.bench.set(self.device, self.level)


class Tune(TimelineStep):
    """A device of the plan is another: `to = { volts = 7.0 }` of a supply is a brown-out."""

    do: Literal["tune"]
    device: str
    to: dict[str, Any]

    def act(self, on: Stage) -> None:
        on.bench.tune(self.device, **self.to)


class Bounce(TimelineStep):
    """A contact reaches its level after bouncing `count` times."""

    do: Literal["bounce"]
    device: str
    level: str = "high"
    count: Annotated[int, Field(ge=1, le=100_000)] = 5
    spacing_us: Us = 200.0

    def act(self, on: Stage) -> None:
        spacing = round(self.spacing_us * 1e3)
        on.bench.bounce(self.device, self.level, times=self.count, spacing_ns=spacing)


class Noise(TimelineStep):
    """Noise on the wire at a camera's input: normal, `volts` rms, another value every `every_us`."""

    do: Literal["noise"]
    pin: str
    volts: Annotated[float, Field(gt=0, le=1000)]
    for_ms: Annotated[float, Field(gt=0, le=1e6)] = 100.0
    every_us: Annotated[float, Field(ge=1, le=1e6)] = 10.0

    def act(self, on: Stage) -> None:
        span, every = round(self.for_ms * 1e6), round(self.every_us * 1e3)
        on.bench.noise(self.pin, self.volts, for_ns=span, every_ns=every, seed=on.seed)


class Break(TimelineStep):
    """The wires between two pins are cut."""

    do: Literal["break"]
    wire: tuple[str, str]

    def act(self, on: Stage) -> None:
        on.bench.break_wire(*self.wire)


class Mend(TimelineStep):
    """They are whole again."""

    do: Literal["mend"]
    wire: tuple[str, str]

    def act(self, on: Stage) -> None:
        on.bench.mend_wire(*self.wire)


class Unplug(TimelineStep):
    """The data cable is pulled out of `cam.data`: the link is down."""

    do: Literal["unplug"]
    socket: str

    def act(self, on: Stage) -> None:
        on.unplug(self.socket)


class Plug(TimelineStep):
    """It is put back."""

    do: Literal["plug"]
    socket: str

    def act(self, on: Stage) -> None:
        on.bench.plug(self.socket)


class Die(TimelineStep):
    """The camera dies: no answer, no image, whatever feeds it, until it is repaired."""

    do: Literal["die"]
    camera: str

    def act(self, on: Stage) -> None:
        on.die(self.camera)


class Repair(TimelineStep):
    """The camera is made whole: damaged lines, and a dead one."""

    do: Literal["repair"]
    camera: str

    def act(self, on: Stage) -> None:
        on.repair(self.camera)


class Heat(TimelineStep):
    """The temperature inside the camera is held; when it is Exceeded, no image leaves."""

    do: Literal["heat"]
    camera: str
    internal_C: Annotated[float, Field(ge=-273, le=1000)]

    def act(self, on: Stage) -> None:
        on.cams[self.camera].world.hold_internal_C(self.internal_C)


class Write(TimelineStep):
    """A host writes features and executes commands."""

    do: Literal["write"]
    camera: str
    features: tuple[str, ...]

    def act(self, on: Stage) -> None:
        for text in self.features:
            on.cams[self.camera].set(text)


class Packets(TimelineStep):
    """The network has other faults from now on: shares of packets that are struck; none ends them."""

    do: Literal["packets"]
    camera: str
    drop: Share = 0.0
    duplicate: Share = 0.0
    reorder: Share = 0.0
    delay: Share = 0.0
    corrupt: Share = 0.0

    def act(self, on: Stage) -> None:
        shares = self.model_dump(exclude={"ms", "do", "camera"})
        on.packets(self.camera, Faults(**shares, seed=on.seed))


class Silence(TimelineStep):
    """The client in control of a camera dies: it says nothing more, and its heartbeat runs out."""

    do: Literal["silence"]
    camera: str

    def act(self, on: Stage) -> None:
        on.client(self.camera, False)


class Attach(TimelineStep):
    """A client takes control again, as soon as the camera lets it, sets it up and starts."""

    do: Literal["attach"]
    camera: str

    def act(self, on: Stage) -> None:
        on.client(self.camera, True)


Step = Annotated[
    Pulse
    | Put
    | Tune
    | Bounce
    | Noise
    | Break
    | Mend
    | Unplug
    | Plug
    | Die
    | Repair
    | Heat
    | Write
    | Packets
    | Silence
    | Attach,
    Field(discriminator="do"),
]
WORDS: tuple[type[TimelineStep], ...] = get_args(get_args(Step)[0])
_STEP: TypeAdapter[Step] = TypeAdapter(Step)


def step(said: Mapping[str, Any]) -> Step:
    """A step from plain data. PlanInvalid, in one line."""
    try:
        return _STEP.validate_python(said)
    except ValidationError as error:
        raise invalid(error) from None


def step_of(text: str) -> Step:
    """A step as a command line has it: `ms=500, do="unplug", socket="cam.data"`. PlanInvalid, in one line."""
    try:
        return step(tomllib.loads(f"step = {{{text}}}")["step"])
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PlanInvalid(f"step {text!r:.80}: {error}") from None
