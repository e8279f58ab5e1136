"""A scenario's run: all twins in one virtual time, every frame accounted for (account.py).

`play` runs it in virtual time; live.py in wall time, with the user's own clients.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from camtwin import scene as scenes
from camtwin.camera.faults import TransferFault
from camtwin.camera.links import KINDS
from camtwin.files import load_picture
from camtwin.genicam.bound import NoSuchFeature
from camtwin.links.gige.faults import Faults
from camtwin.problem import Refused
from camtwin.rig.bench.bench import Bench
from camtwin.rig.bench.notes import Note
from camtwin.rig.scenario.account import Account
from camtwin.rig.scenario.schema import Scenario, Setup
from camtwin.rig.scenario.steps import Attach, Silence, TimelineStep
from camtwin.rig.wiring.judge import Verdict
from camtwin.rig.wiring.plan import PlanInvalid, read
from camtwin.session.session import connect
from camtwin.simtime import Scheduler
from camtwin.subscribers import Subscribers
from camtwin.units import MS, Ns
from camtwin.wire.gev.bootstrap import CCP, CONTROL

T = TypeVar("T")
MAX_PROBLEMS: Final = 1000
AGAIN_NS: Final = 500 * MS
"""Time until a client retries, if another one controls the camera, or the camera is not found."""


class ScenarioRun:
    """A run of a scenario, at virtual time 0: its cameras `stand_by`, then its timeline may `begin`.

    Refusals of a camera on the way are collected in `problems`.

    begun_ns  when the timeline began; None before
    ended_ns  when the run was over; None before
    on_word   called with each event as it happens: ms of the scenario, and words for people

    Raises:
        PlanInvalid: the scenario is impossible
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, plan = scenario, read(scenario.plan)
        if unknown := scenario.cameras.keys() - plan.cameras.keys():
            raise PlanInvalid(
                f"cameras.{min(unknown)}: the plan has no such camera; it has {', '.join(plan.cameras)}"
            )
        if not plan.cameras:
            raise PlanInvalid("plan.devices has no camera; a scenario needs one or more")
        self.clock = Scheduler()
        self.begun_ns: Ns | None = None
        self.ended_ns: Ns | None = None
        self.problems: deque[str] = deque(maxlen=MAX_PROBLEMS)
        self.on_word = Subscribers[float, str]()
        self.cams = {
            name: connect(
                device.model,
                scene=self._scene(name),
                render=False,
                seed=(scenario.seed + n) % 2**64,
                clock=self.clock,
            )
            for n, (name, device) in enumerate(plan.cameras.items())
        }
        self.accounts = {name: Account(cam) for name, cam in self.cams.items()}
        self.bench = Bench(plan, self.cams)
        self.bench.on_note.subscribe(
            lambda note: self.on_word(self.ms(note.t_ns), f"{note.word}  {note.where}")
        )
        for name in self.cams:
            for text in self.setup(name).set:
                self._checked(f"cameras.{name}.set", self.cams[name].parse, text)
        for step in scenario.timeline:
            self._check(step)

    def _scene(self, name: str) -> scenes.Scene:
        try:
            return scenes.parse(self.setup(name).scene, load_picture)
        except ValueError as error:
            raise PlanInvalid(f"cameras.{name}.scene: {error}") from None

    @property
    def seed(self) -> int:
        return self.scenario.seed

    @property
    def title(self) -> str:
        return self.scenario.title

    @property
    def show_ms(self) -> tuple[float, float] | None:
        return self.scenario.show_ms

    def setup(self, name: str) -> Setup:
        """Return a camera's setup."""
        return self.scenario.cameras.get(name, Setup())

    def ms(self, t_ns: Ns) -> float:
        """Return a time on the scenario's timeline, in ms."""
        return (t_ns - (self.begun_ns or 0)) / 1e6

    @property
    def end_ns(self) -> Ns:
        """Present end of the run: now, or when it was over."""
        return self.clock.now if self.ended_ns is None else self.ended_ns

    # -- time ------------------------------------------------------------------------------------
    def stand_by(self) -> None:
        """Set the cameras up, now and whenever their power returns."""
        for name in self.cams:
            self.set_up(name, True)
        self.bench.on_power.subscribe(self.set_up)

    def begin(self) -> None:
        """Begin the timeline now."""
        self.begun_ns = self.clock.now
        for step in self.scenario.timeline:
            self.plan(step)

    def advance_to(self, t_ns: Ns) -> None:
        """Let virtual time pass."""
        self.clock.advance_to(t_ns)

    def end(self) -> None:
        """End the run: stop counting."""
        self.ended_ns = self.clock.now
        for account in self.accounts.values():
            account.close()

    def plan(self, step: TimelineStep) -> None:
        """Plan a step at its time.

        Raises:
            PlanInvalid: it names a camera that is not in the plan
        """
        self._check(step)
        if isinstance(step, Silence | Attach):
            self.network(step.camera)
        self.clock.at((self.begun_ns or 0) + round(step.ms * 1e6), self._do, step)

    def _check(self, step: TimelineStep) -> None:
        camera = getattr(step, "camera", None)
        if camera is not None and camera not in self.cams:
            raise PlanInvalid(
                f"timeline at {step.ms:g} ms: there is no camera {camera!r}; there are {', '.join(self.cams)}"
            )
        self._checked(f"timeline at {step.ms:g} ms: {step.do}", step.check, self)

    def _checked(self, where: str, check: Callable[[T], object], *args: T) -> None:
        try:
            check(*args)
        except (Refused, NoSuchFeature, ValueError) as error:
            raise PlanInvalid(f"{where}: {error}") from None

    def _do(self, step: TimelineStep) -> None:
        self.on_word(step.ms, str(step))
        try:
            step.act(self)
        except (Refused, NoSuchFeature, ValueError) as problem:
            self._problem(f"{step.do}: {problem}")

    def _problem(self, text: str) -> None:
        self.problems.append(f"{self.ms(self.clock.now):.3f} ms {text}")

    # -- effects of steps beyond the bench ----------------------------------------------------------------
    def set_up(self, name: str, powered: bool) -> None:
        """Set a camera's features and start it, also after a power-off, as a host would that notices it."""
        if not powered:
            return
        cam, setup = self.cams[name], self.setup(name)
        try:
            for text in setup.set:
                cam.set(text)
            if setup.start:
                cam.AcquisitionStart()
        except (Refused, NoSuchFeature) as refused:
            self._problem(f"{name}: {refused}")

    def socket(self, socket: str) -> str:
        return self.bench.socket(socket)

    def plug(self, socket: str) -> None:
        self.bench.plug(socket)

    def unplug(self, socket: str) -> str:
        """Unplug on the bench, and count the frame on the link as lost; return the camera's name."""
        name = socket.partition(".")[0]
        if name in self.accounts:
            self.accounts[name].interrupt()
        self.bench.unplug(socket)
        return name

    def die(self, name: str) -> None:
        self.accounts[name].cause = "the camera died"
        self.bench.die(name)

    def repair(self, name: str) -> None:
        self.accounts[name].cause = ""
        self.bench.repair(name)

    def packets(self, name: str, faults: Faults) -> None:
        """Set the faults of a camera's network from now on."""
        self.accounts[name].faults = None if faults.none else faults

    def transfers(self, name: str, faults: Mapping[tuple[int, int], TransferFault]) -> None:
        self.cams[name].twin.camera.faults.transfers.update(faults)

    def network(self, name: str) -> None:
        """Connect a camera to a network, where it looks for its address.

        Raises:
            PlanInvalid: its link is not a network
        """
        cam = self.cams[name]
        if not KINDS[cam.twin.sheet.link].has_network:
            raise PlanInvalid(f"{name} has no heartbeat: its link is {cam.twin.sheet.link}")
        cam.host(1)

    def client(self, name: str, alive: bool) -> None:
        """Let a camera's client die, or another one connect."""
        cam, account = self.cams[name], self.accounts[name]
        if not alive:
            account.cause = "the client died"
            cam.host(1).write(CCP, CONTROL)  # its last message
        elif cam.host(2).write(CCP, CONTROL) == 0:
            cam.host(2).write(CCP, 0)
            account.cause = ""
            self.set_up(name, True)
        else:
            self.clock.at(self.clock.now + AGAIN_NS, self.client, name, True)

    # -- reports ----------------------------------------------------------------------------------------
    @property
    def notes(self) -> list[Note]:
        return list(self.bench.notes)

    @property
    def shortcomings(self) -> list[str]:
        """Refusals, and cameras without power now."""
        dark = [name for name, cam in self.cams.items() if not cam.twin.camera.powered]
        return [*self.problems, *(f"{name} is without power at the end" for name in dark)]

    @property
    def verdict(self) -> Verdict:
        """`wrong` if something was refused, a connection went wrong, or a camera is without power."""
        missing = any(account.missing for account in self.accounts.values())
        return "wrong" if self.shortcomings or self.bench.wrong or missing else "ok"

    def row(self) -> dict[str, Any]:
        """Return the run as `--json` prints it."""
        return {
            "title": self.scenario.title,
            "verdict": self.verdict,
            "cameras": {name: account.row() for name, account in self.accounts.items()},
            "notes": [
                {
                    "ms": self.ms(n.t_ns),
                    "where": n.where,
                    "verdict": n.verdict,
                    "word": n.word,
                    "reason": n.reason,
                }
                for n in self.notes
            ],
            "problems": self.shortcomings,
        }

    def lines(self) -> list[str]:
        """Return the run as lines for people."""
        seconds = self.ms(self.end_ns) / 1e3
        lines = [f"{self.scenario.title or 'scenario'}: {seconds:g} s of virtual time"]
        lines += [f"{name}: {account.line()}" for name, account in self.accounts.items()]
        lines += [f"{self.ms(n.t_ns):.3f} ms  {n.word}  {n.where}: {n.reason}" for n in self.notes]
        return lines + [f"problem: {text}" for text in self.shortcomings]


def play(scenario: Scenario, *more: TimelineStep) -> ScenarioRun:
    """Play a scenario, with further steps, in virtual time.

    Refusals of a camera on the way are collected in `problems`.

    Raises:
        PlanInvalid: the scenario is impossible
    """
    played = ScenarioRun(scenario)
    played.stand_by()
    played.begin()
    for step in more:
        played.plan(step)
    played.advance_to(round(scenario.seconds * 1e9))
    return played
