"""Steps of a scenario's timeline: one class for each word, with its parameters and its effect.

They serve a scenario's file, `camtwin play --step` and Python (`ScenarioRun.plan`) alike. Steps on wires and
supplies act on the bench (bench/bench.py); docs/faults.md lists all steps for people.
"""

from __future__ import annotations

import tomllib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from camtwin import scene as scenes
from camtwin.camera.faults import PARTS, TransferFault
from camtwin.camera.links import KINDS
from camtwin.files import load_picture
from camtwin.links.gige.faults import Faults
from camtwin.rig.bench.bench import Bench
from camtwin.rig.wiring.plan import PlanInvalid, invalid
from camtwin.session.session import Session

Ms = Annotated[float, Field(ge=0, le=1e9)]
Us = Annotated[float, Field(gt=0, le=1e9)]
Share = Annotated[float, Field(ge=0, le=1)]
Part = Annotated[int, Field(ge=0, le=2**32 - 1)] | Literal["leader", "trailer"]
Place = tuple[Annotated[int, Field(ge=0, lt=2**64)], Part]
"""A packet or a transfer of a block."""
Struck = Share | tuple[Place, ...]


class Stage(Protocol):
    """The object of steps: a bench, its cameras' sessions by name, and effects beyond the bench."""

    @property
    def seed(self) -> int: ...
    @property
    def bench(self) -> Bench: ...
    @property
    def cams(self) -> Mapping[str, Session]: ...

    def socket(self, socket: str) -> str:
        """Return a socket after checking that there is a cable in it. Raises ValueError."""
        ...

    def unplug(self, socket: str) -> str: ...
    def plug(self, socket: str) -> None: ...
    def die(self, name: str) -> None: ...
    def repair(self, name: str) -> None: ...
    def packets(self, name: str, faults: Faults) -> None: ...
    def transfers(self, name: str, faults: Mapping[tuple[int, int], TransferFault]) -> None: ...
    def client(self, name: str, alive: bool) -> None: ...


class TimelineStep(BaseModel, ABC):
    """One event at `ms` of the scenario. A step with a `camera` names one of the plan."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    ms: Ms
    do: Any

    def check(self, on: Stage) -> None:
        """Check the names of the step before anything runs.

        Raises:
            ValueError, Problem: there is no such thing, in one line
        """

    @abstractmethod
    def act(self, on: Stage) -> None:
        """Carry out the step now."""

    def __str__(self) -> str:
        parameters = self.model_dump(exclude={"ms", "do"}, exclude_unset=True, by_alias=True)
        return " ".join([self.do, *(f"{name}={value}" for name, value in parameters.items())])


class Pulse(TimelineStep):
    """Drive a source high for a while, once or several times."""

    do: Literal["pulse"]
    device: str
    width_us: Us = 1000.0
    period_ms: Ms = 0.0
    count: Annotated[int, Field(ge=1, le=100_000)] = 1

    def check(self, on: Stage) -> None:
        on.bench.source(self.device, "high")

    def act(self, on: Stage) -> None:
        period = round(self.period_ms * 1e6)
        on.bench.pulse(self.device, round(self.width_us * 1e3), period_ns=period, count=self.count)


class Put(TimelineStep):
    """Put a source or a supply to one of its levels: low, high; on, off."""

    do: Literal["set"]
    device: str
    level: str

    def check(self, on: Stage) -> None:
        on.bench.source(self.device, self.level)

    def act(self, on: Stage) -> None:
        on.bench.set(self.device, self.level)


class Tune(TimelineStep):
    """Change a device of the plan: `to = { volts = 7.0 }` of a supply is a brown-out."""

    do: Literal["tune"]
    device: str
    to: dict[str, Any]

    def check(self, on: Stage) -> None:
        on.bench.tuned(self.device, self.to)

    def act(self, on: Stage) -> None:
        on.bench.tune(self.device, **self.to)


class Bounce(TimelineStep):
    """Put a contact to its level, which it reaches after bouncing `count` times."""

    do: Literal["bounce"]
    device: str
    level: str = "high"
    count: Annotated[int, Field(ge=1, le=100_000)] = 5
    spacing_us: Us = 200.0

    def check(self, on: Stage) -> None:
        on.bench.source(self.device, self.level)

    def act(self, on: Stage) -> None:
        spacing = round(self.spacing_us * 1e3)
        on.bench.bounce(self.device, self.level, times=self.count, spacing_ns=spacing)


class Noise(TimelineStep):
    """Put noise on the wire at a camera's input: normal, `volts` rms, a new value every `every_us`."""

    do: Literal["noise"]
    pin: str
    volts: Annotated[float, Field(gt=0, le=1000)]
    for_ms: Annotated[float, Field(gt=0, le=1e6)] = 100.0
    every_us: Annotated[float, Field(ge=1, le=1e6)] = 10.0

    def check(self, on: Stage) -> None:
        on.bench.input_at(self.pin)

    def act(self, on: Stage) -> None:
        span, every = round(self.for_ms * 1e6), round(self.every_us * 1e3)
        on.bench.noise(self.pin, self.volts, for_ns=span, every_ns=every, seed=on.seed)


