"""A scenario: a plan, how its cameras are set up, and what happens to them when. Played in virtual time.

    title = "..."
    seconds = 0.5
    [plan] ...                                        # as rig/plan.py has it
    [cameras.cam]
    set = ["TriggerMode=On", "TriggerSource=Line0"]   # then AcquisitionStart, unless start = false
    [[timeline]]
    ms = 10
    do = "pulse"
    device = "plc"
    width_us = 1000
    period_ms = 50
    count = 8

Every frame is accounted for: delivered, skipped with its event, lost with its reason, or still under way.
"""

from __future__ import annotations

import tomllib
from collections import Counter, deque
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from camtwin.camera import Transfer
from camtwin.genicam import Refused
from camtwin.genicam.bound import NoSuchFeature
from camtwin.links.faults import DROP, Attempts, Faults
from camtwin.links.memory import connect
from camtwin.rig.bench import Bench, Note
from camtwin.rig.plan import PlanInvalid, read
from camtwin.simtime import Scheduler
from camtwin.units import Ns

NAMED = ("FrameTrigger", "TriggerSkipped", "FrameTransferSkipped", "ExposureStart", "ExposureEnd")
NAMED_TOO = ("ReadoutStart", "ReadoutEnd")
MOST_PROBLEMS = 1000
MOST_TRACE = 50_000
"""Moments that are kept for the diagram, of each camera."""
Ms = Annotated[float, Field(ge=0, le=1e9)]


class Step(BaseModel):
    """One thing that happens. `do` says what; the other words are its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    ms: Ms
    do: Literal[
        "pulse", "set", "tune", "bounce", "break", "mend", "unplug", "plug", "repair", "heat", "write", "drop"
    ]
    device: str = ""
    camera: str = ""
    level: str = "high"
    width_us: Annotated[float, Field(gt=0)] = 1000.0
    period_ms: Ms = 0.0
    count: Annotated[int, Field(ge=1, le=100_000)] = 1
    wire: tuple[str, str] = ("", "")
    socket: str = ""
    to: dict[str, Any] = {}
    features: tuple[str, ...] = ()
    internal_C: float = 25.0
    share: Annotated[float, Field(ge=0, le=1)] = 0.0


class Setup(BaseModel):
    """How a camera is set up."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    set: tuple[str, ...] = ()
    start: bool = True


