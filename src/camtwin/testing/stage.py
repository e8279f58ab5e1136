"""Events that can happen to a twin in a test: the words of docs/faults.md, at once or at a moment.

    stage.inject("unplug")                                   # now
    stage.inject("heat", at_frame=3, internal_C=90)          # as the exposure of frame 3 begins
    stage.inject("die", at_register="AcquisitionStop")       # once a host has written it
    stage.inject("silence", at_ms=250)                       # at a time of the twin's clock
    stage.inject("unplug", at_packet=(3, 17))                # as packet 17 of block 3 leaves

The words are the steps of scenarios (rig/scenario/steps.py), with their parameters and their checks. Words of
wires and supplies need a wiring plan, and then the bench stands around the twin from the beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from camtwin.camera import Transfer
from camtwin.camera.faults import TransferFault
from camtwin.camera.links import KINDS
from camtwin.links.gentl.device import GentlLink
from camtwin.links.gige.faults import Faults
from camtwin.links.kind import Link, NetworkControls
from camtwin.problem import Problem, nearest
from camtwin.rig.bench import Bench
from camtwin.rig.bench.notes import Note
from camtwin.rig.scenario.account import Account
from camtwin.rig.scenario.steps import WORDS, TimelineStep, step
from camtwin.rig.wiring.plan import Plan
from camtwin.session.session import Session
from camtwin.subscribers import Leave
from camtwin.units import MS, Ns

NAMES: Final = {word.model_fields["do"].annotation.__args__[0]: word for word in WORDS}  # type: ignore[union-attr]
"""The class of each word."""


Begin: TypeAlias = Callable[[Ns], None]
"""Called when a moment has come, with the time that is still left until the word happens."""
Moment: TypeAlias = Callable[[Begin], Leave]
"""Begins to wait for a moment; returns how to stop waiting."""


class Impossible(Problem, ValueError):
    """A word that cannot happen to this twin; one line that says why."""


class Injection:
    """A word that will happen, or has.

    at_ns  when it happened, by the twin's clock; None before
    """

    def __init__(self, word: TimelineStep) -> None:
        self.word = word
        self.at_ns: Ns | None = None
        self.leave: Leave = lambda: None

    def __repr__(self) -> str:
        return f"{self.word}" + ("" if self.at_ns is None else f", at {self.at_ns / MS:g} ms")


class TestStage:
    """The surroundings of the twins of a test, which share a clock.

    cams   their sessions by name
    links  those that are served, by name
    plan   wiring plan around them; None: each has power and its cable, and no wires

    As a run, it is drawn by rig.scenario.diagram.
    """

    __test__ = False  # pytest takes classes of this name for tests

    def __init__(self, cams: Mapping[str, Session], seed: int, plan: Plan | None = None) -> None:
        self.cams, self.seed = cams, seed
        self.clock = next(iter(cams.values())).clock
        self.links: Mapping[str, Link] = {}
        self.injections: list[Injection] = []
        self.problems: list[str] = []
        self.accounts = {name: Account(cam) for name, cam in cams.items()}
        self._bench = Bench(plan, cams) if plan else None

    # -- rig.scenario.diagram.Run -----------------------------------------------------------------------
    title = "Timing"
    show_ms = None
    begun_ns: Ns | None = 0

    @property
    def end_ns(self) -> Ns:
        return self.clock.now

    @property
    def notes(self) -> list[Note]:
        words = [
            Note(each.at_ns, "injected", each.word.do, str(each.word))
            for each in self.injections
            if each.at_ns is not None
        ]
        return sorted([*words, *(self._bench.notes if self._bench else ())], key=lambda note: note.t_ns)

    def ms(self, t_ns: Ns) -> float:
        return t_ns / MS

    # -- words ------------------------------------------------------------------------------------------
    def inject(
        self,
        word: str,
        camera: str,
        *,
        at_ms: float | None = None,
        at_frame: int | None = None,
        at_packet: tuple[int, int] | None = None,
        at_register: str | int | None = None,
        **parameters: Any,
    ) -> Injection:
        """Let a word happen to a camera: now, or at one moment. Runs on the twin's thread.

        Raises:
            Impossible: there is no such word, or no such moment
            PlanInvalid, ValueError: a parameter is wrong, in one line
        """
        moments = [at for at in (at_ms, at_frame, at_packet, at_register) if at is not None]
        if len(moments) > 1:
            raise Impossible(f"{word} at {len(moments)} moments: give one, and inject again for others")
        injection = Injection(self._parsed(word, camera, parameters))
        happen = lambda: self._happen(injection)  # noqa: E731  (it is handed on four times)
        session = self.cams[camera]
        if at_ms is not None:
            self.clock.at(self._at(word, at_ms), happen)
        elif at_frame is not None:
            self._once(injection, happen, self._frames(session, at_frame))
        elif at_packet is not None:
            self._once(injection, happen, self._packets(session, *at_packet))
        elif at_register is not None:
            self._once(injection, happen, self._register(session, at_register))
        else:
            injection.word.act(self)
            injection.at_ns = self.clock.now
        self.injections.append(injection)
        return injection

    def _parsed(self, word: str, camera: str, parameters: dict[str, Any]) -> TimelineStep:
        kind = NAMES.get(word)
        if kind is None:
            raise Impossible(f"no word {word!r}{nearest(word, NAMES)}; there are {', '.join(NAMES)}")
        if "camera" in kind.model_fields:
            parameters.setdefault("camera", camera)
        if "socket" in kind.model_fields:
            parameters.setdefault("socket", f"{camera}.data")
        parsed = step({"ms": 0.0, "do": word, **parameters})
        parsed.check(self)
        return parsed

    def _at(self, word: str, at_ms: float) -> Ns:
        t_ns = round(at_ms * MS)
        if t_ns < self.clock.now:
            raise Impossible(f"{word} at {at_ms:g} ms: it is {self.clock.now / MS:g} ms already")
        return t_ns

    def _happen(self, injection: Injection) -> None:
        injection.at_ns = self.clock.now
        try:
            injection.word.act(self)
        except (Problem, ValueError) as problem:
            self.problems.append(f"{injection.word}: {problem}")

    # -- moments ----------------------------------------------------------------------------------------
    def _once(self, injection: Injection, happen: Callable[[], None], moment: Moment) -> None:
        def begin(after_ns: Ns) -> None:
            injection.leave()
            self.clock.at(self.clock.now + after_ns, happen)

        injection.leave = moment(begin)

    def _frames(self, session: Session, frame: int) -> Moment:
        def moment(begin: Begin) -> Leave:
            return session.twin.camera.on_moment.subscribe(
                lambda _, name, number: begin(0) if (name, number) == ("ExposureStart", frame) else None
            )

        return moment

    def _packets(self, session: Session, block: int, packet: int) -> Moment:
        camera = session.twin.camera
        number = block - KINDS[session.twin.sheet.link].first_block

        def moment(begin: Begin) -> Leave:
            def leaves(transfer: Transfer) -> None:
                if transfer.number == number:
                    e = transfer.exposure
                    count = camera.transmitter.timing.packets(e.settings, e.payload_bytes)
                    begin((transfer.end_ns - transfer.start_ns) * min(packet, count) // count)

            return camera.transmitter.on_transfer.subscribe(leaves)

        return moment

    def _register(self, session: Session, register: str | int) -> Moment:
        camera = session.twin.camera
        if isinstance(register, int):
            return lambda begin: camera.on_request.subscribe(
                lambda _, request: begin(0) if request.touches(register) else None
            )
        camera.tree.find(register)
        return lambda begin: camera.on_feature.subscribe(
            lambda _, name, *__: begin(0) if name == register else None
        )

    # -- rig.scenario.steps.Stage -----------------------------------------------------------------------
    @property
    def bench(self) -> Bench:
        """The bench around the twins.

        Raises:
            Impossible: there is no wiring plan
        """
        if self._bench is None:
            raise Impossible('there are no wires: give the test a wiring plan, plan="FILE.toml"')
        return self._bench

    def socket(self, socket: str) -> str:
        name = socket.partition(".")[0]
        if self._bench:
            return self._bench.socket(socket)
        if name not in self.cams:
            raise Impossible(f"no cable is in {socket}; there are cables in cameras: {', '.join(self.cams)}")
        return socket

    def unplug(self, socket: str) -> str:
        name = socket.partition(".")[0]
        self.accounts[name].interrupt()
        if self._bench:
            self._bench.unplug(socket)
        else:
            self._plugged(name, False)
        if (link := self.links.get(name)) and link.stream:
            link.stream.cut()
        return name

    def plug(self, socket: str) -> None:
        if self._bench:
            self._bench.plug(socket)
        else:
            self._plugged(socket.partition(".")[0], True)

    def _plugged(self, name: str, plugged: bool) -> None:
        """Plug a camera's cable; on a bus it is fed by, the camera loses its power with it."""
        camera = self.cams[name].twin.camera
        if KINDS[camera.sheet.link].has_network:
            camera.cable(plugged)
        else:
            (camera.power_on if plugged else camera.power_off)()

    def die(self, name: str) -> None:
        self.accounts[name].cause = "the camera died"
        if self._bench:
            self._bench.die(name)
        else:
            self.cams[name].twin.camera.power_off()

    def repair(self, name: str) -> None:
        self.accounts[name].cause = ""
        if self._bench:
            self._bench.repair(name)
        else:
            self.cams[name].twin.camera.power_on()

    def packets(self, name: str, faults: Faults) -> None:
        self._network(name).set_faults(faults)

    def transfers(self, name: str, faults: Mapping[tuple[int, int], TransferFault]) -> None:
        if isinstance(self.links.get(name), GentlLink):
            raise Impossible(f"{name} sends no transfers: its clients reach it by GenTL")
        self.cams[name].twin.camera.faults.transfers.update(faults)

    def client(self, name: str, alive: bool) -> None:
        """Lose everything that hosts send, or end that; in process, a host in control falls silent."""
        self.accounts[name].cause = "" if alive else "the client died"
        self._network(name).deaf = not alive

    def _network(self, name: str) -> NetworkControls:
        cam = self.cams[name]
        if not KINDS[cam.twin.sheet.link].has_network:
            raise Impossible(f"{name} is on no network: its link is {KINDS[cam.twin.sheet.link].title}")
        if name not in self.links:
            return cam.host(1).network
        network = self.links[name].network
        if network is None:
            raise Impossible(f"{name} is on no network: its clients reach it by GenTL")
        return network