class Break(TimelineStep):
    """Cut the wires between two pins."""

    do: Literal["break"]
    wire: tuple[str, str]

    def check(self, on: Stage) -> None:
        on.bench.wires(*self.wire)

    def act(self, on: Stage) -> None:
        on.bench.break_wire(*self.wire)


class Mend(TimelineStep):
    """Restore the wires between two pins."""

    do: Literal["mend"]
    wire: tuple[str, str]

    def check(self, on: Stage) -> None:
        on.bench.wires(*self.wire)

    def act(self, on: Stage) -> None:
        on.bench.mend_wire(*self.wire)


class Unplug(TimelineStep):
    """Unplug the data cable of `cam.data`: the link is down."""

    do: Literal["unplug"]
    socket: str

    def check(self, on: Stage) -> None:
        on.socket(self.socket)

    def act(self, on: Stage) -> None:
        on.unplug(self.socket)


class Plug(TimelineStep):
    """Plug the data cable in again."""

    do: Literal["plug"]
    socket: str

    def check(self, on: Stage) -> None:
        on.socket(self.socket)

    def act(self, on: Stage) -> None:
        on.plug(self.socket)


class Die(TimelineStep):
    """Break the camera: no answer, no image, even with power, until it is repaired."""

    do: Literal["die"]
    camera: str

    def act(self, on: Stage) -> None:
        on.die(self.camera)


class Repair(TimelineStep):
    """Repair the camera: damaged lines, and a broken camera."""

    do: Literal["repair"]
    camera: str

    def act(self, on: Stage) -> None:
        on.repair(self.camera)


class Heat(TimelineStep):
    """Hold the temperature inside the camera; while it is Exceeded, no image leaves."""

    do: Literal["heat"]
    camera: str
    internal_C: Annotated[float, Field(ge=-273, le=1000)]

    def act(self, on: Stage) -> None:
        on.cams[self.camera].world.hold_internal_C(self.internal_C)


class Look(TimelineStep):
    """Put another scene in front of the camera, or another light on it, as on a command line."""

    do: Literal["scene"]
    camera: str
    scene: str

    def check(self, on: Stage) -> None:
        scenes.parse(self.scene, load_picture)

    def act(self, on: Stage) -> None:
        on.cams[self.camera].world.scene = scenes.parse(self.scene, load_picture)


class Write(TimelineStep):
    """Write features and execute commands as a host."""

    do: Literal["write"]
    camera: str
    features: tuple[str, ...]

    def check(self, on: Stage) -> None:
        for text in self.features:
            on.cams[self.camera].parse(text)

    def act(self, on: Stage) -> None:
        for text in self.features:
            on.cams[self.camera].set(text)


class Packets(TimelineStep):
    """Set the network's faults from now on: shares of packets, or lists of them; without any they end."""

    do: Literal["packets"]
    camera: str
    drop: Struck = 0.0
    duplicate: Struck = 0.0
    reorder: Struck = 0.0
    delay: Struck = 0.0
    corrupt: Struck = 0.0
    mtu: Annotated[int, Field(ge=0, le=65_535)] = 0

    def _faults(self, seed: int) -> Faults:
        return Faults(**self.model_dump(exclude={"ms", "do", "camera"}), seed=seed)

    def check(self, on: Stage) -> None:
        self._faults(on.seed)

    def act(self, on: Stage) -> None:
        on.packets(self.camera, self._faults(on.seed))


Status = Literal["ACCESS_DENIED", "BUSY", "ERROR", "INVALID_ADDRESS", "INVALID_PARAMETER", "NOT_IMPLEMENTED"]
"""Statuses that every control protocol has."""


class OfRegister(TimelineStep):
    """A step about the commands that read or write one register, by its feature's name or its address."""

    camera: str
    register_: Annotated[str | int, Field(alias="register")]
    count: Annotated[int, Field(ge=1, le=100_000)] = 1

    model_config = ConfigDict(populate_by_name=True)

    def address(self, on: Stage) -> int:
        """Return the register's address. NoSuchFeature if there is no such feature."""
        if isinstance(self.register_, int):
            return self.register_
        return on.cams[self.camera].twin.camera.tree.find(self.register_).address

    def check(self, on: Stage) -> None:
        self.address(on)