class Scenario(BaseModel):
    """All of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: str = ""
    seconds: Annotated[float, Field(gt=0, le=1e6)]
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 0
    show_ms: tuple[float, float] | None = None
    plan: dict[str, Any]
    cameras: dict[str, Setup] = {}
    timeline: tuple[Step, ...] = ()


def parse(text: str) -> Scenario:
    """A scenario from TOML. PlanInvalid, in one line."""
    try:
        return Scenario.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PlanInvalid(f"no TOML: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join(str(step) for step in first["loc"])
        raise PlanInvalid(f"{path} {first['input']!r:.60}: {first['msg']}") from None


@dataclass
class Account:
    """What became of the frames of one camera, and its moments for a diagram: (t_ns, name, frame)."""

    cam: Any
    triggers: int = 0
    skipped: int = 0
    begun: int = 0
    delivered: int = 0
    lost: Counter[str] = field(default_factory=Counter[str])
    moments: list[tuple[Ns, str, int | None]] = field(default_factory=list[tuple[Ns, str, int | None]])
    transfers: list[tuple[Ns, Ns]] = field(default_factory=list[tuple[Ns, Ns]])
    faults: Faults | None = None

    def __post_init__(self) -> None:
        self._open: set[int] = set()
        self._waiting = 0  # triggers taken whose exposure has not begun
        camera = self.cam.twin.camera
        camera.listeners.append(self._hear)
        camera.transmitter.on_delivery = self._arrive
        camera.transmitter.on_abort = self._cut

    def _hear(self, t_ns: Ns, name: str, frame_id: int | None) -> None:
        if name == "FrameTrigger":
            self.triggers += 1
            self._waiting += 1
        elif name == "TriggerSkipped":
            self.skipped += 1
            self._waiting = max(self._waiting - 1, 0)
        elif name == "FrameStart" and frame_id is not None:
            self.begun += 1
            self._waiting = max(self._waiting - 1, 0)
            self._open.add(frame_id)
        elif name == "FrameTransferSkipped" and frame_id is not None:
            self._lose(frame_id, "no room in the image memory (FrameTransferSkipped)")
        if name in NAMED + NAMED_TOO and len(self.moments) < MOST_TRACE:
            self.moments.append((t_ns, name, frame_id))

    def _arrive(self, transfer: Transfer) -> None:
        frame_id = transfer.exposure.frame_id
        if len(self.transfers) < MOST_TRACE:
            self.transfers.append((transfer.start_ns, transfer.end_ns))
        if self.faults and self._struck(transfer):
            self._lose(frame_id, "packets lost on the network")
        elif frame_id in self._open:
            self._open.remove(frame_id)
            self.delivered += 1

    def _struck(self, transfer: Transfer) -> bool:
        """Does a packet of the frame get lost, to a client that asks for none again?"""
        e = transfer.exposure
        packets = -(-e.payload_bytes // (e.settings.GevSCPSPacketSize - 36)) + 2
        assert self.faults
        numbers = np.arange(packets, dtype=np.uint64)
        attempts = Attempts(packets).next(0, packets)
        return bool((self.faults.strikes(e.frame_id, numbers, attempts) & DROP).any())

    def _cut(self) -> None:
        why = "acquisition aborted" if self.cam.twin.camera.powered else "power cut"
        for frame_id in sorted(self._open):
            self._lose(frame_id, why)
        if self._waiting:
            self.lost[f"{why} before the exposure"] += self._waiting
            self._waiting = 0

    def _lose(self, frame_id: int, why: str) -> None:
        if frame_id in self._open:
            self._open.remove(frame_id)
            self.lost[why] += 1

    @property
    def under_way(self) -> int:
        """Frames whose fate is open, triggers that wait for their exposure included."""
        return len(self._open) + self._waiting

    @property
    def missing(self) -> int:
        """Frames that nobody can account for: 0, or something is wrong with us."""
        before = sum(n for why, n in self.lost.items() if why.endswith("before the exposure"))
        late = self.lost.total() - before
        return self.begun - self.delivered - late - len(self._open)

    def row(self) -> dict[str, Any]:
        """As `--json` prints it."""
        names = ("triggers", "skipped", "begun", "delivered", "under_way", "missing")
        return {name: getattr(self, name) for name in names} | {"lost": dict(self.lost)}


class Played:
    """A scenario on its stage, at virtual time 0; `advance_to` plays it.

    PlanInvalid for what cannot be; what a camera refuses on the way is told in `problems`."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, plan = scenario, read(scenario.plan)
        if unknown := scenario.cameras.keys() - plan.cameras.keys():
            raise PlanInvalid(f"cameras.{min(unknown)}: no camera of the plan")
        if not plan.cameras:
            raise PlanInvalid("plan.devices: there is no camera")
        self.clock = Scheduler()
        self.problems: deque[str] = deque(maxlen=MOST_PROBLEMS)
        self.cams = {
            name: connect(device.model, render=False, seed=(scenario.seed + n) % 2**64, clock=self.clock)
            for n, (name, device) in enumerate(plan.cameras.items())
        }
        self.accounts = {name: Account(cam) for name, cam in self.cams.items()}
        self.bench = Bench(plan, self.cams)
        for name in self.cams:
            self._set_up(name, True)
            self.bench.on_power[name] = partial(self._set_up, name)
        for step in scenario.timeline:
            self.plan(step)

    @property
    def end_ns(self) -> Ns:
        return self.clock.now

    def advance_to(self, t_ns: Ns) -> None:
        """Let virtual time pass."""
        self.clock.advance_to(t_ns)

    def _set_up(self, name: str, powered: bool) -> None:
        """Features and start; again after the power was off, as by a host that notices."""
        if not powered:
            return
        cam, setup = self.cams[name], self.scenario.cameras.get(name, Setup())
        try:
            for text in setup.set:
                cam.set(text)
            if setup.start:
                cam.AcquisitionStart()
        except (Refused, NoSuchFeature) as refused:
            self.problems.append(f"{self.clock.now / 1e6:.3f} ms {name}: {refused}")

    def plan(self, step: Step) -> None:
        """Have a step happen at its moment. PlanInvalid if it names no camera of the plan."""
        if step.do in ("repair", "heat", "write", "drop") and step.camera not in self.cams:
            raise PlanInvalid(f"timeline at {step.ms:g} ms: there is no camera {step.camera!r}")
        self.clock.at(round(step.ms * 1e6), self._do, step)

    def _do(self, step: Step) -> None:
        try:
            self._act(step)
        except (Refused, NoSuchFeature, ValueError) as problem:
            self.problems.append(f"{step.ms:g} ms {step.do}: {problem}")

    def _act(self, step: Step) -> None:
        bench = self.bench
        match step.do:
            case "pulse":
                period = round(step.period_ms * 1e6)
                bench.pulse(step.device, round(step.width_us * 1e3), period_ns=period, count=step.count)
            case "set":
                bench.set(step.device, step.level)
            case "tune":
                bench.tune(step.device, **step.to)
            case "bounce":
                bench.bounce(step.device, step.level, times=step.count)
            case "break":
                bench.break_wire(*step.wire)
            case "mend":
                bench.mend_wire(*step.wire)
            case "unplug":
                bench.unplug(step.socket)
            case "plug":
                bench.plug(step.socket)
            case "repair":
                bench.repair(step.camera)
            case "heat":
                self.cams[step.camera].world.hold_internal_C(step.internal_C)
            case "write":
                for text in step.features:
                    self.cams[step.camera].set(text)
            case "drop":
                faults = Faults(drop=step.share, seed=self.scenario.seed) if step.share else None
                self.accounts[step.camera].faults = faults

    def row(self) -> dict[str, Any]:
        """As `--json` prints it."""
        notes = [
            {"ms": n.t_ns / 1e6, "where": n.where, "word": n.word, "reason": n.reason} for n in self.notes
        ]
        cameras = {name: account.row() for name, account in self.accounts.items()}
        return {
            "title": self.scenario.title,
            "cameras": cameras,
            "notes": notes,
            "problems": list(self.problems),
        }

    def lines(self) -> list[str]:
        """For people."""
        said = [f"{self.scenario.title or 'scenario'}: {self.end_ns / 1e9:g} s of virtual time"]
        for name, a in self.accounts.items():
            lost = "".join(f", {n} lost: {why}" for why, n in sorted(a.lost.items()))
            said.append(
                f"{name}: {a.triggers} triggers, {a.skipped} missed; {a.begun} frames begun, "
                f"{a.delivered} delivered{lost}, {a.under_way} under way, {a.missing} missing"
            )
        said += [f"{n.t_ns / 1e6:.3f} ms  {n.word}  {n.where}: {n.reason}" for n in self.notes]
        return said + [f"problem: {text}" for text in self.problems]

    @property
    def notes(self) -> list[Note]:
        return list(self.bench.notes)


def play(scenario: Scenario) -> Played:
    """Play it in virtual time. PlanInvalid for what cannot be; what a camera refuses on the way is told."""
    played = Played(scenario)
    played.advance_to(round(scenario.seconds * 1e9))
    return played