class Late(OfRegister):
    """Let the next acknowledges of commands about a register be late."""

    do: Literal["late"]
    by_ms: Annotated[float, Field(gt=0, le=1e6)]

    def act(self, on: Stage) -> None:
        faults = on.cams[self.camera].twin.camera.faults
        faults.late(self.address(on), by_ns=round(self.by_ms * 1e6), count=self.count)


class Refuse(OfRegister):
    """Let the next commands about a register get a status, and do nothing else."""

    do: Literal["refuse"]
    status: Status

    def act(self, on: Stage) -> None:
        faults = on.cams[self.camera].twin.camera.faults
        faults.refuse(self.address(on), self.status, count=self.count)


class Revoke(TimelineStep):
    """Take its privilege from the client in control."""

    do: Literal["revoke"]
    camera: str

    def check(self, on: Stage) -> None:
        link = KINDS[on.cams[self.camera].twin.sheet.link]
        if not link.has_network:
            raise ValueError(f"{self.camera} gives no privileges: its link is {link.title}")

    def act(self, on: Stage) -> None:
        on.cams[self.camera].twin.camera.faults.on_revoke()


class Misnumber(TimelineStep):
    """Send a block with another block id."""

    do: Literal["misnumber"]
    camera: str
    block: Annotated[int, Field(ge=0, lt=2**16)]
    wrong: Annotated[int, Field(ge=0, lt=2**16)]

    def check(self, on: Stage) -> None:
        first = KINDS[on.cams[self.camera].twin.sheet.link].first_block
        if (least := min(self.block, self.wrong)) < first:
            raise ValueError(f"block {least}: block ids of {self.camera} begin at {first}")

    def act(self, on: Stage) -> None:
        camera = on.cams[self.camera].twin.camera
        first = KINDS[camera.sheet.link].first_block
        camera.misnumber(self.block - first, self.wrong - first)


class Jump(TimelineStep):
    """Let the camera's clock jump, forwards or backwards: the next frames have other timestamps."""

    do: Literal["jump"]
    camera: str
    by_ms: Annotated[float, Field(ge=-1e9, le=1e9)]

    def act(self, on: Stage) -> None:
        on.cams[self.camera].twin.camera.jump_timestamp(round(self.by_ms * 1e6))


class Slow(TimelineStep):
    """Let the host fetch nothing for a while: images wait in the camera's memory, as many as fit."""

    do: Literal["slow"]
    camera: str
    for_ms: Annotated[float, Field(gt=0, le=1e6)]

    def act(self, on: Stage) -> None:
        camera = on.cams[self.camera].twin.camera
        camera.host_fetches(False)
        camera.clock.at(camera.clock.now + round(self.for_ms * 1e6), camera.host_fetches, True)


class Transfers(TimelineStep):
    """Let transfers of a bus go wrong, each (block, part) once: leader, trailer, or from 1 its payload."""

    do: Literal["transfers"]
    camera: str
    stall: tuple[Place, ...] = ()
    short: tuple[Place, ...] = ()
    babble: tuple[Place, ...] = ()

    def check(self, on: Stage) -> None:
        link = KINDS[on.cams[self.camera].twin.sheet.link]
        if not link.has_transfers:
            raise ValueError(f"{self.camera} sends no transfers: its link is {link.title}")

    def act(self, on: Stage) -> None:
        faults = {
            (block, PARTS[part] if isinstance(part, str) else part): kind
            for kind in get_args(TransferFault)
            for block, part in getattr(self, kind)
        }
        on.transfers(self.camera, faults)


class Silence(TimelineStep):
    """Let the controlling client die: it sends nothing more, and its heartbeat times out."""

    do: Literal["silence"]
    camera: str

    def act(self, on: Stage) -> None:
        on.client(self.camera, False)


class Attach(TimelineStep):
    """Let a client take control again as soon as it can, set the camera up and start it."""

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
    | Look
    | Write
    | Packets
    | Late
    | Refuse
    | Revoke
    | Misnumber
    | Jump
    | Slow
    | Transfers
    | Silence
    | Attach,
    Field(discriminator="do"),
]
WORDS: tuple[type[TimelineStep], ...] = get_args(get_args(Step)[0])
_STEP: TypeAdapter[Step] = TypeAdapter(Step)


def step(data: Mapping[str, Any]) -> Step:
    """Parse a step from plain data.

    Raises:
        PlanInvalid: in one line
    """
    try:
        return _STEP.validate_python(data)
    except ValidationError as error:
        raise invalid(error) from None


def step_of(text: str) -> Step:
    """Parse a step from a command line: `ms=500, do="unplug", socket="cam.data"`.

    Raises:
        PlanInvalid: in one line
    """
    try:
        return step(tomllib.loads(f"step = {{{text}}}")["step"])
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PlanInvalid(f"step {text!r:.80}: {error}") from None
